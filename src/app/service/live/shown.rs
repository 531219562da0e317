//! The picture of a call that goes on.
//!
//! In: what was heard so far. Out: the call's picture on the floor, and what in it is new.

use std::collections::BTreeMap;

use crate::api::live::Picture;
use crate::api::live::bodies::{Criterion, LiveUtterance};
use crate::domain::{AudioTime, CallInfo, Scorecard, Utterance};

/// What of the picture follows from what was heard; `waits`: speech that is over waits to be recognised. Who speaks now
/// is in the picture already.
pub(super) fn show(
    picture: &mut Picture,
    info: &CallInfo,
    said: &[Utterance],
    horizon: AudioTime,
    waits: bool,
) {
    picture.direction = info.direction.map(|direction| direction.as_str().to_owned());
    picture.queue.clone_from(&info.queue);
    picture.heard_to_ms = horizon.ms();
    let spoke = said.iter().map(|one| one.span.end().ms()).max();
    let speaking = picture.legs.iter().any(|leg| leg.speaking);
    picture.silence_ms = match spoke {
        Some(spoke) if !speaking && !waits => picture.received_ms.saturating_sub(spoke),
        _ => 0,
    };
}

/// Brings what was said up to date; tells what is new, changed, or taken back.
pub(super) fn tell(picture: &mut Picture, said: &[Utterance]) -> Vec<LiveUtterance> {
    let now: BTreeMap<(u64, u8), LiveUtterance> =
        said.iter().map(|one| ((one.span.start().ms(), one.leg.0), form(one))).collect();
    let mut news = Vec::new();
    for (key, old) in &picture.said {
        if !now.contains_key(key) {
            news.push(LiveUtterance { revoked: true, ..old.clone() });
        }
    }
    for (key, new) in &now {
        if picture.said.get(key) != Some(new) {
            news.push(new.clone());
        }
    }
    picture.said = now;
    news
}

fn form(one: &Utterance) -> LiveUtterance {
    let seconds = |time: AudioTime| time.ms() as f64 / 1_000.0;
    LiveUtterance {
        leg: one.leg.0,
        party: one.party.as_str().into(),
        start_s: seconds(one.span.start()),
        end_s: seconds(one.span.end()),
        text: one.text.as_str().to_owned(),
        confidence: (one.confidence * 1_000.0).round() / 1_000.0,
        revoked: false,
    }
}

pub(super) fn criteria(card: &Scorecard) -> impl Iterator<Item = Criterion> + '_ {
    card.findings.iter().map(|finding| Criterion {
        rubric: card.rubric.id.as_str().to_owned(),
        criterion: finding.criterion.as_str().to_owned(),
        title: finding.title.clone(),
        verdict: finding.verdict.as_str().to_owned(),
    })
}
