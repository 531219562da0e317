//! What is asked of the index and what it answers: plain data.

use std::collections::BTreeMap;
use std::ops::Range;

use super::language::Expr;
use crate::domain::{Party, Scope};

/// A fact of a call that is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// 甲方.
    Client,
    /// 乙方.
    Vendor,
    /// 项目.
    Project,
    /// 班组.
    Team,
    /// The agent's staff number.
    Agent,
    /// 技能组.
    Queue,
    /// `inbound` or `outbound`.
    Direction,
    /// Primary subtag.
    Language,
    /// `pass`, `fail`, `critical`, `undetermined`.
    Verdict,
    /// How far its review has come.
    ReviewState,
    /// A problem of the medium or of the analysis; a call may have several.
    Problem,
    /// A criterion that failed, as `rubric/criterion`; a call may have several.
    Failed,
}

impl Fact {
    /// All, in the order of the index's columns.
    pub const ALL: [Fact; 12] = [
        Fact::Client,
        Fact::Vendor,
        Fact::Project,
        Fact::Team,
        Fact::Agent,
        Fact::Queue,
        Fact::Direction,
        Fact::Language,
        Fact::Verdict,
        Fact::ReviewState,
        Fact::Problem,
        Fact::Failed,
    ];

    /// The word used in the API.
    pub const fn as_str(self) -> &'static str {
        super::schema::FACTS[self as usize]
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.as_str() == word)
    }
}

/// A number of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Its length in milliseconds.
    DurationMs,
    /// The longest silence in milliseconds.
    SilenceLongestMs,
    /// How often the agent spoke over the customer.
    OvertalkCount,
    /// The agent's characters or words a minute.
    RateAgent,
    /// The customer's characters or words a minute.
    RateCustomer,
    /// The agent's share of the speech, 0 to 1.
    TalkShareAgent,
    /// 0 to 100.
    Score,
    /// 0 to 1000.
    Risk,
}

/// Bounds of a number, both included. A call of which the number is not known is outside.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// At least so much.
    pub at_least: Option<f64>,
    /// At most so much.
    pub at_most: Option<f64>,
}

/// Which calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    /// For each fact named, one of these values.
    pub facts: BTreeMap<Fact, Vec<String>>,
    /// For each number named, within these bounds.
    pub measures: BTreeMap<Measure, Bounds>,
    /// Begun at or after, in microseconds since 1970.
    pub from_us: Option<i64>,
    /// Begun before, in microseconds since 1970.
    pub to_us: Option<i64>,
}

/// What comes first. Of equals the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The riskiest.
    #[default]
    Risk,
    /// The newest.
    Newest,
    /// The oldest.
    Oldest,
    /// What answers the query best. Pages shift a little while calls are being added.
    Relevance,
}

/// A search.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is said in the calls; without it, any.
    pub query: Option<Expr>,
    /// Which calls.
    pub filters: Filters,
    /// Which calls whoever asks may see at all: nothing else is found or counted.
    pub scope: Scope,
    /// What comes first.
    pub order: Order,
    /// Calls of a page, 1 to 200.
    pub limit: usize,
    /// The mark of the page before.
    pub after: Option<String>,
    /// Facts whose values are counted.
    pub facets: Vec<Fact>,
    /// Utterances shown of a call, up to 50.
    pub hits_max: usize,
}

impl Request {
    /// The first 20 calls of a scope by risk, with up to three utterances each.
    pub fn new(scope: Scope) -> Self {
        Self {
            query: None,
            filters: Filters::default(),
            scope,
            order: Order::default(),
            limit: 20,
            after: None,
            facets: Vec::new(),
            hits_max: 3,
        }
    }
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// How many calls answer, on all pages.
    pub total: u64,
    /// Those of this page.
    pub calls: Vec<FoundCall>,
    /// The mark with which to ask for the next page; none on the last.
    pub next: Option<String>,
    /// What was asked to be counted, in that order.
    pub facets: Vec<Facet>,
}

/// How many calls have each value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// Which fact.
    pub fact: Fact,
    /// The commonest values, each with its calls. Counted as if the fact itself were not filtered by, so that
    /// another value can be chosen.
    pub values: Vec<(String, u64)>,
    /// How many values there are more.
    pub more: usize,
}

/// One call of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundCall {
    /// Its id in the store.
    pub call_id: String,
    /// When it began, in microseconds since 1970.
    pub started_us: i64,
    /// 0 to 1000.
    pub risk: u16,
    /// How well it answers; 0 unless ordered by relevance.
    pub relevance: f32,
    /// The utterances that answer best, by time.
    pub hits: Vec<Hit>,
    /// How many utterances answer.
    pub hits_total: usize,
}

/// An utterance that answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its number in the call, from zero.
    pub utterance: u32,
    /// The leg it was heard on.
    pub leg: u8,
    /// Who said it.
    pub party: Party,
    /// From, in milliseconds, to hundredths of a second.
    pub start_ms: u64,
    /// To, in milliseconds, to hundredths of a second.
    pub end_ms: u64,
    /// The redacted text.
    pub text: String,
    /// What of it answers.
    pub marks: Vec<Mark>,
}

/// A part of an utterance that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its characters (not bytes) in the utterance's text.
    pub chars: Range<usize>,
    /// From, in milliseconds: the first of its words.
    pub start_ms: u64,
    /// To, in milliseconds: the last of its words.
    pub end_ms: u64,
}
