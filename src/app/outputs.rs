//! What a run leaves on disk: a page and a report for each call, an index and a table for all.
//!
//! In: finished calls. Out: files that appear whole or not at all. The report comes last: where it
//! is, the call is done.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::privacy::{self, Reports};
use crate::audio::redact::Mute;
use crate::ingest::{PLAYBACK_SUFFIX, REDACTED_SUFFIX};
use crate::report::csv::FindingsCsv;
use crate::report::html::{self, Playback};
use crate::report::index::{self, Missed, Row};
use crate::report::{UiLanguage, file_stem, page_file_name, worst_finding, worst_verdict};
use crate::wire::report::Report;

/// Pages hold their audio up to this size; longer calls have it in a file beside the page.
pub(super) const EMBEDDED_BYTES_MAX: u64 = 24 << 20;

/// The end of the name of the clear texts that a masked report leaves out.
pub(super) const PRIVATE_SUFFIX: &str = ".private.json";

/// The end of the name of the timeline of what was muted.
const TIMELINE_SUFFIX: &str = ".redaction.json";

/// A call that was analysed to its end.
pub(super) struct Finished<'a> {
    /// Its reports.
    pub(super) reports: &'a Reports,
    /// What to play; a chat has nothing.
    pub(super) sound: Option<Sound<'a>>,
    /// Waveform columns by leg.
    pub(super) peaks: &'a [Vec<u8>],
    /// Columns a second.
    pub(super) peaks_per_s: u32,
    /// The page's language.
    pub(super) ui: UiLanguage,
}

/// What a page plays.
pub(super) struct Sound<'a> {
    /// The playback file.
    pub(super) audio: NamedTempFile,
    /// What is mute in it.
    pub(super) mutes: &'a [Mute],
    /// Whether all personal data is; then it stays beside the page under a name that says so.
    pub(super) redacted: bool,
}

/// Why a run's output is not there.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The disk is full, or the folder closed.
    #[error("{}: cannot be written ({source}): check free space and permissions", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two runs would clear each other's unfinished files.
    #[error("{}: another run is writing there; wait for its end, or name another folder", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
}

impl OutputError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            OutputError::Write { path, source } => {
                format!("{}：无法写入（{source}）：请检查剩余空间和权限", path.display())
            }
            OutputError::Busy { path } => {
                format!("{}：另一次运行正在写入；请等它结束，或指定其他文件夹", path.display())
            }
        }
    }
}

/// One call in a terminal's table.
#[derive(Clone, PartialEq)]
pub struct CallLine {
    /// The call.
    pub call_id: String,
    /// The agent's id, where it is known.
    pub agent: String,
    /// Length in seconds.
    pub duration_s: f64,
    /// The lowest score of all scorecards; absent where there is none.
    pub score: Option<f64>,
    /// The gravest verdict of all scorecards.
    pub verdict: String,
    /// The gravest violation: its title and what was heard, personal data starred.
    pub worst: String,
}

/// Shows which call, never what was heard on it.
impl fmt::Debug for CallLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallLine({} {})", self.call_id, self.verdict)
    }
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
            score: applied.filter_map(|card| card.score).min_by(f64::total_cmp),
            verdict: worst_verdict(report).to_owned(),
            worst: worst.unwrap_or_default(),
        }
    }
}

/// The folder of a run, which no other run writes into meanwhile.
#[derive(Debug)]
pub(super) struct OutFolder {
    path: PathBuf,
    /// Held for its lock, which the system lifts however the process ends.
    _lock: Option<fs::File>,
}

impl OutFolder {
    /// Makes the folder if need be, and clears what a killed run left half written.
    ///
    /// # Errors
    /// [`OutputError`] when it cannot be written into.
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        let error = |source| OutputError::Write { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(error)?;
        let lock = lock(path)?;
        for entry in fs::read_dir(path).map_err(error)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
                // Best effort: a leftover does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        NamedTempFile::with_prefix_in(TEMP_PREFIX, path).map_err(error)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The finished report of a call, if there is a sound one.
    pub(super) fn report(&self, call_id: &str) -> Option<Report> {
        let name = format!("{}.json", file_stem(call_id));
        let text = fs::read_to_string(self.path.join(name)).ok()?;
        Report::from_json(&text).ok()
    }

    /// A file for playback audio, under a name of its own until [`OutFolder::finish_call`].
    ///
    /// # Errors
    /// [`OutputError`] when the folder is full or closed.
    pub(super) fn playback(&self) -> Result<NamedTempFile, OutputError> {
        NamedTempFile::with_prefix_in(TEMP_PREFIX, &self.path)
            .map_err(|e| self.error("playback", e))
    }

    /// Writes a call's page and what belongs to it, then its report.
    ///
    /// # Errors
    /// [`OutputError`]; then no report is there, and the call counts as not done.
    pub(super) fn finish_call(&self, call: Finished<'_>) -> Result<(), OutputError> {
        let call_id = &call.reports.json.call.call_id;
        let stem = file_stem(call_id);
        let named = |suffix: &str| format!("{stem}{suffix}");
        let (page_name, report_name) = (page_file_name(call_id), named(".json"));
        let mut stays: Vec<(String, Option<NamedTempFile>)> = Vec::new();
        let mut page_audio = Playback::None;
        let wav;
        let side_file;
        let mut timeline = None;
        let (mut played, mut redacted) = (None, None);
        if let Some(mut sound) = call.sound {
            let bytes = sound.audio.as_file().metadata().map_or(u64::MAX, |meta| meta.len());
            let embedded = bytes <= EMBEDDED_BYTES_MAX;
            let beside = sound.redacted || !embedded;
            side_file = named(if sound.redacted { REDACTED_SUFFIX } else { PLAYBACK_SUFFIX });
            if sound.redacted || !sound.mutes.is_empty() {
                let file = beside.then(|| side_file.clone());
                let line =
                    privacy::timeline(&call.reports.json, &mut sound.audio, file, sound.mutes)
                        .map_err(|e| self.error(&side_file, e))?;
                let json = serde_json::to_string_pretty(&line).expect("texts and finite numbers");
                timeline = Some(self.stage(&named(TIMELINE_SUFFIX), json.as_bytes())?);
            }
            page_audio = if embedded {
                wav = fs::read(sound.audio.path()).map_err(|e| self.error(&side_file, e))?;
                Playback::Embedded(&wav)
            } else {
                Playback::File(&side_file)
            };
            match (beside, sound.redacted) {
                (true, true) => redacted = Some(sound.audio),
                (true, false) => played = Some(sound.audio),
                (false, _) => {}
            }
        }
        let page =
            html::page(&call.reports.masked, page_audio, call.peaks, call.peaks_per_s, call.ui);
        // All is on the disk before anything bears its name: a full disk leaves no half of a call.
        let page = self.stage(&page_name, page.as_bytes())?;
        let json = self.stage(&report_name, call.reports.json.to_json().as_bytes())?;
        let private = match &call.reports.private {
            Some(private) => {
                Some(self.stage(&named(PRIVATE_SUFFIX), private.to_json().as_bytes())?)
            }
            None => None,
        };
        // What an earlier run left does not vouch for the new page.
        let _ = fs::remove_file(self.path.join(&report_name));
        stays.push((named(PLAYBACK_SUFFIX), played));
        stays.push((named(REDACTED_SUFFIX), redacted));
        stays.push((named(TIMELINE_SUFFIX), timeline));
        for (name, file) in stays {
            match file {
                Some(file) => self.publish(&name, file)?,
                // Of an earlier run with other options.
                None => drop(fs::remove_file(self.path.join(&name))),
            }
        }
        match private {
            // Keeps a temporary file's rights: the owner's alone.
            Some(file) => self.persist(&named(PRIVATE_SUFFIX), file)?,
            None => drop(fs::remove_file(self.path.join(named(PRIVATE_SUFFIX)))),
        }
        self.publish(&page_name, page)?;
        self.publish(&report_name, json)
    }

    /// Writes the index and the table of findings over all `reports`, and tells a line of each.
    pub(super) fn finish_run(
        &self,
        call_ids: &[String],
        missed: &[Missed],
        ui: UiLanguage,
    ) -> (Vec<CallLine>, Result<(), OutputError>) {
        let mut lines = Vec::new();
        let written = self.index(call_ids, missed, ui, &mut lines);
        (lines, written)
    }

    fn index(
        &self,
        call_ids: &[String],
        missed: &[Missed],
        ui: UiLanguage,
        lines: &mut Vec<CallLine>,
    ) -> Result<(), OutputError> {
        let csv_error =
            |e: &dyn std::fmt::Display| self.error("findings.csv", io::Error::other(e.to_string()));
        let mut table = FindingsCsv::new(Vec::new()).map_err(|e| csv_error(&e))?;
        let mut rows = Vec::new();
        // One report in memory at a time: a run may have many thousands.
        for report in call_ids.iter().filter_map(|id| self.report(id)) {
            lines.push(CallLine::new(&report));
            table.add(&report).map_err(|e| csv_error(&e))?;
            rows.push(Row::new(&report));
        }
        let table = table.finish().map_err(|e| csv_error(&e))?;
        let page = index::page(&rows, missed, ui);
        self.publish("findings.csv", self.stage("findings.csv", &table)?)?;
        self.publish("index.html", self.stage("index.html", page.as_bytes())?)
    }

    /// Writes what will be `name` under a name of its own, which goes with it if it comes to nothing.
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<NamedTempFile, OutputError> {
        let stage = || {
            let mut file = NamedTempFile::with_prefix_in(TEMP_PREFIX, &self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_data()?;
            Ok(file)
        };
        stage().map_err(|e| self.error(name, e))
    }

    /// A file appears whole or not at all.
    fn publish(&self, name: &str, file: NamedTempFile) -> Result<(), OutputError> {
        set_mode(&file).map_err(|e| self.error(name, e))?;
        self.persist(name, file)
    }

    fn persist(&self, name: &str, file: NamedTempFile) -> Result<(), OutputError> {
        file.persist(self.path.join(name)).map_err(|e| self.error(name, e.error))?;
        Ok(())
    }

    fn error(&self, name: &str, source: io::Error) -> OutputError {
        OutputError::Write { path: self.path.join(name), source }
    }
}

/// Locks the folder itself, so that no lock file is left in it; none where folders cannot be locked.
fn lock(path: &Path) -> Result<Option<fs::File>, OutputError> {
    let Ok(folder) = fs::File::open(path) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(fs::TryLockError::WouldBlock) => Err(OutputError::Busy { path: path.to_owned() }),
        Err(fs::TryLockError::Error(_)) => Ok(None),
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
