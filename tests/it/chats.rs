//! Chat logs through the whole product: read, judged by the built-in rubrics, reported. No model is
//! needed, so these run in every build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lingting::app::{
    AnalyzeError, AnalyzeOptions, Ending, EngineChoice, EngineOptions, PiiMode, RunSummary,
    analyze, stored_report,
};
use lingting::engine::models::ModelFolder;
use lingting::report::{UiLanguage, file_stem};
use lingting::rubric::{Rubric, built_in};
use serde_json::Value;

pub(crate) fn chats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chats")
}

fn run(paths: Vec<PathBuf>, out: &Path, pii: PiiMode) -> RunSummary {
    run_with(paths, out, pii, built_in().unwrap())
}

pub(crate) fn run_with(
    paths: Vec<PathBuf>,
    out: &Path,
    pii: PiiMode,
    rubrics: Vec<Rubric>,
) -> RunSummary {
    let options = options(paths, out, pii, rubrics);
    analyze(&options, &Arc::new(AtomicBool::new(false))).unwrap()
}

fn options(paths: Vec<PathBuf>, out: &Path, pii: PiiMode, rubrics: Vec<Rubric>) -> AnalyzeOptions {
    AnalyzeOptions {
        paths,
        out: out.to_owned(),
        // A folder without models: chats need none.
        engine: EngineOptions {
            models: ModelFolder::resolve(Some(&out.join("no-models"))),
            model: "none".to_owned(),
            engine: EngineChoice::Auto,
            workers: 1,
            beam: 1,
        },
        rubrics,
        jobs: 2,
        pii,
        redact_audio: true,
        force: false,
        ui: None,
        language: UiLanguage::En,
        quiet: true,
    }
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn verdict<'r>(report: &'r Value, criterion: &str) -> Vec<&'r str> {
    let cards = report["scorecards"].as_array().unwrap();
    let findings = cards.iter().flat_map(|card| card["findings"].as_array().unwrap());
    findings
        .filter(|finding| finding["criterion"] == criterion)
        .map(|finding| finding["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn the_sample_chats_are_judged_as_recorded() {
    let out = tempfile::tempdir().unwrap();
    let summary = run(vec![chats()], out.path(), PiiMode::Mask);
    assert_eq!(summary.call_ids(), ["en-C2", "zh-C1"], "{:?}", summary.endings);
    let schema = parsed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let expected = parsed(&chats().join("expected.json"));
    let mut wrong = Vec::new();
    for (id, wanted) in expected.as_object().unwrap() {
        let report = parsed(&out.path().join(format!("{id}.json")));
        let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{id}: {errors:?}");
        assert_eq!(report["media"]["codec"], "chat");
        assert_eq!(report["conversation"]["response"], wanted["response"], "{id}");
        for (criterion, want) in wanted["criteria"].as_object().unwrap() {
            let got = verdict(&report, criterion);
            if !got.contains(&want.as_str().unwrap()) {
                wrong.push(format!("{id}: {criterion} is {got:?}, not {want}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let again = run(vec![chats()], out.path(), PiiMode::Mask);
    let unchanged = |ending: &Ending| matches!(ending, Ending::Unchanged { .. });
    assert_eq!(again.endings.iter().filter(|(_, ending)| unchanged(ending)).count(), 2);
}

#[test]
fn no_criterion_passes_that_needs_a_voice() {
    let out = tempfile::tempdir().unwrap();
    run(vec![chats()], out.path(), PiiMode::Mask);
    for id in ["en-C2", "zh-C1"] {
        let report = parsed(&out.path().join(format!("{id}.json")));
        for criterion in
            ["no_interruption", "no_long_silence", "speech_rate", "answered_within_3_rings"]
        {
            let got = verdict(&report, criterion);
            assert!(
                got.iter().all(|verdict| *verdict == "not_applicable"),
                "{id} {criterion} {got:?}"
            );
        }
    }
}

/// Every file of a run, as text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap_or_default())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn personal_data_is_masked_on_every_surface() {
    for (mode, shown_in) in [
        (PiiMode::Mask, vec!["zh-C1.private.json"]),
        (PiiMode::Keep, vec!["zh-C1.json"]),
        (PiiMode::Drop, vec![]),
    ] {
        let out = tempfile::tempdir().unwrap();
        run(vec![chats()], out.path(), mode);
        let holds = |secret: &str| -> Vec<String> {
            let all = files(out.path()).into_iter();
            all.filter(|(_, text)| text.contains(secret)).map(|(name, _)| name).collect()
        };
        assert_eq!(holds("19900006136"), shown_in, "{mode:?}");
        let card = if mode == PiiMode::Drop { vec![] } else { holds("4111 1111 1111 1111") };
        assert_eq!(card.len(), usize::from(mode != PiiMode::Drop), "{mode:?} {card:?}");
        // Nobody may keep it: no choice shows it.
        assert!(holds("code 123").is_empty(), "{mode:?}");
        assert!(!holds("code ***").is_empty(), "{mode:?}");
    }
}

#[test]
fn a_masked_report_and_its_private_file_are_the_report_in_clear() {
    let (masked, clear) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(vec![chats()], masked.path(), PiiMode::Mask);
    run(vec![chats()], clear.path(), PiiMode::Keep);
    for id in ["en-C2.json", "zh-C1.json"] {
        let restored = stored_report(&masked.path().join(id)).unwrap();
        let kept = stored_report(&clear.path().join(id)).unwrap();
        assert_eq!(restored.transcript.utterances.len(), kept.transcript.utterances.len());
        assert!(restored.transcript == kept.transcript, "{id}");
        assert!(restored.scorecards == kept.scorecards, "{id}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let rights = |name: &str| {
            fs::metadata(masked.path().join(name)).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((rights("zh-C1.private.json"), rights("zh-C1.json")), (0o600, 0o640));
    }
}

#[test]
fn calls_named_like_the_files_of_others_keep_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ["a", "a.private", "a.private_", "a.redaction", "index"];
    let log = |id: &str| folder.path().join(format!("{id}.csv"));
    for id in ids {
        let text =
            format!("speaker,text\nagent,您好，这里是{id}\ncustomer,我的手机号是19900006136\n");
        fs::write(log(id), text).unwrap();
    }
    let mut backwards = ids;
    backwards.reverse();
    for order in [ids, backwards] {
        let out = tempfile::tempdir().unwrap();
        for id in order {
            run(vec![log(id)], out.path(), PiiMode::Mask);
        }
        let again = run(order.iter().map(|id| log(id)).collect(), out.path(), PiiMode::Mask);
        let unchanged = |ending: &Ending| matches!(ending, Ending::Unchanged { .. });
        assert!(again.endings.iter().all(|(_, ending)| unchanged(ending)), "{:?}", again.endings);
        for id in ids {
            let path = out.path().join(format!("{}.json", file_stem(id)));
            assert!(!fs::read_to_string(&path).unwrap().contains("19900006136"), "{id}");
            let clear = stored_report(&path).unwrap();
            assert_eq!(clear.call.call_id, id);
            assert!(clear.transcript.utterances[1].text.contains("19900006136"), "{id}");
        }
    }
}

#[test]
fn a_bad_log_fails_alone_and_names_its_line() {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("good.csv", "speaker,time,text\nagent,1,Hello\n");
    write("bad.csv", "speaker,time,text\nagent,1,Hello\nagent,then,Bye\n");
    write("prices.csv", "item,price\nkettle,30\n");
    write("other.json", "{\"a\": 1}");
    write("report.json", &fs::read_to_string(report_of_a_run(out.path())).unwrap());
    let summary = run(vec![folder.path().to_owned()], out.path(), PiiMode::Mask);
    assert_eq!(summary.call_ids(), ["good"]);
    let failed: Vec<&str> = summary
        .endings
        .iter()
        .filter_map(|(_, ending)| match ending {
            Ending::Failed { reason } => Some(reason.text(UiLanguage::En)),
            _ => None,
        })
        .collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].contains("bad.csv: line 3: the time is none of"), "{failed:?}");
    let skipped = summary.endings.iter().filter(|(_, e)| matches!(e, Ending::Skipped { .. }));
    assert_eq!(skipped.count(), 3);
}

#[test]
fn what_is_not_there_is_told_where_no_model_is_either() {
    let folder = tempfile::tempdir().unwrap();
    let (nowhere, out) = (folder.path().join("nowhere.wav"), folder.path().join("out"));
    let summary = run(vec![nowhere.clone()], &out, PiiMode::Mask);
    let [(name, Ending::Failed { reason })] = &summary.endings[..] else {
        panic!("{:?}", summary.endings)
    };
    assert_eq!(*name, nowhere.display().to_string());
    assert!(reason.text(UiLanguage::En).contains("check the path"), "{reason:?}");
    // Beside a recording, which does need a model, it is told before the lack of one.
    let there = folder.path().join("there.wav");
    fs::write(&there, "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["analyze", "--lang", "en"])
        .arg(&nowhere)
        .arg(&there)
        .arg("--models")
        .arg(folder.path())
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let (path, model) = (told.find("check the path"), told.find("models pull"));
    assert!(path.is_some() && path < model, "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_folder_without_recordings_says_what_it_holds_instead() {
    let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("a.wav.part"), "RIFF").unwrap();
    let paths = vec![folder.path().to_owned()];
    let options = options(paths, out.path(), PiiMode::Mask, built_in().unwrap());
    let error = analyze(&options, &Arc::new(AtomicBool::new(false))).unwrap_err();
    assert!(matches!(&error, AnalyzeError::Nothing(skipped) if skipped.len() == 1));
    assert!(error.to_string().ends_with("a.wav.part: still being written, by its name"), "{error}");
    let error = error.zh();
    assert!(error.contains("a.wav.part：") && error.contains("仍在写入"), "{error}");
}

/// A report: it holds utterances, and is no chat.
fn report_of_a_run(out: &Path) -> PathBuf {
    run(vec![chats().join("en-C2.json")], out, PiiMode::Keep);
    out.join("en-C2.json")
}
