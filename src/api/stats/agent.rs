//! An agent's own page: the score by week, each criterion beside the team's, the best and the worst calls.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Clock, Counts, mean};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::calls::{ListedBody, listed};
use crate::api::error::ApiError;
use crate::api::extract::{Json, Path, Query, at, us};
use crate::domain::Scope;
use crate::store::compliance::{Asked, Group};
use crate::store::figures::{Bulk, By, Every};
use crate::store::list::{CallFilter, Column};

/// Calls on either list.
const CALLS_EACH: u32 = 5;

/// A team's figure is shown beside an agent's when at least so many agents are in it: of fewer it would tell one
/// colleague's.
const TEAM_AGENTS_MIN: usize = 3;

/// When.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// Begun at this time or later.
    from: Option<String>,
    /// Begun before this time.
    to: Option<String>,
}

/// An agent's figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentFigures {
    agent: String,
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The team of their newest call.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    #[serde(flatten)]
    all: Spell,
    /// From Monday on, the first first; weeks without a call are left out.
    weeks: Vec<AgentWeek>,
    /// Each criterion, the least met first.
    criteria: Vec<AgentCriterion>,
    /// The calls with the highest scores.
    best: Vec<ListedBody>,
    /// The calls with the lowest scores; none that is among the best.
    worst: Vec<ListedBody>,
}

/// Figures of a stretch of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentSpell)]
struct Spell {
    /// Spoken and written.
    calls: i64,
    hours: f64,
    /// 0 to 100; people's score where they decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    score_mean: Option<f64>,
    findings: Counts,
}

impl Spell {
    fn of<'a>(all: impl Iterator<Item = &'a Bulk>) -> Self {
        let (mut calls, mut ms, mut scored, mut score_milli) = (0, 0, 0, 0);
        let mut findings = [0; 4];
        for one in all {
            calls += one.calls;
            ms += one.duration_ms;
            scored += one.scored;
            score_milli += one.score_milli;
            findings = std::array::from_fn(|ix| findings[ix] + one.findings[ix]);
        }
        Self {
            calls,
            hours: (ms as f64 / 36_000.0).round() / 100.0,
            score_mean: mean(score_milli as f64 / 1000.0, scored),
            findings: Counts::of(findings),
        }
    }
}

/// One week.
#[derive(Debug, Serialize, ToSchema)]
struct AgentWeek {
    /// Its Monday's first moment.
    begin: String,
    #[serde(flatten)]
    figures: Spell,
}

/// One criterion.
#[derive(Debug, Serialize, ToSchema)]
struct AgentCriterion {
    rubric: String,
    criterion: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    own: Counts,
    /// The whole team's, the agent's own among them, over the same time; absent where the team has fewer than three
    /// agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<Counts>,
}

/// See an agent's figures: score by week, each criterion beside the team's, best and worst calls.
///
/// Agents see their own: it takes leave to see calls, and what their scope covers is theirs.
#[utoipa::path(
    get, path = "/api/v1/stats/agents/{agent_id}", tag = "stats",
    params(("agent_id" = String, Path), Span, Clock),
    extensions(("x-action" = json!(Action::CallsRead.as_str()))),
    responses((status = 200, body = AgentFigures)),
)]
pub(super) async fn agent(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(clock): Query<Clock>,
) -> Result<Json<AgentFigures>, ApiError> {
    let filter = CallFilter { equal: vec![(Column::Agent, id.clone())], ..CallFilter::default() };
    let newest = state.store.newest(&filter, caller.scope()).await?;
    let newest = newest.ok_or_else(|| ApiError::not_found("agent", "坐席不存在"))?;
    let filter = CallFilter {
        from_us: span.from.as_deref().map(us).transpose()?,
        to_us: span.to.as_deref().map(us).transpose()?,
        ..filter
    };
    let (scope, offset_us) = (caller.scope(), clock.offset_us()?);
    let asked = Asked { by: By::Criterion, then: None, rubric: None, criterion: None, offset_us };
    let own = state.store.compliance(&filter, scope, &asked).await?;
    let team = team(&state, &filter, &newest.belongs, &asked).await?;
    let points = state.store.series(&filter, scope, Every::Week, offset_us).await?;
    let weeks = points.chunk_by(|a, b| a.begin_us == b.begin_us).map(|week| AgentWeek {
        begin: at(week[0].begin_us),
        figures: Spell::of(week.iter().map(|point| &point.bulk)),
    });
    let mut best = state.store.by_score(&filter, scope, true, CALLS_EACH).await?;
    let mut worst = state.store.by_score(&filter, scope, false, CALLS_EACH).await?;
    worst.retain(|call| best.iter().all(|other| other.id != call.id));
    // Of few calls the better half are the best: the worst of all must not be among them.
    let both = best.len() + worst.len();
    if both < 2 * best.len() {
        let lower = best.split_off(both.div_ceil(2));
        worst.extend(lower.into_iter().rev());
    }
    Ok(Json(AgentFigures {
        name: state.store.unit_names("agent", &[&id]).await?.remove(&id),
        agent: id,
        team: newest.belongs.team,
        all: Spell::of(points.iter().map(|point| &point.bulk)),
        weeks: weeks.collect(),
        criteria: criteria(own, &team),
        best: listed(&state.store, best).await?,
        worst: listed(&state.store, worst).await?,
    }))
}

/// The figures of the agent's team, beyond what the caller sees: shares of many, none of one. Nothing where it has few
/// agents, or where nobody said which team it is.
async fn team(
    state: &ApiState,
    agent: &CallFilter,
    belongs: &crate::domain::Belongs,
    asked: &Asked<'_>,
) -> Result<Vec<Group>, ApiError> {
    if belongs.team.is_none() {
        return Ok(Vec::new());
    }
    // Teams of two vendors may have one name.
    let value = |of: &Option<String>| of.clone().unwrap_or_default();
    let equal = vec![
        (Column::Client, value(&belongs.client)),
        (Column::Vendor, value(&belongs.vendor)),
        (Column::Team, value(&belongs.team)),
    ];
    let filter = CallFilter { equal, ..agent.clone() };
    let agents = Asked { by: By::Column(Column::Agent), ..*asked };
    let agents = state.store.compliance(&filter, &Scope::All, &agents).await?;
    if agents.iter().filter(|group| group.key.is_some()).count() < TEAM_AGENTS_MIN {
        return Ok(Vec::new());
    }
    Ok(state.store.compliance(&filter, &Scope::All, asked).await?)
}

fn criteria(own: Vec<Group>, team: &[Group]) -> Vec<AgentCriterion> {
    let one = |group: Group| {
        let same = |other: &&Group| other.key == group.key && other.rubric == group.rubric;
        AgentCriterion {
            team: team.iter().find(same).map(|team| Counts::of(team.findings)),
            rubric: group.rubric.clone().unwrap_or_default(),
            criterion: group.key.clone().unwrap_or_default(),
            own: Counts::of(group.findings),
            title: group.title,
        }
    };
    let mut all: Vec<AgentCriterion> = own.into_iter().map(one).collect();
    let met = |one: &AgentCriterion| one.own.compliance.share.unwrap_or(2.0);
    all.sort_by(|a, b| met(a).total_cmp(&met(b)));
    all
}
