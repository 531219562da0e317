//! Loudness over time, stored in about 120 bytes a second.
//!
//! In: one leg's samples in pieces of any size. Out: level of any span, speech level above the noise
//! floor, peaks for a drawing. Keeps no samples but those of the open 10 ms.

use super::SAMPLE_RATE_HZ;
use crate::domain::{AudioTime, Span};

/// Milliseconds of audio behind one stored level.
pub const LEVEL_MS: u64 = 10;
/// What "nothing at all" reads as, in dB below full scale.
pub const SILENT_DBFS: f32 = -127.5;

const FRAME_SAMPLES: usize = (SAMPLE_RATE_HZ as u64 * LEVEL_MS / 1000) as usize;
const PEAKS_PER_S: u32 = 20;
const LANES: usize = 4;
const FRAMES_PER_PEAK: usize = 1000 / LEVEL_MS as usize / PEAKS_PER_S as usize;
/// Levels this near to a stretch of speech are its onset and decay, not the line's noise.
const SPEECH_MARGIN_MS: u64 = 150;

/// What a leg's speech and line measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Mean power of the speech, in dB below full scale.
    pub speech_dbfs: f32,
    /// The line while nobody speaks, in dB below full scale; absent when somebody always does.
    pub noise_dbfs: Option<f32>,
}

impl Levels {
    /// Speech above noise, in dB. What the noise adds to the speech is taken off again.
    pub fn snr_db(self) -> Option<f32> {
        let noise = power(self.noise_dbfs?);
        let speech = power(self.speech_dbfs);
        Some(10.0 * ((speech - noise).max(noise * 1e-2) / noise.max(1e-10)).log10())
    }
}

/// One leg's loudness over time.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// Half decibels below full scale, one every 10 ms; 255 is digital silence.
    levels: Vec<u8>,
    /// How many frames have each level.
    counts: Counts,
    /// Largest magnitude of each 50 ms, 255 is full scale.
    peaks: Vec<u8>,
    samples: u64,
    open: Open,
}

#[derive(Debug, Clone, Copy, Default)]
struct Open {
    /// By the sample's place in its frame: sums side by side, since one alone waits for each addition to end.
    square_sums: [f64; LANES],
    frame_samples: usize,
    peaks: [f32; LANES],
    peak_frames: usize,
}

impl Open {
    /// Takes samples of one frame. Which sum a sample goes into does not depend on how they were cut.
    fn push(&mut self, samples: &[f32]) {
        let place = self.frame_samples % LANES;
        let (head, rest) = samples.split_at(((LANES - place) % LANES).min(samples.len()));
        let (whole, tail) = rest.as_chunks::<LANES>();
        self.frame_samples += samples.len();
        let (mut sums, mut peaks) = (self.square_sums, self.peaks);
        let mut take = |lane: usize, sample: f32| {
            sums[lane] += f64::from(sample) * f64::from(sample);
            peaks[lane] = if sample.abs() > peaks[lane] { sample.abs() } else { peaks[lane] };
        };
        head.iter().enumerate().for_each(|(ix, sample)| take(place + ix, *sample));
        for four in whole {
            (0..LANES).for_each(|lane| take(lane, four[lane]));
        }
        tail.iter().enumerate().for_each(|(lane, sample)| take(lane, *sample));
        (self.square_sums, self.peaks) = (sums, peaks);
    }
}

impl Envelope {
    /// An envelope of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next samples (16 kHz mono, full scale ±1).
    pub fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) =
                rest.split_at((FRAME_SAMPLES - self.open.frame_samples).min(rest.len()));
            rest = later;
            self.open.push(now);
            if self.open.frame_samples == FRAME_SAMPLES {
                self.close_frame();
            }
        }
    }

    fn close_frame(&mut self) {
        let level = stored(self.open.square_sums.iter().sum::<f64>() / FRAME_SAMPLES as f64);
        self.levels.push(level);
        self.counts.0[level as usize] += 1;
        self.open.square_sums = [0.0; LANES];
        self.open.frame_samples = 0;
        self.open.peak_frames += 1;
        if self.open.peak_frames == FRAMES_PER_PEAK {
            let peak = self.open.peaks.iter().copied().fold(0.0, f32::max);
            self.peaks.push((peak.min(1.0) * 255.0).round() as u8);
            self.open.peaks = [0.0; LANES];
            self.open.peak_frames = 0;
        }
    }

    /// Samples taken so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Time covered so far.
    pub fn end(&self) -> AudioTime {
        AudioTime::from_samples(self.samples, SAMPLE_RATE_HZ)
    }

    /// Levels of the whole 10 ms frames inside `span`, in dB below full scale.
    pub fn levels_dbfs(&self, span: Span) -> impl Iterator<Item = f32> + '_ {
        let (first, last) = self.frames(span);
        self.levels[first..last].iter().copied().map(dbfs)
    }

    /// Level of frame `ix` (each [`LEVEL_MS`] long), in dB below full scale; absent past the end.
    pub fn level_dbfs(&self, ix: usize) -> Option<f32> {
        self.levels.get(ix).copied().map(dbfs)
    }

    /// Frames stored so far.
    pub fn frame_count(&self) -> usize {
        self.levels.len()
    }

    /// Mean power of `span`, in dB below full scale; absent where the span holds no whole frame.
    pub fn rms_dbfs(&self, span: Span) -> Option<f32> {
        mean_dbfs(self.levels_dbfs(span))
    }

    /// Speech level over `speech`, and the line's noise away from it and from `not_noise` (tones,
    /// music). `speech` and `not_noise` are in time order. `None` without speech.
    pub fn levels(&self, speech: &[Span], not_noise: &[Span]) -> Option<Levels> {
        let speech_dbfs = mean_dbfs(speech.iter().flat_map(|span| self.levels_dbfs(*span)))?;
        let mut kept = vec![true; self.levels.len()];
        for span in speech.iter().chain(not_noise) {
            let wide = Span::at_least_1_ms(
                span.start().minus_ms(SPEECH_MARGIN_MS),
                span.end().plus_ms(SPEECH_MARGIN_MS),
            );
            let (first, last) = self.frames(wide);
            kept[first..last].fill(false);
        }
        let quiet =
            self.levels.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(level, _)| *level);
        Some(Levels { speech_dbfs, noise_dbfs: median(quiet).map(dbfs) })
    }

    /// The level that a tenth of all frames stay below, in dB below full scale; digital silence is
    /// left out. Absent where there is nothing else.
    pub fn floor_dbfs(&self) -> Option<f32> {
        let mut counts = self.counts.clone();
        counts.0[u8::MAX as usize] = 0;
        counts.quantile(0.9).map(dbfs)
    }

    /// Largest magnitudes for a drawing, `per_s` a second (1 to 20; it must divide 20), 255 at full
    /// scale.
    pub fn peaks(&self, per_s: u32) -> Vec<u8> {
        let group = (PEAKS_PER_S / per_s.clamp(1, PEAKS_PER_S)) as usize;
        self.peaks.chunks(group).map(|peaks| peaks.iter().copied().max().unwrap_or(0)).collect()
    }

    fn frames(&self, span: Span) -> (usize, usize) {
        let clip = |frame: u64| usize::try_from(frame).unwrap_or(usize::MAX).min(self.levels.len());
        let first = clip(span.start().ms().div_ceil(LEVEL_MS));
        (first, clip(span.end().ms() / LEVEL_MS).max(first))
    }
}

/// Mean of levels as powers.
fn mean_dbfs(levels: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, count) = levels
        .fold((0.0f64, 0u64), |(sum, count), level| (sum + f64::from(power(level)), count + 1));
    (count > 0).then(|| (10.0 * (sum / count as f64).max(1e-13).log10()) as f32)
}

fn median(levels: impl Iterator<Item = u8>) -> Option<u8> {
    let mut counts = Counts::default();
    levels.for_each(|level| counts.0[level as usize] += 1);
    counts.quantile(0.5)
}

/// How many frames have each stored level.
#[derive(Debug, Clone)]
struct Counts([u64; 256]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Counts {
    /// The stored level that `share` of the frames are no quieter than.
    fn quantile(&self, share: f64) -> Option<u8> {
        let total: u64 = self.0.iter().sum();
        let want = ((total as f64 * share) as u64).max(1);
        let mut seen = 0;
        (0..=u8::MAX).find(|level| {
            seen += self.0[*level as usize];
            seen >= want
        })
    }
}

fn stored(mean_square: f64) -> u8 {
    if mean_square < 1e-13 {
        return u8::MAX;
    }
    (-20.0 * mean_square.log10()).round().clamp(0.0, 254.0) as u8
}

fn dbfs(stored: u8) -> f32 {
    f32::from(stored) * -0.5
}

/// Power of a level in dB below full scale.
pub(crate) fn power(dbfs: f32) -> f32 {
    10f32.powf(dbfs / 10.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tone(amplitude: f32, ms: u64) -> Vec<f32> {
        (0..ms * 16)
            .map(|n| amplitude * (n as f32 * std::f32::consts::TAU * 1000.0 / 16_000.0).sin())
            .collect()
    }

    fn of(parts: &[(f32, u64)]) -> Envelope {
        let mut envelope = Envelope::new();
        for (amplitude, ms) in parts {
            envelope.push(&tone(*amplitude, *ms));
        }
        envelope
    }

    fn span(start_ms: u64, end_ms: u64) -> Span {
        Span::from_ms(start_ms, end_ms).unwrap()
    }

    #[track_caller]
    fn check(amplitude: f32, want_dbfs: f32) {
        let got = of(&[(amplitude, 200)]).rms_dbfs(span(0, 200)).unwrap();
        assert!((got - want_dbfs).abs() <= 0.3, "{got} for {want_dbfs}");
    }

    #[test]
    fn levels_are_below_full_scale() {
        check(1.0, -3.0);
        check(0.1, -23.0);
        check(0.001, -63.0);
        check(0.0, SILENT_DBFS);
    }

    #[test]
    fn speech_stands_above_noise() {
        let envelope = of(&[(0.003, 1000), (0.3, 1000), (0.003, 1000), (0.5, 500)]);
        let levels = envelope.levels(&[span(1000, 2000)], &[span(3000, 3500)]).unwrap();
        assert!((levels.snr_db().unwrap() - 40.0).abs() < 0.6, "{levels:?}");
        assert_eq!(envelope.levels(&[], &[]), None);
        assert_eq!(of(&[(0.3, 1000)]).levels(&[span(0, 1000)], &[]).unwrap().snr_db(), None);
    }

    #[test]
    fn a_span_past_the_end_has_no_level() {
        assert_eq!(of(&[(0.5, 100)]).rms_dbfs(span(100, 200)), None);
        assert_eq!(of(&[(0.5, 100)]).rms_dbfs(span(1, 9)), None);
    }

    #[test]
    fn peaks_at_a_lower_rate_keep_the_maximum() {
        let envelope = of(&[(0.2, 500), (1.0, 500)]);
        assert_eq!(envelope.peaks(2), vec![51, 255]);
        assert_eq!(envelope.peaks(20).len(), 20);
    }

    #[test]
    fn one_second_costs_120_bytes() {
        let envelope = of(&[(0.2, 60_000)]);
        assert_eq!(envelope.levels.len() + envelope.peaks.len(), 60 * 120);
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(cuts in proptest::collection::vec(1usize..700, 1..30)) {
            let signal: Vec<f32> = (0..8000u32).map(|n| ((n * n) % 997) as f32 / 997.0 - 0.5).collect();
            let mut whole = Envelope::new();
            whole.push(&signal);
            let mut pieces = Envelope::new();
            let mut rest = &signal[..];
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                pieces.push(now);
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(&whole.levels, &pieces.levels);
            prop_assert_eq!(&whole.peaks, &pieces.peaks);
            prop_assert_eq!(whole.end(), pieces.end());
        }
    }
}
