//! Chats by their clock: how long answers took, where that was written, and the same again from reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use lingting::app::{BacktestOptions, BacktestOutcome, Labels, PiiMode, backtest, stored_report};
use lingting::domain::{
    CallId, CallInfo, EndedCall, Language, Message, Party, Problem, ProblemKind, Scorecard,
    Sensitive, Verdict,
};
use lingting::rubric::{CallFacts, Library, Plan, Rubric, built_in, library, load};
use lingting::session::chat::{ChatLog, judge};
use lingting::wire::report::{Report, Source, Timings};
use serde_json::Value;

use crate::chats::{chats, run_with};
use crate::rubric_again::report as as_kept;

fn service() -> Rubric {
    let file = chats().join("chat-service.yaml");
    load("chat-service.yaml", &fs::read_to_string(file).unwrap(), &library()).unwrap()
}

fn plan(rule: &str) -> Plan {
    let text = format!(
        "rubric: t\nversion: 1\ntitle: t\ncriteria:\n  - {{id: c, severity: minor, met: {rule}}}\n"
    );
    Plan::compile(vec![load("t.yaml", &text, &Library::default()).unwrap()])
}

fn info() -> CallInfo {
    let mut info = CallInfo::unknown(CallId::new("t").unwrap());
    info.language = Language::new("zh");
    info
}

/// One line a message: its second (`-`: not known), its writer (`a`, `c`, `b` a machine, `?` nobody
/// knows) and its text.
fn messages(lines: &str) -> Vec<Message> {
    let lines = lines.lines().map(|line| line.trim().splitn(3, ' ').collect::<Vec<_>>());
    lines
        .map(|fields| {
            let (party, writer) = match fields[1] {
                "a" => (Party::Agent, 0),
                "c" => (Party::Customer, 1),
                "b" => (Party::Bot, 2),
                voice => (Party::Unknown, 3 + u8::from(voice == "??")),
            };
            let at_ms = fields[0].parse::<u64>().ok().map(|seconds| seconds * 1000);
            Message { at_ms, party, writer, text: Sensitive::from(fields[2]) }
        })
        .collect()
}

fn judged(lines: &str, plan: &Plan) -> (EndedCall, Vec<Scorecard>) {
    let messages = messages(lines);
    let untimed = messages.iter().any(|one| one.at_ms.is_none()).then(|| Problem {
        kind: ProblemKind::NoTimes,
        leg: None,
        span: None,
        detail: String::new(),
    });
    let problems = Vec::from_iter(untimed);
    judge(&ChatLog { info: &info(), messages: &messages, problems: &problems, sha256: "" }, plan)
}

/// The verdict, and where its evidence stands, in milliseconds.
fn told(verdict: &Verdict) -> (String, Vec<(u64, u64)>) {
    let spans = verdict.evidence().iter().filter_map(|one| one.span);
    let word = match verdict {
        Verdict::Undetermined(doubt) => doubt.reason.as_str(),
        other => other.as_str(),
    };
    (word.to_owned(), spans.map(|span| (span.start().ms(), span.end().ms())).collect())
}

const SLOW: &str =
    "0 c 在吗\n5 c 我要退款\n65 a 您好\n70 c 快点\n72 a 好的\n5000 c 人呢\n5009 a 在的";

#[test]
fn answers_are_timed_by_the_clock_of_the_chat() {
    let whole = (0, 5_009_500);
    for (rule, lines, want, at) in [
        // From the first message that waits, not the last.
        ("{response: {above: 64s, take: first}, by: agent}", SLOW, "met", vec![(0, 65_000)]),
        ("{response: {above: 66s, take: first}, by: agent}", SLOW, "not_met", vec![(0, 65_000)]),
        (
            "{response: {above: 5s}, by: agent, times: 2}",
            SLOW,
            "met",
            vec![(0, 65_000), (5_000_000, 5_009_000)],
        ),
        ("{response: {above: 5s}, by: agent, times: 3}", SLOW, "not_met", vec![(0, 65_000)]),
        ("{response: {below: 3s, take: 2}, by: agent}", SLOW, "met", vec![(70_000, 72_000)]),
        (
            "{response: {at_least: 9s, take: last}, by: agent}",
            SLOW,
            "met",
            vec![(5_000_000, 5_009_000)],
        ),
        // 65, 2 and 9 s.
        ("{response: {above: 25s, take: average}, by: agent}", SLOW, "met", vec![whole]),
        ("{response: {above: 26s, take: average}, by: agent}", SLOW, "not_met", vec![whole]),
        ("{response: {above: 60m}, by: customer}", SLOW, "met", vec![(72_000, 5_000_000)]),
        // Where it stands among other hits.
        (
            "{response: {above: 5s}, by: agent, after: {of: {phrase: [退款]}, within: 1 turns}}",
            SLOW,
            "met",
            vec![(0, 65_000)],
        ),
        (
            "{response: {above: 5s}, by: agent, within: last 2 turns}",
            SLOW,
            "met",
            vec![(5_000_000, 5_009_000)],
        ),
        // A machine answers nobody.
        (
            "{response: {above: 30s, take: first}, by: agent}",
            "0 c 在吗\n1 b 请稍候\n40 a 您好",
            "met",
            vec![(0, 40_000)],
        ),
        (
            "{response: {above: 30s, take: first}, by: agent}",
            "0 c 在吗\n1 b 请问什么问题\n20 c 转人工\n40 a 您好",
            "not_met",
            vec![(20_000, 40_000)],
        ),
        // Nobody knows who answered, or when.
        ("{response: {above: 3s}, by: agent}", "0 ? 哦\n9 ?? 嗯", "parties_unsure", vec![]),
        ("{response: {above: 3s}, by: agent}", "- c 在吗\n- a 您好", "fact_missing", vec![]),
        // No other measure has a meaning in a chat.
        ("{silence: {above: 3s}}", SLOW, "not_applicable", vec![]),
        ("{talk: {above: 3s}, by: agent}", SLOW, "not_applicable", vec![]),
        ("{length: {above: 3s}}", SLOW, "not_applicable", vec![]),
    ] {
        let (_, cards) = judged(lines, &plan(rule));
        let (word, spans) = told(&cards[0].findings[0].verdict);
        assert_eq!(word, want, "{rule} on\n{lines}");
        assert!(at.iter().all(|span| spans.contains(span)), "{rule} on\n{lines}\n{spans:?}");
    }
}

/// As the report of a run.
fn report(ended: &EndedCall, cards: &[Scorecard]) -> Report {
    let source =
        Source { file: "t.csv".into(), sha256: "0f".repeat(32), settings: "a1".repeat(32) };
    Report::new(&info(), source, ended, cards, Timings::default())
}

#[test]
fn a_chat_judged_again_from_its_report_is_judged_alike() {
    let mut rubrics = built_in().unwrap();
    rubrics.push(service());
    let plan = Plan::compile(rubrics);
    for lines in [
        SLOW,
        "- c 我要投诉你们\n- a 非常抱歉，我帮您核实一下\n- a 请问还有其他可以帮您的吗",
        "3 ? 哦\n9 ?? 嗯",
        "0 a 您好，很高兴为您服务\n0 c 您好\n0 a 请讲\n90000 c 退款退款\n90001 b 请稍候\n90400 a 感谢来电",
    ] {
        let (ended, cards) = judged(lines, &plan);
        let json = report(&ended, &cards).to_json();
        let record = Report::from_json(&json).unwrap().into_record().unwrap();
        assert!(plan.evaluate(&CallFacts::from(&record)) == cards, "{lines}");
    }
}

fn compare(folder: &Path, new: Vec<Rubric>) -> BacktestOutcome {
    let options = BacktestOptions {
        new,
        old: Vec::new(),
        against: folder.to_owned(),
        labels: Labels::None,
        samples: 3,
        quiet: true,
    };
    backtest(options, &AtomicBool::new(false)).unwrap()
}

#[test]
fn a_masked_run_and_its_private_files_are_judged_as_the_run_judged() {
    let rubrics = || [built_in().unwrap(), vec![service()]].concat();
    let out = tempfile::tempdir().unwrap();
    run_with(vec![chats()], out.path(), PiiMode::Mask, rubrics());
    let outcome = compare(out.path(), rubrics());
    assert_eq!((outcome.comparison.calls, outcome.comparison.moved), (2, 0));
    assert_eq!(outcome.comparison.flips_by_calls().len(), 0);
    assert_eq!((outcome.broken, outcome.other_files), (0, 0));
    let plan = Plan::compile(rubrics());
    for id in ["zh-C1", "en-C2"] {
        let stored = stored_report(&out.path().join(format!("{id}.json"))).unwrap();
        let wanted = stored.scorecards.clone();
        let record = stored.into_record().unwrap();
        let again = plan.evaluate(&CallFacts::from(&record));
        assert!(as_kept(&record, &again).scorecards == wanted, "{id}");
    }

    // Without the private file only stars are left of the number: told, and judged otherwise.
    fs::remove_file(out.path().join("zh-C1.private.json")).unwrap();
    let outcome = compare(out.path(), rubrics());
    assert_eq!((outcome.comparison.calls, outcome.masked), (2, 1));
    let flips = outcome.comparison.flips_by_calls();
    assert!(flips.iter().any(|((_, criterion, ..), _)| criterion == "phone_taken"));
}

#[test]
fn the_sample_rubric_judges_by_the_clock() {
    let out = tempfile::tempdir().unwrap();
    run_with(vec![chats()], out.path(), PiiMode::Keep, vec![service()]);
    let rubric = chats().join("chat-service.yaml");
    let explain = |call: &str, more: &[&str]| -> Value {
        let ran = Command::new(env!("CARGO_BIN_EXE_lingting"))
            .args(["rubric", "explain", "--all", "--json", "--rubric"])
            .arg(&rubric)
            .arg(out.path().join(format!("{call}.json")))
            .args(more)
            .output()
            .unwrap();
        serde_json::from_slice(&ran.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)))
    };
    let criterion = |told: &Value, ix: usize| told["criteria"][ix].clone();
    let path: PathBuf = out.path().join("en-C2.json");
    let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let found = &report["scorecards"][0]["findings"];
    let verdicts: Vec<&str> =
        found.as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["not_met", "not_met", "not_met", "not_met", "not_applicable"]);
    let shown = &found[0]["evidence"][0];
    assert_eq!((&shown["start_s"], &shown["end_s"]), (&0.0.into(), &250.0.into()));
    assert_eq!(shown["matched"], "response 250 s > 30 s");

    let told = explain("en-C2", &[]);
    for (ix, verdict) in verdicts.iter().enumerate() {
        assert_eq!(criterion(&told, ix)["verdict"], *verdict);
    }
    let node = &criterion(&told, 0)["parts"][0]["condition"];
    assert_eq!(
        (&node["evidence"][0]["start_s"], &node["evidence"][0]["end_s"]),
        (&0.0.into(), &250.0.into())
    );
    // Before the answer nobody knows how long it takes, and after it everybody.
    assert_eq!(criterion(&explain("en-C2", &["--at", "200"]), 0)["verdict"], "pending");
    assert_eq!(criterion(&explain("en-C2", &["--at", "251"]), 0)["verdict"], "not_met");
    let good = explain("zh-C1", &[]);
    let verdicts = ["met", "met", "met", "met", "not_applicable"];
    for (ix, verdict) in verdicts.iter().enumerate() {
        assert_eq!(criterion(&good, ix)["verdict"], *verdict, "{}", criterion(&good, ix));
    }
}
