//! A leg's clock: where a packet's first sample lies in the call.
//!
//! In: packets' timestamps with the times they arrived. Out: places in samples since the call began, the same for all legs of a call,
//! and by how much they are off. Packets are delayed by varying amounts but never sent before their time: the least delayed of
//! the last seconds tells how the sender's clock stands to ours, and thereby its drift.

/// How long the least delay is remembered at least, and half of how long at most, in microseconds.
const WINDOW_US: u64 = 4_000_000;
/// Packets in the window before it is believed.
const PACKETS_MIN: u32 = 10;
/// Delays that differ by more than this from the least are another beginning of time, in microseconds.
const STRAY_US: i64 = 1_500_000;
/// Length of a packet until the first is decoded, in microseconds.
const PACKET_US: i64 = 20_000;

/// The clock of one stream.
#[derive(Debug)]
pub(super) struct Clock {
    rate_hz: u32,
    clock_hz: u32,
    first: i64,
    /// Place of the first timestamp.
    offset: Option<i64>,
    /// Samples of a packet: it arrives when its last has been spoken.
    span: i64,
    least: i64,
    packets: u32,
    since_us: u64,
    least_before: Option<i64>,
}

impl Clock {
    /// A clock of places at `rate_hz` for timestamps at `clock_hz`, from its first packet.
    pub(super) fn new(rate_hz: u32, clock_hz: u32, first: i64, now_us: u64) -> Self {
        let span = samples(PACKET_US, rate_hz);
        let mut clock = Self {
            rate_hz,
            clock_hz: clock_hz.max(1),
            first,
            offset: None,
            span,
            least: 0,
            packets: 0,
            since_us: now_us,
            least_before: None,
        };
        clock.least = clock.delay(first, now_us);
        clock
    }

    /// Units a second of its timestamps.
    pub(super) fn clock_hz(&self) -> u32 {
        self.clock_hz
    }

    /// Whether a packet's delay shows that the sender's time has begun anew.
    pub(super) fn strays(&self, timestamp: i64, now_us: u64) -> bool {
        let off = self.delay(timestamp, now_us).saturating_sub(self.best());
        off.saturating_abs() > samples(STRAY_US, self.rate_hz)
    }

    /// Takes a packet.
    pub(super) fn observe(&mut self, timestamp: i64, now_us: u64) {
        let delay = self.delay(timestamp, now_us);
        let age_us = now_us.saturating_sub(self.since_us);
        if age_us > WINDOW_US {
            self.least_before = (age_us < 2 * WINDOW_US).then_some(self.least);
            (self.least, self.packets, self.since_us) = (delay, 0, now_us);
        }
        self.least = self.least.min(delay);
        self.packets = self.packets.saturating_add(1);
    }

    /// Samples of the last packet.
    pub(super) fn set_span(&mut self, samples: usize) {
        self.span = samples as i64;
    }

    /// Whether places are known.
    pub(super) fn is_started(&self) -> bool {
        self.offset.is_some()
    }

    /// Places are known from here on: this packet's is at `end` or after it.
    pub(super) fn start(&mut self, timestamp: i64, end: u64) {
        let least = (end as i64).saturating_sub(self.media(timestamp));
        self.offset = Some((self.best() - self.span).max(least));
    }

    /// Where a packet's first sample lies.
    pub(super) fn place(&self, timestamp: i64) -> i64 {
        self.offset.unwrap_or(0).saturating_add(self.media(timestamp))
    }

    /// By how many samples places should lie later; below 0, earlier.
    pub(super) fn error(&self) -> i64 {
        if self.packets < PACKETS_MIN && self.least_before.is_none() {
            return 0;
        }
        self.offset.map_or(0, |offset| self.best() - self.span - offset)
    }

    /// Puts all later places later, or earlier.
    pub(super) fn shift(&mut self, samples: i64) {
        self.offset = self.offset.map(|offset| offset.saturating_add(samples));
    }

    fn best(&self) -> i64 {
        self.least_before.map_or(self.least, |before| before.min(self.least))
    }

    fn media(&self, timestamp: i64) -> i64 {
        let units = timestamp.saturating_sub(self.first);
        units.saturating_mul(i64::from(self.rate_hz)) / i64::from(self.clock_hz)
    }

    fn delay(&self, timestamp: i64, now_us: u64) -> i64 {
        place_at(now_us, self.rate_hz).saturating_sub(self.media(timestamp))
    }
}

/// The place of a moment of the call.
pub(super) fn place_at(now_us: u64, rate_hz: u32) -> i64 {
    let now_us = i64::try_from(now_us).unwrap_or(i64::MAX);
    samples(now_us, rate_hz)
}

fn samples(us: i64, rate_hz: u32) -> i64 {
    // A call of 29 years at 48 kHz still fits.
    us.saturating_mul(i64::from(rate_hz) / 100) / 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_delayed_packet_tells_the_time() {
        let mut clock = Clock::new(8_000, 8_000, 1_000, 1_150_000);
        for (packet, delay_us) in [150, 30, 90, 70].map(|ms| ms * 1_000).into_iter().enumerate() {
            let now_us = 1_000_000 + packet as u64 * 20_000 + delay_us;
            clock.observe(1_000 + packet as i64 * 160, now_us);
        }
        clock.start(1_000, 0);
        // Sent at 1 s with at least 30 ms of delay; its 20 ms were spoken before that.
        assert_eq!(clock.place(1_000), 8_000 + 240 - 160);
        assert_eq!(clock.place(1_160), 8_000 + 240);
        assert!(!clock.strays(1_640, 1_200_000));
        assert!(clock.strays(1_640, 3_200_000));
        assert!(clock.strays(90_000, 1_200_000));
    }

    #[test]
    fn drift_shows_as_an_error() {
        let mut clock = Clock::new(8_000, 8_000, 0, 1_000_000);
        for packet in 0..5_000u64 {
            // The sender's clock is 200 ppm slow.
            let now_us = 1_000_000 + packet * 20_004;
            clock.observe(packet as i64 * 160, now_us);
            if packet == 20 {
                clock.start(0, 0);
            }
        }
        // 100 s at 200 ppm: 20 ms, seen with a lag of some seconds.
        let error_ms = clock.error() as f64 / 8.0;
        assert!((18.0..=20.0).contains(&error_ms), "{error_ms}");
    }
}
