//! API tokens: by the hash of their secret.
//!
//! In: a hash. Out: the token and its person, while both may. The secret itself is never here.

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::people::{PERSON_COLUMNS, Person, person};

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Given by the store.
    pub id: String,
    /// Whose it is; it may never more than they.
    pub person: String,
    /// What it is for.
    pub name: String,
    /// Words of what it may be used for.
    pub scopes: Vec<String>,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// When it was last used, to the minute or so.
    pub used_us: Option<i64>,
    /// When it ends by itself.
    pub expires_us: Option<i64>,
    /// When it was revoked.
    pub revoked_us: Option<i64>,
}

const COLUMNS: &str = "t.id AS token, t.person, t.name AS token_name, t.scopes, \
                       t.created_us AS token_created_us, t.used_us, t.expires_us, t.revoked_us";

impl Store {
    /// The token with that hash and its person, while both may be used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(
        &self,
        hash: &str,
        now_us: i64,
    ) -> Result<Option<(Token, Person)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {PERSON_COLUMNS} FROM token t JOIN person p ON p.id = t.person \
             WHERE t.hash = $1 AND t.revoked_us IS NULL AND p.disabled_us IS NULL \
             AND (t.expires_us IS NULL OR t.expires_us > $2)"
        );
        let found = row(self, &sql, params![hash, now_us]).await?;
        found.map(|row| Ok((token(&row)?, person(&row)?))).transpose()
    }

    /// Somebody's tokens, the oldest first; the revoked too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens_of(&self, person: &str) -> Result<Vec<Token>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM token t WHERE t.person = $1 ORDER BY t.id");
        rows(self, &sql, params![person]).await?.iter().map(token).collect()
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn touch_token(&self, id: &str, now_us: i64) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        run(&tx, "UPDATE token SET used_us = $1 WHERE id = $2", params![now_us, id]).await?;
        tx.commit().await
    }
}

/// A token by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn token_of(on: &impl Conn, id: &str) -> Result<Option<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM token t WHERE t.id = $1");
    row(on, &sql, params![id]).await?.as_ref().map(token).transpose()
}

impl Tx {
    /// Adds a token by its secret's hash. `id`, `used_us` and `revoked_us` of `new` are not looked at.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the person has [`TOKENS_MAX`] that are not revoked.
    pub async fn add_token(&self, hash: &str, new: &Token) -> Result<Token, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM token WHERE person = $1 AND revoked_us IS NULL";
        let count = row(self, sql, params![new.person.clone()]).await?;
        let count: i64 = count.map_or(Ok(0), |row| row.try_get("", "n"))?;
        if count >= TOKENS_MAX {
            return Err(StoreError::Conflict("there are 50 tokens: revoke one first"));
        }
        let token = Token {
            id: uuid::Uuid::now_v7().to_string(),
            used_us: None,
            revoked_us: None,
            ..new.clone()
        };
        let sql = "INSERT INTO token (id, hash, person, name, scopes, created_us, expires_us) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let scopes = token.scopes.join(" ");
        let values = params![
            token.id.clone(),
            hash,
            token.person.clone(),
            token.name.clone(),
            scopes,
            token.created_us,
            token.expires_us
        ];
        run(self, sql, values).await?;
        Ok(token)
    }

    /// Revokes a token, for good; `false` when it was already.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn revoke_token(&self, id: &str, now_us: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE token SET revoked_us = $1 WHERE id = $2 AND revoked_us IS NULL";
        Ok(run(self, sql, params![now_us, id]).await? > 0)
    }
}

/// Tokens that one person may have at a time.
pub const TOKENS_MAX: i64 = 50;

fn token(row: &QueryResult) -> Result<Token, StoreError> {
    let scopes: String = row.try_get("", "scopes")?;
    Ok(Token {
        id: row.try_get("", "token")?,
        person: row.try_get("", "person")?,
        name: row.try_get("", "token_name")?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_us: row.try_get("", "token_created_us")?,
        used_us: row.try_get("", "used_us")?,
        expires_us: row.try_get("", "expires_us")?,
        revoked_us: row.try_get("", "revoked_us")?,
    })
}
