//! Asterisk's call records, `Master.csv`: which line tells of which recording.
//!
//! In: the file, which grows for ever, and what is known of a recording from its name. Out: more facts. The file
//! is read once and then from where it ended; of each line only its place is kept, by the call's unique id.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use jiff::tz::TimeZone;

use super::facts::{Facts, time};

/// Lines whose places are kept; the oldest go first.
const LINES_MAX: usize = 500_000;

/// Bytes at the end of an older file that are read at first: some 400,000 calls.
const TAIL_BYTES: u64 = 128 << 20;

/// Bytes of a line.
const LINE_BYTES_MAX: usize = 16 << 10;

/// Columns: accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer, end,
/// duration, billsec, disposition, amaflags, and, if Asterisk is set so, uniqueid, userfield.
const UNIQUEID: usize = 16;

/// A file of call records, as far as it was read.
#[derive(Debug)]
pub struct CdrFile {
    path: PathBuf,
    /// So much at the end of an older file is read.
    tail_bytes: u64,
    read_to: u64,
    lines: BTreeMap<String, u64>,
}

impl CdrFile {
    /// A file that is not read yet, and need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self::with_tail(path, TAIL_BYTES)
    }

    pub(super) fn with_tail(path: &Path, tail_bytes: u64) -> Self {
        Self { path: path.to_owned(), tail_bytes, read_to: 0, lines: BTreeMap::new() }
    }

    /// What the records tell of a call; `None` when there is no record of it (yet).
    ///
    /// # Errors
    /// What the system said.
    pub fn facts(
        &mut self,
        unique_id: &str,
        direction: Option<&str>,
        zone: &TimeZone,
    ) -> io::Result<Option<Facts>> {
        self.read_on()?;
        let Some(at) = self.lines.get(unique_id) else { return Ok(None) };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(*at))?;
        let mut line = Vec::new();
        BufReader::new(file.take(LINE_BYTES_MAX as u64)).read_until(b'\n', &mut line)?;
        Ok(record(&line).map(|row| of_row(&row, direction, zone)))
    }

    fn read_on(&mut self) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length < self.read_to {
            // Rotated: a new file under the old name.
            (self.read_to, self.lines) = (0, BTreeMap::new());
        }
        // The tail begins somewhere inside a line, which is over with the first line feed.
        let mut inside = false;
        if self.read_to == 0 && length > self.tail_bytes {
            (self.read_to, inside) = (length - self.tail_bytes, true);
        }
        file.seek(SeekFrom::Start(self.read_to))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read =
                reader.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)? as u64;
            // A line without its end is still being written, unless it is too long to be one.
            if read == 0 || (line.last() != Some(&b'\n') && line.len() < LINE_BYTES_MAX) {
                return Ok(());
            }
            if inside {
                inside = line.last() != Some(&b'\n');
            } else if let Some(id) =
                record(&line).and_then(|row| row.get(UNIQUEID).map(str::to_owned))
            {
                if self.lines.len() >= LINES_MAX {
                    self.lines.pop_first();
                }
                self.lines.entry(id).or_insert(self.read_to);
            }
            self.read_to += read;
        }
    }
}

fn record(line: &[u8]) -> Option<StringRecord> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line);
    reader.records().next()?.ok()
}

fn of_row(row: &StringRecord, direction: Option<&str>, zone: &TimeZone) -> Facts {
    let get = |column: usize| row.get(column).unwrap_or_default();
    let mut facts = Facts::default();
    let (src, dst, channel, dstchannel) = (get(1), get(2), get(5), get(6));
    match direction {
        Some("outbound") => {
            facts.set("customer.number", dst);
            facts.set("agent.id", extension(channel).unwrap_or(src));
        }
        Some("inbound") => {
            facts.set("customer.number", src);
            facts.set("agent.id", extension(dstchannel).unwrap_or_default());
        }
        // From whom to whom is known, but not which of them is ours.
        _ => {
            facts.set("extra.src", src);
            facts.set("extra.dst", dst);
        }
    }
    if get(7) == "Queue" {
        facts.set("queue", get(8).split(',').next().unwrap_or_default());
    }
    facts.set("started_at", &time(get(9), zone).unwrap_or_default());
    if let (Ok(all), Ok(talk)) = (get(12).parse::<u64>(), get(13).parse::<u64>()) {
        facts.set_word("ring_s", &all.saturating_sub(talk).to_string(), zone);
    }
    facts.set("extra.disposition", get(14));
    facts.set("extra.account", get(0));
    facts.set("extra.uniqueid", get(UNIQUEID));
    facts
}

/// `PJSIP/2001-0000abcd` to `2001`; a trunk has a name, and is no agent.
fn extension(channel: &str) -> Option<&str> {
    let (_, rest) = channel.split_once('/')?;
    let extension = rest.split(['-', '@']).next()?;
    (!extension.is_empty() && extension.bytes().all(|b| b.is_ascii_digit())).then_some(extension)
}
