//! What of a report the store keeps in columns of its own: for lists, filters, scopes and counts.
//!
//! In: a masked report. Out: rows. Everything here can be worked out again from the report.

use serde_json::json;

use crate::domain::Belongs;
use crate::report::worst_verdict;
use crate::store::calls::{CallRow, CardRow, FindingRow};
use crate::wire::report::{Finding, Report, Scorecard};

/// What is known of a call besides its report.
pub struct Kept {
    /// The id it was given when its file was seen.
    pub id: String,
    /// When its file was received, microseconds since 1970.
    pub received_us: i64,
    /// Now.
    pub analysed_us: i64,
    /// Blob of the recording as it came.
    pub source: Option<String>,
    /// Blob of the playback audio.
    pub audio: Option<String>,
    /// Blob of the playback audio, personal data muted.
    pub redacted_audio: Option<String>,
    /// Blob of the clear texts.
    pub private: Option<String>,
}

/// The call's row.
pub fn call_row(report: &Report, kept: Kept) -> CallRow {
    let call = &report.call;
    let started = call.started_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let applied = report.scorecards.iter().filter(|card| card.verdict != "not_applicable");
    let mut problems: Vec<String> = report.media.problems.iter().map(|p| p.kind.clone()).collect();
    problems.sort();
    problems.dedup();
    CallRow {
        id: kept.id,
        external_id: call.call_id.clone(),
        sha256: call.source.sha256.clone(),
        kind: if report.media.codec == crate::domain::Media::CHAT { "chat" } else { "call" }.into(),
        file: call.source.file.clone(),
        direction: call.direction.clone(),
        belongs: Belongs {
            client: call.client.clone(),
            vendor: call.vendor.clone(),
            project: call.project.clone(),
            team: call.team.clone(),
            agent: call.agent.as_ref().and_then(|agent| agent.id.clone()),
        },
        queue: call.queue.clone(),
        customer: call.customer.as_ref().map(|customer| customer.masked.clone()),
        language: report.transcript.language.clone(),
        started_us: started.map_or(kept.received_us, |at| at.as_microsecond()),
        received_us: kept.received_us,
        analysed_us: kept.analysed_us,
        duration_ms: ms(report.media.duration_s),
        verdict: worst_verdict(report).to_owned(),
        score_milli: applied.filter_map(|card| card.score).map(milli).min(),
        risk: risk(report),
        problems,
        measures: measures(report).to_string(),
        source: kept.source,
        audio: kept.audio,
        redacted_audio: kept.redacted_audio,
        private: kept.private,
        rev: 0,
        review_state: "open".into(),
        assigned_to: None,
        held: false,
    }
}

/// One a rubric that applies or may apply.
pub fn cards(report: &Report) -> Vec<CardRow> {
    let card = |card: &Scorecard| CardRow {
        rubric: card.rubric.clone(),
        version: i64::from(card.version),
        digest: card.digest.clone(),
        verdict: card.verdict.clone(),
        score_milli: card.score.map(milli),
        human_verdict: None,
        human_score_milli: None,
    };
    applied(report).map(card).collect()
}

/// One a criterion that applies or may apply.
pub fn findings(report: &Report) -> Vec<FindingRow> {
    let of_card = |card: &Scorecard| -> Vec<FindingRow> {
        let there = card.findings.iter().filter(|finding| finding.verdict != "not_applicable");
        there.map(|finding| finding_row(&card.rubric, finding)).collect()
    };
    applied(report).flat_map(of_card).collect()
}

fn finding_row(rubric: &str, finding: &Finding) -> FindingRow {
    let main = finding.main_evidence();
    FindingRow {
        rubric: rubric.to_owned(),
        criterion: finding.criterion.clone(),
        title: finding.title.clone(),
        verdict: finding.verdict.clone(),
        severity: finding.severity.clone(),
        weight_milli: milli(finding.weight),
        points_milli: milli(finding.points),
        confidence_milli: milli(finding.confidence),
        leg: main.and_then(|one| one.leg).map(i64::from),
        start_ms: main.and_then(|one| one.start_s).map(ms),
        end_ms: main.and_then(|one| one.end_s).map(ms),
        quote: main.and_then(|one| one.quote.clone()),
    }
}

fn applied(report: &Report) -> impl Iterator<Item = &Scorecard> {
    report.scorecards.iter().filter(|card| card.verdict != "not_applicable")
}

fn milli(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

fn ms(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// How much a person should look at a call, 0 to 1000: its gravest failure, by how sure it is, and a
/// little for each further one; what is undecided counts as a doubt.
pub(crate) fn risk(report: &Report) -> i64 {
    let findings: Vec<&Finding> = applied(report).flat_map(|card| &card.findings).collect();
    let with = |verdict: &'static str| findings.iter().filter(move |one| one.verdict == verdict);
    let gravity = |finding: &Finding| match finding.severity.as_str() {
        "critical" => 900,
        "major" => 600,
        "minor" => 300,
        _ => 100,
    };
    // A failure that is not sure is still more urgent than a lesser one that is.
    let sure = |one: &Finding| milli(one.confidence).clamp(0, 1000) / 5;
    let worst = with("not_met").map(|one| gravity(one) - 200 + sure(one)).max().unwrap_or(0);
    let further = (with("not_met").count() as i64 - 1).max(0);
    let doubts = with("undetermined").count() as i64;
    (worst.max(0) + 10 * further + 5 * doubts).min(1000)
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Figures to filter and count by.
pub(crate) fn measures(report: &Report) -> serde_json::Value {
    let conversation = &report.conversation;
    let talk: f64 = conversation.talk_s.values().sum();
    // Waiting that was asked for is no dead air.
    let unasked = conversation.silences.iter().filter(|one| !one.announced && !one.hold);
    let unasked: Vec<f64> = unasked.map(|one| one.end_s - one.start_s).collect();
    let longest = unasked.iter().copied().fold(0.0, f64::max);
    let over = conversation.overtalk.iter().filter(|one| !one.backchannel && one.by == "agent");
    let over: Vec<f64> = over.map(|one| one.end_s - one.start_s).collect();
    // A sum of nothing is minus zero.
    let holds = 0.0 + conversation.holds.iter().map(|one| one.end_s - one.start_s).sum::<f64>();
    let mut all = json!({
        "silence_longest_s": thousandths(longest),
        "dead_air_s": thousandths(0.0 + unasked.iter().sum::<f64>()),
        "overtalk_by_agent": over.len(),
        "overtalk_agent_s": thousandths(0.0 + over.iter().sum::<f64>()),
        "hold_s": thousandths(holds),
    });
    if talk > 0.0 {
        let agent = conversation.talk_s.get("agent").copied().unwrap_or_default();
        all["talk_share_agent"] = json!(thousandths(agent / talk));
    }
    if let Some(rate) = conversation.rate_per_min.get("agent") {
        all["rate_agent_per_min"] = json!(rate);
    }
    if let Some(response) = &conversation.response {
        all["response_first_s"] = json!(response.first_s);
        all["response_longest_s"] = json!(response.longest_s);
    }
    all
}
