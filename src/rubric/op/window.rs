//! When: the first or last seconds, utterances or turns, or from one moment to another.

use crate::domain::{AudioTime, Party};
use crate::rubric::model::{Condition, Extent, Window};
use crate::rubric::scene::Scene;
use crate::rubric::speech::Said;
use crate::rubric::stream::{FOREVER, Interval, Stream};

/// Keeps hits inside the window.
pub(super) fn apply(condition: &Condition, scene: &Scene<'_>, mut stream: Stream) -> Stream {
    let Some(window) = condition.within else { return stream };
    let Some(interval) = interval(window, condition.by, scene) else {
        stream.hits.clear();
        stream.maybe.clear();
        stream.complete = AudioTime::ZERO;
        return stream;
    };
    stream.hits.retain(|hit| interval.contains(hit.span.start()));
    stream.maybe.retain(|hit| interval.contains(hit.span.start()));
    if interval.end.is_some_and(|end| stream.complete >= end) {
        stream.complete = FOREVER;
    }
    stream.windows = stream.windows.iter().filter_map(|known| known.overlap(interval)).collect();
    if stream.windows.is_empty() {
        stream.windows.push(interval);
    }
    stream
}

/// The stretch of the call that a window means; `None`: not known yet.
fn interval(window: Window, by: Option<Party>, scene: &Scene<'_>) -> Option<Interval> {
    // Before anybody has spoken, nothing has begun; a call without speech is searched as a whole.
    let origin = match (scene.first_speech(), scene.end) {
        (Some(origin), _) => origin,
        (None, Some(_)) => return Some(Interval::WHOLE),
        (None, None) => return None,
    };
    match window {
        Window::FromTo(Extent::Ms(from), Extent::Ms(to)) => {
            Some(Interval { start: origin.plus_ms(from), end: Some(origin.plus_ms(to)) })
        }
        Window::FromTo(Extent::Percent(from), Extent::Percent(to)) => {
            shares(f64::from(from), f64::from(to), origin, scene)
        }
        Window::FromTo(Extent::Utterances(from), Extent::Utterances(to)) => {
            let starts = mine(by, scene).map(|said| said.utterance.span.start());
            numbered(from, to, &starts.collect::<Vec<_>>(), scene)
        }
        Window::FromTo(Extent::Turns(from), Extent::Turns(to)) => {
            numbered(from, to, &turns(by, scene), scene)
        }
        Window::First(Extent::Percent(share)) => shares(0.0, f64::from(share), origin, scene),
        Window::Last(Extent::Percent(share)) => {
            shares(100.0 - f64::from(share), 100.0, origin, scene)
        }
        Window::First(Extent::Ms(ms)) => {
            Some(Interval { start: origin, end: Some(origin.plus_ms(ms)) })
        }
        Window::First(Extent::Utterances(n)) => {
            let end = mine(by, scene).nth(n).map(|said| said.utterance.span.start());
            Some(Interval { start: AudioTime::ZERO, end })
        }
        Window::First(Extent::Turns(n)) => {
            let end = turns(by, scene).get(n).copied();
            Some(Interval { start: AudioTime::ZERO, end })
        }
        Window::Last(extent) => {
            scene.end?;
            let start = match extent {
                Extent::Ms(ms) => scene.last_speech().unwrap_or(origin).minus_ms(ms),
                Extent::Utterances(n) => {
                    let starts: Vec<AudioTime> =
                        mine(by, scene).map(|said| said.utterance.span.start()).collect();
                    nth_from_end(&starts, n)
                }
                Extent::Turns(n) => nth_from_end(&turns(by, scene), n),
                Extent::Words(_) | Extent::Percent(_) => return None,
            };
            Some(Interval { start, end: None })
        }
        // The loader lets no others through.
        Window::First(Extent::Words(_)) | Window::FromTo(..) => None,
    }
}

/// A part of the conversation, from its first to its last word: known when it has ended.
fn shares(from: f64, to: f64, origin: AudioTime, scene: &Scene<'_>) -> Option<Interval> {
    scene.end?;
    let whole_ms = scene.last_speech().unwrap_or(origin).since_ms(origin) as f64;
    let at = |percent: f64| origin.plus_ms((whole_ms * percent / 100.0).round() as u64);
    Some(Interval { start: at(from), end: (to < 100.0).then(|| at(to)) })
}

/// From the start of one of them to the end of another, both counted from 1.
fn numbered(from: usize, to: usize, starts: &[AudioTime], scene: &Scene<'_>) -> Option<Interval> {
    match starts.get(from.saturating_sub(1)) {
        Some(&start) => Some(Interval { start, end: starts.get(to).copied() }),
        // There are fewer: nothing is inside.
        None if scene.end.is_some() => Some(Interval { start: FOREVER, end: None }),
        None => None,
    }
}

fn nth_from_end(starts: &[AudioTime], n: usize) -> AudioTime {
    starts.len().checked_sub(n).and_then(|i| starts.get(i)).copied().unwrap_or(AudioTime::ZERO)
}

fn mine<'a>(by: Option<Party>, scene: &'a Scene<'_>) -> impl Iterator<Item = &'a Said<'a>> {
    let all = scene.speech.all().iter();
    all.filter(move |said| by.is_none_or(|by| said.party == by || said.party == Party::Unknown))
}

/// Where each turn of a party starts.
fn turns(by: Option<Party>, scene: &Scene<'_>) -> Vec<AudioTime> {
    let mut last = None;
    let mut out = Vec::new();
    for said in mine(by, scene) {
        if last != Some(said.turn) {
            out.push(said.utterance.span.start());
        }
        last = Some(said.turn);
    }
    out
}
