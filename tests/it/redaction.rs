//! `--redact-audio` on sample calls, as a user runs it: what was muted is not heard by the recogniser
//! that heard it before.
//!
//! Needs the models, like `samples`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::samples::{able, calls, parsed};

/// Calls on which numbers are said: a telephone read back by an agent, one told by a customer.
const SPOKEN: &[(&str, &str)] = &[("zh-H4", "ogg"), ("en-XE2", "mp3"), ("zh-P6", "mp3")];

/// Runs `lingting analyze`; all inputs must end well.
fn analyze(options: &[&str], out: &Path, inputs: &[PathBuf]) {
    let done = Command::new(env!("CARGO_BIN_EXE_lingting"))
        .args(["--lang", "en", "analyze", "--json", "--out"])
        .arg(out)
        .args(options)
        .args(inputs)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn seconds(value: &Value) -> (f64, f64) {
    (value["start_s"].as_f64().unwrap(), value["end_s"].as_f64().unwrap())
}

/// The longest row of digits in a text, in figures or in Chinese.
fn longest_row(text: &str) -> usize {
    let digit = |c: char| c.is_ascii_digit() || "零幺一二三四五六七八九".contains(c);
    text.split(|c| !digit(c)).map(|row| row.chars().count()).max().unwrap_or(0)
}

#[test]
fn the_recogniser_finds_nothing_left_in_muted_audio() {
    if !able() {
        eprintln!("skipped: no models, or not built with the default features");
        return;
    }
    let (out, folder, again) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let inputs: Vec<PathBuf> =
        SPOKEN.iter().map(|(id, end)| calls().join(format!("{id}.{end}"))).collect();
    analyze(&["--redact-audio"], out.path(), &inputs);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/redaction.schema.json");
    let validator = jsonschema::validator_for(&parsed(&schema)).unwrap();
    for (id, _) in SPOKEN {
        let at = |end: &str| out.path().join(format!("{id}{end}"));
        let timeline = parsed(&at(".redaction.json"));
        let errors: Vec<String> = validator.iter_errors(&timeline).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{id}: {errors:?}");
        assert!(!timeline["muted"].as_array().unwrap().is_empty(), "{id}: nothing is muted");
        only_the_muted_audio_is_played(id, &at(".html"), &at(".redacted.wav"));
        assert!(!at(".audio.wav").exists());
        // The muted audio as a recording of its own.
        fs::copy(at(".redacted.wav"), folder.path().join(format!("{id}.wav"))).unwrap();
        let sidecar = format!("{id}.call.json");
        fs::copy(calls().join(&sidecar), folder.path().join(&sidecar)).unwrap();
    }
    analyze(&["--pii", "keep"], again.path(), &[folder.path().to_owned()]);
    for (id, _) in SPOKEN {
        let muted = parsed(&out.path().join(format!("{id}.redaction.json")));
        let before = parsed(&out.path().join(format!("{id}.json")));
        let after = parsed(&again.path().join(format!("{id}.json")));
        nothing_is_left(id, &muted, &after);
        the_rest_is_still_heard(id, &before, &after);
    }
}

fn only_the_muted_audio_is_played(id: &str, page: &Path, wav: &Path) {
    use base64::Engine as _;
    let page = fs::read_to_string(page).unwrap();
    let muted = base64::engine::general_purpose::STANDARD.encode(fs::read(wav).unwrap());
    assert!(page.contains(&muted), "{id}: the page does not play the muted audio");
    assert_eq!(page.matches("data:audio/").count(), 1, "{id}");
}

fn nothing_is_left(id: &str, muted: &Value, after: &Value) {
    assert_eq!(after["pii"], Value::Array(vec![]), "{id}");
    let texts = ["utterances", "rejected"]
        .into_iter()
        .flat_map(|key| after["transcript"][key].as_array().unwrap().iter());
    for text in texts {
        let (start, end) = seconds(text);
        let inside = muted["muted"].as_array().unwrap().iter().any(|one| {
            let (from, to) = seconds(one);
            start < to && from < end
        });
        let row = longest_row(text["text"].as_str().unwrap());
        assert!(!inside || row < 4, "{id}: {row} digits are heard at {start} s");
    }
}

/// Muting takes a number, not the call.
fn the_rest_is_still_heard(id: &str, before: &Value, after: &Value) {
    let letters = |report: &Value| -> usize {
        let all = report["transcript"]["utterances"].as_array().unwrap().iter();
        all.map(|one| one["text"].as_str().unwrap().chars().count()).sum()
    };
    let (was, is) = (letters(before), letters(after));
    assert!(is * 10 >= was * 8, "{id}: {is} of {was} characters are left");
}

/// A telephone line on which keys are pressed: 120 ms each, as ITU-T Q.23 has them.
fn keyed(to: &Path) {
    let keys = [(697.0, 1209.0), (770.0, 1336.0), (852.0, 1477.0), (941.0, 1336.0)];
    let mut samples = vec![0i16; 16_000];
    for (low, high) in keys {
        let tone = |n: i32| {
            let at = f64::from(n) / 8_000.0 * std::f64::consts::TAU;
            (((at * low).sin() + (at * high).sin()) * 4_000.0) as i16
        };
        samples.extend((0..960).map(tone));
        samples.extend([0; 960]);
    }
    samples.extend([0; 16_000]);
    let bytes = (samples.len() * 2) as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((bytes + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    samples.iter().for_each(|sample| wav.extend(sample.to_le_bytes()));
    fs::write(to, wav).unwrap();
}

/// Whoever has the tones has the digits: of a card, of its security code.
#[test]
fn keys_are_muted_whatever_is_asked() {
    if !able() {
        eprintln!("skipped: no models, or not built with the default features");
        return;
    }
    let (out, kept, again) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let line = out.path().join("keys.wav");
    keyed(&line);
    let keys = |report: &Value| {
        let problems = report["media"]["problems"].as_array().unwrap();
        problems.iter().filter(|one| one["kind"] == "dtmf").count()
    };
    let muted = |folder: &Path| parsed(&folder.join("keys.redaction.json"))["muted"].clone();
    analyze(&["--pii", "keep"], kept.path(), std::slice::from_ref(&line));
    assert_eq!(keys(&parsed(&kept.path().join("keys.json"))), 1);
    assert_eq!(muted(kept.path())[0]["kind"], "keys");
    analyze(&["--redact-audio"], out.path(), &[line]);
    assert_eq!(
        (&muted(out.path())[0]["kind"], &muted(out.path())[0]["masked"]),
        (&"keys".into(), &"×4".into())
    );
    analyze(&[], again.path(), &[out.path().join("keys.redacted.wav")]);
    assert_eq!(keys(&parsed(&again.path().join("keys.redacted.json"))), 0);
}
