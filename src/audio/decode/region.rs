//! Sources made of other sources: a part of a file, a file with a mended size, and a pipe.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::DecodeError;

/// A part of a source, which looks like a whole one.
pub(super) struct Region {
    source: Box<dyn MediaSource>,
    start: u64,
    bytes: Option<u64>,
    at: u64,
}

impl Region {
    pub(super) fn new(
        mut source: Box<dyn MediaSource>,
        start: u64,
        bytes: Option<u64>,
    ) -> Result<Self, DecodeError> {
        if source.is_seekable() {
            source.seek(SeekFrom::Start(start))?;
        }
        Ok(Self { source, start, bytes, at: 0 })
    }
}

impl Read for Region {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.map_or(u64::MAX, |bytes| bytes.saturating_sub(self.at));
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.source.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Region {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let base = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.byte_len().and_then(|end| end.checked_add_signed(by)),
        };
        let at = base.ok_or(io::ErrorKind::InvalidInput)?;
        let absolute = self.start.checked_add(at).ok_or(io::ErrorKind::InvalidInput)?;
        self.source.seek(SeekFrom::Start(absolute))?;
        self.at = at;
        Ok(at)
    }
}

impl MediaSource for Region {
    fn is_seekable(&self) -> bool {
        self.source.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.bytes.or_else(|| Some(self.source.byte_len()?.saturating_sub(self.start)))
    }
}

/// A source in which four bytes are read as zeros: a box size that says too much becomes "to the
/// end".
pub(super) struct Patched {
    source: Box<dyn MediaSource>,
    zeros_at: u64,
    at: u64,
}

impl Patched {
    /// Starts at the source's first byte.
    pub(super) fn new(
        mut source: Box<dyn MediaSource>,
        zeros_at: u64,
    ) -> Result<Self, DecodeError> {
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { source, zeros_at, at: 0 })
    }
}

impl Read for Patched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        for (byte, at) in buffer[..read].iter_mut().zip(self.at..) {
            if (self.zeros_at..self.zeros_at + 4).contains(&at) {
                *byte = 0;
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Patched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        Ok(self.at)
    }
}

impl MediaSource for Patched {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        self.source.byte_len()
    }
}

/// A source that can only be read forward, such as the output of a child process.
pub struct Piped<R> {
    head: Cursor<Vec<u8>>,
    rest: R,
}

impl<R: Read + Send + Sync> Piped<R> {
    /// Wraps a reader.
    pub fn new(rest: R) -> Self {
        Self { head: Cursor::default(), rest }
    }

    /// Puts bytes that were read already back in front.
    pub(super) fn resumed(head: Vec<u8>, rest: R) -> Self {
        Self { head: Cursor::new(head), rest }
    }
}

impl<R: Read> Read for Piped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => self.rest.read(buffer),
            read => Ok(read),
        }
    }
}

impl<R> Seek for Piped<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<R: Read + Send + Sync> MediaSource for Piped<R> {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
