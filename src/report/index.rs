//! The page over a run: one row a call, totals, and what was not analysed.
//!
//! In: a row for each report (kept small, so that a run of thousands need not hold its reports) and
//! the inputs that ended otherwise. Out: one HTML text.

use serde_json::{Value, json};

use super::html::worst_verdict;
use super::strings::{UiLanguage, tables};
use super::template::{escaped, fill, policy, relative_url, script, script_json};
use super::{mask::masked, page_file_name};
use crate::wire::report::{Finding, Report};

/// What the index shows of one call.
#[derive(Clone, PartialEq)]
pub struct Row(Value);

/// An input that did not end as a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The file, as the user named it.
    pub file: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, for a person. Never call text.
    pub reason: String,
}

/// How an input ended that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Left out on purpose.
    Skipped,
    /// Could not be analysed.
    Failed,
    /// Set aside after it failed repeatedly.
    Quarantined,
}

impl Outcome {
    const fn code(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Quarantined => "quarantined",
        }
    }
}

impl Row {
    /// The row of a report whose page stands beside the index under [`page_file_name`].
    pub fn new(report: &Report) -> Self {
        let shown = masked(report);
        let call = &shown.call;
        let agent = call.agent.as_ref().map(|agent| {
            let parts: Vec<&str> =
                [&agent.name, &agent.id].into_iter().flatten().map(String::as_str).collect();
            parts.join(" · ")
        });
        let scores = shown.scorecards.iter().map(|card| {
            json!({ "rubric": card.rubric, "title": card.title, "score": card.score, "score_min": card.score_min, "score_max": card.score_max, "verdict": card.verdict })
        });
        let findings = || shown.scorecards.iter().flat_map(|card| &card.findings);
        let mut problems: Vec<&str> = Vec::new();
        for problem in &shown.media.problems {
            if !problems.contains(&problem.kind.as_str()) {
                problems.push(&problem.kind);
            }
        }
        Self(json!({
            "call_id": call.call_id,
            "link": relative_url(&page_file_name(&call.call_id)),
            "agent": agent,
            "vendor": call.vendor,
            "client": call.client,
            "queue": call.queue,
            "started_at": call.started_at,
            "duration_s": shown.media.duration_s,
            "verdict": worst_verdict(&shown),
            "scores": scores.collect::<Vec<_>>(),
            "violations": findings().filter(|f| f.verdict == "not_met").count(),
            "worst": worst_finding(&shown).map(worst_json),
            "problems": problems,
        }))
    }
}

/// The gravest violation; of several, the one that cost most, then the first.
pub fn worst_finding(report: &Report) -> Option<&Finding> {
    let findings = report.scorecards.iter().flat_map(|card| &card.findings);
    let rank = |finding: &Finding| match finding.severity.as_str() {
        "critical" => 3,
        "major" => 2,
        "minor" => 1,
        _ => 0,
    };
    let mut worst: Option<&Finding> = None;
    for finding in findings.filter(|finding| finding.verdict == "not_met") {
        let graver = |other: &Finding| {
            (rank(finding), finding.weight - finding.points)
                > (rank(other), other.weight - other.points)
        };
        if worst.is_none_or(graver) {
            worst = Some(finding);
        }
    }
    worst
}

fn worst_json(finding: &Finding) -> Value {
    json!({
        "title": finding.title,
        "severity": finding.severity,
        "quote": finding.evidence.iter().find_map(|item| item.quote.as_deref()),
    })
}

/// The page over a run.
pub fn page(rows: &[Row], missed: &[Missed], ui: UiLanguage) -> String {
    let css = concat!(include_str!("assets/base.css"), include_str!("assets/index.css"));
    let js = script(&[include_str!("assets/common.js"), include_str!("assets/index.js")]);
    let missed = missed.iter().map(
        |item| json!({ "file": item.file, "outcome": item.outcome.code(), "reason": item.reason }),
    );
    let data = json!({
        "rows": rows.iter().map(|row| &row.0).collect::<Vec<_>>(),
        "missed": missed.collect::<Vec<_>>(),
        "ui": ui.code(),
        "strings": tables(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    fill(
        include_str!("assets/index.html"),
        &[
            ("lang", ui.tag()),
            ("csp", &policy(css, &js, "'none'")),
            ("title", &escaped("聆听 Lingting")),
            ("css", css),
            ("js", &js),
            ("data", &script_json(&data)),
        ],
    )
}
