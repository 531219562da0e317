//! A comparison as it is told over HTTP.
//!
//! In: what came of a backtest. Out: its body.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::queue::Backtested;
use crate::rubric::backtest::{
    AgentChange, Agreement, Comparison, Distribution, Flip, FlipKey, Outcome, Sample,
};

/// Agents that are listed.
const AGENTS_MAX: usize = 20;

/// What a draft would change.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestResult)]
pub(super) struct ComparedBody {
    /// Calls that were compared.
    calls: u64,
    /// Calls of which the verdict changed.
    moved: u64,
    /// Calls on which people decided something.
    decided: u64,
    /// Calls that only one side judged: the rubric does not apply to their language, or they have no scorecard of it.
    unmatched: u64,
    /// Calls of which only the masked text could be read.
    masked: u64,
    /// Calls that could not be read.
    broken: u64,
    before: DistributionBody,
    after: DistributionBody,
    verdicts: Vec<MovedBody>,
    /// Criteria that came out otherwise, the most frequent first.
    flips: Vec<FlipBody>,
    /// One a criterion that changed or that people decided about.
    criteria: Vec<CriterionBody>,
    /// Agents with the most calls that moved.
    agents: Vec<AgentBody>,
}

/// Scores and verdicts.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestDistribution)]
struct DistributionBody {
    /// Calls that were judged.
    calls: u64,
    /// Mean score; absent where no call has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    /// Calls by verdict: `pass`, `fail`, `critical`, `undetermined`, `not_applicable`.
    verdicts: BTreeMap<&'static str, u64>,
    /// Calls by score: 0 to 10, 10 to 20, …; the last holds 100 too.
    scores: Vec<u64>,
}

/// Calls whose verdict changed.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestMoved)]
struct MovedBody {
    from: &'static str,
    to: &'static str,
    calls: u64,
}

/// Calls on which a criterion came out otherwise.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestFlip)]
struct FlipBody {
    criterion: String,
    /// `met`, `not_met`, `not_applicable` or `undetermined`; absent: the criterion was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    calls: u64,
    /// The first of them, at most 20.
    samples: Vec<SampleBody>,
}

/// A call to look at.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestSample)]
struct SampleBody {
    call: String,
    /// The agent's staff number, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    /// What decided it; personal data starred.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ms: Option<u64>,
}

/// A criterion over all calls.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = BacktestCriterion)]
struct CriterionBody {
    criterion: String,
    /// Calls on which it came out otherwise.
    flipped: u64,
    /// How the older judgement agrees with people; absent where nobody decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<AgreementBody>,
    /// How the draft does.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<AgreementBody>,
}

/// How a judgement agrees with people. A violation is what is looked for.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestAgreement)]
struct AgreementBody {
    /// Calls on which people decided.
    decided: u64,
    /// Those on which the judgement says the same.
    same: u64,
    /// Violations by both.
    found: u64,
    /// Violations by people only.
    missed: u64,
    /// Violations by the judgement only.
    alleged: u64,
    /// Those that the judgement leaves open.
    open: u64,
    /// 0 to 1; absent where no violation was alleged.
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<f64>,
    /// 0 to 1; absent where there was no violation.
    #[serde(skip_serializing_if = "Option::is_none")]
    recall: Option<f64>,
}

/// An agent.
#[derive(Serialize, ToSchema)]
#[schema(as = BacktestAgent)]
struct AgentBody {
    agent: String,
    calls: u64,
    /// Calls whose verdict changed.
    moved: u64,
    /// Calls whose verdict became worse.
    worse: u64,
    /// Mean change of the score, in points.
    mean_change: f64,
}

impl ComparedBody {
    pub(super) fn of(rubric: &str, done: &Backtested) -> Self {
        let all = &done.comparison;
        let compared = all.rubrics.get(rubric).cloned().unwrap_or_default();
        let verdicts = compared.moved.iter().map(|((from, to), calls)| MovedBody {
            from: from.as_str(),
            to: to.as_str(),
            calls: *calls,
        });
        let agents = all.agents_by_moved().into_iter().take(AGENTS_MAX);
        Self {
            calls: all.calls,
            moved: all.moved,
            decided: all.labelled,
            unmatched: compared.unmatched,
            masked: done.masked,
            broken: done.broken,
            before: distribution(&compared.before),
            after: distribution(&compared.after),
            verdicts: verdicts.collect(),
            flips: all.flips_by_calls().into_iter().map(|(key, one)| flip(key, one)).collect(),
            criteria: criteria(all),
            agents: agents.map(|(id, one)| agent(id, one)).collect(),
        }
    }
}

/// To the thousandth; no minus zero.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0 + 0.0
}

fn distribution(one: &Distribution) -> DistributionBody {
    DistributionBody {
        calls: one.calls,
        mean: one.mean().map(rounded),
        verdicts: one.verdicts.iter().map(|(verdict, calls)| (verdict.as_str(), *calls)).collect(),
        scores: one.scores.to_vec(),
    }
}

fn flip((_, criterion, from, to): &FlipKey, one: &Flip) -> FlipBody {
    let sample = |one: &Sample| SampleBody {
        call: one.call.clone(),
        agent: one.agent.clone(),
        started: one.started_at.clone(),
        quote: one.quote.as_ref().map(|quote| quote.as_str().to_owned()),
        start_ms: one.span.map(|span| span.start().ms()),
        end_ms: one.span.map(|span| span.end().ms()),
    };
    FlipBody {
        criterion: criterion.clone(),
        from: from.map(Outcome::as_str),
        to: to.map(Outcome::as_str),
        calls: one.calls,
        samples: one.samples.iter().map(sample).collect(),
    }
}

fn criteria(all: &Comparison) -> Vec<CriterionBody> {
    let mut by_id: BTreeMap<&str, CriterionBody> = BTreeMap::new();
    for ((_, criterion, ..), flip) in &all.flips {
        by_id.entry(criterion).or_default().flipped += flip.calls;
    }
    for (criterion, one) in &all.agreement_before {
        by_id.entry(criterion).or_default().before = Some(agreement(one));
    }
    for (criterion, one) in &all.agreement_after {
        by_id.entry(criterion).or_default().after = Some(agreement(one));
    }
    let named =
        by_id.into_iter().map(|(id, body)| CriterionBody { criterion: id.to_owned(), ..body });
    named.collect()
}

fn agreement(one: &Agreement) -> AgreementBody {
    AgreementBody {
        decided: one.decided,
        same: one.same,
        found: one.found,
        missed: one.missed,
        alleged: one.alleged,
        open: one.open,
        precision: one.precision().map(rounded),
        recall: one.recall().map(rounded),
    }
}

fn agent(id: &str, one: &AgentChange) -> AgentBody {
    AgentBody {
        agent: id.to_owned(),
        calls: one.calls,
        moved: one.moved,
        worse: one.worse,
        mean_change: rounded(one.mean_change()),
    }
}
