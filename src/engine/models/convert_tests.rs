//! The converter on a tiny model made here, whole and broken.

use super::*;
use std::path::PathBuf;

/// Two heads, one layer a side, 32 wide, 4 tokens of which 2 are special.
struct Tiny {
    variables: Vec<(String, Vec<u32>, u8, Vec<u8>)>,
}

impl Tiny {
    fn new() -> Self {
        let mut tiny = Self { variables: Vec::new() };
        tiny.f16("encoder/conv1/weight", &[32, 80, 3]);
        tiny.f16("encoder/conv1/bias", &[32]);
        tiny.f16("encoder/conv2/weight", &[32, 32, 3]);
        tiny.f16("encoder/conv2/bias", &[32]);
        tiny.f16("decoder/embeddings/weight", &[4, 32]);
        for (side, context) in [("encoder", 16), ("decoder", 8)] {
            tiny.f16(&format!("{side}/position_encodings/encodings"), &[context, 32]);
            tiny.norm(&format!("{side}/layer_norm"));
            tiny.variables.push((format!("{side}/num_heads"), vec![], 2, vec![2, 0]));
            let layer = format!("{side}/layer_0");
            tiny.norm(&format!("{layer}/self_attention/layer_norm"));
            tiny.linear(&format!("{layer}/self_attention/linear_0"), 96, 32);
            tiny.linear(&format!("{layer}/self_attention/linear_1"), 32, 32);
            if side == "decoder" {
                tiny.norm(&format!("{layer}/attention/layer_norm"));
                tiny.linear(&format!("{layer}/attention/linear_0"), 32, 32);
                tiny.linear(&format!("{layer}/attention/linear_1"), 64, 32);
                tiny.linear(&format!("{layer}/attention/linear_2"), 32, 32);
            }
            tiny.norm(&format!("{layer}/ffn/layer_norm"));
            tiny.linear(&format!("{layer}/ffn/linear_0"), 128, 32);
            tiny.linear(&format!("{layer}/ffn/linear_1"), 32, 128);
        }
        tiny
    }

    fn f16(&mut self, name: &str, dims: &[u32]) {
        let count: u32 = dims.iter().product();
        let numbers: Vec<f32> = (0..count).map(|i| (i % 61) as f32 / 64.0 - 0.5).collect();
        let mut bytes = Vec::new();
        super::super::pack::f16(&numbers, &mut bytes);
        self.variables.push((name.into(), dims.into(), 4, bytes));
    }

    fn norm(&mut self, name: &str) {
        self.f16(&format!("{name}/gamma"), &[32]);
        self.f16(&format!("{name}/beta"), &[32]);
    }

    fn linear(&mut self, name: &str, rows: u32, width: u32) {
        self.f16(&format!("{name}/weight"), &[rows, width]);
        // Zero everywhere: keys must have no bias.
        let zero = vec![0; rows as usize * 2];
        self.variables.push((format!("{name}/bias"), vec![rows], 4, zero));
    }

    fn bytes(&self) -> Vec<u8> {
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend((text.len() as u16 + 1).to_le_bytes());
            out.extend(text.as_bytes());
            out.push(0);
        };
        let mut out = 6u32.to_le_bytes().to_vec();
        text(&mut out, "WhisperSpec");
        out.extend(3u32.to_le_bytes());
        out.extend((self.variables.len() as u32).to_le_bytes());
        for (name, dims, stored, bytes) in &self.variables {
            text(&mut out, name);
            out.push(dims.len() as u8);
            out.extend(dims.iter().flat_map(|d| d.to_le_bytes()));
            out.push(*stored);
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        }
        out.extend(1u32.to_le_bytes());
        text(&mut out, "decoder/projection/weight");
        text(&mut out, "decoder/embeddings/weight");
        out
    }
}

const TOKENIZER: &str = r#"{"added_tokens": [{"id": 1, "content": ""}, {"id": 2, "content": "<|endoftext|>"}],
  "model": {"vocab": {"Ġä½ł": 0, "<|endoftext|>": 2}}}"#;

fn folder(model: &[u8], tokenizer: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.bin"), model).unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer).unwrap();
    folder
}

fn try_convert(
    model: &[u8],
    tokenizer: &str,
) -> Result<(Converted, PathBuf, tempfile::TempDir), ModelError> {
    let folder = folder(model, tokenizer);
    let out = folder.path().join("out.bin");
    let converted = convert(folder.path(), &out, Quant::Q8_0)?;
    Ok((converted, out, folder))
}

#[test]
fn a_tiny_model_is_written_whole() {
    let (converted, out, _folder) = try_convert(&Tiny::new().bytes(), TOKENIZER).unwrap();
    let bytes = std::fs::read(out).unwrap();
    assert_eq!(bytes.len() as u64, converted.bytes);
    assert_eq!(&bytes[..4], b"lmgg");
    let sizes: Vec<u32> =
        bytes[4..48].as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    assert_eq!(sizes, [4, 16, 32, 2, 1, 8, 32, 2, 1, 80, 2007]);
    let vocabulary = 48 + 8 + 80 * 201 * 4;
    // Two tokens: a space and 你, and the empty one.
    assert_eq!(&bytes[vocabulary..][..16], b"\x02\0\0\0\x04\0\0\0 \xe4\xbd\xa0\0\0\0\0");
    // 4 of the convolutions, 1 embedding, 2 positions, 4 norms, 15 and 24 of the layers.
    assert_eq!(converted.tensors, 4 + 1 + 2 + 4 + 15 + 24);
    let again = try_convert(&Tiny::new().bytes(), TOKENIZER).unwrap().0;
    assert_eq!(again, converted);
}

#[test]
fn broken_models_are_refused() {
    let check = |why: &str, change: &dyn Fn(&mut Tiny)| {
        let mut tiny = Tiny::new();
        change(&mut tiny);
        match try_convert(&tiny.bytes(), TOKENIZER) {
            Err(error) => assert!(error.to_string().contains(why), "{error}"),
            Ok(_) => panic!("converted although {why}"),
        }
    };
    check("no variable encoder/conv2/bias", &|t| {
        t.variables.retain(|v| v.0 != "encoder/conv2/bias")
    });
    check("comes twice", &|t| t.variables[1].0 = t.variables[0].0.clone());
    check("does not fit its shape", &|t| t.variables[0].1[0] = u32::MAX);
    check("numbers of type 9", &|t| t.variables[0].2 = 9);
    check("rank 5", &|t| t.variables[0].1 = vec![1; 5]);
    check("quantised", &|t| {
        let weight = t.variables.iter_mut().find(|v| v.0.ends_with("ffn/linear_0/weight")).unwrap();
        weight.2 = 1;
        weight.3.truncate(weight.3.len() / 2);
    });
    check("not zero", &|t| {
        let bias = t.variables.iter_mut().find(|v| v.0.ends_with("linear_0/bias")).unwrap();
        bias.3[64..].fill(1);
    });
    check("num_heads", &|t| {
        t.variables.iter_mut().find(|v| v.0.ends_with("heads")).unwrap().3[1] = 9
    });
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let whole = Tiny::new().bytes();
    for length in (0..whole.len()).step_by(997).chain([whole.len() - 1]) {
        assert!(try_convert(&whole[..length], TOKENIZER).is_err(), "{length}");
    }
    let longer = [&whole[..], b"x"].concat();
    assert!(try_convert(&longer, TOKENIZER).is_err());
}

#[test]
fn broken_tokenizers_are_refused() {
    let model = Tiny::new().bytes();
    for bad in
        ["", "{}", &TOKENIZER.replace("Ġä½ł", "你"), &TOKENIZER.replace("<|endoftext|>\"}", "\"}")]
    {
        assert!(try_convert(&model, bad).is_err(), "{bad}");
    }
}
