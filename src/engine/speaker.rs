//! Speaker embeddings by the GE2E voice encoder of Resemblyzer (Wan et al. 2018, "Generalized
//! End-to-End Loss for Speaker Verification"): three LSTM layers over 40 mel energies.
//!
//! In: 16 kHz mono of one voice. Out: a unit vector of 256. The weights are read as published and run
//! by ONNX Runtime; nothing is converted beforehand.

use std::path::Path;
use std::sync::Arc;

use ort::environment::Environment;
use ort::value::TensorRef;

use super::log_mel::LogMel;
use super::onnx::Model;
use super::{lstm_graph, torch_file};
use crate::speech::{EngineError, SpeakerEmbedder};

const BANDS: usize = 40;
const SIZE: usize = 256;
const LAYERS: usize = 3;
/// The stretch that the encoder was trained on; shorter ones are repeated up to it.
const FRAMES_MIN: usize = 160;
/// Speech level that the encoder was trained at, as the root mean square of samples (-30 dBFS).
const LEVEL: f32 = 0.031_622_776;
/// Windows run together; more are no quicker, and a long segment has many.
const BATCH_MAX: usize = 16;

/// The voice encoder.
pub struct Ge2e {
    model: Arc<Model>,
    mel: LogMel,
}

impl Ge2e {
    /// An encoder over a model of [`Ge2e::model`], which others may share.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model, mel: LogMel::new(BANDS) }
    }

    /// Opens `pretrained.pt` of Resemblyzer.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the weights cannot be read or are others.
    pub fn model(environment: &Environment, weights: &Path) -> Result<Arc<Model>, EngineError> {
        let unavailable = |why: String| {
            EngineError::Unavailable(format!(
                "{}: {why}; run `lingting models verify`",
                weights.display()
            ))
        };
        let bytes = std::fs::read(weights).map_err(|e| unavailable(e.to_string()))?;
        let model = graph(&bytes).map_err(unavailable)?;
        Model::made(environment, model).map_err(|e| unavailable(e.to_string()))
    }

    fn features(&self, samples: &[f32]) -> Option<Vec<f32>> {
        let power = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
        if power.is_nan() || power <= f32::MIN_POSITIVE {
            return None;
        }
        let gain = LEVEL / power.sqrt();
        let level: Vec<f32> = samples.iter().map(|s| s * gain).collect();
        let mel = self.mel.power(&level);
        let len = mel.len().max(FRAMES_MIN * BANDS);
        (!mel.is_empty()).then(|| mel.iter().copied().cycle().take(len).collect())
    }
}

fn graph(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let weights = torch_file::tensors(bytes, "model_state")?;
    let get = |name: String, shape: &[usize]| {
        let tensor = weights.get(&name).ok_or_else(|| format!("no weights {name}"))?;
        if tensor.shape == shape { Ok(tensor) } else { Err(format!("{name} has another shape")) }
    };
    let layers = (0..LAYERS).map(|i| {
        let width = if i == 0 { BANDS } else { SIZE };
        Ok(lstm_graph::Layer {
            input: get(format!("lstm.weight_ih_l{i}"), &[4 * SIZE, width])?,
            state: get(format!("lstm.weight_hh_l{i}"), &[4 * SIZE, SIZE])?,
            input_bias: get(format!("lstm.bias_ih_l{i}"), &[4 * SIZE])?,
            state_bias: get(format!("lstm.bias_hh_l{i}"), &[4 * SIZE])?,
        })
    });
    let layers = layers.collect::<Result<Vec<_>, String>>()?;
    let dense = (get("linear.weight".into(), &[SIZE, SIZE])?, get("linear.bias".into(), &[SIZE])?);
    Ok(lstm_graph::model(BANDS, SIZE, &layers, dense))
}

impl Ge2e {
    /// Runs windows of `frames` each, of which the model takes one step of all at a time.
    fn run(&self, windows: &[&[f32]], frames: usize) -> Result<Vec<f32>, ort::Error> {
        let rows = (0..frames).map(|frame| frame * BANDS..(frame + 1) * BANDS);
        let steps = rows.flat_map(|row| windows.iter().map(move |mel| &mel[row.clone()]));
        let mel: Vec<f32> = steps.flatten().copied().collect();
        let shape = [frames, windows.len(), BANDS];
        self.model.run(|session| {
            let input = TensorRef::from_array_view((shape, mel.as_slice()))?;
            let outputs = session.run(ort::inputs!["mel" => input])?;
            Ok(outputs[0].try_extract_tensor::<f32>()?.1.to_vec())
        })
    }
}

impl SpeakerEmbedder for Ge2e {
    fn embed(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.embed_all(&[samples]).pop().unwrap_or_else(|| Err(failed("no voice".into())))
    }

    /// Windows of one length run together: a step of one alone waits for its weights to be read.
    fn embed_all(&mut self, voices: &[&[f32]]) -> Vec<Result<Vec<f32>, EngineError>> {
        let heard: Vec<Option<Vec<f32>>> =
            voices.iter().map(|voice| self.features(voice)).collect();
        let same = |a: &Option<Vec<f32>>, b: &Option<Vec<f32>>| {
            a.as_ref().map(Vec::len) == b.as_ref().map(Vec::len)
        };
        let mut all = Vec::with_capacity(voices.len());
        for run in heard.chunk_by(same).flat_map(|run| run.chunks(BATCH_MAX)) {
            let windows: Vec<&[f32]> = run.iter().flatten().map(Vec::as_slice).collect();
            let Some(first) = windows.first() else {
                all.extend(run.iter().map(|_| Err(failed("silence has no voice".into()))));
                continue;
            };
            match self.run(&windows, first.len() / BANDS) {
                Ok(vectors) if vectors.len() == run.len() * SIZE => {
                    all.extend(vectors.chunks(SIZE).map(unit));
                }
                Ok(vectors) => {
                    let why = format!("{} values for {} windows", vectors.len(), run.len());
                    all.extend(run.iter().map(|_| Err(failed(why.clone()))));
                }
                Err(why) => all.extend(run.iter().map(|_| Err(failed(why.to_string())))),
            }
        }
        all
    }
}

/// The vector at length one.
fn unit(voice: &[f32]) -> Result<Vec<f32>, EngineError> {
    let norm = voice.iter().map(|v| v * v).sum::<f32>().sqrt();
    if voice.len() != SIZE || norm.is_nan() || norm <= 0.0 {
        return Err(failed(format!("{} values of norm {norm}", voice.len())));
    }
    Ok(voice.iter().map(|v| v / norm).collect())
}

fn failed(why: String) -> EngineError {
    EngineError::Failed { engine: "ge2e", why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_weights_are_refused() {
        assert!(graph(b"not a checkpoint").is_err());
    }

    /// Runs where `LINGTING_ONNXRUNTIME` and `LINGTING_SPEAKER_MODEL` name the real files.
    #[test]
    fn vectors_are_unit_and_repeatable() {
        let (Some(library), Some(weights)) =
            (std::env::var_os("LINGTING_ONNXRUNTIME"), std::env::var_os("LINGTING_SPEAKER_MODEL"))
        else {
            return;
        };
        let environment = crate::engine::onnx::environment(Path::new(&library)).unwrap();
        let mut encoder = Ge2e::new(Ge2e::model(&environment, Path::new(&weights)).unwrap());
        let hum = |hz: f32| -> Vec<f32> {
            let at = |i: u16| (f32::from(i) * hz / 16_000.0).fract() - 0.5;
            (0..25_600u16).map(at).collect()
        };
        let (low, high) =
            (encoder.embed(&hum(110.0)).unwrap(), encoder.embed(&hum(240.0)).unwrap());
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert!((dot(&low, &low) - 1.0).abs() < 1e-5);
        assert_eq!(low, encoder.embed(&hum(110.0)).unwrap());
        assert!(dot(&low, &high) < 0.95);
        assert!(encoder.embed(&hum(110.0)[..8000]).is_ok());
        assert!(encoder.embed(&[0.0; 16_000]).is_err());
        // Together as each by itself, refusals in their places.
        let (a, b, silence) = (hum(110.0), hum(240.0), vec![0.0; 16_000]);
        let voices: Vec<&[f32]> = vec![&a, &b, &silence, &b[..20_000], &a];
        let together = encoder.embed_all(&voices);
        assert_eq!(together.len(), voices.len());
        for (voice, got) in voices.iter().zip(together) {
            match (encoder.embed(voice), got) {
                (Ok(alone), Ok(got)) => assert!((dot(&alone, &got) - 1.0).abs() < 1e-5),
                (alone, got) => assert!(alone.is_err() && got.is_err() && voice[0] == 0.0),
            }
        }
    }
}
