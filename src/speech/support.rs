//! Is a recognised word backed by speech? (law 3)
//!
//! In: the words of one piece of speech, and what the voice-activity detector heard there. Out: the words
//! that may count, and those that are kept only to be seen.

use std::ops::Range;

use super::{HeardWord, looped};
use crate::domain::{AudioTime, RejectReason, Span};

/// When a word counts.
#[derive(Debug, Clone, PartialEq)]
pub struct SupportConfig {
    /// Somewhere in a word's span (stretched by 100 ms: alignment is that inexact) speech must be at
    /// least this likely.
    pub speech_min: f32,
    /// More letters a second than anybody speaks, over a whole piece.
    pub letters_per_s_max: f32,
    /// A piece whose mean word confidence is lower is a guess.
    pub confidence_min: f32,
}

impl Default for SupportConfig {
    fn default() -> Self {
        Self { speech_min: 0.3, letters_per_s_max: 40.0, confidence_min: 0.12 }
    }
}

/// Speech probabilities of one leg over the whole call, one byte a frame.
#[derive(Debug, Clone, Default)]
pub struct SpeechTrack {
    levels: Vec<u8>,
}

/// Milliseconds of one entry of a [`SpeechTrack`].
const FRAME_MS: u64 = 32;

impl SpeechTrack {
    /// Adds the next frames.
    pub fn push(&mut self, probabilities: &[f32]) {
        self.levels.extend(probabilities.iter().map(|p| (p.clamp(0.0, 1.0) * 255.0) as u8));
    }

    /// Milliseconds in a span whose probability of speech is at least `probability_min`.
    pub fn speech_ms(&self, span: Span, probability_min: f32) -> u64 {
        let frame = |at: AudioTime| ((at.ms() / FRAME_MS) as usize).min(self.levels.len());
        let levels = &self.levels[frame(span.start())..frame(span.end())];
        let speech = |level: &&u8| f32::from(**level) / 255.0 >= probability_min;
        levels.iter().filter(speech).count() as u64 * FRAME_MS
    }

    /// The highest probability in a span, stretched by `slack_ms` both ways.
    pub fn peak(&self, span: Span, slack_ms: u64) -> f32 {
        let frame = |at: AudioTime| (at.ms() / FRAME_MS) as usize;
        let first = frame(span.start().minus_ms(slack_ms)).min(self.levels.len());
        let last = (frame(span.end().plus_ms(slack_ms)) + 1).min(self.levels.len());
        f32::from(self.levels[first..last].iter().copied().max().unwrap_or(0)) / 255.0
    }
}

/// A run of words with one fate.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The words with their times in the call.
    pub words: Vec<(Span, HeardWord)>,
    /// `None`: they count.
    pub why: Option<RejectReason>,
}

/// Judges the words of one piece of speech.
pub fn judge(
    piece: Span,
    words: Vec<(Span, HeardWord)>,
    window_looped: bool,
    track: &SpeechTrack,
    config: &SupportConfig,
) -> Vec<Judged> {
    if words.is_empty() {
        return Vec::new();
    }
    if let Some(why) = whole(piece, &words, window_looped, config) {
        return vec![Judged { words, why: Some(why) }];
    }
    let boilerplate = boilerplate(&words);
    let mut runs: Vec<Judged> = Vec::new();
    for ((span, word), is_boilerplate) in words.into_iter().zip(boilerplate) {
        let supported = track.peak(span, 100) >= config.speech_min;
        let why = match (is_boilerplate, supported) {
            (true, _) => Some(RejectReason::Boilerplate),
            (false, false) => Some(RejectReason::NoSpeech),
            (false, true) => None,
        };
        match runs.last_mut() {
            Some(run) if run.why == why => run.words.push((span, word)),
            _ => runs.push(Judged { words: vec![(span, word)], why }),
        }
    }
    runs
}

fn whole(
    piece: Span,
    words: &[(Span, HeardWord)],
    window_looped: bool,
    config: &SupportConfig,
) -> Option<RejectReason> {
    let text: String = words.iter().map(|(_, word)| word.text.as_str()).collect();
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let seconds = piece.len_ms() as f32 / 1000.0;
    if is_boilerplate(&text) {
        Some(RejectReason::Boilerplate)
    } else if (window_looped && looped(&letters))
        || letters.len() as f32 > 8.0 + config.letters_per_s_max * seconds
    {
        Some(RejectReason::Repetition)
    } else {
        let sum: f32 = words.iter().map(|(_, word)| word.confidence).sum();
        let mean = sum / words.len() as f32;
        (mean < config.confidence_min).then_some(RejectReason::LowConfidence)
    }
}

/// Texts that Whisper writes where nobody speaks, learnt from the subtitles it was trained on
/// (whisper.cpp #1724 and many others). Compared without spaces, punctuation and case.
const BOILERPLATE: &[&str] = &[
    "字幕by",
    "字幕由",
    "字幕制作",
    "字幕志愿者",
    "字幕志願者",
    "字幕提供",
    "字幕组",
    "字幕組",
    "amaraorg",
    "社群提供",
    "社区提供",
    "社區提供",
    "请不吝点赞",
    "請不吝點贊",
    "订阅转发",
    "訂閱轉發",
    "打赏支持明镜",
    "打賞支持明鏡",
    "明镜与点点",
    "明鏡與點點",
    "优优独播剧场",
    "優優獨播劇場",
    "yoyotelevision",
    "thanksforwatching",
    "thankyouforwatching",
    "pleasesubscribe",
    "subtitlesby",
    "captionsby",
    "transcribedby",
    "translatedby",
    "下期再见",
    "感谢观看",
    "謝謝觀看",
    "谢谢观看",
    "谢谢收看",
    "請訂閱",
    "请订阅",
];

/// A text of which a third and more is known phrases is made up as a whole: they come with names of people and sites.
const PHRASES_SHARE: usize = 3;

/// Whether a text as a whole is what nobody said: marks, or known phrases.
fn is_boilerplate(text: &str) -> bool {
    let trimmed = text.trim();
    let brackets = [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】'), ('*', '*'), ('♪', '♪')];
    if brackets.iter().any(|(a, b)| trimmed.starts_with(*a) && trimmed.ends_with(*b)) {
        return true;
    }
    let letters = letters_of(trimmed);
    let known: usize = phrases(&letters).map(|place| letters[place].chars().count()).sum();
    known * PHRASES_SHARE >= letters.chars().count()
}

/// Which words spell a known phrase. An agent's own sentence may hold one: only those words are rejected.
fn boilerplate(words: &[(Span, HeardWord)]) -> Vec<bool> {
    let mut ends = Vec::with_capacity(words.len());
    let mut letters = String::new();
    for (_, word) in words {
        letters += &letters_of(&word.text);
        ends.push(letters.len());
    }
    let places: Vec<_> = phrases(&letters).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let spelled = |(start, end): (usize, usize)| {
        places.iter().any(|place| place.start < end && start < place.end)
    };
    starts.zip(ends.iter().copied()).map(spelled).collect()
}

fn letters_of(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where known phrases stand, in order, none over another.
fn phrases(letters: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = letters.get(from..)?;
        let places = BOILERPLATE.iter().filter_map(|known| Some((rest.find(known)?, known.len())));
        // The longest of those that begin first.
        let (at, len) = places.min_by_key(|&(at, len)| (at, std::cmp::Reverse(len)))?;
        let place = from + at..from + at + len;
        from = place.end;
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str, confidence: f32) -> HeardWord {
        HeardWord { text: text.into(), start_ms: 0, end_ms: 1, confidence }
    }

    fn span(start_ms: u64, end_ms: u64) -> Span {
        Span::from_ms(start_ms, end_ms).unwrap()
    }

    fn fates(
        words: &[(u64, u64, &str, f32)],
        speech: &[f32],
    ) -> Vec<(usize, Option<RejectReason>)> {
        let mut track = SpeechTrack::default();
        track.push(speech);
        let words =
            words.iter().map(|(a, b, t, c)| (span(*a, *b), heard(t, *c))).collect::<Vec<_>>();
        judge(span(0, 2_000), words, true, &track, &SupportConfig::default())
            .into_iter()
            .map(|run| (run.words.len(), run.why))
            .collect()
    }

    #[test]
    fn speech_is_measured_inside_a_span() {
        let mut track = SpeechTrack::default();
        track.push(&[0.1, 0.9, 0.9, 0.4, 0.9]);
        let span = |from, to| Span::from_ms(from, to).unwrap();
        assert_eq!(track.speech_ms(span(0, 5 * FRAME_MS), 0.5), 3 * FRAME_MS);
        assert_eq!(track.speech_ms(span(FRAME_MS, 3 * FRAME_MS), 0.5), 2 * FRAME_MS);
        assert_eq!(track.speech_ms(span(0, 99 * FRAME_MS), 0.3), 4 * FRAME_MS);
    }

    #[test]
    fn a_word_without_speech_does_not_count() {
        // Speech in the first 640 ms only.
        let speech: Vec<f32> = (0..60).map(|i| if i < 20 { 0.9 } else { 0.01 }).collect();
        let got = fates(
            &[(0, 300, "您好", 0.9), (300, 600, "请讲", 0.9), (1200, 1500, "谢谢", 0.9)],
            &speech,
        );
        assert_eq!(got, [(2, None), (1, Some(RejectReason::NoSpeech))]);
    }

    #[test]
    fn inventions_are_known_by_their_text() {
        let speech = [0.9; 60];
        for text in ["字幕by索兰娅", "(音樂)", "[BLANK_AUDIO]", "Thanks for watching!", "♪♪", "..."]
        {
            assert_eq!(
                fates(&[(0, 300, text, 0.9)], &speech),
                [(1, Some(RejectReason::Boilerplate))],
                "{text}"
            );
        }
        assert_eq!(fates(&[(0, 300, "谢谢您的来电", 0.9)], &speech), [(1, None)]);
        // Credits are made up with the names in them; a sentence that holds one of the phrases loses no more than that.
        for credits in
            ["Subtitles by the Amara.org community", "Transcribed by ESO, translated by -"]
        {
            let whole = [(1, Some(RejectReason::Boilerplate))];
            assert_eq!(fates(&[(0, 900, credits, 0.9)], &speech), whole, "{credits}");
        }
        let sentence = [
            (0, 600, " Thank you for calling. This call is recorded and", 0.9),
            (600, 900, " transcribed by", 0.9),
            (900, 1_500, " our quality team. How may I help you?", 0.9),
        ];
        let boilerplate = Some(RejectReason::Boilerplate);
        assert_eq!(fates(&sentence, &speech), [(1, None), (1, boilerplate), (1, None)]);
        let loops = "好的".repeat(20);
        assert_eq!(fates(&[(0, 900, &loops, 0.9)], &speech), [(1, Some(RejectReason::Repetition))]);
        assert_eq!(
            fates(&[(0, 900, "嗯", 0.05)], &speech),
            [(1, Some(RejectReason::LowConfidence))]
        );
    }
}
