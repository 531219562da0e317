//! Recognition by CTranslate2: Whisper in int8, its encoder shortened to the speech.
//!
//! In: windows of 16 kHz speech. Out: words with times (dynamic time warping over the alignment
//! heads) and probabilities. One model a worker, one thread a model: two threads inside one model are
//! slower than one (measured), and workers share no state.

use std::path::Path;

use ct2rs::sys::{
    ComputeType, Config, Device, StorageView, Whisper, WhisperAlignmentResult, WhisperOptions,
};

use super::heard_words::{TimedToken, words};
use super::log_mel::{HOP_SAMPLES, LogMel};
use super::vocabulary::Vocabulary;
use crate::audio::SAMPLE_RATE_HZ;
use crate::domain::{EngineRef, Language};
use crate::speech::{
    EngineError, Heard, HeardWord, Request, Transcriber, WINDOW_MS_MAX, is_silent, looped,
};

/// Frames of the model's full context: 30 s.
const FRAMES_FULL: usize = 3000;
/// Silence kept after the speech. With less, greedy decoding runs into loops (measured).
const TAIL_FRAMES: usize = 100;
/// Fewer frames than these make loops as well.
const FRAMES_MIN: usize = 800;
/// The same of what is heard early, which may err: what more of the speech says stands in its place.
const FRAMES_MIN_DRAFT: usize = 500;
/// One frame of the encoder's output, in milliseconds.
const ENCODER_FRAME_MS: u64 = 20;
/// Nobody speaks more tokens a second; what is over it is a loop.
const TOKENS_PER_S_MAX: usize = 10;
const TOKENS_SPARE: usize = 16;
/// Hardly anybody speaks more tokens a second, pauses included.
const TOKENS_PER_S_USUAL: usize = 7;
const TOKENS_SPARE_USUAL: usize = 10;
const TOKENS_MAX: usize = 224;
/// What the decoder holds, its prompt included.
const CONTEXT_TOKENS: usize = 448;
/// Windows that are recognised at a time: the decoder's weights are read once for all of them.
const TOGETHER_MAX: usize = 6;
/// A window that loops is heard in halves, so often and down to this length.
const HALVINGS_MAX: usize = 2;
const HALVED_MS_MIN: u64 = 5_000;
/// Width of the median filter over attention weights, as in OpenAI's word timing.
const MEDIAN_FILTER: i64 = 7;

/// What the model sees of a window.
struct Features {
    /// Bands one after another.
    values: Vec<f32>,
    /// Of each band.
    frames: usize,
    /// Length of the speech itself, in seconds.
    window_s: usize,
}

/// So many tokens at most.
struct Caps {
    usual: usize,
    most: usize,
}

impl Features {
    fn caps(&self) -> Caps {
        let cap = |per_s: usize, spare: usize| (spare + per_s * self.window_s).min(TOKENS_MAX);
        Caps {
            usual: cap(TOKENS_PER_S_USUAL, TOKENS_SPARE_USUAL),
            most: cap(TOKENS_PER_S_MAX, TOKENS_SPARE),
        }
    }
}

/// One worker's model.
pub struct Ct2 {
    whisper: Whisper,
    vocabulary: Vocabulary,
    mel: LogMel,
    id: EngineRef,
    beam: usize,
}

impl Ct2 {
    /// Loads a CTranslate2 Whisper folder (`model.bin`, `config.json`, `tokenizer.json`) in int8.
    ///
    /// `beam` 1 decodes greedily; 5 is slower by half and a little more accurate.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the folder is not such a model.
    pub fn open(folder: &Path, id: EngineRef, beam: usize) -> Result<Self, EngineError> {
        let unavailable = |why: String| {
            EngineError::Unavailable(format!("{}: {why}; see `lingting models`", folder.display()))
        };
        let path = folder.to_str().ok_or_else(|| unavailable("not a UTF-8 path".into()))?;
        let vocabulary = Vocabulary::open(&folder.join("tokenizer.json")).map_err(&unavailable)?;
        let config = Config {
            device: Device::CPU,
            compute_type: ComputeType::INT8,
            num_threads_per_replica: 1,
            ..Config::default()
        };
        let whisper = Whisper::new(path, config).map_err(|e| unavailable(e.to_string()))?;
        let mel = LogMel::new(whisper.n_mels());
        Ok(Self { whisper, vocabulary, mel, id, beam: beam.max(1) })
    }

    fn features(&self, window: &[f32], frames: usize) -> Features {
        let window_s = window.len().div_ceil(SAMPLE_RATE_HZ as usize);
        Features { values: self.mel.features(window, frames), frames, window_s }
    }

    /// Of each window the token ids, and whether they must be doubted.
    fn decode(
        &self,
        features: &[Features],
        request: &Request,
        beam: usize,
    ) -> Result<Vec<(Vec<usize>, bool)>, EngineError> {
        let caps: Vec<Caps> = features.iter().map(Features::caps).collect();
        let all: Vec<(&Features, usize)> =
            features.iter().zip(&caps).map(|(one, caps)| (one, caps.usual)).collect();
        let mut ids = self.generate(&all, request, beam)?;
        for ((ids, caps), one) in ids.iter_mut().zip(&caps).zip(features) {
            // Many words, or the same ones for ever: most often the latter, which are not worth more time.
            if ids.len() >= caps.usual && !looped(ids) {
                *ids = self.generate(&[(one, caps.most)], request, beam)?.swap_remove(0);
            }
        }
        let doubtful = |(ids, caps): (Vec<usize>, Caps)| {
            let doubtful = ids.len() >= caps.most || looped(&ids);
            (ids, doubtful)
        };
        Ok(ids.into_iter().zip(caps).map(doubtful).collect())
    }

    /// The token ids of each window, so many at most.
    fn generate(
        &self,
        windows: &[(&Features, usize)],
        request: &Request,
        beam: usize,
    ) -> Result<Vec<Vec<usize>>, EngineError> {
        let prompt = self.prompt(request)?;
        let cap = windows.iter().map(|(_, cap)| *cap).max().unwrap_or(0);
        let options = WhisperOptions {
            beam_size: beam,
            // The library counts the prompt in, and gives at most half of it all to what is heard.
            max_length: (prompt.len() + cap).max(2 * cap).min(CONTEXT_TOKENS),
            ..WhisperOptions::default()
        };
        let prompts = vec![prompt; windows.len()];
        let features: Vec<&Features> = windows.iter().map(|(features, _)| *features).collect();
        let results =
            self.with(&features, |view| self.whisper.generate(view, &prompts, &options))?;
        let ids = results.into_iter().zip(windows).map(|(result, (_, cap))| {
            let ids = result.sequences_ids.into_iter().next().unwrap_or_default().into_iter();
            // A longer window beside it may have let it go on.
            ids.take(*cap).filter(|id| self.vocabulary.is_text(*id)).collect()
        });
        let ids: Vec<Vec<usize>> = ids.collect();
        if ids.len() != windows.len() {
            return Err(failed("not every window was answered"));
        }
        Ok(ids)
    }

    /// Shows features to the library. `native/windows.cpp` sees where one of several windows ends: there its features are no
    /// numbers.
    fn with<T, E: std::fmt::Display>(
        &self,
        windows: &[&Features],
        ask: impl FnOnce(&StorageView<'_>) -> Result<T, E>,
    ) -> Result<T, EngineError> {
        let longest = windows.iter().map(|one| one.frames).max().unwrap_or(0);
        let mels = self.whisper.n_mels();
        let mut values = Vec::with_capacity(windows.len() * mels * longest);
        for one in windows {
            for band in one.values.chunks(one.frames) {
                values.extend_from_slice(band);
                values.resize(values.len() + longest - one.frames, f32::NAN);
            }
        }
        let shape = [windows.len(), mels, longest];
        let view = StorageView::new(&shape, &mut values, Device::CPU).map_err(failed)?;
        ask(&view).map_err(failed)
    }

    fn prompt(&self, request: &Request) -> Result<Vec<String>, EngineError> {
        let mut prompt = Vec::new();
        if !request.prompt.is_empty() {
            prompt.push("<|startofprev|>".to_owned());
            prompt.extend(self.vocabulary.tokens_of(&request.prompt));
        }
        prompt.push("<|startoftranscript|>".into());
        prompt.push(self.language_token(&request.language)?);
        prompt.push("<|transcribe|>".into());
        prompt.push("<|notimestamps|>".into());
        Ok(prompt)
    }

    /// The token of a language. A model without it would decode all the same, and fail to time the words.
    fn language_token(&self, language: &Language) -> Result<String, EngineError> {
        // Cantonese has a token of its own from large-v3 on.
        let codes = match language.as_str() {
            "yue" => ["yue", "zh"],
            code => [code, code],
        };
        let tokens = codes.map(|code| format!("<|{code}|>"));
        let known = tokens.into_iter().find(|token| self.vocabulary.special(token).is_some());
        known.ok_or_else(|| EngineError::Language {
            engine: "ctranslate2",
            model: self.id.model.clone(),
            language: language.clone(),
        })
    }

    /// The words of a window, with their times.
    fn align(
        &self,
        features: &Features,
        request: &Request,
        window: &[f32],
        ids: &[usize],
    ) -> Result<Vec<HeardWord>, EngineError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let special = |token: &str| {
            self.vocabulary.special(token).ok_or_else(|| EngineError::Failed {
                engine: "ctranslate2",
                why: format!("the vocabulary lacks {token}"),
            })
        };
        let start = [
            special("<|startoftranscript|>")?,
            special(&self.language_token(&request.language)?)?,
            special("<|transcribe|>")?,
        ];
        let (text, frames) = ([ids.to_vec()], [frames_of(window)]);
        let alignments = self.with(&[features], |view| {
            self.whisper.align(view, &start, &text, &frames, MEDIAN_FILTER)
        })?;
        let alignment = alignments.into_iter().next().ok_or_else(|| failed("no alignment"))?;
        let window_ms = window_ms(window);
        Ok(words(&self.timed(&alignment, ids, window_ms), window_ms))
    }

    fn timed(
        &self,
        alignment: &WhisperAlignmentResult,
        ids: &[usize],
        window_ms: u64,
    ) -> Vec<TimedToken> {
        let mut starts = vec![None; ids.len() + 1];
        for step in &alignment.alignments {
            if let Some(slot) = starts.get_mut(step.token_x.max(0) as usize) {
                slot.get_or_insert(step.frame_x.max(0) as u64 * ENCODER_FRAME_MS);
            }
        }
        let mut end_ms = starts[ids.len()].unwrap_or(window_ms);
        let mut tokens: Vec<TimedToken> = Vec::with_capacity(ids.len());
        for (ix, id) in ids.iter().enumerate().rev() {
            let start_ms = starts[ix].unwrap_or(end_ms).min(end_ms);
            tokens.push(TimedToken {
                bytes: self.vocabulary.bytes(*id).to_vec(),
                start_ms,
                end_ms,
                probability: alignment.text_token_probs.get(ix).copied().unwrap_or(0.0),
            });
            end_ms = start_ms;
        }
        tokens.reverse();
        tokens
    }

    /// Hears windows of one language together: each as alone, to the last digit.
    fn hear(
        &self,
        windows: &[&[f32]],
        request: &Request,
        halvings: usize,
    ) -> Result<Vec<Heard>, EngineError> {
        let frames_min = if request.draft { FRAMES_MIN_DRAFT } else { FRAMES_MIN };
        let features: Vec<Features> = windows
            .iter()
            .map(|window| {
                let frames = (frames_of(window) + TAIL_FRAMES).max(frames_min);
                self.features(window, frames.next_multiple_of(2).min(FRAMES_FULL))
            })
            .collect();
        let decoded = self.decode(&features, request, self.beam)?;
        // First all that was encoded already: to hear one again takes its place.
        let timed = decoded.into_iter().zip(windows.iter().zip(&features)).map(
            |((ids, doubtful), (window, features))| match doubtful && !request.draft {
                true => Ok(None),
                false => self.align(features, request, window, &ids).map(|words| {
                    // Without words there is nothing to doubt.
                    Some(Heard { looped: doubtful && !words.is_empty(), words })
                }),
            },
        );
        let timed: Vec<Option<Heard>> = timed.collect::<Result<_, EngineError>>()?;
        let heard = timed.into_iter().zip(windows).map(|(heard, window)| match heard {
            Some(heard) => Ok(heard),
            None => self.hear_again(window, request, halvings),
        });
        heard.collect()
    }

    /// A second try with all the context the model was trained on, and halves if it loops all the same.
    fn hear_again(
        &self,
        window: &[f32],
        request: &Request,
        halvings: usize,
    ) -> Result<Heard, EngineError> {
        let features = [self.features(window, FRAMES_FULL)];
        let (ids, doubtful) = self.decode(&features, request, self.beam.max(5))?.swap_remove(0);
        if doubtful
            && halvings > 0
            && let Some(cut) = quietest(window)
        {
            // What makes the model loop stands in one half: the other need not be lost with it.
            let (left, right) = window.split_at(cut);
            let mut heard = self.hear_alone(left, request, halvings - 1)?;
            let rest = self.hear_alone(right, request, halvings - 1)?;
            let late_ms = window_ms(left);
            heard.looped |= rest.looped;
            heard.words.extend(rest.words.into_iter().map(|word| HeardWord {
                start_ms: word.start_ms + late_ms,
                end_ms: word.end_ms + late_ms,
                ..word
            }));
            return Ok(heard);
        }
        let words = self.align(&features[0], request, window, &ids)?;
        Ok(Heard { looped: doubtful && !words.is_empty(), words })
    }

    fn hear_alone(
        &self,
        window: &[f32],
        request: &Request,
        halvings: usize,
    ) -> Result<Heard, EngineError> {
        if is_silent(window) {
            return Ok(Heard::default());
        }
        Ok(self.hear(&[window], request, halvings)?.swap_remove(0))
    }

    /// Whether a window has speech that can be heard.
    ///
    /// # Errors
    /// As [`Transcriber::transcribe`].
    fn checked(&self, window: &[f32], request: &Request) -> Result<bool, EngineError> {
        checked_ms(window)?;
        if is_silent(window) {
            return Ok(false);
        }
        self.language_token(&request.language)?;
        Ok(true)
    }
}

/// Whole frames of a window.
fn frames_of(window: &[f32]) -> usize {
    window.len() / HOP_SAMPLES
}

/// The quietest moment in the middle half of a window, as a sample; none in a window whose halves
/// would be too short to be heard by themselves.
fn quietest(window: &[f32]) -> Option<usize> {
    const PART: usize = SAMPLE_RATE_HZ as usize / 5;
    if window_ms(window) < HALVED_MS_MIN {
        return None;
    }
    let power = |at: &usize| window[*at..*at + PART].iter().map(|x| x * x).sum::<f32>();
    (window.len() / 4..window.len() * 3 / 4 - PART)
        .step_by(PART / 4)
        .min_by(|a, b| power(a).total_cmp(&power(b)))
        .map(|at| at + PART / 2)
}

impl Transcriber for Ct2 {
    fn id(&self) -> &EngineRef {
        &self.id
    }

    fn transcribe(&mut self, window: &[f32], request: &Request) -> Result<Heard, EngineError> {
        match self.checked(window, request)? {
            true => self.hear_alone(window, request, HALVINGS_MAX),
            false => Ok(Heard::default()),
        }
    }

    fn together(&self) -> usize {
        // What a search with several hypotheses finds depends on how long it may go on, and so on the longest window.
        if self.beam == 1 { TOGETHER_MAX } else { 1 }
    }

    fn transcribe_all(&mut self, asked: &[(&[f32], &Request)]) -> Vec<Result<Heard, EngineError>> {
        let mut heard: Vec<Option<Result<Heard, EngineError>>> = Vec::new();
        heard.extend(asked.iter().map(|(window, request)| match self.checked(window, request) {
            Ok(true) => None,
            Ok(false) => Some(Ok(Heard::default())),
            Err(error) => Some(Err(error)),
        }));
        while let Some(first) = heard.iter().position(Option::is_none) {
            let request = asked[first].1;
            let open = (first..asked.len()).filter(|ix| heard[*ix].is_none());
            let alike = open.filter(|ix| asked[*ix].1 == request).take(self.together());
            let alike: Vec<usize> = alike.collect();
            let windows: Vec<&[f32]> = alike.iter().map(|ix| asked[*ix].0).collect();
            match self.hear(&windows, request, HALVINGS_MAX) {
                Ok(all) => alike.iter().zip(all).for_each(|(ix, one)| heard[*ix] = Some(Ok(one))),
                Err(error) => alike.iter().for_each(|ix| heard[*ix] = Some(Err(error.clone()))),
            }
        }
        heard.into_iter().flatten().collect()
    }

    fn detect_language(&mut self, window: &[f32]) -> Result<(Language, f32), EngineError> {
        checked_ms(window)?;
        let features = self.features(window, FRAMES_FULL);
        let detected = self.with(&[&features], |view| self.whisper.detect_language(view))?;
        detected
            .into_iter()
            .flatten()
            .filter_map(|found| {
                let tag = found.language.trim_matches(|c| "<|>".contains(c));
                Some((Language::new(tag)?, found.probability))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .ok_or_else(|| failed("the model knows one language only"))
    }
}

fn checked_ms(window: &[f32]) -> Result<u64, EngineError> {
    let ms = window_ms(window);
    if ms > WINDOW_MS_MAX {
        return Err(EngineError::TooLong { ms, limit_ms: WINDOW_MS_MAX });
    }
    Ok(ms)
}

fn window_ms(window: &[f32]) -> u64 {
    window.len() as u64 * 1000 / u64::from(SAMPLE_RATE_HZ)
}

fn failed(why: impl std::fmt::Display) -> EngineError {
    EngineError::Failed { engine: "ctranslate2", why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::conformance;
    use crate::engine::models::{ModelFiles, ModelFolder};

    #[test]
    fn a_window_is_halved_in_its_pause() {
        let rate = SAMPLE_RATE_HZ as usize;
        let mut window = vec![0.2; 12 * rate];
        window[7 * rate..7 * rate + rate / 2].fill(0.001);
        let cut = quietest(&window).unwrap();
        assert!((7 * rate..7 * rate + rate / 2).contains(&cut), "{cut}");
        // A pause near an end leaves a half that is hardly smaller than the whole.
        window[..rate].fill(0.0);
        assert_eq!(quietest(&window), Some(cut));
        assert_eq!(quietest(&vec![0.2; 4 * rate]), None);
    }

    #[test]
    fn ctranslate2_holds_the_contract() {
        let files = ModelFolder::resolve(None).locate("whisper-base-ct2").unwrap_or_else(|e| {
            panic!("this test needs a model (or build with --no-default-features): {e}")
        });
        let ModelFiles::Ct2 { dir } = &files else { panic!("not a CTranslate2 folder") };
        let id = EngineRef {
            name: "ctranslate2".into(),
            model: files.label(),
            sha256: files.sha256().unwrap(),
        };
        for beam in [1, 5] {
            conformance::holds(&mut Ct2::open(dir, id.clone(), beam).unwrap());
        }
    }
}
