//! What `native/` does in CTranslate2's place: products of few rows, attention, medians, windows together.

use std::fs;
use std::path::Path;
use std::process::Command;

use lingting::wire::report::{Report, Transcript};

const LINGTING: &str = env!("CARGO_BIN_EXE_lingting");

/// What the loader must find in the program before it looks into the library: the names by which the library asks itself.
const STAND_BEFORE: [&str; 5] = [
    "_ZN11ctranslate210primitivesILNS_6DeviceE0EE4gemmIaiEEvbbbblllfPKT_lS6_lfPT0_lPKS7_",
    "_ZN11ctranslate26layers21dot_product_attentionERKNS_11StorageViewES3_S3_PS2_S4_S4_S4_S4_lllRS1_PS1_bfbblPNS0_5AlibiES6_",
    "_ZNK11ctranslate23ops12MedianFilter7computeILNS_6DeviceE0EfEEvRKNS_11StorageViewElRS4_",
    "_ZN11ctranslate26layers14WhisperEncoderclERKNS_11StorageViewERS2_",
    "_ZN11ctranslate26layers14WhisperDecoder14forward_promptERKNS_11StorageViewERSt13unordered_mapINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEES2_St4hashISB_ESt8equal_toISB_ESaISt4pairIKSB_S2_EEEPS2_",
];

#[test]
fn the_program_stands_before_the_library() {
    let listed = Command::new("nm").args(["-D", "--defined-only", LINGTING]).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    for name in STAND_BEFORE {
        assert!(names.lines().any(|line| line.ends_with(name)), "{name}");
    }
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

/// To the last digit of every word's confidence and time: sums of integers do not depend on who adds them up, nor the middle one of
/// seven on who finds it. Where the processor has no instruction for the products both are the library's.
#[test]
fn products_and_medians_are_those_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let own = transcript(&folder.path().join("own"), Some("attention"));
    let plain = transcript(&folder.path().join("plain"), Some("1"));
    assert!(!own.utterances.is_empty());
    assert!(own == plain);
}
