//! Why a call was judged as it was: each condition of its criteria as a tree, with value and proof.
//!
//! In: a call. Out: trees, by the very versions that scored it. Values come from what was said; what is shown of it
//! has personal data starred.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::calls::visible;
use super::error::{ApiError, ProblemBody};
use super::extract::{Json, Path, Query};
use super::review::clear_report;
use super::rubrics::stored::{judges, source_of};
use crate::access::Action;
use crate::domain::{AudioTime, Evidence, Span};
use crate::rubric::describe::{Tongue, headline};
use crate::rubric::{CallFacts, Explained, Explanation, Holds, LoadError, Outline, Plan};
use crate::store::calls::CardRow;
use crate::text::pii::Veil;
use crate::wire::report::{RecordError, Report};

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(explain))
}

/// What to explain.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// Only this rubric.
    rubric: Option<String>,
    /// Only this criterion.
    criterion: Option<String>,
    /// As of so many seconds into the call, when the rest was still to come.
    at_s: Option<f64>,
}

/// Why a call was judged as it was.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
struct ExplanationBody {
    criteria: Vec<CriterionBody>,
    /// Rubrics by which the call was scored, in versions that are not in the store: nothing can be said of them.
    gone: Vec<String>,
}

/// A criterion on this call.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedCriterion)]
struct CriterionBody {
    rubric: String,
    /// The version that scored the call.
    version: u32,
    criterion: String,
    title_zh: String,
    title_en: String,
    /// `met`, `not_met`, `not_applicable`, `undetermined`; `pending` where more of the call may decide it.
    verdict: &'static str,
    /// What it was judged by, in order.
    parts: Vec<PartBody>,
}

/// A condition by its place in the criterion.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedPart)]
struct PartBody {
    /// `section`, `when`, `met`, `violated_by`, `major_when` or `critical_when`.
    part: String,
    condition: NodeBody,
}

/// A condition on this call.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedCondition)]
struct NodeBody {
    /// The file's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What it asks, as the file has it, names resolved.
    #[schema(value_type = Object)]
    asks: Value,
    /// The same in a few words, without the conditions below.
    words_zh: String,
    words_en: String,
    /// `true`, `false` or `undetermined`; `pending` where more of the call may decide it.
    value: &'static str,
    /// Why nothing can decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What was found, or where it was looked for in vain.
    evidence: Vec<EvidenceBody>,
    /// Conditions that it refers to.
    below: Vec<BelowBody>,
}

/// A condition by the key it stands under.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedBelow)]
struct BelowBody {
    /// `any`, `all`, `not`, `after`, …
    under: String,
    #[schema(no_recursion)]
    condition: NodeBody,
}

/// One thing to look at or play.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedEvidence)]
struct EvidenceBody {
    /// `phrase`, `absence`, `near_miss`, `silence`, `overtalk`, `rate`, `loudness`, `metadata` or `measure`.
    kind: &'static str,
    /// The leg to play; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<u8>,
    /// Milliseconds from the call's first sample; absent for facts from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ms: Option<u64>,
    /// What was heard, or the fact; personal data starred.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    /// What it was held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<String>,
    /// `exact`, `phonetic`, `regex`, `similar` or `entity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'static str>,
    /// 0: the same; 1: nothing in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f32>,
    /// Recognition confidence, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
}

/// See why a call was judged as it was: each criterion's conditions as a tree, with their values and proof.
#[utoipa::path(
    get, path = "/api/v1/calls/{call_id}/explain", tag = "calls",
    params(("call_id" = String, Path), ExplainQuery),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses(
        (status = 200, body = ExplanationBody),
        (status = 409, description = "The version that scored the call is not in the store", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn explain(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<ExplanationBody>, ApiError> {
    let call = visible(&state.store, &caller, &id).await?;
    let mut cards = state.store.cards(&id).await?;
    if let Some(rubric) = &query.rubric {
        cards.retain(|card| card.rubric == *rubric);
        if cards.is_empty() {
            return Err(ApiError::not_found(
                "scorecard of this rubric on this call",
                "该通话没有此评分标准的评分",
            ));
        }
    }
    let versions = judges(&state.store, &cards).await?;
    let gone = |card: &&CardRow| versions.iter().all(|one| one.digest != card.digest);
    let gone: Vec<CardRow> = cards.iter().filter(gone).cloned().collect();
    if let (Some(_), Some(card)) = (&query.rubric, gone.first()) {
        let (version, digest) = (card.version, &card.digest);
        return Err(ApiError::conflict(
            format!(
                "the call was scored by version {version} of this rubric with the digest {digest}, which is not in \
                 the store; analyse it again to have it judged by today's"
            ),
            format!(
                "该通话由第 {version} 版（摘要 {digest}）评分，系统中已没有该版本；如需说明，请重新分析该通话"
            ),
        ));
    }
    let report = clear_report(&state, &call).await?;
    let (criterion, at) = (query.criterion, query.at_s.map(AudioTime::from_secs_f64));
    let work = move || {
        let outlines: Result<Vec<Outline>, LoadError> =
            versions.iter().map(|one| source_of(one).outline()).collect();
        let outlines = outlines.map_err(ApiError::internal)?;
        if let Some(criterion) = &criterion
            && !knows(&outlines, criterion)
        {
            return Err(ApiError::not_found("criterion", "评分项不存在"));
        }
        explained(report, &outlines, at, criterion.as_deref()).map_err(ApiError::internal)
    };
    let criteria = state.ports.desk.work(work).await??;
    Ok(Json(ExplanationBody { criteria, gone: gone.into_iter().map(|card| card.rubric).collect() }))
}

/// Whether it is one of these rubrics' criteria; of none nothing is known.
fn knows(outlines: &[Outline], criterion: &str) -> bool {
    let mut all = outlines.iter().flat_map(|outline| &outline.rubric.criteria);
    outlines.is_empty() || all.any(|one| one.id.as_str() == criterion)
}

fn explained(
    report: Report,
    outlines: &[Outline],
    at: Option<AudioTime>,
    criterion: Option<&str>,
) -> Result<Vec<CriterionBody>, RecordError> {
    let pii = report.pii.iter().map(|pii| {
        let time = AudioTime::from_secs_f64;
        Span::at_least_1_ms(time(pii.start_s), time(pii.end_s))
    });
    let pii: Vec<Span> = pii.collect();
    let record = report.into_record()?;
    let plan = Plan::compile(outlines.iter().map(|outline| outline.rubric.clone()).collect());
    let all = plan.explain(&CallFacts::from(&record), outlines, at);
    let veil = Veil::over(&record.utterances, pii);
    let by_id: BTreeMap<&str, &Outline> =
        outlines.iter().map(|outline| (outline.rubric.id.as_str(), outline)).collect();
    let wanted = |one: &Explanation| criterion.is_none_or(|id| id == one.criterion.as_str());
    let body = |one: Explanation| {
        let rubric = &by_id.get(one.rubric.as_str())?.rubric;
        let title = &rubric.criteria.iter().find(|other| other.id == one.criterion)?.title;
        let parts = one.parts.into_iter();
        let parts = parts.map(|(part, node)| PartBody { part, condition: node_body(node, &veil) });
        Some(CriterionBody {
            rubric: one.rubric.as_str().to_owned(),
            version: rubric.version,
            criterion: one.criterion.as_str().to_owned(),
            title_zh: title.zh.clone(),
            title_en: title.en.clone(),
            verdict: one.verdict.unwrap_or("pending"),
            parts: parts.collect(),
        })
    };
    Ok(all.into_iter().filter(wanted).filter_map(body).collect())
}

fn node_body(node: Explained, veil: &Veil<'_>) -> NodeBody {
    let below = node.below.into_iter();
    NodeBody {
        asks: node.clause.json(),
        words_zh: headline(&node.clause, Tongue::Zh),
        words_en: headline(&node.clause, Tongue::En),
        name: node.clause.name,
        value: node.holds.as_str(),
        reason: match node.holds {
            Holds::Undetermined(reason) => Some(reason.as_str()),
            _ => None,
        },
        evidence: node.evidence.into_iter().map(|one| evidence_body(one, veil)).collect(),
        below: below
            .map(|(under, node)| BelowBody { under, condition: node_body(node, veil) })
            .collect(),
    }
}

fn evidence_body(mut one: Evidence, veil: &Veil<'_>) -> EvidenceBody {
    veil.hide(&mut one);
    EvidenceBody {
        kind: one.kind.as_str(),
        leg: one.leg.map(|leg| leg.0),
        start_ms: one.span.map(|span| span.start().ms()),
        end_ms: one.span.map(|span| span.end().ms()),
        quote: one.quote.map(|quote| quote.as_str().to_owned()),
        matched: one.matched,
        how: one.how.map(|how| how.as_str()),
        distance: one.distance,
        confidence: one.confidence,
    }
}
