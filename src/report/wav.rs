//! The call's audio as every browser plays it: WAV, G.711 mu-law, 8 kHz, one channel a leg.
//!
//! In: 16 kHz samples of each leg, in order. Out: bytes written as they come, at 8 kB for each second
//! of a leg, so that a long call needs no memory; the head is completed at the end.

use std::io::{self, Seek, SeekFrom, Write};

const RATE_HZ: u32 = 8_000;
const HEAD_BYTES: u32 = 58;
const SILENCE: u8 = 0xff;

/// Writes a mu-law WAV.
#[derive(Debug)]
pub struct MulawWav<W: Write + Seek> {
    out: W,
    legs: Vec<Leg>,
    frames: u32,
}

#[derive(Debug, Default, Clone)]
struct Leg {
    /// The first sample of a pair whose second has not come yet.
    half: Option<f32>,
    /// Encoded, waiting for the other legs.
    waiting: Vec<u8>,
}

impl<W: Write + Seek> MulawWav<W> {
    /// Begins a file with `legs` channels.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn new(mut out: W, legs: usize) -> io::Result<Self> {
        out.write_all(&head(legs as u16, 0))?;
        Ok(Self { out, legs: vec![Leg::default(); legs], frames: 0 })
    }

    /// Adds the next 16 kHz samples of a leg (full scale ±1); a leg that does not exist is left out.
    ///
    /// # Errors
    /// When the audio cannot be written.
    pub fn push(&mut self, leg: usize, samples: &[f32]) -> io::Result<()> {
        let Some(leg) = self.legs.get_mut(leg) else { return Ok(()) };
        for sample in samples {
            match leg.half.take() {
                None => leg.half = Some(*sample),
                // The mean of two neighbours is filter enough for telephone speech.
                Some(before) => leg.waiting.push(mulaw((before + sample) / 2.0)),
            }
        }
        let ready = self.legs.iter().map(|leg| leg.waiting.len()).min().unwrap_or(0);
        self.write(ready)
    }

    /// Fills shorter legs with silence, completes the head, and gives the writer back.
    ///
    /// # Errors
    /// When the audio cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let longest = self.legs.iter().map(|leg| leg.waiting.len()).max().unwrap_or(0);
        for leg in &mut self.legs {
            leg.waiting.resize(longest, SILENCE);
        }
        self.write(longest)?;
        if (self.frames as usize * self.legs.len()) % 2 == 1 {
            self.out.write_all(&[0])?; // chunks have an even length
        }
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&head(self.legs.len() as u16, self.frames))?;
        self.out.seek(SeekFrom::End(0))?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, frames: usize) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(frames * self.legs.len());
        for ix in 0..frames {
            bytes.extend(self.legs.iter().map(|leg| leg.waiting[ix]));
        }
        for leg in &mut self.legs {
            leg.waiting.drain(..frames);
        }
        self.frames = self.frames.saturating_add(frames as u32);
        self.out.write_all(&bytes)
    }
}

/// RIFF, `fmt ` for mu-law, `fact`, and the start of `data`.
fn head(legs: u16, frames: u32) -> [u8; HEAD_BYTES as usize] {
    let data_bytes = frames.saturating_mul(u32::from(legs));
    let padded = data_bytes.saturating_add(data_bytes % 2);
    let mut head = Vec::with_capacity(HEAD_BYTES as usize);
    head.extend(b"RIFF");
    head.extend(padded.saturating_add(HEAD_BYTES - 8).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(18_u32.to_le_bytes());
    head.extend(7_u16.to_le_bytes());
    head.extend(legs.to_le_bytes());
    head.extend(RATE_HZ.to_le_bytes());
    head.extend((RATE_HZ * u32::from(legs)).to_le_bytes());
    head.extend(legs.to_le_bytes());
    head.extend(8_u16.to_le_bytes());
    head.extend(0_u16.to_le_bytes());
    head.extend(b"fact");
    head.extend(4_u32.to_le_bytes());
    head.extend(frames.to_le_bytes());
    head.extend(b"data");
    head.extend(data_bytes.to_le_bytes());
    head.try_into().expect("the parts add up to the head's length")
}

/// ITU-T G.711 mu-law of one sample.
fn mulaw(sample: f32) -> u8 {
    const BIAS: u32 = 0x84;
    const CLIP: u32 = 32_635;
    let pcm = (sample * 32_768.0) as i32;
    let sign = if pcm < 0 { 0x80 } else { 0 };
    let magnitude = pcm.unsigned_abs().min(CLIP) + BIAS;
    let exponent = 24 - magnitude.leading_zeros();
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn mulaw_is_that_of_the_standard() {
        // Values of the ITU's own reference encoder.
        for (sample, expected) in
            [(0.0, 0xff), (1.0, 0x80), (-1.0, 0x00), (9.0, 0x80), (0.5, 0x8f), (-0.5, 0x0f)]
        {
            assert_eq!(mulaw(sample), expected, "{sample}");
        }
        assert_eq!(mulaw(f32::NAN), 0xff);
    }

    #[test]
    fn legs_are_woven_together_however_they_came() {
        let mut wav = MulawWav::new(Cursor::new(Vec::new()), 2).unwrap();
        wav.push(0, &[1.0; 3]).unwrap();
        wav.push(1, &[-1.0; 2]).unwrap();
        wav.push(0, &[1.0; 3]).unwrap();
        wav.push(5, &[1.0; 3]).unwrap();
        let bytes = wav.finish().unwrap().into_inner();
        assert_eq!(bytes[58..], [0x80, 0x00, 0x80, SILENCE, 0x80, SILENCE]);
        assert_eq!(bytes[4..8], (bytes.len() as u32 - 8).to_le_bytes());
        assert_eq!(bytes[54..58], 6_u32.to_le_bytes());
    }
}
