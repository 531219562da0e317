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
    /// Set apart from the group before by the end of a sentence or of an utterance.
    pub(super) apart: bool,
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

    fn len(&self) -> usize {
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
            }
            _ => self.groups.push(Group {
                piece,
                at: first.at.start..last.at.end,
                digits: digits.to_owned(),
                soft,
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
