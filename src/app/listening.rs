//! The models that sessions listen with by themselves: opened once, shared by all calls.
//!
//! In: the model folder. Out: [`Ears`] for a call. Voice activity is opened with the engines; the voice encoder by the first
//! call of one leg, because most sites have none.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

use super::EnginesError;
use crate::engine::models::ModelFolder;
use crate::engine::{onnx::Model, silero::Silero, speaker::Ge2e};
use crate::session::Ears;
use crate::speech::{EngineError, SpeakerEmbedder, Vad};

/// See the module.
pub(super) struct Listening {
    environment: Environment,
    activity: Arc<Model>,
    voices: Mutex<Option<Arc<Model>>>,
    voices_file: PathBuf,
}

impl Listening {
    /// Opens voice activity.
    ///
    /// # Errors
    /// [`EnginesError`] with the remedy, when a model or ONNX Runtime is missing or broken.
    pub(super) fn open(models: &ModelFolder) -> Result<Self, EnginesError> {
        let activity = models.file_of("silero-vad")?;
        let voices_file = models.file_of("speaker-ge2e")?;
        let environment = crate::engine::onnx::environment(&models.file_of("onnxruntime")?)?;
        let activity = Silero::model(&environment, &activity)?;
        Ok(Self { environment, activity, voices: Mutex::default(), voices_file })
    }

    /// Ears for a call of `legs` legs; a lone leg gets one that tells voices apart.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the voice encoder cannot be opened.
    pub(super) fn ears(&self, legs: u16) -> Result<Ears, EngineError> {
        let vad = |_| Box::new(Silero::new(Arc::clone(&self.activity))) as Box<dyn Vad>;
        let voices = (legs == 1).then(|| self.voices()).transpose()?;
        Ok(Ears {
            vads: (0..legs).map(vad).collect(),
            embedder: voices.map(|model| Box::new(Ge2e::new(model)) as Box<dyn SpeakerEmbedder>),
        })
    }

    fn voices(&self) -> Result<Arc<Model>, EngineError> {
        let mut voices = self.voices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = voices.as_ref() {
            return Ok(Arc::clone(model));
        }
        let model = Ge2e::model(&self.environment, &self.voices_file)?;
        Ok(Arc::clone(voices.insert(model)))
    }
}
