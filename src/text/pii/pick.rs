//! The numbers in a row of digits.
//!
//! In: a row and what stands around it. Out: what is personal in it. First the whole row is held
//! against the rules, then its parts; what is right in every digit goes before what is only near.

use std::ops::Range;

use crate::domain::PiiKind;
use crate::text::fold::is_hanzi;

use super::context::{self, Context, Topic};
use super::rows::{Group, Row};
use super::{Found, Piece, kinds, near};

/// Digits that any number of a person has: a security code's. Most rows of a call are one word that sounds like a digit.
const DIGITS_MIN: usize = 3;

/// Digits in a row from which on a number is starred in logs, whatever it may be.
const DOUBTFUL_DIGITS_MIN: usize = 13;

/// Groups of a number at the most: each has a digit, and no number of a person has more digits.
const GROUPS_MAX: usize = 24;

/// Groups of a row in which numbers are told apart; a longer one is a table, of which all digits are starred.
const ROW_GROUPS_MAX: usize = 1_000;

/// How far back the words may lie that say what a number is.
const CONTEXT_CHARS: usize = 64;

/// Groups in which numbers are usually said, three or four of them: these go first where several readings are possible.
const USUAL: [&[usize]; 4] = [&[3, 3, 4], &[3, 2, 4], &[3, 4, 4], &[4, 4, 4, 4]];

/// All that is personal in a row; else the row itself, of no kind, when it is long.
pub(super) fn in_row(row: &Row, pieces: &[Piece<'_>]) -> Vec<Found> {
    let mut out = Vec::new();
    let (digits, _) = read(&row.groups);
    if digits.len() < DIGITS_MIN {
        return out;
    }
    let context = context(row, pieces);
    let all = 0..row.groups.len();
    if all.len() <= ROW_GROUPS_MAX {
        split(row, all.clone(), &context, &mut out);
    }
    if out.is_empty() && digits.len() >= DOUBTFUL_DIGITS_MIN {
        out.push(found(row, None, (0, 4), all, &digits));
    }
    out
}

/// The numbers in some groups, in order: one if it can be, else an exact one and what is beside it.
fn split(row: &Row, mut groups: Range<usize>, context: &Context, out: &mut Vec<Found>) {
    while !groups.is_empty() {
        if let Some(found) = whole(row, groups.clone(), context) {
            out.push(found);
            return;
        }
        // Whoever writes a list of numbers writes a row of many groups: parts longer than a number's hold none.
        let ends = |from: usize| (from + 1..=groups.end.min(from + GROUPS_MAX)).rev();
        let windows = groups.clone().flat_map(|from| ends(from).map(move |to| from..to));
        let found = usual(row, groups.clone())
            .chain(windows)
            .filter(|way| stands_alone(row, &groups, way, context))
            .find_map(|way| Some((exact(row, way.clone(), context)?, way)));
        let Some((found, way)) = found else {
            let near = near_kind(row, groups.clone(), context).map(|(kind, _)| kind);
            out.extend(near.map(|kind| doubtful(row, kind, groups)));
            return;
        };
        split(row, groups.start..way.start, context, out);
        out.push(found);
        groups.start = way.end;
    }
}

/// The parts that are grouped as numbers usually are.
fn usual(row: &Row, groups: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let is_usual = |way: &Range<usize>| {
        let lens = || row.groups[way.clone()].iter().map(|group| group.digits.len());
        USUAL.iter().any(|usual| lens().eq(usual.iter().copied()))
    };
    let ways = groups.clone().flat_map(move |from| {
        let of = |len: usize| Some(from..from + len).filter(|way| way.end <= groups.end);
        [of(4), of(3)].into_iter().flatten()
    });
    ways.filter(is_usual)
}

/// Whether some of the groups may be a number of their own. In a row that nothing announces, a part
/// that fits by chance is no number: the end of a longer one, a date and a time.
fn stands_alone(row: &Row, all: &Range<usize>, part: &Range<usize>, context: &Context) -> bool {
    let announced = matches!(context.topic, Some(Topic::Person(_)));
    let ends = |at: usize| at == all.start || at == all.end || row.groups[at].apart;
    announced || part.len() == 1 || (ends(part.start) && ends(part.end))
}

/// The groups as one number, right in every digit if possible, else of about the right length.
fn whole(row: &Row, groups: Range<usize>, context: &Context) -> Option<Found> {
    let core = core(row, groups.clone());
    let ways = [core.clone(), groups.start..core.end, core.start..groups.end, groups];
    let ways = ways.map(|way| if way.len() <= GROUPS_MAX { way } else { 0..0 });
    let right = ways.iter().find_map(|way| exact(row, way.clone(), context));
    right.or_else(|| {
        let near = ways.iter().filter_map(|way| {
            let (kind, len) = near_kind(row, way.clone(), context)?;
            Some((near::excess(kind, len, context.english)?, kind, way))
        });
        let (_, kind, way) = near.min_by_key(|(excess, ..)| *excess)?;
        Some(doubtful(row, kind, way.clone()))
    })
}

/// The groups without words at their edges that only sound like digits.
fn core(row: &Row, groups: Range<usize>) -> Range<usize> {
    let hard = |&i: &usize| !row.groups[i].soft;
    match (groups.clone().find(hard), groups.clone().rfind(hard)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => groups.start..groups.start,
    }
}

fn exact(row: &Row, groups: Range<usize>, context: &Context) -> Option<Found> {
    let (digits, lens) = trusted(&row.groups[groups.clone()])?;
    let kind = kinds::classify(&digits, &lens, context)?;
    let mut one = found(row, Some(kind), kinds::shown(kind, &digits), groups, &digits);
    one.masked = kinds::masked(kind, &digits);
    Some(one)
}

fn near_kind(row: &Row, groups: Range<usize>, context: &Context) -> Option<(PiiKind, usize)> {
    let (digits, lens) = trusted(&row.groups[groups])?;
    near::classify(&digits, &lens, context).map(|kind| (kind, digits.len()))
}

fn doubtful(row: &Row, kind: PiiKind, groups: Range<usize>) -> Found {
    let (digits, _) = read(&row.groups[groups.clone()]);
    found(row, Some(kind), near::shown(kind, &digits), groups, &digits)
}

/// Some groups as something found, of which the first and the last digits are shown.
fn found(
    row: &Row,
    kind: Option<PiiKind>,
    shown: (usize, usize),
    groups: Range<usize>,
    digits: &str,
) -> Found {
    Found {
        kind,
        masked: kinds::stars(digits, shown.0, shown.1),
        hidden: row.hidden(groups.clone(), shown),
        parts: row.parts(groups),
    }
}

/// The digits, if three in five or more are certain.
fn trusted(groups: &[Group]) -> Option<(String, Vec<usize>)> {
    let (digits, lens) = read(groups);
    let soft: usize = groups.iter().filter(|one| one.soft).map(|one| one.digits.len()).sum();
    (!digits.is_empty() && soft * 5 <= digits.len() * 2).then_some((digits, lens))
}

fn read(groups: &[Group]) -> (String, Vec<usize>) {
    let digits = groups.iter().map(|group| group.digits.as_str()).collect();
    (digits, lens(groups))
}

fn lens(groups: &[Group]) -> Vec<usize> {
    groups.iter().map(|group| group.digits.len()).collect()
}

fn context(row: &Row, pieces: &[Piece<'_>]) -> Context {
    let (Some(first), Some(last)) = (row.groups.first(), row.groups.last()) else {
        return Context { topic: None, also: Vec::new(), is_amount: false, english: false };
    };
    let earlier = &pieces[first.piece].text[..first.at.start];
    let after = &pieces[last.piece].text[last.at.end..];
    let text = format!("{} {earlier}", pieces[first.piece].before);
    let skip = text.chars().count().saturating_sub(CONTEXT_CHARS);
    let before: String = text.chars().skip(skip).collect();
    let chinese = |text: &str| text.chars().any(is_hanzi);
    let answers = context::topic(earlier).is_none();
    Context {
        topic: context::topic(&before),
        also: if answers { context::topics(&pieces[first.piece].before) } else { Vec::new() },
        is_amount: context::is_amount(earlier, after),
        english: !chinese(pieces[first.piece].text) && !chinese(&before),
    }
}
