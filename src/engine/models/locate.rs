//! Where models lie, and which file a name means.
//!
//! In: the model folder, a name or path from the user. Out: typed files that exist and look like
//! what they claim to be. Must not fetch or load.

use super::ModelError;
use super::ct2_file::Ct2File;
use super::ggml_file::MAGIC;
use super::manifest::{Artefact, ArtefactKind, FileEntry, Folder, Manifest};
use super::pull::sha256_file;
use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folders that models and libraries are kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFolder {
    models: PathBuf,
    native: PathBuf,
}

/// A model that an engine can load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelFiles {
    /// Folder of a CTranslate2 Whisper model: `model.bin`, `config.json`, `tokenizer.json`.
    Ct2 {
        /// The folder.
        dir: PathBuf,
    },
    /// Whisper model file of whisper.cpp.
    Ggml {
        /// The file.
        file: PathBuf,
    },
}

/// Whether an artefact is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// All files, in the right size (the hash is looked at by `verify`).
    Present,
    /// Some file is missing or has another size.
    Partial,
    /// No file.
    Absent,
}

/// A line of `models list`.
#[derive(Debug)]
pub struct Listed {
    /// What it is.
    pub artefact: &'static Artefact,
    /// Where its first file is or would be.
    pub path: PathBuf,
    /// Whether it is there.
    pub presence: Presence,
}

impl ModelFolder {
    /// The folder `given`, else `$LINGTING_MODELS`, else the user's data folder.
    pub fn resolve(given: Option<&Path>) -> Self {
        let set = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let data = || {
            let xdg = set("XDG_DATA_HOME").filter(|p| p.is_absolute());
            xdg.unwrap_or_else(|| set("HOME").unwrap_or_default().join(".local/share"))
        };
        let models = given.map(Path::to_owned).or_else(|| set("LINGTING_MODELS"));
        Self {
            models: models.unwrap_or_else(|| data().join("lingting/models")),
            native: set("LINGTING_NATIVE").unwrap_or_else(|| data().join("lingting/native")),
        }
    }

    /// The model folder itself.
    pub fn path(&self) -> &Path {
        &self.models
    }

    /// Where a file of an artefact belongs.
    pub(super) fn place(&self, artefact: &Artefact, file: &FileEntry) -> PathBuf {
        self.folder(artefact).join(&file.path)
    }

    pub(super) fn folder(&self, artefact: &Artefact) -> &Path {
        match artefact.folder {
            Folder::Models => &self.models,
            Folder::Native => &self.native,
        }
    }

    /// The first file of the artefact `name`: an ONNX graph, a library, weights.
    ///
    /// # Errors
    /// [`ModelError::Missing`] when it has not been fetched.
    pub fn file_of(&self, name: &str) -> Result<PathBuf, ModelError> {
        let artefact = known(name)?;
        let path = self.place(artefact, &artefact.files[0]);
        if !path.is_file() {
            return Err(self.missing(artefact));
        }
        Ok(path)
    }

    fn missing(&self, artefact: &Artefact) -> ModelError {
        let folder = self.folder(artefact).to_owned();
        ModelError::Missing { name: artefact.name.clone(), folder }
    }

    /// The Whisper model that `name` means: an artefact, a path, or something in the model folder
    /// (`ggml-small.bin`, `small`, `faster-whisper-small`).
    ///
    /// # Errors
    /// [`ModelError::Unknown`], [`ModelError::Missing`], or [`ModelError::Malformed`] when what is
    /// there is no Whisper model.
    pub fn locate(&self, name: &str) -> Result<ModelFiles, ModelError> {
        if let Some(artefact) = Manifest::built_in().get(name) {
            let first = self.place(artefact, &artefact.files[0]);
            let absent = artefact.files.iter().any(|f| !self.place(artefact, f).is_file());
            return match artefact.kind {
                _ if absent => Err(self.missing(artefact)),
                ArtefactKind::WhisperCt2 => look_at(first.parent().unwrap_or(&first)),
                ArtefactKind::WhisperGgml => look_at(&first),
                kind => Err(unknown(name, format!("it is no Whisper model but {}", kind.as_str()))),
            };
        }
        let inside = ["", "whisper-", "faster-whisper-", "ggml-"].iter().flat_map(|before| {
            let plain = self.models.join(format!("{before}{name}"));
            [plain.clone(), plain.with_file_name(format!("{before}{name}.bin"))]
        });
        let given = std::iter::once(PathBuf::from(name));
        match given.chain(inside).find(|p| !name.is_empty() && p.exists()) {
            Some(path) => look_at(&path),
            None => {
                let models = Manifest::built_in().artefacts.iter().filter(|a| {
                    matches!(a.kind, ArtefactKind::WhisperCt2 | ArtefactKind::WhisperGgml)
                });
                let names: Vec<&str> = models.map(|a| a.name.as_str()).collect();
                let why = format!(
                    "it is no path, not in {}, and none of {}",
                    self.models.display(),
                    names.join(", ")
                );
                Err(unknown(name, why))
            }
        }
    }

    /// Every artefact of the manifest, and whether it is here.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |artefact: &'static Artefact| Listed {
            artefact,
            path: self.place(artefact, &artefact.files[0]),
            presence: self.presence(artefact),
        };
        Manifest::built_in().artefacts.iter().map(listed).collect()
    }

    /// Whether an artefact's files are here, by their sizes.
    pub fn presence(&self, artefact: &Artefact) -> Presence {
        let sizes: Vec<Option<u64>> = artefact
            .files
            .iter()
            .map(|f| fs::metadata(self.place(artefact, f)).ok().map(|m| m.len()))
            .collect();
        if sizes.iter().zip(&artefact.files).all(|(size, file)| *size == Some(file.bytes)) {
            Presence::Present
        } else if sizes.iter().all(Option::is_none) {
            Presence::Absent
        } else {
            Presence::Partial
        }
    }

    /// Reads an artefact's files and compares their hashes.
    ///
    /// # Errors
    /// The first file that is missing or wrong.
    pub fn verify(&self, name: &str) -> Result<(), ModelError> {
        let artefact = known(name)?;
        for file in &artefact.files {
            let path = self.place(artefact, file);
            if !path.is_file() {
                return Err(self.missing(artefact));
            }
            let found = sha256_file(&path)?;
            if found != file.sha256 {
                return Err(ModelError::Hash { path, found, wanted: file.sha256.clone() });
            }
        }
        Ok(())
    }
}

impl ModelFiles {
    /// The file that holds the weights.
    pub fn weights(&self) -> PathBuf {
        match self {
            Self::Ct2 { dir } => dir.join("model.bin"),
            Self::Ggml { file } => file.clone(),
        }
    }

    /// SHA-256 of the weights, in lower-case hex. Reads all of them.
    ///
    /// # Errors
    /// [`ModelError::Io`].
    pub fn sha256(&self) -> Result<String, ModelError> {
        sha256_file(&self.weights())
    }

    /// A short name for reports: `base`, `large-v3-turbo-q5_0`.
    pub fn label(&self) -> String {
        let name = match self {
            Self::Ct2 { dir } => dir.canonicalize().unwrap_or_else(|_| dir.clone()),
            Self::Ggml { file } => file.with_extension(""),
        };
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bare = ["ggml-", "faster-whisper-", "whisper-"]
            .iter()
            .find_map(|before| name.strip_prefix(before))
            .unwrap_or(&name);
        bare.trim_end_matches("-ct2").to_owned()
    }
}

fn unknown(name: &str, why: String) -> ModelError {
    ModelError::Unknown { name: name.to_owned(), why }
}

/// The artefact called `name`.
pub(super) fn known(name: &str) -> Result<&'static Artefact, ModelError> {
    let manifest = Manifest::built_in();
    manifest.get(name).ok_or_else(|| {
        let names: Vec<&str> = manifest.artefacts.iter().map(|a| a.name.as_str()).collect();
        unknown(name, format!("the manifest has {}", names.join(", ")))
    })
}

/// Tells what lies at `path` by its first bytes.
fn look_at(path: &Path) -> Result<ModelFiles, ModelError> {
    if path.is_dir() {
        let head = Ct2File::open(&path.join("model.bin"));
        head.map_err(|e| match e {
            ModelError::Io { .. } => ModelError::malformed(path, "the folder has no model.bin"),
            other => other,
        })?;
        for needed in ["config.json", "tokenizer.json"] {
            if !path.join(needed).is_file() {
                return Err(ModelError::malformed(path, format!("the folder has no {needed}")));
            }
        }
        return Ok(ModelFiles::Ct2 { dir: path.to_owned() });
    }
    let mut magic = [0; 4];
    let mut file = File::open(path).map_err(ModelError::io(path))?;
    match file.read_exact(&mut magic).map(|()| u32::from_le_bytes(magic)) {
        Ok(MAGIC) => Ok(ModelFiles::Ggml { file: path.to_owned() }),
        Ok(_) if &magic == b"GGUF" => {
            Err(ModelError::malformed(path, "GGUF; whisper.cpp wants its own .bin form"))
        }
        _ => {
            Err(ModelError::malformed(path, "neither a whisper.cpp file nor a CTranslate2 folder"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_become_files() {
        let folder = tempfile::tempdir().unwrap();
        let models = ModelFolder::resolve(Some(folder.path()));
        let file = folder.path().join("ggml-small-q5_0.bin");
        fs::write(&file, b"lmgg....").unwrap();
        let wanted = ModelFiles::Ggml { file: file.clone() };
        for name in ["small-q5_0", "ggml-small-q5_0", "ggml-small-q5_0.bin", file.to_str().unwrap()]
        {
            assert_eq!(models.locate(name).unwrap(), wanted, "{name}");
        }
        assert_eq!(wanted.label(), "small-q5_0");
        fs::write(&file, b"GGUF....").unwrap();
        let check = |name: &str, why: &str| {
            let error = models.locate(name).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        check("small-q5_0", "GGUF");
        check("nothing", "whisper-base-ct2");
        check("", "no model");
        check("whisper-base-ct2", "models pull whisper-base-ct2");
        check("onnxruntime", "models pull");
        fs::create_dir(folder.path().join("whisper-x")).unwrap();
        check("x", "no model.bin");
        fs::write(folder.path().join("whisper-x/model.bin"), b"hello, I am no model").unwrap();
        check("x", "not a CTranslate2 model");
    }

    #[test]
    fn a_wrong_file_is_told_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let models = ModelFolder::resolve(Some(folder.path()));
        assert!(matches!(models.verify("silero-vad"), Err(ModelError::Missing { .. })));
        let artefact = known("silero-vad").unwrap();
        assert_eq!(models.presence(artefact), Presence::Absent);
        let path = models.place(artefact, &artefact.files[0]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"wrong").unwrap();
        assert_eq!(models.presence(artefact), Presence::Partial);
        assert!(matches!(models.verify("silero-vad"), Err(ModelError::Hash { .. })));
    }
}
