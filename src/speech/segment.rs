//! Voice activity becomes segments: closed stretches of speech of one leg.
//!
//! In: whole frames of one leg with their speech probabilities. Out: [`Segment`]s with their samples, as
//! soon as they close. Memory holds the open segment and a short lead, never the call. How the frames
//! were cut into pushes changes nothing.

use super::VAD_FRAME_SAMPLES;
use crate::audio::SAMPLE_RATE_HZ;
use crate::domain::{AudioTime, LegIx, Span};

/// When speech starts and stops.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmenterConfig {
    /// Speech starts at this probability.
    pub on: f32,
    /// It goes on until the probability stays under this one.
    pub off: f32,
    /// Shorter bursts are clicks and breaths, in milliseconds.
    pub speech_ms_min: u64,
    /// A pause this long closes a segment, in milliseconds.
    pub pause_ms_min: u64,
    /// Kept before and after, in milliseconds: no soft consonant is cut, and pauses stay long enough for
    /// a recogniser to hear where a sentence ends. 150 costs one point of error rate more (measured).
    pub pad_ms: u64,
    /// A longer segment is cut where it is quietest, in milliseconds.
    pub segment_ms_max: u64,
}

impl Default for SegmenterConfig {
    fn default() -> Self {
        Self {
            on: 0.5,
            off: 0.35,
            speech_ms_min: 200,
            pause_ms_min: 300,
            pad_ms: 400,
            segment_ms_max: 20_000,
        }
    }
}

/// A closed stretch of speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Whose.
    pub leg: LegIx,
    /// When, with its pads.
    pub span: Span,
    /// 16 kHz mono.
    pub samples: Vec<f32>,
}

impl Segment {
    /// What of it lies in `span`.
    pub fn part(&self, span: Span) -> Segment {
        let at = |time: AudioTime| {
            let sample = time.since_ms(self.span.start()) * u64::from(SAMPLE_RATE_HZ) / 1000;
            (sample as usize).min(self.samples.len())
        };
        let samples = self.samples[at(span.start())..at(span.end())].to_vec();
        Segment { leg: self.leg, span, samples }
    }
}

/// Cuts one leg into segments.
#[derive(Debug)]
pub struct Segmenter {
    leg: LegIx,
    config: SegmenterConfig,
    /// Samples from `base` on.
    samples: Vec<f32>,
    base: u64,
    /// Frames seen.
    frames: u64,
    open: Option<Open>,
    /// First frame of a segment whose pause was long enough, and the frame after its last: it waits for
    /// the samples of its pad, so that it does not depend on how many came at once.
    closing: Option<(u64, u64)>,
    /// Where the last segment ended, in samples: pads never overlap.
    last_end: u64,
}

#[derive(Debug)]
struct Open {
    first: u64,
    quiet_from: Option<u64>,
    probabilities: Vec<f32>,
}

const FRAME: u64 = VAD_FRAME_SAMPLES as u64;

const fn samples_of(ms: u64) -> u64 {
    ms * SAMPLE_RATE_HZ as u64 / 1000
}

impl Segmenter {
    /// A segmenter for one leg.
    pub fn new(leg: LegIx, config: SegmenterConfig) -> Self {
        let (samples, base, frames, last_end) = (Vec::new(), 0, 0, 0);
        Self { leg, config, samples, base, frames, open: None, closing: None, last_end }
    }

    /// Takes whole frames and one probability each; gives the segments that closed.
    pub fn push(&mut self, samples: &[f32], probabilities: &[f32]) -> Vec<Segment> {
        debug_assert_eq!(samples.len(), probabilities.len() * VAD_FRAME_SAMPLES);
        self.samples.extend_from_slice(samples);
        let mut closed = Vec::new();
        for probability in probabilities {
            closed.extend(self.step(*probability));
            self.frames += 1;
            closed.extend(self.padded());
        }
        self.forget();
        closed
    }

    /// Speech that is yet to close starts at or after this.
    pub fn complete(&self) -> AudioTime {
        let open = self.open.as_ref().map_or(self.frames, |open| open.first);
        let from = self.closing.map_or(open, |(first, _)| first.min(open)) * FRAME;
        let from = from.saturating_sub(samples_of(self.config.pad_ms)).max(self.last_end);
        AudioTime::from_samples(from, SAMPLE_RATE_HZ)
    }

    /// The speech that goes on now, with its lead: its start and its samples so far.
    pub fn open_speech(&self) -> Option<(AudioTime, &[f32])> {
        let open = self.open.as_ref()?;
        let from = (open.first * FRAME).saturating_sub(samples_of(self.config.pad_ms));
        let from = from.max(self.last_end).max(self.base);
        let samples = self.samples.get((from - self.base) as usize..)?;
        Some((AudioTime::from_samples(from, SAMPLE_RATE_HZ), samples))
    }

    /// The call has ended: closes what is open. `rest` are the samples of the last, unfinished frame.
    pub fn finish(&mut self, rest: &[f32]) -> Vec<Segment> {
        self.samples.extend_from_slice(rest);
        let open =
            self.open.take().map(|open| (open.first, open.quiet_from.unwrap_or(self.frames)));
        let left = [self.closing.take(), open];
        left.into_iter().flatten().filter_map(|(first, end)| self.close(first, end)).collect()
    }

    /// The segment that waits for its pad, once it is there.
    fn padded(&mut self) -> Option<Segment> {
        let pad = samples_of(self.config.pad_ms);
        let (first, end) =
            self.closing.take_if(|(_, end)| *end * FRAME + pad <= self.frames * FRAME)?;
        self.close(first, end)
    }

    fn step(&mut self, probability: f32) -> Option<Segment> {
        let now = self.frames;
        let Some(open) = self.open.as_mut() else {
            if probability >= self.config.on {
                self.open =
                    Some(Open { first: now, quiet_from: None, probabilities: vec![probability] });
            }
            return None;
        };
        open.probabilities.push(probability);
        if probability >= self.config.on {
            open.quiet_from = None;
        } else if probability < self.config.off {
            let from = *open.quiet_from.get_or_insert(now);
            if (now - from) * FRAME >= samples_of(self.config.pause_ms_min) {
                let waited = self.closing.replace((open.first, from));
                self.open = None;
                return waited.and_then(|(first, end)| self.close(first, end));
            }
        }
        if (now + 1 - open.first) * FRAME >= samples_of(self.config.segment_ms_max) {
            return self.cut();
        }
        None
    }

    /// Cuts the open segment at the least likely frame of its last two fifths.
    fn cut(&mut self) -> Option<Segment> {
        let open = self.open.as_mut()?;
        let from = open.probabilities.len() * 3 / 5;
        let quietest = (from..open.probabilities.len())
            .min_by(|a, b| open.probabilities[*a].total_cmp(&open.probabilities[*b]))?;
        let (first, cut) = (open.first, open.first + quietest as u64);
        open.first = cut;
        // Where the cut lies in a pause that goes on, the pause goes on from there.
        open.quiet_from = open.quiet_from.map(|from| from.max(cut));
        open.probabilities.drain(..quietest);
        let pad = std::mem::take(&mut self.config.pad_ms);
        let segment = self.close(first, cut);
        self.config.pad_ms = pad;
        segment
    }

    fn close(&mut self, first: u64, end: u64) -> Option<Segment> {
        if (end - first) * FRAME < samples_of(self.config.speech_ms_min) {
            return None;
        }
        let pad = samples_of(self.config.pad_ms);
        let known = self.base + self.samples.len() as u64;
        let start = (first * FRAME).saturating_sub(pad).max(self.last_end).max(self.base);
        let end = (end * FRAME + pad).min(known);
        let at = |sample| AudioTime::from_samples(sample, SAMPLE_RATE_HZ);
        let span = Span::new(at(start), at(end))?;
        self.last_end = end;
        let samples =
            self.samples[(start - self.base) as usize..(end - self.base) as usize].to_vec();
        Some(Segment { leg: self.leg, span, samples })
    }

    /// Drops samples that no segment can ask for any more.
    fn forget(&mut self) {
        let open = self.open.as_ref().map_or(self.frames, |open| open.first);
        let from = self.closing.map_or(open, |(first, _)| first) * FRAME;
        let keep = from.saturating_sub(samples_of(self.config.pad_ms));
        let drop = keep.saturating_sub(self.base) as usize;
        if drop > SAMPLE_RATE_HZ as usize {
            self.samples.drain(..drop);
            self.base += drop as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One character a frame: `#` speech, `.` none.
    fn run(drawn: &str, cuts: &[usize]) -> Vec<(u64, u64)> {
        let probabilities: Vec<f32> =
            drawn.chars().map(|c| if c == '#' { 0.9 } else { 0.1 }).collect();
        let samples = vec![0.1; probabilities.len() * VAD_FRAME_SAMPLES];
        let mut segmenter = Segmenter::new(LegIx(0), SegmenterConfig::default());
        let mut got = Vec::new();
        let mut at = 0;
        for end in cuts.iter().copied().chain([probabilities.len()]) {
            let end = end.clamp(at, probabilities.len());
            let audio = &samples[at * VAD_FRAME_SAMPLES..end * VAD_FRAME_SAMPLES];
            got.extend(segmenter.push(audio, &probabilities[at..end]));
            at = end;
        }
        got.extend(segmenter.finish(&[]));
        for segment in &got {
            let ms = segment.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE_HZ);
            assert!(ms.abs_diff(segment.span.len_ms()) <= 1);
        }
        got.iter().map(|s| (s.span.start().ms(), s.span.end().ms())).collect()
    }

    #[test]
    fn speech_is_padded_and_pauses_close() {
        // 32 ms a frame: speech from frame 20 to 40, then silence.
        let drawn = format!("{}{}{}", ".".repeat(20), "#".repeat(20), ".".repeat(20));
        assert_eq!(run(&drawn, &[]), [(240, 1680)]);
        assert_eq!(run(&"#".repeat(3), &[]), [], "a click is no speech");
        let pause = format!("{0}{1}{0}", "#".repeat(20), ".".repeat(5));
        assert_eq!(run(&pause, &[]).len(), 1, "a short pause does not cut");
    }

    #[test]
    fn a_part_has_the_samples_of_its_span() {
        let span = Span::from_ms(1_000, 3_000).unwrap();
        let samples = (0..32_000).map(|n| n as f32).collect();
        let segment = Segment { leg: LegIx(1), span, samples };
        let part = segment.part(Span::from_ms(1_500, 2_000).unwrap());
        assert_eq!((part.samples[0], part.samples.len(), part.leg), (8_000.0, 8_000, LegIx(1)));
        assert_eq!(segment.part(span), segment);
    }

    #[test]
    fn endless_speech_is_cut_within_the_limit() {
        let got = run(&"#".repeat(3000), &[]);
        assert!(got.len() >= 5);
        assert!(got.iter().all(|(a, b)| b - a <= 20_200), "{got:?}");
        assert!(got.windows(2).all(|w| w[0].1 == w[1].0), "nothing is lost at a cut");
    }

    #[test]
    fn a_cut_inside_a_pause_leaves_the_pause() {
        // 625 frames are 20 s: the limit is met while a pause is too short to close, and its frames are the quietest.
        let drawn = format!("{}{}{}", "#".repeat(620), ".".repeat(30), "#".repeat(20));
        for rest in 1..9 {
            let drawn = &drawn[rest..];
            let got = run(drawn, &[]);
            assert!(got.windows(2).all(|w| w[0].1 <= w[1].0), "{got:?}");
            assert!(got.iter().all(|(from, to)| from < to && to - from <= 20_200), "{got:?}");
            assert_eq!(got.len(), 2, "the pause is no segment: {got:?}");
        }
    }

    proptest! {
        #[test]
        fn chunking_changes_nothing(drawn in "[#.]{0,400}", mut cuts in proptest::collection::vec(0usize..400, 0..8)) {
            cuts.sort_unstable();
            prop_assert_eq!(run(&drawn, &cuts), run(&drawn, &[]));
        }

        #[test]
        fn segments_never_overlap(drawn in "[#.]{0,400}") {
            let got = run(&drawn, &[]);
            prop_assert!(got.windows(2).all(|w| w[0].1 <= w[1].0));
        }
    }
}
