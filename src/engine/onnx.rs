//! ONNX Runtime, loaded once from a shared library.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

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

/// Opens a model for one thread of its own: our parallelism is over calls and windows.
///
/// # Errors
/// [`EngineError::Unavailable`] when the model cannot be read.
pub fn session(environment: &Environment, model: &Path) -> Result<Session, EngineError> {
    let unavailable = |e: &dyn std::fmt::Display| {
        EngineError::Unavailable(format!("{}: {e}; run `lingting models verify`", model.display()))
    };
    Session::builder(environment)
        .map_err(|e| unavailable(&e))?
        .with_intra_threads(1)
        .map_err(|e| unavailable(&e))?
        .with_inter_threads(1)
        .map_err(|e| unavailable(&e))?
        .commit_from_file(model)
        .map_err(|e| unavailable(&e))
}

/// Opens a model that was made in memory, for one thread of its own.
///
/// # Errors
/// What the runtime says.
pub(super) fn session_from_memory(
    environment: &Environment,
    model: &[u8],
) -> Result<Session, String> {
    let open = || {
        let builder = Session::builder(environment)?;
        let mut builder = builder.with_intra_threads(1)?.with_inter_threads(1)?;
        builder.commit_from_memory(model)
    };
    open().map_err(|e: ort::Error| e.to_string())
}
