//! Silero's graph written anew, to be run several times as fast.
//!
//! In: the published model. Out: a model of the same weights that takes spectra and multiplies matrices.
//! As published, the transform is a convolution with sines, and every convolution runs frame by frame over
//! four columns, where a matrix kernel works on sixteen: three quarters of its work are thrown away.

use super::onnx_graph::{Graph, weights};
use super::torch_file::Tensor;

/// Samples of a transform, and its bins.
pub(super) const WINDOW: usize = 256;
pub(super) const BINS: usize = WINDOW / 2 + 1;
/// Transforms a frame.
pub(super) const STEPS: usize = 4;
/// What the first layer sees for each step: its spectrum between the ones before and after.
pub(super) const SEEN: usize = 3 * BINS;
pub(super) const STATE: usize = 128;
/// Channels of the layers after the spectrum.
const WIDE: usize = 128;
const NARROW: usize = 64;
/// Sines of other models differ by more.
const SINE_ERROR_MAX: f32 = 1e-5;

/// The periodic Hann window under which the spectra are taken.
pub(super) fn hann() -> Vec<f32> {
    let turn = std::f64::consts::TAU / WINDOW as f64;
    (0..WINDOW).map(|n| (0.5 - 0.5 * (turn * n as f64).cos()) as f32).collect()
}

/// The graph over the weights of `published`: `x` (`4·frames × SEEN`), states `h` and `c` in,
/// `speech` (`frames × 1`), `hn` and `cn` out.
///
/// # Errors
/// What is wrong with the file, or that it is another model.
pub(super) fn model(published: &[u8]) -> Result<Vec<u8>, String> {
    let weights = weights(published)?;
    let get = |name: &str, shape: &[usize]| {
        let tensor = weights.get(name).ok_or_else(|| format!("no weights {name}"))?;
        if tensor.shape == shape { Ok(tensor) } else { Err(format!("{name} has another shape")) }
    };
    transform_is_known(get("stft.forward_basis_buffer", &[2 * BINS, 1, WINDOW])?)?;
    let layer = |ix: usize, shape: [usize; 3]| -> Result<_, String> {
        let bias = get(&format!("encoder.{ix}.bias"), &shape[..1])?;
        Ok((Taps(get(&format!("encoder.{ix}.weight"), &shape)?), bias.values.as_slice()))
    };
    let mut graph = Graph::new("silero");
    graph.input("x", &[None, Some(SEEN)]);
    graph.input("h", &[Some(1), Some(1), Some(STATE)]);
    graph.input("c", &[Some(1), Some(1), Some(STATE)]);
    let (taps, bias) = layer(0, [WIDE, BINS, 3])?;
    dense(&mut graph, 0, "x", &taps.matrix(3, &[&[(0, 0), (1, 1), (2, 2)]]), bias);
    reshape(&mut graph, "relu0", "steps", &[-1, (STEPS * WIDE) as i64]);
    // Four steps become two and those one, by strides of two over silence before the first step: which tap
    // meets which step is known, so each layer is one matrix for the whole frame.
    let (taps, bias) = layer(1, [NARROW, WIDE, 3])?;
    let halves = taps.matrix(STEPS, &[&[(0, 1), (1, 2)], &[(1, 0), (2, 1), (3, 2)]]);
    dense(&mut graph, 1, "steps", &halves, &bias.repeat(2));
    let (taps, bias) = layer(2, [NARROW, NARROW, 3])?;
    dense(&mut graph, 2, "relu1", &taps.matrix(2, &[&[(0, 1), (1, 2)]]), bias);
    let (taps, bias) = layer(3, [WIDE, NARROW, 3])?;
    dense(&mut graph, 3, "relu2", &taps.matrix(1, &[&[(0, 1)]]), bias);
    reshape(&mut graph, "relu3", "sequence", &[-1, 1, WIDE as i64]);
    let gates = [1, 4 * STATE, STATE];
    graph.floats("lstm_w", &gates, &get("onnx::LSTM_209", &gates)?.values);
    graph.floats("lstm_r", &gates, &get("onnx::LSTM_210", &gates)?.values);
    let both = [1, 8 * STATE];
    graph.floats("lstm_b", &both, &get("onnx::LSTM_211", &both)?.values);
    let inputs = ["sequence", "lstm_w", "lstm_r", "lstm_b", "", "h", "c"];
    graph.node("LSTM", &inputs, &["y", "hn", "cn"], Some(("hidden_size", STATE as u64)));
    reshape(&mut graph, "y", "heard", &[-1, STATE as i64]);
    graph.node("Relu", &["heard"], &["voiced"], None);
    graph.floats("out_w", &[STATE, 1], &get("output.weight", &[1, STATE, 1])?.values);
    graph.floats("out_b", &[1], &get("output.bias", &[1])?.values);
    graph.node("Gemm", &["voiced", "out_w", "out_b"], &["logit"], None);
    graph.node("Sigmoid", &["logit"], &["speech"], None);
    graph.output("speech", &[None, Some(1)]);
    graph.output("hn", &[Some(1), Some(1), Some(STATE)]);
    graph.output("cn", &[Some(1), Some(1), Some(STATE)]);
    Ok(graph.model())
}

/// Whether the published convolution is the plain transform that stands in for it.
fn transform_is_known(basis: &Tensor) -> Result<(), String> {
    let (window, turn) = (hann(), std::f64::consts::TAU / WINDOW as f64);
    let (cosines, sines) = basis.values.split_at(BINS * WINDOW);
    for bin in 0..BINS {
        for (at, weight) in window.iter().enumerate() {
            let (sine, cosine) = (turn * (bin * at % WINDOW) as f64).sin_cos();
            let (row, weight) = (bin * WINDOW + at, f64::from(*weight));
            let off = |found: f32, wanted: f64| (f64::from(found) - wanted).abs() as f32;
            if off(cosines[row], weight * cosine).max(off(sines[row], -weight * sine))
                > SINE_ERROR_MAX
            {
                return Err("its transform is another".into());
            }
        }
    }
    Ok(())
}

/// Weights of a convolution of three taps, `out × in × 3`.
struct Taps<'a>(&'a Tensor);

impl Taps<'_> {
    /// One matrix for steps that lie side by side: for each step out, which step in meets which tap.
    fn matrix(&self, steps: usize, met: &[&[(usize, usize)]]) -> Matrix {
        let (outs, ins) = (self.0.shape[0], self.0.shape[1]);
        let (rows, columns) = (steps * ins, met.len() * outs);
        let mut values = vec![0.0; rows * columns];
        for (to, met) in met.iter().enumerate() {
            for (from, tap) in met.iter().copied() {
                for (i, o) in (0..ins).flat_map(|i| (0..outs).map(move |o| (i, o))) {
                    let at = (from * ins + i) * columns + to * outs + o;
                    values[at] = self.0.values[(o * ins + i) * 3 + tap];
                }
            }
        }
        Matrix { shape: [rows, columns], values }
    }
}

struct Matrix {
    shape: [usize; 2],
    values: Vec<f32>,
}

/// `relu<ix>` is what becomes of `from` by a matrix and a bias.
fn dense(graph: &mut Graph, ix: usize, from: &str, weights: &Matrix, bias: &[f32]) {
    let name = |what: &str| format!("{what}{ix}");
    let (w, b, sum, relu) = (name("w"), name("b"), name("sum"), name("relu"));
    graph.floats(&w, &weights.shape, &weights.values);
    graph.floats(&b, &[bias.len()], bias);
    graph.node("Gemm", &[from, &w, &b], &[&sum], None);
    graph.node("Relu", &[&sum], &[&relu], None);
}

fn reshape(graph: &mut Graph, from: &str, to: &str, shape: &[i64]) {
    let name = format!("{to}_shape");
    graph.integers(&name, shape);
    graph.node("Reshape", &[from, &name], &[to], None);
}
