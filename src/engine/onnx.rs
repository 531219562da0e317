//! ONNX Runtime, loaded once from a shared library, and the models that it runs.

use std::path::{Path, PathBuf};
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
    source: Source,
    idle: Mutex<Vec<Session>>,
}

enum Source {
    File(PathBuf),
    Made(Vec<u8>),
}

impl Model {
    /// Opens the model in `file`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when it cannot be read.
    pub fn open(environment: &Environment, file: &Path) -> Result<Arc<Self>, EngineError> {
        Self::opened(environment, Source::File(file.to_owned())).map_err(|e| {
            let why = format!("{}: {e}; run `lingting models verify`", file.display());
            EngineError::Unavailable(why)
        })
    }

    /// Opens a model that was made in memory.
    ///
    /// # Errors
    /// What the runtime says.
    pub(super) fn made(environment: &Environment, model: Vec<u8>) -> Result<Arc<Self>, ort::Error> {
        Self::opened(environment, Source::Made(model))
    }

    /// The first session is opened at once: who cannot be opened says so at the start, not at the first call.
    fn opened(environment: &Environment, source: Source) -> Result<Arc<Self>, ort::Error> {
        let model = Self { environment: environment.clone(), source, idle: Mutex::default() };
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
        let mut builder = builder.with_intra_threads(1)?.with_inter_threads(1)?;
        match &self.source {
            Source::File(file) => builder.commit_from_file(file),
            Source::Made(model) => builder.commit_from_memory(model),
        }
    }
}
