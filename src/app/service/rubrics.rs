//! The rubrics in force: what the configuration offers becomes versions, what is published becomes the plan.
//!
//! In: rubrics as they were read at the start, and whatever is published later. Out: the analyst judges by the active
//! ones of the store, those and no others. What a person has published is never replaced by a file that says what it
//! said before.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::analyst::Analyst;
use crate::api::rubrics::stored::{Publisher, source_of, version_after};
use crate::rubric::{LoadError, Rubric, built_in_file};
use crate::store::audit::Deed;
use crate::store::rubrics::{RubricRow, origin, publish, rubric, rubrics, set_active};
use crate::store::{Store, StoreError, Tx, now_us};

/// Who publishes what the configuration offers.
const SERVICE: &str = "service";

/// How often it is looked whether another process has published something.
const LOOK: Duration = Duration::from_secs(2);

/// Why there is nothing to judge by.
#[derive(Debug, thiserror::Error)]
pub enum RubricsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two files of the configuration would replace each other.
    #[error(
        "two configured files hold a rubric `{0}`; keep one of them under `rubrics`, or give the other an id of its own"
    )]
    Twice(String),
    /// A stored text that this version of the program cannot use.
    #[error(
        "the rubric `{id}`, version {version}, cannot be used by this version of lingting:\n{source}\n\
         put a corrected file under `rubrics` in the configuration: it becomes the next version"
    )]
    Unusable {
        /// The rubric.
        id: String,
        /// Its version.
        version: u32,
        /// What is wrong with it.
        source: LoadError,
    },
}

/// Enters what the configuration offers, and gives the rubrics in force.
///
/// A file that is new or says something else than when it was taken last becomes a version. A rubric whose newest version
/// came from the configuration and that is not offered any more is withdrawn, and comes back when it is.
///
/// # Errors
/// [`RubricsError`].
pub(super) async fn enter(store: &Store, offered: &[Rubric]) -> Result<Vec<Rubric>, RubricsError> {
    let twice =
        offered.iter().enumerate().find(|(ix, one)| offered[..*ix].iter().any(|o| o.id == one.id));
    if let Some((_, one)) = twice {
        return Err(RubricsError::Twice(one.id.as_str().to_owned()));
    }
    let tx = store.begin().await?;
    for (one, ix) in offered.iter().zip(0i64..) {
        // A microsecond apart, so that scorecards keep the configuration's order.
        take(&tx, one, now_us() + ix).await?;
    }
    for row in rubrics(&tx).await? {
        let is_offered = offered.iter().any(|one| one.id.as_str() == row.id);
        if row.active && row.newest.origin.is_some() && !is_offered {
            turn(&tx, &row, false, "no longer configured 已不在配置中").await?;
        }
    }
    tx.commit().await?;
    in_force(store, offered).await
}

async fn take(tx: &Tx, one: &Rubric, now_us: i64) -> Result<(), RubricsError> {
    let id = one.id.as_str();
    let row = rubric(tx, id).await?;
    let last = origin(tx, id).await?;
    if let Some(row) = row.as_ref().filter(|_| last.as_deref() == Some(one.digest.as_str())) {
        if !row.active && row.changed_by == SERVICE {
            turn(tx, row, true, "configured again 重新列入配置").await?;
        }
        return Ok(());
    }
    let came = match built_in_file(id) {
        Some((_, text)) if text == one.source.text => "came with Lingting 随聆听提供".to_owned(),
        _ => format!("from the file {} 来自配置文件", one.source.file),
    };
    let by = Publisher { by: SERVICE, reason: &came, origin: Some(&one.digest) };
    let newest = row.as_ref().map(|row| row.newest.version);
    let version = version_after(one, newest, by).map_err(|source| RubricsError::Unusable {
        id: id.to_owned(),
        version: one.version,
        source,
    })?;
    publish(tx, &version, row.map(|row| row.rev), now_us).await?;
    audit(tx, "rubric.publish", id, version.version, &came).await?;
    Ok(())
}

async fn turn(tx: &Tx, row: &RubricRow, active: bool, why: &str) -> Result<(), StoreError> {
    set_active(tx, row, active, (SERVICE, why), now_us()).await?;
    let action = if active { "rubric.activate" } else { "rubric.withdraw" };
    audit(tx, action, &row.id, row.newest.version, why).await
}

async fn audit(
    tx: &Tx,
    action: &str,
    id: &str,
    version: u32,
    reason: &str,
) -> Result<(), StoreError> {
    let object = format!("rubric/{id}");
    let detail = serde_json::json!({"version": version, "reason": reason}).to_string();
    let deed = Deed { actor: SERVICE, action, object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await.map(drop)
}

/// The rubrics in force, read from the store; those in `known` need not be read again.
///
/// # Errors
/// [`RubricsError`].
pub(super) async fn in_force(store: &Store, known: &[Rubric]) -> Result<Vec<Rubric>, RubricsError> {
    let mut out = Vec::new();
    for row in rubrics(store).await?.into_iter().filter(|row| row.active) {
        let known = known.iter().find(|one| one.digest == row.newest.digest);
        let read = || source_of(&row.newest).rubric();
        out.push(known.cloned().map_or_else(read, Ok).map_err(|source| {
            RubricsError::Unusable { id: row.id.clone(), version: row.newest.version, source }
        })?);
    }
    Ok(out)
}

/// Keeps the analyst's rubrics those of the store, until `stop`.
pub(super) async fn follow(
    store: Store,
    analyst: Arc<Analyst>,
    changed: Arc<Notify>,
    stop: CancellationToken,
) {
    // What was published between the start and here is not known here, and so looked for at once.
    let mut known = Vec::new();
    loop {
        match renewed(&store, &analyst, &known).await {
            Ok(now) => known = now,
            // Calls go on being judged by the rubrics that were in force.
            Err(error) => tracing::error!(%error, "published rubrics are not taken up"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Id and version of what is in force.
type InForce = Vec<(String, u32)>;

async fn renewed(
    store: &Store,
    analyst: &Arc<Analyst>,
    known: &InForce,
) -> Result<InForce, RubricsError> {
    let now = store.rubrics_in_force().await?;
    if now == *known {
        return Ok(now);
    }
    let plan = analyst.plan().borrow().clone();
    let judging: Vec<Rubric> = plan.rubrics().cloned().collect();
    let rubrics = in_force(store, &judging).await?;
    let digests = |all: &[Rubric]| all.iter().map(|one| one.digest.clone()).collect::<Vec<_>>();
    if digests(&rubrics) != digests(&judging) {
        let analyst = Arc::clone(analyst);
        // Compiling takes a while.
        let compiled = tokio::task::spawn_blocking(move || analyst.judge_by(rubrics));
        compiled.await.map_err(|error| StoreError::damaged("rubric", error))?;
    }
    Ok(now)
}
