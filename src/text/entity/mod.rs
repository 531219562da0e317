//! Entities: what a few words are, whichever words they are. Order numbers, amounts, dates, and
//! promises of a time, definite ones (`四十八小时之内`, `by noon tomorrow`) and vague ones (`尽快`,
//! `as soon as possible`).
//!
//! In: tokens, in which numbers said and numbers written are the same, with the marks between. Out:
//! what was found, by tokens. Telephone, card and identity numbers and addresses are named here and
//! found by [`super::pii`], which hears numbers that are spread over several utterances.

mod thing;
mod time;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::token::{Token, TokenKind};
use crate::domain::PiiKind;

/// What a few words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// Personal data.
    Personal(PiiKind),
    /// 订单号, 工单号, case and tracking numbers.
    OrderNumber,
    /// 金额: a number with a currency.
    Amount,
    /// 日期: a day, by its date or by its name.
    Date,
    /// A time by which one can tell whether a promise was kept.
    DefiniteTime,
    /// A time that nobody can be held to.
    VagueTime,
}

impl EntityKind {
    /// All of them.
    pub const ALL: [EntityKind; 10] = [
        EntityKind::Personal(PiiKind::Phone),
        EntityKind::Personal(PiiKind::IdCard),
        EntityKind::Personal(PiiKind::BankCard),
        EntityKind::Personal(PiiKind::Ssn),
        EntityKind::Personal(PiiKind::Email),
        EntityKind::OrderNumber,
        EntityKind::Amount,
        EntityKind::Date,
        EntityKind::DefiniteTime,
        EntityKind::VagueTime,
    ];

    /// The word used in rubrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntityKind::Personal(kind) => kind.as_str(),
            EntityKind::OrderNumber => "order_number",
            EntityKind::Amount => "amount",
            EntityKind::Date => "date",
            EntityKind::DefiniteTime => "definite_time",
            EntityKind::VagueTime => "vague_time",
        }
    }

    /// Reads the word used in rubrics.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A token and what stands before it.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The token.
    pub token: &'a Token,
    /// What was written between the token before and this one.
    pub before: &'a str,
}

/// An entity among tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Which tokens.
    pub tokens: Range<usize>,
}

/// A pattern. What its groups `not…` catch only looks like the kind; what its groups `it…` catch is
/// the entity, where that is not all of the match.
struct Rule {
    kind: EntityKind,
    regex: Regex,
    /// The same without the ends of words: where it finds nothing, neither does the other. Ends of words
    /// are slow to tell in text that is not ASCII.
    may: Regex,
    not: Vec<usize>,
    it: Vec<usize>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let patterns = thing::patterns().into_iter().chain(time::patterns());
    let rule = |(kind, pattern): (EntityKind, String)| {
        let regex = Regex::new(&pattern).expect("a test compiles every pattern");
        let named = |start: &str| {
            let names = regex.capture_names().enumerate();
            let named = names.filter(|(_, name)| name.is_some_and(|name| name.starts_with(start)));
            named.map(|(i, _)| i).collect()
        };
        let may = Regex::new(&pattern.replace(r"\b", "")).expect("a test compiles every pattern");
        Rule { kind, not: named("not"), it: named("it"), may, regex }
    };
    patterns.map(rule).collect()
});

/// Finds entities of the kinds wanted, by their first token. `asked`: what was said before asks for a
/// number of an order or the like, so that a bare number is one.
pub fn find(pieces: &[Piece<'_>], asked: bool, wanted: impl Fn(EntityKind) -> bool) -> Vec<Entity> {
    let read = Read::of(pieces);
    let mut out = Vec::new();
    let rules = RULES.iter().filter(|rule| wanted(rule.kind) && rule.may.is_match(&read.text));
    for rule in rules {
        for found in rule.regex.captures_iter(&read.text) {
            if rule.not.iter().any(|&group| found.get(group).is_some()) {
                continue;
            }
            let it = rule.it.iter().find_map(|&group| found.get(group));
            let Some(it) = it.or_else(|| found.get(0)) else { continue };
            out.extend(read.tokens(it.range()).map(|tokens| Entity { kind: rule.kind, tokens }));
        }
    }
    if asked && wanted(EntityKind::OrderNumber) {
        out.extend(thing::bare_numbers(pieces));
    }
    out.sort_by_key(|one| (one.kind, one.tokens.start, std::cmp::Reverse(one.tokens.end)));
    // Of entities of one kind that overlap the first and longest stays.
    out.dedup_by(|b, a| a.kind == b.kind && b.tokens.start < a.tokens.end);
    out.sort_by_key(|one| (one.tokens.start, one.tokens.end, one.kind));
    out
}

/// Whether something said asks for a number of an order or the like.
pub fn asks_for_order(pieces: &[Piece<'_>]) -> bool {
    thing::CUE.is_match(&Read::of(pieces).text)
}

/// Tokens as one text: Chinese run together, words with spaces between, of the marks those that mean
/// something here.
struct Read {
    text: String,
    /// The bytes of each token.
    at: Vec<Range<usize>>,
}

impl Read {
    fn of(pieces: &[Piece<'_>]) -> Self {
        let mut text = String::new();
        let mut at = Vec::with_capacity(pieces.len());
        for (i, piece) in pieces.iter().enumerate() {
            // The point of `p.m.` ends no sentence.
            let short = i > 0 && pieces[i - 1].token.text == "m";
            let before = if short { piece.before.trim_start_matches('.') } else { piece.before };
            match mark(before, i == 0) {
                Some(mark) => text.push(mark),
                None => {
                    let spaced = |token: &Token| token.kind != TokenKind::Hanzi;
                    if i > 0 && spaced(piece.token) && spaced(pieces[i - 1].token) {
                        text.push(' ');
                    }
                }
            }
            let start = text.len();
            text.push_str(&piece.token.text);
            at.push(start..text.len());
        }
        Self { text, at }
    }

    fn tokens(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        let start = self.at.partition_point(|at| at.end <= bytes.start);
        let end = self.at.partition_point(|at| at.start < bytes.end);
        (start < end).then_some(start..end)
    }
}

/// The mark that counts most of those between two tokens.
fn mark(before: &str, first: bool) -> Option<char> {
    let bare = before.trim();
    if let Some(sign) = bare.chars().find(|c| matches!(c, '$' | '¥' | '￥' | '€' | '£')) {
        return Some(if sign == '￥' { '¥' } else { sign });
    }
    // `p.m.`, `v.2`: a point with nothing after it ends no sentence.
    let inner = before == "." && !first;
    if !inner && bare.chars().any(|c| "。！？!?….；;\n".contains(c)) {
        return Some('。');
    }
    match bare.chars().next()? {
        ',' | '，' | '、' => Some('，'),
        ':' | '：' => Some(':'),
        '-' | '–' | '—' | '~' | '～' => Some('-'),
        '/' | '#' => bare.chars().next(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
