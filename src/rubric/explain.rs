//! Why a criterion was judged as it was: its conditions as a tree, each with its value and its proof.
//!
//! In: a plan, the outlines of its rubrics, and the facts of a call. Out: [`Explanation`]s. The values are
//! those of the evaluator itself, at the call's end or at any time before.

use crate::domain::{AudioTime, CriterionId, DoubtReason, Evidence, RubricId};

use super::eval::CallFacts;
use super::model::{CondIx, Condition, Op, Rule};
use super::op::Outcome;
use super::outline::{Clause, Outline, Part};
use super::plan::{Plan, Planned};
use super::proof::Prover;
use super::score;
use super::stream::Truth;

/// What a criterion came to, and why.
#[derive(Debug)]
pub struct Explanation {
    /// The rubric.
    pub rubric: RubricId,
    /// The criterion.
    pub criterion: CriterionId,
    /// Its verdict's name; `None`: more of the call may decide it.
    pub verdict: Option<&'static str>,
    /// What it was judged by: `section`, `when`, then `met` or `violated_by`, then what makes it graver.
    pub parts: Vec<(String, Explained)>,
}

/// The value of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It is so.
    Yes,
    /// It is not.
    No,
    /// More of the call may decide it.
    Pending,
    /// Nothing can decide it.
    Undetermined(DoubtReason),
}

impl Holds {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Holds::Yes => "true",
            Holds::No => "false",
            Holds::Pending => "pending",
            Holds::Undetermined(_) => "undetermined",
        }
    }
}

/// A condition on this call.
#[derive(Debug)]
pub struct Explained {
    /// The condition, as it is written.
    pub clause: Clause,
    /// Its value.
    pub holds: Holds,
    /// What was found, or where it was looked for in vain.
    pub evidence: Vec<Evidence>,
    /// Conditions that it refers to, with the key they stand under.
    pub below: Vec<(String, Explained)>,
}

impl Plan {
    /// Explains every criterion of every rubric that may apply; `until`: as of that time in the call.
    ///
    /// `outlines` are those of the plan's rubrics, in any order; a rubric without one is left out.
    pub fn explain(
        &self,
        facts: &CallFacts<'_>,
        outlines: &[Outline],
        until: Option<AudioTime>,
    ) -> Vec<Explanation> {
        let mut evaluation = self.observed(facts);
        match until {
            Some(until) => evaluation.read_until(until),
            None => evaluation.end(facts.duration_ms, facts.conversation.rate_per_min),
        }
        let mut out = Vec::new();
        for planned in evaluation.rubrics() {
            let same = |outline: &&Outline| outline.rubric.digest == planned.rubric.digest;
            let Some(outline) = outlines.iter().find(same) else { continue };
            let outcomes = evaluation.outcomes(planned);
            let scene = evaluation.scene(&planned.rubric);
            let prover = Prover { planned, scene: &scene, outcomes: &outcomes, near_misses: true };
            let tree = Tree { planned, prover: &prover, outcomes: &outcomes };
            out.extend((0..planned.rubric.criteria.len()).map(|i| tree.criterion(outline, i)));
        }
        out
    }
}

struct Tree<'a> {
    planned: &'a Planned,
    prover: &'a Prover<'a>,
    outcomes: &'a [Outcome],
}

impl Tree<'_> {
    fn criterion(&self, outline: &Outline, i: usize) -> Explanation {
        let rubric = &self.planned.rubric;
        let criterion = &rubric.criteria[i];
        let deciding = &outline.criteria[i];
        let mut parts = Vec::new();
        let mut add = |name: &str, clause: Option<&Clause>, ix: Option<CondIx>| {
            if let (Some(clause), Some(ix)) = (clause, ix) {
                parts.push((name.to_owned(), self.explained(clause, ix)));
            }
        };
        if let Some(at) = criterion.section {
            add("section", outline.sections[at].as_ref(), rubric.sections[at].when);
        }
        add("when", deciding.when.as_ref(), criterion.when);
        let (Rule::Met(ix) | Rule::ViolatedBy(ix)) = criterion.rule;
        let rule = if deciding.wanted { "met" } else { "violated_by" };
        add(rule, Some(&deciding.rule), Some(ix));
        for ((name, clause), (_, ix)) in deciding.graver.iter().zip(&criterion.graver) {
            add(name, Some(clause), Some(*ix));
        }
        Explanation {
            rubric: rubric.id.clone(),
            criterion: criterion.id.clone(),
            verdict: score::settled(self.prover.scene, rubric, criterion, self.outcomes),
            parts,
        }
    }

    fn explained(&self, clause: &Clause, ix: CondIx) -> Explained {
        let condition = &self.planned.rubric.conditions[ix.0];
        let outcome = &self.outcomes[ix.0];
        let below: Vec<(String, Explained)> =
            below(clause, condition, &self.planned.rubric.conditions)
                .into_iter()
                .map(|(key, clause, ix)| (key.to_owned(), self.explained(clause, ix)))
                .collect();
        let holds = match outcome.truth {
            Truth::True => Holds::Yes,
            Truth::False => Holds::No,
            Truth::Pending => Holds::Pending,
            Truth::Unknown(reason) => Holds::Undetermined(reason),
        };
        let found = !outcome.stream.hits.is_empty();
        // What is composed of others is proved by them, but for hits that passed its own modifiers.
        let composed = matches!(
            condition.op,
            Op::Any(_) | Op::All(_) | Op::Some { .. } | Op::Not(_) | Op::Same(_)
        );
        let proves = match (composed, holds) {
            (true, _) => found && condition.is_modified(),
            (false, Holds::Pending) => found,
            (false, _) => true,
        };
        let mut evidence = if proves { self.prover.prove(ix) } else { Vec::new() };
        evidence.sort_by_key(|one| (one.span, one.kind, one.leg));
        Explained { clause: clause.clone(), holds, evidence, below }
    }
}

/// The conditions that an operator is made of.
fn inner(op: &Op) -> Vec<CondIx> {
    match op {
        Op::Any(of) | Op::All(of) | Op::Order(of) | Op::Some { of, .. } => of.clone(),
        Op::Not(of) | Op::Same(of) => vec![*of],
        _ => Vec::new(),
    }
}

/// The conditions that a condition refers to: as they are written, and as they were compiled.
fn below<'c>(
    clause: &'c Clause,
    condition: &Condition,
    all: &[Condition],
) -> Vec<(&'c str, &'c Clause, CondIx)> {
    let mut out = Vec::new();
    let is_none = clause.parts.iter().any(|(key, _)| key == "none");
    let inner: Vec<CondIx> = match &condition.op {
        // `none` is compiled as the opposite of `any`.
        Op::Not(of) if is_none => inner(&all[of.0].op),
        op => inner(op),
    };
    let mut inner = inner.into_iter();
    for (key, part) in clause.parts.iter().filter(|(key, _)| super::file::keys::is_operator(key)) {
        match part {
            Part::Map(entries) => {
                let of = entries.iter().filter(|(name, _)| name == "of");
                let items = of.flat_map(|(_, part)| match part {
                    Part::List(items) => &items[..],
                    _ => &[],
                });
                let clauses = items.filter_map(|item| match item {
                    Part::Clause(clause) => Some(clause),
                    _ => None,
                });
                out.extend(
                    clauses.zip(inner.by_ref()).map(|(clause, ix)| (key.as_str(), clause, ix)),
                );
            }
            Part::List(items) => {
                let clauses = items.iter().filter_map(|item| match item {
                    Part::Clause(clause) => Some(clause),
                    _ => None,
                });
                out.extend(
                    clauses.zip(inner.by_ref()).map(|(clause, ix)| (key.as_str(), clause, ix)),
                );
            }
            Part::Clause(clause) => {
                out.extend(inner.next().map(|ix| (key.as_str(), clause, ix)));
            }
            _ => {}
        }
    }
    // In the order in which they are read.
    let sides = ["after", "before", "around", "not_after", "not_before", "not_around"];
    let written = sides.into_iter().filter_map(|side| {
        let (key, part) = clause.parts.iter().find(|(key, _)| key == side)?;
        match part {
            Part::Clause(clause) => Some((key.as_str(), clause)),
            Part::Map(entries) => entries.iter().find_map(|(name, part)| match part {
                Part::Clause(clause) if name == "of" => Some((key.as_str(), clause)),
                _ => None,
            }),
            _ => None,
        }
    });
    let relations = condition.relations.iter();
    out.extend(written.zip(relations).map(|((key, clause), relation)| (key, clause, relation.of)));
    out
}
