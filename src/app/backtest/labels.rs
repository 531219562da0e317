//! What people decided: a folder with a file a call, or a table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rubric::backtest::{Decisions, Outcome};

/// Decisions, wherever they are kept.
#[derive(Debug, Clone, Default)]
pub enum Labels {
    /// Nobody decided anything.
    #[default]
    None,
    /// `<call_id>.json` each, with `{"rubric": {"<criterion>": {"result": "met|not_met|na"}}}`.
    Folder(PathBuf),
    /// By call.
    Table(BTreeMap<String, Decisions>),
}

/// Why decisions cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// No JSON.
    #[error("{file}: {source}")]
    Json {
        /// The file.
        file: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// No table, or without the columns that are needed.
    #[error("{file}: {source}; wanted are the columns call_id,criterion,verdict")]
    Csv {
        /// The file.
        file: String,
        /// What is wrong.
        source: csv::Error,
    },
    /// A word that is no verdict.
    #[error("{file}: {criterion}: `{word}` is none of met, not_met, na, undetermined")]
    Verdict {
        /// The file, with its line where it is a table.
        file: String,
        /// The criterion.
        criterion: String,
        /// What stands there.
        word: String,
    },
}

impl Labels {
    /// A folder of files, or a table with the columns `call_id,criterion,verdict`.
    ///
    /// # Errors
    /// [`LabelError`] when a table cannot be read.
    pub fn open(path: &Path) -> Result<Self, LabelError> {
        let name = path.display().to_string();
        let io = |source| LabelError::Io { file: name.clone(), source };
        if fs::metadata(path).map_err(io)?.is_dir() {
            return Ok(Labels::Folder(path.to_owned()));
        }
        let csv = |source| LabelError::Csv { file: name.clone(), source };
        let mut table: BTreeMap<String, Decisions> = BTreeMap::new();
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(csv)?;
        for (row, line) in reader.deserialize::<(String, String, String)>().zip(2u64..) {
            let (call, criterion, word) = row.map_err(csv)?;
            let file = format!("{name}:{line}");
            let outcome = decision(&file, &criterion, &word)?;
            table.entry(call).or_default().insert(criterion, outcome);
        }
        Ok(Labels::Table(table))
    }

    /// What people decided about a call.
    ///
    /// # Errors
    /// [`LabelError`] when its file is there and cannot be read.
    pub fn of(&self, call: &str) -> Result<Decisions, LabelError> {
        match self {
            Labels::None => Ok(Decisions::new()),
            Labels::Table(table) => Ok(table.get(call).cloned().unwrap_or_default()),
            Labels::Folder(folder) => from_file(&folder.join(format!("{call}.json"))),
        }
    }
}

fn from_file(path: &Path) -> Result<Decisions, LabelError> {
    let file = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Decisions::new()),
        Err(source) => return Err(LabelError::Io { file, source }),
    };
    let value: Value = serde_json::from_str(&text)
        .map_err(|source| LabelError::Json { file: file.clone(), source })?;
    let rubric = value.get("rubric").and_then(Value::as_object);
    let each = rubric.into_iter().flatten().map(|(criterion, decided)| {
        let word = decided.get("result").unwrap_or(decided).as_str().unwrap_or_default();
        Ok((criterion.clone(), decision(&file, criterion, word)?))
    });
    each.collect()
}

fn decision(file: &str, criterion: &str, word: &str) -> Result<Outcome, LabelError> {
    Outcome::parse(word).ok_or_else(|| LabelError::Verdict {
        file: file.to_owned(),
        criterion: criterion.to_owned(),
        word: word.to_owned(),
    })
}
