//! ONNX Runtime, loaded once from a shared library, and the models that it runs. They are written in memory.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ort::environment::Environment;
use ort::session::Session;

use crate::speech::EngineError;

static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads `library` (`libonnxruntime.so`) if no call before did; later paths are ignored, because a
/// process holds one runtime.
///
/// # Errors
/// [`EngineError::Unavailable`] when the library is missing, broken or too old.
pub fn environment(library: &Path) -> Result<Environment, EngineError> {
    let mut slot = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = slot.as_ref() {
        return Ok(environment.clone());
    }
    let unavailable = |why: String| {
        EngineError::Unavailable(format!(
            "ONNX Runtime cannot be loaded from {}: {why}; run `lingting models pull onnxruntime`",
            library.display()
        ))
    };
    if !library.is_file() {
        return Err(unavailable("no such file".into()));
    }
    let environment = ort::init_from(library)
        .map_err(|e| unavailable(e.to_string()))?
        .build()
        .map_err(|e| unavailable(e.to_string()))?;
    *slot = Some(environment.clone());
    Ok(environment)
}

/// A model that callers share. It is opened as often as it runs at the same time: a session takes megabytes and
/// milliseconds to open, and holds no state between runs.
pub struct Model {
    environment: Environment,
    bytes: Vec<u8>,
    idle: Mutex<Vec<Session>>,
}

impl Model {
    /// Opens a model that was made in memory.
    ///
    /// # Errors
    /// What the runtime says.
    pub(super) fn made(environment: &Environment, bytes: Vec<u8>) -> Result<Arc<Self>, ort::Error> {
        let model = Self { environment: environment.clone(), bytes, idle: Mutex::default() };
        // The first session is opened at once: who cannot be opened says so at the start, not at the first call.
        let first = model.session()?;
        model.idle().push(first);
        Ok(Arc::new(model))
    }

    /// Runs the model; `run` must leave nothing in the session.
    pub(super) fn run<T>(
        &self,
        run: impl FnOnce(&mut Session) -> Result<T, ort::Error>,
    ) -> Result<T, ort::Error> {
        let idle = self.idle().pop();
        let mut session = idle.map_or_else(|| self.session(), Ok)?;
        let result = run(&mut session);
        self.idle().push(session);
        result
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For one thread of its own: our parallelism is over calls and windows.
    fn session(&self) -> Result<Session, ort::Error> {
        let builder = Session::builder(&self.environment)?;
        builder.with_intra_threads(1)?.with_inter_threads(1)?.commit_from_memory(&self.bytes)
    }
}
