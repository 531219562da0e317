//! Sets of spans.
//!
//! In: spans in any order. Out: spans in order that neither touch nor overlap.

use crate::domain::Span;

/// The same time, in order, without overlaps.
pub(super) fn merged(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.collect();
    sorted.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match out.last_mut() {
            Some(last) if span.start() <= last.end() => *last = last.cover(span),
            _ => out.push(span),
        }
    }
    out
}

/// Milliseconds in all, of spans that do not overlap.
pub(super) fn total_ms(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.len_ms()).sum()
}

/// Milliseconds of a span that others cover, which do not overlap one another.
pub(super) fn covered_ms(span: Span, by: &[Span]) -> u64 {
    by.iter().map(|one| one.overlap_ms(span)).sum()
}
