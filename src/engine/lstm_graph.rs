//! Writes a stack of LSTM layers and a dense layer as an ONNX model, byte by byte, so that weights
//! which come in another form can be run by ONNX Runtime without a converter.
//!
//! In: weights in PyTorch's order. Out: the model's protobuf bytes. Input `frames × windows × bands`,
//! output `windows × size`, after a ReLU. Field numbers are those of `onnx.proto3`.

use super::torch_file::Tensor;

/// One layer: weights of the input and of the state (`4·size × n`) and both biases.
pub(super) struct Layer<'a> {
    pub(super) input: &'a Tensor,
    pub(super) state: &'a Tensor,
    pub(super) input_bias: &'a Tensor,
    pub(super) state_bias: &'a Tensor,
}

const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// The model of `layers` and a dense layer of `weight` and `bias`.
pub(super) fn model(
    bands: usize,
    size: usize,
    layers: &[Layer<'_>],
    dense: (&Tensor, &Tensor),
) -> Vec<u8> {
    let mut graph = Proto::default();
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
        graph.axis(&axis, if last { 0 } else { 1 });
        from = name("x");
        graph.node("Squeeze", &[&outputs[usize::from(last)], &axis], &[&from], None);
    }
    graph.floats("dense_w", &dense.0.shape, &dense.0.values);
    graph.floats("dense_b", &dense.1.shape, &dense.1.values);
    graph.node("Gemm", &[&from, "dense_w", "dense_b"], &["dense"], Some(("transB", 1)));
    graph.node("Relu", &["dense"], &["voice"], None);
    graph.text(2, "lstm");
    graph.message(11, &signature("mel", &[None, None, Some(bands)]));
    graph.message(12, &signature("voice", &[None, Some(dense.0.shape[0])]));

    let mut opset = Proto::default();
    opset.number(2, 14);
    let mut model = Proto::default();
    model.number(1, 8);
    model.message(7, &graph);
    model.message(8, &opset);
    model.0
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

fn signature(name: &str, shape: &[Option<usize>]) -> Proto {
    let mut dims = Proto::default();
    for (i, side) in shape.iter().enumerate() {
        let mut dim = Proto::default();
        match side {
            Some(n) => dim.number(1, *n as u64),
            None => dim.text(2, &format!("n{i}")),
        }
        dims.message(1, &dim);
    }
    let (mut tensor, mut kind, mut value) = (Proto::default(), Proto::default(), Proto::default());
    tensor.number(1, FLOAT);
    tensor.message(2, &dims);
    kind.message(1, &tensor);
    value.text(1, name);
    value.message(2, &kind);
    value
}

/// Protobuf being written.
#[derive(Default)]
struct Proto(Vec<u8>);

impl Proto {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Proto) {
        self.bytes(field, &message.0);
    }

    fn node(
        &mut self,
        kind: &str,
        inputs: &[&str],
        outputs: &[&str],
        attribute: Option<(&str, u64)>,
    ) {
        let mut node = Proto::default();
        inputs.iter().for_each(|name| node.text(1, name));
        outputs.iter().for_each(|name| node.text(2, name));
        node.text(4, kind);
        if let Some((name, value)) = attribute {
            const KIND_INT: u64 = 2;
            let mut attribute = Proto::default();
            attribute.text(1, name);
            attribute.number(3, value);
            attribute.number(20, KIND_INT);
            node.message(5, &attribute);
        }
        self.message(1, &node);
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, FLOAT, shape, &raw);
    }

    fn axis(&mut self, name: &str, axis: i64) {
        self.initializer(name, INT64, &[1], &axis.to_le_bytes());
    }

    fn initializer(&mut self, name: &str, kind: u64, shape: &[usize], raw: &[u8]) {
        let mut tensor = Proto::default();
        shape.iter().for_each(|side| tensor.number(1, *side as u64));
        tensor.number(2, kind);
        tensor.text(8, name);
        tensor.bytes(9, raw);
        self.message(5, &tensor);
    }
}
