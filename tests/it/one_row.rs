//! CTranslate2's product of one row, which `native/one_row.cpp` does in its place.

use std::fs;
use std::path::Path;
use std::process::Command;

use lingting::wire::report::{Report, Transcript};

const LINGTING: &str = env!("CARGO_BIN_EXE_lingting");

/// What the loader must find in the program before it looks into the library: the name by which the library asks itself.
const PRODUCT: &str =
    "_ZN11ctranslate210primitivesILNS_6DeviceE0EE4gemmIaiEEvbbbblllfPKT_lS6_lfPT0_lPKS7_";

#[test]
fn the_program_stands_before_the_library() {
    let listed = Command::new("nm").args(["-D", "--defined-only", LINGTING]).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    assert!(names.lines().any(|line| line.ends_with(PRODUCT)), "{names}");
}

fn transcript(out: &Path, plain: Option<&str>) -> Transcript {
    let mut command = Command::new(LINGTING);
    command.args(["analyze", "tests/calls/zh-H4.ogg", "tests/calls/en-XE2.mp3", "--engine"]);
    command.args(["ct2", "--out"]).arg(out).env_remove("LINGTING_CT2_PLAIN");
    plain.map(|plain| command.env("LINGTING_CT2_PLAIN", plain));
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(out.join("zh-H4.json")).unwrap();
    serde_json::from_str::<Report>(&text).unwrap().transcript
}

/// To the last digit of every word's confidence and time: sums of integers do not depend on who adds them up. Where the
/// processor has no instruction for them both are the library's.
#[test]
fn the_words_are_those_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let own = transcript(&folder.path().join("own"), None);
    let plain = transcript(&folder.path().join("plain"), Some("1"));
    assert!(!own.utterances.is_empty());
    assert!(own == plain);
}
