//! Dialogues in wording that the built-in packs were not written on (`tests/rubric_calls`), and each
//! pack's own dialogues.
//!
//! The sets of `tests/rubric_calls` were written blind, by the definitions of the criteria alone,
//! before their author had read a phrase list.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use lingting::domain::CallRecord;
use lingting::rubric::dialogue::{Bench, Dialogues, Mismatch, read};
use lingting::rubric::{Rubric, built_in, built_in_tests, contracts, watches};
use lingting::session::announces_wait;

/// What a call is judged to be, and why the packs are known to judge otherwise.
const KNOWN_MISSES: &[(&str, &str, &str)] = &[
    ("en02", "verdict", "a grumble about somebody else's clerk is taken for a complaint"),
    ("zs05", "courtesy_words", "friendly throughout, but with one word of the list"),
];

const SETS: [&str; 6] = ["first_zh", "first_en", "second_zh", "second_en", "third_zh", "third_en"];

fn set(name: &str) -> (String, Dialogues) {
    let file = format!("{name}.tests.yaml");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rubric_calls");
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    let dialogues = read(&file, &text, None).unwrap();
    (file, dialogues)
}

/// All calls of all sets, as kept.
pub(crate) fn records() -> Vec<CallRecord> {
    let dialogues = SETS.iter().flat_map(|name| set(name).1.list);
    dialogues.map(|dialogue| dialogue.record(announces_wait)).collect()
}

/// What a file's dialogues got wrong: dialogue and criterion.
type Misses = BTreeSet<(String, String)>;

/// Judges dialogues; what differs is told line by line.
fn judge(file: &str, dialogues: &Dialogues, bench: &Bench, told: &mut String) -> Misses {
    let mut misses = BTreeSet::new();
    for dialogue in &dialogues.list {
        let unknown = bench.unknown_names(file, dialogue);
        assert!(unknown.is_empty(), "{}", unknown[0]);
        for Mismatch { place, of, want, got, shown } in bench.judge(dialogue).mismatches {
            let _ = writeln!(
                told,
                "{file}:{}: {}: {of}: want {want}, got {got}",
                place.line, dialogue.name
            );
            for one in shown {
                let _ = writeln!(told, "    {} <{}>", one.matched, one.quote);
            }
            misses.insert((dialogue.name.clone(), of));
        }
    }
    misses
}

#[test]
fn the_packs_judge_calls_they_were_not_written_on() {
    let bench = Bench::new(built_in().unwrap(), announces_wait);
    let known: Misses =
        KNOWN_MISSES.iter().map(|(call, of, _)| ((*call).into(), (*of).into())).collect();
    let (mut misses, mut told) = (Misses::new(), String::new());
    for name in SETS {
        let (file, dialogues) = set(name);
        misses.extend(judge(&file, &dialogues, &bench, &mut told));
    }
    assert!(misses == known, "known misses: {known:?}\n{told}");
}

#[test]
fn each_pack_passes_its_own_dialogues() {
    let rubrics: Vec<Rubric> =
        [built_in(), contracts(), watches()].into_iter().flat_map(Result::unwrap).collect();
    let (mut told, mut judged) = (String::new(), 0);
    for (id, text) in built_in_tests() {
        let own: Vec<Rubric> =
            rubrics.iter().filter(|rubric| rubric.id.as_str() == id).cloned().collect();
        let file = format!("{id}.tests.yaml");
        let dialogues = read(&file, text, own[0].language.as_ref()).unwrap();
        judged += dialogues.list.len();
        judge(&file, &dialogues, &Bench::new(own, announces_wait), &mut told);
    }
    assert!(told.is_empty() && judged > 0, "{told}");
}
