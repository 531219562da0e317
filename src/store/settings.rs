//! Settings that people make in the service itself, as text by key.

use super::db::{Store, StoreError, Tx, params, row, run};

/// A setting; `None` where nobody made it.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn get(store: &Store, key: &str) -> Result<Option<String>, StoreError> {
    let found = row(store, "SELECT value FROM setting WHERE key = $1", params![key]).await?;
    Ok(found.map(|row| row.try_get("", "value")).transpose()?)
}

/// Makes a setting.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn set(tx: &Tx, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (key, value) VALUES ($1, $2) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    run(tx, sql, params![key, value]).await.map(drop)
}
