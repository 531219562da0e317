//! The tables, and how an older store becomes one of today.
//!
//! In: a connection. Out: all of `schemas/sql` applied in order, each once, each whole or not at all.

use sea_orm::{ConnectionTrait, DbBackend};

use super::db::{Conn, StoreError, Tx, params, row, run, script};

/// The steps, in order. A released step is never edited: what changes comes as a new one.
const STEPS: &[(&str, &str)] = &[
    ("0001_base", include_str!("../../schemas/sql/0001_base.sql")),
    ("0002_keeping", include_str!("../../schemas/sql/0002_keeping.sql")),
    ("0003_live", include_str!("../../schemas/sql/0003_live.sql")),
    ("0004_withdrawn", include_str!("../../schemas/sql/0004_withdrawn.sql")),
    ("0005_sides", include_str!("../../schemas/sql/0005_sides.sql")),
];

/// Brings the store to the newest form.
///
/// # Errors
/// [`StoreError::Newer`] when a later version of this program has been at it.
pub(super) async fn migrate(tx: &Tx) -> Result<(), StoreError> {
    script(tx, "CREATE TABLE IF NOT EXISTS migration (step TEXT PRIMARY KEY)").await?;
    let done = row(tx, "SELECT COUNT(*) AS n FROM migration", params![]).await?;
    let done: i64 = done.map_or(Ok(0), |row| row.try_get("", "n"))?;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > STEPS.len() {
        return Err(StoreError::Newer);
    }
    for (name, sql) in &STEPS[done..] {
        script(tx, &worded(sql, tx.inner().get_database_backend())).await?;
        run(tx, "INSERT INTO migration (step) VALUES ($1)", params![*name]).await?;
    }
    Ok(())
}

/// What lines begin with that are not for PostgreSQL.
const SQLITE_ONLY: &str = "@SQLITE@ ";

/// The text in a database's own words.
fn worded(sql: &str, backend: DbBackend) -> String {
    let (serial, bytes) = match backend {
        DbBackend::Postgres => ("BIGSERIAL PRIMARY KEY", "BYTEA"),
        _ => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"),
    };
    let line = |line: &str| match (line.strip_prefix(SQLITE_ONLY), backend) {
        (Some(_), DbBackend::Postgres) => None,
        (Some(line), _) => Some(line.to_owned() + "\n"),
        (None, _) => Some(line.to_owned() + "\n"),
    };
    let sql: String = sql.lines().filter_map(line).collect();
    sql.replace("@SERIAL@", serial).replace("@BYTES@", bytes)
}
