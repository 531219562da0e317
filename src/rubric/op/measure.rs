//! What is measured against its bounds: each silence, the first answer, the share of talk.
//!
//! In: [`Events`]. Out: hits for the values that lie within the bounds. A value over the whole call is
//! known at its end, except a sum that has passed a lower bound: it cannot fall back.

use std::collections::BTreeSet;

use crate::domain::{AudioTime, DoubtReason, Party, Span};
use crate::rubric::model::{MeasureOp, Quantity, Take};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{FOREVER, Hit, Source, Stream};

use super::events::{Event, Events, Owner, events};

/// The values of a party, or of all.
pub(super) fn stream(op: &MeasureOp, by: Option<Party>, scene: &Scene<'_>) -> Stream {
    let mut events = events(op.quantity, scene);
    let ended = scene.end.is_some();
    // Events of one start may still come in another order.
    if !ended && op.take != Take::Each {
        let complete = events.complete;
        events.list.retain(|event| event.span.start() < complete);
    }
    let mut out = match op.take {
        Take::Each if op.quantity != Quantity::Opening => {
            let hits = events.list.iter().filter(|event| op.bounds.hold(event.value));
            Stream::new(hits.map(|event| hit(op, event)).collect(), Vec::new(), events.complete)
        }
        Take::Average => averages(op, by, scene, &events),
        _ => one(op, by, scene, &events),
    };
    out.doubt = events.doubt.or_else(|| nobody_spoke(op.quantity, by, scene));
    out
}

/// Of who was not heard at all it could not be measured how they speak, and nothing is proved by what was not found.
fn nobody_spoke(quantity: Quantity, by: Option<Party>, scene: &Scene<'_>) -> Option<DoubtReason> {
    use Quantity::{Hold, Length, Loudness, Opening, Overtalk, Rate, Response, Silence, Talk};
    let by = match quantity {
        Hold | Length => return None,
        // That one of two says nothing is a share of talk too.
        Silence { .. } | Talk => None,
        Opening | Overtalk { .. } | Response | Rate { .. } | Loudness { .. } => by,
    };
    let theirs = |party| by.is_none_or(|by| party == by || party == Party::Unknown);
    let silent = scene.end.is_some() && !scene.speech.all().iter().any(|said| theirs(said.party));
    silent.then_some(DoubtReason::AudioMissing)
}

fn hit(op: &MeasureOp, event: &Event) -> Hit {
    Hit {
        span: event.span,
        leg: event.leg,
        party: event.party,
        utterance: event.utterance,
        turn: event.turn,
        source: Source::Measured { measure: *op, value: event.value, after_ms: event.after_ms },
    }
}

/// One value over the events of a party. Where a voice may or may not be that party's, the value
/// must lie within the bounds with and without it.
fn one(op: &MeasureOp, by: Option<Party>, scene: &Scene<'_>, events: &Events) -> Stream {
    // Nobody's events are everybody's.
    let owned = !matches!(op.quantity, Quantity::Silence { .. } | Quantity::Hold);
    let by = by.filter(|_| owned);
    let all: Vec<&Event> = events.list.iter().collect();
    let of = |unsure: bool| -> Vec<&Event> {
        let mine = |party| by.is_none_or(|by| party == by || unsure && party == Party::Unknown);
        all.iter().copied().filter(|event| mine(event.party)).collect()
    };
    let ended = scene.end.is_some();
    let (sure, possible) = (value(op, by, scene, &of(false)), value(op, by, scene, &of(true)));
    let held = |one: &Value| match one {
        Value::Event(event) if op.bounds.hold(event.value) => Some(hit(op, event)),
        _ => None,
    };
    let against = match (&sure, held(&sure)) {
        (Value::Event(event), None) => vec![hit(op, event)],
        _ => Vec::new(),
    };
    let (hits, maybe) = match (held(&sure), held(&possible)) {
        (Some(hit), Some(_)) => (vec![hit], Vec::new()),
        (Some(hit), None) | (None, Some(hit)) => (Vec::new(), vec![hit]),
        (None, None) => (Vec::new(), Vec::new()),
    };
    let pending = |one: &Value| matches!(one, Value::Pending);
    let complete =
        if ended || !pending(&sure) && !pending(&possible) { FOREVER } else { AudioTime::ZERO };
    // Before it is settled, nothing may be said that the rest of the call could take back.
    if complete == FOREVER {
        Stream { against, ..Stream::new(hits, maybe, complete) }
    } else {
        Stream::new(Vec::new(), Vec::new(), complete)
    }
}

enum Value {
    /// Not yet known.
    Pending,
    /// There is none.
    None,
    Event(Event),
}

fn value(op: &MeasureOp, by: Option<Party>, scene: &Scene<'_>, events: &[&Event]) -> Value {
    let ended = scene.end.is_some();
    let later = if ended { Value::None } else { Value::Pending };
    let nth = |at: usize| events.get(at).map_or(later, |event| Value::Event(**event));
    match op.take {
        // An opening is a first word.
        Take::Each | Take::First => nth(0),
        Take::Nth(n) => nth(n.saturating_sub(1)),
        Take::Last if !ended => Value::Pending,
        Take::Last => events.last().map_or(Value::None, |event| Value::Event(**event)),
        Take::Total => total(op, by, scene, events),
        Take::Share if !ended => Value::Pending,
        _ => share(by, scene, events),
    }
}

/// Milliseconds that events cover, those that overlap once; event by event.
fn sums<'a>(events: &'a [&'a Event]) -> impl Iterator<Item = f64> + 'a {
    let (mut sum, mut to) = (0, AudioTime::ZERO);
    events.iter().map(move |event| {
        sum += event.span.end().since_ms(event.span.start().max(to));
        to = to.max(event.span.end());
        sum as f64
    })
}

fn total(op: &MeasureOp, by: Option<Party>, scene: &Scene<'_>, events: &[&Event]) -> Value {
    if op.bounds.only_lower() {
        let crossed = sums(events).enumerate().find(|(_, sum)| op.bounds.hold(*sum));
        if let Some((i, value)) = crossed {
            return Value::Event(whole(by, &events[..=i], value));
        }
    }
    match scene.end {
        None => Value::Pending,
        Some(_) => over_call(by, scene, events, sums(events).last().unwrap_or(0.0)),
    }
}

fn share(by: Option<Party>, scene: &Scene<'_>, events: &[&Event]) -> Value {
    let (Some(first), Some(last)) = (scene.first_speech(), scene.last_speech()) else {
        return Value::None;
    };
    let sum = sums(events).last().unwrap_or(0.0);
    over_call(by, scene, events, 100.0 * sum / last.since_ms(first).max(1) as f64)
}

/// A value over events, or where there are none over the call.
fn over_call(by: Option<Party>, scene: &Scene<'_>, events: &[&Event], value: f64) -> Value {
    if !events.is_empty() {
        return Value::Event(whole(by, events, value));
    }
    let span = Span::at_least_1_ms(AudioTime::ZERO, scene.end.unwrap_or_default());
    Value::Event(Event {
        value,
        span,
        leg: None,
        party: by.unwrap_or(Party::Unknown),
        utterance: None,
        turn: 0,
        after_ms: None,
    })
}

/// Several events as one.
fn whole(by: Option<Party>, events: &[&Event], value: f64) -> Event {
    let first = *events[0];
    let span = events.iter().fold(first.span, |span, event| span.cover(event.span));
    let same = events.iter().all(|event| event.leg == first.leg);
    Event {
        value,
        span,
        leg: first.leg.filter(|_| same),
        party: by.unwrap_or(Party::Unknown),
        utterance: None,
        after_ms: None,
        ..first
    }
}

/// Each party's average, and that of each voice that is apart, at the call's end.
fn averages(op: &MeasureOp, by: Option<Party>, scene: &Scene<'_>, events: &Events) -> Stream {
    let mut out = Stream::new(Vec::new(), Vec::new(), AudioTime::ZERO);
    if scene.end.is_none() {
        return out;
    }
    out.complete = FOREVER;
    let of = |owner| {
        let own: Vec<&Event> = events.list.iter().filter(|event| event.owner() == owner).collect();
        average(op, owner.0, scene, &own).map(|value| (value, over(owner, scene, value, op)))
    };
    let known = by.is_some_and(|by| of((by, None)).is_some());
    // A rate over several voices is nobody's, and so is any average of voices on one leg.
    let apart = scene.is_apart() && !matches!(op.quantity, Quantity::Rate { .. });
    let unknown = events.list.iter().map(Event::owner).filter(|owner| owner.0 == Party::Unknown);
    let unknown: BTreeSet<Owner> = unknown.collect();
    for owner in [(Party::Agent, None), (Party::Customer, None)].into_iter().chain(unknown) {
        match of(owner) {
            // The party asked for may be among the unknown voices.
            Some((_, hit)) if owner.0 == Party::Unknown && (by.is_some() || !apart) => {
                out.maybe.extend((!known).then_some(hit));
            }
            Some((value, hit)) if op.bounds.hold(value) => out.hits.push(hit),
            Some((_, hit)) if by.is_none_or(|by| by == owner.0) => out.against.push(hit),
            _ => {}
        }
    }
    out
}

fn over((party, leg): Owner, scene: &Scene<'_>, value: f64, op: &MeasureOp) -> Hit {
    let start = scene.first_speech().unwrap_or_default();
    Hit {
        span: Span::at_least_1_ms(start, scene.end.unwrap_or_default()),
        leg,
        party,
        utterance: None,
        turn: 0,
        source: Source::Measured { measure: *op, value, after_ms: None },
    }
}

fn average(op: &MeasureOp, party: Party, scene: &Scene<'_>, own: &[&Event]) -> Option<f64> {
    match op.quantity {
        // A rate over all speech is no mean of the rates of utterances. Of unknown voices none was taken.
        Quantity::Rate { .. } if party != Party::Unknown => {
            scene.rate_per_min.get(party).copied().flatten().map(f64::from)
        }
        // Longer utterances weigh more.
        Quantity::Loudness { .. } => {
            let ms = |event: &&Event| event.span.len_ms() as f64;
            let total: f64 = own.iter().map(ms).sum();
            (total > 0.0)
                .then(|| own.iter().map(|event| event.value * ms(event)).sum::<f64>() / total)
        }
        _ if own.is_empty() => None,
        _ => Some(own.iter().map(|event| event.value).sum::<f64>() / own.len() as f64),
    }
}
