//! What a run leaves on disk: a page and a report for each call, an index and a table for all.
//!
//! In: finished calls. Out: files that appear whole or not at all. The report comes last: where it
//! is, the call is done.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::report::csv::FindingsCsv;
use crate::report::html::{self, Playback};
use crate::report::index::{self, Missed, Row};
use crate::report::{UiLanguage, page_file_name, worst_finding, worst_verdict};
use crate::wire::report::Report;

/// Pages hold their audio up to this size; longer calls have it in a file beside the page.
pub(super) const EMBEDDED_BYTES_MAX: u64 = 24 << 20;

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be written ({source}): check free space and permissions", path.display())]
pub struct OutputError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// One call in a terminal's table.
#[derive(Debug, Clone, PartialEq)]
pub struct CallLine {
    /// The call.
    pub call_id: String,
    /// The agent's id, where it is known.
    pub agent: String,
    /// Length in seconds.
    pub duration_s: f64,
    /// The lowest score of all scorecards; absent where no rubric applies.
    pub score: Option<f64>,
    /// The gravest verdict of all scorecards.
    pub verdict: String,
    /// The gravest violation: its title and what was heard, personal data starred.
    pub worst: String,
}

impl CallLine {
    fn new(report: &Report) -> Self {
        let applied = report.scorecards.iter().filter(|card| card.verdict != "not_applicable");
        let worst = worst_finding(report).map(|finding| {
            let quote = finding.evidence.iter().find_map(|item| item.quote.as_deref());
            match quote {
                Some(quote) => format!("{}: {}", finding.title, crate::text::pii::mask(quote)),
                None => finding.title.clone(),
            }
        });
        Self {
            call_id: report.call.call_id.clone(),
            agent: report.call.agent.as_ref().and_then(|a| a.id.clone()).unwrap_or_default(),
            duration_s: report.media.duration_s,
            score: applied.map(|card| card.score).min_by(f64::total_cmp),
            verdict: worst_verdict(report).to_owned(),
            worst: worst.unwrap_or_default(),
        }
    }
}

/// The folder of a run.
#[derive(Debug, Clone)]
pub(super) struct OutFolder(PathBuf);

impl OutFolder {
    /// Makes the folder if need be, and clears what a killed run left half written.
    ///
    /// # Errors
    /// [`OutputError`] when it cannot be written into.
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        let error = |source| OutputError { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(error)?;
        for entry in fs::read_dir(path).map_err(error)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
                // Best effort: a leftover does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        NamedTempFile::with_prefix_in(TEMP_PREFIX, path).map_err(error)?;
        Ok(Self(path.to_owned()))
    }

    /// The finished report of a call, if there is a sound one.
    pub(super) fn report(&self, call_id: &str) -> Option<Report> {
        let text = fs::read_to_string(self.0.join(format!("{call_id}.json"))).ok()?;
        Report::from_json(&text).ok()
    }

    /// A file for playback audio, under a name of its own until [`OutFolder::finish_call`].
    ///
    /// # Errors
    /// [`OutputError`] when the folder is full or closed.
    pub(super) fn playback(&self) -> Result<NamedTempFile, OutputError> {
        NamedTempFile::with_prefix_in(TEMP_PREFIX, &self.0).map_err(|e| self.error("playback", e))
    }

    /// Writes a call's page, then its report.
    ///
    /// # Errors
    /// [`OutputError`]; then no report is there, and the call counts as not done.
    pub(super) fn finish_call(
        &self,
        report: &Report,
        audio: NamedTempFile,
        peaks: &[Vec<u8>],
        peaks_per_s: u32,
        ui: UiLanguage,
    ) -> Result<(), OutputError> {
        let call_id = &report.call.call_id;
        let bytes = audio.as_file().metadata().map_or(u64::MAX, |meta| meta.len());
        let side_file = format!("{call_id}.audio.wav");
        let page = if bytes <= EMBEDDED_BYTES_MAX {
            let wav = fs::read(audio.path()).map_err(|e| self.error(&side_file, e))?;
            // An earlier run with another setting may have left one.
            let _ = fs::remove_file(self.0.join(&side_file));
            html::page(report, Playback::Embedded(&wav), peaks, peaks_per_s, ui)
        } else {
            audio.persist(self.0.join(&side_file)).map_err(|e| self.error(&side_file, e.error))?;
            html::page(report, Playback::File(&side_file), peaks, peaks_per_s, ui)
        };
        self.write(&page_file_name(call_id), page.as_bytes())?;
        self.write(&format!("{call_id}.json"), report.to_json().as_bytes())
    }

    /// Writes the index and the table of findings over all `reports`.
    ///
    /// # Errors
    /// [`OutputError`].
    pub(super) fn finish_run(
        &self,
        call_ids: &[String],
        missed: &[Missed],
        ui: UiLanguage,
    ) -> Result<Vec<CallLine>, OutputError> {
        let csv_error =
            |e: &dyn std::fmt::Display| self.error("findings.csv", io::Error::other(e.to_string()));
        let mut table = FindingsCsv::new(Vec::new()).map_err(|e| csv_error(&e))?;
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        // One report in memory at a time: a run may have many thousands.
        for report in call_ids.iter().filter_map(|id| self.report(id)) {
            table.add(&report).map_err(|e| csv_error(&e))?;
            rows.push(Row::new(&report));
            lines.push(CallLine::new(&report));
        }
        let table = table.finish().map_err(|e| csv_error(&e))?;
        self.write("findings.csv", &table)?;
        self.write("index.html", index::page(&rows, missed, ui).as_bytes())?;
        Ok(lines)
    }

    /// A file appears whole or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let write = || -> io::Result<()> {
            let mut file = NamedTempFile::with_prefix_in(TEMP_PREFIX, &self.0)?;
            file.write_all(bytes)?;
            file.as_file().sync_data()?;
            set_mode(&file)?;
            file.persist(self.0.join(name)).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(|e| self.error(name, e))
    }

    fn error(&self, name: &str, source: io::Error) -> OutputError {
        OutputError { path: self.0.join(name), source }
    }
}

const TEMP_PREFIX: &str = ".lingting-";

/// Temporary files are private; reports follow the user's habit, less the others' rights: they hold
/// what customers said.
#[cfg(unix)]
fn set_mode(file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o640))
}

#[cfg(not(unix))]
fn set_mode(_: &NamedTempFile) -> io::Result<()> {
    Ok(())
}
