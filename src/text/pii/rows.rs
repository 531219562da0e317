//! Rows of digits: what is said digit by digit, in any notation, over pauses and fillers.
//!
//! In: the pieces of one voice. Out: rows of groups of digits. A group ends at a space, a mark or a
//! pause; a row ends at a word that is no digit. A word that sounds like a digit is a group of its own,
//! marked as soft, where it touches digits.

use std::ops::Range;

use super::{Piece, soft};
use crate::text::lex::{Gap, LexKind, Lexeme, lexemes};
use crate::text::{number_en, number_zh};

/// The longest pause inside a number: time to read on from a card, or to hear "嗯" between.
pub(crate) const PAUSE_MS_MAX: u64 = 8_000;

/// Sounds made while reading out a number.
const FILLERS: &[&str] = &["嗯", "呃", "啊", "哦", "um", "uh", "er", "erm", "dash", "杠", "and"];

/// Digits said in one breath.
pub(super) struct Group {
    pub(super) piece: usize,
    pub(super) at: Range<usize>,
    /// ASCII digits, maybe with an X at the end.
    pub(super) digits: String,
    /// Only sounds like digits.
    pub(super) soft: bool,
    /// What stands for its digits: the bytes of each numeral or word, and the digits it says.
    pub(super) units: Vec<(Range<usize>, String)>,
    /// Set apart from the group before by the end of a sentence or of an utterance.
    pub(super) apart: bool,
}

/// A numeral or word, and which of its digits are to be starred.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    pub(super) piece: usize,
    pub(super) at: Range<usize>,
    pub(super) stars: Vec<bool>,
}

/// Words in a row that may only sound like digits.
const SOFT_MAX: usize = 3;

/// Groups with nothing but pauses between them.
#[derive(Default)]
pub(super) struct Row {
    pub(super) groups: Vec<Group>,
}

impl Row {
    /// The bytes that some groups take, one range a piece.
    pub(super) fn parts(&self, groups: Range<usize>) -> Vec<(usize, Range<usize>)> {
        let mut out: Vec<(usize, Range<usize>)> = Vec::new();
        for group in &self.groups[groups] {
            match out.last_mut() {
                Some((piece, at)) if *piece == group.piece => at.end = group.at.end,
                _ => out.push((group.piece, group.at.clone())),
            }
        }
        out
    }

    /// The numerals and words of some groups that a mask takes away, one star a digit: all but the
    /// first and the last digits. A word that says a shown and a hidden digit is taken away.
    pub(super) fn hidden(&self, groups: Range<usize>, shown: (usize, usize)) -> Vec<Hidden> {
        let len: usize = self.groups[groups.clone()].iter().map(|group| group.digits.len()).sum();
        let from = shown.0.min(len);
        let to = len.saturating_sub(shown.1).max(from);
        let mut at = 0;
        let mut out = Vec::new();
        for group in &self.groups[groups] {
            for (bytes, digits) in &group.units {
                let stars: Vec<bool> =
                    (at..at + digits.len()).map(|digit| (from..to).contains(&digit)).collect();
                at += digits.len();
                if stars.contains(&true) {
                    out.push(Hidden { piece: group.piece, at: bytes.clone(), stars });
                }
            }
        }
        out
    }

    /// Digits in all.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.digits.len()).sum()
    }

    /// Whether a lexeme of a piece follows the row's end without a mark between.
    fn touches(&self, piece: usize, previous: Option<&Lexeme>, lexeme: &Lexeme) -> bool {
        let end = self.groups.last().filter(|group| group.piece == piece).map(|last| last.at.end);
        lexeme.gap < Gap::Comma && end.is_some() && end == previous.map(|one| one.at.end)
    }

    fn push(&mut self, piece: usize, lexemes: &[Lexeme], digits: &str, soft: bool) {
        let (Some(first), Some(last)) = (lexemes.first(), lexemes.last()) else { return };
        // Words and characters run on; written groups are set apart by any space.
        let apart =
            first.gap >= if first.kind == LexKind::Digits { Gap::Space } else { Gap::Comma };
        match self.groups.last_mut() {
            Some(group) if group.piece == piece && !apart && !soft && !group.soft => {
                group.digits.push_str(digits);
                group.at.end = last.at.end;
                group.units.extend(units(lexemes, digits));
            }
            _ => self.groups.push(Group {
                piece,
                at: first.at.start..last.at.end,
                digits: digits.to_owned(),
                soft,
                units: units(lexemes, digits),
                apart: first.gap == Gap::Stop,
            }),
        }
    }
}

/// All rows of a stream.
pub(super) fn rows(pieces: &[Piece<'_>]) -> Vec<Row> {
    let mut out = Vec::new();
    let mut row = Row::default();
    for (i, piece) in pieces.iter().enumerate() {
        if !piece.continues {
            out.push(std::mem::take(&mut row));
        }
        let lexemes = lexemes(piece.text);
        let mut at = 0;
        while at < lexemes.len() {
            let rest = &lexemes[at..];
            if let Some((digits, used)) = digits(rest, row.len()) {
                row.push(i, &rest[..used], &digits, false);
                at += used;
                continue;
            }
            let previous = at.checked_sub(1).map(|before| &lexemes[before]);
            let used = soft_len(rest, row.touches(i, previous, &rest[0]), row.len());
            if used > 0 {
                for lexeme in &rest[..used] {
                    let digit = soft::digit(lexeme).expect("counted as soft");
                    row.push(i, std::slice::from_ref(lexeme), &digit.to_string(), true);
                }
                at += used;
                continue;
            }
            if !FILLERS.contains(&rest[0].text.as_str()) {
                out.push(std::mem::take(&mut row));
            }
            at += 1;
        }
    }
    out.push(row);
    out.retain(|row| !row.groups.is_empty());
    out
}

/// The words of a number one by one, each with the digits it says: "two", "double five", "twenty two".
/// All as one where they cannot be told apart.
fn units(lexemes: &[Lexeme], digits: &str) -> Vec<(Range<usize>, String)> {
    let bytes = |from: usize, to: usize| lexemes[from].at.start..lexemes[to - 1].at.end;
    let said = |from: usize, to: usize| match &lexemes[from..to] {
        [one] => number_en::digit(&one.text)
            .map(|digit| digit.to_string())
            .or_else(|| matches!(one.text.as_str(), "oh" | "o").then(|| "0".to_owned()))
            .or_else(|| number_en::read(&lexemes[from..to]).map(|number| number.digits)),
        several => number_en::read(several)
            .filter(|number| number.lexemes == to - from)
            .map(|number| number.digits),
    };
    let (mut out, mut at, mut rest) = (Vec::new(), 0, digits);
    while at < lexemes.len() && lexemes.len() > 1 {
        // The longest first would take the whole row.
        let next = (at + 1..=lexemes.len().min(at + 3)).find_map(|to| {
            let digits = said(at, to)?;
            let left = rest.strip_prefix(digits.as_str())?;
            // "twenty two" is no "20" and "2".
            let tens = to < lexemes.len() && digits.len() == 2 && digits.ends_with('0');
            let joined = tens.then(|| said(at, to + 1)).flatten();
            if joined.is_some_and(|joined| rest.starts_with(&joined)) {
                None
            } else {
                Some((to, digits, left))
            }
        });
        let Some((to, digits, left)) = next else { break };
        out.push((bytes(at, to), digits));
        (at, rest) = (to, left);
    }
    if at == lexemes.len() && rest.is_empty() {
        return out;
    }
    vec![(bytes(0, lexemes.len()), digits.to_owned())]
}

/// How many lexemes here sound like digits and touch some: `touches` says that digits stand before.
fn soft_len(rest: &[Lexeme], touches: bool, before: usize) -> usize {
    let joined = |i: usize| i == 0 || rest[i].gap < Gap::Comma;
    let run = (0..rest.len().min(SOFT_MAX + 1))
        .take_while(|&i| joined(i) && soft::digit(&rest[i]).is_some())
        .count();
    let follows = rest.get(run).is_some_and(|next| next.gap < Gap::Stop)
        && digits(&rest[run..], before.max(1)).is_some();
    if run > SOFT_MAX {
        return 0;
    }
    if touches && follows {
        return run;
    }
    let certain = |lexemes: &[Lexeme]| lexemes.iter().all(|one| !soft::only_inside(one));
    if touches {
        rest[..run].iter().take_while(|one| !soft::only_inside(one)).count()
    } else if follows && certain(&rest[..run]) {
        run
    } else {
        0
    }
}

/// The digits that stand here, and the lexemes they take.
fn digits(rest: &[Lexeme], before: usize) -> Option<(String, usize)> {
    let first = rest.first()?;
    match first.kind {
        LexKind::Digits if first.text.ends_with('%') => None,
        LexKind::Digits => Some((first.text.replace('.', ""), 1)),
        LexKind::Hanzi => {
            // The last place of an identity card.
            if first.text == "叉" && (14..=19).contains(&before) {
                return Some(("X".into(), 1));
            }
            let c = first.hanzi().filter(|&c| c != '两')?;
            number_zh::digit(c).or((c == '勾' && before > 0).then_some('9')).map(|d| (d.into(), 1))
        }
        LexKind::Word if first.text == "x" && (14..=19).contains(&before) => Some(("X".into(), 1)),
        LexKind::Word => match number_en::read(rest) {
            Some(number) if number.digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some((number.digits, number.lexemes))
            }
            Some(_) => None,
            None => number_en::digit(&first.text).map(|d| (d.to_string(), 1)),
        },
    }
}
