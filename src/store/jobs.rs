//! The durable queue: work that must be done once, whoever dies meanwhile.
//!
//! In: what is to be done, under a key that makes asking twice ask once. Out: jobs on lease. A worker
//! that lives extends its lease; the job of one that died is handed out again when the lease ends. A job
//! that was handed out [`ATTEMPTS_MAX`] times and never ended is put aside as poison, with that reason.
//!
//! Two lanes: 0 for what has just arrived, 1 for backlog. Of four jobs handed out three are of the first
//! lane, as long as both have any: new calls are first, and backlog is never starved.

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};

/// Times a job is handed out before it is put aside.
pub const ATTEMPTS_MAX: i64 = 5;

/// The states of a job.
pub const STATES: [&str; 4] = ["ready", "leased", "done", "quarantined"];

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    /// Which worker does it.
    pub kind: &'a str,
    /// One job per kind and key.
    pub key: &'a str,
    /// What the worker must know, JSON.
    pub payload: &'a str,
    /// 0: new, 1: backlog.
    pub lane: i64,
    /// Not before, in microseconds since 1970.
    pub run_us: i64,
}

/// A job on lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Which worker does it.
    pub kind: String,
    /// What it was asked under.
    pub key: String,
    /// What the worker must know, JSON.
    pub payload: String,
    /// Times it has been handed out, with this one.
    pub attempts: i64,
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The job.
    pub job: Job,
    /// `ready`, `leased`, `done` or `quarantined`.
    pub state: String,
    /// 0: new, 1: backlog.
    pub lane: i64,
    /// Not before.
    pub run_us: i64,
    /// Why it is where it is.
    pub why: Option<String>,
    /// Whoever has it on lease has it until then.
    pub leased_until_us: Option<i64>,
    /// When it was asked for.
    pub created_us: i64,
    /// When it last changed.
    pub changed_us: i64,
}

/// Asks for a job; tells whether it is new. One that is done or put aside is not asked for again: see
/// [`again`].
///
/// # Errors
/// [`StoreError::Db`].
pub async fn enqueue(on: &impl Conn, job: NewJob<'_>, now_us: i64) -> Result<bool, StoreError> {
    let sql = "INSERT INTO job (id, kind, key, payload, state, lane, run_us, attempts, created_us, changed_us) \
               VALUES ($1, $2, $3, $4, 'ready', $5, $6, 0, $7, $7) ON CONFLICT (kind, key) DO NOTHING";
    let id = uuid::Uuid::now_v7().to_string();
    let NewJob { kind, key, payload, lane, run_us } = job;
    Ok(run(on, sql, params![id, kind, key, payload, lane, run_us, now_us]).await? > 0)
}

/// Asks for a job that may have ended before: it begins anew, its attempts forgotten. One on lease is left
/// alone.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn again(on: &impl Conn, job: NewJob<'_>, now_us: i64) -> Result<(), StoreError> {
    if enqueue(on, job, now_us).await? {
        return Ok(());
    }
    let sql = "UPDATE job SET state = 'ready', payload = $3, lane = $4, run_us = $5, attempts = 0, \
               why = NULL, changed_us = $6 WHERE kind = $1 AND key = $2 AND state <> 'leased'";
    let NewJob { kind, key, payload, lane, run_us } = job;
    run(on, sql, params![kind, key, payload, lane, run_us, now_us]).await?;
    Ok(())
}

/// Ends a job that `owner` has on lease.
///
/// # Errors
/// [`StoreError::Conflict`] when the lease has gone to somebody else: then what was done must be undone.
pub async fn finish(tx: &Tx, id: &str, owner: &str, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'done', owner = NULL, leased_until_us = NULL, why = NULL, \
               changed_us = $3 WHERE id = $1 AND owner = $2 AND state = 'leased'";
    held(run(tx, sql, params![id, owner, now_us]).await?)
}

/// Gives a job back, to be tried again from `run_us` on. A `refund` does not count the attempt: the job was
/// not at fault, the service was being shut down.
///
/// # Errors
/// [`StoreError::Conflict`] as [`finish`].
pub async fn give_back(
    tx: &Tx,
    id: &str,
    owner: &str,
    why: &str,
    run_us: i64,
    refund: bool,
    now_us: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'ready', owner = NULL, leased_until_us = NULL, why = $3, run_us = $4, \
               attempts = attempts - $5, changed_us = $6 WHERE id = $1 AND owner = $2 AND state = 'leased'";
    held(run(tx, sql, params![id, owner, why, run_us, i64::from(refund), now_us]).await?)
}

/// Puts a job aside: it will not be tried again unless a person says so.
///
/// # Errors
/// [`StoreError::Conflict`] as [`finish`].
pub async fn quarantine(
    tx: &Tx,
    id: &str,
    owner: &str,
    why: &str,
    now_us: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'quarantined', owner = NULL, leased_until_us = NULL, why = $3, \
               changed_us = $4 WHERE id = $1 AND owner = $2 AND state = 'leased'";
    held(run(tx, sql, params![id, owner, why, now_us]).await?)
}

/// Whether a job will be handed out, or is.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn is_open(on: &impl Conn, kind: &str, key: &str) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 AS one FROM job WHERE kind = $1 AND key = $2 AND state IN ('ready', 'leased')";
    Ok(row(on, sql, params![kind, key]).await?.is_some())
}

/// A job.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn one(on: &impl Conn, id: &str) -> Result<JobRow, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1");
    let found = row(on, &sql, params![id]).await?.ok_or(StoreError::NotFound("job"))?;
    job_row(&found)
}

/// Begins a job anew that was put aside, its attempts forgotten.
///
/// # Errors
/// [`StoreError::Conflict`] when it was not.
pub async fn retry(tx: &Tx, id: &str, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE job SET state = 'ready', attempts = 0, why = NULL, run_us = $2, changed_us = $2 \
               WHERE id = $1 AND state = 'quarantined'";
    match run(tx, sql, params![id, now_us]).await? {
        0 => Err(StoreError::Conflict("only a job that was put aside is tried again")),
        _ => Ok(()),
    }
}

fn held(changed: u64) -> Result<(), StoreError> {
    match changed {
        0 => Err(StoreError::Conflict("the lease on this job has gone to another worker")),
        _ => Ok(()),
    }
}

const COLUMNS: &str = "id, kind, key, payload, attempts, state, lane, run_us, why, \
    leased_until_us, created_us, changed_us";

impl Store {
    /// Hands out the next job of a kind, on a lease of `lease_us`. `turn` counts the callers' askings and
    /// decides which lane is looked at first.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn claim(
        &self,
        kind: &str,
        owner: &str,
        lease_us: i64,
        turn: u64,
        now_us: i64,
    ) -> Result<Option<Job>, StoreError> {
        let tx = self.begin().await?;
        // Workers on PostgreSQL pass over each other's rows; SQLite has one writer anyway.
        let skip = if self.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
        // One after the other, each along an index: a queue remembers all it ever did, and is asked all day. What a dead
        // worker had is first, it was so before.
        let lanes: [i64; 2] = if turn % 4 == 3 { [1, 0] } else { [0, 1] };
        let dead = params![kind, now_us];
        let mut looks = vec![("state = 'leased' AND leased_until_us < $2", dead)];
        for lane in lanes {
            let ready = "state = 'ready' AND run_us <= $2 AND lane = $3";
            looks.push((ready, params![kind, now_us, lane]));
        }
        let mut looks = looks.into_iter().peekable();
        loop {
            let Some((such, values)) = looks.peek() else {
                tx.commit().await?;
                return Ok(None);
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM job WHERE kind = $1 AND {such} ORDER BY run_us, id LIMIT 1 {skip}"
            );
            let Some(found) = row(&tx, &sql, values.clone()).await? else {
                looks.next();
                continue;
            };
            let mut job = job_row(&found)?.job;
            if job.attempts >= ATTEMPTS_MAX {
                let sql = "UPDATE job SET state = 'quarantined', owner = NULL, leased_until_us = NULL, \
                           why = COALESCE(why, $2), changed_us = $3 WHERE id = $1";
                let why = "the service ended every time while working on it";
                run(&tx, sql, params![&job.id, why, now_us]).await?;
                continue;
            }
            let sql = "UPDATE job SET state = 'leased', owner = $2, leased_until_us = $3, \
                       attempts = attempts + 1, changed_us = $4 WHERE id = $1";
            run(&tx, sql, params![&job.id, owner, now_us + lease_us, now_us]).await?;
            tx.commit().await?;
            job.attempts += 1;
            return Ok(Some(job));
        }
    }

    /// Extends the leases of `owner`; tells how many it still has.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn extend(&self, owner: &str, until_us: i64) -> Result<u64, StoreError> {
        let sql = "UPDATE job SET leased_until_us = $2 WHERE owner = $1 AND state = 'leased'";
        let tx = self.begin().await?;
        let held = run(&tx, sql, params![owner, until_us]).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Ends all leases: only for whoever knows that no other process is at work.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn break_leases(&self) -> Result<u64, StoreError> {
        let tx = self.begin().await?;
        let sql = "UPDATE job SET leased_until_us = 0 WHERE state = 'leased'";
        let broken = run(&tx, sql, params![]).await?;
        tx.commit().await?;
        Ok(broken)
    }

    /// How many jobs of a kind are in each state.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn job_counts(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let sql =
            "SELECT kind, state, COUNT(*) AS n FROM job GROUP BY kind, state ORDER BY kind, state";
        let found = rows(self, sql, params![]).await?;
        let count = |row: &QueryResult| -> Result<_, StoreError> {
            Ok((row.try_get("", "kind")?, row.try_get("", "state")?, row.try_get("", "n")?))
        };
        found.iter().map(count).collect()
    }

    /// Jobs in a state, the last changed first; those after a job by its time and id.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn jobs(
        &self,
        state: &str,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<Vec<JobRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM job WHERE state = $1 AND (changed_us, id) < ($2, $3) \
             ORDER BY changed_us DESC, id DESC LIMIT $4"
        );
        let (changed_us, id) = after.unwrap_or((i64::MAX, String::new()));
        let found = rows(self, &sql, params![state, changed_us, id, i64::from(limit)]).await?;
        found.iter().map(job_row).collect()
    }

    /// How many calls were analysed since a time in microseconds since 1970, and how long they are together, in
    /// milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn analysed_since(&self, since_us: i64) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(duration_ms), 0) AS BIGINT) AS duration_ms FROM call \
                   WHERE analysed_us >= $1";
        let Some(row) = row(self, sql, params![since_us]).await? else { return Ok((0, 0)) };
        Ok((row.try_get("", "n")?, row.try_get("", "duration_ms")?))
    }
}

fn job_row(row: &QueryResult) -> Result<JobRow, StoreError> {
    Ok(JobRow {
        job: Job {
            id: row.try_get("", "id")?,
            kind: row.try_get("", "kind")?,
            key: row.try_get("", "key")?,
            payload: row.try_get("", "payload")?,
            attempts: row.try_get("", "attempts")?,
        },
        state: row.try_get("", "state")?,
        lane: row.try_get("", "lane")?,
        run_us: row.try_get("", "run_us")?,
        why: row.try_get("", "why")?,
        leased_until_us: row.try_get("", "leased_until_us")?,
        created_us: row.try_get("", "created_us")?,
        changed_us: row.try_get("", "changed_us")?,
    })
}
