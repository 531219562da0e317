//! Voice activity by Silero VAD 6, the 16 kHz sequence model, through ONNX Runtime.

use std::path::Path;

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;

use super::onnx;
use crate::speech::{EngineError, VAD_FRAME_SAMPLES, Vad};

/// Samples of the frame before that the model sees again.
const CONTEXT_SAMPLES: usize = 64;
const STATE: usize = 128;
/// Frames a run, so that a long block does not build a huge tensor.
const FRAMES_MAX: usize = 64;

/// The model with its running state.
pub struct Silero {
    session: Session,
    context: [f32; CONTEXT_SAMPLES],
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

impl Silero {
    /// Opens `silero_vad_16k_sequence.onnx`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when the model cannot be read.
    pub fn open(environment: &Environment, model: &Path) -> Result<Self, EngineError> {
        Ok(Self {
            session: onnx::session(environment, model)?,
            context: [0.0; CONTEXT_SAMPLES],
            hidden: vec![0.0; STATE],
            cell: vec![0.0; STATE],
        })
    }

    fn run(&mut self, samples: &[f32]) -> Result<Vec<f32>, ort::Error> {
        let frames = samples.len() / VAD_FRAME_SAMPLES;
        let width = CONTEXT_SAMPLES + VAD_FRAME_SAMPLES;
        let mut input = Vec::with_capacity(frames * width);
        for frame in samples.chunks_exact(VAD_FRAME_SAMPLES) {
            input.extend_from_slice(&self.context);
            input.extend_from_slice(frame);
            self.context.copy_from_slice(&frame[VAD_FRAME_SAMPLES - CONTEXT_SAMPLES..]);
        }
        let shape = [1, 1, STATE];
        let outputs = self.session.run(ort::inputs![
            "input" => TensorRef::from_array_view(([frames, width], input.as_slice()))?,
            "h" => TensorRef::from_array_view((shape, self.hidden.as_slice()))?,
            "c" => TensorRef::from_array_view((shape, self.cell.as_slice()))?,
        ])?;
        let probabilities = outputs[0].try_extract_tensor::<f32>()?.1.to_vec();
        let (hidden, cell) =
            (outputs[1].try_extract_tensor::<f32>()?.1, outputs[2].try_extract_tensor::<f32>()?.1);
        if hidden.len() == STATE && cell.len() == STATE {
            self.hidden.copy_from_slice(hidden);
            self.cell.copy_from_slice(cell);
        }
        Ok(probabilities)
    }
}

impl Vad for Silero {
    fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
        let failed = |why: String| EngineError::Failed { engine: "silero", why };
        if !samples.len().is_multiple_of(VAD_FRAME_SAMPLES) {
            return Err(failed(format!("{} samples are no whole frames", samples.len())));
        }
        let mut all = Vec::with_capacity(samples.len() / VAD_FRAME_SAMPLES);
        for part in samples.chunks(FRAMES_MAX * VAD_FRAME_SAMPLES) {
            let got = self.run(part).map_err(|e| failed(e.to_string()))?;
            if got.len() != part.len() / VAD_FRAME_SAMPLES {
                return Err(failed(format!("{} probabilities for {}", got.len(), part.len())));
            }
            all.extend(got);
        }
        Ok(all)
    }

    fn reset(&mut self) {
        self.context = [0.0; CONTEXT_SAMPLES];
        self.hidden.fill(0.0);
        self.cell.fill(0.0);
    }
}
