//! Reads the weights out of a PyTorch checkpoint of the old, unzipped form: five pickles (a magic
//! number, a version, the machine, the object, the storages' keys), then each storage's length and
//! its little-endian floats.
//!
//! In: the file's bytes. Out: the float tensors by name. Nothing in the file is run: names of
//! classes are read over, and only the few opcodes that tensors need are known. Hostile lengths end
//! in an error, never in a huge allocation.

use std::collections::BTreeMap;

/// A tensor of floats, row major.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Mark,
    Int(i64),
    Text(String),
    List(Vec<Value>),
    /// Keys that are not text are left out.
    Dict(BTreeMap<String, Value>),
    /// Where a tensor lies: storage key, first float, shape.
    Tensor(String, usize, Vec<usize>),
    /// Whatever the weights do not need.
    Other,
}

/// Reads all tensors of the dictionary `section` of the checkpoint.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn tensors(bytes: &[u8], section: &str) -> Result<BTreeMap<String, Tensor>, String> {
    let mut reader = Reader { bytes, at: 0 };
    for _ in 0..3 {
        reader.pickle()?;
    }
    let object = reader.pickle()?;
    let Value::List(keys) = reader.pickle()? else { return Err("no list of storages".into()) };
    let mut storages = BTreeMap::new();
    for key in keys {
        let Value::Text(key) = key else { return Err("a storage without a key".into()) };
        let floats = usize::try_from(reader.i64()?).map_err(|_| "a storage of negative length")?;
        let len = floats.checked_mul(4).ok_or("a storage of absurd length")?;
        storages.insert(key, reader.take(len)?);
    }
    let Value::Dict(mut object) = object else { return Err("the object is no dictionary".into()) };
    let Some(Value::Dict(section)) = object.remove(section) else {
        return Err(format!("no section {section}"));
    };
    let mut out = BTreeMap::new();
    for (name, value) in section {
        let Value::Tensor(key, first, shape) = value else { continue };
        let storage = storages.get(&key).ok_or_else(|| format!("{name}: no storage {key}"))?;
        let values = cut(storage, first, &shape).ok_or_else(|| format!("{name}: out of bounds"))?;
        out.insert(name, Tensor { shape, values });
    }
    Ok(out)
}

fn cut(storage: &[u8], first: usize, shape: &[usize]) -> Option<Vec<f32>> {
    let floats = shape.iter().try_fold(1usize, |all, side| all.checked_mul(*side))?;
    let (start, end) = (first.checked_mul(4)?, first.checked_add(floats)?.checked_mul(4)?);
    let (four, _) = storage.get(start..end)?.as_chunks::<4>();
    Some(four.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(len).ok_or("absurd length")?;
        let part = self.bytes.get(self.at..end).ok_or("the file ends too early")?;
        self.at = end;
        Ok(part)
    }

    fn u8(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number of `len` bytes, the lowest first.
    fn number(&mut self, len: usize) -> Result<usize, String> {
        Ok(self.take(len)?.iter().rev().fold(0, |all, byte| all << 8 | usize::from(*byte)))
    }

    fn i64(&mut self) -> Result<i64, String> {
        let bytes = self.take(8)?;
        Ok(bytes.iter().rev().fold(0, |all, byte| all << 8 | i64::from(*byte)))
    }

    fn text(&mut self, len: usize) -> Result<String, String> {
        String::from_utf8(self.take(len)?.to_vec()).map_err(|_| "text that is not UTF-8".into())
    }

    fn line(&mut self) -> Result<&'a [u8], String> {
        let len = self.bytes[self.at..].iter().position(|b| *b == b'\n').ok_or("no line end")?;
        let line = self.take(len + 1)?;
        Ok(&line[..len])
    }

    /// Reads one pickle up to its STOP.
    fn pickle(&mut self) -> Result<Value, String> {
        let mut stack = Stack::default();
        loop {
            match self.u8()? {
                b'.' => return stack.pop(),
                0x80 => drop(self.take(1)?),
                b'(' => stack.push(Value::Mark),
                b'}' => stack.push(Value::Dict(BTreeMap::new())),
                b']' | b')' => stack.push(Value::List(Vec::new())),
                b'N' | 0x88 | 0x89 => stack.push(Value::Other),
                b'K' => stack.int(self.number(1)?),
                b'M' => stack.int(self.number(2)?),
                b'J' => stack.int(self.number(4)?),
                b'G' => {
                    self.take(8)?;
                    stack.push(Value::Other);
                }
                0x8a => {
                    let len = self.number(1)?;
                    self.take(len)?;
                    stack.push(Value::Other);
                }
                b'X' => {
                    let len = self.number(4)?;
                    stack.push(Value::Text(self.text(len)?));
                }
                b'c' => {
                    self.line()?;
                    let name = String::from_utf8_lossy(self.line()?).into_owned();
                    stack.push(Value::Text(name));
                }
                b'q' => stack.remember(self.number(1)?)?,
                b'r' => stack.remember(self.number(4)?)?,
                b'h' => stack.recall(self.number(1)?)?,
                b'j' => stack.recall(self.number(4)?)?,
                b't' => {
                    let items = stack.since_mark()?;
                    stack.push(Value::List(items));
                }
                code @ 0x85..=0x87 => stack.tuple(usize::from(code - 0x84))?,
                b'Q' => stack.storage()?,
                b'R' => stack.call()?,
                b'b' => drop(stack.pop()?),
                b'a' => {
                    let item = stack.pop()?;
                    stack.append(vec![item])?;
                }
                b'e' => {
                    let items = stack.since_mark()?;
                    stack.append(items)?;
                }
                b's' => {
                    let value = stack.pop()?;
                    let key = stack.pop()?;
                    stack.set(vec![key, value])?;
                }
                b'u' => {
                    let items = stack.since_mark()?;
                    stack.set(items)?;
                }
                other => return Err(format!("opcode {other:#04x} is not known")),
            }
        }
    }
}

/// The pickle machine's stack and memory.
#[derive(Default)]
struct Stack {
    values: Vec<Value>,
    memory: BTreeMap<usize, Value>,
}

impl Stack {
    fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    fn int(&mut self, value: usize) {
        self.push(i64::try_from(value).map_or(Value::Other, Value::Int));
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.values.pop().ok_or_else(|| "the stack is empty".into())
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.values.iter().rposition(|v| *v == Value::Mark).ok_or("no mark")?;
        let items = self.values.split_off(mark + 1);
        self.values.pop();
        Ok(items)
    }

    fn tuple(&mut self, len: usize) -> Result<(), String> {
        let first = self.values.len().checked_sub(len).ok_or("the stack is empty")?;
        let items = self.values.split_off(first);
        self.push(Value::List(items));
        Ok(())
    }

    /// Collections are remembered before they are filled; the weights' are never recalled, so only
    /// small values are kept.
    fn remember(&mut self, key: usize) -> Result<(), String> {
        let value = match self.values.last().ok_or("the stack is empty")? {
            Value::Dict(_) => Value::Other,
            value => value.clone(),
        };
        self.memory.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, key: usize) -> Result<(), String> {
        let value = self.memory.get(&key).ok_or("nothing is remembered there")?.clone();
        self.push(value);
        Ok(())
    }

    fn append(&mut self, items: Vec<Value>) -> Result<(), String> {
        match self.values.last_mut() {
            Some(Value::List(list)) => list.extend(items),
            _ => return Err("append to what is no list".into()),
        }
        Ok(())
    }

    fn set(&mut self, items: Vec<Value>) -> Result<(), String> {
        let Some(Value::Dict(dict)) = self.values.last_mut() else {
            return Err("a key for what is no dictionary".into());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if let Value::Text(key) = key {
                dict.insert(key, value);
            }
        }
        Ok(())
    }

    /// `("storage", type, key, device, floats, view)` becomes its key.
    fn storage(&mut self) -> Result<(), String> {
        let Value::List(mut id) = self.pop()? else { return Err("a nameless storage".into()) };
        let key = if id.len() > 2 { id.swap_remove(2) } else { Value::Other };
        self.push(key);
        Ok(())
    }

    /// `_rebuild_tensor_v2(storage, first, shape, …)` becomes a tensor, `OrderedDict()` a dictionary.
    fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::List(arguments) = arguments else {
            return Err("a call without arguments".into());
        };
        let value = match function {
            Value::Text(name) if name == "_rebuild_tensor_v2" => tensor(&arguments)?,
            Value::Text(name) if name == "OrderedDict" => Value::Dict(BTreeMap::new()),
            _ => Value::Other,
        };
        self.push(value);
        Ok(())
    }
}

fn tensor(arguments: &[Value]) -> Result<Value, String> {
    let [Value::Text(key), Value::Int(first), Value::List(shape), ..] = arguments else {
        return Err("a tensor of unknown form".into());
    };
    let size = |value: &Value| match value {
        Value::Int(n) => usize::try_from(*n).map_err(|_| "a negative size".to_owned()),
        _ => Err("a size that is no number".into()),
    };
    let shape = shape.iter().map(size).collect::<Result<_, _>>()?;
    Ok(Value::Tensor(key.clone(), size(&Value::Int(*first))?, shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PyTorch writes for `{"model_state": OrderedDict(w=tensor([[1., 2.]]))}`.
    fn checkpoint() -> Vec<u8> {
        let mut out = b"\x80\x02K\x01.\x80\x02M\xe9\x03.\x80\x02}q\x00.".to_vec();
        out.extend(b"\x80\x02}q\x00X\x0b\x00\x00\x00model_stateccollections\nOrderedDict\n)R");
        out.extend(
            b"X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage",
        );
        out.extend(b"ctorch\nFloatStorage\nX\x01\x00\x00\x00kX\x03\x00\x00\x00cpuK\x02NtQ");
        out.extend(b"K\x00K\x01K\x02\x86K\x02K\x01\x86\x89NtRss.");
        out.extend(b"\x80\x02]X\x01\x00\x00\x00ka.");
        out.extend(2i64.to_le_bytes());
        out.extend(1f32.to_le_bytes());
        out.extend(2f32.to_le_bytes());
        out
    }

    #[test]
    fn tensors_come_out_by_name() {
        let read = tensors(&checkpoint(), "model_state").unwrap();
        let expected = Tensor { shape: vec![1, 2], values: vec![1.0, 2.0] };
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [("w".to_owned(), expected)]);
    }

    #[test]
    fn a_cut_file_is_an_error_wherever_it_is_cut() {
        let whole = checkpoint();
        for len in 0..whole.len() {
            assert!(tensors(&whole[..len], "model_state").is_err(), "{len}");
        }
    }
}
