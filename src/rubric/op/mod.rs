//! The operators, one file each: what a condition has found, and what it makes of it.
//!
//! In: the call so far, and the outcomes of earlier conditions. Out: an [`Outcome`], a pure function
//! of both, so that a call heard in pieces ends like one heard at once.

mod attribute;
mod count;
mod events;
mod every;
mod logic;
mod measure;
mod order;
mod phrase;
mod relation;
mod repeat;
mod window;

use crate::domain::DoubtReason;

use super::model::{Condition, Op, Quantity};
use super::plan::Asked;
use super::scene::Scene;
use super::stream::{Stream, Truth};
use super::written::Written;

/// What came of a condition so far.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) truth: Truth,
    pub(crate) stream: Stream,
}

/// Evaluates a condition; `before` holds the outcomes of all that it refers to.
pub(crate) fn outcome(
    condition: &Condition,
    asked: &Asked,
    scene: &Scene<'_>,
    before: &[Outcome],
) -> Outcome {
    if let Some(reason) = scene.written.and_then(|chat| not_written(&condition.op, chat)) {
        return unknowable(reason);
    }
    let stream = match &condition.op {
        Op::Attribute { name, test } => return attribute::outcome(name, test, scene),
        Op::Not(of) => return logic::not(&before[of.0]),
        Op::Any(of) => logic::any(of, before),
        Op::All(of) => logic::all(of, before),
        Op::Some { of, .. } => logic::some(logic::count(&condition.op, before), of, before),
        Op::Order(of) => order::stream(of, before),
        Op::Phrase(op) => phrase::stream(op, condition.by, asked, scene),
        Op::Measure(op) => measure::stream(op, condition.by, scene),
        Op::Repeat(op) => repeat::stream(op, asked, scene),
        Op::Same(of) => before[of.0].stream.clone(),
    };
    let stream = by(condition, stream);
    let stream = window::apply(condition, scene, stream);
    let stream = relation::apply(condition, scene, before, stream);
    match &condition.op {
        // With no modifiers these are their children's values, doubts and all.
        Op::Any(of) if condition.is_plain() => {
            Outcome { truth: Truth::any(of.iter().map(|ix| before[ix.0].truth)), stream }
        }
        Op::All(of) if condition.is_plain() => {
            Outcome { truth: Truth::all(of.iter().map(|ix| before[ix.0].truth)), stream }
        }
        Op::Some { .. } if condition.is_plain() => {
            Outcome { truth: logic::count(&condition.op, before), stream }
        }
        Op::Same(of) if condition.is_plain() => Outcome { truth: before[of.0].truth, stream },
        Op::Phrase(op) => count::outcome(condition, Some(op.need), scene, stream),
        _ => count::outcome(condition, None, scene, stream),
    }
}

/// Why a chat cannot tell what an operator asks for, if so: most measures are of voices.
fn not_written(op: &Op, chat: &Written) -> Option<DoubtReason> {
    match op {
        Op::Measure(op) if op.quantity == Quantity::Response => {
            (!chat.timed).then_some(DoubtReason::FactMissing)
        }
        Op::Measure(_) => Some(DoubtReason::AudioMissing),
        Op::Attribute { name, .. } => {
            matches!(name.as_str(), "ring_s" | "rings").then_some(DoubtReason::AudioMissing)
        }
        _ => None,
    }
}

/// Nobody can know; what refers to it is told so by the stream's doubt.
fn unknowable(reason: DoubtReason) -> Outcome {
    let stream = Stream { doubt: Some(reason), ..Stream::nothing() };
    Outcome { truth: Truth::Unknown(reason), stream }
}

/// Keeps the hits of one party, and those that may be its.
fn by(condition: &Condition, mut stream: Stream) -> Stream {
    use crate::domain::Party;
    let Some(by) = condition.by else { return stream };
    let (sure, other): (Vec<_>, Vec<_>) = stream.hits.into_iter().partition(|hit| hit.party == by);
    stream.hits = sure;
    stream.maybe.retain(|hit| hit.party == by || hit.party == Party::Unknown);
    stream.maybe.extend(other.into_iter().filter(|hit| hit.party == Party::Unknown));
    stream.maybe.sort_by_key(|hit| hit.span);
    stream
}

impl Condition {
    fn is_plain(&self) -> bool {
        use super::model::Times;
        self.by.is_none()
            && self.within.is_none()
            && self.relations.is_empty()
            && self.times == Times::ONCE
    }
}
