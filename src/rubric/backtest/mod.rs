//! Two judgements of the same calls held against each other: what a new rubric would have changed.
//!
//! In: of each call, its scorecards before and after as [`Marks`], and what people decided about it.
//! Out: [`Comparison`]: distributions, verdicts that flip with samples, agreement with people, the
//! agents whom it touches most. It keeps counts and a few samples, never calls: a year costs no more
//! memory than a day. Added in one order, calls give one result.

mod agreement;
mod marks;

use std::collections::BTreeMap;

use crate::domain::{CallVerdict, Sensitive, Span};

pub use agreement::{Agreement, Decisions};
pub use marks::{Found, Marks, Outcome};

/// Score ranges of a distribution: 0 to 10 points, 10 to 20, …; the last holds 100 too.
pub const SCORE_RANGES: usize = 10;

/// Scores and verdicts of one rubric over many calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Distribution {
    /// Calls judged; those to which the rubric does not apply are under their verdict only.
    pub calls: u64,
    /// By verdict.
    pub verdicts: BTreeMap<CallVerdict, u64>,
    /// By score range, calls that have a score.
    pub scores: [u64; SCORE_RANGES],
    scored: u64,
    sum_hundredths: i64,
}

impl Distribution {
    fn add(&mut self, marks: &Marks) {
        *self.verdicts.entry(marks.verdict).or_default() += 1;
        if marks.verdict != CallVerdict::NotApplicable {
            self.calls += 1;
        }
        if let Some(score) = marks.score {
            self.scored += 1;
            self.sum_hundredths += score.hundredths();
            let range = usize::try_from(score.hundredths() / 1000).unwrap_or(0);
            self.scores[range.min(SCORE_RANGES - 1)] += 1;
        }
    }

    /// Mean score in points; `None` where no call has one.
    pub fn mean(&self) -> Option<f64> {
        (self.scored > 0).then(|| self.sum_hundredths as f64 / self.scored as f64 / 100.0)
    }
}

/// One rubric, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// By the older judgement.
    pub before: Distribution,
    /// By the newer one.
    pub after: Distribution,
    /// Calls whose verdict changed, by the verdicts before and after.
    pub moved: BTreeMap<(CallVerdict, CallVerdict), u64>,
    /// Calls that only one of the two judged.
    pub unmatched: u64,
}

/// A call on which a criterion's outcome changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The call.
    pub call: String,
    /// The agent's staff number, where it is known.
    pub agent: Option<String>,
    /// When it began, as its facts say.
    pub started_at: Option<String>,
    /// What was said, or the fact, that decided it; after, or else before.
    pub quote: Option<Sensitive<String>>,
    /// Where to listen.
    pub span: Option<Span>,
}

/// Calls on which a criterion went from one outcome to another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flip {
    /// How many.
    pub calls: u64,
    /// The first of them.
    pub samples: Vec<Sample>,
}

/// What a criterion did: rubric, criterion, outcome before, outcome after. `None`: it was not there.
pub type FlipKey = (String, String, Option<Outcome>, Option<Outcome>);

/// One agent, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentChange {
    /// Calls compared.
    pub calls: u64,
    /// Calls of which a rubric's verdict changed.
    pub moved: u64,
    /// Calls of which a verdict became worse.
    pub worse: u64,
    /// Scorecards compared.
    pub cards: u64,
    change_hundredths: i64,
}

impl AgentChange {
    /// Mean change of a scorecard's score, in points.
    pub fn mean_change(&self) -> f64 {
        self.change_hundredths as f64 / self.cards.max(1) as f64 / 100.0
    }
}

/// A call as a comparison needs it.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The call's id.
    pub call: String,
    /// The agent's staff number, where it is known.
    pub agent: Option<String>,
    /// When it began, as its facts say.
    pub started_at: Option<String>,
    /// One a rubric.
    pub before: Vec<Marks>,
    /// One a rubric.
    pub after: Vec<Marks>,
    /// What people decided; empty: nothing.
    pub decisions: Decisions,
}

/// The result over all calls added so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Calls added.
    pub calls: u64,
    /// Calls of which a rubric's verdict changed.
    pub moved: u64,
    /// Calls on which people decided something.
    pub labelled: u64,
    /// By rubric.
    pub rubrics: BTreeMap<String, Compared>,
    /// What flipped.
    pub flips: BTreeMap<FlipKey, Flip>,
    /// By agent.
    pub agents: BTreeMap<String, AgentChange>,
    /// How the older judgement agrees with people, by criterion.
    pub agreement_before: BTreeMap<String, Agreement>,
    /// How the newer one does.
    pub agreement_after: BTreeMap<String, Agreement>,
    samples_max: usize,
}

impl Comparison {
    /// Nothing compared yet; `samples_max` calls are named of each kind of flip.
    pub fn new(samples_max: usize) -> Self {
        Self { samples_max, ..Self::default() }
    }

    /// Takes one call.
    pub fn add(&mut self, pair: &Pair) {
        self.calls += 1;
        let mut agent = AgentChange { calls: 1, ..AgentChange::default() };
        for (before, after) in side_by_side(&pair.before, &pair.after) {
            let rubric = after.or(before).map_or("", |marks| marks.rubric.as_str());
            let compared = self.rubrics.entry(rubric.to_owned()).or_default();
            before.into_iter().for_each(|marks| compared.before.add(marks));
            after.into_iter().for_each(|marks| compared.after.add(marks));
            let (Some(before), Some(after)) = (before, after) else {
                compared.unmatched += 1;
                continue;
            };
            if before.verdict != after.verdict {
                *compared.moved.entry((before.verdict, after.verdict)).or_default() += 1;
                agent.moved = 1;
                agent.worse |= u64::from(after.verdict > before.verdict);
            }
            if let (Some(before), Some(after)) = (before.score, after.score) {
                agent.cards += 1;
                agent.change_hundredths += after.hundredths() - before.hundredths();
            }
            self.flips_of(pair, rubric, before, after);
        }
        self.moved += agent.moved;
        if let Some(id) = &pair.agent {
            let known = self.agents.entry(id.clone()).or_default();
            known.calls += agent.calls;
            known.moved += agent.moved;
            known.worse += agent.worse;
            known.cards += agent.cards;
            known.change_hundredths += agent.change_hundredths;
        }
        self.labelled += u64::from(!pair.decisions.is_empty());
        for (criterion, decided) in &pair.decisions {
            let before = self.agreement_before.entry(criterion.clone()).or_default();
            before.add(*decided, marks::outcome_of(&pair.before, criterion));
            let after = self.agreement_after.entry(criterion.clone()).or_default();
            after.add(*decided, marks::outcome_of(&pair.after, criterion));
        }
    }

    fn flips_of(&mut self, pair: &Pair, rubric: &str, before: &Marks, after: &Marks) {
        for (key, was, is) in flips(rubric, before, after) {
            let flip = self.flips.entry(key).or_default();
            flip.calls += 1;
            if flip.samples.len() < self.samples_max {
                let told = [is, was].into_iter().flatten();
                let shown = told.clone().find(|one| one.span.is_some()).or(told.clone().next());
                flip.samples.push(Sample {
                    call: pair.call.clone(),
                    agent: pair.agent.clone(),
                    started_at: pair.started_at.clone(),
                    quote: shown.and_then(|one| one.quote.clone()),
                    span: shown.and_then(|one| one.span),
                });
            }
        }
    }

    /// Whether a call, taken next, would be among the samples: what proves it will be read.
    pub fn shows(&self, pair: &Pair) -> bool {
        let open = |key: &FlipKey| {
            self.flips.get(key).map_or(0, |flip| flip.samples.len()) < self.samples_max
        };
        side_by_side(&pair.before, &pair.after).into_iter().any(|sides| match sides {
            (Some(before), Some(after)) => {
                flips(&after.rubric, before, after).iter().any(|(key, ..)| open(key))
            }
            _ => false,
        })
    }

    /// Flips of criteria that both judgements have, the most frequent first.
    pub fn flips_by_calls(&self) -> Vec<(&FlipKey, &Flip)> {
        let mut all: Vec<_> = self.flips.iter().collect();
        all.sort_by_key(|(_, flip)| std::cmp::Reverse(flip.calls));
        all
    }

    /// Agents, those with the most calls that moved first.
    pub fn agents_by_moved(&self) -> Vec<(&String, &AgentChange)> {
        let mut all: Vec<_> = self.agents.iter().filter(|(_, one)| one.moved > 0).collect();
        all.sort_by_key(|(_, one)| std::cmp::Reverse((one.moved, one.change_hundredths.abs())));
        all
    }
}

/// Criteria whose outcome is another than before, with what was found then and now.
fn flips<'m>(
    rubric: &str,
    before: &'m Marks,
    after: &'m Marks,
) -> Vec<(FlipKey, Option<&'m Found>, Option<&'m Found>)> {
    let mut criteria: BTreeMap<&str, (Option<&Found>, Option<&Found>)> = BTreeMap::new();
    for found in &before.findings {
        criteria.entry(&found.criterion).or_default().0 = Some(found);
    }
    for found in &after.findings {
        criteria.entry(&found.criterion).or_default().1 = Some(found);
    }
    let flipped = criteria.into_iter().filter_map(|(criterion, (was, is))| {
        let (from, to) = (was.map(|one| one.outcome), is.map(|one| one.outcome));
        let key = || (rubric.to_owned(), criterion.to_owned(), from, to);
        (from != to).then(|| (key(), was, is))
    });
    flipped.collect()
}

/// Pairs scorecards by rubric; a lone one on either side, under another name, is the same rubric renamed.
fn side_by_side<'m>(
    before: &'m [Marks],
    after: &'m [Marks],
) -> Vec<(Option<&'m Marks>, Option<&'m Marks>)> {
    if let ([before], [after]) = (before, after) {
        return vec![(Some(before), Some(after))];
    }
    let of = |list: &'m [Marks], rubric: &str| list.iter().find(|marks| marks.rubric == rubric);
    let mut out: Vec<_> =
        after.iter().map(|after| (of(before, &after.rubric), Some(after))).collect();
    // What only the older judgement had is not what is asked about, unless nothing newer is there.
    if after.is_empty() {
        out.extend(before.iter().map(|before| (Some(before), None)));
    }
    out
}

#[cfg(test)]
mod tests;
