//! Personal data in what a real recogniser wrote: found again in stored reports, held against labels.
//!
//! Needs a corpus and a run over it: LINGTING_PII_TRUTH names the folder of labels, LINGTING_PII_RUN that
//! of reports. Without them it says so and passes.

use std::fs;
use std::path::Path;

use lingting::domain::*;
use lingting::text::pii;
use serde_json::Value;

/// A span may be off by so much, in seconds: the labels are estimates.
const SLACK_S: f64 = 1.0;

fn parsed(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn span(value: &Value) -> Span {
    let at = |key: &str| AudioTime::from_secs_f64(value[key].as_f64().unwrap());
    Span::at_least_1_ms(at("start_s"), at("end_s"))
}

fn utterance(value: &Value) -> Utterance {
    let text = |value: &Value| Sensitive::from(value["text"].as_str().unwrap());
    let number = |key: &str| value[key].as_u64().unwrap();
    let word = |word: &Value| Word { text: text(word), span: span(word), confidence: 1.0 };
    Utterance {
        id: number("id") as u32,
        leg: LegIx(number("leg") as u8),
        speaker: number("speaker") as u8,
        party: Party::parse(value["party"].as_str().unwrap()).unwrap_or(Party::Unknown),
        span: span(value),
        text: text(value),
        confidence: 1.0,
        words: value["words"].as_array().unwrap().iter().map(word).collect(),
    }
}

#[derive(Default)]
struct Tally {
    wanted: usize,
    found: usize,
    reported: usize,
    /// What was missed or invented: for the person who runs this.
    notes: Vec<String>,
}

fn compare(call_id: &str, truth: &Value, found: &[Pii], tally: &mut Tally) {
    let mut used = vec![false; found.len()];
    for item in truth["pii"].as_array().into_iter().flatten() {
        let kind = match item["type"].as_str().unwrap() {
            // English labels write the social security number under the same name.
            kind @ ("phone" | "id_card" | "bank_card" | "ssn") => kind,
            _ => continue,
        };
        let (start, end) = (item["start"].as_f64().unwrap(), item["end"].as_f64().unwrap());
        let hit = found.iter().enumerate().position(|(ix, one)| {
            let near = one.span.start().secs_f64() < end + SLACK_S
                && start < one.span.end().secs_f64() + SLACK_S;
            !used[ix] && one.kind.as_str() == kind && near
        });
        tally.wanted += 1;
        match hit {
            Some(ix) => {
                used[ix] = true;
                tally.found += 1;
            }
            None => tally.notes.push(format!("{call_id}: {kind} at {start} s is missed")),
        }
    }
    tally.reported += found.len();
    let vain = found.iter().zip(&used).filter(|(_, used)| !**used);
    tally.notes.extend(vain.map(|(one, _)| {
        format!("{call_id}: {} {} at {}", one.kind.as_str(), one.masked, one.span)
    }));
}

#[test]
fn recall_and_precision_on_a_labelled_corpus() {
    let folder = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let (Some(truth), Some(run)) = (folder("LINGTING_PII_TRUTH"), folder("LINGTING_PII_RUN"))
    else {
        eprintln!("skipped: LINGTING_PII_TRUTH and LINGTING_PII_RUN name no corpus");
        return;
    };
    let mut files: Vec<_> =
        fs::read_dir(&truth).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tally = Tally::default();
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let (Some(truth), Some(report)) =
            (parsed(path), parsed(&run.join(path.file_name().unwrap())))
        else {
            continue;
        };
        let utterances: Vec<Utterance> =
            report["transcript"]["utterances"].as_array().unwrap().iter().map(utterance).collect();
        let rejected: Vec<Rejected> = report["transcript"]["rejected"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| Rejected {
                leg: LegIx(one["leg"].as_u64().unwrap() as u8),
                span: span(one),
                text: Sensitive::from(one["text"].as_str().unwrap()),
                why: RejectReason::Repetition,
            })
            .collect();
        let id = path.file_stem().unwrap().to_string_lossy();
        compare(&id, &truth, &pii::find_all(&utterances, &rejected), &mut tally);
    }
    let recall = tally.found as f64 / tally.wanted as f64;
    let precision = tally.found as f64 / tally.reported as f64;
    eprintln!("{}", tally.notes.join("\n"));
    eprintln!("personal data: recall {recall:.3} precision {precision:.3} of {}", tally.wanted);
    assert!(recall >= 0.9 && precision >= 0.9, "recall {recall:.3}, precision {precision:.3}");
}
