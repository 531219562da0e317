//! Requests that may come again: what was answered the first time.
//!
//! In: a person's key and what they asked. Out: go on, the answer of the first time, or that it is in the way.

use super::db::{Conn, Store, StoreError, params, row, run};

/// After so long an answer that never came is given up: its process has died.
const GIVEN_UP_US: i64 = 120_000_000;

/// Answers are kept for a day.
const KEPT_US: i64 = 86_400_000_000;

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What it said; `None` where it held a secret that is shown once.
    pub body: Option<String>,
    /// Headers that belong to it, as JSON.
    pub headers: Option<String>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: it is yours to answer now.
    New,
    /// It was asked and answered.
    Before(Answer),
    /// It is being answered.
    Now,
    /// It was used to ask something else.
    Otherwise,
}

impl Store {
    /// Takes the key for a request (its hash), or tells what is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asked(
        &self,
        person: &str,
        key: &str,
        request: &str,
        now_us: i64,
    ) -> Result<Asked, StoreError> {
        let tx = self.begin().await?;
        let sql = "DELETE FROM idempotency WHERE person = $1 AND key = $2 \
                   AND (at_us < $3 OR (status IS NULL AND at_us < $4))";
        run(&tx, sql, params![person, key, now_us - KEPT_US, now_us - GIVEN_UP_US]).await?;
        let sql = "INSERT INTO idempotency (person, key, request, at_us) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (person, key) DO NOTHING";
        let taken = run(&tx, sql, params![person, key, request, now_us]).await? > 0;
        tx.commit().await?;
        if taken {
            return Ok(Asked::New);
        }
        let sql = "SELECT request, status, body, headers FROM idempotency \
                   WHERE person = $1 AND key = $2";
        // Answered with an error and let go between the two looks.
        let Some(row) = row(self, sql, params![person, key]).await? else { return Ok(Asked::Now) };
        let before: String = row.try_get("", "request")?;
        if before != request {
            return Ok(Asked::Otherwise);
        }
        let status: Option<i64> = row.try_get("", "status")?;
        let Some(status) = status else { return Ok(Asked::Now) };
        Ok(Asked::Before(Answer {
            status: u16::try_from(status).map_err(|why| StoreError::damaged("status", why))?,
            body: row.try_get("", "body")?,
            headers: row.try_get("", "headers")?,
        }))
    }

    /// Keeps the answer to a request.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn answered(
        &self,
        person: &str,
        key: &str,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let sql = "UPDATE idempotency SET status = $1, body = $2, headers = $3 \
                   WHERE person = $4 AND key = $5";
        let status = i64::from(answer.status);
        let values = params![status, answer.body.clone(), answer.headers.clone(), person, key];
        run(&tx, sql, values).await?;
        tx.commit().await
    }

    /// Lets a key go whose request did nothing: it may be tried again.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn not_answered(&self, person: &str, key: &str) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let sql = "DELETE FROM idempotency WHERE person = $1 AND key = $2 AND status IS NULL";
        run(&tx, sql, params![person, key]).await?;
        tx.commit().await
    }
}

/// Forgets answers older than a day; tells how many.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn sweep_answers(on: &impl Conn, now_us: i64) -> Result<u64, StoreError> {
    run(on, "DELETE FROM idempotency WHERE at_us < $1", params![now_us - KEPT_US]).await
}
