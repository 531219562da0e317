//! Backtests: what a draft would have said of the calls that the caller sees.
//!
//! In: a draft and which calls. Out: a run in the background, its progress, and in the end what would change.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{library_of, refused};
use super::compared::ComparedBody;
use super::existing_version;
use super::queue::{Ask, Stage};
use super::stored::source_of;
use crate::access::Action;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ProblemBody};
use crate::api::extract::{Json, Path, at, us};
use crate::api::state::ApiState;
use crate::rubric::{Rubric, load};
use crate::store::list::{CallFilter, Column, Sort};
use crate::store::rubrics;

/// Calls that are compared unless told.
const CALLS: u64 = 10_000;
/// Calls of one backtest at most.
const CALLS_MAX: u64 = 200_000;

/// What to compare.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBacktest {
    /// The draft, YAML.
    text: String,
    /// What to hold it against: `in_force` (the default: the newest version, judged anew), `scored` (the scorecards
    /// that the calls have), or a version's number.
    versus: Option<String>,
    /// Which calls; absent: all that you see.
    #[serde(default)]
    calls: CallsWanted,
    /// The newest so many, 1 to 200000; absent: 10000.
    limit: Option<u64>,
}

/// Which calls.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = BacktestCalls)]
#[serde(deny_unknown_fields, default)]
struct CallsWanted {
    client: Option<String>,
    vendor: Option<String>,
    project: Option<String>,
    team: Option<String>,
    agent: Option<String>,
    queue: Option<String>,
    direction: Option<String>,
    language: Option<String>,
    /// `call` or `chat`.
    kind: Option<String>,
    /// Begun at this time or later.
    from: Option<String>,
    /// Begun before this time.
    to: Option<String>,
}

impl CallsWanted {
    fn filter(self) -> Result<CallFilter, ApiError> {
        let equal = [
            (Column::Client, self.client),
            (Column::Vendor, self.vendor),
            (Column::Project, self.project),
            (Column::Team, self.team),
            (Column::Agent, self.agent),
            (Column::Queue, self.queue),
            (Column::Direction, self.direction),
            (Column::Language, self.language),
            (Column::Kind, self.kind),
        ];
        Ok(CallFilter {
            equal: equal.into_iter().filter_map(|(column, value)| Some((column, value?))).collect(),
            from_us: self.from.as_deref().map(us).transpose()?,
            to_us: self.to.as_deref().map(us).transpose()?,
            sort: Sort::Time,
            ..CallFilter::default()
        })
    }
}

/// A backtest under way.
#[derive(Serialize, ToSchema)]
#[schema(as = Backtest)]
pub(super) struct BacktestBody {
    id: String,
    /// `waiting`, `running`, `done` or `failed`.
    state: &'static str,
    /// Backtests before it in the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<usize>,
    /// Calls that were compared.
    done: u64,
    /// Calls that are to be compared; 0 while that is not known.
    total: u64,
    asked: String,
    /// Once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ComparedBody>,
}

/// Judge the calls you see by a draft, in the background. One runs at a time, four wait.
#[utoipa::path(
    post, path = "/api/v1/rubrics/{rubric_id}/backtests", tag = "rubrics", request_body = NewBacktest,
    params(("rubric_id" = String, Path)),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses(
        (status = 202, body = BacktestBody),
        (status = 422, description = "The text has mistakes", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Enough are waiting", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn begin_backtest(
    State(state): State<ApiState>,
    caller: Caller,
    Path(rubric): Path<String>,
    Json(body): Json<NewBacktest>,
) -> Result<Response, ApiError> {
    let calls_max = body.limit.unwrap_or(CALLS);
    if !(1..=CALLS_MAX).contains(&calls_max) {
        return Err(ApiError::invalid("`limit` is 1 to 200000", "`limit` 应为 1 至 200000"));
    }
    let filter = body.calls.filter()?;
    let text = body.text;
    let read = move || load("rubric.yaml", &text, &library_of());
    let new = state.ports.desk.work(read).await?.map_err(|error| refused(&error))?;
    if new.id.as_str() != rubric {
        return Err(ApiError::invalid(
            "the text is of another rubric than the path says",
            "文本中的编号与路径不一致",
        ));
    }
    let old = versus(&state, &rubric, body.versus.as_deref()).await?;
    let ask = Ask { new, old, filter, scope: caller.scope().clone(), calls_max };
    let id = state.ports.desk.backtests.add(caller.id(), ask)?;
    let body = body_of(&state, &caller, &rubric, id)?;
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// What to hold a draft against; `None`: the scorecards that the calls have.
async fn versus(
    state: &ApiState,
    id: &str,
    word: Option<&str>,
) -> Result<Option<Rubric>, ApiError> {
    let version = match (word, word.map(str::parse::<u32>)) {
        (Some("scored"), _) => return Ok(None),
        (None | Some("in_force"), _) => {
            // A rubric that is not there yet is held against nothing.
            let Some(row) = rubrics::rubric(&state.store, id).await? else { return Ok(None) };
            row.newest
        }
        (_, Some(Ok(version))) => existing_version(state, id, version).await?,
        _ => {
            return Err(ApiError::invalid(
                "`versus` is in_force, scored or a version's number",
                "`versus` 应为 in_force、scored 或版本号",
            ));
        }
    };
    source_of(&version).rubric().map(Some).map_err(ApiError::internal)
}

fn body_of(
    state: &ApiState,
    caller: &Caller,
    rubric: &str,
    id: String,
) -> Result<BacktestBody, ApiError> {
    let seen = state.ports.desk.backtests.of(caller.id(), rubric, &id);
    let seen = seen.ok_or_else(|| ApiError::not_found("backtest", "回测不存在"))?;
    let (word, before, result) = match seen.stage {
        Stage::Waiting(before) => ("waiting", Some(before), None),
        Stage::Running => ("running", None, None),
        Stage::Done(done) => ("done", None, Some(ComparedBody::of(rubric, &done))),
        Stage::Failed => ("failed", None, None),
    };
    let (done, total, asked) = (seen.done, seen.total, at(seen.asked_us));
    Ok(BacktestBody { id, state: word, before, done, total, asked, result })
}

/// See how far a backtest of yours is, and what came of it. It is forgotten when the service restarts.
#[utoipa::path(
    get, path = "/api/v1/rubrics/{rubric_id}/backtests/{backtest_id}", tag = "rubrics",
    params(("rubric_id" = String, Path), ("backtest_id" = String, Path)),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 200, body = BacktestBody)),
)]
pub(super) async fn backtest(
    State(state): State<ApiState>,
    caller: Caller,
    Path((rubric, id)): Path<(String, String)>,
) -> Result<Json<BacktestBody>, ApiError> {
    body_of(&state, &caller, &rubric, id).map(Json)
}

/// End a backtest of yours, or forget what came of it.
#[utoipa::path(
    delete, path = "/api/v1/rubrics/{rubric_id}/backtests/{backtest_id}", tag = "rubrics",
    params(("rubric_id" = String, Path), ("backtest_id" = String, Path)),
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 204, description = "Done")),
)]
pub(super) async fn end_backtest(
    State(state): State<ApiState>,
    caller: Caller,
    Path((rubric, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    match state.ports.desk.backtests.drop_run(caller.id(), &rubric, &id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found("backtest", "回测不存在")),
    }
}
