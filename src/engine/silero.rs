//! Voice activity by Silero VAD 6, the 16 kHz sequence model, through ONNX Runtime.

use std::sync::Arc;

use ort::value::TensorRef;

use super::onnx::Model;
use crate::speech::{EngineError, VAD_FRAME_SAMPLES, Vad};

/// Samples of the frame before that the model sees again.
const CONTEXT_SAMPLES: usize = 64;
const STATE: usize = 128;
/// Frames a run, so that a long block does not build a huge tensor.
const FRAMES_MAX: usize = 64;

/// One leg's running state; the model, `silero_vad_16k_sequence.onnx`, is shared.
pub struct Silero {
    model: Arc<Model>,
    context: [f32; CONTEXT_SAMPLES],
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

impl Silero {
    /// A detector that has heard nothing yet.
    pub fn new(model: Arc<Model>) -> Self {
        Self {
            model,
            context: [0.0; CONTEXT_SAMPLES],
            hidden: vec![0.0; STATE],
            cell: vec![0.0; STATE],
        }
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
        let Self { model, hidden, cell, .. } = self;
        model.run(|session| {
            let outputs = session.run(ort::inputs![
                "input" => TensorRef::from_array_view(([frames, width], input.as_slice()))?,
                "h" => TensorRef::from_array_view((shape, hidden.as_slice()))?,
                "c" => TensorRef::from_array_view((shape, cell.as_slice()))?,
            ])?;
            let probabilities = outputs[0].try_extract_tensor::<f32>()?.1.to_vec();
            for (state, new) in [(hidden, &outputs[1]), (cell, &outputs[2])] {
                let new = new.try_extract_tensor::<f32>()?.1;
                if new.len() == STATE {
                    state.copy_from_slice(new);
                }
            }
            Ok(probabilities)
        })
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
