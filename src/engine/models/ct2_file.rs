//! Reads the index of a CTranslate2 `model.bin`.
//!
//! In: a file nobody vouches for. Out: names, shapes, types and places of its variables, every one
//! inside the file. Must not read the weights themselves until asked for a piece.
//!
//! Layout, little-endian: u32 version, string specification, u32 revision, u32 count, variables;
//! u32 count, aliases. A variable: string name, u8 rank, u32 dimensions, u8 type, u32 bytes, data
//! (row-major). An alias: string name, string target. A string: u16 length with the closing NUL.

use super::{ModelError, pack};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const VARIABLES_MAX: u32 = 100_000;
const RANK_MAX: u8 = 4;
const NAME_BYTES_MAX: u16 = 1024;

/// How a variable's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl Stored {
    fn from_id(id: u8) -> Option<Self> {
        [Self::F32, Self::I8, Self::I16, Self::I32, Self::F16, Self::Bf16]
            .get(usize::from(id))
            .copied()
    }

    /// Bytes of one number.
    pub(super) const fn bytes(self) -> u64 {
        match self {
            Self::F32 | Self::I32 => 4,
            Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::I8 => 1,
        }
    }
}

/// Where a variable lies, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// As in torch: rows first. Empty for a single number.
    pub(super) dims: Vec<u64>,
    pub(super) stored: Stored,
    /// Byte offset of its data in the file.
    pub(super) at: u64,
}

impl Variable {
    /// Numbers in it.
    pub(super) fn len(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Part `index` of `count` equal parts along the first axis; `None` if it does not divide.
    pub(super) fn part(&self, index: u64, count: u64) -> Option<Self> {
        let rows = *self.dims.first()?;
        if rows % count != 0 {
            return None;
        }
        let mut part = self.clone();
        part.dims[0] = rows / count;
        part.at += index * part.len() * self.stored.bytes();
        Some(part)
    }
}

/// An open `model.bin`.
pub(super) struct Ct2File {
    path: PathBuf,
    file: BufReader<File>,
    variables: BTreeMap<String, Variable>,
}

impl Ct2File {
    /// Opens `path` and reads its index.
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(ModelError::io(path))?;
        let length = file.metadata().map_err(ModelError::io(path))?.len();
        let mut file = BufReader::new(file);
        let variables = read_index(&mut file, length).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => ModelError::malformed(path, "it ends too early"),
            io::ErrorKind::InvalidData => ModelError::malformed(path, e.to_string()),
            _ => ModelError::io(path)(e),
        })?;
        Ok(Self { path: path.to_owned(), file, variables })
    }

    /// All variables, aliases too.
    pub(super) fn variables(&self) -> &BTreeMap<String, Variable> {
        &self.variables
    }

    /// The variable called `name`.
    pub(super) fn get(&self, name: &str) -> Result<&Variable, ModelError> {
        self.variables.get(name).ok_or_else(|| self.bad(format!("it has no variable {name}")))
    }

    /// An error about this file.
    pub(super) fn bad(&self, why: impl Into<String>) -> ModelError {
        ModelError::malformed(&self.path, why)
    }

    /// A single whole number.
    pub(super) fn scalar(&mut self, name: &str) -> Result<u32, ModelError> {
        let variable = self.get(name)?.clone();
        let mut bytes = [0; 4];
        let used = match (variable.len(), variable.stored) {
            (1, Stored::I8 | Stored::I16 | Stored::I32) => variable.stored.bytes() as usize,
            _ => return Err(self.bad(format!("{name} is not a whole number"))),
        };
        self.read_at(variable.at, &mut bytes[..used])?;
        match i32::from_le_bytes(bytes) {
            // No sign extension: negative numbers come out large or negative, and are refused.
            value @ 1..=127 => Ok(value.unsigned_abs()),
            value => Err(self.bad(format!("{name} is {value}"))),
        }
    }

    /// Numbers `from..from + out.len()` of a variable.
    pub(super) fn numbers(
        &mut self,
        variable: &Variable,
        from: u64,
        out: &mut [f32],
    ) -> Result<(), ModelError> {
        let width = variable.stored.bytes();
        let mut raw = vec![0; out.len() * width as usize];
        self.read_at(variable.at + from * width, &mut raw)?;
        match variable.stored {
            Stored::F32 => convert(&raw, out, f32::from_le_bytes),
            Stored::F16 => convert(&raw, out, |b| pack::f16_to_f32(u16::from_le_bytes(b))),
            Stored::Bf16 => {
                convert(&raw, out, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16));
            }
            Stored::I8 | Stored::I16 | Stored::I32 => {
                return Err(self.bad("its weights are quantised; convert a float16 model instead"));
            }
        }
        Ok(())
    }

    fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<(), ModelError> {
        self.file.seek(SeekFrom::Start(at)).map_err(ModelError::io(&self.path))?;
        self.file.read_exact(out).map_err(ModelError::io(&self.path))
    }
}

fn convert<const N: usize>(raw: &[u8], out: &mut [f32], number: impl Fn([u8; N]) -> f32) {
    for (out, bytes) in out.iter_mut().zip(raw.as_chunks().0) {
        *out = number(*bytes);
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

fn read_index(
    file: &mut (impl Read + Seek),
    length: u64,
) -> io::Result<BTreeMap<String, Variable>> {
    let version = u32::from_le_bytes(bytes(file)?);
    if !(5..=6).contains(&version) {
        return Err(invalid(format!("not a CTranslate2 model of version 5 or 6 ({version})")));
    }
    let spec = text(file)?;
    if spec != "WhisperSpec" {
        return Err(invalid("a CTranslate2 model, but not Whisper"));
    }
    let _revision: [u8; 4] = bytes(file)?;
    let mut variables = BTreeMap::new();
    for _ in 0..count(file)? {
        let name = text(file)?;
        let variable = read_variable(file, length)?;
        if variables.insert(name, variable).is_some() {
            return Err(invalid("a variable comes twice"));
        }
    }
    for _ in 0..count(file)? {
        let (alias, target) = (text(file)?, text(file)?);
        let variable = variables.get(&target).cloned();
        variables.insert(alias, variable.ok_or_else(|| invalid("an alias of nothing"))?);
    }
    if file.stream_position()? != length {
        return Err(invalid("there are bytes left over"));
    }
    Ok(variables)
}

fn read_variable(file: &mut (impl Read + Seek), length: u64) -> io::Result<Variable> {
    let [rank] = bytes(file)?;
    if rank > RANK_MAX {
        return Err(invalid(format!("a variable of rank {rank}")));
    }
    let mut dims = Vec::new();
    for _ in 0..rank {
        dims.push(u64::from(u32::from_le_bytes(bytes(file)?)));
    }
    let [id] = bytes(file)?;
    let stored = Stored::from_id(id).ok_or_else(|| invalid(format!("numbers of type {id}")))?;
    let size = u64::from(u32::from_le_bytes(bytes(file)?));
    let wanted = dims.iter().try_fold(stored.bytes(), |n, d| n.checked_mul(*d));
    if wanted != Some(size) {
        return Err(invalid("a variable's size does not fit its shape"));
    }
    let at = file.stream_position()?;
    if at + size > length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.seek(SeekFrom::Start(at + size))?;
    Ok(Variable { dims, stored, at })
}

fn bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn count(file: &mut impl Read) -> io::Result<u32> {
    let count = u32::from_le_bytes(bytes(file)?);
    if count > VARIABLES_MAX {
        return Err(invalid(format!("{count} variables")));
    }
    Ok(count)
}

fn text(file: &mut impl Read) -> io::Result<String> {
    let length = u16::from_le_bytes(bytes(file)?);
    if length > NAME_BYTES_MAX {
        return Err(invalid("a name is too long"));
    }
    let mut bytes = vec![0; usize::from(length)];
    file.read_exact(&mut bytes)?;
    if bytes.pop() != Some(0) {
        return Err(invalid("a name does not end in NUL"));
    }
    String::from_utf8(bytes).map_err(|_| invalid("a name is not UTF-8"))
}
