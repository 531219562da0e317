//! The whole product on the sample calls, as a user runs it: the built binary, real models.
//!
//! Needs the models (`lingting models pull`). Without them it says so and passes, unless
//! LINGTING_SAMPLES=required. What is to be found stands in `tests/calls/expected.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lingting::engine::models::{ModelFolder, Presence};
use serde_json::{Value, json};

const VERDICTS: [&str; 5] = ["not_applicable", "pass", "undetermined", "fail", "critical"];

pub(crate) fn calls() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls")
}

pub(crate) fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Whether this build and this machine can recognise speech.
pub(crate) fn able() -> bool {
    let built = cfg!(all(feature = "ct2", feature = "onnx", feature = "opus"));
    let here = |one: &lingting::engine::models::Listed| {
        !one.artefact.default || one.presence == Presence::Present
    };
    let able = built && ModelFolder::resolve(None).list().iter().all(here);
    let required = std::env::var("LINGTING_SAMPLES").is_ok_and(|value| value == "required");
    assert!(able || !required, "the default features and `lingting models pull` are needed");
    able
}

/// Runs `lingting analyze` on the samples, and gives the account that it prints.
fn analyze(out: &Path) -> Value {
    let done = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["--lang", "en", "analyze", "--json", "--out"])
        .args([out, &calls()])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    let cards = report["scorecards"].as_array().unwrap();
    cards.iter().flat_map(|card| card["findings"].as_array().unwrap())
}

#[test]
fn the_sample_calls_are_judged_as_recorded() {
    if !able() {
        eprintln!("skipped: no models, or not built with the default features");
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let expected: BTreeMap<String, Value> =
        serde_json::from_value(parsed(&calls().join("expected.json"))).unwrap();

    let account = analyze(out.path());
    all_ended_as("done", expected.len(), &account);
    let mut wrong = Vec::new();
    for (id, wanted) in &expected {
        let report = parsed(&out.path().join(format!("{id}.json")));
        assert!(out.path().join(format!("{id}.html")).is_file());
        holds_the_contract(id, &report);
        wrong.extend(differences(id, wanted, &report));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    let again = analyze(out.path());
    all_ended_as("unchanged", expected.len(), &again);
}

/// One signal on both channels, one quieter, and a sidecar that puts the parties on them: a call on one leg all the same.
#[test]
fn mono_sold_as_stereo_is_heard_as_mono() {
    if !able() {
        eprintln!("skipped: no models, or not built with the default features");
        return;
    }
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mono = calls().join("zh-M5.wav");
    fs::copy(&mono, folder.path().join("mono.wav")).unwrap();
    let both = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-i"])
        .arg(&mono)
        .args(["-af", "pan=stereo|c0=0.3*c0|c1=c0"])
        .arg(folder.path().join("both.wav"))
        .status();
    assert!(both.unwrap().success());
    let mut info = parsed(&calls().join("zh-M5.call.json"));
    for (name, legs) in [("mono", Value::Null), ("both", json!(["agent", "customer"]))] {
        (info["call_id"], info["legs"]) = (name.into(), legs);
        fs::write(folder.path().join(format!("{name}.call.json")), info.to_string()).unwrap();
    }
    let done = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["analyze", "--out"])
        .args([out.path(), folder.path()])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let [mono, both] = ["mono.json", "both.json"].map(|name| parsed(&out.path().join(name)));
    let kinds = |report: &Value| {
        let problems = report["media"]["problems"].as_array().unwrap().clone();
        problems.into_iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    let (alone, copied): (BTreeSet<String>, BTreeSet<String>) = (kinds(&mono), kinds(&both));
    assert!(!alone.contains("mono_as_stereo") && copied.contains("mono_as_stereo"));
    let said = |report: &Value| {
        let utterances = report["transcript"]["utterances"].as_array().unwrap().clone();
        let each = utterances.into_iter().map(|one| (one["party"].clone(), one["text"].clone()));
        each.collect::<Vec<_>>()
    };
    assert_eq!(both["media"]["channels"], 1);
    assert_eq!(said(&both), said(&mono));
    let verdicts =
        |report: &Value| findings(report).map(|one| one["verdict"].clone()).collect::<Vec<_>>();
    assert_eq!(verdicts(&both), verdicts(&mono));
}

/// All calls ended like this; what else lies in the folder was skipped, and nothing is missing.
fn all_ended_as(ending: &str, calls: usize, account: &Value) {
    let files = fs::read_dir(self::calls()).unwrap().map(|file| file.unwrap().file_name());
    let others =
        files.filter(|name| !name.to_string_lossy().ends_with(".call.json")).count() - calls;
    assert_eq!(account["counts"], json!({ ending: calls, "skipped": others }), "{account}");
}

/// What is not as `expected.json` has it: the verdict, and violations that were not found.
fn differences(id: &str, wanted: &Value, report: &Value) -> Vec<String> {
    let verdicts = report["scorecards"].as_array().unwrap().iter().map(|card| &card["verdict"]);
    let rank = |verdict: &&Value| VERDICTS.iter().position(|known| *verdict == known).unwrap();
    let verdict = verdicts.max_by_key(rank).unwrap();
    let violated: BTreeSet<&str> = findings(report)
        .filter(|finding| finding["verdict"] == "not_met")
        .map(|finding| finding["criterion"].as_str().unwrap())
        .collect();
    let mut wrong = Vec::new();
    if *verdict != wanted["verdict"] {
        wrong.push(format!("{id}: {verdict}, not {} ({violated:?})", wanted["verdict"]));
    }
    for criterion in wanted["violated"].as_array().unwrap() {
        if !violated.contains(criterion.as_str().unwrap()) {
            wrong.push(format!("{id}: {criterion} is not among {violated:?}"));
        }
    }
    wrong
}

/// The schema, and what it cannot say: a verdict has proof, and the proof lies inside the call.
fn holds_the_contract(id: &str, report: &Value) {
    let schema = parsed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{id}: {errors:?}");
    let duration_s = report["media"]["duration_s"].as_f64().unwrap();
    for finding in findings(report) {
        let evidence = finding["evidence"].as_array().map_or(&[][..], Vec::as_slice);
        let decided = matches!(finding["verdict"].as_str().unwrap(), "met" | "not_met");
        assert!(!decided || !evidence.is_empty(), "{id}: no proof of {finding}");
        for item in evidence.iter().filter(|item| !item["start_s"].is_null()) {
            let (start_s, end_s) = (item["start_s"].as_f64(), item["end_s"].as_f64());
            let inside = Some(0.0) <= start_s && start_s < end_s && end_s <= Some(duration_s);
            assert!(inside, "{id}: {item} is not inside {duration_s} s");
        }
    }
}
