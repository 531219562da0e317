//! The real command on real recordings: shared by the modules that run it.
//!
//! Needs the models that `lingting models pull` fetches, ffmpeg, and a Unix for the signals.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The command with its arguments, its language, and nothing of the caller's locale.
pub(crate) fn lingting(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lingting"));
    command.args(arguments).env_remove("LC_ALL").env("LANG", "C").stdin(Stdio::null());
    command.env_remove("LINGTING_LOG");
    command
}

/// What a run said about itself.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) json: Value,
    pub(crate) errors: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{e}: no JSON on the output stream: {text:?}\n{errors}"));
        Self { code: output.status.code(), json, errors }
    }

    /// Endings by file name; each input has exactly one, and the counts agree (law 8).
    #[track_caller]
    pub(crate) fn endings(&self) -> BTreeMap<String, (String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let inputs = self.json["inputs"].as_array().unwrap();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut endings = BTreeMap::new();
        for input in inputs {
            let name = text(&input["file"]);
            let ending = text(&input["ending"]);
            *counts.entry(ending.clone()).or_default() += 1;
            let twice = endings.insert(name, (ending, text(&input["reason"])));
            assert!(twice.is_none(), "an input with two endings: {}", self.json["inputs"]);
        }
        for (ending, count) in &counts {
            assert_eq!(self.json["counts"][ending], *count, "{}", self.json["counts"]);
        }
        let told: u64 =
            self.json["counts"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(told as usize, inputs.len());
        endings
    }

    /// How many inputs ended so.
    pub(crate) fn count(&self, ending: &str) -> usize {
        self.endings().values().filter(|(one, _)| one == ending).count()
    }
}

/// Runs `analyze` to its end.
#[track_caller]
pub(crate) fn analyze(paths: &[&Path], out: &Path, more: &[&str]) -> Outcome {
    Outcome::of(&analyze_command(paths, out, more).output().unwrap())
}

pub(crate) fn analyze_command(paths: &[&Path], out: &Path, more: &[&str]) -> Command {
    let mut command = lingting(&["analyze", "--json"]);
    command.args(paths).arg("--out").arg(out).args(more);
    command
}

/// Starts `analyze`, and waits for its first report.
#[track_caller]
pub(crate) fn start_until_first_report(input: &Path, out: &Path) -> Child {
    let mut child = analyze_command(&[input], out, &["--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while reports(out).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "ended before its first report");
        assert!(started.elapsed() < Duration::from_secs(60), "no report after a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Call ids that have a report.
pub(crate) fn reports(out: &Path) -> Vec<String> {
    let mut ids: Vec<String> =
        files(out).iter().filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    // What lies beside a report is none.
    ids.retain(|id| !id.ends_with(".private") && !id.ends_with(".redaction"));
    ids.sort();
    ids
}

/// Names of all files in a folder; none where there is no folder yet.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Real speech, 8 kHz A-law, 4 to 5 s.
pub(crate) fn speech(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/speech/{language}.wav"))
}

/// Copies of real speech under these names.
pub(crate) fn calls(folder: &Path, names: &[&str]) {
    fs::create_dir_all(folder).unwrap();
    for name in names {
        fs::copy(speech("zh"), folder.join(format!("{name}.wav"))).unwrap();
    }
}

/// Runs a tool, which must be there and succeed.
#[track_caller]
pub(crate) fn tool(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} is needed for this test: {e}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
}
