//! Which words are whose: a leg's words cut into runs of one voice.
//!
//! In: words with their times, and the turns of [`super::Diarization`]. Out: runs of word indices. Word
//! times and turn times each err by some tenths of a second, so a change of speaker is moved to a pause
//! or the end of a sentence when one is near.

use std::ops::Range;

use super::diarize::{Turn, turn_at};
use crate::domain::{AudioTime, Word};

/// A change is moved at most this far, in milliseconds.
const MOVE_MS_MAX: u64 = 700;
/// What the end of a sentence is worth, and the end of a clause, as milliseconds of pause.
const SENTENCE_MS: i64 = 500;
const CLAUSE_MS: i64 = 250;
/// A pause counts up to this, in milliseconds.
const PAUSE_MS_MAX: i64 = 800;
/// A run shorter than this inside another voice's sentence is noise, in milliseconds.
const RUN_MS_MIN: u64 = 400;

/// Neighbouring words of one voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The voice.
    pub speaker: u8,
    /// Which words.
    pub words: Range<usize>,
}

/// Cuts `words` (in time order) into runs of one voice. Every word is in exactly one run; without
/// turns all are voice 0's.
pub fn attribute(words: &[Word], turns: &[Turn]) -> Vec<Run> {
    let at = |word: &Word| turn_at(turns, middle(word)).map_or(0, |turn| turn.speaker);
    let mut speakers: Vec<u8> = words.iter().map(at).collect();
    drop_noise(words, &mut speakers);
    let changes: Vec<usize> =
        (1..words.len()).filter(|i| speakers[*i] != speakers[i - 1]).collect();
    let mut bounds = vec![0];
    for (n, change) in changes.iter().enumerate() {
        let floor = bounds[n] + 1;
        let ceiling = changes.get(n + 1).copied().unwrap_or(words.len());
        bounds.push(best_cut(words, turns, *change, floor..ceiling));
    }
    bounds.push(words.len());
    // A run keeps the voice that held at its change, wherever the cut was moved.
    let voices = std::iter::once(0).chain(changes.iter().copied());
    bounds
        .windows(2)
        .zip(voices)
        .filter(|(bounds, _)| bounds[0] < bounds[1])
        .map(|(bounds, change)| Run { speaker: speakers[change], words: bounds[0]..bounds[1] })
        .collect()
}

fn middle(word: &Word) -> AudioTime {
    word.span.start().plus_ms(word.span.len_ms() / 2)
}

/// Gives a short run back to the voice around it, unless pauses or sentence ends set it apart.
fn drop_noise(words: &[Word], speakers: &mut [u8]) {
    let mut start = 0;
    while start < speakers.len() {
        let voice = speakers[start];
        let end = start + speakers[start..].iter().take_while(|s| **s == voice).count();
        let inner = start > 0 && end < speakers.len() && speakers[start - 1] == speakers[end];
        if inner {
            let len_ms = words[end - 1].span.end().since_ms(words[start].span.start());
            let apart = worth(words, start) >= CLAUSE_MS && worth(words, end) >= CLAUSE_MS;
            if len_ms < RUN_MS_MIN && !apart {
                let around = speakers[end];
                speakers[start..end].fill(around);
            }
        }
        start = end;
    }
}

/// The best word to begin a run with, near `change`.
fn best_cut(words: &[Word], turns: &[Turn], change: usize, range: Range<usize>) -> usize {
    let boundary = words[change].span.start();
    // Where the voices change, as the turns have it: the turn that begins nearest the word.
    let moment = turns
        .iter()
        .map(|turn| turn.span.start())
        .min_by_key(|start| start.ms().abs_diff(boundary.ms()))
        .filter(|start| start.ms().abs_diff(boundary.ms()) <= MOVE_MS_MAX)
        .unwrap_or(boundary);
    let off = |i: usize| words[i].span.start().ms().abs_diff(moment.ms());
    let score = |i: usize| worth(words, i) - i64::try_from(off(i)).unwrap_or(i64::MAX);
    range
        .filter(|i| *i == change || off(*i) <= MOVE_MS_MAX)
        .max_by_key(|i| (score(*i), *i == change))
        .unwrap_or(change)
}

/// How good a place before word `i` is for a change of speaker, as milliseconds of pause.
fn worth(words: &[Word], i: usize) -> i64 {
    let pause = words[i].span.start().since_ms(words[i - 1].span.end());
    let pause = i64::try_from(pause).unwrap_or(PAUSE_MS_MAX).min(PAUSE_MS_MAX);
    let mark = match words[i - 1].text.as_str().trim_end().chars().last() {
        Some('。' | '？' | '！' | '.' | '?' | '!') => SENTENCE_MS,
        Some('，' | '、' | '；' | '：' | ',' | ';' | ':') => CLAUSE_MS,
        _ => 0,
    };
    pause + mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Span;
    use proptest::prelude::*;

    fn word(text: &str, start: u64, end: u64) -> Word {
        Word { text: text.into(), span: Span::from_ms(start, end).unwrap(), confidence: 1.0 }
    }

    fn turn(speaker: u8, start: u64, end: u64) -> Turn {
        Turn { span: Span::from_ms(start, end).unwrap(), speaker }
    }

    /// Words of 300 ms without pauses between them.
    fn words(text: &str) -> Vec<Word> {
        let at = |(i, w): (usize, &str)| word(w, i as u64 * 300, i as u64 * 300 + 300);
        text.split(' ').enumerate().map(at).collect()
    }

    #[track_caller]
    fn check(text: &str, turns: &[Turn], expected: &[(u8, Range<usize>)]) {
        let got = attribute(&words(text), turns);
        let got: Vec<(u8, Range<usize>)> = got.into_iter().map(|r| (r.speaker, r.words)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn changes_move_to_the_end_of_a_sentence() {
        let text = "请问 贵姓？ 我 姓 王。 好的";
        check(text, &[turn(0, 0, 600), turn(1, 600, 1800)], &[(0, 0..2), (1, 2..6)]);
        // The turn came 300 ms late, and 300 ms early.
        check(text, &[turn(0, 0, 900), turn(1, 900, 1800)], &[(0, 0..2), (1, 2..6)]);
        check(text, &[turn(0, 0, 300), turn(1, 300, 1800)], &[(0, 0..2), (1, 2..6)]);
        check(text, &[turn(1, 0, 1500), turn(0, 1500, 1800)], &[(1, 0..5), (0, 5..6)]);
    }

    #[test]
    fn a_flicker_inside_a_sentence_is_dropped() {
        let turns = [turn(0, 0, 900), turn(1, 900, 1200), turn(0, 1200, 1800)];
        check("您 的 电话 号码 是 多少？", &turns, &[(0, 0..6)]);
    }

    #[test]
    fn without_turns_all_is_one_run() {
        let got = attribute(&words("喂 你好"), &[]);
        assert_eq!(got, [Run { speaker: 0, words: 0..2 }]);
        assert_eq!(attribute(&[], &[turn(0, 0, 9)]), []);
    }

    proptest! {
        #[test]
        fn every_word_is_in_exactly_one_run(
            lens in proptest::collection::vec((50u64..600, 0u64..900), 0..40),
            cuts in proptest::collection::vec(100u64..3000, 0..12),
        ) {
            let mut at = 0;
            let words: Vec<Word> = lens
                .iter()
                .map(|(len, gap)| {
                    at += gap + len;
                    word("字", at - len, at)
                })
                .collect();
            let mut start = 0;
            let turns: Vec<Turn> = cuts
                .iter()
                .enumerate()
                .map(|(i, len)| {
                    start += len;
                    turn((i % 2) as u8, start - len, start)
                })
                .collect();
            let runs = attribute(&words, &turns);
            let mut next = 0;
            for run in &runs {
                prop_assert_eq!(run.words.start, next);
                prop_assert!(run.words.end > next);
                next = run.words.end;
            }
            prop_assert_eq!(next, words.len());
        }
    }
}
