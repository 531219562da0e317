//! The queue: what waits, what is being done, what was put aside, and how fast it goes.
//!
//! In: a state. Out: jobs and totals. Only for those who see everything: a file belongs to nobody until it is a call.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Json, Path, Query, at};
use super::page::{Page, PageQuery};
use crate::access::Action;
use crate::store::audit::Deed;
use crate::store::jobs::{self, JobRow};
use crate::store::{ledger, now_us};

/// How far back the speed is measured, microseconds.
const SPEED_US: i64 = 600_000_000;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(totals)).routes(routes!(retry))
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
struct JobBody {
    id: String,
    /// Which worker does it: `analyse`.
    kind: String,
    /// What it is about; of `analyse` the ledger's entry.
    key: String,
    /// `ready`, `leased`, `done` or `quarantined`.
    state: String,
    /// `new` or `backlog`.
    lane: &'static str,
    /// Times it was begun.
    attempts: i64,
    /// Times it is begun before it is put aside.
    attempts_max: i64,
    /// Why it is where it is: the last error.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Not before.
    run_after: String,
    /// Whoever has it on lease has it until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    leased_until: Option<String>,
    created: String,
    changed: String,
}

impl JobBody {
    fn of(row: JobRow) -> Self {
        Self {
            id: row.job.id,
            kind: row.job.kind,
            key: row.job.key,
            state: row.state,
            lane: if row.lane == 0 { "new" } else { "backlog" },
            attempts: row.job.attempts,
            attempts_max: jobs::ATTEMPTS_MAX,
            why: row.why,
            run_after: at(row.run_us),
            leased_until: row.leased_until_us.map(at),
            created: at(row.created_us),
            changed: at(row.changed_us),
        }
    }
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichJobs {
    /// `ready`, `leased`, `done` or `quarantined` (the default).
    state: Option<String>,
}

/// The queue as a whole.
#[derive(Debug, Serialize, ToSchema)]
struct JobTotals {
    /// How many in each state: `ready`, `leased`, `done`, `quarantined`.
    by_state: BTreeMap<String, i64>,
    /// Seconds of audio that were analysed in a second, over the last ten minutes.
    audio_s_per_s: f64,
    /// Calls that were analysed in the last ten minutes.
    calls: i64,
}

/// List jobs in a state, the last changed first.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "jobs", params(WhichJobs, PageQuery),
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = Page<JobBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    Query(which): Query<WhichJobs>,
    page: PageQuery,
) -> Result<Json<Page<JobBody>>, ApiError> {
    let limit = page.limit()?;
    let word = which.state.as_deref().unwrap_or("quarantined");
    if !jobs::STATES.contains(&word) {
        return Err(ApiError::invalid(
            "`state` is ready, leased, done or quarantined",
            "`state` 应为 ready、leased、done 或 quarantined",
        ));
    }
    let found = state.store.jobs(word, page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |row| (row.changed_us, row.job.id.clone()));
    Ok(Json(page.map(JobBody::of)))
}

/// Count jobs by state, and see how fast calls are analysed.
#[utoipa::path(
    get, path = "/api/v1/jobs/totals", tag = "jobs",
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = JobTotals)),
)]
async fn totals(State(state): State<ApiState>) -> Result<Json<JobTotals>, ApiError> {
    let mut by_state: BTreeMap<String, i64> =
        jobs::STATES.into_iter().map(|state| (state.to_owned(), 0)).collect();
    for (_, state, count) in state.store.job_counts().await? {
        *by_state.entry(state).or_default() += count;
    }
    let (calls, duration_ms) = state.store.analysed_since(now_us() - SPEED_US).await?;
    let audio_s_per_s = duration_ms as f64 * 1000.0 / SPEED_US as f64;
    let audio_s_per_s = (audio_s_per_s * 100.0).round() / 100.0;
    Ok(Json(JobTotals { by_state, audio_s_per_s, calls }))
}

/// Try a job again that was put aside. Of a file, its entry in the ledger begins again too.
#[utoipa::path(
    post, path = "/api/v1/jobs/{job_id}/retry", tag = "jobs", params(("job_id" = String, Path)),
    extensions(("x-action" = json!(Action::LedgerWrite.as_str()))),
    responses((status = 200, body = JobBody)),
)]
async fn retry(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobBody>, ApiError> {
    let now = now_us();
    let tx = state.store.begin().await?;
    let job = jobs::one(&tx, &id).await?;
    jobs::retry(&tx, &id, now).await?;
    if job.job.kind == ledger::ANALYSE {
        ledger::resume(&tx, &job.job.key, now).await?;
    }
    let object = format!("job/{id}");
    let deed = Deed { actor: caller.id(), action: "job.retry", object: &object, detail: "{}" };
    tx.audit(now, &deed).await?;
    let job = jobs::one(&tx, &id).await?;
    tx.commit().await?;
    state.ports.inlet.wake.notify_waiters();
    Ok(Json(JobBody::of(job)))
}
