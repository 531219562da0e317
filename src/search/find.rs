//! A search, from request to answer.
//!
//! In: a [`Request`]. Out: [`Found`]. Of each segment, on all cores: the set of calls that answer, their counts, and the
//! best of them for the page; then the utterances of the page's calls.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use rayon::prelude::*;
use tantivy::TantivyError;

use super::bits::Bits;
use super::error::SearchError;
use super::filter;
use super::hits;
use super::index::SearchIndex;
use super::places::Reader;
use super::plan::{Plan, Test};
use super::relevance::Relevance;
use super::request::{Facet, Fact, Found, FoundCall, Order, Request};
use super::segment::Segment;

/// Calls of a page.
const LIMIT_MAX: usize = 200;
/// Utterances shown of a call.
const HITS_MAX: usize = 50;
/// Values of a facet.
const VALUES_MAX: usize = 100;

/// Where a call stands in the answer: the greatest is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    first: u64,
    newest: u64,
    tie: u64,
}

impl Rank {
    fn mark(&self, order: Order) -> String {
        format!("{}{:x}.{:x}.{:x}", letter(order), self.first, self.newest, self.tie)
    }

    fn read(mark: &str, order: Order) -> Result<Self, SearchError> {
        let rest = mark.strip_prefix(letter(order)).ok_or(SearchError::PageMark)?;
        let mut parts = rest.split('.').map(|part| u64::from_str_radix(part, 16));
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(first)), Some(Ok(newest)), Some(Ok(tie)), None) => {
                Ok(Self { first, newest, tie })
            }
            _ => Err(SearchError::PageMark),
        }
    }
}

const fn letter(order: Order) -> char {
    match order {
        Order::Risk => 'r',
        Order::Newest => 'n',
        Order::Oldest => 'o',
        Order::Relevance => 'b',
    }
}

/// Times as numbers without sign, in the same order.
const fn unsigned(time: i64) -> u64 {
    (time as u64) ^ (1 << 63)
}

/// The calls of a segment that answer.
struct Answer {
    /// With all filters.
    docs: Bits,
    /// For each fact that is filtered by: with all filters but its own.
    but_own: BTreeMap<Fact, Bits>,
}

impl SearchIndex {
    /// Searches.
    pub fn find(&self, request: &Request) -> Result<Found, SearchError> {
        for (what, asked, most) in [
            ("calls of a page", request.limit, LIMIT_MAX),
            ("utterances of a call", request.hits_max, HITS_MAX),
        ] {
            if asked > most {
                return Err(SearchError::TooMuch { what, most });
            }
        }
        let after =
            request.after.as_deref().map(|mark| Rank::read(mark, request.order)).transpose()?;
        let of = |error| SearchError::of(self.path(), &error);
        let segments = self.segments();
        let search = Search { request, plan: request.query.as_ref().map(Plan::new), after };
        SearchError::reading(self.path(), || search.run(&segments).map_err(of))
    }

    /// How many calls answer, and nothing else.
    pub fn count(&self, request: &Request) -> Result<u64, SearchError> {
        let only = Request { limit: 0, facets: Vec::new(), after: None, ..request.clone() };
        Ok(self.find(&only)?.total)
    }
}

struct Search<'r> {
    request: &'r Request,
    plan: Option<Plan>,
    after: Option<Rank>,
}

/// A call's rank, and where it is: segment, document.
type Ranked = (Rank, usize, u32);

/// What a segment gives to an answer.
struct Part {
    total: u64,
    /// For each facet asked for, how many calls have which value.
    counts: Vec<BTreeMap<String, u64>>,
    best: BinaryHeap<Reverse<Ranked>>,
}

impl Search<'_> {
    fn run(&self, segments: &[Segment]) -> Result<Found, TantivyError> {
        let relevance = match &self.plan {
            Some(plan) if self.request.order == Order::Relevance => {
                Some(Relevance::new(plan, segments)?)
            }
            _ => None,
        };
        // The largest first, each core takes the next: an answer waits for little more than its share of the work.
        let mut order: Vec<(usize, &Segment)> = segments.iter().enumerate().collect();
        order.sort_by_key(|(_, segment)| Reverse(segment.docs()));
        let parts: Vec<Part> = (order.into_iter().par_bridge())
            .map(|(at, segment)| self.part(at, segment, relevance.as_ref()))
            .collect::<Result<_, _>>()?;
        let mut found = Found::default();
        let mut counts: Vec<BTreeMap<String, u64>> =
            vec![BTreeMap::new(); self.request.facets.len()];
        let mut page: Vec<Ranked> = Vec::new();
        for part in parts {
            found.total += part.total;
            page.extend(part.best.into_iter().map(|Reverse(one)| one));
            for (counts, here) in counts.iter_mut().zip(part.counts) {
                for (value, count) in here {
                    *counts.entry(value).or_default() += count;
                }
            }
        }
        let facets = self.request.facets.iter().zip(counts);
        found.facets = facets.map(|(&fact, counts)| facet(fact, counts)).collect();
        page.sort_unstable_by(|a, b| b.cmp(a));
        if page.len() > self.request.limit {
            page.truncate(self.request.limit);
            found.next = page.last().map(|(rank, ..)| rank.mark(self.request.order));
        }
        found.calls = self.shown(segments, &page)?;
        Ok(found)
    }

    fn part(
        &self,
        at: usize,
        segment: &Segment,
        relevance: Option<&Relevance>,
    ) -> Result<Part, TantivyError> {
        let mut reader = self.plan.as_ref().map(|plan| Reader::open(segment, plan)).transpose()?;
        let answer = self.answer(segment, reader.as_mut())?;
        let facets = self.request.facets.iter();
        let counts = facets.map(|fact| {
            count_values(segment, *fact, answer.but_own.get(fact).unwrap_or(&answer.docs))
        });
        let counts = counts.collect::<Result<_, _>>()?;
        let mut best = BinaryHeap::new();
        if self.request.limit > 0 {
            if let Some(reader) = &mut reader {
                reader.only(&answer.docs);
            }
            let relevance = relevance.zip(reader.as_mut());
            self.rank(at, segment, &answer.docs, relevance, &mut best)?;
        }
        Ok(Part { total: answer.docs.count(), counts, best })
    }

    fn answer(
        &self,
        segment: &Segment,
        reader: Option<&mut Reader<'_>>,
    ) -> Result<Answer, TantivyError> {
        let filters = &self.request.filters;
        let mut docs = filter::seen(segment, &self.request.scope)?;
        filter::keep_measured(segment, filters, &mut docs);
        let by_facts = filter::by_facts(segment, filters)?;
        let counted = |fact: &Fact| self.request.facets.contains(fact);
        // What is filtered by and not counted narrows the search from the start.
        for (_, bits) in by_facts.iter().filter(|(fact, _)| !counted(fact)) {
            docs.and(bits);
        }
        let counted: Vec<_> = by_facts.iter().filter(|(fact, _)| counted(fact)).collect();
        if let Some((plan, reader)) = self.plan.as_ref().zip(reader) {
            docs = holding(&plan.test, reader, &docs)?;
        }
        let mut but_own = BTreeMap::new();
        for (fact, _) in &counted {
            let mut bits = docs.clone();
            counted
                .iter()
                .filter(|(other, _)| other != fact)
                .for_each(|(_, other)| bits.and(other));
            but_own.insert(*fact, bits);
        }
        counted.iter().for_each(|(_, bits)| docs.and(bits));
        Ok(Answer { docs, but_own })
    }

    fn rank(
        &self,
        at: usize,
        segment: &Segment,
        docs: &Bits,
        mut relevance: Option<(&Relevance, &mut Reader<'_>)>,
        best: &mut BinaryHeap<Reverse<Ranked>>,
    ) -> Result<(), TantivyError> {
        let columns = &segment.columns;
        for doc in docs.iter() {
            let started = unsigned(columns.started_us.first(doc).unwrap_or_default());
            let first = match (self.request.order, &mut relevance) {
                (Order::Risk, _) => columns.risk.first(doc).unwrap_or_default(),
                (Order::Newest, _) => started,
                (Order::Oldest, _) => !started,
                (Order::Relevance, None) => 0,
                (Order::Relevance, Some((relevance, reader))) => {
                    u64::from(relevance.of(segment, reader, doc)?.to_bits())
                }
            };
            let full = best.len() > self.request.limit;
            if full
                && best
                    .peek()
                    .is_some_and(|Reverse((rank, ..))| (first, started) < (rank.first, rank.newest))
            {
                continue;
            }
            let rank =
                Rank { first, newest: started, tie: columns.tie.first(doc).unwrap_or_default() };
            if self.after.is_some_and(|after| rank >= after) {
                continue;
            }
            best.push(Reverse((rank, at, doc)));
            // One more than is shown: it tells that there is a next page.
            if best.len() > self.request.limit + 1 {
                best.pop();
            }
        }
        Ok(())
    }

    /// The calls of the page with their utterances.
    fn shown(&self, segments: &[Segment], page: &[Ranked]) -> Result<Vec<FoundCall>, TantivyError> {
        let shown = segments.par_iter().enumerate().map(|(at, segment)| {
            let mut here: Vec<(u32, usize)> = Vec::new();
            let ours = page.iter().enumerate().filter(|(_, (_, other, _))| *other == at);
            here.extend(ours.map(|(ix, &(.., doc))| (doc, ix)));
            here.sort_unstable();
            self.shown_of(segment, &here, page)
        });
        let mut out: Vec<(usize, FoundCall)> =
            shown.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        out.sort_unstable_by_key(|(ix, _)| *ix);
        Ok(out.into_iter().map(|(_, call)| call).collect())
    }

    /// Calls of one segment, with their places in the page.
    fn shown_of(
        &self,
        segment: &Segment,
        here: &[(u32, usize)],
        page: &[Ranked],
    ) -> Result<Vec<(usize, FoundCall)>, TantivyError> {
        if here.is_empty() {
            return Ok(Vec::new());
        }
        let mut reader = self.plan.as_ref().map(|plan| Reader::open(segment, plan)).transpose()?;
        if let Some(reader) = &mut reader {
            let mut docs = Bits::none(segment.docs());
            here.iter().for_each(|&(doc, _)| docs.insert(doc));
            reader.only(&docs);
        }
        let mut out = Vec::with_capacity(here.len());
        for &(doc, ix) in here {
            let (call_id, said) = segment.told(doc)?;
            let (hits, hits_total) = match (&self.plan, &mut reader) {
                (Some(plan), Some(reader)) => {
                    let most = self.request.hits_max;
                    hits::of_call(&plan.test, reader, segment, doc, &said, most)?
                }
                _ => (Vec::new(), 0),
            };
            let relevance = match self.request.order {
                Order::Relevance => f32::from_bits(page[ix].0.first as u32),
                _ => 0.0,
            };
            let call = FoundCall {
                call_id,
                started_us: segment.columns.started_us.first(doc).unwrap_or_default(),
                risk: segment.columns.risk.first(doc).unwrap_or_default() as u16,
                relevance,
                hits,
                hits_total,
            };
            out.push((ix, call));
        }
        Ok(out)
    }
}

/// Of these documents, those of which the test holds.
fn holding(test: &Test, reader: &mut Reader<'_>, among: &Bits) -> Result<Bits, TantivyError> {
    match test {
        Test::Somewhere(places) => {
            let mut docs = reader.docs(places)?;
            docs.and(among);
            if reader.settled_by_docs(places) {
                return Ok(docs);
            }
            let maybe: Vec<u32> = docs.iter().collect();
            reader.only(&docs);
            for doc in maybe {
                if reader.spans(places, doc)?.is_empty() {
                    docs.remove(doc);
                }
            }
            Ok(docs)
        }
        Test::All(all) => {
            let mut docs = among.clone();
            // What is settled by lists alone first: it leaves less to look at.
            let slow = |one: &&Test| !matches!(one, Test::Somewhere(places) if reader.settled_by_docs(places));
            let mut order: Vec<&Test> = all.iter().collect();
            order.sort_by_cached_key(slow);
            for one in order {
                docs = holding(one, reader, &docs)?;
            }
            Ok(docs)
        }
        Test::Any(all) => {
            let mut docs = Bits::none(among.len());
            for one in all {
                docs.or(&holding(one, reader, among)?);
            }
            Ok(docs)
        }
        Test::Not(one) => {
            let mut docs = among.clone();
            docs.minus(&holding(one, reader, among)?);
            Ok(docs)
        }
    }
}

/// How many of these documents have which value.
fn count_values(
    segment: &Segment,
    fact: Fact,
    docs: &Bits,
) -> Result<BTreeMap<String, u64>, TantivyError> {
    let Some((column, values)) = segment.fact(fact as usize)? else { return Ok(BTreeMap::new()) };
    let mut by_number = vec![0u64; values.len()];
    for doc in docs.iter() {
        for number in column.term_ords(doc) {
            by_number[number as usize] += 1;
        }
    }
    let counted = values.iter().cloned().zip(by_number);
    Ok(counted.filter(|&(_, count)| count > 0).collect())
}

/// The commonest first, of equals by name.
fn facet(fact: Fact, counts: BTreeMap<String, u64>) -> Facet {
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    values.sort_by_key(|&(_, count)| Reverse(count));
    let more = values.len().saturating_sub(VALUES_MAX);
    values.truncate(VALUES_MAX);
    Facet { fact, values, more }
}
