//! Small recordings made in code, for tests.

/// A WAV file to be written.
pub(crate) struct Wave {
    tag: u16,
    bits: u16,
    channels: u16,
    rate_hz: u32,
    data: Vec<u8>,
}

impl Wave {
    /// Mono A-law at 8 kHz.
    pub(crate) fn alaw(data: &[u8]) -> Self {
        Self { tag: 6, bits: 8, channels: 1, rate_hz: 8_000, data: data.to_vec() }
    }

    /// 16-bit PCM, interleaved.
    pub(crate) fn pcm16(channels: u16, rate_hz: u32, samples: &[i16]) -> Self {
        let data = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        Self { tag: 1, bits: 16, channels, rate_hz, data }
    }

    /// Any tag.
    pub(crate) fn of(tag: u16, bits: u16, channels: u16, rate_hz: u32, data: Vec<u8>) -> Self {
        Self { tag, bits, channels, rate_hz, data }
    }

    /// The file: RIFF, an 18-byte fmt, data.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes_with_block(self.channels * self.bits / 8)
    }

    /// The same with another block size in its header, as ADPCM has.
    pub(crate) fn bytes_with_block(&self, block: u16) -> Vec<u8> {
        let mut file = b"RIFF".to_vec();
        file.extend((38 + self.data.len() as u32).to_le_bytes());
        file.extend(b"WAVEfmt \x12\0\0\0");
        file.extend(self.tag.to_le_bytes());
        file.extend(self.channels.to_le_bytes());
        file.extend(self.rate_hz.to_le_bytes());
        file.extend(self.rate_hz.wrapping_mul(u32::from(block)).to_le_bytes());
        file.extend(block.to_le_bytes());
        file.extend(self.bits.to_le_bytes());
        file.extend([0, 0]);
        file.extend(b"data");
        file.extend((self.data.len() as u32).to_le_bytes());
        file.extend(&self.data);
        file
    }
}

/// A tone as 16-bit samples.
pub(crate) fn tone(rate_hz: u32, hz: f64, frames: usize) -> Vec<i16> {
    let step = hz * std::f64::consts::TAU / f64::from(rate_hz);
    (0..frames).map(|i| ((i as f64 * step).sin() * 8_000.0) as i16).collect()
}
