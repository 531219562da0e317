//! Audio in: bytes become blocks of 16 kHz, one stream a leg.
//!
//! In: bytes of a recording. Out: [`Block`]s, and what is wrong with the recording. No files are
//! opened here and nothing is spawned: [`crate::ingest`] does that.

pub mod envelope;
pub(crate) mod halve;
mod lanes;
pub mod playback;
pub mod redact;
pub mod sanity;
mod spectrum;

mod decode;
#[cfg(test)]
pub(crate) mod fixture;
pub mod raw;
pub mod resample;
pub mod sniff;
pub mod wav_header;

pub use decode::{BLOCK_SAMPLES, Block, DecodeError, Decoder, Format, Piped};
pub use symphonia::core::io::MediaSource;

/// The rate of every block, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Reads any bytes as a recording of any kind, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    /// As much is enough to be past every header.
    const BLOCKS_MAX: usize = 50;
    for extension in ["wav", "au", "mp3", "ogg", "m4a"] {
        let source = Box::new(std::io::Cursor::new(bytes.to_vec()));
        let Ok(mut decoder) = Decoder::new(source, extension) else { continue };
        for _ in 0..BLOCKS_MAX {
            if !matches!(decoder.next_block(), Ok(Some(_))) {
                break;
            }
        }
    }
}
