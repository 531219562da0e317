//! What two legs have in common: a copy (mono sold as stereo), or one voice heard through on the
//! other leg.
//!
//! In: both legs' samples in step. Out: how alike they are, and for each direction the gain and delay
//! at which one leg is heard on the other. Works on half-second blocks by cross-correlation over
//! ±100 ms, adds the blocks up, and keeps only the sums.

use std::sync::Arc;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use crate::audio::halve::Halver;
use crate::audio::lanes::{square_sum, sum};
use crate::domain::LegIx;

const RATE_HZ: usize = 8000;
const BLOCK: usize = 4096;
const SIZE: usize = 2 * BLOCK;
const LAG_MAX: usize = RATE_HZ / 10;
const LAGS: usize = 2 * LAG_MAX + 1;
/// Mean square below which a block says nothing.
const ACTIVE_POWER_MIN: f32 = 1e-5;
/// A block in which one leg is this much stronger is taken as that party speaking.
const DOMINANCE_MIN: f32 = 4.0;
const BLOCKS_MIN: u32 = 4;
/// Likeness at which a block is a copy. G.711 anew leaves 0.999, noise 13 dB down 0.975.
const COPY_MIN: f32 = 0.95;
/// Of the energy.
const COPY_SHARE_MIN: f64 = 0.9;
/// A copy fainter than this is crosstalk, however alike the legs are.
const COPY_GAIN_DB_MAX: f32 = 15.0;
/// The leak's peak over the root mean square of all other lags. Strangers stay under 5.
const CERTAINTY_MIN: f32 = 6.0;
/// Fainter than this nobody hears or recognises.
const LEAK_DB_MIN: f32 = -45.0;
/// Voices cover more than so few lines; tones and most music do not, and come from the exchange.
const TONAL_LINES: usize = 6;
const TONAL_SHARE_MIN: f32 = 0.8;

/// One leg heard on another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leak {
    /// The leg on which the other one's voice is heard.
    pub onto: LegIx,
    /// Its level there over its level on its own leg, in dB.
    pub gain_db: f32,
    /// How much later it is there, in milliseconds; negative: earlier.
    pub delay_ms: f32,
}

/// What is known of a leak onto a leg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LeakEvidence {
    /// Too little one-sided speech so far.
    Unknown,
    /// Listened for, and not there.
    Absent,
    /// There.
    Present(Leak),
}

/// Two legs with the same content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copy {
    /// Correlation, mean over the blocks that sound by their energy, 0 to 1.
    pub correlation: f32,
    /// Level of the second leg over the first, in dB.
    pub gain_db: f32,
}

/// Listens to two legs at once.
pub(super) struct Pair {
    legs: [Half; 2],
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    line: Vec<Complex32>,
    cross: Vec<Complex32>,
    scratch: Vec<Complex32>,
    likeness: Likeness,
    /// By the leg that is heard elsewhere.
    leaks: [Sums; 2],
}

struct Half {
    halver: Halver,
    /// Pre-emphasised, so that the few strong low lines do not hide the rest.
    pending: Vec<f32>,
    plain: Vec<f32>,
    last: f32,
}

#[derive(Default)]
struct Likeness {
    blocks: u32,
    /// Energy of the louder leg, of all blocks and of those that are copies. By energy, so that the
    /// hiss between words has no say.
    energy: f64,
    copied_energy: f64,
    correlation: f64,
    powers: [f64; 2],
}

struct Sums {
    blocks: u32,
    own_energy: f32,
    lags: Vec<f32>,
}

impl Pair {
    pub(super) fn new() -> Self {
        let mut planner = FftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(SIZE), planner.plan_fft_inverse(SIZE));
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        let half =
            || Half { halver: Halver::new(), pending: Vec::new(), plain: Vec::new(), last: 0.0 };
        let sums = || Sums { blocks: 0, own_energy: 0.0, lags: vec![0.0; LAGS] };
        Self {
            legs: [half(), half()],
            forward,
            inverse,
            line: vec![Complex32::default(); SIZE],
            cross: vec![Complex32::default(); SIZE],
            scratch: vec![Complex32::default(); scratch],
            likeness: Likeness::default(),
            leaks: [sums(), sums()],
        }
    }

    /// Takes the next samples of both legs, equally many.
    pub(super) fn push(&mut self, legs: [&[f32]; 2]) {
        for (half, samples) in self.legs.iter_mut().zip(legs) {
            half.push(samples);
        }
        while self.legs.iter().all(|half| half.pending.len() >= BLOCK) {
            self.block();
            for half in &mut self.legs {
                half.pending.drain(..BLOCK);
                half.plain.drain(..BLOCK);
            }
        }
    }

    fn block(&mut self) {
        let energies = [0, 1].map(|leg: usize| square_sum(&self.legs[leg].pending[..BLOCK]));
        let active = ACTIVE_POWER_MIN * BLOCK as f32;
        if energies[0].max(energies[1]) < active {
            return;
        }
        self.correlate();
        let louder = usize::from(energies[1] > energies[0]);
        if self.tonal(louder) {
            return;
        }
        self.likeness.add(self.likeness_here(), energies);
        if energies[louder] >= DOMINANCE_MIN * energies[1 - louder] {
            let mut sums = std::mem::replace(
                &mut self.leaks[louder],
                Sums { blocks: 0, own_energy: 0.0, lags: Vec::new() },
            );
            sums.blocks += 1;
            sums.own_energy += energies[louder];
            for (ix, sum) in sums.lags.iter_mut().enumerate() {
                // Lags are stored as "the other leg is later", whichever leg is the source.
                *sum += self.at_lag(if louder == 0 { ix } else { LAGS - 1 - ix });
            }
            self.leaks[louder] = sums;
        }
    }

    /// Correlation of the two legs at the lag that fits best, without the pre-emphasis, which would
    /// let a copy's hiss hide the likeness.
    fn likeness_here(&self) -> f32 {
        let best = (0..LAGS).max_by(|&a, &b| self.at_lag(a).abs().total_cmp(&self.at_lag(b).abs()));
        let lag = best.unwrap_or(LAG_MAX) as isize - LAG_MAX as isize;
        let (later, earlier) = (lag.max(0) as usize, (-lag).max(0) as usize);
        let first = &self.legs[0].plain[earlier..BLOCK - later];
        let second = &self.legs[1].plain[later..BLOCK - earlier];
        alike(first, second).abs()
    }

    /// Both spectra by one transform, their product, and back.
    fn correlate(&mut self) {
        self.line.fill(Complex32::default());
        let pairs = self.legs[0].pending[..BLOCK].iter().zip(&self.legs[1].pending[..BLOCK]);
        for (slot, (a, b)) in self.line.iter_mut().zip(pairs) {
            *slot = Complex32::new(*a, *b);
        }
        self.forward.process_with_scratch(&mut self.line, &mut self.scratch);
        for bin in 0..SIZE {
            let (a, b) = self.spectra(bin);
            self.cross[bin] = a.conj() * b;
        }
        self.inverse.process_with_scratch(&mut self.cross, &mut self.scratch);
    }

    fn spectra(&self, bin: usize) -> (Complex32, Complex32) {
        let (here, there) = (self.line[bin], self.line[(SIZE - bin) % SIZE].conj());
        let half = Complex32::new(0.5, 0.0);
        let difference = (here - there) * half;
        ((here + there) * half, Complex32::new(difference.im, -difference.re))
    }

    /// Sum of products at lag index `ix`, the shorter overlap of far lags made good.
    fn at_lag(&self, ix: usize) -> f32 {
        let lag = ix as isize - LAG_MAX as isize;
        let value = self.cross[lag.rem_euclid(SIZE as isize) as usize].re / SIZE as f32;
        value * BLOCK as f32 / (BLOCK - lag.unsigned_abs()) as f32
    }

    /// Whether a few lines hold nearly all the power of the block's louder leg.
    fn tonal(&self, leg: usize) -> bool {
        const REACH: usize = 12;
        const STRETCH: usize = 64;
        let mut power: Vec<f32> = (0..SIZE / 2)
            .map(|bin| {
                let (a, b) = self.spectra(bin);
                if leg == 0 { a.norm_sqr() } else { b.norm_sqr() }
            })
            .collect();
        let total = sum(&power);
        let mut held = 0.0;
        // The strongest of each stretch: a line that is taken out changes two of them at the most.
        let strongest = |stretch: &[f32]| stretch.iter().copied().fold(0.0, f32::max);
        let mut tops: Vec<f32> = power.chunks(STRETCH).map(strongest).collect();
        for _ in 0..TONAL_LINES {
            let first = first_of_most(&tops) * STRETCH;
            let at = first + first_of_most(&power[first..first + STRETCH]);
            let near = at.saturating_sub(REACH)..(at + REACH + 1).min(power.len());
            held += power[near.clone()].iter().sum::<f32>();
            power[near.clone()].fill(0.0);
            for stretch in near.start / STRETCH..=(near.end - 1) / STRETCH {
                tops[stretch] = strongest(&power[stretch * STRETCH..][..STRETCH]);
            }
        }
        held > TONAL_SHARE_MIN * total
    }

    /// Whether the legs are copies of one signal.
    pub(super) fn copy(&self) -> Option<Copy> {
        let likeness = &self.likeness;
        let gain_db = (10.0 * (likeness.powers[1] / likeness.powers[0].max(1e-12)).log10()) as f32;
        let copies = likeness.copied_energy >= COPY_SHARE_MIN * likeness.energy;
        (likeness.blocks >= BLOCKS_MIN && copies && gain_db.abs() < COPY_GAIN_DB_MAX)
            .then(|| Copy { correlation: (likeness.correlation / likeness.energy) as f32, gain_db })
    }

    /// What is heard on leg `onto` of the other.
    pub(super) fn leak(&self, onto: LegIx) -> LeakEvidence {
        let sums = &self.leaks[1 - onto.ix().min(1)];
        if sums.blocks < BLOCKS_MIN {
            return LeakEvidence::Unknown;
        }
        let at = (0..LAGS)
            .max_by(|&a, &b| sums.lags[a].abs().total_cmp(&sums.lags[b].abs()))
            .unwrap_or(LAG_MAX);
        let near = at.saturating_sub(32)..at + 33;
        let far = sums.lags.iter().enumerate().filter(|(ix, _)| !near.contains(ix));
        let (square_sum, count) =
            far.fold((0.0f32, 0usize), |(sum, n), (_, value)| (sum + value * value, n + 1));
        let background = (square_sum / count.max(1) as f32).sqrt();
        let gain_db = 20.0 * (sums.lags[at].abs() / sums.own_energy).max(1e-9).log10();
        if sums.lags[at].abs() < CERTAINTY_MIN * background || gain_db < LEAK_DB_MIN {
            return LeakEvidence::Absent;
        }
        let delay_ms = (at as f32 - LAG_MAX as f32) * 1000.0 / RATE_HZ as f32;
        LeakEvidence::Present(Leak { onto, gain_db, delay_ms })
    }
}

impl Half {
    fn push(&mut self, samples: &[f32]) {
        let known = self.plain.len();
        self.halver.push(samples, &mut self.plain);
        for &sample in &self.plain[known..] {
            self.pending.push(sample - 0.9 * self.last);
            self.last = sample;
        }
    }
}

/// The first place of the largest value.
fn first_of_most(values: &[f32]) -> usize {
    // A plain loop: `max_by` took a third of the whole pass.
    let (mut at, mut top) = (0, 0.0);
    for (ix, value) in values.iter().enumerate() {
        if *value > top {
            (at, top) = (ix, *value);
        }
    }
    at
}

/// Correlation of two stretches about their means, -1 to 1.
fn alike(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| sum(x) / x.len().max(1) as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    // Side by side, as in `lanes`.
    let mut sums = [[0.0f32; 4]; 3];
    let mut add = |lane: usize, x: f32, y: f32| {
        let (x, y) = (x - mean_a, y - mean_b);
        sums[0][lane] += x * y;
        sums[1][lane] += x * x;
        sums[2][lane] += y * y;
    };
    let ((fours_a, rest_a), (fours_b, rest_b)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (x, y) in fours_a.iter().zip(fours_b) {
        (0..4).for_each(|lane| add(lane, x[lane], y[lane]));
    }
    rest_a.iter().zip(rest_b).for_each(|(x, y)| add(0, *x, *y));
    let [both, own, other] = sums.map(|lanes| lanes.iter().sum::<f32>());
    both / (own * other).sqrt().max(1e-12)
}

impl Likeness {
    fn add(&mut self, correlation: f32, energies: [f32; 2]) {
        self.blocks += 1;
        let energy = f64::from(energies[0].max(energies[1]));
        self.energy += energy;
        if correlation >= COPY_MIN {
            self.copied_energy += energy;
        }
        self.correlation += energy * f64::from(correlation);
        for (sum, energy) in self.powers.iter_mut().zip(energies) {
            *sum += f64::from(energy);
        }
    }
}
