//! Writing a day: all its files beside the old ones first, then exchanged.
//!
//! In: rows, call by call. Out: the day's files, all new or all as they were. Memory: the rows of a batch and the
//! row group being encoded, whatever the length of the day.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::day::Day;
use super::files::{LakeError, Turn, file_error};
use super::tables::{
    CallRow, CallRows, EventRow, FindingRow, MeasureRow, Row, ScorecardRow, UtteranceRow,
};

/// Rows that wait to be encoded, a table.
const BATCH_ROWS: usize = 8192;

/// Bytes of a row group while it is encoded, a table.
const GROUP_BYTES_MAX: usize = 32 << 20;

/// Rows of a row group, a table.
const GROUP_ROWS_MAX: usize = 128 << 10;

/// A day has one file a table.
const PART: &str = "part-0.parquet";

/// A table of a day on its way.
#[derive(Debug)]
struct Part<R> {
    path: PathBuf,
    rows: Vec<R>,
    writer: Option<ArrowWriter<File>>,
}

impl<R: Row> Part<R> {
    fn new(folder: &Path) -> Self {
        let path = folder.join(format!("{}.parquet", R::TABLE));
        Self { path, rows: Vec::new(), writer: None }
    }

    fn put(&mut self, rows: impl IntoIterator<Item = R>) -> Result<(), LakeError> {
        self.rows.extend(rows);
        if self.rows.len() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), LakeError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let error = |source| LakeError::Parquet { path: self.path.clone(), source };
        if self.writer.is_none() {
            let file = File::create(&self.path).map_err(file_error(&self.path))?;
            let writer = ArrowWriter::try_new(file, R::schema(), Some(properties()));
            self.writer = Some(writer.map_err(error)?);
        }
        let batch = R::batch(&self.rows).map_err(|e| error(e.into()))?;
        self.rows.clear();
        match &mut self.writer {
            Some(writer) => writer.write(&batch).map_err(error),
            None => Ok(()),
        }
    }

    /// The finished file; none where there are no rows.
    fn finish(mut self) -> Result<Option<PathBuf>, LakeError> {
        self.flush()?;
        let Some(writer) = self.writer else { return Ok(None) };
        let error = |source| LakeError::Parquet { path: self.path.clone(), source };
        let file = writer.into_inner().map_err(error)?;
        file.sync_all().map_err(file_error(&self.path))?;
        Ok(Some(self.path))
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("lingting ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}

/// A day on its way. Dropped before [`DayWriter::finish`], it leaves the day as it was.
#[derive(Debug)]
pub struct DayWriter<'t> {
    turn: &'t Turn,
    day: Day,
    calls: Part<CallRow>,
    scorecards: Part<ScorecardRow>,
    findings: Part<FindingRow>,
    utterances: Part<UtteranceRow>,
    measures: Part<MeasureRow>,
    events: Part<EventRow>,
}

impl Turn {
    /// Begins a day anew.
    ///
    /// # Errors
    /// [`LakeError::File`].
    pub fn begin(&self, day: Day) -> Result<DayWriter<'_>, LakeError> {
        let folder = self.unfinished();
        fs::create_dir_all(&folder).map_err(file_error(&folder))?;
        Ok(DayWriter {
            turn: self,
            day,
            calls: Part::new(&folder),
            scorecards: Part::new(&folder),
            findings: Part::new(&folder),
            utterances: Part::new(&folder),
            measures: Part::new(&folder),
            events: Part::new(&folder),
        })
    }
}

impl DayWriter<'_> {
    /// Puts a call of the day in.
    ///
    /// # Errors
    /// [`LakeError`]; then drop the writer.
    pub fn put(&mut self, rows: CallRows) -> Result<(), LakeError> {
        self.calls.put([rows.call])?;
        self.scorecards.put(rows.scorecards)?;
        self.findings.put(rows.findings)?;
        self.utterances.put(rows.utterances)?;
        self.measures.put([rows.measures])?;
        self.events.put(rows.events)
    }

    /// Puts events of the day in that are about no call.
    ///
    /// # Errors
    /// [`LakeError`].
    pub fn put_events(&mut self, events: Vec<EventRow>) -> Result<(), LakeError> {
        self.events.put(events)
    }

    /// Puts the new files in the place of the old ones. A table without a row has no file.
    ///
    /// # Errors
    /// [`LakeError`]; after [`LakeError::File`] some tables may be new and others old: write the day again.
    pub fn finish(self) -> Result<(), LakeError> {
        let new = [
            (CallRow::TABLE, self.calls.finish()?),
            (ScorecardRow::TABLE, self.scorecards.finish()?),
            (FindingRow::TABLE, self.findings.finish()?),
            (UtteranceRow::TABLE, self.utterances.finish()?),
            (MeasureRow::TABLE, self.measures.finish()?),
            (EventRow::TABLE, self.events.finish()?),
        ];
        let _alone = self.turn.alone()?;
        for (table, file) in new {
            let folder = self.turn.lake.root().join(table).join(format!("day={}", self.day));
            let error = file_error(&folder);
            match file {
                Some(file) => {
                    fs::create_dir_all(&folder).map_err(&error)?;
                    fs::rename(&file, folder.join(PART)).map_err(&error)?;
                    File::open(&folder).and_then(|folder| folder.sync_all()).map_err(&error)?;
                }
                None if folder.exists() => fs::remove_dir_all(&folder).map_err(&error)?,
                None => {}
            }
        }
        Ok(())
    }
}
