//! A search, from request to answer.
//!
//! In: a [`Request`]. Out: [`Found`]. Segment by segment: the set of calls that answer, their counts, and the best
//! of them for the page; then the utterances of the page's calls.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

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

impl Search<'_> {
    fn run(&self, segments: &[Segment]) -> Result<Found, TantivyError> {
        let mut found = Found::default();
        let mut counts: Vec<BTreeMap<String, u64>> =
            vec![BTreeMap::new(); self.request.facets.len()];
        let mut best: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
        let relevance = match &self.plan {
            Some(plan) if self.request.order == Order::Relevance => {
                Some(Relevance::new(plan, segments)?)
            }
            _ => None,
        };
        for (at, segment) in segments.iter().enumerate() {
            let mut reader =
                self.plan.as_ref().map(|plan| Reader::open(segment, plan)).transpose()?;
            let answer = self.answer(segment, reader.as_mut())?;
            found.total += answer.docs.count();
            for (fact, counts) in self.request.facets.iter().zip(&mut counts) {
                let docs = answer.but_own.get(fact).unwrap_or(&answer.docs);
                count_values(segment, *fact, docs, counts)?;
            }
            if self.request.limit > 0 {
                self.rank(
                    at,
                    segment,
                    &answer.docs,
                    relevance.as_ref().zip(reader.as_mut()),
                    &mut best,
                )?;
            }
        }
        let facets = self.request.facets.iter().zip(counts);
        found.facets = facets.map(|(&fact, counts)| facet(fact, counts)).collect();
        let mut page: Vec<Ranked> = best.into_iter().map(|Reverse(one)| one).collect();
        page.sort_unstable_by(|a, b| b.cmp(a));
        if page.len() > self.request.limit {
            page.truncate(self.request.limit);
            found.next = page.last().map(|(rank, ..)| rank.mark(self.request.order));
        }
        found.calls = self.shown(segments, &page)?;
        Ok(found)
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
        let mut out: Vec<Option<FoundCall>> = vec![None; page.len()];
        for (at, segment) in segments.iter().enumerate() {
            let mut here: Vec<(u32, usize)> = Vec::new();
            let ours = page.iter().enumerate().filter(|(_, (_, other, _))| *other == at);
            here.extend(ours.map(|(ix, &(.., doc))| (doc, ix)));
            here.sort_unstable();
            if here.is_empty() {
                continue;
            }
            let mut reader =
                self.plan.as_ref().map(|plan| Reader::open(segment, plan)).transpose()?;
            for (doc, ix) in here {
                let (call_id, said) = segment.told(doc)?;
                let (hits, hits_total) = match (&self.plan, &mut reader) {
                    (Some(plan), Some(reader)) => hits::of_call(
                        &plan.test,
                        reader,
                        segment,
                        doc,
                        &said,
                        self.request.hits_max,
                    )?,
                    _ => (Vec::new(), 0),
                };
                let relevance = match self.request.order {
                    Order::Relevance => f32::from_bits(page[ix].0.first as u32),
                    _ => 0.0,
                };
                out[ix] = Some(FoundCall {
                    call_id,
                    started_us: segment.columns.started_us.first(doc).unwrap_or_default(),
                    risk: segment.columns.risk.first(doc).unwrap_or_default() as u16,
                    relevance,
                    hits,
                    hits_total,
                });
            }
        }
        Ok(out.into_iter().flatten().collect())
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

fn count_values(
    segment: &Segment,
    fact: Fact,
    docs: &Bits,
    counts: &mut BTreeMap<String, u64>,
) -> Result<(), TantivyError> {
    let Some((column, values)) = segment.fact(fact as usize)? else { return Ok(()) };
    let mut by_number = vec![0u64; values.len()];
    for doc in docs.iter() {
        for number in column.term_ords(doc) {
            by_number[number as usize] += 1;
        }
    }
    for (value, count) in values.iter().zip(by_number).filter(|&(_, count)| count > 0) {
        match counts.get_mut(value) {
            Some(held) => *held += count,
            None => drop(counts.insert(value.clone(), count)),
        }
    }
    Ok(())
}

/// The commonest first, of equals by name.
fn facet(fact: Fact, counts: BTreeMap<String, u64>) -> Facet {
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    values.sort_by_key(|&(_, count)| Reverse(count));
    let more = values.len().saturating_sub(VALUES_MAX);
    values.truncate(VALUES_MAX);
    Facet { fact, values, more }
}
