//! The ledger: every file that was ever seen, in exactly one state.
//!
//! In: what a source saw, and what became of it. Out: entries, and totals that reconcile (law 8). What a
//! worker does to an entry it does on its own transaction, together with the job and the call.
//!
//! ```text
//! seen ──> stable ──> claimed ──> done
//!  │         │           ├──────> skipped(why)
//!  └> skipped, failed    ├──────> failed(why) ──> claimed again, while its job has tries left
//!                        └──────> quarantined(why)
//! ```
//! By hand, what was skipped, failed or quarantined begins again. What is done stays done.

use std::collections::BTreeMap;

use sea_orm::{QueryResult, Value};

use super::db::{Conn, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;
use super::jobs::{self, NewJob};

/// The kind of the job that a stable file becomes. Its key is the entry's id.
pub const ANALYSE: &str = "analyse";

/// The source of what was uploaded.
pub const UPLOAD: &str = "upload";

/// The source of calls that came in live.
pub const LIVE: &str = "live";

/// Characters of a reason that are kept.
const WHY_CHARS_MAX: usize = 500;

/// A file that went away before it was complete. Should it come back, it is the same entry.
const GONE: &str = "gone: it went away before it was complete";

/// A file that was written anew before it was complete, into a form that is known already.
const REPLACED: &str = "replaced: it became a file that was seen before";

/// How the reason begins for which the other file of a call is skipped.
const OTHER_SIDE: &str = "the other side of the call of file ";

/// What is to happen to a file, or what has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileState {
    /// There, and perhaps still being written.
    Seen,
    /// Complete; a job is asked for.
    Stable,
    /// A worker is at it.
    Claimed,
    /// It is a call.
    Done,
    /// It is none, or another file was it already.
    Skipped,
    /// It could not be read or analysed.
    Failed,
    /// It brought the service down, or failed too often: not tried again unless a person says so.
    Quarantined,
}

impl FileState {
    /// All of them, in the order a file takes.
    pub const ALL: [FileState; 7] = [
        FileState::Seen,
        FileState::Stable,
        FileState::Claimed,
        FileState::Done,
        FileState::Skipped,
        FileState::Failed,
        FileState::Quarantined,
    ];

    /// The word in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileState::Seen => "seen",
            FileState::Stable => "stable",
            FileState::Claimed => "claimed",
            FileState::Done => "done",
            FileState::Skipped => "skipped",
            FileState::Failed => "failed",
            FileState::Quarantined => "quarantined",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A file as a source sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The source's name.
    pub source: String,
    /// Where it is: an absolute path, or a URL.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Last written, in microseconds since 1970.
    pub modified_us: i64,
}

/// A file in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id; grows with time.
    pub id: String,
    /// What was seen.
    pub file: Sighting,
    /// Of its content, once a worker has read it.
    pub sha256: Option<String>,
    /// Where it stands.
    pub state: FileState,
    /// Why, where it was skipped, failed or quarantined.
    pub why: Option<String>,
    /// The id of its call; from the first claim on, so that a second try makes no second call.
    pub call_id: Option<String>,
    /// What came with it, in a sidecar's form.
    pub facts: Option<String>,
    /// Times it was claimed.
    pub attempts: i64,
    /// First seen, in microseconds since 1970.
    pub seen_us: i64,
    /// Last changed.
    pub changed_us: i64,
}

/// Files of a source in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The source's name.
    pub source: String,
    /// The state.
    pub state: FileState,
    /// How many.
    pub files: i64,
    /// Their bytes.
    pub bytes: i64,
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this source.
    pub source: Option<String>,
    /// In this state.
    pub state: Option<FileState>,
    /// Older than the entry of this id: the last of the page before.
    pub before: Option<String>,
}

const COLUMNS: &str = "id, source, path, size, modified_us, sha256, state, why, call_id, facts, attempts, \
                       seen_us, changed_us";

/// Enters a file, or finds it: the same source, path, size and time of writing is the same entry. A file
/// that is still `seen` and has grown stays one entry.
///
/// # Errors
/// [`StoreError`].
pub async fn see(tx: &Tx, file: &Sighting, now_us: i64) -> Result<Entry, StoreError> {
    let size = i64::try_from(file.size).unwrap_or(i64::MAX);
    let same = || params![&file.source, &file.path, size, file.modified_us];
    let find = format!(
        "SELECT {COLUMNS} FROM ledger WHERE source = $1 AND path = $2 AND size = $3 AND modified_us = $4"
    );
    if let Some(found) = row(tx, &find, same()).await? {
        let mut found = read(&found)?;
        let stale = "UPDATE ledger SET state = 'skipped', why = $4, changed_us = $5 \
                     WHERE source = $1 AND path = $2 AND id <> $3 AND state = 'seen'";
        run(tx, stale, params![&file.source, &file.path, &found.id, REPLACED, now_us]).await?;
        if found.state == FileState::Skipped && found.why.as_deref() == Some(GONE) {
            change(tx, &found.id, &[FileState::Skipped], FileState::Seen, None, now_us).await?;
            (found.state, found.why, found.changed_us) = (FileState::Seen, None, now_us);
        }
        return Ok(found);
    }
    let grown = "UPDATE ledger SET size = $3, modified_us = $4, changed_us = $5 \
                 WHERE source = $1 AND path = $2 AND state = 'seen'";
    let values = params![&file.source, &file.path, size, file.modified_us, now_us];
    if run(tx, grown, values).await? == 0 {
        let sql = "INSERT INTO ledger (id, source, path, size, modified_us, state, attempts, seen_us, changed_us) \
                   VALUES ($5, $1, $2, $3, $4, 'seen', 0, $6, $6) ON CONFLICT DO NOTHING";
        let mut values = same();
        values.extend(params![uuid::Uuid::now_v7().to_string(), now_us]);
        run(tx, sql, values).await?;
    }
    let found = row(tx, &find, same()).await?;
    read(&found.ok_or_else(|| StoreError::damaged("ledger", "an entry vanished"))?)
}

/// A file is complete, and what is known about it is known: it becomes a job. `lane` is 0 for what has just
/// arrived and 1 for backlog (see [`jobs`]).
///
/// # Errors
/// [`StoreError::Conflict`] when it is not `seen`.
pub async fn settle(
    tx: &Tx,
    id: &str,
    facts: Option<&str>,
    lane: i64,
    now_us: i64,
) -> Result<(), StoreError> {
    change(tx, id, &[FileState::Seen], FileState::Stable, None, now_us).await?;
    let sql = "UPDATE ledger SET facts = $2 WHERE id = $1";
    run(tx, sql, params![id, facts.map(str::to_owned)]).await?;
    ask(tx, id, lane, now_us).await
}

/// Enters the other file of the call of entry `first`: it is no call of its own.
///
/// # Errors
/// [`StoreError`].
pub async fn join(tx: &Tx, other: &Sighting, first: &str, now_us: i64) -> Result<(), StoreError> {
    let entry = see(tx, other, now_us).await?;
    match entry.state {
        FileState::Seen => skip(tx, &entry.id, &format!("{OTHER_SIDE}{first}"), now_us).await,
        _ => Ok(()),
    }
}

/// The id that an entry's call has, where it was given before: a call that came in live was shown by it.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn call_of(tx: &Tx, id: &str, call: &str) -> Result<(), StoreError> {
    let sql = "UPDATE ledger SET call_id = COALESCE(call_id, $2) WHERE id = $1";
    run(tx, sql, params![id, call]).await.map(drop)
}

async fn ask(tx: &Tx, id: &str, lane: i64, now_us: i64) -> Result<(), StoreError> {
    let payload = format!("{{\"ledger\":\"{id}\"}}");
    let job = NewJob { kind: ANALYSE, key: id, payload: &payload, lane, run_us: now_us };
    jobs::again(tx, job, now_us).await
}

/// A worker begins. A claimed entry may be claimed again: the worker before had died.
///
/// # Errors
/// [`StoreError::Conflict`] when there is nothing to begin.
pub async fn claim(tx: &Tx, id: &str, now_us: i64) -> Result<Entry, StoreError> {
    let from = [FileState::Stable, FileState::Claimed, FileState::Failed];
    change(tx, id, &from, FileState::Claimed, None, now_us).await?;
    let sql =
        "UPDATE ledger SET attempts = attempts + 1, call_id = COALESCE(call_id, $2) WHERE id = $1";
    run(tx, sql, params![id, uuid::Uuid::now_v7().to_string()]).await?;
    entry(tx, id).await
}

/// A worker was stopped before it came to an end: as if it had not begun.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not claimed.
pub async fn give_back(tx: &Tx, id: &str, now_us: i64) -> Result<(), StoreError> {
    change(tx, id, &[FileState::Claimed], FileState::Stable, None, now_us).await?;
    let sql = "UPDATE ledger SET attempts = attempts - 1 WHERE id = $1";
    run(tx, sql, params![id]).await.map(drop)
}

/// It is a call.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not claimed.
pub async fn done(tx: &Tx, id: &str, sha256: &str, now_us: i64) -> Result<(), StoreError> {
    known(tx, id, sha256).await?;
    change(tx, id, &[FileState::Claimed], FileState::Done, None, now_us).await
}

/// Remembers what content it has.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn known(tx: &Tx, id: &str, sha256: &str) -> Result<(), StoreError> {
    let sql = "UPDATE ledger SET sha256 = $2 WHERE id = $1";
    run(tx, sql, params![id, sha256]).await.map(drop)
}

/// It is none of ours, or another file was it already: see [`duplicate_of`].
///
/// # Errors
/// [`StoreError::Conflict`] when it has ended already.
pub async fn skip(tx: &Tx, id: &str, why: &str, now_us: i64) -> Result<(), StoreError> {
    let from = [FileState::Seen, FileState::Stable, FileState::Claimed, FileState::Failed];
    change(tx, id, &from, FileState::Skipped, Some(why), now_us).await
}

/// It went away before it was complete.
///
/// # Errors
/// [`StoreError::Conflict`] when it is not `seen`.
pub async fn gone(tx: &Tx, id: &str, now_us: i64) -> Result<(), StoreError> {
    change(tx, id, &[FileState::Seen], FileState::Skipped, Some(GONE), now_us).await
}

/// It could not be read or analysed. With `again` its job is tried another time, and nobody is told yet.
///
/// # Errors
/// [`StoreError::Conflict`] when it has ended already.
pub async fn fail(
    tx: &Tx,
    id: &str,
    why: &str,
    again: bool,
    now_us: i64,
) -> Result<(), StoreError> {
    let from = [FileState::Seen, FileState::Stable, FileState::Claimed, FileState::Failed];
    change(tx, id, &from, FileState::Failed, Some(why), now_us).await?;
    match again {
        true => Ok(()),
        false => tell(tx, id, why, now_us).await,
    }
}

/// It is not to be tried again unless a person says so.
///
/// # Errors
/// [`StoreError::Conflict`] when it has ended already.
pub async fn quarantine(tx: &Tx, id: &str, why: &str, now_us: i64) -> Result<(), StoreError> {
    let from = [FileState::Stable, FileState::Claimed, FileState::Failed];
    change(tx, id, &from, FileState::Quarantined, Some(why), now_us).await?;
    tell(tx, id, why, now_us).await
}

async fn tell(tx: &Tx, id: &str, why: &str, now_us: i64) -> Result<(), StoreError> {
    let body = serde_json::json!({ "ledger": id, "why": shortened(why) }).to_string();
    tx.append(now_us, EventKind::FileFailed, None, &body).await.map(drop)
}

/// Quarantines the entries whose jobs the queue has put aside as poison; tells how many.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn follow_jobs(tx: &Tx, now_us: i64) -> Result<usize, StoreError> {
    let sql = "SELECT ledger.id AS id, job.why AS why FROM job JOIN ledger ON ledger.id = job.key \
               WHERE job.kind = $1 AND job.state = 'quarantined' \
               AND ledger.state IN ('stable', 'claimed', 'failed')";
    let found = rows(tx, sql, params![ANALYSE]).await?;
    for row in &found {
        let (id, why): (String, Option<String>) = (row.try_get("", "id")?, row.try_get("", "why")?);
        quarantine(tx, &id, why.as_deref().unwrap_or("its job was put aside"), now_us).await?;
    }
    Ok(found.len())
}

/// Begins again what was skipped, failed or quarantined: a person wants it so. An upload and a live call are complete; of
/// other sources the file is looked at anew, with what lies beside it.
///
/// # Errors
/// [`StoreError::Conflict`] for any other state, and for the other file of a call that was sent in: alone it is no call.
pub async fn retry(tx: &Tx, id: &str, now_us: i64) -> Result<(), StoreError> {
    let from = [FileState::Skipped, FileState::Failed, FileState::Quarantined];
    let found = entry(tx, id).await?;
    let is_complete = [UPLOAD, LIVE].contains(&found.file.source.as_str());
    if is_complete && found.why.is_some_and(|why| why.starts_with(OTHER_SIDE)) {
        return Err(StoreError::Conflict(
            "it is the other side of a call, which begins again by its own file",
        ));
    }
    let to = if is_complete { FileState::Stable } else { FileState::Seen };
    change(tx, id, &from, to, None, now_us).await?;
    match is_complete {
        true => ask(tx, id, 0, now_us).await,
        false => Ok(()),
    }
}

/// A file whose job begins anew is complete and waits for it; where it went another way meanwhile it stays there.
///
/// # Errors
/// [`StoreError`].
pub async fn resume(tx: &Tx, id: &str, now_us: i64) -> Result<(), StoreError> {
    let from = [FileState::Failed, FileState::Quarantined];
    match change(tx, id, &from, FileState::Stable, None, now_us).await {
        Err(StoreError::Conflict(_) | StoreError::NotFound(_)) => Ok(()),
        other => other,
    }
}

/// The call that this content is already.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn duplicate_of(on: &impl Conn, sha256: &str) -> Result<Option<String>, StoreError> {
    let found = row(on, "SELECT id FROM call WHERE sha256 = $1", params![sha256]).await?;
    Ok(found.map(|row| row.try_get("", "id")).transpose()?)
}

/// How the reason begins for which a file is skipped whose content is a call already.
pub const DUPLICATE: &str = "duplicate of call ";

/// Why a file is skipped whose content is a call already.
pub fn why_duplicate(call_id: &str) -> String {
    format!("{DUPLICATE}{call_id}")
}

/// The newest entry of a path.
///
/// # Errors
/// [`StoreError`].
pub async fn of_path(
    on: &impl Conn,
    source: &str,
    path: &str,
) -> Result<Option<Entry>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE source = $1 AND path = $2 ORDER BY id DESC LIMIT 1"
    );
    row(on, &sql, params![source, path]).await?.as_ref().map(read).transpose()
}

/// An entry.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn entry(on: &impl Conn, id: &str) -> Result<Entry, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE id = $1");
    read(&row(on, &sql, params![id]).await?.ok_or(StoreError::NotFound("file in the ledger"))?)
}

/// Entries, the last seen first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(on: &impl Conn, filter: &Filter, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let state = filter.state.map(|state| state.as_str().to_owned());
    let mut values: Vec<Value> = Vec::new();
    let mut wanted = String::from("1 = 1");
    let all = [("source =", &filter.source), ("state =", &state), ("id <", &filter.before)];
    for (test, value) in all {
        if let Some(value) = value {
            values.push(value.as_str().into());
            wanted += &format!(" AND {test} ${}", values.len());
        }
    }
    values.push(i64::from(limit).into());
    let limit = values.len();
    let sql =
        format!("SELECT {COLUMNS} FROM ledger WHERE {wanted} ORDER BY id DESC LIMIT ${limit}");
    rows(on, &sql, values).await?.iter().map(read).collect()
}

/// How many files of each source are in each state. Their sum is all files that were ever seen.
///
/// # Errors
/// [`StoreError`].
pub async fn totals(on: &impl Conn) -> Result<Vec<Total>, StoreError> {
    let sql = "SELECT source, state, COUNT(*) AS files, CAST(SUM(size) AS BIGINT) AS bytes FROM ledger \
               GROUP BY source, state ORDER BY source, state";
    let total = |row: &QueryResult| -> Result<Total, StoreError> {
        Ok(Total {
            source: row.try_get("", "source")?,
            state: state(row)?,
            files: row.try_get("", "files")?,
            bytes: row.try_get("", "bytes")?,
        })
    };
    rows(on, sql, params![]).await?.iter().map(total).collect()
}

/// How many files of each source failed and are tried again by themselves.
///
/// # Errors
/// [`StoreError`].
pub async fn tried_again(on: &impl Conn) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT l.source, COUNT(*) AS files FROM ledger l JOIN job j ON j.kind = $1 AND j.key = l.id \
               WHERE l.state = 'failed' AND j.state IN ('ready', 'leased') GROUP BY l.source";
    let count = |row: &QueryResult| Ok((row.try_get("", "source")?, row.try_get("", "files")?));
    rows(on, sql, params![ANALYSE]).await?.iter().map(count).collect()
}

/// When a source was first looked through; what is older is backlog. Remembered from the first time on.
///
/// # Errors
/// [`StoreError`].
pub async fn first_scan_us(tx: &Tx, source: &str, now_us: i64) -> Result<i64, StoreError> {
    let sql =
        "INSERT INTO source (name, first_scan_us) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    run(tx, sql, params![source, now_us]).await?;
    let found =
        row(tx, "SELECT first_scan_us FROM source WHERE name = $1", params![source]).await?;
    Ok(found.map_or(Ok(now_us), |row| row.try_get("", "first_scan_us"))?)
}

/// The only way a state changes.
async fn change(
    tx: &Tx,
    id: &str,
    from: &[FileState],
    to: FileState,
    why: Option<&str>,
    now_us: i64,
) -> Result<(), StoreError> {
    let from: Vec<String> = from.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let sql = format!(
        "UPDATE ledger SET state = $2, why = $3, changed_us = $4 WHERE id = $1 AND state IN ({})",
        from.join(", ")
    );
    if run(tx, &sql, params![id, to.as_str(), why.map(shortened), now_us]).await? > 0 {
        return Ok(());
    }
    entry(tx, id).await?;
    Err(StoreError::Conflict("the file's state in the ledger does not allow this"))
}

fn shortened(why: &str) -> String {
    why.chars().take(WHY_CHARS_MAX).collect()
}

fn state(row: &QueryResult) -> Result<FileState, StoreError> {
    let word: String = row.try_get("", "state")?;
    FileState::parse(&word).ok_or_else(|| StoreError::damaged("state of a file", word))
}

fn read(row: &QueryResult) -> Result<Entry, StoreError> {
    let size: i64 = row.try_get("", "size")?;
    Ok(Entry {
        id: row.try_get("", "id")?,
        file: Sighting {
            source: row.try_get("", "source")?,
            path: row.try_get("", "path")?,
            size: u64::try_from(size).map_err(|e| StoreError::damaged("size of a file", e))?,
            modified_us: row.try_get("", "modified_us")?,
        },
        sha256: row.try_get("", "sha256")?,
        state: state(row)?,
        why: row.try_get("", "why")?,
        call_id: row.try_get("", "call_id")?,
        facts: row.try_get("", "facts")?,
        attempts: row.try_get("", "attempts")?,
        seen_us: row.try_get("", "seen_us")?,
        changed_us: row.try_get("", "changed_us")?,
    })
}
