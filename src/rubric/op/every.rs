//! A relation to every hit of another condition: each of them must have a hit where it is wanted.
//!
//! In: the condition's own hits, and those of the other. Out: the hits, once it is certain that none of
//! the others is left alone; none at all as soon as it is certain that one is.

use crate::domain::AudioTime;
use crate::rubric::model::{Condition, Relation};
use crate::rubric::scene::Scene;
use crate::rubric::stream::{FOREVER, Hit, Interval, Stream};

use super::count;
use super::relation::{stands, window};

/// Keeps the hits if every anchor has one. Without an anchor nothing stands at it.
pub(super) fn apply(
    relation: &Relation,
    condition: &Condition,
    scene: &Scene<'_>,
    other: &Stream,
    mut stream: Stream,
) -> Stream {
    let near =
        |hits: &[Hit], anchor: &Hit| hits.iter().any(|hit| stands(relation, scene, hit, anchor));
    let at_one = |hit: &Hit| other.hits.iter().any(|anchor| stands(relation, scene, hit, anchor));
    let mut open = !other.is_complete();
    let mut alone: Vec<Interval> = Vec::new();
    for anchor in other.hits.iter().filter(|anchor| !near(&stream.hits, anchor)) {
        let window = window(relation, scene, anchor);
        let mut looked: Vec<Interval> = stream
            .windows
            .iter()
            .filter_map(|place| window.and_then(|window| place.overlap(window)))
            .collect();
        if looked.is_empty() {
            looked.extend(window);
        }
        let closed = |window: &Interval| window.end.is_some_and(|end| stream.complete >= end);
        if scene.end.is_none() && !looked.iter().all(closed) {
            open = true;
            continue;
        }
        let doubted = near(&stream.maybe, anchor)
            || count::reads_words(&stream, condition)
                && count::unheard(condition, scene, &looked).is_some();
        if !doubted {
            // One is enough, whatever else is still to come.
            return none(stream, looked);
        }
        alone.extend(looked);
    }
    if open {
        let windows = stream.windows.clone();
        return Stream { complete: AudioTime::ZERO, ..none(stream, windows) };
    }
    stream.hits.retain(at_one);
    stream.maybe.retain(at_one);
    let unsure = |anchor: &Hit| !near(&stream.hits, anchor);
    if !alone.is_empty() {
        stream.hits.clear();
        stream.windows = alone;
    } else if other.maybe.iter().any(unsure) {
        stream.maybe.append(&mut stream.hits);
    }
    stream.complete = FOREVER;
    stream
}

fn none(stream: Stream, windows: Vec<Interval>) -> Stream {
    let (hits, maybe) = (Vec::new(), Vec::new());
    Stream { hits, maybe, doubt: None, complete: FOREVER, windows, ..stream }
}
