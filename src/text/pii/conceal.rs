//! Starring personal data out of a call: in its utterances and their words, in quotes, in what was
//! rejected.
//!
//! In: an ended call with its scorecards. Out: the same with digits replaced by stars where they stand,
//! so that words keep their number, order and times, and a page or a search still lines up with the
//! audio. It must never show more than it was given; what is not found is not hidden.

use std::collections::BTreeMap;
use std::ops::Range;

use super::rows::{Hidden, rows};
use super::{Found, Piece, in_rejected, in_streams, is_near, mask};
use crate::domain::{
    CallInfo, EndedCall, Evidence, Proof, Scorecard, Sensitive, Span, Utterance, Verdict,
};

/// What to star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conceal {
    /// All personal data.
    All,
    /// Only what nobody may keep, see [`crate::domain::PiiKind::is_never_kept`].
    NeverKept,
}

/// Digits in a row that are hidden in a text of which only the time is known.
const RUN_DIGITS_MIN: usize = 3;

/// A stretch of a text and what is shown in its place.
type Edit = (Range<usize>, String);

/// Stars personal data out of all texts of a call.
pub fn conceal(
    info: &mut CallInfo,
    ended: &mut EndedCall,
    scorecards: &mut [Scorecard],
    what: Conceal,
) {
    let said = ended.transcript.utterances.clone();
    let edits = edits(&said, what);
    let pii: Vec<Span> = ended.pii.iter().map(|pii| pii.span).collect();
    for finding in scorecards.iter_mut().flat_map(|card| &mut card.findings) {
        in_verdict(&mut finding.verdict, |item| hide(item, &said, &edits, &pii, what));
    }
    for utterance in &mut ended.transcript.utterances {
        if let Some(edits) = edits.get(&utterance.id) {
            in_utterance(utterance, edits);
        }
    }
    for one in &mut ended.transcript.rejected {
        let found = in_rejected(one, &said);
        let mut edits: Vec<Edit> = found
            .iter()
            .filter(|found| is_meant(found, what))
            .flat_map(|found| edits_of(found, &[one.text.as_str()]))
            .map(|(_, edit)| edit)
            .collect();
        if what == Conceal::All && ended.pii.iter().any(|pii| is_near(pii.span, one.span)) {
            edits = digit_rows(one.text.as_str());
        }
        one.text = applied(one.text.as_str(), &edits).into();
    }
    if what == Conceal::All {
        for value in info.extra.values_mut() {
            *value = mask_json(value);
        }
    }
}

/// JSON text of a sidecar's own key; a number that must be starred becomes a text.
fn mask_json(json: &str) -> String {
    let masked = mask(json);
    let bare = masked != json && !json.starts_with(['"', '[', '{']);
    if bare { format!("\"{masked}\"") } else { masked }
}

fn is_meant(found: &Found, what: Conceal) -> bool {
    match what {
        Conceal::All => true,
        Conceal::NeverKept => found.kind.is_some_and(|kind| kind.is_never_kept()),
    }
}

/// By utterance, in order of place.
fn edits(utterances: &[Utterance], what: Conceal) -> BTreeMap<u32, Vec<Edit>> {
    let mut out: BTreeMap<u32, Vec<Edit>> = BTreeMap::new();
    for (members, found) in in_streams(utterances) {
        let texts: Vec<&str> = members.iter().map(|one| one.text.as_str()).collect();
        for one in found.iter().filter(|one| is_meant(one, what)) {
            for (piece, edit) in edits_of(one, &texts) {
                out.entry(members[piece].id).or_default().push(edit);
            }
        }
    }
    out.values_mut().for_each(|edits| edits.sort_by_key(|(at, _)| at.start));
    out
}

/// Where and by what the texts of what was found are replaced.
fn edits_of(found: &Found, texts: &[&str]) -> Vec<(usize, Edit)> {
    if found.hidden.is_empty() {
        // An address: no digits to star.
        let whole =
            |(piece, at): &(usize, Range<usize>)| (*piece, (at.clone(), found.masked.clone()));
        return found.parts.iter().map(whole).collect();
    }
    let edits = |hidden: &Hidden| {
        let stars = stars(texts[hidden.piece], hidden);
        let piece = hidden.piece;
        stars.into_iter().map(move |edit| (piece, edit)).collect::<Vec<_>>()
    };
    found.hidden.iter().flat_map(edits).collect()
}

/// A star for each hidden digit of a numeral; for a word of which any digit is hidden, a star for each.
fn stars(text: &str, hidden: &Hidden) -> Vec<Edit> {
    let numeral = &text[hidden.at.clone()];
    let digits: Vec<(usize, char)> =
        numeral.char_indices().filter(|(_, c)| is_numeral(*c)).collect();
    if digits.len() != hidden.stars.len() {
        return vec![(hidden.at.clone(), "*".repeat(hidden.stars.len()))];
    }
    let starred = digits.iter().zip(&hidden.stars).filter(|(_, star)| **star);
    starred
        .map(|((at, c), _)| {
            let start = hidden.at.start + at;
            (start..start + c.len_utf8(), "*".to_owned())
        })
        .collect()
}

/// A character that says one digit by itself, in whatever script.
fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || ('０'..='９').contains(&c)
        || c == 'X'
        || c == 'x'
        || crate::text::fold::is_hanzi(c)
}

/// All digits of all longer rows: where only the time says that a secret is told.
fn digit_rows(text: &str) -> Vec<Edit> {
    let piece = Piece { text, continues: false, before: String::new() };
    let rows = rows(&[piece]);
    let long = rows.iter().filter(|row| row.len() >= RUN_DIGITS_MIN);
    long.flat_map(|row| row.hidden(0..row.groups.len(), (0, 0)))
        .flat_map(|hidden| stars(text, &hidden))
        .collect()
}

/// The text with its edits made, which are in order and do not overlap.
fn applied(text: &str, edits: &[Edit]) -> String {
    within(text, &(0..text.len()), edits)
}

/// A part of a text with the edits made that lie in it; one that reaches over its edge is made whole.
fn within(text: &str, part: &Range<usize>, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(part.len());
    let mut at = part.start;
    for (range, shown) in edits {
        if range.end <= at || part.end <= range.start {
            continue;
        }
        out.push_str(&text[at..range.start.max(at)]);
        out.push_str(shown);
        at = range.end;
    }
    out.push_str(text.get(at..part.end).unwrap_or_default());
    out
}

fn in_utterance(utterance: &mut Utterance, edits: &[Edit]) {
    let text = utterance.text.as_str();
    let mut cursor = 0;
    let mut words = Vec::with_capacity(utterance.words.len());
    for word in &utterance.words {
        let written = word.text.as_str();
        let wanted = written.trim();
        let place = text[cursor..].find(wanted).map(|found| cursor + found);
        words.push(match place {
            Some(start) => {
                cursor = start + wanted.len();
                let shown = in_word(text, &(start..cursor), edits);
                written.replace(wanted, &shown)
            }
            // Words and text disagree: what cannot be lined up must not give the number away.
            None => applied(written, &digit_rows(written)),
        });
    }
    utterance.text = applied(text, edits).into();
    for (word, shown) in utterance.words.iter_mut().zip(words) {
        word.text = shown.into();
    }
}

/// A word's part of its utterance. An edit over several words is shown in the first and leaves the
/// others only stars.
fn in_word(text: &str, word: &Range<usize>, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut at = word.start;
    for (range, shown) in edits {
        if range.end <= at || word.end <= range.start {
            continue;
        }
        out.push_str(&text[at..range.start.max(at)]);
        out.push_str(if range.start >= word.start { shown } else { "*" });
        at = range.end.min(word.end);
    }
    out.push_str(&text[at..word.end]);
    out
}

/// How quotes of one call are shown to people, where a whole report is not made anew.
#[derive(Debug)]
pub struct Veil<'a> {
    said: &'a [Utterance],
    edits: BTreeMap<u32, Vec<Edit>>,
    pii: Vec<Span>,
}

impl<'a> Veil<'a> {
    /// Over what was said; `pii`: where the call's report says that personal data is heard.
    pub fn over(said: &'a [Utterance], pii: Vec<Span>) -> Self {
        Self { said, edits: edits(said, Conceal::All), pii }
    }

    /// A piece of evidence as a masked report shows it.
    pub fn hide(&self, item: &mut Evidence) {
        hide(item, self.said, &self.edits, &self.pii, Conceal::All);
    }

    /// All evidence of a scorecard as a masked report shows it.
    pub fn hide_in(&self, card: &mut Scorecard) {
        for finding in &mut card.findings {
            in_verdict(&mut finding.verdict, |item| self.hide(item));
        }
    }
}

fn hide(
    item: &mut Evidence,
    said: &[Utterance],
    edits: &BTreeMap<u32, Vec<Edit>>,
    pii: &[Span],
    what: Conceal,
) {
    let Some(quote) = &item.quote else { return };
    let shown = match item.span {
        Some(span) => {
            let near: Vec<&Utterance> = said.iter().filter(|one| is_near(one.span, span)).collect();
            let found = quoted(quote.as_str(), &near, edits);
            let secret = || pii.iter().any(|pii| is_near(*pii, span));
            match found {
                Some(shown) => shown,
                None if what == Conceal::All && secret() => {
                    applied(quote.as_str(), &digit_rows(quote.as_str()))
                }
                None => quote.as_str().to_owned(),
            }
        }
        None if what == Conceal::All => mask(quote.as_str()),
        None => quote.as_str().to_owned(),
    };
    item.quote = Some(Sensitive::from(shown));
}

fn in_verdict(verdict: &mut Verdict, hide: impl FnMut(&mut Evidence)) {
    match verdict {
        Verdict::Met(proof) | Verdict::NotMet(proof) => {
            let mut evidence = proof.evidence().to_vec();
            evidence.iter_mut().for_each(hide);
            if let Some(hidden) = Proof::new(evidence) {
                *proof = hidden;
            }
        }
        Verdict::Undetermined(doubt) => doubt.evidence.iter_mut().for_each(hide),
        Verdict::NotApplicable => {}
    }
}

/// A quote as its utterance shows it, or the end of one and the beginning of another.
fn quoted(quote: &str, near: &[&Utterance], edits: &BTreeMap<u32, Vec<Edit>>) -> Option<String> {
    let none = Vec::new();
    let of = |one: &Utterance| edits.get(&one.id).unwrap_or(&none);
    let whole = near.iter().find_map(|one| {
        let text = one.text.as_str();
        let start = text.find(quote)?;
        Some(within(text, &(start..start + quote.len()), of(one)))
    });
    whole.or_else(|| {
        quote.match_indices(' ').find_map(|(at, _)| {
            let (head, tail) = (&quote[..at], &quote[at + 1..]);
            let first = near.iter().find(|one| one.text.as_str().trim_end().ends_with(head))?;
            let last = near.iter().find(|one| one.text.as_str().starts_with(tail))?;
            let (text, end) = (first.text.as_str(), first.text.as_str().trim_end().len());
            let head = within(text, &(end - head.len()..end), of(first));
            let tail = within(last.text.as_str(), &(0..tail.len()), of(last));
            Some(format!("{head} {tail}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LegIx, Party, Span, Word};

    fn said(leg: u8, start: u64, words: &[&str], between: &str) -> Utterance {
        let at = |ix: usize| start + 100 * ix as u64;
        Utterance {
            id: start as u32,
            leg: LegIx(leg),
            speaker: leg,
            party: if leg == 0 { Party::Agent } else { Party::Customer },
            span: Span::from_ms(start, at(words.len())).unwrap(),
            text: words.join(between).into(),
            confidence: 1.0,
            words: words
                .iter()
                .enumerate()
                .map(|(ix, word)| Word {
                    text: (*word).into(),
                    span: Span::from_ms(at(ix), at(ix + 1)).unwrap(),
                    confidence: 1.0,
                })
                .collect(),
        }
    }

    fn shown(utterances: &[Utterance], what: Conceal) -> Vec<(String, String)> {
        let edits = edits(utterances, what);
        let one = |utterance: &Utterance| {
            let mut utterance = utterance.clone();
            if let Some(edits) = edits.get(&utterance.id) {
                in_utterance(&mut utterance, edits);
            }
            let words: Vec<&str> = utterance.words.iter().map(|word| word.text.as_str()).collect();
            (utterance.text.as_str().to_owned(), words.join("|"))
        };
        utterances.iter().map(one).collect()
    }

    #[track_caller]
    fn check(words: &[&str], between: &str, text: &str, by_word: &str) {
        let got = shown(&[said(1, 0, words, between)], Conceal::All);
        assert_eq!(got, [(text.to_owned(), by_word.to_owned())]);
    }

    #[test]
    fn digits_are_starred_where_they_stand() {
        check(
            &["电话", "幺九九零", "零零零六", "幺三六。"],
            "",
            "电话幺九九****六幺三六。",
            "电话|幺九九*|***六|幺三六。",
        );
        check(
            &["Call", "two", "oh", "two", "double", "five", "five", "oh", "one", "six", "three"],
            " ",
            "Call two oh two ** * oh one six three",
            "Call|two|oh|two|**|*|*|oh|one|six|three",
        );
        check(
            &["卡号6222", "0212", "3456", "7894,", "对"],
            " ",
            "卡号6222 02** **** 7894, 对",
            "卡号6222|02**|****|7894,|对",
        );
        check(
            &["身份证110199", "1959", "1216", "9120。"],
            "",
            "身份证110199********9120。",
            "身份证110199|****|****|9120。",
        );
        check(
            &["write", "to", "a.b@c.com", "now"],
            " ",
            "write to a***@c.com now",
            "write|to|a***@c.com|now",
        );
        check(&["１９９００００６１３６"], "", "１９９****６１３６", "１９９****６１３６");
        check(&["订单63028025"], "", "订单63028025", "订单63028025");
        check(&["安全码", "是", "七三二"], "", "安全码是***", "安全码|是|***");
    }

    #[test]
    fn only_what_nobody_may_keep_is_starred_when_asked_to_keep() {
        let lines = [said(1, 0, &["电话19900006136，安全码732"], "")];
        assert_eq!(shown(&lines, Conceal::NeverKept)[0].0, "电话19900006136，安全码***");
    }

    #[test]
    fn a_number_over_several_utterances_is_starred_in_each() {
        let lines = [
            said(1, 0, &["幺九九零零"], ""),
            said(0, 600, &["嗯"], ""),
            said(1, 900, &["零零六幺三六好"], ""),
        ];
        let got: Vec<String> = shown(&lines, Conceal::All).into_iter().map(|pair| pair.0).collect();
        assert_eq!(got, ["幺九九**", "嗯", "**六幺三六好"]);
    }

    #[test]
    fn quotes_show_what_their_utterances_show() {
        let first = said(1, 0, &["我电话幺九九零零"], "");
        let second = said(1, 900, &["零零六幺三六好的"], "");
        let lines = [first, second];
        let edits = edits(&lines, Conceal::All);
        let near: Vec<&Utterance> = lines.iter().collect();
        for (quote, want) in
            [("电话幺九九零零", "电话幺九九**"), ("九零零 零零六", "九** **六"), ("好的", "好的")]
        {
            assert_eq!(quoted(quote, &near, &edits).as_deref(), Some(want));
        }
        assert_eq!(quoted("别的", &near, &edits), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_and_no_word_is_lost(text in "\\PC{0,30}|[0-9幺零一 ,.@ax-]{0,40}") {
            let line = said(1, 0, &text.split(' ').collect::<Vec<_>>(), " ");
            let got = shown(std::slice::from_ref(&line), Conceal::All);
            proptest::prop_assert_eq!(got[0].1.matches('|').count(), line.text.as_str().matches([' ', '|']).count());
        }
    }
}
