//! Coverage: what was recorded, transcribed, scored, skipped, failed, and why.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::share;
use crate::access::Action;
use crate::api::ApiState;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Query, us};
use crate::api::review::ShareBody;
use crate::store::coverage::{Became, Reason};
use crate::store::ledger::FileState;

/// Reasons of an answer.
const REASONS_MAX: usize = 100;

/// When files were seen.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Seen {
    /// First seen at this time or later.
    from: Option<String>,
    /// First seen before this time.
    to: Option<String>,
}

/// What became of files.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Coverage {
    /// Files that were seen: the sum of `by_state`.
    files: i64,
    bytes: i64,
    /// How many in each state: `seen`, `stable`, `claimed`, `done`, `skipped`, `failed`, `quarantined`.
    by_state: BTreeMap<&'static str, i64>,
    /// What the files that are done became.
    calls: Covered,
    /// Whether `calls.kept` and `calls.deleted` are all that `by_state.done` says. Not so while a file is being
    /// settled, and for a moment only.
    reconciles: bool,
    /// Why files are skipped, failed or quarantined, the most frequent first.
    reasons: Vec<ReasonBody>,
    /// Trouble with the recordings, the most frequent first.
    problems: Vec<ProblemCount>,
}

/// Calls.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CoveredCalls)]
struct Covered {
    /// Kept: the sum of `transcribed` and `chats`.
    kept: i64,
    /// Deleted since, by rule.
    deleted: i64,
    /// Spoken, and written down.
    transcribed: i64,
    /// Written from the first.
    chats: i64,
    /// Hours of what was transcribed.
    hours: f64,
    /// Kept ones that a rubric judged to an end.
    scored: i64,
    /// Kept ones to which no rubric applies.
    not_applicable: i64,
    /// Kept ones that could not be assessed: no rubric came to an end.
    undetermined: i64,
    /// These, of all that a rubric applies to.
    not_assessable: Option<ShareBody>,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CoverageReason)]
struct ReasonBody {
    state: &'static str,
    /// Without what differs from file to file.
    reason: String,
    files: i64,
    /// One of them, in full.
    example: String,
}

/// Calls with a kind of trouble.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemCount {
    problem: String,
    /// Kept calls that have it.
    calls: i64,
    /// Those of them that could not be assessed.
    undetermined: i64,
}

/// See what became of all that was recorded, and why some of it was not assessed.
#[utoipa::path(
    get, path = "/api/v1/stats/coverage", tag = "stats", params(Seen),
    extensions(("x-action" = json!(Action::LedgerRead.as_str()))),
    responses((status = 200, body = Coverage)),
)]
pub(super) async fn coverage(
    State(state): State<ApiState>,
    Query(seen): Query<Seen>,
) -> Result<Json<Coverage>, ApiError> {
    let bound = |text: &Option<String>| text.as_deref().map(us).transpose();
    let (from, to) = (bound(&seen.from)?.unwrap_or(i64::MIN), bound(&seen.to)?.unwrap_or(i64::MAX));
    let files = state.store.files_seen(from, to).await?;
    let became = state.store.became(from, to).await?;
    let reasons = state.store.reasons(from, to).await?;
    let mut by_state: BTreeMap<&str, i64> =
        FileState::ALL.into_iter().map(|state| (state.as_str(), 0)).collect();
    for one in &files {
        by_state.insert(one.state.as_str(), one.files);
    }
    let calls = covered(&became);
    Ok(Json(Coverage {
        files: files.iter().map(|one| one.files).sum(),
        bytes: files.iter().map(|one| one.bytes).sum(),
        reconciles: by_state[FileState::Done.as_str()] == calls.kept + calls.deleted,
        by_state,
        calls,
        reasons: grouped(reasons),
        problems: problems(&became),
    }))
}

fn covered(became: &[Became]) -> Covered {
    let mut all = Covered::default();
    let mut duration_ms = 0;
    for one in became {
        if one.deleted {
            all.deleted += one.calls;
            continue;
        }
        all.kept += one.calls;
        if one.kind == "chat" {
            all.chats += one.calls;
        } else {
            all.transcribed += one.calls;
            duration_ms += one.duration_ms;
        }
        match one.verdict.as_str() {
            "undetermined" => all.undetermined += one.calls,
            "not_applicable" => all.not_applicable += one.calls,
            _ => all.scored += one.calls,
        }
    }
    all.hours = (duration_ms as f64 / 36_000.0).round() / 100.0;
    let applies = all.scored + all.undetermined;
    all.not_assessable = Some(ShareBody::of(share(all.undetermined, applies)));
    all
}

fn problems(became: &[Became]) -> Vec<ProblemCount> {
    let mut counts: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for one in became.iter().filter(|one| !one.deleted) {
        for problem in &one.problems {
            let count = counts.entry(problem).or_default();
            count.0 += one.calls;
            count.1 += if one.verdict == "undetermined" { one.calls } else { 0 };
        }
    }
    let mut all: Vec<ProblemCount> = counts
        .into_iter()
        .map(|(problem, (calls, undetermined))| ProblemCount {
            problem: problem.to_owned(),
            calls,
            undetermined,
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.calls));
    all
}

/// Reasons that differ in a file's name or in a number only are one.
fn grouped(reasons: Vec<Reason>) -> Vec<ReasonBody> {
    let mut all: BTreeMap<(FileState, String), ReasonBody> = BTreeMap::new();
    for one in reasons {
        let reason = alike(&one.why);
        let group = all.entry((one.state, reason.clone())).or_insert_with(|| ReasonBody {
            state: one.state.as_str(),
            reason,
            files: 0,
            example: one.why,
        });
        group.files += one.files;
    }
    let mut all: Vec<ReasonBody> = all.into_values().collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.files));
    all.truncate(REASONS_MAX);
    all
}

/// A reason without paths, ids and numbers.
fn alike(why: &str) -> String {
    let own =
        |word: &str| word.contains(['/', '\\']) || word.contains(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = why.split_whitespace().map(|w| if own(w) { "…" } else { w }).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn reasons_that_differ_in_names_and_numbers_only_are_one() {
        for (why, reason) in [
            ("/in/a 1.wav: no such file", "… … no such file"),
            ("shorter than 2 s", "shorter than … s"),
            ("not a recording", "not a recording"),
        ] {
            assert_eq!(alike(why), reason);
        }
    }
}
