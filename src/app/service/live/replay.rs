//! What is written to a recording, told once more for who hears it later.
//!
//! In: interleaved samples as they are written. Out: frames of 20 ms of each leg, by their place in the recording: the places by which
//! what is said in it is known.

use std::sync::Arc;

use crate::api::live::{Frame, LiveCall};

/// Frames a second.
const FRAMES_PER_S: usize = 50;

/// Cuts what is written.
pub(super) struct Replay {
    channels: usize,
    rate_hz: u32,
    /// Less than a frame of all legs, interleaved.
    rest: Vec<i16>,
    /// Frames told.
    told: u64,
}

impl Replay {
    /// Of a recording that begins.
    pub(super) const fn new(channels: usize, rate_hz: u32) -> Self {
        Self { channels, rate_hz, rest: Vec::new(), told: 0 }
    }

    /// More was written.
    pub(super) fn tell(&mut self, call: &LiveCall, samples: &[i16]) {
        self.rest.extend_from_slice(samples);
        let unit = (self.rate_hz as usize / FRAMES_PER_S * self.channels).max(1);
        let whole = self.rest.len() - self.rest.len() % unit;
        for frame in self.rest.drain(..whole).as_slice().chunks(unit) {
            let at_ms = self.told * 1_000 / FRAMES_PER_S as u64;
            self.told += 1;
            // As a rule nobody hears this one.
            if call.written.receiver_count() == 0 {
                continue;
            }
            for leg in 0..self.channels {
                let pcm: Arc<[i16]> =
                    frame.iter().skip(leg).step_by(self.channels).copied().collect();
                let (rate_hz, leg) = (self.rate_hz, leg as u8);
                let frame = Frame { leg, concealed: false, muted: false, rate_hz, at_ms, pcm };
                let _ = call.written.send(frame);
            }
        }
    }
}
