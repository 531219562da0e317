//! Analyses one call for the service: the same steps as `lingting analyze`, with another end.
//!
//! In: files in a folder of our own. Out: everything the store keeps. Engines are opened by the first
//! call that needs them, so that a service without work is small and one without models can still judge
//! chats.

use std::fs;
use std::io::{self, Seek as _};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::NamedTempFile;
use tokio::sync::watch;

use crate::app::analyze::{CallError, of_call, settings_of};
use crate::app::chat;
use crate::app::drive::{DriveError, Driven, Shared, drive_with_playback};
use crate::app::privacy::{self, PiiMode};
use crate::app::{EngineOptions, Engines, EnginesError};
use crate::domain::{CallId, CallInfo};
use crate::ingest::{Chat, Input, Recording, is_chat};
use crate::rubric::{Plan, Rubric};
use crate::session::SessionConfig;
use crate::text::pii::mask_telephones;
use crate::wire::report::{Private, Report, Source};

/// A call with all that is to be kept of it.
pub(super) struct Analysed {
    /// Masked.
    pub(super) report: Report,
    /// The clear texts that the report leaves out.
    pub(super) private: Option<Private>,
    /// What was heard; a chat has nothing.
    pub(super) sound: Option<Sound>,
    /// Waveform columns by leg.
    pub(super) peaks: Vec<Vec<u8>>,
}

/// What came of a file.
pub(super) enum Heard {
    /// A call.
    Call(Box<Analysed>),
    /// Its content was not wanted.
    Unwanted,
}

/// The two forms in which a call can be played.
pub(super) struct Sound {
    /// With what nobody may keep muted (card security codes), and nothing else.
    pub(super) audio: NamedTempFile,
    /// With all personal data muted.
    pub(super) redacted: NamedTempFile,
}

/// Why a call was not analysed.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnalystError {
    /// The call's own fault, as far as anybody can tell.
    #[error(transparent)]
    Call(#[from] CallError),
    /// No model, or no engine: another call would fare no better.
    #[error(transparent)]
    Engines(#[from] EnginesError),
    /// The folder for what is being worked on is full or closed.
    #[error("{}: cannot be written ({source}): check free space and permissions", path.display())]
    Work {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl AnalystError {
    /// Whether trying again later may help, or the service was only being stopped.
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self,
            AnalystError::Engines(_)
                | AnalystError::Work { .. }
                | AnalystError::Call(CallError::Drive(DriveError::Stopped))
        )
    }

    pub(super) fn is_stop(&self) -> bool {
        matches!(self, AnalystError::Call(CallError::Drive(DriveError::Stopped)))
    }
}

/// Analyses calls, one a thread, with engines that all share.
pub(super) struct Analyst {
    options: EngineOptions,
    engines: Mutex<Option<Arc<Engines>>>,
    judge: watch::Sender<Arc<Plan>>,
    /// For what is being worked on.
    work: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Analyst {
    /// An analyst that has not opened any engine yet.
    pub(super) fn new(
        options: EngineOptions,
        rubrics: Vec<Rubric>,
        work: PathBuf,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            options,
            engines: Mutex::new(None),
            judge: watch::Sender::new(Arc::new(Plan::compile(rubrics))),
            work,
            stop,
        }
    }

    /// Rubrics for the calls from now on.
    pub(super) fn judge_by(&self, rubrics: Vec<Rubric>) {
        self.judge.send_replace(Arc::new(Plan::compile(rubrics)));
    }

    /// The rubrics in force, compiled, whenever they change.
    pub(super) fn plan(&self) -> watch::Receiver<Arc<Plan>> {
        self.judge.subscribe()
    }

    /// The engines, opened by the first who asks.
    ///
    /// # Errors
    /// [`EnginesError`] with the remedy.
    pub(super) fn engines(&self) -> Result<Arc<Engines>, EnginesError> {
        // Held while opening: two calls must not load the models twice.
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        match engines.as_ref() {
            Some(open) => Ok(Arc::clone(open)),
            None => Ok(Arc::clone(engines.insert(Arc::new(Engines::open(&self.options)?)))),
        }
    }

    /// Whether they are open.
    #[cfg(feature = "live")]
    pub(super) fn has_engines(&self) -> bool {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Analyses a call from its first byte to its scorecards, unless its content, told by its digest, is not
    /// wanted: then nothing is spent on it.
    ///
    /// # Errors
    /// [`AnalystError`].
    pub(super) fn analyse(
        &self,
        input: &Input,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<Heard, AnalystError> {
        let plan = self.judge.borrow().clone();
        if is_chat(input) {
            let chat = Chat::open(input).map_err(CallError::from)?;
            if !wanted(&chat.sha256) {
                return Ok(Heard::Unwanted);
            }
            let source = self.source(&plan, None, &chat.info, &chat.sidecar_sha256);
            let source = Source { file: chat.file.clone(), sha256: chat.sha256.clone(), ..source };
            let driven = chat::drive(&chat, &plan);
            let info = shown(&chat.info, chat.named_by_file);
            return Ok(Heard::Call(Box::new(analysed(&info, source, driven, None))));
        }
        let mut recording = Recording::open(input).map_err(CallError::from)?;
        if !wanted(&recording.sha256) {
            return Ok(Heard::Unwanted);
        }
        let engines = self.engines()?;
        let source = self.source(&plan, Some(&engines), &recording.info, &recording.sidecar_sha256);
        let source =
            Source { file: recording.file.clone(), sha256: recording.sha256.clone(), ..source };
        let shared = Shared {
            config: Arc::new(SessionConfig::new(engines.id.clone())),
            engines,
            plan,
            stop: Arc::clone(&self.stop),
        };
        let (driven, audio) = drive_with_playback(&mut recording, &shared, self.file()?, &|_| ())
            .map_err(CallError::from)?;
        let sound = self.sound(audio, &driven)?;
        let info = shown(&recording.info, recording.named_by_file);
        Ok(Heard::Call(Box::new(analysed(&info, source, driven, Some(sound)))))
    }

    fn source(
        &self,
        plan: &Plan,
        engines: Option<&Arc<Engines>>,
        info: &CallInfo,
        sidecar_sha256: &str,
    ) -> Source {
        let engine = engines.map(|engines| &engines.id);
        let rubrics: Vec<&str> = plan.rubrics().map(|rubric| rubric.digest.as_str()).collect();
        let settings = settings_of(engine, self.options.beam, &rubrics.join(","), "service");
        let settings = of_call(&settings, info, sidecar_sha256);
        Source { file: String::new(), sha256: String::new(), settings }
    }

    fn sound(&self, mut audio: NamedTempFile, driven: &Driven) -> Result<Sound, AnalystError> {
        privacy::mute(&mut audio, &driven.ended, false).map_err(CallError::from)?;
        let mut redacted = self.file()?;
        let copied = audio.as_file_mut().rewind().and_then(|()| {
            io::copy(audio.as_file_mut(), redacted.as_file_mut())?;
            redacted.as_file_mut().rewind()
        });
        copied.map_err(|source| self.cannot_write(source))?;
        privacy::mute(&mut redacted, &driven.ended, true).map_err(CallError::from)?;
        Ok(Sound { audio, redacted })
    }

    /// A file that goes away by itself.
    ///
    /// # Errors
    /// [`AnalystError::Work`].
    pub(super) fn file(&self) -> Result<NamedTempFile, AnalystError> {
        let made = fs::create_dir_all(&self.work).and_then(|()| NamedTempFile::new_in(&self.work));
        made.map_err(|source| self.cannot_write(source))
    }

    /// The folder for what is being worked on is full or closed.
    pub(super) fn cannot_write(&self, source: io::Error) -> AnalystError {
        AnalystError::Work { path: self.work.clone(), source }
    }
}

/// What may be shown of a call's attributes: telephone systems put the customer's number into names of files, by which a
/// call goes that has no id of its own. An id that its sidecar gave is what the site knows it by, and stays.
fn shown(info: &CallInfo, named_by_file: bool) -> CallInfo {
    let mut info = info.clone();
    if named_by_file
        && let Ok(id) = CallId::new(&mask_telephones(info.call_id.as_str()).replace('*', "x"))
    {
        info.call_id = id;
    }
    info
}

fn analysed(info: &CallInfo, source: Source, driven: Driven, sound: Option<Sound>) -> Analysed {
    let source = Source { file: mask_telephones(&source.file), ..source };
    let reports = privacy::reports(info, source, &driven, PiiMode::Mask);
    Analysed { report: reports.masked, private: reports.private, sound, peaks: driven.peaks }
}

#[cfg(test)]
pub(super) mod fixture {
    use std::path::Path;

    use super::*;
    use crate::app::EngineChoice;
    use crate::engine::models::ModelFolder;
    use crate::rubric::built_in;

    /// A chat in a file `stem`.json as the service analyses it: like a call, without an engine. `known`: what more its sidecar says.
    pub(in crate::app::service) fn analysed(
        folder: &Path,
        stem: &str,
        known: serde_json::Value,
        said: &[(&str, &str)],
    ) -> Analysed {
        let messages: Vec<_> = (said.iter())
            .map(|(party, text)| serde_json::json!({"party": party, "text": text}))
            .collect();
        let body = serde_json::json!({"messages": messages});
        let mut facts = serde_json::json!({"language": "zh", "direction": "inbound"});
        for (key, value) in known.as_object().expect("an object") {
            facts[key] = value.clone();
        }
        let file = folder.join(format!("{stem}.json"));
        let sidecar = folder.join(format!("{stem}.call.json"));
        std::fs::write(&sidecar, facts.to_string()).expect("a sidecar");
        std::fs::write(&file, body.to_string()).expect("a chat");
        let engines = EngineOptions {
            models: ModelFolder::resolve(Some(&folder.join("no-models"))),
            model: "none".into(),
            engine: EngineChoice::Auto,
            workers: 1,
            beam: 1,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let analyst = Analyst::new(engines, built_in().expect("ours"), folder.into(), stop);
        let input = Input { files: vec![file], sidecar: Some(sidecar), stem: stem.into() };
        match analyst.analyse(&input, |_| true).expect("a chat") {
            Heard::Call(call) => *call,
            Heard::Unwanted => panic!("everything is wanted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call that goes by its file's name shows no telephone number in its id; an id that a site gave is left as it is.
    #[test]
    fn ids_from_names_of_files_show_no_telephone_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let said = [("agent", "您好")];
        let own = || serde_json::json!({"call_id": "13900139000.17"});
        let none = || serde_json::json!({});
        let (plain, dated) = ("13800138000-20260101", "2026-01-01T10:00:00_13800138000");
        for (stem, known, id, file) in [
            (plain, none(), "138xxxx8000-20260101", "138****8000-20260101.json"),
            (plain, own(), "13900139000.17", "138****8000-20260101.json"),
            // What no id may hold is another character in it than in the name.
            (
                dated,
                none(),
                "2026-01-01T10_00_00_138xxxx8000",
                "2026-01-01T10:00:00_138****8000.json",
            ),
            // A site may give the call the file's own name.
            ("13900139000.17", own(), "13900139000.17", "139****9000.17.json"),
        ] {
            let call = fixture::analysed(folder.path(), stem, known, &said);
            assert_eq!(call.report.call.call_id, id, "{stem}");
            assert_eq!(call.report.call.source.file, file, "{stem}");
        }
    }
}
