//! Writes the head of a whisper.cpp model file: magic, sizes, mel filters, vocabulary.
//!
//! In: sizes and a `tokenizer.json`. Out: bytes. Must not know where the weights come from.

use super::{ModelError, pack};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// The first four bytes of every file, little-endian.
pub(super) const MAGIC: u32 = 0x6767_6d6c;
const TOKENIZER_BYTES_MAX: u64 = 64 << 20;
const TOKENS_MAX: u32 = 1_000_000;
const FFT_BINS: usize = 201;

/// In which form the large matrices are written. Norms, biases and positions stay in single
/// precision, convolution kernels in half: whisper.cpp wants it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quant {
    /// Half precision.
    F16,
    /// 8 bits and a scale for 32 numbers: half the size, as exact in practice.
    Q8_0,
    /// 5 bits, a scale and a minimum for 32 numbers: smallest.
    Q5_1,
}

impl Quant {
    /// All there are.
    pub const ALL: [Quant; 3] = [Self::F16, Self::Q8_0, Self::Q5_1];

    /// The name used on the command line and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q5_1 => "q5_1",
        }
    }

    /// The `ftype` of the file's head: 2000 for the quantisation's version.
    const fn file_type(self) -> i32 {
        match self {
            Self::F16 => 1,
            Self::Q8_0 => 2007,
            Self::Q5_1 => 2009,
        }
    }
}

impl std::str::FromStr for Quant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|q| q.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is none of f16, q8_0, q5_1"))
    }
}

/// How one tensor's numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    F32,
    F16,
    Q8_0,
    Q5_1,
}

impl Packing {
    /// ggml's type number.
    pub(super) const fn id(self) -> i32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
        }
    }

    /// Appends `numbers`.
    pub(super) fn pack(self, numbers: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::F32 => pack::f32(numbers, out),
            Self::F16 => pack::f16(numbers, out),
            Self::Q8_0 => pack::q8_0(numbers, out),
            Self::Q5_1 => pack::q5_1(numbers, out),
        }
    }
}

/// The model's sizes, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) vocabulary: u32,
    pub(super) audio_context: u32,
    pub(super) audio_state: u32,
    pub(super) audio_heads: u32,
    pub(super) audio_layers: u32,
    pub(super) text_context: u32,
    pub(super) text_state: u32,
    pub(super) text_heads: u32,
    pub(super) text_layers: u32,
    pub(super) mels: u32,
}

/// Writes all that comes before the tensors.
pub(super) fn write_head(
    out: &mut impl Write,
    sizes: &Sizes,
    quant: Quant,
    tokens: &[Vec<u8>],
) -> io::Result<()> {
    out.write_all(&MAGIC.to_le_bytes())?;
    let s = sizes;
    for size in [
        s.vocabulary,
        s.audio_context,
        s.audio_state,
        s.audio_heads,
        s.audio_layers,
        s.text_context,
        s.text_state,
        s.text_heads,
        s.text_layers,
        s.mels,
    ] {
        out.write_all(&size.to_le_bytes())?;
    }
    out.write_all(&quant.file_type().to_le_bytes())?;
    out.write_all(&s.mels.to_le_bytes())?;
    out.write_all(&(FFT_BINS as u32).to_le_bytes())?;
    let mut filters = Vec::new();
    pack::f32(&mel_filters(s.mels as usize), &mut filters);
    out.write_all(&filters)?;
    out.write_all(&(tokens.len() as u32).to_le_bytes())?;
    for token in tokens {
        out.write_all(&(token.len() as u32).to_le_bytes())?;
        out.write_all(token)?;
    }
    Ok(())
}

/// Slaney's triangular filters over the bins of a 400-point FFT at 16 kHz, row by row; the areas
/// are one.
fn mel_filters(mels: usize) -> Vec<f32> {
    // 15 mel below 1 kHz, then 27 to each factor of 6.4.
    let log_step = 6.4f64.ln() / 27.0;
    let hz = |mel: f64| match mel {
        low if low < 15.0 => low * (200.0 / 3.0),
        high => 1000.0 * (log_step * (high - 15.0)).exp(),
    };
    let top = 15.0 + 8f64.ln() / log_step;
    let step = top / (mels + 1) as f64;
    // The last edge is the top itself, not a sum of steps: so every tool's filters are the same.
    let mut edges: Vec<f64> = (0..=mels).map(|i| hz(i as f64 * step)).collect();
    edges.push(hz(top));
    let mut filters = Vec::with_capacity(mels * FFT_BINS);
    for edge in edges.windows(3) {
        let area = 2.0 / (edge[2] - edge[0]);
        for bin in 0..FFT_BINS {
            let hz = bin as f64 * 40.0;
            let up = (hz - edge[0]) / (edge[1] - edge[0]);
            let down = (edge[2] - hz) / (edge[2] - edge[1]);
            filters.push((up.min(down).max(0.0) * area) as f32);
        }
    }
    filters
}

#[derive(Deserialize)]
struct Tokenizer {
    added_tokens: Vec<Added>,
    model: Bpe,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Bpe {
    vocab: BTreeMap<String, u32>,
}

/// The ordinary tokens of a `tokenizer.json` as bytes, in the order of their numbers; whisper.cpp
/// makes the special ones itself.
pub(super) fn read_tokens(path: &Path) -> Result<Vec<Vec<u8>>, ModelError> {
    let file = File::open(path).map_err(ModelError::io(path))?;
    let mut text = String::new();
    let read = file.take(TOKENIZER_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(ModelError::io(path))?;
    if text.len() as u64 > TOKENIZER_BYTES_MAX {
        return Err(ModelError::malformed(path, "it is over 64 MiB"));
    }
    let tokenizer: Tokenizer =
        serde_json::from_str(&text).map_err(|e| ModelError::malformed(path, e.to_string()))?;
    let special = tokenizer.added_tokens.iter().filter(|a| !a.content.is_empty());
    let first_special = special.map(|a| a.id).min().unwrap_or(0);
    if !(1..=TOKENS_MAX).contains(&first_special) {
        return Err(ModelError::malformed(path, "it lists no special tokens after ordinary ones"));
    }
    let bytes = byte_letters();
    let mut tokens = vec![Vec::new(); first_special as usize];
    for (letters, id) in &tokenizer.model.vocab {
        let Some(token) = tokens.get_mut(*id as usize) else { continue };
        let spelled: Option<Vec<u8>> = letters.chars().map(|c| bytes.get(&c).copied()).collect();
        *token = spelled.ok_or_else(|| {
            ModelError::malformed(path, format!("token {id} is not in GPT-2's byte letters"))
        })?;
    }
    Ok(tokens)
}

/// GPT-2's letters for bytes: printable ones are themselves, the others count up from 256.
fn byte_letters() -> BTreeMap<char, u8> {
    let mut next = 256;
    (0..=255u8)
        .map(|byte| {
            let letter = match byte {
                33..=126 | 161..=172 | 174..=255 => char::from(byte),
                _ => {
                    next += 1;
                    char::from_u32(next - 1).expect("letters below 512 exist")
                }
            };
            (letter, byte)
        })
        .collect()
}
