//! One condition's hit after another's, in the order given.

use crate::domain::AudioTime;
use crate::rubric::model::CondIx;
use crate::rubric::stream::{FOREVER, Stream};

use super::Outcome;

/// The chain of hits in which each starts after the one before; nothing until the chain is whole.
pub(super) fn stream(of: &[CondIx], before: &[Outcome]) -> Stream {
    let mut out = super::logic::any(of, before);
    let mut chain = Vec::new();
    let mut from = AudioTime::ZERO;
    let mut lost = false;
    for stream in of.iter().map(|ix| &before[ix.0].stream) {
        // The earliest hit leaves the most room for the rest.
        match stream.hits.iter().find(|hit| hit.span.start() >= from) {
            // An earlier one may yet come, and would keep the chain whole.
            Some(hit) => {
                from = hit.span.start().plus_ms(1);
                chain.push(hit.clone());
            }
            None => {
                lost = stream.is_complete();
                break;
            }
        }
    }
    let whole = chain.len() == of.len();
    out.hits = if whole { chain } else { Vec::new() };
    out.complete = if whole || lost && out.is_complete() { FOREVER } else { AudioTime::ZERO };
    out
}
