//! A rubric as it is meant: checked, complete, in the order of its file.
//!
//! In: what [`super::file`] read. Out: the form that [`super::Plan`] compiles. Conditions stand in one
//! list in which each refers only to earlier ones, so that one pass evaluates them all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::file::RubricSource;
use crate::domain::{CriterionId, Language, Party, Points, RubricId, Severity};

/// A text in both of the product's languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Title {
    /// The text in a language: Chinese for Chinese, else English.
    pub fn in_language(&self, language: Option<&Language>) -> &str {
        if language.is_some_and(Language::is_chinese) { &self.zh } else { &self.en }
    }

    /// Both texts, or the one there is.
    pub fn either(&self) -> String {
        if self.zh == self.en { self.zh.clone() } else { format!("{} / {}", self.zh, self.en) }
    }
}

/// 评分标准, ready to be compiled.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// Its id.
    pub id: RubricId,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: Title,
    /// The language it listens to; none: any.
    pub language: Option<Language>,
    /// The calls it is meant for.
    pub applies: Applies,
    /// A score below this fails a call.
    pub pass_mark: Points,
    /// What a critical failure does to the score.
    pub on_critical: OnCritical,
    /// How many failures fail a call.
    pub fails_on: FailsOn,
    /// Mean recognition confidence below which an absence proves nothing, 0 to 1.
    pub confidence_min: f32,
    /// In the file's order.
    pub sections: Vec<Section>,
    /// In the file's order.
    pub criteria: Vec<Criterion>,
    /// SHA-256 over the file and the phrase lists it uses, in lower-case hex.
    pub digest: String,
    /// What it was read from.
    pub source: Arc<RubricSource>,
    /// Each refers only to earlier ones.
    pub(crate) conditions: Vec<Condition>,
}

/// What a critical failure does to the score. The call's verdict is `critical` either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCritical {
    /// Nothing: the points tell how the rest was.
    #[default]
    Keep,
    /// It takes all of it.
    Zero,
}

/// How many failures of a severity fail a call; `None`: however many, they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailsOn {
    /// 重度.
    pub major: Option<u32>,
    /// 轻度.
    pub minor: Option<u32>,
}

impl Default for FailsOn {
    fn default() -> Self {
        Self { major: Some(1), minor: Some(2) }
    }
}

/// Which calls a rubric is meant for: those of which every test is true. Without tests, all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applies {
    /// An attribute of the call, and what it must be. By name, as the order says nothing.
    pub(crate) tests: Vec<(String, Asks)>,
}

/// What is asked of an attribute of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asks {
    Is(BTreeSet<String>),
    Not(BTreeSet<String>),
    Present(bool),
    AtMost(f64),
    AtLeast(f64),
    Above(f64),
    Below(f64),
}

/// A heading over criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name in the file.
    pub id: String,
    /// Its title.
    pub title: Title,
    /// Its share of the score. In a rubric all sections that hold criteria have one, or none has.
    pub weight: Option<Points>,
    /// Unless this is true, none of its criteria applies.
    pub(crate) when: Option<CondIx>,
}

/// 评分项.
#[derive(Debug, Clone)]
pub struct Criterion {
    /// Its id.
    pub id: CriterionId,
    /// Its title.
    pub title: Title,
    /// Its section, as an index.
    pub section: Option<usize>,
    /// How grave a failure is, unless a condition makes it graver.
    pub severity: Severity,
    /// Its share of its section's score, or of the whole score where sections have no weight. Shares
    /// are re-balanced over the criteria that apply. Zero: it has none, and `penalty` or `bonus` says
    /// what it does.
    pub weight: Points,
    /// What a failure costs: of the weight, or of the total where there is no weight.
    pub penalty: Option<Scale>,
    /// What a success earns: of the weight, or on top of the total where there is no weight.
    pub bonus: Option<Scale>,
    pub(crate) graver: Vec<(Severity, CondIx)>,
    pub(crate) when: Option<CondIx>,
    pub(crate) rule: Rule,
}

/// Points once, or by the number of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// Points of the first hit, of the second, and so on; each further hit is like the last. Invariant:
    /// not empty, each above zero.
    pub steps: Vec<Points>,
    /// Whether hits count; else the first step is all there is.
    pub per_hit: bool,
    /// No more than this in all.
    pub at_most: Option<Points>,
}

impl Scale {
    /// Points for so many hits, in hundredths. It never falls as hits grow.
    pub fn of(&self, hits: usize) -> i64 {
        let counted = if self.per_hit { hits } else { hits.min(1) };
        let stepped = self.steps.iter().take(counted).map(|step| step.hundredths());
        let last = self.steps.last().map_or(0, |step| step.hundredths());
        let further = i64::try_from(counted.saturating_sub(self.steps.len())).unwrap_or(i64::MAX);
        let sum = stepped.fold(last.saturating_mul(further), i64::saturating_add);
        sum.min(self.at_most.map_or(i64::MAX, Points::hundredths))
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        match self.per_hit {
            true => write!(f, "[{}]", steps.join(", "))?,
            false => f.write_str(&steps.join(", "))?,
        }
        self.at_most.map_or(Ok(()), |most| write!(f, " ≤ {most}"))
    }
}

/// What decides a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Met when the condition is true.
    Met(CondIx),
    /// Met when the condition is false.
    ViolatedBy(CondIx),
}

/// A condition, by its place in [`Rubric::conditions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CondIx(pub(crate) usize);

/// An operator with the modifiers that every operator takes.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// What reports call it.
    pub(crate) label: String,
    pub(crate) op: Op,
    pub(crate) by: Option<Party>,
    pub(crate) within: Option<Window>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) times: Times,
}

/// The operators. Closed: a new one is a variant here and a file under `op/`.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Phrase(PhraseOp),
    Measure(MeasureOp),
    Repeat(RepeatOp),
    Attribute {
        name: String,
        test: Test,
    },
    Any(Vec<CondIx>),
    All(Vec<CondIx>),
    /// So many of them.
    Some {
        of: Vec<CondIx>,
        at_least: usize,
        at_most: Option<usize>,
    },
    Not(CondIx),
    Order(Vec<CondIx>),
    /// Another condition's hits, with modifiers of its own.
    Same(CondIx),
}

/// Words looked for.
#[derive(Debug, Clone)]
pub(crate) struct PhraseOp {
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) need: Need,
    /// Where all that are needed must be said; none: anywhere.
    pub(crate) together: Option<Together>,
    pub(crate) mode: Match,
    /// A hit inside one of these is none.
    pub(crate) except: Vec<Phrase>,
    pub(crate) skip_quoted: bool,
    pub(crate) skip_negated: bool,
    pub(crate) skip_asked: bool,
}

/// How many different phrases of a list must be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Any,
    All,
    AtLeast(usize),
}

/// In one utterance, or in one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Together {
    Utterance,
    Turn,
}

/// Something that is measured and held against bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MeasureOp {
    pub(crate) quantity: Quantity,
    pub(crate) take: Take,
    /// Times in milliseconds, shares in percent, rates per minute, loudness in dB.
    pub(crate) bounds: Bounds,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// How long nobody speaks.
    Silence { announced: Option<bool>, hold: Option<bool> },
    /// How long one party speaks over the other, who had spoken so long by then.
    Overtalk { after_ms: u64, backchannels: bool },
    /// How long the other party is on hold.
    Hold,
    /// How long one party waits for the other's answer.
    Response,
    /// From the end of ringing to a party's first word.
    Opening,
    /// How long an utterance is.
    Talk,
    /// How long the call is.
    Length,
    /// Units a minute; shorter utterances are left out.
    Rate { units_min: u32 },
    /// Above or below full scale, or the party's own average.
    Loudness { relative: bool },
}

/// Which of the measured values is held against the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    Each,
    First,
    Last,
    /// From 1.
    Nth(usize),
    /// All added up.
    Total,
    /// All added up, in percent of the conversation.
    Share,
    Average,
}

/// Bounds of a number. None set: any will do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Bounds {
    pub(crate) above: Option<f64>,
    pub(crate) below: Option<f64>,
    pub(crate) at_least: Option<f64>,
    pub(crate) at_most: Option<f64>,
}

impl Bounds {
    pub(crate) fn hold(&self, value: f64) -> bool {
        self.above.is_none_or(|bound| value > bound)
            && self.below.is_none_or(|bound| value < bound)
            && self.at_least.is_none_or(|bound| value >= bound)
            && self.at_most.is_none_or(|bound| value <= bound)
    }

    /// Whether a value that only grows can no longer leave them once it is inside.
    pub(crate) fn only_lower(&self) -> bool {
        self.below.is_none() && self.at_most.is_none()
    }

    /// `> 3 ≤ 10`, with each number as the caller writes it.
    pub(crate) fn show(&self, number: impl Fn(f64) -> String) -> String {
        let signs =
            [(">", self.above), ("≥", self.at_least), ("<", self.below), ("≤", self.at_most)];
        let shown = signs.into_iter().filter_map(|(sign, bound)| Some((sign, bound?)));
        shown.map(|(sign, bound)| format!("{sign} {}", number(bound))).collect::<Vec<_>>().join(" ")
    }
}

/// Somebody says again what was said.
#[derive(Debug, Clone)]
pub(crate) struct RepeatOp {
    /// Whose words come back.
    pub(crate) of: RepeatOf,
    /// How alike, 0 to 1.
    pub(crate) at_least: f32,
    /// How far back.
    pub(crate) within: Extent,
    /// Tokens of the shortest utterance that counts.
    pub(crate) units_min: usize,
    /// An utterance with one of these in it does not count.
    pub(crate) except: Vec<Phrase>,
}

/// Whose words come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatOf {
    /// The speaker's own.
    Own,
    /// The other party's.
    Other,
}

/// How a phrase is held against what was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Match {
    Exact,
    /// By sound; phrases too short to be told apart by sound are matched exactly.
    Phonetic,
    /// By sound, and two Chinese syllables with nothing beside them may be written as homophones: for
    /// what is to be heard, not for what convicts.
    Loose,
    Regex,
    /// By letters, at least this alike (0 to 1).
    Similar(f32),
    /// By what it is: the phrase names an [`crate::text::entity::EntityKind`].
    Entity,
}

/// One phrase as it was written, and its readings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phrase {
    pub(crate) text: String,
    /// In order. Empty for a regular expression.
    pub(crate) segments: Vec<Segment>,
}

/// What stands between two gaps of a phrase.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    /// Tokens that may stand before it.
    pub(crate) gap_before: usize,
    /// Each way to say it.
    pub(crate) ways: Vec<Vec<Part>>,
}

/// A part of a phrase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// These words.
    Words(String),
    /// A word of an alphabetic script that begins so.
    Prefix(String),
    /// Up to so many tokens of anything.
    Gap(usize),
    /// A number.
    Number,
    /// What the call's attribute says.
    Attribute(String),
}

/// A stretch of the call, counted from its first or last speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    First(Extent),
    Last(Extent),
    /// From and to, both in the same measure.
    FromTo(Extent, Extent),
}

/// How far, in time or in speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Ms(u64),
    /// None: the same one.
    Utterances(usize),
    /// None: the same one.
    Turns(usize),
    /// Tokens between two hits of one turn. Only in relations.
    Words(usize),
    /// Of the conversation. Only in windows.
    Percent(u8),
}

/// Where a hit must stand to another condition's hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) side: Side,
    pub(crate) of: CondIx,
    pub(crate) within: Option<Extent>,
    pub(crate) which: Which,
    /// The hit must not stand there.
    pub(crate) negated: bool,
}

/// On which side of the other hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
    Around,
}

/// Which of the other condition's hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Any,
    First,
    Last,
    /// From 1.
    Nth(usize),
    /// All of them: each must have a hit where the relation wants it.
    Every,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) at_least: usize,
    pub(crate) at_most: Option<usize>,
    pub(crate) unit: Unit,
}

impl Times {
    /// Once or more.
    pub(crate) const ONCE: Times = Times { at_least: 1, at_most: None, unit: Unit::Hits };
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Hits,
    Utterances,
    Turns,
}

/// A comparison with an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Is(BTreeSet<String>),
    Number(Bounds),
    Present(bool),
}
