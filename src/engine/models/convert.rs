//! Turns a CTranslate2 Whisper folder into a whisper.cpp file.
//!
//! In: a folder nobody vouches for. Out: one file, whole or not at all, the same on every machine.
//! Must not hold more than one piece of a tensor in memory.

use super::ModelError;
use super::ct2_file::{Ct2File, Stored, Variable};
use super::ggml_file::{Packing, Quant, Sizes, read_tokens, write_head};
use super::pack::BLOCK;
use super::pull::hex;
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Numbers handled at a time; a multiple of [`BLOCK`].
const PIECE: u64 = 1 << 16;
const STATE_MAX: u64 = 8192;
const CONTEXT_MAX: u64 = 16_384;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Size in bytes.
    pub bytes: u64,
    /// Lower-case hex.
    pub sha256: String,
    /// Number of tensors.
    pub tensors: usize,
}

/// Writes the model in folder `from` to the file `to`, replacing it when all has been written.
///
/// # Errors
/// [`ModelError::Malformed`] when the folder holds no float Whisper model; [`ModelError::Io`].
pub fn convert(from: &Path, to: &Path, quant: Quant) -> Result<Converted, ModelError> {
    let mut source = Ct2File::open(&from.join("model.bin"))?;
    let tokens = read_tokens(&from.join("tokenizer.json"))?;
    let sizes = read_sizes(&mut source)?;
    if tokens.len() > sizes.vocabulary as usize {
        return Err(source.bad("tokenizer.json has more tokens than the model"));
    }
    let tensors = list_tensors(&source, &sizes)?;
    for tensor in &tensors {
        check_tensor(&mut source, tensor, quant)?;
    }
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = temporary(folder).map_err(ModelError::io(folder))?;
    let mut out = Hashing { out: BufWriter::new(file), hash: Sha256::new(), bytes: 0 };
    write_head(&mut out, &sizes, quant, &tokens).map_err(ModelError::io(to))?;
    for tensor in &tensors {
        write_tensor(&mut out, &mut source, tensor, quant, to)?;
    }
    let Hashing { out, hash, bytes } = out;
    let file = out.into_inner().map_err(|e| ModelError::io(to)(e.into_error()))?;
    file.as_file().sync_all().map_err(ModelError::io(to))?;
    file.persist(to).map_err(|e| ModelError::io(to)(e.error))?;
    Ok(Converted {
        bytes,
        sha256: hex(&hash.finalize()),
        tensors: tensors.iter().filter(|t| !t.zero).count(),
    })
}

/// A file that goes away unless it is kept, readable to whom the umask lets.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// One tensor of the output: whisper.cpp's name, and where its numbers are.
struct Tensor {
    name: String,
    source: Variable,
    /// Written as a column: what whisper.cpp wants of the convolutions' biases.
    column: bool,
    /// Not written; must be zero (Whisper's keys have no bias).
    zero: bool,
}

fn layers(source: &Ct2File, side: &str) -> u32 {
    let names = source.variables().keys();
    names.filter(|n| n.starts_with(side) && n.ends_with("/self_attention/linear_0/weight")).count()
        as u32
}

fn read_sizes(source: &mut Ct2File) -> Result<Sizes, ModelError> {
    let shape = |name: &str, rank: usize, max: u64| -> Result<Vec<u32>, ModelError> {
        let dims = &source.get(name)?.dims;
        if dims.len() != rank || dims.iter().skip(1).any(|d| *d == 0 || *d > max) {
            return Err(source.bad(format!("{name} has the shape {dims:?}")));
        }
        dims.iter()
            .map(|d| u32::try_from(*d).map_err(|_| source.bad(format!("{name} is too large"))))
            .collect()
    };
    let embeddings = shape("decoder/embeddings/weight", 2, STATE_MAX)?;
    let convolution = shape("encoder/conv1/weight", 3, STATE_MAX)?;
    let audio = shape("encoder/position_encodings/encodings", 2, STATE_MAX)?;
    let text = shape("decoder/position_encodings/encodings", 2, STATE_MAX)?;
    if u64::from(audio[0].max(text[0])) > CONTEXT_MAX || embeddings[1] != text[1] {
        return Err(source.bad("its contexts and widths do not fit together"));
    }
    Ok(Sizes {
        vocabulary: embeddings[0],
        audio_context: audio[0],
        audio_state: audio[1],
        audio_layers: layers(source, "encoder/"),
        text_context: text[0],
        text_state: text[1],
        text_layers: layers(source, "decoder/"),
        mels: convolution[1],
        audio_heads: source.scalar("encoder/num_heads")?,
        text_heads: source.scalar("decoder/num_heads")?,
    })
}

/// Collects tensors under their new names.
struct Names<'a> {
    source: &'a Ct2File,
    tensors: Vec<Tensor>,
}

impl Names<'_> {
    fn add(&mut self, name: String, from: &str) -> Result<(), ModelError> {
        let source = self.source.get(from)?.clone();
        self.tensors.push(Tensor { name, source, column: false, zero: false });
        Ok(())
    }

    fn norm(&mut self, name: &str, from: &str) -> Result<(), ModelError> {
        self.add(format!("{name}.weight"), &format!("{from}/gamma"))?;
        self.add(format!("{name}.bias"), &format!("{from}/beta"))
    }

    /// Takes apart what CTranslate2 has stacked along the output axis.
    fn linear(&mut self, names: &[String], from: &str) -> Result<(), ModelError> {
        for (index, name) in names.iter().enumerate() {
            for kind in ["weight", "bias"] {
                let variable = format!("{from}/{kind}");
                let whole = self.source.get(&variable)?;
                let part = whole.part(index as u64, names.len() as u64);
                let source = part.ok_or_else(|| {
                    self.source.bad(format!("{variable} does not fall into {}", names.len()))
                })?;
                let zero = kind == "bias" && name.ends_with(".key");
                let name = format!("{name}.{kind}");
                self.tensors.push(Tensor { name, source, column: false, zero });
            }
        }
        Ok(())
    }

    fn block(&mut self, to: &str, from: &str, cross: bool) -> Result<(), ModelError> {
        let named = |attention: &str, parts: &[&str]| -> Vec<String> {
            parts.iter().map(|p| format!("{to}.{attention}.{p}")).collect()
        };
        self.norm(&format!("{to}.attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
        let fused = named("attn", &["query", "key", "value"]);
        self.linear(&fused, &format!("{from}/self_attention/linear_0"))?;
        self.linear(&named("attn", &["out"]), &format!("{from}/self_attention/linear_1"))?;
        if cross {
            self.norm(&format!("{to}.cross_attn_ln"), &format!("{from}/attention/layer_norm"))?;
            for (linear, parts) in [&["query"][..], &["key", "value"], &["out"]].iter().enumerate()
            {
                let from = format!("{from}/attention/linear_{linear}");
                self.linear(&named("cross_attn", parts), &from)?;
            }
        }
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        self.linear(&named("mlp", &["0"]), &format!("{from}/ffn/linear_0"))?;
        self.linear(&named("mlp", &["2"]), &format!("{from}/ffn/linear_1"))
    }
}

fn list_tensors(source: &Ct2File, sizes: &Sizes) -> Result<Vec<Tensor>, ModelError> {
    let mut names = Names { source, tensors: Vec::new() };
    for convolution in ["conv1", "conv2"] {
        let from = format!("encoder/{convolution}");
        names.add(format!("encoder.{convolution}.weight"), &format!("{from}/weight"))?;
        names.add(format!("encoder.{convolution}.bias"), &format!("{from}/bias"))?;
        names.tensors.last_mut().expect("just added").column = true;
    }
    names.add("decoder.token_embedding.weight".into(), "decoder/embeddings/weight")?;
    for side in ["encoder", "decoder"] {
        let from = format!("{side}/position_encodings/encodings");
        names.add(format!("{side}.positional_embedding"), &from)?;
    }
    names.norm("encoder.ln_post", "encoder/layer_norm")?;
    names.norm("decoder.ln", "decoder/layer_norm")?;
    for (side, layers, cross) in
        [("encoder", sizes.audio_layers, false), ("decoder", sizes.text_layers, true)]
    {
        for layer in 0..layers {
            names.block(
                &format!("{side}.blocks.{layer}"),
                &format!("{side}/layer_{layer}"),
                cross,
            )?;
        }
    }
    Ok(names.tensors)
}

fn packing(tensor: &Tensor, quant: Quant) -> Packing {
    let rank = tensor.source.dims.len() + usize::from(tensor.column);
    if rank < 2 || tensor.column || tensor.name.ends_with("positional_embedding") {
        return Packing::F32;
    }
    match quant {
        _ if rank > 2 => Packing::F16,
        Quant::F16 => Packing::F16,
        Quant::Q8_0 => Packing::Q8_0,
        Quant::Q5_1 => Packing::Q5_1,
    }
}

fn check_tensor(source: &mut Ct2File, tensor: &Tensor, quant: Quant) -> Result<(), ModelError> {
    let name = &tensor.name;
    if matches!(tensor.source.stored, Stored::I8 | Stored::I16 | Stored::I32) {
        return Err(source.bad("its weights are quantised; convert a float16 model instead"));
    }
    let width = tensor.source.dims.last().copied().unwrap_or(0);
    let blocks = matches!(packing(tensor, quant), Packing::Q8_0 | Packing::Q5_1);
    if tensor.source.len() == 0 || blocks && width % BLOCK as u64 != 0 {
        return Err(source.bad(format!("{name} is {width} wide")));
    }
    if tensor.zero {
        if tensor.source.len() > STATE_MAX {
            return Err(source.bad(format!("{name} is too large")));
        }
        let mut numbers = vec![0.0; tensor.source.len() as usize];
        source.numbers(&tensor.source, 0, &mut numbers)?;
        if numbers.iter().any(|x| *x != 0.0) {
            return Err(source.bad(format!("{name} is not zero, as Whisper's would be")));
        }
    }
    Ok(())
}

fn write_tensor(
    out: &mut impl Write,
    source: &mut Ct2File,
    tensor: &Tensor,
    quant: Quant,
    to: &Path,
) -> Result<(), ModelError> {
    if tensor.zero {
        return Ok(());
    }
    let packing = packing(tensor, quant);
    let mut dims = tensor.source.dims.clone();
    if tensor.column {
        dims.push(1);
    }
    let mut head = Vec::new();
    head.extend((dims.len() as u32).to_le_bytes());
    head.extend((tensor.name.len() as u32).to_le_bytes());
    head.extend(packing.id().to_le_bytes());
    head.extend(dims.iter().rev().flat_map(|d| (*d as u32).to_le_bytes()));
    head.extend(tensor.name.as_bytes());
    out.write_all(&head).map_err(ModelError::io(to))?;
    let (mut numbers, mut bytes) = (Vec::new(), Vec::new());
    let mut from = 0;
    while from < tensor.source.len() {
        let count = PIECE.min(tensor.source.len() - from);
        numbers.resize(count as usize, 0.0);
        source.numbers(&tensor.source, from, &mut numbers)?;
        bytes.clear();
        packing.pack(&numbers, &mut bytes);
        out.write_all(&bytes).map_err(ModelError::io(to))?;
        from += count;
    }
    Ok(())
}

/// Counts and hashes what goes by.
struct Hashing<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.out.write(piece)?;
        self.hash.update(&piece[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
