//! The engines that speech work needs, as the core sees them. Implementations live in
//! [`crate::engine`], one file each, and pass `engine::conformance`.

use std::fmt;

use crate::domain::{EngineRef, Language};

/// Why an engine gave no answer. One variant per thing a caller does about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Give up on this piece of audio and go on with the call.
    #[error("{engine} failed: {why}")]
    Failed {
        /// Which engine.
        engine: &'static str,
        /// What it said. Never call text.
        why: String,
    },
    /// The piece is over the engine's limit; the packer should have prevented this.
    #[error("a window of {ms} ms is over the engine's limit of {limit_ms} ms")]
    TooLong {
        /// Length found, in milliseconds.
        ms: u64,
        /// Length allowed, in milliseconds.
        limit_ms: u64,
    },
    /// The model does not know the language: every window of the call would fail alike.
    #[error("{engine}: the model {model} does not know the language {language}")]
    Language {
        /// Which engine.
        engine: &'static str,
        /// Its model, as reports name it.
        model: String,
        /// What was asked for.
        language: Language,
    },
    /// The engine cannot start on this machine; the text says how to mend it.
    #[error("{0}")]
    Unavailable(String),
}

impl EngineError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            EngineError::Failed { engine, why } => format!("{engine} 出错：{why}"),
            EngineError::TooLong { ms, limit_ms } => {
                format!("{ms} 毫秒的窗口超过引擎上限 {limit_ms} 毫秒")
            }
            EngineError::Language { engine, model, language } => {
                format!("{engine}：模型 {model} 不支持语言 {language}")
            }
            EngineError::Unavailable(why) => format!("引擎无法启动：{why}"),
        }
    }
}

/// Samples in one voice-activity frame: 32 ms at 16 kHz.
pub const VAD_FRAME_SAMPLES: usize = 512;

/// Voice activity: how likely each 32 ms frame holds speech.
///
/// # Contract
/// - one probability, 0 to 1, for each whole frame of [`VAD_FRAME_SAMPLES`]; a rest shorter than a
///   frame is an error;
/// - state is carried from call to call of `probabilities`, so that a signal cut into pieces of
///   whole frames gives the same numbers as the signal at once; `reset` forgets it.
pub trait Vad: Send {
    /// Probabilities for the next `samples` (16 kHz mono, a whole number of frames).
    ///
    /// # Errors
    /// [`EngineError::Failed`] when the model refuses.
    fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError>;
    /// Forgets what was heard before.
    fn reset(&mut self);
}

/// Longest window that a [`Transcriber`] takes, in milliseconds.
pub const WINDOW_MS_MAX: u64 = 29_000;

/// One word as the engine heard it, timed inside its window.
#[derive(Clone, PartialEq)]
pub struct HeardWord {
    /// Raw text, with leading space and punctuation as the model wrote it.
    pub text: String,
    /// Milliseconds from the window's first sample.
    pub start_ms: u64,
    /// Milliseconds from the window's first sample, not before `start_ms`.
    pub end_ms: u64,
    /// Mean probability of its tokens, 0 to 1.
    pub confidence: f32,
}

/// Shows when, never what.
impl fmt::Debug for HeardWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeardWord({}..{} ms)", self.start_ms, self.end_ms)
    }
}

/// What an engine heard in a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// In time order.
    pub words: Vec<HeardWord>,
    /// The model kept repeating itself, even after a second try.
    pub looped: bool,
}

/// What an engine is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The language spoken.
    pub language: Language,
    /// Words to expect, in the model's prompt; empty: none.
    pub prompt: String,
    /// Speech that goes on, asked of again soon: one pass, and what it gives is taken as it is.
    pub draft: bool,
}

/// Turns windows of speech into words.
///
/// # Contract, checked for every implementation by `engine::conformance`
/// - word times lie inside the window and never go back;
/// - the same window gives the same words, whatever came before it or is recognised with it;
/// - an empty or silent window gives no words or few, never an error;
/// - a language that the model does not know is told before anything is decoded;
/// - a call blocks and burns one core: it runs on the engine pool.
pub trait Transcriber: Send {
    /// Names engine, model and weights.
    fn id(&self) -> &EngineRef;

    /// Recognises one window of 16 kHz mono.
    ///
    /// # Errors
    /// [`EngineError::TooLong`] over [`WINDOW_MS_MAX`]; [`EngineError::Language`] when the model does not know
    /// the language asked for; [`EngineError::Failed`] when the model fails.
    fn transcribe(&mut self, window: &[f32], request: &Request) -> Result<Heard, EngineError>;

    /// How many windows it is quicker to recognise together than one by one.
    fn together(&self) -> usize {
        1
    }

    /// Recognises windows, each as [`Transcriber::transcribe`] would, which may be quicker together: one result for each, in
    /// their order. When the model fails at one, those that were run with it may fail too.
    fn transcribe_all(&mut self, asked: &[(&[f32], &Request)]) -> Vec<Result<Heard, EngineError>> {
        asked.iter().map(|(window, request)| self.transcribe(window, request)).collect()
    }

    /// Which language a window is in, with its probability.
    ///
    /// # Errors
    /// As for [`Transcriber::transcribe`].
    fn detect_language(&mut self, window: &[f32]) -> Result<(Language, f32), EngineError>;
}

/// Turns a stretch of one voice into a point in speaker space.
///
/// # Contract
/// - vectors have one fixed length and unit norm;
/// - the same samples give the same vector.
pub trait SpeakerEmbedder: Send {
    /// Embeds `samples` (16 kHz mono, half a second or more of speech).
    ///
    /// # Errors
    /// [`EngineError::Failed`] when the model refuses.
    fn embed(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError>;
    /// Embeds stretches each by itself, which may be quicker together: one result for each, in their order. What goes wrong with
    /// one may be told of those that were run with it too.
    fn embed_all(&mut self, voices: &[&[f32]]) -> Vec<Result<Vec<f32>, EngineError>> {
        voices.iter().map(|samples| self.embed(samples)).collect()
    }
}
