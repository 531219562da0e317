//! Key presses.
//!
//! In: short power spectra of one leg (32 ms, every 10 ms). Out: spans in which a key was held. Which
//! key is told to nobody: keys are card numbers and passwords.

use super::{BAND_TOP_HZ, SHORT_HOP, SHORT_SIZE};
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::envelope::power;
use crate::audio::spectrum::{bin_of, line_hz, peak_bin, power_near};
use crate::domain::{AudioTime, Span};

const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// ITU-T Q.24 asks to take 1.5 % off and to refuse 3.5 %.
const DRIFT_SHARE_MAX: f32 = 0.02;
/// Q.24 allows 4 to 8 dB between the tones; a little more for bent lines.
const TWIST_DB_MAX: f32 = 9.0;
const LEVEL_DBFS_MIN: f32 = -45.0;
/// Of the telephone band's power. A voice whose harmonics fall on two of the tones has others beside
/// them that hold a tenth and more.
const SHARE_MIN: f32 = 0.9;
/// Frames in a row: a key is held 40 ms or longer.
const FRAMES_MIN: u64 = 4;

/// Watches one leg.
#[derive(Debug, Clone, Default)]
pub(super) struct Dtmf {
    open: Option<(u64, u64, u8)>,
    pressed: Vec<Span>,
}

impl Dtmf {
    /// Takes frame number `frame`.
    pub(super) fn push(&mut self, frame: u64, bins: &[f32]) {
        match (&mut self.open, key(bins)) {
            (Some((_, last, held)), Some(now)) if *held == now => *last = frame,
            (_, now) => {
                self.pressed.extend(self.open.take().and_then(press));
                self.open = now.map(|key| (frame, frame, key));
            }
        }
    }

    /// Every press so far.
    pub(super) fn presses(&self) -> Vec<Span> {
        self.pressed.iter().copied().chain(self.open.and_then(press)).collect()
    }
}

fn press((first, last, _): (u64, u64, u8)) -> Option<Span> {
    let middle = |frame: u64| {
        let sample = frame * SHORT_HOP as u64 + SHORT_SIZE as u64 / 2;
        AudioTime::from_samples(sample, SAMPLE_RATE_HZ)
    };
    (last + 1 - first >= FRAMES_MIN)
        .then(|| Span::at_least_1_ms(middle(first).minus_ms(5), middle(last).plus_ms(5)))
}

/// The key that a spectrum shows, 0 to 15.
fn key(bins: &[f32]) -> Option<u8> {
    const REACH: usize = 2;
    let bin = |hz| bin_of(hz, SHORT_SIZE);
    let total: f32 = bins[bin(200.0)..bin(BAND_TOP_HZ)].iter().sum();
    if total < power(LEVEL_DBFS_MIN) {
        return None;
    }
    let low = peak_bin(bins, bin(660.0), bin(980.0));
    let high = peak_bin(bins, bin(1170.0), bin(1690.0));
    let (low_power, high_power) = (power_near(bins, low, REACH), power_near(bins, high, REACH));
    if low_power + high_power < SHARE_MIN * total
        || 10.0 * (low_power / high_power).log10().abs() > TWIST_DB_MAX
    {
        return None;
    }
    let row = nearest(&ROWS_HZ, line_hz(bins, low))?;
    Some(row * 4 + nearest(&COLUMNS_HZ, line_hz(bins, high))?)
}

fn nearest(tones_hz: &[f32; 4], hz: f32) -> Option<u8> {
    tones_hz.iter().position(|tone| (hz - tone).abs() <= DRIFT_SHARE_MAX * tone).map(|ix| ix as u8)
}
