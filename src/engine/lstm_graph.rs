//! A stack of LSTM layers and a dense layer as an ONNX model.
//!
//! In: weights in PyTorch's order. Out: the model's bytes. Input `frames × windows × bands`,
//! output `windows × size`, after a ReLU.

use super::onnx_graph::Graph;
use super::torch_file::Tensor;

/// One layer: weights of the input and of the state (`4·size × n`) and both biases.
pub(super) struct Layer<'a> {
    pub(super) input: &'a Tensor,
    pub(super) state: &'a Tensor,
    pub(super) input_bias: &'a Tensor,
    pub(super) state_bias: &'a Tensor,
}

/// The model of `layers` and a dense layer of `weight` and `bias`.
pub(super) fn model(
    bands: usize,
    size: usize,
    layers: &[Layer<'_>],
    dense: (&Tensor, &Tensor),
) -> Vec<u8> {
    let mut graph = Graph::new("lstm");
    let mut from = "mel".to_owned();
    for (i, layer) in layers.iter().enumerate() {
        let name = |what: &str| format!("{what}{i}");
        let inputs = [from.as_str(), &name("w"), &name("r"), &name("b")];
        let outputs = [name("y"), name("h")];
        graph.node(
            "LSTM",
            &inputs,
            &[&outputs[0], &outputs[1]],
            Some(("hidden_size", size as u64)),
        );
        let both: Vec<f32> = [layer.input_bias, layer.state_bias].map(|b| gates(b, size)).concat();
        graph.floats(&name("w"), &[1, 4 * size, layer.input.shape[1]], &gates(layer.input, size));
        graph.floats(&name("r"), &[1, 4 * size, size], &gates(layer.state, size));
        graph.floats(&name("b"), &[1, 8 * size], &both);
        let (axis, last) = (name("axis"), i + 1 == layers.len());
        graph.integers(&axis, &[if last { 0 } else { 1 }]);
        from = name("x");
        graph.node("Squeeze", &[&outputs[usize::from(last)], &axis], &[&from], None);
    }
    graph.floats("dense_w", &dense.0.shape, &dense.0.values);
    graph.floats("dense_b", &dense.1.shape, &dense.1.values);
    graph.node("Gemm", &[&from, "dense_w", "dense_b"], &["dense"], Some(("transB", 1)));
    graph.node("Relu", &["dense"], &["voice"], None);
    graph.input("mel", &[None, None, Some(bands)]);
    graph.output("voice", &[None, Some(dense.0.shape[0])]);
    graph.model()
}

/// PyTorch orders the gates input, forget, cell, output; ONNX input, output, forget, cell.
fn gates(tensor: &Tensor, size: usize) -> Vec<f32> {
    let part = tensor.values.len() / tensor.shape[0] * size;
    [0, 3, 1, 2]
        .iter()
        .flat_map(|gate| &tensor.values[gate * part..(gate + 1) * part])
        .copied()
        .collect()
}
