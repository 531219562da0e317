//! Dead air: gaps in which nobody speaks, and how long the agent takes to answer.
//!
//! In: utterances in order. Out: silences with what explains them. What comes before the first
//! utterance (ringing, music) and after the last (hanging up) is no dead air: nobody waits in it, unless the call
//! goes on.

use super::{Input, spans};
use crate::domain::{AudioTime, Party, Silence, Span, Utterance};

/// The gaps between utterances of any party, machines included.
pub(super) fn silences(input: &Input<'_>, utterances: &[&Utterance]) -> Vec<Silence> {
    let mut speech = spans::merged(utterances.iter().map(|one| one.span));
    if input.goes_on && !speech.is_empty() {
        // What is said next ends the silence, at this moment or later.
        let now = AudioTime::from_ms(input.duration_ms);
        speech = spans::merged(speech.into_iter().chain([Span::at_least_1_ms(now, now)]));
    }
    let holds = spans::merged(input.holds.iter().copied());
    let gap = |pair: &[Span]| Span::new(pair[0].end(), pair[1].start());
    speech
        .windows(2)
        .filter_map(gap)
        .filter(|span| span.len_ms() >= input.config.silence_ms_min)
        .map(|span| Silence {
            span,
            announced: is_announced(input, utterances, span),
            hold: 2 * spans::covered_ms(span, &holds) > span.len_ms(),
        })
        .collect()
}

/// Whether the agent's last words before the gap ask to wait. What the customer answers ("好的") does
/// not matter, nor some words of the agent after the announcement. A voice that is not known to be
/// the customer's may be the agent's.
fn is_announced(input: &Input<'_>, utterances: &[&Utterance], gap: Span) -> bool {
    let mut before = utterances
        .iter()
        .filter(|one| one.party != Party::Customer && one.span.end() <= gap.start())
        .rev();
    let announces = |one: &Utterance| input.announces_wait.contains(&one.id);
    before.next().is_some_and(|last| announces(last))
        || before
            .take_while(|one| gap.start().since_ms(one.span.end()) <= input.config.announced_ms_max)
            .any(|one| announces(one))
}

/// From the end of each of the customer's turns to the agent's answer. An answer that comes in
/// before the end, or after a wait that was announced or spent on hold, is not counted.
pub(super) fn responses_ms(utterances: &[&Utterance], silences: &[Silence]) -> Vec<u64> {
    let excused = |gap: Span| {
        silences.iter().any(|one| (one.announced || one.hold) && one.span.overlap(gap).is_some())
    };
    let mut out = Vec::new();
    let mut asked: Option<Span> = None;
    for one in utterances {
        match (one.party, asked) {
            (Party::Customer, _) => {
                asked = Some(asked.filter(|span| span.end() > one.span.end()).unwrap_or(one.span));
            }
            (Party::Agent, Some(question)) => {
                asked = None;
                if one.span.start() < question.end() {
                    continue;
                }
                let gap = Span::new(question.end(), one.span.start());
                if !gap.is_some_and(excused) {
                    out.push(gap.map_or(0, Span::len_ms));
                }
            }
            (Party::Agent | Party::Bot | Party::Unknown, _) => {}
        }
    }
    out
}
