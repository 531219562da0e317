//! The call's speech as the rules read it: utterances in order, cut into tokens, counted in turns.
//!
//! In: final utterances. Out: tokens with marks, times and neighbours. An utterance's place and turn
//! never change when more of the call arrives, because it comes in the order of its start.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use crate::domain::{AudioTime, Party, Span, Utterance};
use crate::text::tokens;

use super::matcher::{Matcher, Pause, Spoken};
use super::stream::Spot;
use super::told;

/// Utterances of one speaker that follow one another within this time are one stretch of speech:
/// recognisers cut sentences at pauses. In milliseconds.
pub(crate) const JOIN_MS: u64 = 1500;

/// Most tokens that are looked at on either side of an utterance.
const NEIGHBOUR_TOKENS_MAX: usize = 24;

/// On one leg, another voice's words that end so shortly before an utterance may be its own: where one
/// voice takes over from another, recognisers give words early. In milliseconds.
const SEAM_MS: u64 = 300;
/// Most tokens that a seam may give to the wrong voice.
const SEAM_TOKENS_MAX: usize = 3;

/// An utterance, read.
#[derive(Debug, Clone)]
pub(crate) struct Said<'u> {
    pub(crate) utterance: Cow<'u, Utterance>,
    /// Unknown where parties are too unsure for the rules.
    pub(crate) party: Party,
    /// Counted over the whole call from zero; changes with the voice.
    pub(crate) turn: usize,
    pub(crate) spoken: Vec<Spoken>,
    /// The words' bytes in the text, as far as words and text agree; worked out when first asked for.
    words: OnceLock<Vec<Range<usize>>>,
    /// How near the words of phrases come to it; worked out when first asked for.
    nearness: OnceLock<Vec<f32>>,
}

impl Said<'_> {
    /// Whose voice it is: the party's, or where that is unknown the speaker's.
    pub(crate) fn voice(&self) -> (Party, Option<u8>) {
        voice(&self.utterance, self.party)
    }

    /// By word, the distance to the token that is nearest to it.
    pub(crate) fn nearness(&self, matcher: &Matcher) -> &[f32] {
        self.nearness.get_or_init(|| matcher.nearness(&self.spoken))
    }
}

fn voice(utterance: &Utterance, party: Party) -> (Party, Option<u8>) {
    (party, (party == Party::Unknown).then_some(utterance.speaker))
}

/// All utterances before the horizon, by start, leg, id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Speech<'u> {
    said: Vec<Said<'u>>,
    /// How many have been searched for phrases, in order of closing.
    searched: Vec<bool>,
}

impl<'u> Speech<'u> {
    pub(crate) fn all(&self) -> &[Said<'u>] {
        &self.said
    }

    /// Adds the next utterance in order.
    pub(crate) fn push(&mut self, utterance: Cow<'u, Utterance>, party: Party) {
        let turn = match self.said.last() {
            None => 0,
            Some(last) if last.voice() == voice(&utterance, party) => last.turn,
            Some(last) => last.turn + 1,
        };
        let mut spoken = read(utterance.text.as_str());
        // A mark at the end of the speaker's last utterance stands before this one's first token.
        let last = self.said.iter().rev().find(|said| said.utterance.speaker == utterance.speaker);
        if let (Some(last), Some(first)) = (last, spoken.first_mut()) {
            let mark =
                last.utterance.text.as_str().trim_end().chars().last().map_or(Pause::None, pause);
            first.pause = first.pause.max(mark);
        }
        let (words, nearness) = (OnceLock::new(), OnceLock::new());
        self.said.push(Said { utterance, party, turn, spoken, words, nearness });
        self.searched.push(false);
    }

    /// Utterances whose neighbours are all known now and that have not been searched yet.
    pub(crate) fn take_closed(&mut self, horizon: AudioTime) -> Vec<usize> {
        let closed: Vec<usize> = (0..self.said.len())
            .filter(|&i| !self.searched[i] && self.is_closed(i, horizon))
            .collect();
        closed.iter().for_each(|&i| self.searched[i] = true);
        closed
    }

    fn is_closed(&self, i: usize, horizon: AudioTime) -> bool {
        self.next_of_speaker(i).is_some()
            || self.said[i].utterance.span.end().plus_ms(JOIN_MS) < horizon
    }

    /// Hits that start before this are all known, those of a party or of anybody: what the other is saying may go on.
    pub(crate) fn complete(&self, horizon: AudioTime, by: Option<Party>) -> AudioTime {
        let may_be = |i: usize| {
            let party = self.said[i].party;
            by.is_none_or(|by| party == by || party == Party::Unknown)
        };
        let open = (0..self.said.len()).filter(|&i| {
            !self.searched[i] && (may_be(i) || self.voice_before(i).is_some_and(may_be))
        });
        let starts = open.map(|i| {
            // A hit may begin in the utterance before.
            let first = self.before(i).into_iter().chain(self.voice_before(i)).min().unwrap_or(i);
            self.said[first].utterance.span.start()
        });
        starts.min().unwrap_or(horizon).min(horizon)
    }

    /// The utterance, with as much of its neighbours as belongs to the same stretch of speech.
    pub(crate) fn stretch(&self, i: usize) -> Vec<(Spot, &Spoken)> {
        let mut out = Vec::new();
        if let Some(before) = self.before(i) {
            let skip = self.said[before].spoken.len().saturating_sub(NEIGHBOUR_TOKENS_MAX);
            out.extend(self.spots(before).skip(skip));
        }
        out.extend(self.spots(i));
        if let Some(next) = self.next_of_speaker(i).filter(|&next| self.joins(i, next)) {
            out.extend(self.spots(next).take(NEIGHBOUR_TOKENS_MAX));
        }
        out
    }

    fn spots(&self, i: usize) -> impl Iterator<Item = (Spot, &Spoken)> {
        let spot = move |(token, spoken)| (Spot { utterance: i, token }, spoken);
        self.said[i].spoken.iter().enumerate().map(spot)
    }

    /// The utterance behind the last words of another voice on the same leg, where no pause and no mark
    /// tells them apart: nobody says half a phrase that another voice ends.
    pub(crate) fn seam(&self, i: usize) -> Option<Vec<(Spot, &Spoken)>> {
        let before = self.voice_before(i)?;
        let skip = self.said[before].spoken.len().saturating_sub(SEAM_TOKENS_MAX);
        let head = self.spots(i).take(NEIGHBOUR_TOKENS_MAX);
        Some(self.spots(before).skip(skip).chain(head).collect())
    }

    /// Another voice that ends where this utterance begins, on the same leg, in mid-sentence.
    fn voice_before(&self, i: usize) -> Option<usize> {
        let one = &self.said[i].utterance;
        let k = (0..i).rev().find(|&k| self.said[k].utterance.leg == one.leg)?;
        let last = &self.said[k].utterance;
        let near = one.span.start().since_ms(last.span.end()) <= SEAM_MS;
        let unmarked = || last.text.as_str().trim_end().chars().last().map(pause);
        (!self.same_speaker(k, i) && near && unmarked() == Some(Pause::None)).then_some(k)
    }

    fn before(&self, i: usize) -> Option<usize> {
        let same = |&k: &usize| self.same_speaker(k, i);
        (0..i).rev().find(same).filter(|&k| self.joins(k, i))
    }

    fn next_of_speaker(&self, i: usize) -> Option<usize> {
        (i + 1..self.said.len()).find(|&k| self.same_speaker(i, k))
    }

    fn same_speaker(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.said[a], &self.said[b]);
        a.utterance.speaker == b.utterance.speaker && a.party == b.party
    }

    fn joins(&self, first: usize, second: usize) -> bool {
        let (first, second) = (&self.said[first].utterance.span, &self.said[second].utterance.span);
        second.start().since_ms(first.end()) <= JOIN_MS
    }

    /// When a token was said, and how surely it was recognised.
    pub(crate) fn heard_at(&self, spot: Spot) -> (Span, f32) {
        let said = &self.said[spot.utterance];
        let at = said.spoken[spot.token].token.at.clone();
        let words = said.words.get_or_init(|| words_in(&said.utterance));
        word_at(&said.utterance, words, at)
    }

    /// The text from one token to another, with the punctuation between.
    pub(crate) fn quote(&self, from: Spot, to: Spot) -> String {
        let text = |i: usize| self.said[i].utterance.text.as_str();
        let start = self.said[from.utterance].spoken[from.token].token.at.start;
        let end = self.said[to.utterance].spoken[to.token].token.at.end;
        if from.utterance == to.utterance {
            return text(from.utterance).get(start..end).unwrap_or_default().to_owned();
        }
        let head = text(from.utterance).get(start..).unwrap_or_default();
        let tail = text(to.utterance).get(..end).unwrap_or_default();
        format!("{} {tail}", head.trim_end())
    }
}

/// Where an utterance's words stand in its text, up to the first that is not there.
fn words_in(utterance: &Utterance) -> Vec<Range<usize>> {
    let text = utterance.text.as_str();
    let mut out: Vec<Range<usize>> = Vec::with_capacity(utterance.words.len());
    for word in &utterance.words {
        let cursor = out.last().map_or(0, |last| last.end);
        let piece = word.text.as_str().trim();
        let Some(rest) = text.get(cursor..) else { break };
        // Nearly always it comes next, and need not be searched for.
        let next = if rest.starts_with(piece) { Some(0) } else { rest.find(piece) };
        let Some(found) = next else { break };
        out.push(cursor + found..cursor + found + piece.len());
    }
    out
}

/// When some bytes of an utterance's text were said. Where words and text disagree, the time is shared
/// out evenly over the text.
fn word_at(utterance: &Utterance, words: &[Range<usize>], bytes: Range<usize>) -> (Span, f32) {
    let (start, end) = (bytes.start, bytes.end);
    let mut span: Option<Span> = None;
    let (mut sum, mut count) = (0.0f32, 0.0f32);
    for (word, at) in utterance.words.iter().zip(words) {
        if at.start < end && at.end > start {
            span = Some(span.map_or(word.span, |span| span.cover(word.span)));
            sum += told::share(word.confidence);
            count += 1.0;
        }
    }
    if let Some(span) = span {
        return (span, sum / count);
    }
    let (whole, len) = (utterance.span, utterance.text.as_str().len().max(1) as u64);
    let at = |byte: usize| whole.start().plus_ms(whole.len_ms() * byte as u64 / len);
    (Span::at_least_1_ms(at(start), at(end)), told::share(utterance.confidence))
}

/// Cuts a text into tokens and notes the marks between them.
pub(crate) fn read(text: &str) -> Vec<Spoken> {
    let mut end = 0;
    let mut quotes = Quotes::default();
    let tokens = tokens(text);
    let mut out: Vec<Spoken> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let between = text.get(end..token.at.start).unwrap_or_default();
        let pause = match out.last() {
            Some(title) if between.trim() == "." && is_title(title) => Pause::None,
            _ => between.chars().map(pause).max().unwrap_or(Pause::None),
        };
        between.chars().for_each(|c| quotes.pass(c));
        end = token.at.end;
        out.push(Spoken { token, pause, quoted: quotes.open, asks: false });
    }
    // The last mark belongs to no token: a question shows only there.
    let last = text.get(end..).unwrap_or_default().chars().map(pause).max();
    if let (Some(last), Some(spoken)) = (last, out.last_mut())
        && last == Pause::Question
    {
        spoken.asks = true;
    }
    out
}

/// A title is written with a dot that ends no sentence.
fn is_title(before: &Spoken) -> bool {
    matches!(before.token.text.as_str(), "mr" | "mrs" | "ms" | "dr")
}

fn pause(c: char) -> Pause {
    match c {
        '?' | '？' => Pause::Question,
        '。' | '！' | '!' | '…' | '.' => Pause::Sentence,
        '，' | ',' | '、' | '；' | ';' | '：' | ':' | '—' => Pause::Clause,
        _ => Pause::None,
    }
}

/// Whether we are inside quotation marks. Straight ones open and close in turn.
#[derive(Debug, Default)]
struct Quotes {
    open: bool,
}

impl Quotes {
    fn pass(&mut self, c: char) {
        match c {
            '“' | '「' | '『' | '‘' => self.open = true,
            '”' | '」' | '』' => self.open = false,
            '"' => self.open = !self.open,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_quotes() {
        let spoken = read("您好。前台说“不管”，是吗？");
        let drawn: String = spoken
            .iter()
            .map(|s| match (s.pause, s.quoted) {
                (Pause::None, false) => '-',
                (Pause::None, true) => 'q',
                (_, true) => 'Q',
                (Pause::Clause, _) => ',',
                _ => '.',
            })
            .collect();
        assert_eq!(drawn, "--.--qq,-");
        assert!(spoken.last().unwrap().asks);
        let after: Vec<Pause> = read("Hi Ms. Lee. Yes.").iter().map(|s| s.pause).collect();
        assert_eq!(after, [Pause::None, Pause::None, Pause::None, Pause::Sentence]);
    }
}
