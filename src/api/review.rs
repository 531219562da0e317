//! Review: people's decisions on findings, who has which call, and how often the machine was right.
//!
//! In: a decision on a state that the reviewer has seen. Out: the call's figures under it, beside the machine's.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::assign::{Bar, bar};
use super::caller::Caller;
use super::calls::{CardBody, visible};
use super::error::{ApiError, ProblemBody};
use super::etag::{ETag, IfMatch};
use super::extract::{Json, Path, at, text};
use super::rubrics::stored::{judges, source_of};
use crate::access::Action;
use crate::blobs::BlobName;
use crate::domain::{CriterionId, RubricId, Share};
use crate::rubric::{CallFacts, Plan, Reviewed, Ruling, Rulings};
use crate::store::audit::Deed;
use crate::store::calls::{CallRow, CardRow};
use crate::store::decisions::{
    Decision, HumanCard, MANUAL, Precision, decide, decisions, set_review, standing,
};
use crate::store::now_us;
use crate::store::people::person_of;
use crate::wire::report::{Private, Report};

/// Characters of a comment.
const COMMENT_CHARS_MAX: usize = 2000;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(review))
        .routes(routes!(precision))
}

/// A reviewer's word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
struct DecisionBody {
    id: String,
    rubric: String,
    criterion: String,
    /// What the machine had concluded; empty for a manual item.
    machine_verdict: String,
    /// `agree`, `overturn`, `not_assessable` or `manual`.
    decision: String,
    /// What holds by it.
    verdict: String,
    comment: String,
    /// A person's id.
    by: String,
    at: String,
    /// A later decision on the same finding took its place.
    replaced: bool,
}

/// A decision to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDecision {
    /// The rubric; `manual` for an item that no rubric has.
    rubric: String,
    /// The criterion; of a manual item, what you call it.
    criterion: String,
    /// `agree`, `overturn`, `not_assessable`, or `manual`.
    #[schema(example = "overturn")]
    decision: String,
    /// With `overturn` and `manual`: `met`, `not_met` or `not_applicable`. An overturned `met` is `not_met`
    /// and the other way round where nothing is said.
    verdict: Option<String>,
    /// Why; needed unless you agree.
    #[serde(default)]
    comment: String,
}

/// What came of a decision.
#[derive(Debug, Serialize, ToSchema)]
struct Decided {
    /// The decision's id.
    id: String,
    /// The call's new revision.
    rev: i64,
    /// The scorecards, people's figures beside the machine's.
    scorecards: Vec<CardBody>,
}

/// List the decisions on a call, the first first.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/decisions", tag = "review", params(("call_id" = String, Path)),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, body = Vec<DecisionBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<DecisionBody>>, ApiError> {
    visible(&state.store, &caller, &id).await?;
    let all = decisions(&state.store, &id).await?;
    let stand: Vec<String> = standing(&all).iter().map(|one| one.id.clone()).collect();
    let body = |one: Decision| DecisionBody {
        replaced: !stand.contains(&one.id),
        id: one.id,
        rubric: one.rubric,
        criterion: one.criterion,
        machine_verdict: one.machine_verdict,
        decision: one.decision,
        verdict: one.verdict,
        comment: one.comment,
        by: one.by,
        at: at(one.at_us),
    };
    Ok(Json(all.into_iter().map(body).collect()))
}

/// Decide on a finding: agree, overturn, not assessable; or add an item that no rubric has.
#[utoipa::path(
    post, path = "/api/v1/calls/{call_id}/decisions", tag = "review", params(("call_id" = String, Path)),
    request_body = NewDecision,
    extensions(("x-action" = json!(Action::Decide.as_str()))),
    responses(
        (status = 201, body = Decided),
        (status = 412, description = "The call has changed since", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    known: IfMatch,
    Json(body): Json<NewDecision>,
) -> Result<Response, ApiError> {
    let call = visible(&state.store, &caller, &id).await?;
    known.check(call.rev)?;
    let new = decision_of(&state, &caller, &id, body).await?;
    let mut all = decisions(&state.store, &id).await?;
    all.push(new.clone());
    let cards = human_cards(&state, &call, &all).await?;
    let tx = state.store.begin().await?;
    let rev = decide(&tx, &new, call.rev, &cards).await?;
    let (object, detail) = (
        format!("call/{id}"),
        serde_json::json!({"decision": new.id, "criterion": new.criterion, "as": new.decision}),
    );
    let detail = detail.to_string();
    let deed =
        Deed { actor: caller.id(), action: "finding.decide", object: &object, detail: &detail };
    tx.audit(new.at_us, &deed).await?;
    tx.commit().await?;
    let scorecards = state.store.cards(&id).await?.into_iter().map(CardBody::of).collect();
    let body = Decided { id: new.id, rev, scorecards };
    Ok((StatusCode::CREATED, ETag(rev), Json(body)).into_response())
}

async fn decision_of(
    state: &ApiState,
    caller: &Caller,
    call_id: &str,
    body: NewDecision,
) -> Result<Decision, ApiError> {
    let criterion = text("criterion", &body.criterion, 128)?;
    let comment = match body.comment.trim() {
        "" if body.decision == "agree" => String::new(),
        comment => text("comment", comment, COMMENT_CHARS_MAX)?,
    };
    let machine_verdict = match body.rubric == MANUAL {
        true => String::new(),
        false => {
            let found = state.store.findings(call_id).await?;
            let one =
                found.into_iter().find(|f| f.rubric == body.rubric && f.criterion == criterion);
            one.ok_or_else(|| ApiError::not_found("finding", "评分项不存在"))?.verdict
        }
    };
    let asked = body.verdict.as_deref();
    let verdict = match (body.decision.as_str(), machine_verdict.as_str(), asked) {
        ("agree", machine, None) if body.rubric != MANUAL => machine.to_owned(),
        ("not_assessable", _, None) => Ruling::Undetermined.as_str().to_owned(),
        ("overturn", "met", None) => Ruling::NotMet.as_str().to_owned(),
        ("overturn", "not_met", None) => Ruling::Met.as_str().to_owned(),
        ("overturn", machine, Some(word)) if word != machine && !machine.is_empty() => ruled(word)?,
        ("manual", "", Some(word)) if body.rubric == MANUAL => ruled(word)?,
        _ => {
            return Err(ApiError::invalid(
                "`decision` is agree, overturn, not_assessable or manual; overturning says what holds \
                 instead, and not what the machine said",
                "`decision` 应为 agree、overturn、not_assessable 或 manual；推翻时须给出与机器不同的判定",
            ));
        }
    };
    Ok(Decision {
        id: uuid::Uuid::now_v7().to_string(),
        call_id: call_id.to_owned(),
        rubric: body.rubric,
        criterion,
        machine_verdict,
        decision: body.decision,
        verdict,
        comment,
        by: caller.id().to_owned(),
        at_us: now_us(),
    })
}

fn ruled(word: &str) -> Result<String, ApiError> {
    match Ruling::parse(word) {
        Some(Ruling::Met | Ruling::NotMet | Ruling::NotApplicable) => Ok(word.to_owned()),
        _ => Err(ApiError::invalid(
            "`verdict` is met, not_met or not_applicable",
            "`verdict` 应为 met、not_met 或 not_applicable",
        )),
    }
}

/// The figures of a call's scorecards under the decisions that stand, by the same rules that judged it.
///
/// A scorecard whose version is not known any more gets none: other rules would judge other criteria.
async fn human_cards(
    state: &ApiState,
    call: &CallRow,
    all: &[Decision],
) -> Result<Vec<HumanCard>, ApiError> {
    let mut rulings = Rulings::new();
    for one in standing(all).into_iter().filter(|one| one.rubric != MANUAL) {
        let rubric = RubricId::new(&one.rubric).map_err(ApiError::internal)?;
        let criterion = CriterionId::new(&one.criterion).map_err(ApiError::internal)?;
        if let Some(ruling) = Ruling::parse(&one.verdict) {
            rulings.insert((rubric, criterion), ruling);
        }
    }
    let judged = state.store.cards(&call.id).await?;
    let report = clear_report(state, call).await?;
    let mut plan = state.ports.plan.borrow().clone();
    let in_force = |card: &CardRow| plan.rubrics().any(|one| one.digest == card.digest);
    let older = match judged.iter().all(in_force) {
        true => Vec::new(),
        false => judges(&state.store, &judged).await?,
    };
    // Some milliseconds of work: not on the threads that answer.
    let work = move || -> Result<Vec<Reviewed>, Box<dyn std::error::Error + Send + Sync>> {
        if !older.is_empty() {
            let read: Result<Vec<_>, _> = older.iter().map(|one| source_of(one).rubric()).collect();
            plan = Arc::new(Plan::compile(read?));
        }
        let record = report.into_record()?;
        Ok(plan.reviewed(&CallFacts::from(&record), &rulings))
    };
    let reviewed = state.ports.desk.work(work).await?.map_err(ApiError::internal)?;
    let decided = |rubric: &str| all.iter().any(|one| one.rubric == rubric && one.rubric != MANUAL);
    let same = reviewed.into_iter().filter(|one| {
        let same = judged
            .iter()
            .any(|c| c.rubric == one.rubric.id.as_str() && c.digest == one.rubric.digest);
        same && decided(one.rubric.id.as_str())
    });
    Ok(same
        .map(|one| HumanCard {
            rubric: one.rubric.id.as_str().to_owned(),
            verdict: one.verdict.as_str().to_owned(),
            score_milli: one.score.map(|points| points.hundredths() * 10),
        })
        .collect())
}

/// The report as the rules saw it: with the clear texts where they were kept. For judging only; no caller sees it.
pub(super) async fn clear_report(state: &ApiState, call: &CallRow) -> Result<Report, ApiError> {
    let report = state.store.report(&call.id).await?;
    let report = report.ok_or_else(|| ApiError::not_found("report", "报告不存在"))?;
    let Some(name) = call.private.as_deref().and_then(BlobName::parse) else { return Ok(report) };
    let size = state.ports.blobs.size(&name).await.map_err(ApiError::internal)?;
    let bytes = state.ports.blobs.read_all(&name, 0..size).await.map_err(ApiError::internal)?;
    let json = std::str::from_utf8(&bytes).map_err(ApiError::internal)?;
    let private = Private::from_json(json).map_err(ApiError::internal)?;
    private.restore(report).map_err(ApiError::internal)
}

/// How far a review is, and who does it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    /// `open`, `in_review` or `settled`.
    state: String,
    /// A person's id; absent: nobody.
    assigned_to: Option<String>,
}

/// Give a call to a reviewer, or say how far its review is.
///
/// Reviewers take a free call for themselves and let go of their own; supervisors give any call to anybody who may review
/// it: the rule of `POST /api/v1/reviews`.
#[utoipa::path(
    put, path = "/api/v1/calls/{call_id}/review", tag = "review", params(("call_id" = String, Path)),
    request_body = ReviewBody,
    extensions(("x-action" = json!(Action::Assign.as_str()))),
    responses((status = 204, description = "Done")),
)]
async fn review(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    known: IfMatch,
    Json(body): Json<ReviewBody>,
) -> Result<Response, ApiError> {
    let call = visible(&state.store, &caller, &id).await?;
    known.check(call.rev)?;
    if !["open", "in_review", "settled"].contains(&body.state.as_str()) {
        return Err(ApiError::invalid(
            "`state` is open, in_review or settled",
            "`state` 应为 open、in_review 或 settled",
        ));
    }
    // Who only says how far the review is, need not be able to give the call to whoever has it.
    if body.assigned_to != call.assigned_to {
        let assignee = match body.assigned_to.as_deref() {
            None => None,
            Some(id) => Some(person_of(&state.store, id).await?.ok_or(Bar::Unable)?),
        };
        bar(&caller, &call, assignee.as_ref()).map_or(Ok(()), Err)?;
    }
    let tx = state.store.begin().await?;
    let assigned = body.assigned_to.as_deref();
    let now = now_us();
    let rev = set_review(&tx, &id, call.rev, &body.state, assigned, now).await?;
    let object = format!("call/{id}");
    let detail = serde_json::json!({"state": body.state, "assigned_to": assigned}).to_string();
    let deed = Deed { actor: caller.id(), action: "call.review", object: &object, detail: &detail };
    tx.audit(now, &deed).await?;
    tx.commit().await?;
    Ok((StatusCode::NO_CONTENT, ETag(rev)).into_response())
}

/// How often people agreed with the machine.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Precision)]
struct PrecisionBody {
    rubric: String,
    criterion: String,
    /// Violations that people upheld, of those they looked at.
    violations: ShareBody,
    /// Criteria found met that people upheld, of those they looked at.
    met: ShareBody,
    /// Findings that nobody could assess.
    not_assessable: u64,
}

/// A share with its 95 % interval (Wilson).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Share)]
pub(super) struct ShareBody {
    of: u64,
    right: u64,
    /// 0 to 1; absent where nothing was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) share: Option<f64>,
    low: f64,
    high: f64,
}

impl ShareBody {
    pub(super) fn of(share: Share) -> Self {
        let (low, high) = share.wilson();
        Self { of: share.of, right: share.right, share: share.value(), low, high }
    }
}

/// See how often people agreed with each criterion.
#[utoipa::path(
    get, path = "/api/v1/precision", tag = "review",
    extensions(("x-action" = json!(Action::StatsRead.as_str()))),
    responses((status = 200, body = Vec<PrecisionBody>)),
)]
async fn precision(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Vec<PrecisionBody>>, ApiError> {
    let all = state.store.precision(caller.scope()).await?;
    let body = |one: Precision| PrecisionBody {
        rubric: one.rubric,
        criterion: one.criterion,
        violations: ShareBody::of(one.violations),
        met: ShareBody::of(one.met),
        not_assessable: one.not_assessable,
    };
    Ok(Json(all.into_iter().map(body).collect()))
}
