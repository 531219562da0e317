//! All that is said of a call, as one short line: what must not change when only speed does.
//!
//! In: a plan and a call, as it is and in forms that real calls have: misheard, on one leg, with parties
//! nobody is sure of. Out: a hash over scorecards with proofs and quotes, and over what was settled after
//! each utterance.

use std::path::Path;

use lingting::domain::{CallRecord, LegIx, Sensitive, Span};
use lingting::rubric::{CallFacts, Evaluation, Fact, Plan};
use lingting::text::{Dice, corrupted};
use lingting::wire::report::Report;
use sha2::{Digest, Sha256};

/// Share of characters that a misheard call has wrong.
const MISHEARD: f32 = 0.2;
/// The wait between two voices on one leg, short enough for their words to run over: in milliseconds.
const SEAM_MS: u64 = 120;

/// The calls of a folder of reports, by name.
pub(crate) fn reports(folder: &Path) -> Vec<CallRecord> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".json") && name.matches('.').count() == 1
    };
    let mut paths: Vec<_> = entries.filter(json).collect();
    paths.sort();
    let read = |path| Report::from_json(&std::fs::read_to_string(path).unwrap()).ok();
    paths.iter().filter_map(read).filter_map(|report| report.into_record().ok()).collect()
}

/// A call in all its forms, one line each.
pub(crate) fn lines(plan: &Plan, record: &CallRecord, seed: u64) -> String {
    let mut forms = vec![("as it is", record.clone()), ("misheard", misheard(record, seed))];
    let mono = one_leg(record);
    forms.push(("one leg, misheard", misheard(&mono, seed + 1)));
    forms.push(("one leg, parties unsure", CallRecord { parties_confidence: 0.2, ..mono.clone() }));
    forms.push(("one leg", mono));
    let id = record.info.call_id.as_str();
    let line = |(form, call): &(&str, CallRecord)| {
        format!("{id} {form}: {} {}\n", judged(plan, call), live(plan, call))
    };
    forms.iter().map(line).collect()
}

/// Over scorecards, quotes included.
pub(crate) fn judged(plan: &Plan, record: &CallRecord) -> String {
    let cards = plan.evaluate(&CallFacts::from(record));
    let findings = cards.iter().flat_map(|card| &card.findings);
    let quotes = findings.flat_map(|finding| finding.verdict.evidence());
    let quotes: Vec<Option<&str>> =
        quotes.map(|one| one.quote.as_ref().map(|quote| quote.as_str())).collect();
    short(Sha256::new_with_prefix(format!("{cards:?}{quotes:?}")))
}

/// Over what is settled after each utterance.
fn live(plan: &Plan, record: &CallRecord) -> String {
    let mut evaluation = Evaluation::new(plan, &record.info, record.parties_confidence);
    let mut hash = Sha256::new();
    for one in &record.utterances {
        let horizon = one.span.start();
        if evaluation.observe(Fact::Utterance(one.clone())).is_ok() {
            evaluation.advance(horizon);
            hash.update(format!("{:?}", evaluation.values()));
        }
    }
    let cards = evaluation.finish(record.duration_ms, record.conversation.rate_per_min);
    hash.update(format!("{cards:?}"));
    short(hash)
}

fn misheard(record: &CallRecord, seed: u64) -> CallRecord {
    let mut out = record.clone();
    let dice = &mut Dice::new(seed);
    for one in &mut out.utterances {
        one.text = Sensitive::new(corrupted(one.text.as_str(), MISHEARD, dice));
    }
    out
}

/// Both parties on one leg, each beginning where the other ends, with no mark to tell them apart.
fn one_leg(record: &CallRecord) -> CallRecord {
    let mut out = record.clone();
    let mut end = None;
    for one in &mut out.utterances {
        one.leg = LegIx(0);
        let text = one.text.as_str().trim_end_matches(['。', '，', '？', '.', ',', '?']);
        one.text = Sensitive::new(text.to_owned());
        let len = one.span.len_ms();
        let start =
            end.map_or(one.span.start(), |end: lingting::domain::AudioTime| end.plus_ms(SEAM_MS));
        one.span = Span::at_least_1_ms(start, start.plus_ms(len));
        end = Some(one.span.end());
    }
    out
}

fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
