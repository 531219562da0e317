//! Where speech is most like some tokens.
//!
//! In: tokens wanted, speech, and what it costs to take one token for another. Out: places, with their distance from
//! what is wanted: edits by token, divided by the tokens wanted. It must not know what near enough is.

use std::ops::Range;

use super::Spoken;
use crate::text::Token;

/// The place that is most like what is wanted: of equals the first.
pub(crate) fn nearest(
    wanted: &[Token],
    spoken: &[&Spoken],
    cost: impl Fn(&Token, &Token) -> f32,
) -> Option<(Range<usize>, f32)> {
    let best = |a: &(_, f32), b: &(_, f32)| a.1.total_cmp(&b.1);
    places(wanted, spoken, cost).min_by(best)
}

/// For each end the place that is most like what is wanted.
pub(super) fn places(
    wanted: &[Token],
    spoken: &[&Spoken],
    cost: impl Fn(&Token, &Token) -> f32,
) -> impl Iterator<Item = (Range<usize>, f32)> {
    // Sellers' algorithm: a row per wanted token; a match may begin anywhere for nothing.
    let mut row: Vec<(f32, usize)> = (0..=spoken.len()).map(|at| (0.0, at)).collect();
    for token in wanted {
        let mut left = (row[0].0 + 1.0, row[0].1);
        let mut corner = std::mem::replace(&mut row[0], left);
        for (k, other) in spoken.iter().enumerate() {
            let above = row[k + 1];
            let swap = (corner.0 + cost(token, &other.token), corner.1);
            let best = [swap, (above.0 + 1.0, above.1), (left.0 + 1.0, left.1)];
            left = best.into_iter().fold(best[0], |a, b| if b.0 < a.0 { b } else { a });
            corner = std::mem::replace(&mut row[k + 1], left);
        }
    }
    let tokens = wanted.len() as f32;
    // Nothing wanted is nowhere: each of its places is empty.
    let ends = row.into_iter().enumerate().skip(1).filter(|(end, (_, start))| start < end);
    ends.map(move |(end, (cost, start))| (start..end, cost / tokens))
}
