//! `lingting rubric test` as a rubric's author runs it: what passes, what differs, what a recogniser costs.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RUBRIC: &str = "\
rubric: hotline
version: 1
title: {zh: 热线, en: Hotline}
language: zh
match: phonetic
criteria:
  - id: greets
    severity: minor
    met: {phrase: [您好很高兴为您服务], by: agent}
  - id: no_refusal
    severity: major
    violated_by: {phrase: [这事不归我管], skip: [quoted], by: agent}
";

const DIALOGUES: &str = "\
phrasings:
  - criterion: no_refusal
    before: [{agent: 您好很高兴为您服务}]
    not_met: [这事不归我管]
    met: [前台说这事不归我管, 这事我来管]
dialogues:
  - name: greeting
    turns:
      - agent: 您好很高兴为您服务
      - customer: 你好
    met: [greets, no_refusal]
    verdict: pass
";

struct Done {
    code: Option<i32>,
    out: String,
    errors: String,
}

fn run(folder: &Path, arguments: &[&str]) -> Done {
    let done = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["rubric", "test"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("LC_ALL")
        .env("LANG", "C")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: done.status.code(), out: text(&done.stdout), errors: text(&done.stderr) }
}

fn folder(rubric: &str, dialogues: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hotline.yaml"), rubric).unwrap();
    if let Some(dialogues) = dialogues {
        std::fs::write(folder.path().join("hotline.tests.yaml"), dialogues).unwrap();
    }
    folder
}

#[test]
fn dialogues_stand_beside_a_rubric_or_in_it() {
    let beside = folder(RUBRIC, Some(DIALOGUES));
    let indented = DIALOGUES.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let inside = folder(&format!("{RUBRIC}tests:\n{indented}"), None);
    for (folder, file) in
        [(&beside, "hotline.yaml"), (&beside, "hotline.tests.yaml"), (&inside, "hotline.yaml")]
    {
        let done = run(folder.path(), &[file]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.errors);
        assert!(done.out.contains("4 dialogues passed"), "{}", done.out);
    }
    let none = run(folder(RUBRIC, None).path(), &["hotline.yaml"]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("hotline.tests.yaml"), "{}", none.errors);
}

#[test]
fn what_differs_is_told_with_its_line_and_why() {
    let wrong = DIALOGUES
        .replace("not_met: [这事不归我管]", "met: [这事不归我管]")
        .replace("\n    met: [前台说这事不归我管, 这事我来管]", "");
    let folder = folder(RUBRIC, Some(&wrong));
    let done = run(folder.path(), &["hotline.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.errors);
    for part in
        ["hotline.tests.yaml:4", "- expected met", "+ got not_met", "“这事不归我管”", "1 of 2"]
    {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let json: Value =
        serde_json::from_str(&run(folder.path(), &["hotline.yaml", "--json"]).out).unwrap();
    assert_eq!(json["failed"], 1);
    let passed = run(folder.path(), &["hotline.yaml", "--only", "greeting"]);
    assert_eq!(passed.code, Some(0), "{}", passed.out);
}

#[test]
fn mistakes_in_a_file_of_dialogues_are_told_at_their_place() {
    for (from, to, wanted) in [
        ("criterion: no_refusal", "criterion: no_refusals", "did you mean `no_refusal`"),
        ("turns:", "tuns:", "did you mean `turns`"),
        ("- customer: 你好", "- costumer: 你好", ":10:9: error"),
        ("verdict: pass", "verdict: passed", "did you mean `pass`"),
        ("met: [greets, no_refusal]", "met: [greets, greets]", "expected twice"),
    ] {
        let folder = folder(RUBRIC, Some(&DIALOGUES.replace(from, to)));
        let done = run(folder.path(), &["hotline.yaml"]);
        assert_eq!(done.code, Some(1), "{to}: {}", done.out);
        assert!(done.errors.contains(wanted), "{to}: {}", done.errors);
    }
}

#[test]
fn misheard_dialogues_are_found_by_sound_more_often_than_by_letters() {
    let folder = folder(RUBRIC, Some(DIALOGUES));
    let arguments = ["hotline.yaml", "--corrupt", "0.2", "--repeat", "40", "--json"];
    let done = run(folder.path(), &arguments);
    let json: Value = serde_json::from_str(&done.out).unwrap();
    let recall = |how: &str| json["corrupted"]["all"][how]["recall"].as_f64().unwrap();
    assert!(recall("phonetic") > 0.7, "{json:#}");
    assert!(recall("phonetic") > recall("exact") + 0.2, "{json:#}");
    assert_eq!(done.out, run(folder.path(), &arguments).out, "the seed decides");
    let table = run(folder.path(), &["hotline.yaml", "--corrupt", "0.2"]).out;
    assert!(table.contains("no_refusal") && table.contains("recall"), "{table}");
}

#[test]
fn each_miss_that_is_counted_is_shown_as_said_and_as_heard() {
    let folder = folder(RUBRIC, Some(DIALOGUES));
    let misheard = ["hotline.yaml", "--corrupt", "0.5", "--repeat", "40"];
    let with = |more: &[&str]| run(folder.path(), &[&misheard[..], more].concat());
    let json: Value = serde_json::from_str(&with(&["--misses", "--json"]).out).unwrap();
    let (slips, all) = (&json["corrupted"]["slips"], &json["corrupted"]["all"]["phonetic"]);
    let slips = slips.as_array().unwrap();
    let counted = |missed: bool| slips.iter().filter(|slip| slip["missed"] == missed).count();
    assert_eq!(counted(true) as u64, all["missed"].as_u64().unwrap());
    assert_eq!(counted(false) as u64, all["invented"].as_u64().unwrap());
    assert!(counted(true) > 0, "half of all characters are misheard: {json:#}");
    for slip in slips.iter().filter(|slip| slip["missed"] == true) {
        let turn = &slip["turns"][0];
        let (said, heard) = (&turn["said"]["quote"], &turn["heard"]);
        assert!(said.as_str().is_some_and(|said| RUBRIC.contains(said)), "{slip:#}");
        assert_ne!(said, heard, "{slip:#}");
    }
    let told = with(&["--misses"]).out;
    assert_eq!(told.matches("missed ").count(), counted(true), "{told}");
    let untold = with(&["--json"]).out;
    assert!(!untold.contains("\"missed\": true"), "{untold}");
}
