//! any, all, some, not.

use crate::domain::AudioTime;
use crate::rubric::model::{CondIx, Op};
use crate::rubric::stream::{FOREVER, Interval, Stream, Truth};

use super::Outcome;

/// The hits of all its conditions.
pub(super) fn any(of: &[CondIx], before: &[Outcome]) -> Stream {
    let mut out = Stream::nothing();
    out.windows = Vec::new();
    for stream in of.iter().map(|ix| &before[ix.0].stream) {
        out.hits.extend(stream.hits.iter().cloned());
        out.maybe.extend(stream.maybe.iter().cloned());
        out.complete = out.complete.min(stream.complete);
        out.doubt = out.doubt.or(stream.doubt);
        for window in &stream.windows {
            if !out.windows.contains(window) {
                out.windows.push(*window);
            }
        }
    }
    if out.windows.is_empty() {
        out.windows.push(Interval::WHOLE);
    }
    out.hits.sort_by_key(|hit| (hit.span, hit.leg));
    out.maybe.sort_by_key(|hit| (hit.span, hit.leg));
    out
}

/// The hits of all its conditions, once all of them are true; none if one is false.
pub(super) fn all(of: &[CondIx], before: &[Outcome]) -> Stream {
    some(Truth::all(of.iter().map(|ix| before[ix.0].truth)), of, before)
}

/// Whether so many conditions are true.
pub(super) fn count(op: &Op, before: &[Outcome]) -> Truth {
    let Op::Some { of, at_least, at_most } = op else { return Truth::False };
    let most = at_most.unwrap_or(usize::MAX);
    let (mut sure, mut open, mut doubt) = (0, 0, None);
    for truth in of.iter().map(|ix| before[ix.0].truth) {
        match truth {
            Truth::True => sure += 1,
            Truth::False => {}
            Truth::Pending => open += 1,
            Truth::Unknown(reason) => doubt = Some((doubt.map_or(0, |(n, _)| n) + 1, reason)),
        }
    }
    let possible = sure + open + doubt.map_or(0, |(n, _)| n);
    if sure > most || possible < *at_least {
        Truth::False
    } else if sure >= *at_least && possible <= most {
        Truth::True
    } else {
        match doubt {
            Some((_, reason)) if open == 0 => Truth::Unknown(reason),
            _ => Truth::Pending,
        }
    }
}

/// The hits of some conditions, once it is true that there are as many as it takes.
pub(super) fn some(truth: Truth, of: &[CondIx], before: &[Outcome]) -> Stream {
    let mut out = any(of, before);
    match truth {
        Truth::True => {}
        Truth::Pending => {
            out.hits.clear();
            out.complete = AudioTime::ZERO;
        }
        Truth::False => {
            out.hits.clear();
            out.maybe.clear();
            out.doubt = None;
            out.complete = FOREVER;
        }
        Truth::Unknown(reason) => {
            out.hits.clear();
            out.doubt = Some(reason);
            out.complete = FOREVER;
        }
    }
    out
}

/// The opposite. It has no hits of its own.
pub(super) fn not(of: &Outcome) -> Outcome {
    let mut stream = Stream::nothing();
    stream.windows.clone_from(&of.stream.windows);
    Outcome { truth: of.truth.not(), stream }
}
