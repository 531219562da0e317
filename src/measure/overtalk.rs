//! Overtalk: one party speaks while the other does.
//!
//! In: utterances in order. Out: who came in over whom, after how long. A mono recording whose
//! voices were told apart one at a time shows none.

use super::{Input, rate};
use crate::domain::{AudioTime, Overtalk, Party, Span, Utterance};
use crate::text::units;

/// All overtalk between agent and customer, or between two voices of whom nobody knows which is which; one entry for each time
/// somebody comes in.
pub(super) fn overtalk(input: &Input<'_>, utterances: &[&Utterance]) -> Vec<Overtalk> {
    let talkers: Vec<&Utterance> =
        utterances.iter().copied().filter(|one| one.party != Party::Bot).collect();
    let mut out: Vec<Overtalk> = Vec::new();
    for (i, later) in talkers.iter().enumerate() {
        // The one who speaks longest of those who speak already.
        let over = talkers[..i]
            .iter()
            .filter(|earlier| are_two(earlier, later))
            .filter_map(|earlier| Some((earlier, shared(input, earlier.span, later.span)?)))
            .max_by_key(|(_, span)| (span.len_ms(), std::cmp::Reverse(*span)));
        let Some((earlier, span)) = over else { continue };
        let found = Overtalk {
            span,
            by: later.party,
            after_ms: span.start().since_ms(breath_start(input, &talkers[..i], earlier)),
            backchannel: is_backchannel(input, later),
        };
        match out.last_mut() {
            // The same interruption, with a pause in it.
            Some(last) if last.by == found.by && is_same(input, last.span, span) => {
                last.span = last.span.cover(span);
                last.backchannel &= found.backchannel;
            }
            _ => out.push(found),
        }
    }
    out
}

/// Whose voice it is: the party's, or where that is unknown the speaker's.
fn voice(one: &Utterance) -> (Party, Option<u8>) {
    (one.party, (one.party == Party::Unknown).then_some(one.speaker))
}

/// Whether two speak with each other.
fn are_two(one: &Utterance, other: &Utterance) -> bool {
    match (one.party, other.party) {
        (Party::Unknown, Party::Unknown) => one.speaker != other.speaker,
        (one, other) => Some(one) == other.opposite(),
    }
}

fn is_same(input: &Input<'_>, last: Span, next: Span) -> bool {
    next.start().since_ms(last.end()) <= input.config.breath_ms_max
}

/// The common part, when it is long enough to be more than the edges of two turns.
fn shared(input: &Input<'_>, earlier: Span, later: Span) -> Option<Span> {
    let turn_changes = later.end() > earlier.end();
    let edge = if turn_changes { input.config.edge_ms } else { 0 };
    // Who starts together, starts together: nobody comes in.
    let comes_in = later.start().since_ms(earlier.start()) > input.config.edge_ms;
    earlier
        .overlap(later)
        .filter(|span| comes_in && span.len_ms() >= input.config.overlap_ms_min + edge)
}

/// The start of the breath in which somebody speaks: earlier utterances that follow closely count.
fn breath_start(input: &Input<'_>, before: &[&Utterance], speaker: &Utterance) -> AudioTime {
    before
        .iter()
        .rev()
        .filter(|one| voice(one) == voice(speaker) && one.span.start() < speaker.span.start())
        .fold(speaker.span.start(), |start, one| {
            let near = start.since_ms(one.span.end()) <= input.config.breath_ms_max;
            if near { start.min(one.span.start()) } else { start }
        })
}

/// 附和: short in time and in words.
fn is_backchannel(input: &Input<'_>, one: &Utterance) -> bool {
    rate::speech_ms(one, input.config.word_gap_ms_max) <= input.config.backchannel_ms_max
        && units(one.text.as_str(), input.language) <= input.config.backchannel_units_max
}
