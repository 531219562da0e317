//! Reads a query: a lexer over characters, and one function a level of binding.

use super::error::{QueryError, Trouble};
use super::tree::{Expr, How, Only, Relation, Say};
use crate::domain::Party;
use crate::search::units::{UnitKind, units};

/// Characters of a query.
const CHARS_MAX: usize = 2_000;
/// Words and phrases of a query.
const SAYS_MAX: usize = 64;
/// Brackets within brackets.
const DEPTH_MAX: usize = 24;
/// Characters or words between two that are near.
const NEAR_MAX: u32 = 200;
/// Milliseconds that a time may be: a day.
const MS_MAX: u64 = 86_400_000;

/// Prefixes, in the words of both languages.
const PREFIXES: [(&str, Prefix); 14] = [
    ("agent", Prefix::By(Party::Agent)),
    ("坐席", Prefix::By(Party::Agent)),
    ("customer", Prefix::By(Party::Customer)),
    ("客户", Prefix::By(Party::Customer)),
    ("first", Prefix::First),
    ("开头", Prefix::First),
    ("last", Prefix::Last),
    ("结尾", Prefix::Last),
    ("sounds", Prefix::How(How::Sounds)),
    ("音近", Prefix::How(How::Sounds)),
    ("word", Prefix::How(How::Word)),
    ("词", Prefix::How(How::Word)),
    ("exact", Prefix::How(How::Exact)),
    ("原文", Prefix::How(How::Exact)),
];

#[derive(Clone, Copy, PartialEq)]
enum Prefix {
    By(Party),
    First,
    Last,
    How(How),
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Open,
    Close,
    Quoted(String),
    /// A bare word. Whether a bracket or a quotation mark follows at once.
    Bare(String),
    Minus,
    Tilde,
    Prefix(String),
}

type Result<T> = std::result::Result<T, QueryError>;

fn error<T>(at: usize, trouble: Trouble, instead: Option<&str>) -> Result<T> {
    Err(QueryError { at, trouble, instead: instead.map(str::to_owned) })
}

/// Reads a query.
pub fn parse(text: &str) -> Result<Expr> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > CHARS_MAX {
        return error(CHARS_MAX, Trouble::TooMuch(CHARS_MAX), None);
    }
    let lexemes = lexemes(&chars)?;
    if lexemes.is_empty() {
        return error(0, Trouble::Empty, None);
    }
    let mut parser = Parser { lexemes, at: 0, end: chars.len(), says: 0, depth: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => error(parser.place(), Trouble::StrayBracket, None),
    }
}

const fn opens(c: char) -> bool {
    matches!(c, '(' | '（')
}

const fn closes(c: char) -> bool {
    matches!(c, ')' | '）')
}

const fn quotes(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '＂')
}

const fn colon(c: char) -> bool {
    matches!(c, ':' | '：')
}

fn lexemes(chars: &[char]) -> Result<Vec<(usize, Lexeme)>> {
    let mut out = Vec::new();
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let start = i;
        i += 1;
        let lexeme = match c {
            c if c.is_whitespace() => continue,
            c if opens(c) => Lexeme::Open,
            c if closes(c) => Lexeme::Close,
            '-' | '－' => Lexeme::Minus,
            '~' | '～' => Lexeme::Tilde,
            c if quotes(c) => {
                let Some(length) = chars[i..].iter().position(|&c| quotes(c)) else {
                    return error(start, Trouble::OpenQuote, None);
                };
                let text: String = chars[i..i + length].iter().collect();
                i += length + 1;
                Lexeme::Quoted(text.trim().to_owned())
            }
            _ => {
                let part = |&&c: &&char| !(c.is_whitespace() || opens(c) || closes(c) || quotes(c));
                let length = chars[start..].iter().take_while(part).count();
                let word = &chars[start..start + length];
                // A prefix is letters up to a colon: `10:30` is none.
                let named = word.iter().take_while(|c| c.is_alphabetic()).count();
                if named > 0 && word.get(named).copied().is_some_and(colon) {
                    i = start + named + 1;
                    Lexeme::Prefix(word[..named].iter().collect())
                } else {
                    i = start + length;
                    Lexeme::Bare(word.iter().collect())
                }
            }
        };
        out.push((start, lexeme));
    }
    Ok(out)
}

/// Milliseconds of `30s`, `500ms`, `2m`, `30秒`, `2分钟`.
fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "ms" | "毫秒" => 1,
        "s" | "秒" => 1_000,
        "m" | "min" | "分" | "分钟" => 60_000,
        _ => return None,
    };
    number.checked_mul(unit).filter(|ms| (1..=MS_MAX).contains(ms))
}

struct Parser {
    lexemes: Vec<(usize, Lexeme)>,
    at: usize,
    end: usize,
    says: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.at).map(|(_, lexeme)| lexeme)
    }

    fn place(&self) -> usize {
        self.lexemes.get(self.at).map_or(self.end, |&(at, _)| at)
    }

    fn bare(&self, ahead: usize) -> Option<&str> {
        match self.lexemes.get(self.at + ahead) {
            Some((_, Lexeme::Bare(word))) => Some(word),
            _ => None,
        }
    }

    /// Steps over a word if it is this one.
    fn word(&mut self, word: &str) -> bool {
        let here = self.bare(0) == Some(word);
        self.at += usize::from(here);
        here
    }

    fn or(&mut self) -> Result<Expr> {
        let mut all = vec![self.and()?];
        while self.word("OR") || self.word("|") {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Expr::Or(all) })
    }

    fn and(&mut self) -> Result<Expr> {
        let mut all = vec![self.relation()?];
        loop {
            let joined = self.word("AND") || self.word("&");
            let ends = matches!(self.peek(), None | Some(Lexeme::Close))
                || matches!(self.bare(0), Some("OR" | "|"));
            if ends && !joined {
                break;
            }
            all.push(self.relation()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Expr::And(all) })
    }

    fn relation(&mut self) -> Result<Expr> {
        let mut from = self.place();
        let mut left = self.unary()?;
        while let Some((name, near)) = self.relation_word()? {
            let right_from = self.place();
            let right = self.unary()?;
            for (at, side) in [(from, &left), (right_from, &right)] {
                if !side.has_places() {
                    return error(at, Trouble::NoPlace(name), None);
                }
            }
            let within = if name == "NOT IN" || near.is_some() { None } else { self.within()? };
            let how = match (name, near, within) {
                ("NEAR", Some(units), _) => Relation::NearUnits(units),
                ("NEAR", None, Some(ms)) => Relation::NearMs(ms),
                ("NEAR", None, None) => {
                    return error(self.place(), Trouble::Number("NEAR".into()), Some("NEAR/5"));
                }
                ("BEFORE", ..) => Relation::Before(within),
                ("AFTER", ..) => Relation::After(within),
                _ => Relation::NotIn,
            };
            left = Expr::Relation { how, left: Box::new(left), right: Box::new(right) };
            from = right_from;
            // Each relation holds the ones before it.
            self.says += 1;
        }
        Ok(left)
    }

    /// The word of a relation, and the number of `NEAR/5`.
    fn relation_word(&mut self) -> Result<Option<(&'static str, Option<u32>)>> {
        let (place, next_is_in) = (self.place(), self.bare(1) == Some("IN"));
        let Some(word) = self.bare(0) else { return Ok(None) };
        let (found, steps) = match word {
            "BEFORE" => (("BEFORE", None), 1),
            "AFTER" => (("AFTER", None), 1),
            "NEAR" => (("NEAR", None), 1),
            "NOT" if next_is_in => (("NOT IN", None), 2),
            word => match word.strip_prefix("NEAR/") {
                Some(number) => match number.parse() {
                    Ok(units) if units <= NEAR_MAX => (("NEAR", Some(units)), 1),
                    _ => return error(place, Trouble::Number(word.into()), Some("NEAR/5")),
                },
                None => return Ok(None),
            },
        };
        self.at += steps;
        Ok(Some(found))
    }

    /// `within 10s`, where it stands.
    fn within(&mut self) -> Result<Option<u64>> {
        if !self.word("within") {
            return Ok(None);
        }
        let place = self.place();
        let word = self.bare(0).unwrap_or_default().to_owned();
        match milliseconds(&word) {
            Some(ms) => {
                self.at += 1;
                Ok(Some(ms))
            }
            None => error(place, Trouble::Number(word), Some("within 10s")),
        }
    }

    fn unary(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return error(self.place(), Trouble::TooMuch(DEPTH_MAX), None);
        }
        let minus = self.peek() == Some(&Lexeme::Minus);
        self.at += usize::from(minus);
        let expr = if minus || self.word("NOT") {
            Expr::Not(Box::new(self.unary()?))
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr> {
        let place = self.place();
        let Some(lexeme) = self.peek().cloned() else {
            return error(place, Trouble::Missing, None);
        };
        self.at += 1;
        match lexeme {
            Lexeme::Open => {
                let expr = self.or()?;
                if self.peek() != Some(&Lexeme::Close) {
                    return error(place, Trouble::OpenBracket, None);
                }
                self.at += 1;
                Ok(expr)
            }
            Lexeme::Close => {
                let trouble = if self.depth > 1 { Trouble::Missing } else { Trouble::StrayBracket };
                error(place, trouble, None)
            }
            Lexeme::Quoted(text) => self.say(place, How::Exact, text),
            Lexeme::Tilde => self.said_so(How::Sounds),
            Lexeme::Minus => error(place, Trouble::Missing, None),
            Lexeme::Prefix(name) => self.prefixed(place, &name),
            Lexeme::Bare(word) => {
                let key = word.starts_with("NEAR/");
                if key
                    || matches!(
                        &*word,
                        "AND" | "OR" | "NOT" | "IN" | "NEAR" | "BEFORE" | "AFTER" | "|" | "&"
                    )
                {
                    let quoted = format!("\"{word}\"");
                    return error(place, Trouble::Missing, Some(&quoted));
                }
                self.say(place, How::Bare, word)
            }
        }
    }

    fn prefixed(&mut self, place: usize, name: &str) -> Result<Expr> {
        let lower = name.to_lowercase();
        let Some(&(_, prefix)) = PREFIXES.iter().find(|(known, _)| *known == lower) else {
            let near = PREFIXES
                .iter()
                .map(|&(known, _)| (strsim::damerau_levenshtein(known, &lower), known));
            let near =
                near.min().filter(|&(apart, _)| apart <= 2).map(|(_, known)| format!("{known}:"));
            let quoted = "\"…\"".to_owned();
            return error(place, Trouble::Prefix(name.into()), Some(&near.unwrap_or(quoted)));
        };
        let only = match prefix {
            Prefix::How(how) => return self.said_so(how),
            Prefix::By(party) => Only::By(party),
            Prefix::First => Only::FirstMs(self.time("first:30s(…)")?),
            Prefix::Last => Only::LastMs(self.time("last:30s(…)")?),
        };
        Ok(Expr::Only(only, Box::new(self.unary()?)))
    }

    fn time(&mut self, instead: &str) -> Result<u64> {
        let place = self.place();
        let word = self.bare(0).unwrap_or_default().to_owned();
        self.at += 1;
        match milliseconds(&word) {
            Some(ms) => Ok(ms),
            None => error(place, Trouble::Number(word), Some(instead)),
        }
    }

    /// What stands after `~` or `sounds:`: a word, or a phrase in quotes.
    fn said_so(&mut self, how: How) -> Result<Expr> {
        let place = self.place();
        let text = match self.peek() {
            Some(Lexeme::Quoted(text) | Lexeme::Bare(text)) => text.clone(),
            _ => return error(place, Trouble::Missing, Some("\"…\"")),
        };
        self.at += 1;
        self.say(place, how, text)
    }

    fn say(&mut self, place: usize, how: How, text: String) -> Result<Expr> {
        let units = units(&text);
        let Some(first) = units.first() else {
            return error(place, Trouble::Unsayable(text), None);
        };
        if how == How::Word && units.len() == 1 && first.kind == UnitKind::Letter {
            return error(place, Trouble::OneCharacter, None);
        }
        self.says += 1;
        if self.says > SAYS_MAX {
            return error(place, Trouble::TooMuch(SAYS_MAX), None);
        }
        Ok(Expr::Say(Say { how, text }))
    }
}
