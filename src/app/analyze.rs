//! The main job: recordings in, reports out.
//!
//! In: paths and options. Out: a folder of reports and a [`RunSummary`] in which every input has
//! exactly one [`Ending`] (law 8). One bad file never stops the others; a stopped run leaves whole
//! reports only, and the next run goes on where it ended.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::chat;
use super::drive::{DriveError, Driven, PEAKS_PER_S, Shared, drive_with_playback};
use super::engines::{EngineOptions, Engines, EnginesError};
use super::outputs::{CallLine, Finished, OutFolder, OutputError, Sound};
use super::privacy::{self, PiiMode};
use super::progress::{self, Progress};
use super::reason::Reason;
use crate::audio::redact::RedactError;
use crate::domain::{CallInfo, EngineRef};
use crate::ingest::{CallFiles, Chat, Input, OpenError, Recording, call_id, is_chat, scan};
use crate::report::UiLanguage;
use crate::report::index::{Missed, Outcome};
use crate::rubric::{Plan, Rubric};
use crate::session::SessionConfig;
use crate::wire::report::Source;

/// What to analyse, and how.
#[derive(Debug, Clone)]
pub struct AnalyzeOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Where reports go.
    pub out: PathBuf,
    /// The engines.
    pub engine: EngineOptions,
    /// The rubrics.
    pub rubrics: Vec<Rubric>,
    /// Calls worked on side by side.
    pub jobs: usize,
    /// Analyse again what is done.
    pub force: bool,
    /// What becomes of personal data in the JSON reports.
    pub pii: PiiMode,
    /// Write audio with personal data muted, and play that.
    pub redact_audio: bool,
    /// The language of pages; absent: each call's own.
    pub ui: Option<UiLanguage>,
    /// The language of messages.
    pub language: UiLanguage,
    /// Show no progress bar.
    pub quiet: bool,
}

/// Why a run did not start.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// No engines.
    #[error(transparent)]
    Engines(#[from] EnginesError),
    /// The output folder cannot be used, or the index not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The paths hold no recording; what they hold instead, and why each is none.
    #[error(
        "no recordings found in what was named; name audio files or folders that hold some{}",
        listed(.0, UiLanguage::En)
    )]
    Nothing(Vec<(String, Reason)>),
}

impl AnalyzeError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            AnalyzeError::Engines(e) => e.zh(),
            AnalyzeError::Output(e) => e.zh(),
            AnalyzeError::Nothing(skipped) => {
                let skipped = listed(skipped, UiLanguage::Zh);
                format!("给出的路径中没有录音；请指定音频文件，或存放音频的文件夹{skipped}")
            }
        }
    }
}

/// A line for each input, below what is said of them all.
fn listed(inputs: &[(String, Reason)], language: UiLanguage) -> String {
    let line = |(name, reason): &(String, Reason)| format!("\n  {}", reason.line(name, language));
    inputs.iter().map(line).collect()
}

/// How an input ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Analysed in this run.
    Done {
        /// The call.
        call_id: String,
    },
    /// Analysed by an earlier run with the same content and settings.
    Unchanged {
        /// The call.
        call_id: String,
    },
    /// No recording.
    Skipped {
        /// Why.
        reason: Reason,
    },
    /// Could not be analysed.
    Failed {
        /// Why, and what to do.
        reason: Reason,
    },
    /// The run was stopped before its turn or its end.
    Stopped,
}

/// An account of every input.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Inputs by name, in the order in which they were found.
    pub endings: Vec<(String, Ending)>,
    /// One a report, in the order of the inputs.
    pub lines: Vec<CallLine>,
    /// Audio analysed in this run, in seconds.
    pub audio_s: f64,
    /// Time taken, in seconds, without opening the engines.
    pub work_s: f64,
    /// Time to open the engines, in seconds.
    pub start_s: f64,
    /// Why there is no index of this run; the reports are there all the same.
    pub index_missing: Option<Reason>,
}

impl RunSummary {
    /// Whether anything failed or was stopped.
    pub fn has_failures(&self) -> bool {
        let bad = |ending: &Ending| matches!(ending, Ending::Failed { .. } | Ending::Stopped);
        self.index_missing.is_some() || self.endings.iter().any(|(_, ending)| bad(ending))
    }

    /// The calls that have a report.
    pub fn call_ids(&self) -> Vec<String> {
        let id = |ending: &Ending| match ending {
            Ending::Done { call_id } | Ending::Unchanged { call_id } => Some(call_id.clone()),
            _ => None,
        };
        self.endings.iter().filter_map(|(_, ending)| id(ending)).collect()
    }
}

/// Runs the main job.
///
/// # Errors
/// [`AnalyzeError`] when nothing can be done at all; a bad input is an [`Ending`].
pub fn analyze(
    options: &AnalyzeOptions,
    stop: &Arc<AtomicBool>,
) -> Result<RunSummary, AnalyzeError> {
    let started = Instant::now();
    let inputs = scan(&options.paths, Some(&options.out));
    let name = |path: &PathBuf| path.display().to_string();
    let skipped = inputs.skipped.iter().map(|(path, why)| (name(path), Reason::new(why, why.zh())));
    let skipped: Vec<(String, Reason)> = skipped.collect();
    if inputs.calls.is_empty() && inputs.failed.is_empty() {
        return Err(AnalyzeError::Nothing(skipped));
    }
    let failed =
        inputs.failed.iter().map(|(path, error)| (name(path), Reason::new(error, error.zh())));
    let failed: Vec<(String, Reason)> = failed.collect();
    // Told now: a model that is not there ends the run, and says nothing of a path that is not there.
    for (name, reason) in &failed {
        progress::tell(&failure(name, reason, options.language));
    }
    let out = OutFolder::create(&options.out)?;
    let plan = Arc::new(Plan::compile(options.rubrics.clone()));
    // Chats need no model, and neither does what is not there: whoever has no recording need not fetch any.
    let shared = match inputs.calls.iter().all(is_chat) {
        true => None,
        false => Some(shared(options, &plan, stop)?),
    };
    let start_s = started.elapsed().as_secs_f64();
    let mut run = Run {
        settings: settings(shared.as_ref().map(|shared| &shared.engines.id), options),
        chat_settings: settings(None, options),
        shared,
        plan,
        stop,
        progress: Progress::new(inputs.calls.iter().map(bytes_of).sum(), options.quiet),
        taken: taken(&inputs.calls),
        out,
        options,
        audio_ms: Mutex::new(0),
    };
    let working = Instant::now();
    let mut endings = run.all(&inputs.calls);
    run.progress.finish();
    endings.extend(failed.into_iter().map(|(name, reason)| (name, Ending::Failed { reason })));
    endings.extend(skipped.into_iter().map(|(name, reason)| (name, Ending::Skipped { reason })));
    let mut summary = RunSummary {
        endings,
        lines: Vec::new(),
        audio_s: *run.audio_ms.get_mut().unwrap_or_else(PoisonError::into_inner) as f64 / 1000.0,
        work_s: working.elapsed().as_secs_f64(),
        start_s,
        index_missing: None,
    };
    let ui = options.ui.unwrap_or(UiLanguage::Zh);
    let (lines, written) = run.out.finish_run(&summary.call_ids(), &missed(&summary, ui), ui);
    summary.lines = lines;
    summary.index_missing = written.err().map(|error| Reason::new(&error, error.zh()));
    Ok(summary)
}

fn shared(
    options: &AnalyzeOptions,
    plan: &Arc<Plan>,
    stop: &Arc<AtomicBool>,
) -> Result<Shared, EnginesError> {
    let engines = Arc::new(Engines::open(&options.engine)?);
    Ok(Shared {
        config: Arc::new(SessionConfig::new(engines.id.clone())),
        engines,
        plan: Arc::clone(plan),
        stop: Arc::clone(stop),
    })
}

/// The line that a failed input ends with.
fn failure(name: &str, reason: &Reason, language: UiLanguage) -> String {
    format!("✗ {}", reason.line(name, language))
}

struct Run<'o> {
    options: &'o AnalyzeOptions,
    /// Engines; none where no input is a recording.
    shared: Option<Shared>,
    plan: Arc<Plan>,
    stop: &'o AtomicBool,
    out: OutFolder,
    progress: Progress,
    settings: String,
    /// The same without the recogniser, which chats do not use.
    chat_settings: String,
    /// Which input each call id belongs to: the first that bears it.
    taken: BTreeMap<String, usize>,
    audio_ms: Mutex<u64>,
}

/// Why one call has no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Drive(#[from] DriveError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Redact(#[from] RedactError),
    #[error(
        "the call id {call_id} already belongs to {other}; give one of them another in its sidecar"
    )]
    Taken { call_id: String, other: String },
    #[error("a fault of this program, not of the recording; the other calls are not touched by it")]
    Panic,
}

impl CallError {
    /// The same in Chinese.
    pub(super) fn zh(&self) -> String {
        match self {
            CallError::Open(e) => e.zh(),
            CallError::Drive(e) => e.zh(),
            CallError::Output(e) => e.zh(),
            CallError::Redact(e) => format!("录音中的个人信息无法静音，因此没有写出：{e}"),
            CallError::Taken { call_id, other } => {
                format!("通话编号 {call_id} 已属于 {other}；请在其中一个的随附信息中另设编号")
            }
            CallError::Panic => "这是本程序的错误，与录音无关；其他通话不受影响".into(),
        }
    }
}

impl Run<'_> {
    /// All calls, `jobs` at a time, in order.
    fn all(&self, calls: &[Input]) -> Vec<(String, Ending)> {
        let next = AtomicUsize::new(0);
        let endings = Mutex::new(vec![None; calls.len()]);
        std::thread::scope(|scope| {
            for _ in 0..self.options.jobs.max(1).min(calls.len()) {
                scope.spawn(|| {
                    while let Some((ix, input)) = {
                        let ix = next.fetch_add(1, Ordering::SeqCst);
                        calls.get(ix).map(|input| (ix, input))
                    } {
                        let ending = self.one(ix, input, calls);
                        let mut endings = endings.lock().unwrap_or_else(PoisonError::into_inner);
                        endings[ix] = Some((name_of(input), ending));
                    }
                });
            }
        });
        let endings = endings.into_inner().unwrap_or_else(PoisonError::into_inner);
        endings.into_iter().flatten().collect()
    }

    fn one(&self, ix: usize, input: &Input, calls: &[Input]) -> Ending {
        if self.stop.load(Ordering::Relaxed) {
            return Ending::Stopped;
        }
        // A mistake of ours ends one call, not all of them.
        let call = catch_unwind(AssertUnwindSafe(|| self.call(ix, input, calls)));
        match call.unwrap_or(Err(CallError::Panic)) {
            Ok(ending) => ending,
            Err(CallError::Drive(DriveError::Stopped)) => Ending::Stopped,
            Err(error) => {
                let reason = Reason::new(&error, error.zh());
                self.progress.say(&failure(&name_of(input), &reason, self.options.language));
                Ending::Failed { reason }
            }
        }
    }

    fn call(&self, ix: usize, input: &Input, calls: &[Input]) -> Result<Ending, CallError> {
        let Some(shared) = self.shared.as_ref().filter(|_| !is_chat(input)) else {
            return self.chat(ix, input, calls);
        };
        let files = CallFiles::read(input)?;
        let source = Source {
            file: files.file.clone(),
            sha256: files.sha256.clone(),
            settings: of_call(&self.settings, &files.info, &files.sidecar_sha256),
        };
        let bytes = bytes_of(input);
        // Asked before the audio is opened, which may take a process of its own.
        if let Some(ending) = self.known(ix, &files.info, &source, calls)? {
            self.progress.add(bytes, 0);
            return Ok(ending);
        }
        let mut recording = files.open()?;
        let (mut driven, mut audio) = self.drive(&mut recording, shared, bytes)?;
        let redacted = self.options.redact_audio;
        let mutes = privacy::mute(&mut audio, &driven.ended, redacted)?;
        privacy::flatten(&mut driven.peaks, &mutes);
        let sound = Some(Sound { audio, mutes: &mutes, redacted });
        self.finish(&recording.info, source, &driven, sound)?;
        let mut audio_ms = self.audio_ms.lock().unwrap_or_else(PoisonError::into_inner);
        *audio_ms += driven.ended.media.duration_ms;
        Ok(Ending::Done { call_id: recording.info.call_id.as_str().to_owned() })
    }

    fn chat(&self, ix: usize, input: &Input, calls: &[Input]) -> Result<Ending, CallError> {
        let chat = Chat::open(input)?;
        let source = Source {
            file: chat.file.clone(),
            sha256: chat.sha256.clone(),
            settings: of_call(&self.chat_settings, &chat.info, &chat.sidecar_sha256),
        };
        let known = self.known(ix, &chat.info, &source, calls)?;
        self.progress.add(bytes_of(input), 0);
        if let Some(ending) = known {
            return Ok(ending);
        }
        let driven = chat::drive(&chat, &self.plan);
        self.finish(&chat.info, source, &driven, None)?;
        Ok(Ending::Done { call_id: chat.info.call_id.as_str().to_owned() })
    }

    /// The ending of a call that an earlier run has done already.
    fn known(
        &self,
        ix: usize,
        info: &CallInfo,
        source: &Source,
        calls: &[Input],
    ) -> Result<Option<Ending>, CallError> {
        let call_id = info.call_id.as_str().to_owned();
        if let Some(owner) = self.taken.get(&call_id).filter(|owner| **owner != ix) {
            return Err(CallError::Taken { call_id, other: name_of(&calls[*owner]) });
        }
        let known = self.out.report(&call_id).filter(|_| !self.options.force);
        let same = known.is_some_and(|report| report.call.source == *source);
        Ok(same.then_some(Ending::Unchanged { call_id }))
    }

    fn finish(
        &self,
        info: &CallInfo,
        source: Source,
        driven: &Driven,
        sound: Option<Sound<'_>>,
    ) -> Result<(), CallError> {
        let reports = privacy::reports(info, source, driven, self.options.pii);
        let own = || UiLanguage::for_call(driven.ended.transcript.language.as_str());
        self.out.finish_call(Finished {
            reports: &reports,
            sound,
            peaks: &driven.peaks,
            peaks_per_s: PEAKS_PER_S,
            ui: self.options.ui.unwrap_or_else(own),
        })?;
        Ok(())
    }

    fn drive(
        &self,
        recording: &mut Recording,
        shared: &Shared,
        bytes: u64,
    ) -> Result<(Driven, tempfile::NamedTempFile), CallError> {
        let declared_ms = recording.format().declared_ms.unwrap_or(0);
        let told = std::cell::Cell::new((0, 0));
        let heard = |ms: u64| {
            let at = (bytes * ms.min(declared_ms)).checked_div(declared_ms).unwrap_or(0);
            let (bytes_before, ms_before) = told.replace((at, ms));
            self.progress.add(at - bytes_before, ms - ms_before);
        };
        let driven = drive_with_playback(recording, shared, self.out.playback()?, &heard);
        self.progress.add(bytes - told.get().0, 0);
        Ok(driven?)
    }
}

/// What besides the content decides the report: settings of the run, and the sidecar.
pub(super) fn of_call(settings: &str, info: &CallInfo, sidecar_sha256: &str) -> String {
    let own = format!("{}\0{sidecar_sha256}", info.call_id);
    hex(Sha256::new_with_prefix(settings).chain_update(own))
}

/// A digest over everything but the call that decides what its report says.
fn settings(engine: Option<&EngineRef>, options: &AnalyzeOptions) -> String {
    let rubrics: Vec<&str> = options.rubrics.iter().map(|r| r.digest.as_str()).collect();
    let rest = format!("{:?}\0{:?}\0{}", options.ui, options.pii, options.redact_audio);
    settings_of(engine, options.engine.beam, &rubrics.join(","), &rest)
}

/// The same from its parts.
pub(super) fn settings_of(
    engine: Option<&EngineRef>,
    beam: usize,
    rubrics: &str,
    rest: &str,
) -> String {
    let engine = engine.map(|id| format!("{}\0{}\0{}", id.name, id.model, id.sha256));
    let engine = engine.unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    hex(Sha256::new_with_prefix(format!("{version}\0{engine}\0{beam}\0{rubrics}\0{rest}")))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Call ids by the first input that bears them, so that a clash is told the same way on every run.
fn taken(calls: &[Input]) -> BTreeMap<String, usize> {
    let mut taken = BTreeMap::new();
    for (ix, input) in calls.iter().enumerate() {
        if let Ok(id) = call_id(input) {
            taken.entry(id.as_str().to_owned()).or_insert(ix);
        }
    }
    taken
}

fn name_of(input: &Input) -> String {
    let names: Vec<String> = input.files.iter().map(|f| f.display().to_string()).collect();
    names.join(" + ")
}

fn bytes_of(input: &Input) -> u64 {
    input.files.iter().filter_map(|f| std::fs::metadata(f).ok()).map(|meta| meta.len()).sum()
}

fn missed(summary: &RunSummary, ui: UiLanguage) -> Vec<Missed> {
    let entry = |(file, ending): &(String, Ending)| {
        let (outcome, reason) = match ending {
            Ending::Skipped { reason } => (Outcome::Skipped, reason.text(ui).to_owned()),
            Ending::Failed { reason } => (Outcome::Failed, reason.text(ui).to_owned()),
            Ending::Stopped => {
                let stopped = DriveError::Stopped;
                (Outcome::Failed, Reason::new(&stopped, stopped.zh()).text(ui).to_owned())
            }
            Ending::Done { .. } | Ending::Unchanged { .. } => return None,
        };
        Some(Missed { file: file.clone(), outcome, reason })
    };
    summary.endings.iter().filter_map(entry).collect()
}
