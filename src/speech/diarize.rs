//! Who speaks when, by voice, on a leg that holds two parties.
//!
//! In: the leg's segments as they close, and a [`SpeakerEmbedder`]. Out: turns of voice 0 and voice 1
//! and how well the two stand apart. Between segments only one vector per [`HOP_MS`] of speech is kept,
//! never samples. Which voice is the agent's is no question for this module.

use super::cluster::{self, Split};
use super::{EngineError, Segment, SpeakerEmbedder};
use crate::audio::SAMPLE_RATE_HZ;
use crate::domain::{AudioTime, Span};

/// Length of a window, as the encoder was trained, in milliseconds.
const WINDOW_MS: u64 = 1600;
/// From one window to the next, in milliseconds.
const HOP_MS: u64 = 800;
/// A shorter segment has no voice to speak of, in milliseconds.
const SEGMENT_MS_MIN: u64 = 300;
/// Windows of a segment this near to each other are averaged before they are grouped: what is said
/// varies from word to word, who says it does not. In milliseconds.
const SMOOTH_MS: u64 = 1600;
/// Grid on which speakers change, in milliseconds.
const STEP_MS: u64 = 100;
/// What a change of speaker costs, in seconds of plain evidence, inside a segment and between two.
const CHANGE_INSIDE: f32 = 1.0;
const CHANGE_BETWEEN: f32 = 0.5;
/// Rounds of grouping by turns and finding turns by groups.
const ROUNDS: usize = 2;
/// Groups that stand apart less than this are one voice, or two that cannot be told apart. A single
/// voice cut in two stands apart too, the more so the less it says, hence the part that shrinks with
/// the seconds of speech. Measured on legs of one voice (0.6 to 0.9 from 40 s on, up to 3 at 15 s) and
/// on calls mixed to one channel (1.6 to 8, less for two pitches of one synthetic voice).
const CONTRAST_MIN: f32 = 0.6;
const CONTRAST_MIN_SECONDS: f32 = 25.0;

/// A stretch of one voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// When.
    pub span: Span,
    /// Which voice: 0 is heard first.
    pub speaker: u8,
}

/// Who spoke when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diarization {
    /// In time order, inside the segments given, never overlapping.
    pub turns: Vec<Turn>,
    /// How far the two voices stand apart, by the spread inside each; 0 when only one was found.
    pub contrast: f32,
    /// How far they must stand apart, for this much speech.
    pub contrast_min: f32,
}

impl Diarization {
    /// Whether the voices are told apart surely enough to build on.
    pub fn is_sure(&self) -> bool {
        self.contrast > 0.0 && self.contrast >= self.contrast_min
    }
}

struct Print {
    segment: usize,
    span: Span,
    vector: Vec<f32>,
}

/// Collects voices over a leg.
#[derive(Default)]
pub struct Diarizer {
    segments: Vec<Span>,
    prints: Vec<Print>,
}

impl Diarizer {
    /// A diarizer that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens to the next segment. Windows that the engine refuses are left out.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the engine is gone for good.
    pub fn push(
        &mut self,
        segment: &Segment,
        embedder: &mut dyn SpeakerEmbedder,
    ) -> Result<(), EngineError> {
        let at = self.segments.len();
        self.segments.push(segment.span);
        let windows = windows(segment.span.len_ms()).into_iter().filter_map(|start_ms| {
            let start = segment.span.start().plus_ms(start_ms);
            let span = Span::new(start, start.plus_ms(WINDOW_MS).min(segment.span.end()))?;
            let first = samples(start_ms);
            let last = (first + samples(span.len_ms())).min(segment.samples.len());
            Some((span, segment.samples.get(first..last)?))
        });
        let (spans, parts): (Vec<Span>, Vec<&[f32]>) = windows.unzip();
        for (span, embedded) in spans.into_iter().zip(embedder.embed_all(&parts)) {
            match embedded {
                Ok(vector) => self.prints.push(Print { segment: at, span, vector }),
                Err(EngineError::Failed { .. }) => {}
                Err(gone) => return Err(gone),
            }
        }
        Ok(())
    }

    /// Groups the voices heard.
    pub fn finish(&self) -> Diarization {
        let raw: Vec<Vec<f32>> = self.prints.iter().map(|p| p.vector.clone()).collect();
        let smooth: Vec<Vec<f32>> = (0..raw.len()).map(|i| self.around(i)).collect();
        let Some(mut split) = cluster::split(&smooth) else {
            let turns = self.one_voice();
            return Diarization { turns, contrast: 0.0, contrast_min: self.contrast_min() };
        };
        for _ in 0..ROUNDS {
            let path = self.path(&split.scores(&smooth));
            let Some(again) = self.regroup(&smooth, &path) else { break };
            if again.second == split.second {
                break;
            }
            split = again;
        }
        let contrast = split.contrast(&smooth);
        let sharp = cluster::grouped(&raw, split.second.clone()).unwrap_or(split);
        let path = self.path(&sharp.scores(&raw));
        Diarization { turns: turns(&path), contrast, contrast_min: self.contrast_min() }
    }

    fn contrast_min(&self) -> f32 {
        let speech_ms: u64 = self.segments.iter().map(|span| span.len_ms()).sum();
        CONTRAST_MIN + CONTRAST_MIN_SECONDS * 1000.0 / speech_ms.max(1000) as f32
    }

    fn one_voice(&self) -> Vec<Turn> {
        let turn = |span: &Span| Turn { span: *span, speaker: 0 };
        self.segments.iter().map(turn).collect()
    }

    /// The mean of a window and its neighbours in the segment.
    fn around(&self, i: usize) -> Vec<f32> {
        let this = &self.prints[i];
        let near = |p: &&Print| {
            let (a, b) = (middle_ms(p.span), middle_ms(this.span));
            p.segment == this.segment && a.abs_diff(b) <= SMOOTH_MS
        };
        // Neighbours stand side by side, so the search stops where the nearness does.
        let before = self.prints[..i].iter().rev().take_while(near);
        let after = self.prints[i..].iter().take_while(near);
        cluster::mean(before.chain(after).map(|p| &p.vector))
    }

    fn regroup(&self, smooth: &[Vec<f32>], path: &[Step]) -> Option<Split> {
        let mut from = 0;
        let second = self.prints.iter().map(|p| {
            from += path[from..].iter().take_while(|s| s.segment < p.segment).count();
            let inside = path[from..]
                .iter()
                .take_while(|s| s.segment == p.segment)
                .filter(|s| p.span.contains(s.span.start()));
            let (all, second) =
                inside.fold((0, 0), |(all, n), s| (all + 1, n + usize::from(s.speaker)));
            second * 2 > all
        });
        let second = second.collect();
        cluster::grouped(smooth, second)
    }

    /// The likeliest course of speakers over all segments, step by step (Viterbi).
    fn path(&self, scores: &[f32]) -> Vec<Step> {
        let mut steps = self.evidence(scores);
        let mut from: Vec<[bool; 2]> = Vec::with_capacity(steps.len());
        let mut sums = [0.0f32; 2];
        let mut segment = None;
        for step in &steps {
            let cost = match segment {
                Some(same) if same == step.segment => CHANGE_INSIDE,
                Some(_) => CHANGE_BETWEEN,
                None => 0.0,
            };
            segment = Some(step.segment);
            let changed = [sums[1] - cost > sums[0], sums[0] - cost > sums[1]];
            let gain = step.score * step.span.len_ms() as f32 / 1000.0;
            sums = [
                if changed[0] { sums[1] - cost } else { sums[0] } - gain,
                if changed[1] { sums[0] - cost } else { sums[1] } + gain,
            ];
            from.push(changed);
        }
        let mut speaker = usize::from(sums[1] > sums[0]);
        for (step, changed) in steps.iter_mut().zip(&from).rev() {
            step.speaker = speaker as u8;
            speaker = if changed[speaker] { 1 - speaker } else { speaker };
        }
        steps
    }

    /// For each step of each segment, the mean score of the windows over it, the middle of a window
    /// counting most.
    fn evidence(&self, scores: &[f32]) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut first = 0;
        for (segment, span) in self.segments.iter().enumerate() {
            let count = self.prints[first..].iter().take_while(|p| p.segment == segment).count();
            let own = first..first + count;
            first += count;
            let mut start = span.start();
            while start < span.end() {
                let step = Span::at_least_1_ms(start, start.plus_ms(STEP_MS).min(span.end()));
                let (mut sum, mut weights) = (0.0, 0.0);
                for (print, score) in self.prints[own.clone()].iter().zip(&scores[own.clone()]) {
                    let half = print.span.len_ms() as f32 / 2.0;
                    let off = middle_ms(step).abs_diff(middle_ms(print.span)) as f32;
                    // Even a far window says more about its segment than nothing does.
                    let weight = (1.0 - off / half).max(0.0) + 1e-3;
                    sum += score * weight;
                    weights += weight;
                }
                let score = if weights > 0.0 { sum / weights } else { 0.0 };
                steps.push(Step { segment, span: step, score, speaker: 0 });
                start = step.end();
            }
        }
        steps
    }
}

struct Step {
    segment: usize,
    span: Span,
    /// Below zero the first voice, above it the second.
    score: f32,
    speaker: u8,
}

/// Steps become turns, and the voice that is heard first becomes voice 0.
fn turns(path: &[Step]) -> Vec<Turn> {
    let Some(first) = path.first().map(|step| step.speaker) else { return Vec::new() };
    let same = |a: &Step, b: &Step| a.segment == b.segment && a.speaker == b.speaker;
    let turn = |steps: &[Step]| {
        let (head, tail) = (steps.first()?, steps.last()?);
        Some(Turn { span: head.span.cover(tail.span), speaker: u8::from(head.speaker != first) })
    };
    path.chunk_by(same).filter_map(turn).collect()
}

fn middle_ms(span: Span) -> u64 {
    span.start().ms() + span.len_ms() / 2
}

fn samples(ms: u64) -> usize {
    (ms * u64::from(SAMPLE_RATE_HZ) / 1000) as usize
}

/// Where windows start in a segment: every hop, and once more to reach its end.
fn windows(len_ms: u64) -> Vec<u64> {
    if len_ms < SEGMENT_MS_MIN {
        return Vec::new();
    }
    let last = len_ms.saturating_sub(WINDOW_MS);
    let mut starts: Vec<u64> = (0..=last).step_by(HOP_MS as usize).collect();
    if last - starts.last().copied().unwrap_or(0) > HOP_MS / 2 {
        starts.push(last);
    }
    starts
}

/// The voice at a moment: of the turn around it, else of the nearest one.
pub(super) fn turn_at(turns: &[Turn], at: AudioTime) -> Option<&Turn> {
    let next = turns.partition_point(|turn| turn.span.end() <= at);
    let near = |turn: &&Turn| {
        let before = turn.span.start().since_ms(at);
        before.max(at.since_ms(turn.span.end()))
    };
    turns[next.saturating_sub(1)..turns.len().min(next + 1)].iter().min_by_key(near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LegIx;

    /// Hears the voice in the samples' level: 0.1 or 0.9.
    struct ByLevel;

    impl SpeakerEmbedder for ByLevel {
        fn embed(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
            let mean = samples.iter().sum::<f32>() / samples.len().max(1) as f32;
            Ok(vec![(1.0 - mean * mean).max(0.0).sqrt(), mean])
        }
    }

    /// `voices`: what is said in each segment, as `(milliseconds, level)`.
    fn diarize(voices: &[&[(u64, f32)]]) -> Diarization {
        let mut diarizer = Diarizer::new();
        let mut at = AudioTime::ZERO;
        for parts in voices {
            let len: u64 = parts.iter().map(|(ms, _)| ms).sum();
            let samples =
                parts.iter().flat_map(|(ms, level)| vec![*level; self::samples(*ms)]).collect();
            let span = Span::new(at, at.plus_ms(len)).unwrap();
            diarizer.push(&Segment { leg: LegIx(0), span, samples }, &mut ByLevel).unwrap();
            at = at.plus_ms(len + 500);
        }
        diarizer.finish()
    }

    #[track_caller]
    fn check(voices: &[&[(u64, f32)]], expected: &[(u8, u64, u64)]) {
        let got = diarize(voices);
        let seen: Vec<u8> = got.turns.iter().map(|t| t.speaker).collect();
        assert_eq!(seen, expected.iter().map(|e| e.0).collect::<Vec<_>>(), "{:?}", got.turns);
        for (turn, (_, start, end)) in got.turns.iter().zip(expected) {
            assert!(turn.span.start().ms().abs_diff(*start) <= 500, "{turn:?}");
            assert!(turn.span.end().ms().abs_diff(*end) <= 500, "{turn:?}");
        }
        assert!(got.is_sure(), "{}", got.contrast);
    }

    #[test]
    fn turns_follow_the_voices() {
        let (a, b): (&[_], &[_]) = (&[(4000, 0.1)], &[(3000, 0.9)]);
        check(&[a, b, a], &[(0, 0, 4000), (1, 4500, 7500), (0, 8000, 12_000)]);
        check(&[b, a], &[(0, 0, 3000), (1, 3500, 7500)]);
        check(
            &[a, &[(4000, 0.1), (4000, 0.9)], b],
            &[(0, 0, 4000), (0, 4500, 8500), (1, 8500, 12_500), (1, 13_000, 16_000)],
        );
    }

    #[test]
    fn one_voice_is_one_speaker_and_unsure() {
        let got = diarize(&[&[(4000, 0.5)], &[(6000, 0.5)]]);
        assert!(got.turns.iter().all(|t| t.speaker == 0));
        assert!(!got.is_sure());
        assert!(Diarizer::new().finish().turns.is_empty());
    }

    #[test]
    fn windows_reach_the_end() {
        assert_eq!(windows(200), Vec::<u64>::new());
        assert_eq!(windows(900), [0]);
        assert_eq!(windows(1600), [0]);
        assert_eq!(windows(3000), [0, 800, 1400]);
        assert_eq!(windows(3300), [0, 800, 1600]);
    }

    #[test]
    fn a_moment_between_turns_goes_to_the_nearest() {
        let turn = |start, end, speaker| Turn { span: Span::from_ms(start, end).unwrap(), speaker };
        let turns = [turn(0, 1000, 0), turn(2000, 3000, 1)];
        for (ms, speaker) in [(0, 0), (999, 0), (1200, 0), (1900, 1), (2500, 1), (9000, 1)] {
            assert_eq!(turn_at(&turns, AudioTime::from_ms(ms)).unwrap().speaker, speaker, "{ms}");
        }
        assert_eq!(turn_at(&[], AudioTime::ZERO), None);
    }
}
