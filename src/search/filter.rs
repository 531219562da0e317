//! Which calls may be seen, and which are asked for, as sets of a segment's documents.

use tantivy::TantivyError;
use tantivy::columnar::Column;

use super::bits::Bits;
use super::request::{Bounds, Fact, Filters, Measure};
use super::segment::Segment;
use crate::domain::Scope;

/// The calls of a scope that are not deleted.
pub(super) fn seen(segment: &Segment, scope: &Scope) -> Result<Bits, TantivyError> {
    let grants = match scope {
        Scope::All => return Ok(segment.alive.clone()),
        Scope::Of(grants) => grants,
    };
    let mut out = Bits::none(segment.docs());
    for grant in grants {
        let mut named = grant.named().peekable();
        // A grant that names nothing counts for nothing.
        if named.peek().is_none() {
            continue;
        }
        let mut one = segment.alive.clone();
        for (name, value) in named {
            match Fact::parse(name) {
                Some(fact) => one.and(&segment.with_fact(fact as usize, value)?),
                None => one = Bits::none(segment.docs()),
            }
        }
        out.or(&one);
    }
    Ok(out)
}

/// The calls with one of the values, for each fact that is filtered by.
pub(super) fn by_facts(
    segment: &Segment,
    filters: &Filters,
) -> Result<Vec<(Fact, Bits)>, TantivyError> {
    let mut out = Vec::new();
    for (&fact, values) in &filters.facts {
        let mut any = Bits::none(segment.docs());
        for value in values {
            any.or(&segment.with_fact(fact as usize, value)?);
        }
        out.push((fact, any));
    }
    Ok(out)
}

/// Keeps the calls whose numbers lie within the bounds.
pub(super) fn keep_measured(segment: &Segment, filters: &Filters, docs: &mut Bits) {
    let columns = &segment.columns;
    if filters.from_us.is_some() || filters.to_us.is_some() {
        let inside = |at: i64| {
            filters.from_us.is_none_or(|from| at >= from) && filters.to_us.is_none_or(|to| at < to)
        };
        keep(docs, |doc| columns.started_us.first(doc).is_some_and(inside));
    }
    for (&measure, &bounds) in &filters.measures {
        match measure {
            Measure::DurationMs => keep_whole(docs, &columns.duration_ms, bounds),
            Measure::SilenceLongestMs => keep_whole(docs, &columns.silence_ms, bounds),
            Measure::OvertalkCount => keep_whole(docs, &columns.overtalk, bounds),
            Measure::Risk => keep_whole(docs, &columns.risk, bounds),
            Measure::RateAgent => keep_real(docs, &columns.rate_agent, bounds),
            Measure::RateCustomer => keep_real(docs, &columns.rate_customer, bounds),
            Measure::TalkShareAgent => keep_real(docs, &columns.talk_share, bounds),
            Measure::Score => keep_real(docs, &columns.score, bounds),
        }
    }
}

fn keep(docs: &mut Bits, inside: impl Fn(u32) -> bool) {
    let out: Vec<u32> = docs.iter().filter(|&doc| !inside(doc)).collect();
    out.into_iter().for_each(|doc| docs.remove(doc));
}

fn within(value: f64, bounds: Bounds) -> bool {
    bounds.at_least.is_none_or(|least| value >= least)
        && bounds.at_most.is_none_or(|most| value <= most)
}

fn keep_whole(docs: &mut Bits, column: &Column<u64>, bounds: Bounds) {
    keep(docs, |doc| column.first(doc).is_some_and(|value| within(value as f64, bounds)));
}

fn keep_real(docs: &mut Bits, column: &Column<f64>, bounds: Bounds) {
    keep(docs, |doc| column.first(doc).is_some_and(|value| within(value, bounds)));
}
