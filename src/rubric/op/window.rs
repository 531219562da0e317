//! When: the first or last seconds, utterances or turns, or from one moment to another.

use std::collections::BTreeSet;

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
            widest(scene, utterances(by, scene), |starts| numbered(from, to, starts, scene))
        }
        Window::FromTo(Extent::Turns(from), Extent::Turns(to)) => {
            widest(scene, turns(by, scene), |starts| numbered(from, to, starts, scene))
        }
        Window::First(Extent::Percent(share)) => shares(0.0, f64::from(share), origin, scene),
        Window::Last(Extent::Percent(share)) => {
            shares(100.0 - f64::from(share), 100.0, origin, scene)
        }
        Window::First(Extent::Ms(ms)) => {
            Some(Interval { start: origin, end: Some(origin.plus_ms(ms)) })
        }
        Window::First(Extent::Utterances(n)) => {
            widest(scene, utterances(by, scene), |starts| Some(up_to(n, starts)))
        }
        Window::First(Extent::Turns(n)) => {
            widest(scene, turns(by, scene), |starts| Some(up_to(n, starts)))
        }
        Window::Last(extent) => {
            scene.end?;
            let from = |start| Some(Interval { start, end: None });
            match extent {
                Extent::Ms(ms) => from(scene.last_speech().unwrap_or(origin).minus_ms(ms)),
                Extent::Utterances(n) => {
                    widest(scene, utterances(by, scene), |starts| from(nth_from_end(starts, n)))
                }
                Extent::Turns(n) => {
                    widest(scene, turns(by, scene), |starts| from(nth_from_end(starts, n)))
                }
                Extent::Words(_) | Extent::Percent(_) => None,
            }
        }
        // The loader lets no others through.
        Window::First(Extent::Words(_)) | Window::FromTo(..) => None,
    }
}

/// The window that holds every window it could be, one for each choice of what counts; without a choice it could be anywhere.
fn widest(
    scene: &Scene<'_>,
    counted: Vec<Vec<AudioTime>>,
    window: impl Fn(&[AudioTime]) -> Option<Interval>,
) -> Option<Interval> {
    if counted.is_empty() {
        return Some(Interval::WHOLE);
    }
    let windows: Option<Vec<Interval>> = counted.iter().map(|starts| window(starts)).collect();
    let is_somewhere = |window: &Interval| window.start < FOREVER;
    let cover = |a: Interval, b: Interval| Interval {
        start: a.start.min(b.start),
        end: a.end.zip(b.end).map(|(a, b)| a.max(b)),
    };
    match windows?.into_iter().filter(is_somewhere).reduce(cover) {
        Some(window) => Some(window),
        None => scene.end.map(|_| Interval { start: FOREVER, end: None }),
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

fn up_to(n: usize, starts: &[AudioTime]) -> Interval {
    Interval { start: AudioTime::ZERO, end: starts.get(n).copied() }
}

fn nth_from_end(starts: &[AudioTime], n: usize) -> AudioTime {
    starts.len().checked_sub(n).and_then(|i| starts.get(i)).copied().unwrap_or(AudioTime::ZERO)
}

/// Where the utterances start that count for a party.
fn utterances(by: Option<Party>, scene: &Scene<'_>) -> Vec<Vec<AudioTime>> {
    let starts = |said: Vec<&Said<'_>>| said.iter().map(|one| one.utterance.span.start()).collect();
    counted(by, scene).into_iter().map(starts).collect()
}

/// Where the turns start that count for a party.
fn turns(by: Option<Party>, scene: &Scene<'_>) -> Vec<Vec<AudioTime>> {
    let starts = |said: Vec<&Said<'_>>| {
        let turns = said.chunk_by(|a, b| a.turn == b.turn);
        turns.map(|turn| turn[0].utterance.span.start()).collect()
    };
    counted(by, scene).into_iter().map(starts).collect()
}

/// What counts as a party's: one choice where it is known who speaks. Where it is not, each of several voices may be the party's, and
/// more of what is not known may be: a list for each choice.
fn counted<'a>(by: Option<Party>, scene: &'a Scene<'_>) -> Vec<Vec<&'a Said<'a>>> {
    let all = scene.speech.all().iter();
    let may_be =
        |said: &&Said<'_>| by.is_none_or(|by| said.party == by || said.party == Party::Unknown);
    let mine: Vec<&Said<'_>> = all.filter(may_be).collect();
    let Some(by) = by.filter(|_| mine.iter().any(|said| said.party == Party::Unknown)) else {
        return vec![mine];
    };
    let voices: BTreeSet<_> = mine.iter().map(|said| said.voice()).collect();
    let of = |voice| mine.iter().copied().filter(|said| said.voice() == voice).collect();
    match voices.contains(&(by, None)) {
        true => vec![of((by, None)), mine],
        // A lone voice may be everybody's: nobody's can be counted.
        false if voices.len() == 1 => Vec::new(),
        false => voices.into_iter().map(of).chain([mine.clone()]).collect(),
    }
}
