//! `lingting rubric check|show|diff|explain|fmt`, as a person types them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lingting::domain::{CallRecord, Direction};
use lingting::rubric::{CallFacts, Plan, built_in};
use serde_json::Value;

use crate::rubric::{dialogue, info};
use crate::rubric_again::report;

struct Ran {
    code: Option<i32>,
    out: String,
    errors: String,
}

fn rubric(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["--lang", "en", "rubric"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
}

fn packs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/rubrics");
    let yaml = |folder: &Path| -> Vec<PathBuf> {
        let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        // Dialogues beside a pack have a form of their own.
        let rubric = |name: &str| name.ends_with(".yaml") && !name.ends_with(".tests.yaml");
        all.filter(|path| rubric(&path.to_string_lossy())).collect()
    };
    [yaml(&folder), yaml(&folder.join("lists")), yaml(&folder.join("contracts"))].concat()
}

#[track_caller]
fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_ships_is_formatted() {
    let packs = packs();
    assert!(packs.len() >= 10, "{packs:?}");
    let mut arguments = vec!["fmt", "--check"];
    arguments.extend(packs.iter().map(|path| path.to_str().unwrap()));
    let ran = rubric(&arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "run `lingting rubric fmt` on them");
}

const UNTIDY: &str = "# mine\nversion: 1\nrubric: x\ntitle:   t\ncriteria:\n- {severity: minor, id: a, met: {by: agent, phrase: '您好'}} # greets\n";
const TIDY: &str = "# mine\nrubric: x\nversion: 1\ntitle: t\ncriteria:\n  - {id: a, severity: minor, met: {phrase: 您好, by: agent}} # greets\n";

#[test]
fn fmt_writes_what_check_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "x.yaml", UNTIDY);
    let broken = write(folder.path(), "broken.yaml", "a: [\n");
    let checked = rubric(&["fmt", "--check", &file]);
    assert_eq!(checked.code, Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), UNTIDY, "--check writes nothing");
    let written = rubric(&["fmt", &broken, &file]);
    assert_eq!(written.code, Some(1), "one of them is broken");
    assert!(written.out.contains("broken.yaml:1:4: error:"), "{}", written.out);
    assert_eq!(fs::read_to_string(&file).unwrap(), TIDY, "the other is formatted all the same");
    assert_eq!(rubric(&["fmt", "--check", &file]).code, Some(0));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing else is left in the folder");
}

#[cfg(unix)]
#[test]
fn fmt_keeps_a_files_rights_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "x.yaml", UNTIDY);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.yaml");
    symlink(&file, &link).unwrap();
    assert_eq!(rubric(&["fmt", link.to_str().unwrap()]).code, Some(0));
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), TIDY);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn check_names_line_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "x.yaml", &TIDY.replace("minor", "miner"));
    let ran = rubric(&["check", &file]);
    assert_eq!(ran.code, Some(1));
    let want = "x.yaml:6:23: error: there is no severity `miner`; did you mean `minor`?";
    assert!(ran.out.contains(want), "{}", ran.out);
    assert_eq!(rubric(&["check"]).code, Some(0));
}

#[test]
fn show_tells_a_rubric_in_words() {
    let ran = rubric(&["show", "inbound-service-zh"]);
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    for wanted in
        ["Opening", "[greeting_hello]  major", "by agent; within first 2 turns", "only when: waits"]
    {
        assert!(ran.out.contains(wanted), "{wanted} in {}", ran.out);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "x.yaml",
        "rubric: x\nversion: 1\ntitle: t\nsections:\n  s: {title: S, weight: 1}\n  u: {title: U, weight: 3}\ncriteria:\n  - {id: a, section: s, severity: minor, met: {phrase: [您好, 你好]}}\n  - {id: b, section: u, severity: minor, penalty: [2, 5], violated_by: {phrase: 不知道}}\n  - {id: c, section: u, severity: info, weight: 2, met: {silence: {above: 3s}}}\n",
    );
    let json: Value = serde_json::from_str(&rubric(&["show", "--json", &file]).out).unwrap();
    assert_eq!(json["criteria"][0]["percent"], 25.0);
    assert_eq!(json["criteria"][1]["penalty"], "[2, 5]");
    assert_eq!(json["criteria"][2]["percent"], 75.0);
    assert_eq!(json["criteria"][0]["met"]["phrase"], serde_json::json!(["您好", "你好"]));
    let none = rubric(&["show", "inbound"]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("inbound-service-zh"), "{}", none.errors);
}

const OLD: &str = "rubric: x\nversion: 1\ntitle: t\npass_mark: 60\nphrases:\n  hello: [您好, 早上好]\nconditions:\n  greets: {phrase: $hello, by: agent}\ncriteria:\n  - {id: a, severity: minor, weight: 10, met: greets}\n  - {id: b, severity: minor, weight: 10, violated_by: {silence: {above: 10s}}}\n  - {id: gone, severity: info, weight: 10, met: greets}\n";

#[test]
fn diff_tells_what_is_judged_otherwise_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let old = write(folder.path(), "old.yaml", OLD);
    // Another order, other names, the list written out: it judges the same.
    let same = "rubric: x\nversion: 1\ntitle: t\npass_mark: 60\nconditions:\n  says_hello: {by: agent, phrase: [早上好, 您好], match: exact}\ncriteria:\n  - {id: gone, severity: info, weight: 10, met: says_hello}\n  - {id: b, severity: minor, weight: 10, violated_by: {silence: {above: 10s}}}\n  - {id: a, severity: minor, weight: 10, met: {phrase: [您好, 早上好], by: agent}}\n";
    let same = write(folder.path(), "same.yaml", same);
    assert_eq!(rubric(&["diff", &old, &same]).out, "they judge the same\n");

    let new = OLD
        .replace("早上好]", "晚上好]")
        .replace("above: 10s", "above: 12s")
        .replace("{id: gone", "{id: new")
        .replace("id: b, severity: minor, weight: 10", "id: b, severity: major, weight: 30")
        .replace("pass_mark: 60", "pass_mark: 70");
    let new = write(folder.path(), "new.yaml", &new);
    let ran = rubric(&["diff", "--json", &old, &new]);
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let told: Vec<String> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {} {}→{}",
                text("of"),
                text("change"),
                text("name"),
                text("before"),
                text("after")
            )
        })
        .collect();
    for wanted in [
        "pass_mark value  60→70",
        "a phrases  →",
        "a value share 33.3 %→20.0 %",
        "b value severity minor→major",
        "b value weight 10→30",
        "b condition violated_by →",
        "new criterion_added  →",
        "gone criterion_removed  →",
    ] {
        assert!(told.iter().any(|one| one == wanted), "{wanted} in {told:#?}");
    }
    let phrases =
        &json["changes"].as_array().unwrap().iter().find(|one| one["change"] == "phrases").unwrap();
    assert_eq!(
        (&phrases["added"][0], &phrases["removed"][0]),
        (&"晚上好".into(), &"早上好".into())
    );
    let text = rubric(&["diff", &old, &new]).out;
    assert!(
        text.contains("- silence: above 10s") && text.contains("+ silence: above 12s"),
        "{text}"
    );
}

/// A call, judged and kept.
fn kept(folder: &Path, lines: &str) -> String {
    let (utterances, conversation, duration_ms) = dialogue(lines);
    let record = CallRecord {
        info: info("zh", Direction::Inbound, "远洋银行"),
        utterances,
        conversation,
        duration_ms,
        parties_confidence: 1.0,
        unheard: Vec::new(),
    };
    let cards = Plan::compile(built_in().unwrap()).evaluate(&CallFacts::from(&record));
    write(folder, "call.json", &report(&record, &cards).to_json())
}

#[test]
fn explain_shows_each_condition_with_its_value_and_proof() {
    let folder = tempfile::tempdir().unwrap();
    let call = kept(
        folder.path(),
        "a 您好，远洋银行，工号三零二六，请问有什么可以帮您\nc 我想查账单，我的手机是13800138000\na 请您稍等\n- 6\na 让您等久了，请问还有其他需要吗\nc 没有\na 感谢来电，再见",
    );
    let ran = rubric(&["explain", &call]);
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    assert!(ran.out.contains("[inbound-service-zh / verifies_identity]: not met"), "{}", ran.out);
    assert!(!ran.out.contains("/ greeting_hello]"), "what was met is not in the way");
    assert!(!ran.out.contains("13800138000"), "personal data stays masked");

    let one = |criterion: &str, more: &[&str]| -> Value {
        let arguments = [&["explain", "--json", &call, "--criterion", criterion], more].concat();
        let ran = rubric(&arguments);
        let json: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.errors));
        json["criteria"][0].clone()
    };
    // A presence: when, what was heard, for which phrase.
    let hello = one("greeting_hello", &[]);
    let node = &hello["parts"][0]["condition"];
    assert_eq!((&hello["verdict"], &node["value"]), (&"met".into(), &"true".into()));
    assert_eq!(node["evidence"][0]["quote"], "您好");
    assert_eq!(node["evidence"][0]["start_s"], 0.5);
    // A tree: the wait was there, its parts one by one.
    let wait = one("asks_to_wait", &[]);
    let node = &wait["parts"][0]["condition"];
    assert_eq!((&node["name"], &node["value"]), (&"waits".into(), &"true".into()));
    let below = node["below"].as_array().unwrap();
    assert_eq!(below.len(), 2);
    assert_eq!(below[0]["condition"]["evidence"][0]["kind"], "silence");
    // An absence: the window and what came nearest.
    let verify = one("verifies_identity", &[]);
    let evidence = verify["parts"][0]["condition"]["evidence"].as_array().unwrap();
    assert_eq!(evidence[0]["kind"], "absence");
    assert!(evidence[0]["end_s"].as_f64().unwrap() > 5.0);
    // As of a moment when it was still open.
    let before = one("closing_ask_more", &["--at", "3"]);
    assert_eq!(
        (&before["verdict"], &before["parts"][0]["condition"]["value"]),
        (&"pending".into(), &"pending".into())
    );
    let wrong = rubric(&["explain", &call, "--criterion", "greeting_helo"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.errors.contains("did you mean `greeting_hello`?"), "{}", wrong.errors);
}

/// Every verdict of a report is the one that its explanation comes to.
#[test]
fn explanations_agree_with_the_scorecards() {
    let folder = tempfile::tempdir().unwrap();
    let call = kept(
        folder.path(),
        "a 喂\nc 我要投诉，你们太不负责了\na 这不归我管\nc 找你们经理\na 嗯\n- 12\na 再见",
    );
    let report: Value = serde_json::from_str(&fs::read_to_string(&call).unwrap()).unwrap();
    let told: Value =
        serde_json::from_str(&rubric(&["explain", "--json", "--all", &call]).out).unwrap();
    let told = told["criteria"].as_array().unwrap();
    let mut compared = 0;
    for card in report["scorecards"].as_array().unwrap() {
        if card["verdict"] == "not_applicable" {
            continue;
        }
        for finding in card["findings"].as_array().unwrap() {
            let same = |one: &&Value| {
                one["rubric"] == card["rubric"] && one["criterion"] == finding["criterion"]
            };
            assert_eq!(told.iter().find(same).unwrap()["verdict"], finding["verdict"], "{finding}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}
