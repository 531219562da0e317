//! Fills in for lost packets.
//!
//! In: the last samples heard. Out: their pitch repeated and fading out within 200 ms: longer made-up speech would be heard as words that nobody
//! said.

/// Longest concealment in milliseconds; silence afterwards.
pub(super) const CONCEAL_MS: u32 = 200;
/// Samples kept, in milliseconds.
const HISTORY_MS: u32 = 40;

/// The last samples of a leg.
#[derive(Debug)]
pub(super) struct Conceal {
    rate_hz: u32,
    history: Vec<i16>,
}

impl Conceal {
    /// Nothing heard yet.
    pub(super) fn new(rate_hz: u32) -> Self {
        Self { rate_hz, history: Vec::with_capacity((rate_hz * HISTORY_MS / 500) as usize) }
    }

    /// Longest concealment in samples.
    pub(super) fn samples_max(&self) -> u64 {
        u64::from(self.rate_hz * CONCEAL_MS / 1_000)
    }

    /// Remembers what was played.
    pub(super) fn push(&mut self, pcm: &[i16]) {
        let room = (self.rate_hz * HISTORY_MS / 1_000) as usize;
        let newest = pcm.get(pcm.len().saturating_sub(room)..).unwrap_or_default();
        let over = (self.history.len() + newest.len()).saturating_sub(room);
        self.history.drain(..over.min(self.history.len()));
        self.history.extend_from_slice(newest);
    }

    /// Forgets: what comes is another's voice.
    pub(super) fn clear(&mut self) {
        self.history.clear();
    }

    /// Puts `count` made-up samples into `out`, at most [`Conceal::samples_max`]; none when nothing was heard.
    pub(super) fn fill(&self, count: usize, out: &mut Vec<i16>) {
        out.clear();
        let period = self.period();
        let Some(cycle) = self.history.get(self.history.len().saturating_sub(period)..) else {
            return;
        };
        if cycle.is_empty() {
            return;
        }
        let longest = self.samples_max() as i64;
        for (at, sample) in (0..longest.min(count as i64)).zip(cycle.iter().cycle()) {
            out.push((i64::from(*sample) * (longest - at) / longest) as i16);
        }
    }

    /// The pitch period in samples: the shift of 2.5 to 15 ms at which the last 15 ms look most like what was before.
    fn period(&self) -> usize {
        let ms = |tenths: u32| (self.rate_hz * tenths / 10_000) as usize;
        let window = ms(150);
        let Some(newest) = self.history.get(self.history.len().saturating_sub(window)..) else {
            return window;
        };
        let mut best = (0.0f64, window);
        for lag in ms(25)..=window {
            let Some(start) = self.history.len().checked_sub(newest.len() + lag) else { break };
            let older = self.history.get(start..).unwrap_or_default();
            let (mut dot, mut power) = (0i64, 1i64);
            for (new, old) in newest.iter().zip(older) {
                dot += i64::from(*new) * i64::from(*old);
                power += i64::from(*old) * i64::from(*old);
            }
            let likeness = dot as f64 / (power as f64).sqrt();
            if likeness > best.0 {
                best = (likeness, lag);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_goes_on_and_fades() {
        let mut conceal = Conceal::new(8_000);
        let mut out = Vec::new();
        conceal.fill(160, &mut out);
        assert!(out.is_empty());
        // 200 Hz: a period of 40 samples.
        let tone = |n: usize| ((n as f32 * 0.157_08).sin() * 8_000.0) as i16;
        conceal.push(&(0..800).map(tone).collect::<Vec<_>>());
        assert_eq!(conceal.period() % 40, 0);
        conceal.fill(5_000, &mut out);
        assert_eq!(out.len(), 1_600);
        let off = |n: usize| (i32::from(out[n]) - i32::from(tone(800 + n))).abs();
        assert!((0..40).all(|n| off(n) < 400));
        assert!(out[1_500..].iter().all(|s| s.abs() < 600));
    }
}
