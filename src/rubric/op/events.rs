//! What is measured, as events in time order: silences, answers, utterances, rates and the like.
//!
//! In: the call so far. Out: one [`Event`] for each thing measured. Which of them count, and against
//! which bounds, is [`super::measure`]'s business.

use std::collections::BTreeMap;

use crate::domain::{AudioTime, DoubtReason, LegIx, Party, Span};
use crate::measure::written_answers;
use crate::rubric::model::Quantity;
use crate::rubric::scene::Scene;
use crate::rubric::speech::Said;
use crate::rubric::stream::FOREVER;
use crate::rubric::written::Written;

/// Something measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    /// Milliseconds, units a minute, or dB.
    pub(super) value: f64,
    pub(super) span: Span,
    pub(super) leg: Option<LegIx>,
    pub(super) party: Party,
    /// The utterance it belongs to, by its place among all.
    pub(super) utterance: Option<usize>,
    pub(super) turn: usize,
    pub(super) after_ms: Option<u64>,
}

/// Whose measures go together: a party's, or where that is unknown those of a leg.
pub(super) type Owner = (Party, Option<LegIx>);

impl Event {
    /// Whose it is.
    pub(super) fn owner(&self) -> Owner {
        (self.party, self.leg.filter(|_| self.party == Party::Unknown))
    }
}

/// All events so far.
#[derive(Debug)]
pub(super) struct Events {
    /// By start. Each stays for ever.
    pub(super) list: Vec<Event>,
    /// Events yet to come start at or after this.
    pub(super) complete: AudioTime,
    /// Why an event that is missing may be there all the same.
    pub(super) doubt: Option<DoubtReason>,
}

/// The events of a quantity.
pub(super) fn events(quantity: Quantity, scene: &Scene<'_>) -> Events {
    let mut out = Events { list: Vec::new(), complete: scene.complete(), doubt: None };
    match quantity {
        Quantity::Silence { announced, hold } => {
            let wanted = scene.silences.iter().filter(|one| {
                announced.is_none_or(|want| one.announced == want)
                    && hold.is_none_or(|want| one.hold == want)
            });
            out.list.extend(wanted.map(|one| nobody(one.span, scene)));
        }
        Quantity::Hold => {
            // Music before the first word is a queue's, and no hold.
            let opened = scene.first_speech();
            let wanted = scene.holds.iter().filter(|one| opened.is_some_and(|at| at < one.start()));
            out.list.extend(wanted.map(|one| nobody(*one, scene)));
        }
        Quantity::Overtalk { after_ms, backchannels } => {
            let wanted = scene
                .overtalk
                .iter()
                .filter(|one| one.after_ms >= after_ms && (backchannels || !one.backchannel));
            out.list.extend(wanted.map(|one| Event {
                party: one.by,
                after_ms: Some(one.after_ms),
                ..comes_in(one.span, one.by, scene)
            }));
        }
        Quantity::Talk => out.list.extend(utterances(scene)),
        Quantity::Response => match scene.written {
            Some(written) => written_responses(written, scene, &mut out),
            None => responses(scene, &mut out),
        },
        Quantity::Opening => openings(scene, &mut out),
        Quantity::Length => match scene.end {
            Some(end) => {
                let span = Span::at_least_1_ms(AudioTime::ZERO, end);
                out.list.push(Event { value: end.ms() as f64, turn: 0, ..nobody(span, scene) });
            }
            None => out.complete = AudioTime::ZERO,
        },
        Quantity::Rate { units_min } => {
            let wanted = scene.rates.iter().filter(|rate| rate.units >= units_min);
            out.list.extend(wanted.map(|rate| {
                of_utterance(rate.utterance, rate.party, rate.span, f64::from(rate.per_min), scene)
            }));
        }
        Quantity::Loudness { relative } => loudness(relative, scene, &mut out),
    }
    out
}

/// An event that is nobody's, of its own length.
fn nobody(span: Span, scene: &Scene<'_>) -> Event {
    let said = scene.speech.all();
    let before = said.partition_point(|said| said.utterance.span.start() < span.start());
    Event {
        value: span.len_ms() as f64,
        span,
        leg: None,
        party: Party::Unknown,
        utterance: None,
        turn: before.checked_sub(1).map_or(0, |i| said[i].turn),
        after_ms: None,
    }
}

/// Somebody comes in: the utterance is the one of that party that starts nearest.
fn comes_in(span: Span, by: Party, scene: &Scene<'_>) -> Event {
    let start = span.start();
    let said = scene.speech.all().iter().filter(|said| said.party == by);
    let nearest = said.min_by_key(|said| {
        let at = said.utterance.span.start();
        at.since_ms(start).max(start.since_ms(at))
    });
    Event {
        leg: nearest.map(|said| said.utterance.leg),
        turn: nearest.map_or(0, |said| said.turn),
        ..nobody(span, scene)
    }
}

fn of_utterance(id: u32, party: Party, span: Span, value: f64, scene: &Scene<'_>) -> Event {
    let said = scene.speech.all();
    // It begins when the utterance does, so only that moment's utterances need be looked at.
    let from = said.partition_point(|said| said.utterance.span.start() < span.start());
    let mut here = said[from..].iter().take_while(|s| s.utterance.span.start() == span.start());
    let place = here.position(|said| said.utterance.id == id).map(|i| from + i);
    Event {
        value,
        span,
        leg: place.map(|i| said[i].utterance.leg),
        party,
        utterance: place,
        turn: place.map_or(0, |i| said[i].turn),
        after_ms: None,
    }
}

fn utterances<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = Event> + 'a {
    scene.speech.all().iter().enumerate().map(|(i, said)| Event {
        value: said.utterance.span.len_ms() as f64,
        span: said.utterance.span,
        leg: Some(said.utterance.leg),
        party: said.party,
        utterance: Some(i),
        turn: said.turn,
        after_ms: None,
    })
}

/// From the end of one party's words to the other's. An answer that comes in before the end, or
/// after a wait that was announced or spent on hold, is not counted.
fn responses(scene: &Scene<'_>, out: &mut Events) {
    let people = scene.speech.all().iter().enumerate().filter(|(_, said)| said.party != Party::Bot);
    let mut asked: Option<&Said<'_>> = None;
    for (i, said) in people {
        let span = said.utterance.span;
        let Some(question) = asked.filter(|question| question.voice() != said.voice()) else {
            // Of several utterances in a row the one that ends last is answered.
            asked = asked.filter(|last| last.utterance.span.end() > span.end()).or(Some(said));
            continue;
        };
        let end = question.utterance.span.end();
        asked = Some(said);
        if span.start() < end {
            continue;
        }
        let gap = Span::at_least_1_ms(end, span.start());
        let waits = scene.silences.iter().filter(|one| one.announced || one.hold);
        if waits.map(|one| one.span).any(|wait| wait.overlap(gap).is_some()) {
            continue;
        }
        out.list.push(Event {
            value: span.start().since_ms(end) as f64,
            span: gap,
            leg: Some(said.utterance.leg),
            party: said.party,
            utterance: Some(i),
            turn: said.turn,
            after_ms: None,
        });
    }
    if let Some(question) = asked
        && out.complete != FOREVER
    {
        out.complete = out.complete.min(question.utterance.span.end());
    }
}

/// The same in a chat, from the first message that waits: how long to wait is the times' that it was
/// written at, where it stands among other hits is the time's that rules hear.
fn written_responses(written: &Written, scene: &Scene<'_>, out: &mut Events) {
    let said = scene.speech.all();
    let messages = said.iter().enumerate().map(|(i, one)| (one.voice(), written.start(i)));
    out.list.extend(written_answers(messages).iter().map(|one| {
        let i = one.answer;
        let (before, start) = (said[i - 1].utterance.span.end(), said[i].utterance.span.start());
        Event {
            value: one.ms as f64,
            span: Span::at_least_1_ms(before, start),
            leg: Some(said[i].utterance.leg),
            party: said[i].party,
            utterance: Some(i),
            turn: said[i].turn,
            after_ms: None,
        }
    }));
    if let Some(last) = said.last()
        && out.complete != FOREVER
    {
        out.complete = out.complete.min(last.utterance.span.end());
    }
}

/// From the end of ringing to each first word. Ringing that was recorded ends before anybody
/// speaks; else the recording begins when the call is answered.
fn openings(scene: &Scene<'_>, out: &mut Events) {
    let Some(ring_ms) = scene.info.ring_ms else {
        out.doubt = Some(DoubtReason::FactMissing);
        return;
    };
    let Some(first) = scene.first_speech() else { return };
    let rung = AudioTime::from_ms(ring_ms);
    let answered = if rung <= first { rung } else { AudioTime::ZERO };
    out.list.extend(utterances(scene).map(|event| {
        let start = event.span.start();
        let value = start.since_ms(answered) as f64;
        Event { value, span: Span::at_least_1_ms(answered, start), ..event }
    }));
}

/// Loudness by utterance. Whose own average it is above or below is known when the call has ended, and not
/// where voices that nobody knows share a leg.
fn loudness(relative: bool, scene: &Scene<'_>, out: &mut Events) {
    if scene.end.is_some() && scene.loudness.is_empty() && !scene.speech.all().is_empty() {
        out.doubt = Some(DoubtReason::AudioMissing);
    }
    if relative && scene.end.is_none() {
        out.complete = AudioTime::ZERO;
        return;
    }
    out.list.extend(
        scene.loudness.iter().map(|one| {
            of_utterance(one.utterance, one.party, one.span, f64::from(one.dbfs), scene)
        }),
    );
    if !relative {
        return;
    }
    if !scene.is_apart() && out.list.iter().any(|event| event.party == Party::Unknown) {
        out.list.retain(|event| event.party != Party::Unknown);
        out.doubt = Some(DoubtReason::PartiesUnsure);
    }
    let mut sums: BTreeMap<Owner, (f64, f64)> = BTreeMap::new();
    for event in &out.list {
        let (sum, ms) = sums.entry(event.owner()).or_default();
        *sum += event.value * event.span.len_ms() as f64;
        *ms += event.span.len_ms() as f64;
    }
    for event in &mut out.list {
        let (sum, ms) = sums[&event.owner()];
        event.value -= sum / f64::max(ms, 1.0);
    }
}
