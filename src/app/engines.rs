//! Engines as a run needs them: chosen, opened, and put into a pool.
//!
//! In: what the user asked for, and the model folder. Out: a pool of recognisers and a source of
//! voice-activity detectors. Nothing is fetched here: what is missing is named with the remedy.

use std::path::Path;

#[cfg(feature = "onnx")]
use super::listening::Listening;
use super::memo::Memo;
use super::waiting::Waiting;
use crate::domain::EngineRef;
use crate::engine::models::{ModelError, ModelFiles, ModelFolder};
use crate::engine::pool::Pool;
use crate::session::Ears;
use crate::speech::{EngineError, Transcriber};

/// Which recogniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// The quicker one that the model and this build allow.
    #[default]
    Auto,
    /// CTranslate2.
    Ct2,
    /// whisper.cpp.
    Whisper,
}

/// Why there are no engines.
#[derive(Debug, thiserror::Error)]
pub enum EnginesError {
    /// A model is missing or unusable.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An engine does not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine asked for cannot read the model named.
    #[error("{engine} cannot read {model}: {remedy}")]
    Mismatch {
        /// The engine asked for.
        engine: &'static str,
        /// The model.
        model: String,
        /// What to do.
        remedy: &'static str,
    },
    /// This binary was built without it.
    #[error("this binary was built without {0}; build with the default features")]
    NotBuilt(&'static str),
}

impl EnginesError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            EnginesError::Model(e) => e.zh(),
            EnginesError::Engine(e) => e.zh(),
            EnginesError::Mismatch { engine: "whisper.cpp", model, .. } => format!(
                "whisper.cpp 不能读取 {model}：请指定 ggml 文件，或用 `lingting models convert` 生成"
            ),
            EnginesError::Mismatch { engine, model, .. } => {
                format!("{engine} 不能读取 {model}：请指定 CTranslate2 文件夹")
            }
            EnginesError::NotBuilt(what) => {
                format!("本程序编译时没有包含 {what}；请用默认特性编译")
            }
        }
    }
}

/// Recognisers in a pool, and all that is needed to make detectors.
pub struct Engines {
    /// One recogniser a thread.
    pub pool: Pool<Box<dyn Transcriber>>,
    /// The recogniser, as transcripts name it.
    pub id: EngineRef,
    /// What waits for one.
    pub(super) waiting: Waiting,
    /// What was recognised of calls while they went on.
    pub(super) memo: Memo,
    #[cfg(feature = "onnx")]
    listening: Listening,
}

/// What to open.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where models lie.
    pub models: ModelFolder,
    /// A model's name or path.
    pub model: String,
    /// Which recogniser.
    pub engine: EngineChoice,
    /// Recognisers side by side.
    pub workers: usize,
    /// Hypotheses kept while decoding.
    pub beam: usize,
}

impl Engines {
    /// Opens everything.
    ///
    /// # Errors
    /// [`EnginesError`] with the remedy.
    pub fn open(options: &EngineOptions) -> Result<Self, EnginesError> {
        let files = options.models.locate(&options.model)?;
        let name = recogniser(options.engine, &files)?;
        let id = EngineRef { name: name.to_owned(), model: files.label(), sha256: files.sha256()? };
        let pool = Pool::new(transcribers(&files, &id, options)?);
        Ok(Self {
            #[cfg(feature = "onnx")]
            listening: Listening::open(&options.models)?,
            waiting: Waiting::new(pool.size()),
            pool,
            id,
            memo: Memo::default(),
        })
    }

    /// Ears for a call of `legs` legs; a lone leg gets one that tells voices apart.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when a model cannot be opened.
    #[cfg(feature = "onnx")]
    pub fn ears(&self, legs: u16) -> Result<Ears, EngineError> {
        self.listening.ears(legs)
    }

    /// Without ONNX Runtime there are none.
    ///
    /// # Errors
    /// Always [`EngineError::Unavailable`].
    #[cfg(not(feature = "onnx"))]
    pub fn ears(&self, _: u16) -> Result<Ears, EngineError> {
        let why = "voice activity needs ONNX Runtime, which this binary was built without";
        Err(EngineError::Unavailable(why.into()))
    }
}

fn recogniser(choice: EngineChoice, files: &ModelFiles) -> Result<&'static str, EnginesError> {
    match (files, choice) {
        (ModelFiles::Ct2 { .. }, EngineChoice::Auto | EngineChoice::Ct2) => Ok("ctranslate2"),
        (ModelFiles::Ggml { .. }, EngineChoice::Auto | EngineChoice::Whisper) => Ok("whisper.cpp"),
        (ModelFiles::Ct2 { .. }, EngineChoice::Whisper) => Err(EnginesError::Mismatch {
            engine: "whisper.cpp",
            model: files.label(),
            remedy: "name a ggml file, or make one with `lingting models convert`",
        }),
        (ModelFiles::Ggml { .. }, EngineChoice::Ct2) => Err(EnginesError::Mismatch {
            engine: "CTranslate2",
            model: files.label(),
            remedy: "name a CTranslate2 folder",
        }),
    }
}

fn transcribers(
    files: &ModelFiles,
    id: &EngineRef,
    options: &EngineOptions,
) -> Result<Vec<Box<dyn Transcriber>>, EnginesError> {
    let workers = options.workers.max(1);
    match files {
        ModelFiles::Ct2 { dir } => ct2(dir, id, options.beam, workers),
        ModelFiles::Ggml { file } => whisper(file, id, options.beam, workers),
    }
}

#[cfg(feature = "ct2")]
fn ct2(
    dir: &Path,
    id: &EngineRef,
    beam: usize,
    workers: usize,
) -> Result<Vec<Box<dyn Transcriber>>, EnginesError> {
    use crate::engine::ct2::Ct2;
    // Models load side by side: each takes most of a second.
    std::thread::scope(|scope| {
        let open = || Ct2::open(dir, id.clone(), beam);
        let opening: Vec<_> = (0..workers).map(|_| scope.spawn(open)).collect();
        let panicked = |_| EngineError::Unavailable("the engine panicked while loading".into());
        opening
            .into_iter()
            .map(|thread| Ok(Box::new(thread.join().map_err(panicked)??) as Box<dyn Transcriber>))
            .collect()
    })
}

#[cfg(not(feature = "ct2"))]
fn ct2(
    _: &Path,
    _: &EngineRef,
    _: usize,
    _: usize,
) -> Result<Vec<Box<dyn Transcriber>>, EnginesError> {
    Err(EnginesError::NotBuilt("CTranslate2 (feature `ct2`)"))
}

#[cfg(feature = "whisper")]
fn whisper(
    file: &Path,
    id: &EngineRef,
    beam: usize,
    workers: usize,
) -> Result<Vec<Box<dyn Transcriber>>, EnginesError> {
    use crate::engine::whisper_cpp::{WhisperCpp, WhisperCppOptions};
    let options = WhisperCppOptions { beam, ..WhisperCppOptions::default() };
    let model = WhisperCpp::load(file, &id.model, &id.sha256, options)?;
    (0..workers).map(|_| Ok(Box::new(model.worker()?) as Box<dyn Transcriber>)).collect()
}

#[cfg(not(feature = "whisper"))]
fn whisper(
    _: &Path,
    _: &EngineRef,
    _: usize,
    _: usize,
) -> Result<Vec<Box<dyn Transcriber>>, EnginesError> {
    Err(EnginesError::NotBuilt("whisper.cpp (feature `whisper`)"))
}
