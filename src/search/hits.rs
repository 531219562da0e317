//! The utterances of a call that answer, with what to light up and where to play.

use std::collections::BTreeMap;
use std::ops::Range;

use tantivy::TantivyError;

use super::doc::SaidDoc;
use super::places::{Reader, Span, row_of};
use super::plan::{Places, Test};
use super::request::{Hit, Mark};
use super::segment::Segment;
use super::units::{Unit, units};

/// The best utterances of a call, by time, and how many answer.
pub(super) fn of_call(
    test: &Test,
    reader: &mut Reader<'_>,
    segment: &Segment,
    doc: u32,
    said: &[SaidDoc],
    hits_max: usize,
) -> Result<(Vec<Hit>, usize), TantivyError> {
    let mut spans = Vec::new();
    gather(test, reader, doc, &mut spans)?;
    let mut rows = Vec::new();
    segment.rows(doc, &mut rows);
    let mut by_row: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
    for span in spans {
        let ix = row_of(&rows, span.from);
        let spans = by_row.entry(ix).or_default();
        if !spans.contains(&span) {
            spans.push(span);
        }
    }
    let total = by_row.len();
    let mut best: Vec<(usize, Vec<Span>)> = by_row.into_iter().collect();
    best.sort_by_key(|(_, spans)| std::cmp::Reverse(spans.len()));
    best.truncate(hits_max);
    best.sort_by_key(|&(ix, _)| ix);
    let hit = |(ix, spans): (usize, Vec<Span>)| {
        let (one, row) = (said.get(ix)?, rows.get(ix)?);
        let units = units(&one.text);
        let mut marks: Vec<Mark> =
            spans.iter().filter_map(|span| mark(one, &units, row.at, span)).collect();
        marks.sort_by_key(|mark| (mark.chars.start, mark.chars.end));
        Some(Hit {
            utterance: ix as u32,
            leg: one.leg,
            party: one.party,
            start_ms: one.start_ms,
            end_ms: one.end_ms,
            text: one.text.clone(),
            marks: merged(marks),
        })
    };
    Ok((best.into_iter().filter_map(hit).collect(), total))
}

/// The places that make a call answer; those of what must not be said there are none of.
fn gather(
    test: &Test,
    reader: &mut Reader<'_>,
    doc: u32,
    out: &mut Vec<Span>,
) -> Result<(), TantivyError> {
    match test {
        Test::Somewhere(places) => seen(places, reader, doc, out)?,
        Test::All(all) | Test::Any(all) => {
            for one in all {
                gather(one, reader, doc, out)?;
            }
        }
        Test::Not(_) => {}
    }
    Ok(())
}

fn seen(
    places: &Places,
    reader: &mut Reader<'_>,
    doc: u32,
    out: &mut Vec<Span>,
) -> Result<(), TantivyError> {
    reader.evidence = Some(Vec::new());
    let spans = reader.spans(places, doc)?;
    let held_against = reader.evidence.take().unwrap_or_default();
    if !spans.is_empty() {
        out.extend(spans);
        out.extend(held_against);
    }
    Ok(())
}

fn mark(one: &SaidDoc, units: &[Unit], at: u32, span: &Span) -> Option<Mark> {
    let first = units.get(span.from.checked_sub(at)? as usize)?;
    let last = units.get((span.to.checked_sub(at)? as usize).min(units.len()).checked_sub(1)?)?;
    let chars = |bytes: usize| one.text[..bytes].chars().count();
    let chars = chars(first.at.start)..chars(last.at.end.max(first.at.end));
    let (start_ms, end_ms) = when(one, &chars);
    Some(Mark { chars, start_ms, end_ms })
}

/// From the first word that touches the characters to the last; by proportion where no words are known.
fn when(one: &SaidDoc, chars: &Range<usize>) -> (u64, u64) {
    let touched = one.words.iter().filter(|word| {
        (word.chars.start as usize) < chars.end && chars.start < word.chars.end as usize
    });
    let times = touched.fold(None, |times: Option<(u64, u64)>, word| {
        let (start, end) = times.unwrap_or((word.start_ms, word.end_ms));
        Some((start.min(word.start_ms), end.max(word.end_ms)))
    });
    times.unwrap_or_else(|| {
        let all = one.text.chars().count().max(1) as u64;
        let at = |char: usize| {
            one.start_ms + one.end_ms.saturating_sub(one.start_ms) * char as u64 / all
        };
        (at(chars.start), at(chars.end))
    })
}

/// Marks that overlap or touch become one.
fn merged(marks: Vec<Mark>) -> Vec<Mark> {
    let mut out: Vec<Mark> = Vec::new();
    for mark in marks {
        match out.last_mut().filter(|last| mark.chars.start <= last.chars.end) {
            Some(last) => {
                last.chars.end = last.chars.end.max(mark.chars.end);
                last.start_ms = last.start_ms.min(mark.start_ms);
                last.end_ms = last.end_ms.max(mark.end_ms);
            }
            None => out.push(mark),
        }
    }
    out
}
