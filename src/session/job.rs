//! What a session asks of the engines, and what it gets back.

use crate::domain::Language;
use crate::speech::Heard;

/// Names a job inside its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// A piece of work for an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// To give back with the answer.
    pub id: JobId,
    /// What to do.
    pub work: Work,
}

/// The kinds of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Which language is this?
    Detect(Vec<f32>),
    /// Which words are these?
    Transcribe {
        /// 16 kHz mono.
        samples: Vec<f32>,
        /// The language spoken.
        language: Language,
        /// Words to expect; empty: none.
        prompt: String,
    },
}

/// An engine's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Work::Detect`].
    Language(Language),
    /// To [`Work::Transcribe`].
    Heard(Heard),
    /// The engine failed; why is in the log.
    Failed,
}
