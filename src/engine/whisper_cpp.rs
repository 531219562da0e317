//! Whisper through whisper.cpp (whisper-rs): the engine that runs wherever C++ compiles, GPUs
//! included.
//!
//! In: a ggml model file, windows of speech. Out: timed words. Must not run a state on two threads
//! (whisper.cpp's threads spin at barriers: with the cores taken, 3 s of work become 55) and must
//! not write to standard error.

use super::heard_words::{TimedToken, words};
use crate::domain::{EngineRef, Language};
use crate::speech::{EngineError, Heard, Request, Transcriber, WINDOW_MS_MAX, is_silent, looped};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperState, get_lang_id, get_lang_str,
};

const ENGINE: &str = "whisper.cpp";
const SAMPLES_PER_MS: usize = 16;
/// Shorter windows are filled up with silence: the model says nothing useful on less.
const SAMPLES_MIN: usize = 1200 * SAMPLES_PER_MS;
/// Positions of the encoder: 50 a second. Cutting them to the window is most of the speed; a
/// context that ends with the speech makes the decoder loop, so a second is added and 8 s kept.
const CONTEXT_EXTRA: usize = 50;
const CONTEXT_MIN: usize = 416;
/// The matrix kernels are slow on other counts.
const CONTEXT_STEP: usize = 32;
const CONTEXT_MAX: usize = 1472;
/// Half of the decoder's context, which is what whisper.cpp takes of a prompt.
const PROMPT_TOKENS_MAX: usize = 224;
const BEAM_AGAIN: usize = 5;

/// How to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhisperCppOptions {
    /// Hypotheses kept; 1 is greedy.
    pub beam: usize,
    /// Whether to use a GPU that was built in.
    pub gpu: bool,
}

impl Default for WhisperCppOptions {
    fn default() -> Self {
        Self { beam: 1, gpu: true }
    }
}

/// Loaded weights, shared by any number of workers.
#[derive(Clone)]
pub struct WhisperCpp {
    context: Arc<WhisperContext>,
    id: EngineRef,
    options: WhisperCppOptions,
}

impl WhisperCpp {
    /// Loads `file`. `model` and `sha256` go into the reports.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the file is no model that whisper.cpp knows.
    pub fn load(
        file: &Path,
        model: &str,
        sha256: &str,
        options: WhisperCppOptions,
    ) -> Result<Self, EngineError> {
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(options.gpu);
        let context = WhisperContext::new_with_params(file, parameters).map_err(|e| {
            EngineError::Unavailable(format!(
                "whisper.cpp cannot load {}: {e}; check it with `lingting models verify`",
                file.display()
            ))
        })?;
        let id = EngineRef { name: ENGINE.into(), model: model.into(), sha256: sha256.to_owned() };
        Ok(Self { context: Arc::new(context), id, options })
    }

    /// A recogniser for one thread.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when memory does not suffice.
    pub fn worker(&self) -> Result<WhisperCppWorker, EngineError> {
        Ok(WhisperCppWorker {
            state: new_state(&self.context)?,
            model: self.clone(),
            prepared: BTreeMap::new(),
        })
    }
}

fn new_state(context: &WhisperContext) -> Result<WhisperState, EngineError> {
    context
        .create_state()
        .map_err(|e| EngineError::Unavailable(format!("whisper.cpp has no memory to work in: {e}")))
}

/// One state of whisper.cpp, worked by one thread.
pub struct WhisperCppWorker {
    model: WhisperCpp,
    state: WhisperState,
    /// By language and beam: whisper-rs leaks a string each time a language is set.
    prepared: BTreeMap<(Language, usize), FullParams<'static, 'static>>,
}

/// One try at a window.
struct Try {
    context: usize,
    beam: usize,
}

impl Transcriber for WhisperCppWorker {
    fn id(&self) -> &EngineRef {
        &self.model.id
    }

    fn transcribe(&mut self, window: &[f32], request: &Request) -> Result<Heard, EngineError> {
        let ms = check_length(window)?;
        if is_silent(window) {
            return Ok(Heard::default());
        }
        let mut samples = window.to_vec();
        samples.resize(window.len().max(SAMPLES_MIN), 0.0);
        let first = Try { context: context_for(samples.len()), beam: self.model.options.beam };
        let (mut tokens, mut looped) = self.decode(&samples, request, &first)?;
        if looped && !request.draft {
            let again = Try { context: CONTEXT_MAX, beam: BEAM_AGAIN };
            (tokens, looped) = self.decode(&samples, request, &again)?;
        }
        Ok(Heard { words: words(&tokens, ms), looped })
    }

    fn detect_language(&mut self, window: &[f32]) -> Result<(Language, f32), EngineError> {
        check_length(window)?;
        let mut samples = window.to_vec();
        samples.resize(window.len().max(SAMPLES_MIN), 0.0);
        // A state remembers the context of its last window; a fresh one makes the answer depend on
        // this window alone.
        let mut state = new_state(&self.model.context)?;
        state.pcm_to_mel(&samples, 1).map_err(failed)?;
        let (best, probabilities) = state.lang_detect(0, 1).map_err(failed)?;
        let language = get_lang_str(best).and_then(Language::new);
        let probability = usize::try_from(best).ok().and_then(|i| probabilities.get(i)).copied();
        match (language, probability) {
            (Some(language), Some(probability)) => Ok((language, probability)),
            _ => Err(EngineError::Failed { engine: ENGINE, why: "no language came out".into() }),
        }
    }
}

impl WhisperCppWorker {
    /// Decodes once; also tells whether the decoder went round in circles.
    fn decode(
        &mut self,
        samples: &[f32],
        request: &Request,
        how: &Try,
    ) -> Result<(Vec<TimedToken>, bool), EngineError> {
        let prompt = self.prompt(&request.prompt)?;
        let limit = tokens_max(samples.len());
        let mut params: FullParams<'_, '_> = self.prepared(&request.language, how.beam)?;
        params.set_tokens(&prompt);
        params.set_audio_ctx(how.context as i32);
        params.set_max_tokens(limit as i32);
        self.state.full(params, samples).map_err(failed)?;
        let (ids, tokens) = self.tokens();
        Ok((tokens, ids.len() >= limit || looped(&ids)))
    }

    /// The prompt's last tokens. Given as tokens, because whisper-rs leaks prompts given as text.
    fn prompt(&self, text: &str) -> Result<Vec<i32>, EngineError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        // No token is shorter than a byte.
        let mut tokens = self.model.context.tokenize(text, text.len()).map_err(failed)?;
        tokens.drain(..tokens.len().saturating_sub(PROMPT_TOKENS_MAX));
        Ok(tokens)
    }

    fn prepared(
        &mut self,
        language: &Language,
        beam: usize,
    ) -> Result<FullParams<'static, 'static>, EngineError> {
        let key = (language.clone(), beam);
        if !self.prepared.contains_key(&key) {
            let params = base_params(self.model.language_code(language)?, beam);
            self.prepared.insert(key.clone(), params);
        }
        Ok(self.prepared[&key].clone())
    }

    /// What the last run has left in the state, without the special tokens: numbers and texts.
    fn tokens(&self) -> (Vec<i32>, Vec<TimedToken>) {
        let end_of_text = self.model.context.token_eot();
        let segments = self.state.as_iter();
        let all = segments.flat_map(|s| {
            (0..s.n_tokens()).filter_map(move |i| {
                let token = s.get_token(i)?;
                let data = token.token_data();
                let ms = |centiseconds: i64| centiseconds.max(0).unsigned_abs() * 10;
                let timed = TimedToken {
                    bytes: token.to_bytes().unwrap_or_default().to_vec(),
                    start_ms: ms(data.t0),
                    end_ms: ms(data.t1),
                    probability: data.p,
                };
                Some((data.id, timed))
            })
        });
        all.filter(|(id, _)| *id < end_of_text).unzip()
    }
}

impl WhisperCpp {
    /// The model's code for a language.
    fn language_code(&self, language: &Language) -> Result<&'static str, EngineError> {
        let unknown = || EngineError::Language {
            engine: ENGINE,
            model: self.id.model.clone(),
            language: language.clone(),
        };
        // Cantonese has a token of its own from large-v3 on.
        let code = match language.as_str() {
            "yue" if self.context.n_vocab() <= 51_865 => "zh",
            code => code,
        };
        if code != "en" && !self.context.is_multilingual() {
            return Err(unknown());
        }
        get_lang_id(code).and_then(get_lang_str).ok_or_else(unknown)
    }
}

fn base_params(language: &'static str, beam: usize) -> FullParams<'static, 'static> {
    let mut params = FullParams::new(match beam {
        0 | 1 => SamplingStrategy::Greedy { best_of: 1 },
        _ => SamplingStrategy::BeamSearch { beam_size: beam as i32, patience: -1.0 },
    });
    params.set_n_threads(1);
    params.set_language(Some(language));
    params.set_no_context(true);
    params.set_token_timestamps(true);
    // No second try at a higher temperature: that is random, and ours is better.
    params.set_temperature_inc(0.0);
    params.set_suppress_nst(true);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    params.set_print_special(false);
    params
}

fn check_length(window: &[f32]) -> Result<u64, EngineError> {
    let ms = (window.len() / SAMPLES_PER_MS) as u64;
    if ms > WINDOW_MS_MAX {
        return Err(EngineError::TooLong { ms, limit_ms: WINDOW_MS_MAX });
    }
    Ok(ms)
}

/// Encoder positions for a window of so many samples.
fn context_for(samples: usize) -> usize {
    let positions = samples.div_ceil(20 * SAMPLES_PER_MS) + CONTEXT_EXTRA;
    positions.next_multiple_of(CONTEXT_STEP).clamp(CONTEXT_MIN, CONTEXT_MAX)
}

/// More tokens than anyone says in a window: ten a second and some.
fn tokens_max(samples: usize) -> usize {
    16 + samples / 1600
}

fn failed(error: WhisperError) -> EngineError {
    EngineError::Failed { engine: ENGINE, why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::conformance;
    use crate::engine::models::ModelFolder;

    #[test]
    fn whisper_cpp_holds_the_contract() {
        let files = ModelFolder::resolve(None).locate("whisper-base-ggml").unwrap_or_else(|e| {
            panic!("this test needs a model (or build with --no-default-features): {e}")
        });
        let sha256 = files.sha256().unwrap();
        let load = |beam| {
            let options = WhisperCppOptions { beam, gpu: false };
            WhisperCpp::load(&files.weights(), &files.label(), &sha256, options).unwrap()
        };
        let model = load(1);
        conformance::holds(&mut model.worker().unwrap());
        conformance::hears(&mut load(5).worker().unwrap());
    }

    #[test]
    fn a_file_that_is_no_model_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"hello").unwrap();
        let result = WhisperCpp::load(file.path(), "x", "", WhisperCppOptions::default());
        assert!(matches!(result.map(|_| ()), Err(EngineError::Unavailable(_))));
    }

    #[test]
    fn the_context_follows_the_window() {
        let check = |seconds: usize, wanted| assert_eq!(context_for(seconds * 16_000), wanted);
        check(0, 416);
        check(7, 416);
        check(10, 576);
        check(15, 800);
        check(29, 1472);
    }
}
