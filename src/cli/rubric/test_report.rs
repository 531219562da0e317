//! What came of rule tests, for people and as JSON.

use serde_json::{Value, json};

use crate::cli::say::{Say, fit};
use crate::rubric::Place;
use crate::rubric::dialogue::{Count, Mismatch, Shown, Slip, Tally};

/// Columns of a criterion's name in the table.
const NAME_COLUMNS: usize = 38;

/// A dialogue that was judged.
pub(super) struct Outcome {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) place: Place,
    /// None: passed.
    pub(super) mismatches: Vec<Mismatch>,
}

/// A run of tests.
#[derive(Default)]
pub(super) struct Report {
    pub(super) outcomes: Vec<Outcome>,
    /// Share of characters misheard.
    pub(super) share: f32,
    pub(super) tally: Option<Tally>,
    /// What was missed or made up, with the file and the line of its dialogue.
    pub(super) slips: Vec<(String, u64, Slip)>,
}

impl Report {
    pub(super) fn failed(&self) -> usize {
        self.outcomes.iter().filter(|one| !one.mismatches.is_empty()).count()
    }

    /// For people.
    pub(super) fn lines(&self, say: Say) -> Vec<String> {
        let mut out = Vec::new();
        for one in self.outcomes.iter().filter(|one| !one.mismatches.is_empty()) {
            out.push(format!("✗ {}:{}: {}", one.file, one.place.line, one.name));
            one.mismatches.iter().for_each(|mismatch| differs(mismatch, say, &mut out));
        }
        let (failed, all) = (self.failed(), self.outcomes.len());
        out.push(match (say.either("en", "zh"), failed) {
            ("en", 0) => format!("{all} dialogues passed"),
            ("en", _) => format!("{failed} of {all} dialogues failed"),
            (_, 0) => format!("{all} 段对话全部通过"),
            _ => format!("{all} 段对话中 {failed} 段未通过"),
        });
        self.slips.iter().for_each(|slip| slipped(slip, say, &mut out));
        if let Some(tally) = &self.tally {
            self.table(tally, say, &mut out);
        }
        out
    }

    fn table(&self, tally: &Tally, say: Say, out: &mut Vec<String>) {
        let percent = f64::from(self.share) * 100.0;
        out.push(String::new());
        out.push(if say.either("en", "zh") == "en" {
            format!("With {percent:.0} % of characters misheard (in brackets: exact matching)")
        } else {
            format!("{percent:.0} % 的字被听错时（括号内为逐字匹配）")
        });
        let heads = say.either(
            "  said       recall    precision  false alarms",
            "  说了       召回率      精确率        误报",
        );
        out.push(format!("{}{heads}", fit(say.either("criterion", "评分项"), NAME_COLUMNS)));
        let total = tally.total();
        let named = tally.by_criterion.iter().map(|(name, counts)| (name.as_str(), *counts));
        for (name, (ours, exact)) in named.chain([(say.either("all", "合计"), total)]) {
            let said = ours.found + ours.missed;
            out.push(format!(
                "{}{said:>6}  {} {}  {} {}  {:>5} ({})",
                fit(name, NAME_COLUMNS),
                rate(ours.recall()),
                bracketed(exact.recall()),
                rate(ours.precision()),
                bracketed(exact.precision()),
                ours.invented,
                exact.invented,
            ));
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let dialogues: Vec<Value> = self.outcomes.iter().map(outcome).collect();
        let mut out = json!({
            "schema": "lingting/rubric-test/1",
            "dialogues": self.outcomes.len(),
            "failed": self.failed(),
            "results": dialogues,
        });
        if let Some(tally) = &self.tally {
            let criteria: serde_json::Map<String, Value> = (tally.by_criterion.iter())
                .map(|(name, counts)| (name.clone(), both(*counts)))
                .collect();
            out["corrupted"] = json!({
                "share": f64::from(self.share),
                "criteria": criteria,
                "all": both(tally.total()),
                "slips": self.slips.iter().map(slip).collect::<Vec<_>>(),
            });
        }
        format!("{out:#}")
    }
}

fn rate(value: Option<f64>) -> String {
    value.map_or("    -".to_owned(), |value| format!("{value:.3}"))
}

fn bracketed(value: Option<f64>) -> String {
    value.map_or("(  -  )".to_owned(), |value| format!("({value:.3})"))
}

/// What was expected, what came, and why.
fn differs(mismatch: &Mismatch, say: Say, out: &mut Vec<String>) {
    let Mismatch { place, of, want, got, shown } = mismatch;
    let (expected, came) = (say.either("expected", "预期"), say.either("got", "实际"));
    out.push(format!("    {of} (:{})", place.line));
    out.push(format!("      - {expected} {want}"));
    out.push(format!("      + {came} {got}"));
    evidence(shown, out);
}

/// What was said, what was heard of it, and what came nearest.
fn slipped((file, line, slip): &(String, u64, Slip), say: Say, out: &mut Vec<String>) {
    let how = match slip.missed {
        true => say.either("missed", "漏听"),
        false => say.either("made up", "误报"),
    };
    out.push(format!("{how} {} ({file}:{line})", slip.of));
    for turned in &slip.said {
        evidence(std::slice::from_ref(&turned.shown), out);
        if !turned.heard.is_empty() {
            out.push(format!("          {}: {}", say.either("heard", "听成"), turned.heard));
        }
    }
    evidence(&slip.heard, out);
}

fn evidence(shown: &[Shown], out: &mut Vec<String>) {
    for Shown { kind, place, matched, quote, distance } in shown {
        let line = place.map_or(String::new(), |place| format!(":{} ", place.line));
        let said = if quote.is_empty() { String::new() } else { format!(" “{quote}”") };
        let apart = distance.map_or(String::new(), |apart| format!(" ~{apart:.2}"));
        let kind = kind.as_str();
        out.push(format!("        {line}{kind}{said}  <- {matched}{apart}"));
    }
}

fn outcome(one: &Outcome) -> Value {
    let mismatches: Vec<Value> = one
        .mismatches
        .iter()
        .map(|Mismatch { place, of, want, got, shown }| {
            let shown: Vec<Value> = shown.iter().map(piece).collect();
            json!({"line": place.line, "of": of, "want": want, "got": got, "evidence": shown})
        })
        .collect();
    json!({
        "file": one.file,
        "line": one.place.line,
        "name": one.name,
        "passed": one.mismatches.is_empty(),
        "mismatches": mismatches,
    })
}

fn slip((file, line, slip): &(String, u64, Slip)) -> Value {
    let turned = slip.said.iter().map(|one| json!({"said": piece(&one.shown), "heard": one.heard}));
    json!({
        "file": file,
        "line": line,
        "of": slip.of,
        "missed": slip.missed,
        "turns": turned.collect::<Vec<_>>(),
        "evidence": slip.heard.iter().map(piece).collect::<Vec<_>>(),
    })
}

fn piece(shown: &Shown) -> Value {
    json!({
        "kind": shown.kind.as_str(),
        "line": shown.place.map(|place| place.line),
        "matched": shown.matched,
        "quote": shown.quote,
        "distance": shown.distance,
    })
}

fn both((ours, exact): (Count, Count)) -> Value {
    json!({"phonetic": counts(ours), "exact": counts(exact)})
}

fn counts(count: Count) -> Value {
    let Count { found, missed, invented } = count;
    json!({
        "found": found,
        "missed": missed,
        "invented": invented,
        "recall": count.recall(),
        "precision": count.precision(),
    })
}
