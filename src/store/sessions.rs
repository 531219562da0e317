//! Sessions: who is logged in, by the hash of their cookie.
//!
//! In: a hash. Out: the person, while the session lives. The cookie's value itself is never here.

use super::db::{Conn, Store, StoreError, Tx, params, row, run};
use super::people::{PERSON_COLUMNS, Person, person};

/// A session that lives.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub id: String,
    /// What changing requests must repeat in a header.
    pub csrf: String,
    /// When it was last used, to the minute or so.
    pub used_us: i64,
    /// When it ends, used or not.
    pub expires_us: i64,
}

impl Store {
    /// The session and its person, if it has not ended, was used within `idle_us`, and they may log in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(
        &self,
        id: &str,
        now_us: i64,
        idle_us: i64,
    ) -> Result<Option<(Session, Person)>, StoreError> {
        let sql = format!(
            "SELECT s.id AS session, s.csrf, s.used_us, s.expires_us, {PERSON_COLUMNS} \
             FROM session s JOIN person p ON p.id = s.person \
             WHERE s.id = $1 AND s.expires_us > $2 AND s.used_us > $3 AND p.disabled_us IS NULL"
        );
        let found = row(self, &sql, params![id, now_us, now_us - idle_us]).await?;
        let Some(row) = found else { return Ok(None) };
        let session = Session {
            id: row.try_get("", "session")?,
            csrf: row.try_get("", "csrf")?,
            used_us: row.try_get("", "used_us")?,
            expires_us: row.try_get("", "expires_us")?,
        };
        Ok(Some((session, person(&row)?)))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn touch_session(&self, id: &str, now_us: i64) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        run(&tx, "UPDATE session SET used_us = $1 WHERE id = $2", params![now_us, id]).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn add_session(
        &self,
        person: &str,
        session: &Session,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO session (id, person, csrf, created_us, used_us, expires_us) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = params![
            session.id.clone(),
            person,
            session.csrf.clone(),
            now_us,
            session.used_us,
            session.expires_us
        ];
        run(self, sql, values).await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn end_session(&self, id: &str) -> Result<(), StoreError> {
        run(self, "DELETE FROM session WHERE id = $1", params![id]).await?;
        Ok(())
    }

    /// Ends all sessions of somebody but one; tells how many.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn end_sessions_of(
        &self,
        person: &str,
        but: Option<&str>,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM session WHERE person = $1 AND id <> $2";
        run(self, sql, params![person, but.unwrap_or_default()]).await
    }
}

/// Forgets sessions that have ended; tells how many.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn sweep_sessions(on: &impl Conn, now_us: i64, idle_us: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM session WHERE expires_us <= $1 OR used_us <= $2";
    run(on, sql, params![now_us, now_us - idle_us]).await
}
