//! What the command writes and reads, held against the published schemas; and its log against law 10.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::command::*;

fn schema(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let text = fs::read_to_string(path).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

#[track_caller]
fn valid(validator: &jsonschema::Validator, what: &str, value: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{what}");
}

/// A sidecar with everything in it, none of which may reach a log.
fn sidecar() -> Value {
    json!({
        "call_id": "full", "direction": "inbound", "vendor": "卓信客服", "client": "小鹿生鲜",
        "project": "电商售后", "queue": "电商售后", "team": "组3",
        "agent": {"id": "8866", "name": "柳如是"}, "customer": {"number": "19900006136"},
        "started_at": "2026-10-25T16:38:06+08:00", "ring_s": 5.0, "rings": 2, "language": "zh",
        "legs": ["agent", "customer"], "extra": {"customer_name": "钱谦益"}, "ticket": "T-19900006137",
    })
}

#[test]
fn reports_of_a_run_follow_their_schema_and_its_log_shows_nothing_said() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    calls(&input, &["bare"]);
    fs::copy(speech("en"), input.join("english.wav")).unwrap();
    let two_legs = input.join("two.wav");
    let [one, other] = ["zh", "en"].map(speech);
    let merge = "[0:a]apad=whole_dur=10,aformat=channel_layouts=mono[a];[1:a]adelay=4500,apad=whole_dur=10,aformat=channel_layouts=mono[b];[a][b]join=inputs=2:channel_layout=stereo";
    let [one, other] = [one.to_str().unwrap(), other.to_str().unwrap()];
    let to = two_legs.to_str().unwrap();
    tool(
        "ffmpeg",
        &["-v", "error", "-i", one, "-i", other, "-filter_complex", merge, "-t", "10", to],
    );
    valid(&schema("sidecar.schema.json"), "sidecar", &sidecar());
    fs::write(input.join("two.call.json"), sidecar().to_string()).unwrap();

    let output =
        analyze_command(&[&input], &out, &[]).env("LINGTING_LOG", "trace").output().unwrap();
    let run = Outcome::of(&output);
    assert_eq!((run.code, run.count("done")), (Some(0), 3), "{:?}", run.endings());
    let contract = schema("report.schema.json");
    let mut secrets: Vec<String> =
        ["柳如是", "钱谦益", "19900006136", "19900006137"].map(str::to_owned).to_vec();
    for id in reports(&out) {
        let text = fs::read_to_string(out.join(format!("{id}.json"))).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        valid(&contract, &id, &report);
        let utterances = report["transcript"]["utterances"].as_array().unwrap();
        secrets.extend(utterances.iter().map(|one| one["text"].as_str().unwrap().to_owned()));
    }
    assert!(secrets.len() >= 7, "too little was heard: {secrets:?}");
    for secret in secrets {
        assert!(!run.errors.contains(&secret), "the log shows {secret}");
    }
}
