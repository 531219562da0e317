//! Voice activity by Silero VAD 6, the 16 kHz sequence model, through ONNX Runtime. Its spectra are taken
//! here, the rest of it is run as [`silero_graph`] writes it.

use std::path::Path;
use std::sync::Arc;

use ort::environment::Environment;
use ort::value::TensorRef;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};

use super::onnx::Model;
use super::silero_graph::{self, BINS, SEEN, STATE, STEPS, WINDOW};
use crate::speech::{EngineError, VAD_FRAME_SAMPLES, Vad};

/// Samples of the frame before that the model sees again.
const CONTEXT_SAMPLES: usize = 64;
/// Samples at the end of a frame that are seen again backwards.
const MIRRORED_SAMPLES: usize = 64;
const HOP: usize = WINDOW / 2;
/// Frames a run, so that a long block does not build a huge tensor.
const FRAMES_MAX: usize = 64;

/// One leg's running state; the model of [`Silero::model`] is shared.
pub struct Silero {
    model: Arc<Model>,
    spectra: Spectra,
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

impl Silero {
    /// A detector that has heard nothing yet.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model, spectra: Spectra::new(), hidden: vec![0.0; STATE], cell: vec![0.0; STATE] }
    }

    /// Opens `silero_vad_16k_sequence.onnx`.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] when it cannot be read or is another model.
    pub fn model(environment: &Environment, file: &Path) -> Result<Arc<Model>, EngineError> {
        let unavailable = |why: String| {
            let why = format!("{}: {why}; run `lingting models verify`", file.display());
            EngineError::Unavailable(why)
        };
        let published = std::fs::read(file).map_err(|e| unavailable(e.to_string()))?;
        let model = silero_graph::model(&published).map_err(unavailable)?;
        Model::made(environment, model).map_err(|e| unavailable(e.to_string()))
    }

    fn run(&mut self, samples: &[f32]) -> Result<Vec<f32>, ort::Error> {
        let Self { model, spectra, hidden, cell } = self;
        let seen = spectra.of(samples);
        let (shape, rows) = ([1, 1, STATE], seen.len() / SEEN);
        model.run(|session| {
            let outputs = session.run(ort::inputs![
                "x" => TensorRef::from_array_view(([rows, SEEN], seen))?,
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
        self.spectra.context.fill(0.0);
        self.hidden.fill(0.0);
        self.cell.fill(0.0);
    }
}

/// Frames as the model sees them: magnitudes of four transforms, each beside its neighbours.
struct Spectra {
    context: [f32; CONTEXT_SAMPLES],
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
    line: Vec<Complex32>,
    scratch: Vec<Complex32>,
    seen: Vec<f32>,
}

impl Spectra {
    fn new() -> Self {
        let fft = FftPlanner::new().plan_fft_forward(WINDOW);
        Self {
            context: [0.0; CONTEXT_SAMPLES],
            window: silero_graph::hann(),
            line: vec![Complex32::default(); STEPS / 2 * WINDOW],
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            fft,
            seen: Vec::new(),
        }
    }

    fn of(&mut self, samples: &[f32]) -> &[f32] {
        let frames = samples.chunks_exact(VAD_FRAME_SAMPLES);
        // Before the first step and after the last there is silence, which stays where it is.
        self.seen.resize(frames.len() * STEPS * SEEN, 0.0);
        for (ix, frame) in frames.enumerate() {
            self.transform(frame);
            let steps = &mut self.seen[ix * STEPS * SEEN..][..STEPS * SEEN];
            for (pair, line) in self.line.chunks_exact(WINDOW).enumerate() {
                for (odd, magnitudes) in apart(line).iter().enumerate() {
                    place(steps, 2 * pair + odd, magnitudes);
                }
            }
        }
        &self.seen
    }

    /// Two windows ride in each transform.
    fn transform(&mut self, frame: &[f32]) {
        let mut whole = [0.0; CONTEXT_SAMPLES + VAD_FRAME_SAMPLES + MIRRORED_SAMPLES];
        let (context, rest) = whole.split_at_mut(CONTEXT_SAMPLES);
        let (middle, mirrored) = rest.split_at_mut(VAD_FRAME_SAMPLES);
        context.copy_from_slice(&self.context);
        middle.copy_from_slice(frame);
        for (to, from) in mirrored.iter_mut().zip(frame.iter().rev().skip(1)) {
            *to = *from;
        }
        self.context.copy_from_slice(&frame[VAD_FRAME_SAMPLES - CONTEXT_SAMPLES..]);
        for (pair, line) in self.line.chunks_exact_mut(WINDOW).enumerate() {
            let (first, second) = (&whole[2 * pair * HOP..], &whole[(2 * pair + 1) * HOP..]);
            for (((slot, weight), a), b) in line.iter_mut().zip(&self.window).zip(first).zip(second)
            {
                *slot = Complex32::new(a * weight, b * weight);
            }
        }
        self.fft.process_with_scratch(&mut self.line, &mut self.scratch);
    }
}

/// Magnitudes of the two real signals that rode in one transform, told apart by symmetry.
fn apart(line: &[Complex32]) -> [[f32; BINS]; 2] {
    let mut magnitudes = [[0.0; BINS]; 2];
    for bin in 0..BINS {
        let (here, there) = (line[bin], line[(WINDOW - bin) % WINDOW].conj());
        magnitudes[0][bin] = 0.5 * (here + there).norm_sqr().sqrt();
        magnitudes[1][bin] = 0.5 * (here - there).norm_sqr().sqrt();
    }
    magnitudes
}

/// Puts step `at` where its own row and those of its neighbours look for it.
fn place(steps: &mut [f32], at: usize, magnitudes: &[f32; BINS]) {
    for (row, part) in [(at + 1, 0), (at, 1), (at.wrapping_sub(1), 2)] {
        if row < STEPS {
            steps[row * SEEN + part * BINS..][..BINS].copy_from_slice(magnitudes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Decoder;

    fn speech() -> Vec<f32> {
        let wav = include_bytes!("../../tests/fixtures/speech/zh.wav");
        let mut decoder = Decoder::new(Box::new(std::io::Cursor::new(wav)), "wav").unwrap();
        let mut samples = Vec::new();
        while let Some(block) = decoder.next_block().unwrap() {
            samples.extend_from_slice(&block.legs[0]);
        }
        samples.truncate(samples.len() / VAD_FRAME_SAMPLES * VAD_FRAME_SAMPLES);
        samples
    }

    /// What the published graph says of a whole signal.
    fn published(model: &Model, samples: &[f32]) -> Vec<f32> {
        let width = CONTEXT_SAMPLES + VAD_FRAME_SAMPLES;
        let padded = [&[0.0; CONTEXT_SAMPLES], samples].concat();
        let frames = padded.windows(width).step_by(VAD_FRAME_SAMPLES);
        let input: Vec<f32> = frames.flatten().copied().collect();
        let (shape, state) = ([1, 1, STATE], [0.0f32; STATE]);
        let run = |session: &mut ort::session::Session| {
            let outputs = session.run(ort::inputs![
                "input" => TensorRef::from_array_view(([input.len() / width, width], input.as_slice()))?,
                "h" => TensorRef::from_array_view((shape, state.as_slice()))?,
                "c" => TensorRef::from_array_view((shape, state.as_slice()))?,
            ])?;
            Ok(outputs[0].try_extract_tensor::<f32>()?.1.to_vec())
        };
        model.run(run).unwrap()
    }

    /// Runs where `LINGTING_ONNXRUNTIME` and `LINGTING_VAD_MODEL` name the real files.
    #[test]
    fn the_graph_written_anew_says_what_the_published_one_does() {
        let (Some(library), Some(file)) =
            (std::env::var_os("LINGTING_ONNXRUNTIME"), std::env::var_os("LINGTING_VAD_MODEL"))
        else {
            return;
        };
        let environment = crate::engine::onnx::environment(Path::new(&library)).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let wanted = published(&Model::made(&environment, bytes).unwrap(), &speech());
        assert!(wanted.iter().any(|p| *p > 0.9) && wanted.iter().any(|p| *p < 0.1));
        let mut silero = Silero::new(Silero::model(&environment, Path::new(&file)).unwrap());
        let mut first: Option<Vec<f32>> = None;
        for frames in [1, 2, 8, 100] {
            silero.reset();
            let pieces = speech();
            let pieces = pieces.chunks(frames * VAD_FRAME_SAMPLES);
            let got: Vec<f32> = pieces.flat_map(|p| silero.probabilities(p).unwrap()).collect();
            assert_eq!(got.len(), wanted.len());
            let off = got.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 2e-5, "{off} by {frames} frames");
            assert_eq!(&got, first.get_or_insert_with(|| got.clone()), "{frames} frames at a time");
        }
        assert!(silero.probabilities(&[0.0; 100]).is_err());
    }

    #[test]
    fn another_model_is_refused() {
        assert!(silero_graph::model(b"not a model").is_err());
        assert_eq!(silero_graph::model(&[]), Err("no weights stft.forward_basis_buffer".into()));
        let with_basis = |shape: &[usize]| {
            let mut graph = super::super::onnx_graph::Graph::new("another");
            let zeros = vec![0.0; shape.iter().product()];
            graph.floats("stft.forward_basis_buffer", shape, &zeros);
            silero_graph::model(&graph.model())
        };
        let shape = "stft.forward_basis_buffer has another shape";
        assert_eq!(with_basis(&[2, 1, 2]), Err(shape.into()));
        assert_eq!(with_basis(&[2 * BINS, 1, WINDOW]), Err("its transform is another".into()));
    }
}
