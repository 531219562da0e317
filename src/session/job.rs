//! What a session asks of the engines, and what it gets back.

use std::time::Duration;

use crate::audio::SAMPLE_RATE_HZ;
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
    /// It was tried before, with other speech around it, and gave no words.
    pub again: bool,
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

impl Work {
    /// Length of the speech.
    pub fn speech(&self) -> Duration {
        let (Work::Detect(samples) | Work::Transcribe { samples, .. }) = self;
        Duration::from_millis(samples.len() as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ))
    }
}

/// An engine's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Work::Detect`].
    Language(Language),
    /// To [`Work::Transcribe`].
    Heard(Heard),
    /// The engine's model does not know the language asked for.
    UnknownLanguage,
    /// The engine failed; why is in the log.
    Failed,
}
