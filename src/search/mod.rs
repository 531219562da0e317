//! Search: every utterance of every call, found by words, characters and sounds.
//!
//! In: [`CallDoc`]s of redacted text, and queries. Out: calls with the places that answer, page by page, and
//! counts. The index is derived from the event log (law 6): it can be made again at any time, and remembers
//! with each commit up to which event it has read.
//!
//! **One document is one call**, not one utterance. People look for calls: what they count, sort, page
//! and facet is calls, and with documents that are calls each of these is a plain walk over columns, exact and
//! without grouping. `A BEFORE B`, `first:30s` and NEAR across utterances look at places of one document, and a
//! call's facts are kept once instead of fifty times. Three columns tell for each utterance its first
//! place, its party and its times; a place leads by them to who said it and when.
//!
//! **Pairs of characters.** The term at a place is its character and the next one. Any substring of two
//! characters and more is then a phrase of rather rare terms, where single characters would be in almost every
//! call; one character alone is the union of the terms that begin with it. What sounds like a query
//! is looked for as the pairs of all characters that sound so, z and zh, n and l, an and ang being one: the
//! dictionary of pairs is small, and a field of sounds would be as large as that of characters. Of dictionary
//! words only those are kept whose characters stand where they are none, which says the same in a tenth of the room.

mod bits;
#[cfg(test)]
mod crash_tests;
mod doc;
mod draft;
mod error;
mod filter;
mod find;
mod hits;
mod index;
mod language;
#[cfg(test)]
mod law_tests;
mod places;
mod plan;
mod relations;
mod relevance;
mod request;
mod schema;
mod segment;
mod stem;
#[cfg(test)]
mod tests;
mod told;
mod units;
mod writer;

pub use doc::{CallDoc, CallMeasures, SaidDoc, WordAt};
pub use draft::{NoRule, draft, draft_condition};
pub use error::SearchError;
pub use index::SearchIndex;
pub use language::{Expr, How, Only, QueryError, Relation, Say, Trouble, parse};
pub use request::{
    Bounds, Facet, Fact, Filters, Found, FoundCall, Hit, Mark, Measure, Order, Request,
};
pub use writer::{Effort, Rebuild, SearchWriter};
