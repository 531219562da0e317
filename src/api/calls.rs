//! Calls: lists, one call, its masked report, its findings, its waveform.
//!
//! In: who asks, and what for. Out: what they may see. Nothing here is in clear: that takes leave of its own.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::etag::ETag;
use super::extract::{Json, Path, Query, at};
use super::page::{Page, PageQuery};
use super::which::Which;
use crate::access::Action;
use crate::store::calls::{CallRow, CardRow, FindingRow, call_of};
use crate::store::findings::Waiting;
use crate::store::list::{CallFilter, Sort};
use crate::store::{Conn, Store};

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(report))
        .routes(routes!(findings))
        .routes(routes!(peaks))
}

/// 通话.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub(super) struct CallBody {
    id: String,
    /// What the sidecar or the file's name calls it.
    external_id: String,
    /// `call` or `chat`.
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    /// The agent's staff number.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The customer's number, starred.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    language: String,
    started: String,
    received: String,
    analysed: String,
    duration_s: f64,
    /// The machine's gravest verdict over all rubrics.
    verdict: String,
    /// The machine's lowest score over all rubrics, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// How much a person should look at it, 0 to 1000.
    risk: i64,
    /// Kinds of trouble with the recording.
    problems: Vec<String>,
    /// Figures of the conversation.
    #[schema(value_type = Object)]
    measures: serde_json::Value,
    /// Whether there is anything to play.
    has_audio: bool,
    /// `open`, `in_review` or `settled`.
    review_state: String,
    /// The reviewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<String>,
    /// Under legal hold: it cannot be deleted.
    held: bool,
    /// Counts every change; the ETag.
    rev: i64,
}

impl CallBody {
    pub(super) fn of(row: CallRow) -> Self {
        Self {
            id: row.id,
            external_id: row.external_id,
            kind: row.kind,
            direction: row.direction,
            client: row.belongs.client,
            vendor: row.belongs.vendor,
            project: row.belongs.project,
            queue: row.queue,
            team: row.belongs.team,
            agent: row.belongs.agent,
            customer: row.customer,
            language: row.language,
            started: at(row.started_us),
            received: at(row.received_us),
            analysed: at(row.analysed_us),
            duration_s: row.duration_ms as f64 / 1000.0,
            verdict: row.verdict,
            score: row.score_milli.map(points),
            risk: row.risk,
            problems: row.problems,
            measures: serde_json::from_str(&row.measures).unwrap_or_default(),
            has_audio: row.audio.is_some(),
            review_state: row.review_state,
            assigned_to: row.assigned_to,
            held: row.held,
            rev: row.rev,
        }
    }
}

pub(super) fn points(milli: i64) -> f64 {
    milli as f64 / 1000.0
}

/// A call with what every rubric concluded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallWithScorecards)]
struct CallWithCards {
    #[serde(flatten)]
    call: CallBody,
    scorecards: Vec<CardBody>,
}

/// 评分表: the machine's figures, and people's beside them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScorecardSummary)]
pub(super) struct CardBody {
    rubric: String,
    version: i64,
    /// SHA-256 over the rubric's file.
    digest: String,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// After reviewers' decisions; absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    human_verdict: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    human_score: Option<f64>,
    /// What the decisions changed, in points.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
}

impl CardBody {
    pub(super) fn of(row: CardRow) -> Self {
        let difference = row.score_milli.zip(row.human_score_milli).map(|(was, is)| is - was);
        Self {
            rubric: row.rubric,
            version: row.version,
            digest: row.digest,
            verdict: row.verdict,
            score: row.score_milli.map(points),
            human_verdict: row.human_verdict,
            human_score: row.human_score_milli.map(points),
            difference: difference.map(points),
        }
    }
}

/// 命中.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FindingSummary)]
struct FindingBody {
    rubric: String,
    criterion: String,
    title: String,
    /// `met`, `not_met` or `undetermined`.
    verdict: String,
    /// `info`, `minor`, `major` or `critical`.
    severity: String,
    weight: f64,
    points: f64,
    /// 0 to 1.
    confidence: f64,
    /// The leg to listen to; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<i64>,
    /// Where to listen.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_s: Option<f64>,
    /// What was heard there, personal data starred.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
}

impl FindingBody {
    fn of(row: FindingRow) -> Self {
        Self {
            rubric: row.rubric,
            criterion: row.criterion,
            title: row.title,
            verdict: row.verdict,
            severity: row.severity,
            weight: points(row.weight_milli),
            points: points(row.points_milli),
            confidence: points(row.confidence_milli),
            leg: row.leg,
            start_s: row.start_ms.map(points),
            end_s: row.end_ms.map(points),
            quote: row.quote,
        }
    }
}

/// In which order.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Order {
    /// `risk` (the default): what a person should look at first; `time`: the newest.
    sort: Option<String>,
}

impl Order {
    /// The order as the store is asked for it.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub(super) fn sort(&self) -> Result<Sort, ApiError> {
        match self.sort.as_deref() {
            None | Some("risk") => Ok(Sort::Risk),
            Some("time") => Ok(Sort::Time),
            Some(_) => Err(ApiError::invalid("`sort` is risk or time", "`sort` 应为 risk 或 time")),
        }
    }
}

/// A call in a list, with what of it waits for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallInList)]
pub(super) struct ListedBody {
    #[serde(flatten)]
    call: CallBody,
    /// Violations that nobody has decided on.
    open_violations: i64,
    /// Undetermined findings that nobody has decided on.
    open_undetermined: i64,
    /// The finding to look at first: the gravest that nobody has decided on; where none is open, the gravest
    /// violation that people upheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<WorstBody>,
}

/// The finding to look at first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorstFinding)]
struct WorstBody {
    #[serde(flatten)]
    finding: FindingBody,
    /// What people said, if they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    human_verdict: Option<String>,
}

impl ListedBody {
    pub(super) fn of(call: CallRow, waiting: Option<Waiting>) -> Self {
        let waiting = waiting.unwrap_or_default();
        let worst = waiting.worst.map(|worst| WorstBody {
            finding: FindingBody::of(worst.finding),
            human_verdict: worst.human_verdict,
        });
        Self {
            call: CallBody::of(call),
            open_violations: waiting.violations,
            open_undetermined: waiting.undetermined,
            worst,
        }
    }
}

/// Calls with what of each waits for a person.
pub(super) async fn listed(
    store: &Store,
    calls: Vec<CallRow>,
) -> Result<Vec<ListedBody>, ApiError> {
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    let mut waiting = store.waiting(&ids).await?;
    let body = |call: CallRow| {
        let waiting = waiting.remove(&call.id);
        ListedBody::of(call, waiting)
    };
    Ok(calls.into_iter().map(body).collect())
}

/// A call that the caller sees; what they do not see is not there.
///
/// # Errors
/// [`ApiError::NotFound`].
pub(super) async fn visible(
    on: &impl Conn,
    caller: &Caller,
    id: &str,
) -> Result<CallRow, ApiError> {
    let call = call_of(on, id).await?.filter(|call| caller.sees(&call.belongs));
    call.ok_or_else(|| ApiError::not_found("call", "通话不存在"))
}

/// List calls.
#[utoipa::path(
    get, path = "/api/v1/calls", tag = "calls", params(Which, Order, PageQuery),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, body = Page<ListedBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(order): Query<Order>,
    page: PageQuery,
) -> Result<Json<Page<ListedBody>>, ApiError> {
    let limit = page.limit()?;
    let sort = order.sort()?;
    let after = page.after()?;
    let filter = CallFilter { sort, after, limit: limit + 1, ..which.filter(&caller)? };
    let found = state.store.list(&filter, caller.scope()).await?;
    let page = Page::of(found, limit, |row| match sort {
        Sort::Risk => (row.risk, row.id.clone()),
        Sort::Time => (row.started_us, row.id.clone()),
    });
    Ok(Json(Page { items: listed(&state.store, page.items).await?, next: page.next }))
}

/// See a call.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}", tag = "calls", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, body = CallWithCards)),
)]
async fn one(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let call = visible(&state.store, &caller, &id).await?;
    let etag = ETag(call.rev);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == etag.value()) {
        return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
    }
    let scorecards = state.store.cards(&id).await?.into_iter().map(CardBody::of).collect();
    Ok((etag, Json(CallWithCards { call: CallBody::of(call), scorecards })).into_response())
}

/// Read a call's report (`lingting/report/1`), personal data starred.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/report", tag = "calls", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, description = "See report.schema.json", content_type = "application/json")),
)]
async fn report(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    visible(&state.store, &caller, &id).await?;
    let json = state.store.report_json(&id).await?;
    let json = json.ok_or_else(|| ApiError::not_found("report", "报告不存在"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// See what every criterion concluded, the gravest failures first.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/findings", tag = "calls", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, body = Vec<FindingBody>)),
)]
async fn findings(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<FindingBody>>, ApiError> {
    visible(&state.store, &caller, &id).await?;
    let found = state.store.findings(&id).await?;
    Ok(Json(found.into_iter().map(FindingBody::of).collect()))
}

/// Read a call's waveform: a byte with the legs, one with the columns a second, then each leg's columns.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/peaks", tag = "calls", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, description = "Bytes", content_type = "application/octet-stream")),
)]
async fn peaks(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    visible(&state.store, &caller, &id).await?;
    let peaks = state.store.peaks(&id).await?;
    let peaks = peaks.ok_or_else(|| ApiError::not_found("waveform", "波形不存在"))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], peaks).into_response())
}
