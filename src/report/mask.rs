//! Starring personal data out of the text that people see.
//!
//! In: a report, whose `pii` says where such data is heard. Out: the same report with the words there
//! replaced. Where words and numbers cannot be told apart it hides too much, never too little. What
//! the recogniser of personal data did not find is not hidden.

use crate::wire::report::{Pii, Report, Utterance, Word};

/// Digits in a row that are hidden in text which overlaps personal data.
const RUN_DIGITS_MIN: usize = 5;

/// The report with personal data starred out of utterances, rejected texts and quotes.
pub fn masked(report: &Report) -> Report {
    let mut shown = report.clone();
    // No page shows what else the sidecar said, and nobody vouches for what it holds.
    shown.call.extra.clear();
    if shown.masked {
        return shown;
    }
    let mut raw = Vec::new();
    let spaced = !matches!(report.transcript.language.as_str(), "zh" | "yue" | "ja" | "th");
    for utterance in &mut shown.transcript.utterances {
        hide_in_utterance(utterance, &report.pii, spaced, &mut raw);
    }
    for rejected in &mut shown.transcript.rejected {
        let near = overlapping(&report.pii, Some(rejected.leg), rejected.start_s, rejected.end_s);
        hide(&mut rejected.text, near, &raw);
    }
    for finding in shown.scorecards.iter_mut().flat_map(|card| &mut card.findings) {
        for item in &mut finding.evidence {
            let (Some(quote), Some(start_s), Some(end_s)) =
                (&mut item.quote, item.start_s, item.end_s)
            else {
                continue;
            };
            hide(quote, overlapping(&report.pii, item.leg, start_s, end_s), &raw);
        }
    }
    shown
}

fn overlapping(
    pii: &[Pii],
    leg: Option<u8>,
    start_s: f64,
    end_s: f64,
) -> impl Iterator<Item = &Pii> + Clone {
    pii.iter().filter(move |item| {
        leg.is_none_or(|leg| leg == item.leg) && item.start_s < end_s && start_s < item.end_s
    })
}

/// Replaces the words that carry personal data by one masked word, and remembers what they said.
fn hide_in_utterance(
    utterance: &mut Utterance,
    pii: &[Pii],
    spaced: bool,
    raw: &mut Vec<(String, String)>,
) {
    let near = overlapping(pii, Some(utterance.leg), utterance.start_s, utterance.end_s);
    if near.clone().next().is_none() {
        return;
    }
    if utterance.words.is_empty() {
        hide(&mut utterance.text, near, raw);
        return;
    }
    for item in near {
        let inside = |word: &Word| item.start_s < word.end_s && word.start_s < item.end_s;
        let Some(first) = utterance.words.iter().position(inside) else { continue };
        let last = utterance.words.iter().rposition(inside).unwrap_or(first);
        let said = joined(&utterance.words[first..=last], spaced);
        let (from, to) = secret_part(&said, &item.kind);
        raw.push((said[from..to].to_owned(), item.masked.clone()));
        let end_s = utterance.words[last].end_s;
        let word = &mut utterance.words[first];
        word.text = format!("{}{}{}", &said[..from], item.masked, &said[to..]);
        word.end_s = end_s;
        utterance.words.drain(first + 1..=last);
    }
    utterance.text = joined(&utterance.words, spaced);
}

fn joined(words: &[Word], spaced: bool) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.trim()).collect();
    texts.join(if spaced { " " } else { "" })
}

/// The bytes to hide: from the first digit to the last; all but final punctuation where the
/// number is spelled in words or is no number.
fn secret_part(said: &str, kind: &str) -> (usize, usize) {
    let digit = |c: char| is_digit(c) || c == 'X' || c == 'x';
    let many = said.chars().filter(|c| is_digit(*c)).count() >= RUN_DIGITS_MIN;
    match (kind, said.find(is_digit), said.rfind(digit)) {
        (kind, Some(from), Some(last)) if kind != "email" && many => {
            let width = said[last..].chars().next().map_or(0, char::len_utf8);
            (from, (last + width).max(from))
        }
        _ => (0, said.trim_end_matches(|c: char| !c.is_alphanumeric()).len()),
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || "零〇一二三四五六七八九幺".contains(c)
}

/// Hides in a text without word times: what was hidden in the words, then any long run of digits; where neither is there,
/// the number is spelled or is no number, and the text is hidden as a whole.
fn hide<'a>(text: &mut String, near: impl Iterator<Item = &'a Pii>, raw: &[(String, String)]) {
    let mut hits = near.peekable();
    let Some(first) = hits.peek().map(|item| item.masked.clone()) else { return };
    for (said, masked) in raw.iter().filter(|(said, _)| said.chars().count() >= RUN_DIGITS_MIN) {
        *text = text.replace(said, masked);
    }
    *text = without_runs(text, &first);
    if !text.contains(first.as_str()) {
        *text = first;
    }
}

fn without_runs(text: &str, masked: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let close = |run: &mut String, out: &mut String| {
        let digits = run.chars().filter(|c| is_digit(*c)).count();
        let tail = run.len() - run.trim_end_matches([' ', '-']).len();
        let kept = run.split_off(run.len() - tail);
        out.push_str(if digits >= RUN_DIGITS_MIN { masked } else { run.as_str() });
        out.push_str(&kept);
        run.clear();
    };
    for c in text.chars() {
        if is_digit(c) || (!run.is_empty() && matches!(c, ' ' | '-')) {
            run.push(c);
        } else {
            close(&mut run, &mut out);
            out.push(c);
        }
    }
    close(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_of_digits_is_hidden() {
        for (text, expected) in [
            ("电话是幺九九零零零零四九七五，对吗", "电话是#，对吗"),
            ("call 202-555-0134 now", "call # now"),
            ("工号1187", "工号1187"),
            ("一二三四五", "#"),
            ("a - b", "a - b"),
        ] {
            assert_eq!(without_runs(text, "#"), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_run_is_left_and_nothing_else_is_lost(text in "[a9五 ,-]{0,24}") {
            let shown = without_runs(&text, "#");
            let longest = shown.split(|c| !is_digit(c) && c != ' ' && c != '-')
                .map(|run| run.chars().filter(|c| is_digit(*c)).count()).max();
            proptest::prop_assert!(longest < Some(RUN_DIGITS_MIN), "{shown}");
            let others = |text: &str| text.chars().filter(|c| "a,".contains(*c)).count();
            proptest::prop_assert_eq!(others(&shown), others(&text));
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_hidden_whole() {
        let item = |kind: &str, masked: &str| Pii {
            kind: kind.into(),
            leg: 0,
            start_s: 0.0,
            end_s: 9.0,
            masked: masked.into(),
        };
        for (kind, text, expected) in [
            ("email", "write to john.smith@gmail.com now", "*"),
            ("phone", "it is two zero two five five five oh one three four", "*"),
            ("phone", "call 202-555-0134 now", "call * now"),
        ] {
            let mut shown = text.to_owned();
            hide(&mut shown, [item(kind, "*")].iter(), &[]);
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn only_the_number_is_hidden_in_its_words() {
        for (said, kind, hidden) in [
            ("号码是19900001121，", "phone", "19900001121"),
            ("11019919900101123X。", "id_card", "11019919900101123X"),
            ("two oh two, five five.", "phone", "two oh two, five five"),
            ("a1@b.cn.", "email", "a1@b.cn"),
        ] {
            let (from, to) = secret_part(said, kind);
            assert_eq!(&said[from..to], hidden);
        }
    }
}
