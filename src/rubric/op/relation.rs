//! Before, after, around another condition's hits: any of them, the first, the last or the n-th.

use crate::domain::AudioTime;
use crate::rubric::model::{Condition, Extent, Relation, Side, Which};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{FOREVER, Hit, Interval, Source, Stream};

use super::{Outcome, every};

/// Keeps hits that stand where all relations want them.
pub(super) fn apply(
    condition: &Condition,
    scene: &Scene<'_>,
    before: &[Outcome],
    mut stream: Stream,
) -> Stream {
    for relation in &condition.relations {
        let other = &before[relation.of.0].stream;
        stream = match relation.which {
            Which::Every => every::apply(relation, condition, scene, other, stream),
            _ => one(relation, scene, other, stream),
        };
        if scene.written.is_some() {
            // After a silence that a chat cannot have, nothing is missing.
            stream.doubt = stream.doubt.or(other.doubt);
        }
    }
    stream
}

fn one(relation: &Relation, scene: &Scene<'_>, other: &Stream, mut stream: Stream) -> Stream {
    let (anchors, known_to) = anchors(relation.which, other);
    let near = |hit: &Hit| anchors.iter().any(|anchor| stands(relation, scene, hit, anchor));
    // What lies `reach` after a hit decides about it: only when that is known is the hit certain.
    let settled_to = if relation.side == Side::After {
        known_to
    } else {
        back(known_to, relation.within, scene)
    };
    if relation.negated {
        stream.hits.retain(|hit| hit.span.start() < settled_to && !near(hit));
        stream.maybe.retain(|hit| !near(hit));
        stream.complete = stream.complete.min(settled_to);
        return stream;
    }
    let unsure = |hit: &Hit| other.maybe.iter().any(|anchor| stands(relation, scene, hit, anchor));
    let (kept, lost): (Vec<Hit>, Vec<Hit>) = stream.hits.into_iter().partition(near);
    stream.maybe.retain(|hit| near(hit) || unsure(hit));
    stream.maybe.extend(lost.into_iter().filter(unsure));
    stream.hits = kept;
    let windows: Vec<Interval> =
        anchors.iter().filter_map(|anchor| window(relation, scene, anchor)).collect();
    let closed = |window: &Interval| window.end.is_some_and(|end| stream.complete >= end);
    let all_closed = known_to == FOREVER && windows.iter().all(closed);
    stream.complete = if all_closed { FOREVER } else { stream.complete.min(settled_to) };
    let cut =
        windows.iter().flat_map(|window| stream.windows.iter().filter_map(|w| w.overlap(*window)));
    let cut = merge(cut.collect());
    if !cut.is_empty() {
        stream.windows = cut;
    }
    stream
}

/// The hits that count as anchors, and up to where they are all known.
fn anchors(which: Which, other: &Stream) -> (&[Hit], AudioTime) {
    match which {
        Which::Any | Which::Every => (&other.hits, other.complete),
        Which::First => nth(1, other),
        Which::Nth(n) => nth(n, other),
        Which::Last => match other.hits.last() {
            Some(_) if other.is_complete() => (&other.hits[other.hits.len() - 1..], FOREVER),
            _ => (&[], if other.is_complete() { FOREVER } else { AudioTime::ZERO }),
        },
    }
}

/// The n-th is certain once none can come before it.
fn nth(n: usize, other: &Stream) -> (&[Hit], AudioTime) {
    let at = n.saturating_sub(1);
    match other.hits.get(at) {
        Some(hit) if hit.span.start() < other.complete => (&other.hits[at..n], FOREVER),
        _ => (&[], if other.is_complete() { FOREVER } else { AudioTime::ZERO }),
    }
}

pub(super) fn stands(relation: &Relation, scene: &Scene<'_>, hit: &Hit, anchor: &Hit) -> bool {
    if hit.span == anchor.span && hit.source == anchor.source {
        return false;
    }
    let (at, of) = (hit.span.start(), anchor.span.start());
    let side = match relation.side {
        Side::After => at >= of,
        Side::Before => at <= of,
        Side::Around => true,
    };
    side && relation.within.is_none_or(|extent| distance(extent, scene, hit, anchor))
}

fn distance(extent: Extent, scene: &Scene<'_>, hit: &Hit, anchor: &Hit) -> bool {
    match extent {
        Extent::Ms(ms) => {
            hit.span.start().since_ms(anchor.span.end()) <= ms
                && anchor.span.start().since_ms(hit.span.end()) <= ms
        }
        Extent::Turns(n) => hit.turn.abs_diff(anchor.turn) <= n,
        Extent::Utterances(n) => place(scene, hit).abs_diff(place(scene, anchor)) <= n,
        Extent::Words(n) => words_between(scene, hit, anchor).is_some_and(|words| words <= n),
        Extent::Percent(_) => false,
    }
}

/// Tokens between two hits of one turn; none between those that overlap.
fn words_between(scene: &Scene<'_>, a: &Hit, b: &Hit) -> Option<usize> {
    let spots = |hit: &Hit| match hit.source {
        Source::Phrase { from, to, .. } => Some((from, to)),
        _ => None,
    };
    let (first, second) = (spots(a)?.min(spots(b)?), spots(a)?.max(spots(b)?));
    if a.turn != b.turn {
        return None;
    }
    let (end, start) = (first.1, second.0);
    if start <= end {
        return Some(0);
    }
    let tokens = |i: usize| scene.speech.all()[i].spoken.len();
    // A turn's utterances follow one another.
    let whole: usize = (end.utterance..start.utterance).map(tokens).sum();
    Some((whole + start.token).saturating_sub(end.token + 1))
}

/// The utterance a hit belongs to, or the last that began before it.
fn place(scene: &Scene<'_>, hit: &Hit) -> usize {
    hit.utterance.unwrap_or_else(|| {
        let said = scene.speech.all();
        said.partition_point(|said| said.utterance.span.start() <= hit.span.start())
            .saturating_sub(1)
    })
}

/// Where a hit may stand to satisfy the relation with an anchor.
pub(super) fn window(relation: &Relation, scene: &Scene<'_>, anchor: &Hit) -> Option<Interval> {
    let (from, to) = (anchor.span.start(), anchor.span.end());
    // Words lie within one turn.
    let within = match relation.within {
        Some(Extent::Words(_)) => Some(Extent::Turns(0)),
        other => other,
    };
    let ahead = || match within {
        None | Some(Extent::Words(_) | Extent::Percent(_)) => None,
        Some(Extent::Ms(ms)) => Some(to.plus_ms(ms.saturating_add(1))),
        Some(Extent::Turns(n)) => first(scene, |said, _| said.turn > anchor.turn + n),
        Some(Extent::Utterances(n)) => {
            let last = place(scene, anchor) + n;
            first(scene, |_, i| i > last)
        }
    };
    let back = || match within {
        None | Some(Extent::Words(_) | Extent::Percent(_)) => AudioTime::ZERO,
        Some(Extent::Ms(ms)) => from.minus_ms(ms),
        Some(Extent::Turns(n)) => {
            first(scene, |said, _| said.turn + n >= anchor.turn).unwrap_or(AudioTime::ZERO)
        }
        Some(Extent::Utterances(n)) => {
            let at = place(scene, anchor).saturating_sub(n);
            first(scene, |_, i| i >= at).unwrap_or(AudioTime::ZERO)
        }
    };
    Interval::WHOLE.overlap(match relation.side {
        Side::After => Interval { start: from, end: ahead() },
        Side::Before => Interval { start: back(), end: Some(to) },
        Side::Around => Interval { start: back(), end: ahead() },
    })
}

/// Start of the first utterance of which something is true that is true of all after it.
fn first(
    scene: &Scene<'_>,
    is_it: impl Fn(&crate::rubric::speech::Said, usize) -> bool,
) -> Option<AudioTime> {
    let all = scene.speech.all();
    let (mut from, mut to) = (0, all.len());
    while from < to {
        let middle = from + (to - from) / 2;
        if is_it(&all[middle], middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    all.get(from).map(|said| said.utterance.span.start())
}

/// The moment that lies so far before another.
fn back(known_to: AudioTime, within: Option<Extent>, scene: &Scene<'_>) -> AudioTime {
    if known_to == FOREVER {
        return FOREVER;
    }
    match within {
        None | Some(Extent::Percent(_)) => AudioTime::ZERO,
        // A hit's own length is unknown here: leave room for the longest sentence.
        Some(Extent::Ms(ms)) => known_to.minus_ms(ms.saturating_add(60_000)),
        Some(Extent::Words(_)) => nth_back(scene, known_to, 0, |said, _| said.turn),
        Some(Extent::Turns(n)) => nth_back(scene, known_to, n, |said, _| said.turn),
        Some(Extent::Utterances(n)) => nth_back(scene, known_to, n, |_, i| i),
    }
}

fn nth_back(
    scene: &Scene<'_>,
    known_to: AudioTime,
    n: usize,
    count: impl Fn(&crate::rubric::speech::Said, usize) -> usize,
) -> AudioTime {
    let all = scene.speech.all();
    let known = all.partition_point(|said| said.utterance.span.start() < known_to);
    let Some(last) = known.checked_sub(1) else { return AudioTime::ZERO };
    let Some(target) = count(&all[last], last).checked_sub(n + 1) else { return AudioTime::ZERO };
    first(scene, |said, i| count(said, i) > target).unwrap_or(AudioTime::ZERO)
}

/// Joins windows that overlap, in time order.
fn merge(mut windows: Vec<Interval>) -> Vec<Interval> {
    windows.sort_by_key(|window| window.start);
    let mut out: Vec<Interval> = Vec::new();
    for window in windows {
        match out.last_mut() {
            Some(last) if last.end.is_none_or(|end| window.start <= end) => {
                last.end = match (last.end, window.end) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    _ => None,
                };
            }
            _ => out.push(window),
        }
    }
    out
}
