//! Writes ONNX models, byte by byte, so that weights which come in another form, or in a graph that runs
//! slowly, can be run by ONNX Runtime without a converter; and reads the weights of one.
//!
//! In: nodes and weights. Out: the model's protobuf bytes. Field numbers are those of `onnx.proto3`.

use std::collections::BTreeMap;

use super::torch_file::Tensor;

const FLOAT: u64 = 1;
const INT64: u64 = 7;
const OPSET: u64 = 14;
const IR_VERSION: u64 = 8;

/// A graph being written.
pub(super) struct Graph(Proto);

impl Graph {
    /// An empty graph.
    pub(super) fn new(name: &str) -> Self {
        let mut graph = Proto::default();
        graph.text(2, name);
        Self(graph)
    }

    /// Names an input of floats; sides of no fixed length are `None`.
    pub(super) fn input(&mut self, name: &str, shape: &[Option<usize>]) {
        self.0.message(11, &signature(name, shape));
    }

    /// Names an output.
    pub(super) fn output(&mut self, name: &str, shape: &[Option<usize>]) {
        self.0.message(12, &signature(name, shape));
    }

    /// Adds a node with at most one attribute, an integer.
    pub(super) fn node(
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
        self.0.message(1, &node);
    }

    /// Adds weights.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, FLOAT, shape, &raw);
    }

    /// Adds a list of whole numbers: axes, a shape.
    pub(super) fn integers(&mut self, name: &str, values: &[i64]) {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, INT64, &[values.len()], &raw);
    }

    fn initializer(&mut self, name: &str, kind: u64, shape: &[usize], raw: &[u8]) {
        let mut tensor = Proto::default();
        shape.iter().for_each(|side| tensor.number(1, *side as u64));
        tensor.number(2, kind);
        tensor.text(8, name);
        tensor.bytes(9, raw);
        self.0.message(5, &tensor);
    }

    /// The whole model.
    pub(super) fn model(self) -> Vec<u8> {
        let mut opset = Proto::default();
        opset.number(2, OPSET);
        let mut model = Proto::default();
        model.number(1, IR_VERSION);
        model.message(7, &self.0);
        model.message(8, &opset);
        model.0
    }
}

fn signature(name: &str, shape: &[Option<usize>]) -> Proto {
    let mut dims = Proto::default();
    for (i, side) in shape.iter().enumerate() {
        let mut dim = Proto::default();
        match side {
            Some(n) => dim.number(1, *n as u64),
            None => dim.text(2, &format!("{name}{i}")),
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
}

/// The weights of an ONNX model by name: floats that it holds as raw bytes, which is how exporters write them.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn weights(model: &[u8]) -> Result<BTreeMap<String, Tensor>, String> {
    let mut found = BTreeMap::new();
    for (field, value) in fields(model)? {
        let (7, Value::Bytes(graph)) = (field, value) else { continue };
        for (field, value) in fields(graph)? {
            let (5, Value::Bytes(tensor)) = (field, value) else { continue };
            if let Some((name, tensor)) = read_tensor(tensor)? {
                found.insert(name, tensor);
            }
        }
    }
    Ok(found)
}

fn read_tensor(bytes: &[u8]) -> Result<Option<(String, Tensor)>, String> {
    let (mut name, mut shape, mut raw, mut kind) = (String::new(), Vec::new(), None, 0);
    for (field, value) in fields(bytes)? {
        match (field, value) {
            (1, Value::Number(side)) => shape.push(side),
            (1, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    shape.push(varint(&mut packed)?);
                }
            }
            (2, Value::Number(number)) => kind = number,
            (8, Value::Bytes(text)) => name = String::from_utf8_lossy(text).into_owned(),
            (9, Value::Bytes(bytes)) => raw = Some(bytes),
            _ => {}
        }
    }
    let (FLOAT, Some(raw)) = (kind, raw) else { return Ok(None) };
    let (values, rest) = raw.as_chunks::<4>();
    let values: Vec<f32> = values.iter().map(|four| f32::from_le_bytes(*four)).collect();
    let count = shape.iter().try_fold(1u64, |all, side| all.checked_mul(*side));
    if count != Some(values.len() as u64) || !rest.is_empty() {
        return Err(format!("{name} is not as long as it says"));
    }
    let shape = shape.into_iter().map(|side| side as usize).collect();
    Ok(Some((name, Tensor { shape, values })))
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message.
fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, Value<'_>)>, String> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => Value::Bytes(take(&mut bytes, 8)?),
            2 => {
                let len = varint(&mut bytes)?;
                Value::Bytes(take(&mut bytes, len)?)
            }
            5 => Value::Bytes(take(&mut bytes, 4)?),
            _ => return Err("no ONNX model".into()),
        };
        all.push((tag >> 3, value));
    }
    Ok(all)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("no ONNX model".into())
}

fn take<'a>(bytes: &mut &'a [u8], len: u64) -> Result<&'a [u8], String> {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let (head, tail) = bytes.split_at_checked(len).ok_or("the model ends too early")?;
    *bytes = tail;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_as_they_were_written() {
        let mut graph = Graph::new("test");
        graph.input("x", &[None, Some(300)]);
        graph.floats("w", &[2, 300], &(0..600u16).map(f32::from).collect::<Vec<_>>());
        graph.integers("shape", &[-1, 2]);
        graph.node("MatMul", &["x", "w"], &["y"], None);
        let model = graph.model();
        let found = weights(&model).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["w"]);
        assert_eq!((found["w"].shape.as_slice(), found["w"].values[599]), (&[2, 300][..], 599.0));
        // Between two fields a model may end: before the graph, and after it.
        let whole: Vec<usize> =
            (1..model.len()).filter(|&cut| weights(&model[..cut]).is_ok()).collect();
        let counts: Vec<usize> =
            whole.iter().map(|&cut| weights(&model[..cut]).unwrap().len()).collect();
        assert_eq!(counts, [0, 1], "{whole:?}");
        assert!(weights(b"not a model").is_err());
    }

    #[test]
    fn weights_of_another_length_than_they_say_are_refused() {
        let mut graph = Graph::new("test");
        graph.floats("w", &[2, 3], &[0.0; 5]);
        assert_eq!(weights(&graph.model()).err().as_deref(), Some("w is not as long as it says"));
    }
}
