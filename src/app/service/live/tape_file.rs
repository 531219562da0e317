//! The recording of a call that goes on: a WAV file that is whole at any moment.
//!
//! In: interleaved samples, in order. Out: a file whose header says "to the end" until it is finished, so that what a killed process
//! left can be read as it is. The call's id stands in it: two calls are never the same content, whatever was said.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Bytes before the first sample.
pub(super) const DATA_AT: u64 = 44 + 8 + 4 + 8 + ID_BYTES as u64;

/// Bytes of a call's id, a UUID in text, padded to an even number.
const ID_BYTES: usize = 36;

/// A length that says "to the end of the file".
const OPEN: u32 = u32::MAX;

/// Bytes that wait for room on the disk: sixteen seconds of two legs at 16 kHz.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// A recording that grows.
pub(super) struct TapeFile {
    file: File,
    channels: u16,
    /// Bytes of audio in the file.
    written: u64,
    waiting: Waiting,
    /// Samples lost, of all legs.
    lost: u64,
}

impl TapeFile {
    /// Begins a recording. Where that fails, nothing is left of it.
    pub(super) fn begin(path: &Path, id: &str, rate_hz: u32, channels: u16) -> io::Result<Self> {
        let mut file = File::create_new(path)?;
        if let Err(error) = file.write_all(&header(id, rate_hz, channels)) {
            std::fs::remove_file(path)?;
            return Err(error);
        }
        Ok(Self { file, channels, written: 0, waiting: Waiting::default(), lost: 0 })
    }

    /// Appends whole frames, after what waits. Those that are counted as written can be read when this returns.
    ///
    /// # Errors
    /// The disk takes nothing more for now: what does not fit waits, and what is too much to wait is silence later, when there is room
    /// again.
    pub(super) fn append(&mut self, samples: &[i16]) -> io::Result<()> {
        self.lost += self.waiting.add(samples);
        let (written, result) = self.waiting.write(&mut self.file);
        self.written += written;
        result
    }

    /// Frames so far that can be read.
    pub(super) fn frames(&self) -> u64 {
        self.written / (2 * u64::from(self.channels))
    }

    /// Frames that are lost: there was no room for them, on the disk or to wait for it.
    pub(super) fn lost(&self) -> u64 {
        self.lost / u64::from(self.channels)
    }

    /// Ends the recording; it is on the disk when this returns. What waits is written now, or lost; tells how many frames are.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        if let Err(error) = self.append(&[]) {
            self.lost += self.waiting.bytes.len() as u64 / 2;
            tracing::error!(%error, "the end of a recording could not be written");
        }
        mend(&self.file)?;
        Ok(self.lost())
    }
}

/// What waits for room on the disk: samples, and silence after them in place of what was lost.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    silent_bytes: u64,
}

impl Waiting {
    /// More waits. Tells how many samples are lost.
    fn add(&mut self, samples: &[i16]) -> u64 {
        let bytes = 2 * samples.len();
        if self.silent_bytes == 0 && self.bytes.len() + bytes <= WAITING_BYTES_MAX {
            self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            return 0;
        }
        // Times stay true: there will be as much silence.
        self.silent_bytes += bytes as u64;
        samples.len() as u64
    }

    /// Writes what there is room for; tells how many bytes, and why not all.
    fn write(&mut self, out: &mut impl io::Write) -> (u64, io::Result<()>) {
        const SILENCE: [u8; 4_096] = [0; 4_096];
        let mut all = 0;
        loop {
            let silent = self.bytes.is_empty();
            let most = SILENCE.len().min(usize::try_from(self.silent_bytes).unwrap_or(usize::MAX));
            let piece = if silent { &SILENCE[..most] } else { &self.bytes[..] };
            if piece.is_empty() {
                return (all, Ok(()));
            }
            let count = match out.write(piece) {
                Ok(0) => return (all, Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return (all, Err(error)),
            };
            all += count as u64;
            if silent {
                self.silent_bytes -= count as u64;
            } else {
                self.bytes.drain(..count);
            }
        }
    }
}

/// Writes lengths that are true into a recording's header, also of one that a killed process left; tells how many
/// bytes of audio there are.
pub(super) fn close(path: &Path) -> io::Result<u64> {
    let file = File::options().read(true).write(true).open(path)?;
    mend(&file)?;
    Ok(file.metadata()?.len().saturating_sub(DATA_AT))
}

fn mend(mut file: &File) -> io::Result<()> {
    let len = file.metadata()?.len();
    if len < DATA_AT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the recording has no whole header",
        ));
    }
    let mut align = [0u8; 2];
    file.seek(SeekFrom::Start(32))?;
    file.read_exact(&mut align)?;
    // A process that is killed may leave half a frame.
    let frame = u64::from(u16::from_le_bytes(align).max(1));
    let data = (len - DATA_AT) / frame * frame;
    file.set_len(DATA_AT + data)?;
    // Longer than a WAV file can say: it says "to the end" as before.
    if let (Ok(riff), Ok(data)) = (u32::try_from(DATA_AT + data - 8), u32::try_from(data)) {
        file.seek(SeekFrom::Start(4))?;
        file.write_all(&riff.to_le_bytes())?;
        file.seek(SeekFrom::Start(DATA_AT - 4))?;
        file.write_all(&data.to_le_bytes())?;
    }
    file.sync_all()
}

fn header(id: &str, rate_hz: u32, channels: u16) -> Vec<u8> {
    let mut text = id.as_bytes().to_vec();
    text.resize(ID_BYTES, 0);
    let align = 2 * channels;
    let mut out = Vec::with_capacity(DATA_AT as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&OPEN.to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&rate_hz.to_le_bytes());
    out.extend_from_slice(&(rate_hz * u32::from(align)).to_le_bytes());
    out.extend_from_slice(&align.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    // RIFF 1991, INFO list: ICMT is a comment.
    out.extend_from_slice(b"LIST");
    out.extend_from_slice(&(4 + 8 + ID_BYTES as u32).to_le_bytes());
    out.extend_from_slice(b"INFOICMT");
    out.extend_from_slice(&(ID_BYTES as u32).to_le_bytes());
    out.extend_from_slice(&text);
    out.extend_from_slice(b"data");
    out.extend_from_slice(&OPEN.to_le_bytes());
    out
}

/// Reads a recording while it grows.
pub(super) struct Follower {
    file: File,
    channels: usize,
    bytes: Vec<u8>,
}

impl Follower {
    /// From its first sample.
    pub(super) fn open(path: &Path, channels: u16) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(DATA_AT))?;
        Ok(Self { file, channels: usize::from(channels), bytes: Vec::new() })
    }

    /// The next `frames` frames, which must be there, as one list of samples a leg, full scale ±1.
    pub(super) fn read(&mut self, frames: usize) -> io::Result<Vec<Vec<f32>>> {
        self.bytes.resize(frames * self.channels * 2, 0);
        self.file.read_exact(&mut self.bytes)?;
        let leg = |ix: usize| {
            let frames = self.bytes.chunks_exact(2 * self.channels);
            let sample = |frame: &[u8]| i16::from_le_bytes([frame[2 * ix], frame[2 * ix + 1]]);
            frames.map(|frame| f32::from(sample(frame)) / 32_768.0).collect()
        };
        Ok((0..self.channels).map(leg).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Decoder;

    fn decoded(path: &Path) -> (u32, u16, Vec<Vec<f32>>) {
        let file = Box::new(File::open(path).unwrap());
        let mut decoder = Decoder::new(file, "wav").unwrap();
        let format = decoder.format().clone();
        let mut legs = vec![Vec::new(); usize::from(format.channels)];
        while let Some(block) = decoder.next_block().unwrap() {
            legs.iter_mut().zip(block.legs).for_each(|(leg, more)| leg.extend(more));
        }
        (format.sample_rate_hz, format.channels, legs)
    }

    #[test]
    fn what_is_followed_is_what_the_recording_says_also_when_it_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let samples: Vec<i16> = (0..64_000).map(|n| (n * 37 % 20_011 - 10_000) as i16).collect();
        for finished in [true, false] {
            let path = folder.path().join(format!("{finished}.wav"));
            let id = "0192aaaa-0000-7000-8000-000000000001";
            let mut tape = TapeFile::begin(&path, id, 16_000, 2).unwrap();
            let mut follower = Follower::open(&path, 2).unwrap();
            let mut followed = vec![Vec::new(); 2];
            for piece in samples.chunks(640) {
                tape.append(piece).unwrap();
                let got = follower.read(320).unwrap();
                followed.iter_mut().zip(got).for_each(|(leg, more)| leg.extend(more));
            }
            assert_eq!(tape.frames(), 32_000);
            if finished {
                tape.finish().unwrap();
            } else {
                tape.file.write_all(&[1]).unwrap();
                assert_eq!(close(&path).unwrap(), 128_000);
            }
            assert_eq!(decoded(&path), (16_000, 2, followed), "{finished}");
        }
    }

    /// A disk with so much room.
    struct Small {
        room: usize,
        bytes: Vec<u8>,
    }

    impl io::Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let fits = bytes.len().min(self.room);
            if fits == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= fits;
            self.bytes.extend_from_slice(&bytes[..fits]);
            Ok(fits)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_finds_no_room_waits_and_what_is_too_much_becomes_silence_in_its_place() {
        let mut disk = Small { room: 1_001, bytes: Vec::new() };
        let (mut waiting, mut lost) = (Waiting::default(), 0);
        let samples = |from: usize, count: usize| -> Vec<i16> {
            (from..from + count).map(|n| (n % 30_000) as i16 + 1).collect()
        };
        let kept = WAITING_BYTES_MAX / 2;
        // As it comes: 1 000 at a time, until 3 000 more than can wait have come.
        let most = kept + 500 + 3_000;
        for from in (0..most).step_by(1_000) {
            lost += waiting.add(&samples(from, 1_000.min(most - from)));
            assert!(waiting.write(&mut disk).1.is_err());
        }
        assert!((2_000..=4_000).contains(&lost), "{lost}");
        assert!(waiting.bytes.len() <= WAITING_BYTES_MAX);
        disk.room = usize::MAX;
        lost += waiting.add(&samples(most, 10));
        let (_, result) = waiting.write(&mut disk);
        result.unwrap();
        assert_eq!(waiting.add(&samples(most + 10, 10)), 0);
        waiting.write(&mut disk).1.unwrap();

        let found: Vec<i16> =
            disk.bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        let all = samples(0, most + 20);
        assert_eq!(found.len(), all.len());
        let silent = found.iter().zip(&all).filter(|(found, sent)| found != sent);
        assert!(silent.clone().all(|(found, _)| *found == 0));
        assert_eq!(silent.count() as u64, lost);
        assert_eq!(found[most + 10..], all[most + 10..]);
    }

    #[test]
    fn the_same_words_in_two_calls_are_two_contents() {
        let folder = tempfile::tempdir().unwrap();
        let contents = ["a", "b"].map(|id| {
            let path = folder.path().join(id);
            let mut tape = TapeFile::begin(&path, id, 8_000, 1).unwrap();
            tape.append(&[1, 2, 3]).unwrap();
            tape.finish().unwrap();
            std::fs::read(path).unwrap()
        });
        assert_ne!(contents[0], contents[1]);
        assert_eq!(contents[0].len() as u64, DATA_AT + 6);
    }
}
