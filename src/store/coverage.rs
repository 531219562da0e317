//! Coverage: of the files that were seen, how many became calls, and why the others did not.
//!
//! In: when they were seen. Out: counts that reconcile: every file is in one state, and every one that is done is a
//! call that is kept or was deleted since. Only for those who see everything: files belong to nobody yet.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, params, rows};
use super::ledger::FileState;

/// Reasons that are read; those of the fewest files are left out.
const REASONS_MAX: i64 = 2_000;

/// Files in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The state.
    pub state: FileState,
    /// How many.
    pub files: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// Files that are where they are for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Their state.
    pub state: FileState,
    /// Why, without the id that it may end with.
    pub why: String,
    /// How many.
    pub files: i64,
}

/// What files became that are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Became {
    /// `call` or `chat`.
    pub kind: String,
    /// The machine's gravest verdict over all rubrics.
    pub verdict: String,
    /// Kinds of trouble with the recording.
    pub problems: Vec<String>,
    /// Deleted since.
    pub deleted: bool,
    /// How many.
    pub calls: i64,
    /// Their length, milliseconds.
    pub duration_ms: i64,
}

impl Store {
    /// Files first seen from `from_us` on and before `to_us`, by state; only states that occur.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn files_seen(&self, from_us: i64, to_us: i64) -> Result<Vec<Files>, StoreError> {
        let sql = "SELECT state, COUNT(*) AS files, CAST(SUM(size) AS BIGINT) AS bytes FROM ledger \
                   WHERE seen_us >= $1 AND seen_us < $2 GROUP BY state ORDER BY state";
        let files = |row: &QueryResult| -> Result<Files, StoreError> {
            Ok(Files {
                state: state(row)?,
                files: row.try_get("", "files")?,
                bytes: row.try_get("", "bytes")?,
            })
        };
        rows(self, sql, params![from_us, to_us]).await?.iter().map(files).collect()
    }

    /// Why files are skipped, failed or quarantined, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reasons(&self, from_us: i64, to_us: i64) -> Result<Vec<Reason>, StoreError> {
        // Duplicates and second sides end with the id of what they belong to.
        let sql = "SELECT state, CASE WHEN why LIKE '%________-____-____-____-____________' \
                   THEN substr(why, 1, length(why) - 36) ELSE why END AS reason, COUNT(*) AS files FROM ledger \
                   WHERE seen_us >= $1 AND seen_us < $2 AND why IS NOT NULL \
                   AND state IN ('skipped', 'failed', 'quarantined') \
                   GROUP BY state, reason ORDER BY files DESC, state, reason LIMIT $3";
        let reason = |row: &QueryResult| -> Result<Reason, StoreError> {
            Ok(Reason {
                state: state(row)?,
                why: row.try_get::<String>("", "reason")?.trim_end().to_owned(),
                files: row.try_get("", "files")?,
            })
        };
        rows(self, sql, params![from_us, to_us, REASONS_MAX]).await?.iter().map(reason).collect()
    }

    /// What the files of that time became.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn became(&self, from_us: i64, to_us: i64) -> Result<Vec<Became>, StoreError> {
        let sql = "SELECT kind, verdict, problems, CASE WHEN deleted_us IS NULL THEN 'no' ELSE 'yes' END AS gone, \
                   COUNT(*) AS calls, CAST(SUM(duration_ms) AS BIGINT) AS duration_ms FROM call \
                   WHERE received_us >= $1 AND received_us < $2 GROUP BY kind, verdict, problems, gone \
                   ORDER BY kind, verdict, problems, gone";
        let became = |row: &QueryResult| -> Result<Became, StoreError> {
            let (problems, gone): (String, String) =
                (row.try_get("", "problems")?, row.try_get("", "gone")?);
            let problems = problems.split(',').filter(|one| !one.is_empty());
            Ok(Became {
                kind: row.try_get("", "kind")?,
                verdict: row.try_get("", "verdict")?,
                problems: problems.map(str::to_owned).collect(),
                deleted: gone == "yes",
                calls: row.try_get("", "calls")?,
                duration_ms: row.try_get("", "duration_ms")?,
            })
        };
        rows(self, sql, params![from_us, to_us]).await?.iter().map(became).collect()
    }
}

fn state(row: &QueryResult) -> Result<FileState, StoreError> {
    let state: String = row.try_get("", "state")?;
    FileState::parse(&state).ok_or_else(|| StoreError::damaged("state of a file", &state))
}
