//! How places stand to one another: near, before, after, not in.
//!
//! In: the places of two sides of a relation, and the utterances they lie in. Out: which of the one side hold, and
//! what they were held against. It reads nothing.

use super::language::Relation;
use super::places::{Span, row_of};
use super::segment::Row;

/// Whether any of `left` could stand so to one of `right`, told by their places alone, each of which lies in one
/// utterance. `shortest`: no utterance of the call has fewer places than this; `utterances` counts them, and is asked
/// only where some may have none: so many places are left free in the call.
pub(super) fn may_be_related(
    how: Relation,
    left: &[Span],
    right: &[Span],
    shortest: u32,
    utterances: impl Fn() -> u32,
) -> bool {
    let ends_first = |early: &[Span], late: &[Span]| {
        let end = early.iter().map(|span| span.to).min();
        end.zip(late.last()).is_some_and(|(end, last)| end <= last.from)
    };
    match how {
        Relation::NotIn => true,
        Relation::NearMs(_) => !right.is_empty(),
        Relation::Before(_) => ends_first(left, right),
        Relation::After(_) => ends_first(right, left),
        Relation::NearUnits(units) => {
            let longest = left.iter().chain(right).map(|span| span.to - span.from).max();
            // After each utterance a place is free, and all but the first and the last lie between with all their places.
            let free = units.checked_div(shortest).map_or_else(utterances, |whole| whole + 1);
            let most = units.saturating_add(free).saturating_add(longest.unwrap_or(0));
            left.iter().any(|a| {
                let at = right.partition_point(|b| b.from < a.from);
                let later = right.get(at).is_some_and(|b| b.from - a.from <= most);
                later || at > 0 && a.from - right[at - 1].from <= most
            })
        }
    }
}

/// Which of `left` stand so to one of `right`, and which of `right` they stand to.
pub(super) fn related(
    how: Relation,
    left: &[Span],
    right: &[Span],
    rows: &[Row],
) -> (Vec<Span>, Vec<Span>) {
    if how == Relation::NotIn {
        let within = |a: &Span| {
            // Spans of one search are of few lengths: those that could hold `a` begin close before it.
            let from = right.partition_point(|b| b.from <= a.from);
            right[..from].iter().rev().take(64).any(|b| b.from <= a.from && a.to <= b.to)
        };
        return (left.iter().copied().filter(|a| !within(a)).collect(), Vec::new());
    }
    let mut kept = Vec::new();
    let mut against = Vec::new();
    for a in left {
        let count = against.len();
        match how {
            Relation::Before(within) => {
                let from = right.partition_point(|b| b.from < a.to);
                let later = right[from..].iter();
                against.extend(later.copied().take_while(|b| close(rows, a, b, within)).take(1));
            }
            Relation::After(within) => {
                let to = right.partition_point(|b| b.from < a.from);
                let earlier = right[..to].iter().rev().filter(|b| b.to <= a.from);
                against.extend(earlier.copied().take_while(|b| close(rows, b, a, within)).take(1));
            }
            Relation::NearUnits(units) => {
                against.extend(right.iter().copied().filter(|b| near(rows, a, b, units)));
            }
            Relation::NearMs(ms) => against.extend(right.iter().copied().filter(|b| {
                let (early, late) = if a.from <= b.from { (a, b) } else { (b, a) };
                early.to <= late.from && close(rows, early, late, Some(ms))
            })),
            Relation::NotIn => {}
        }
        if against.len() > count {
            kept.push(*a);
        }
    }
    against.sort_unstable();
    against.dedup();
    (kept, against)
}

/// Whether at most so much time lies between two spans.
fn close(rows: &[Row], early: &Span, late: &Span, within_ms: Option<u64>) -> bool {
    let Some(within_ms) = within_ms else { return true };
    let at = |place: u32, of: u32| rows.get(row_of(rows, of)).map_or(0, |row| row.time_ms(place));
    let end_ms = at(early.to, early.from);
    at(late.from, late.from).saturating_sub(end_ms) <= within_ms
}

/// Whether at most so many places lie between two spans of one turn.
fn near(rows: &[Row], a: &Span, b: &Span, units: u32) -> bool {
    let (early, late) = if a.from <= b.from { (a, b) } else { (b, a) };
    if late.from < early.to {
        return false;
    }
    let between = late.from - early.to;
    if between > units.saturating_add(rows.len() as u32) {
        return false;
    }
    let (first, last) = (row_of(rows, early.from), row_of(rows, late.from));
    // One place is left free after each utterance.
    between <= units.saturating_add((last - first) as u32)
        && rows[first..=last].iter().all(|row| row.party == rows[first].party)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Party;

    /// Utterances of these lengths, each a second long, said by turns.
    fn rows(lengths: &[u32]) -> Vec<Row> {
        let mut at = 0;
        let row = |(ix, length): (usize, &u32)| {
            let (from, start_ms) = (at, ix as u64 * 1_000);
            at += length + 1;
            let party = if ix / 2 % 2 == 0 { Party::Agent } else { Party::Customer };
            Row { at: from, end: from + length, party, start_ms, end_ms: start_ms + 1_000 }
        };
        lengths.iter().enumerate().map(row).collect()
    }

    fn spans(all: &[(u32, u32)]) -> Vec<Span> {
        let mut all: Vec<Span> =
            all.iter().map(|&(from, length)| Span { from, to: from + length }).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Spans that lie in an utterance each: of which, from which of its places on, of how many.
    fn within(rows: &[Row], drawn: &[(usize, u32, u32)]) -> Vec<Span> {
        let span = |&(row, into, length): &(usize, u32, u32)| {
            let row = rows[row % rows.len()];
            let from = row.at + into.checked_rem(row.end - row.at)?;
            Some((from, length.min(row.end - from)))
        };
        spans(&drawn.iter().filter_map(span).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn what_places_alone_rule_out_holds_nowhere(
            lengths in (0_u32..3).prop_flat_map(|least| proptest::collection::vec(least..6, 1..12)),
            left in proptest::collection::vec((0_usize..12, 0_u32..6, 1_u32..4), 1..6),
            right in proptest::collection::vec((0_usize..12, 0_u32..6, 1_u32..4), 0..6),
            n in 0_u32..10,
        ) {
            let rows = rows(&lengths);
            let (left, right) = (within(&rows, &left), within(&rows, &right));
            let shortest = lengths.iter().copied().min().unwrap_or(0);
            let ms = u64::from(n) * 500;
            for how in [
                Relation::NotIn,
                Relation::NearUnits(n),
                Relation::NearMs(ms),
                Relation::Before(None),
                Relation::Before(Some(ms)),
                Relation::After(None),
                Relation::After(Some(ms)),
            ] {
                let (kept, _) = related(how, &left, &right, &rows);
                let may = may_be_related(how, &left, &right, shortest, || rows.len() as u32);
                prop_assert!(may || kept.is_empty(), "{how:?} {left:?} {right:?}");
            }
        }
    }

    #[test]
    fn what_is_far_off_needs_no_table() {
        let (left, right) = (spans(&[(0, 2)]), spans(&[(40, 2)]));
        let may = |how, shortest| may_be_related(how, &left, &right, shortest, || 60);
        let near = Relation::NearUnits;
        assert!(!may(near(8), 1) && !may(near(8), 4) && may(near(40), 4));
        assert!(may(near(8), 0), "utterances without a place leave places free between them");
        assert!(!may(Relation::After(Some(1)), 1) && may(Relation::Before(Some(1)), 1));
    }
}
