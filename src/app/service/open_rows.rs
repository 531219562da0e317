//! A call as the open data has it.
//!
//! In: what the store keeps of a call. Out: rows for [`crate::lake`]. Texts come from the masked report alone;
//! reviewers' comments, file names and people's names stay behind.

use std::collections::BTreeMap;

use crate::lake::{
    CallRow, CallRows, EventRow, FindingRow, MeasureRow, ScorecardRow, Utc, UtteranceRow,
};
use crate::store::calls::{self, CardRow};
use crate::store::decisions::{Decision, standing};
use crate::store::{Event, EventKind};
use crate::wire::report::{Finding, Report, Scorecard, Utterance};

/// What the store keeps of a call.
pub(super) struct Kept {
    pub(super) row: calls::CallRow,
    pub(super) report: Report,
    pub(super) cards: Vec<CardRow>,
    pub(super) findings: Vec<calls::FindingRow>,
    pub(super) decisions: Vec<Decision>,
    pub(super) events: Vec<Event>,
}

/// The call's rows.
pub(super) fn rows(kept: &Kept) -> CallRows {
    let Kept { row, report, cards, findings, decisions, events } = kept;
    let standing = standing(decisions);
    let of_rubric = |rubric: &str| report.scorecards.iter().find(|card| card.rubric == rubric);
    let finding = |one: &calls::FindingRow| {
        let same = |f: &&Finding| f.criterion == one.criterion;
        let told = of_rubric(&one.rubric).and_then(|card| card.findings.iter().find(same));
        let same = |d: &&&Decision| d.rubric == one.rubric && d.criterion == one.criterion;
        finding_row(&row.id, one, told, standing.iter().find(same).copied())
    };
    CallRows {
        call: call_row(row, report),
        scorecards: cards
            .iter()
            .map(|card| card_row(&row.id, card, of_rubric(&card.rubric)))
            .collect(),
        findings: findings.iter().map(finding).collect(),
        utterances: utterances(&row.id, report),
        measures: measures(&row.id, report),
        events: events.iter().map(event).collect(),
    }
}

fn points(milli: i64) -> f64 {
    milli as f64 / 1000.0
}

fn ms(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

fn count<T>(all: impl IntoIterator<Item = T>) -> i32 {
    i32::try_from(all.into_iter().count()).unwrap_or(i32::MAX)
}

fn call_row(row: &calls::CallRow, report: &Report) -> CallRow {
    let belongs = row.belongs.clone();
    CallRow {
        call_id: row.id.clone(),
        external_id: row.external_id.clone(),
        kind: row.kind.clone(),
        direction: row.direction.clone(),
        client: belongs.client,
        vendor: belongs.vendor,
        project: belongs.project,
        team: belongs.team,
        queue: row.queue.clone(),
        agent: belongs.agent,
        customer_masked: row.customer.clone(),
        language: row.language.clone(),
        started_at: Utc(row.started_us),
        received_at: Utc(row.received_us),
        analysed_at: Utc(row.analysed_us),
        duration_ms: row.duration_ms,
        verdict: row.verdict.clone(),
        score_points: row.score_milli.map(points),
        risk_permille: row.risk,
        problems: row.problems.clone(),
        review_state: row.review_state.clone(),
        held: row.held,
        codec: report.media.codec.clone(),
        sample_rate_hz: i64::from(report.media.sample_rate_hz),
        channel_count: i32::from(report.media.channels),
        engine: report.transcript.engine.name.clone(),
        model: report.transcript.engine.model.clone(),
        tool_version: report.tool.version.clone(),
        rev: row.rev,
    }
}

fn card_row(call_id: &str, card: &CardRow, told: Option<&Scorecard>) -> ScorecardRow {
    ScorecardRow {
        call_id: call_id.to_owned(),
        rubric: card.rubric.clone(),
        rubric_version: card.version,
        rubric_sha256: card.digest.clone(),
        title: told.map(|told| told.title.clone()),
        verdict: card.verdict.clone(),
        score_points: card.score_milli.map(points),
        score_min_points: told.and_then(|told| told.score_min),
        score_max_points: told.and_then(|told| told.score_max),
        max_points: told.map(|told| told.max),
        human_verdict: card.human_verdict.clone(),
        human_score_points: card.human_score_milli.map(points),
    }
}

fn finding_row(
    call_id: &str,
    one: &calls::FindingRow,
    told: Option<&Finding>,
    decided: Option<&Decision>,
) -> FindingRow {
    FindingRow {
        call_id: call_id.to_owned(),
        rubric: one.rubric.clone(),
        criterion: one.criterion.clone(),
        title: one.title.clone(),
        verdict: one.verdict.clone(),
        severity: one.severity.clone(),
        weight_points: points(one.weight_milli),
        had_points: points(one.points_milli),
        confidence: points(one.confidence_milli),
        reason: told.and_then(|told| told.reason.clone()),
        evidence_kind: told.and_then(Finding::main_evidence).map(|main| main.kind.clone()),
        start_ms: one.start_ms,
        end_ms: one.end_ms,
        quote_redacted: one.quote.clone(),
        decision: decided.map(|decided| decided.decision.clone()),
        human_verdict: decided.map(|decided| decided.verdict.clone()),
        decided_at: decided.map(|decided| Utc(decided.at_us)),
    }
}

fn utterances(call_id: &str, report: &Report) -> Vec<UtteranceRow> {
    let conversation = &report.conversation;
    let rates: BTreeMap<u32, f64> =
        conversation.rates.iter().map(|one| (one.utterance, one.per_min)).collect();
    let loud: BTreeMap<u32, f64> =
        conversation.loudness.iter().map(|one| (one.utterance, one.dbfs)).collect();
    let row = |one: &Utterance| UtteranceRow {
        call_id: call_id.to_owned(),
        utterance: i32::try_from(one.id).unwrap_or(i32::MAX),
        leg: i32::from(one.leg),
        speaker: i32::from(one.speaker),
        party: one.party.clone(),
        start_ms: ms(one.start_s),
        end_ms: ms(one.end_s),
        text_redacted: one.text.clone(),
        confidence: one.confidence,
        rate_per_min: rates.get(&one.id).copied(),
        loudness_dbfs: loud.get(&one.id).copied(),
    };
    report.transcript.utterances.iter().map(row).collect()
}

fn measures(call_id: &str, report: &Report) -> MeasureRow {
    let told = &report.conversation;
    let length_ms = |start_s: f64, end_s: f64| ms(end_s) - ms(start_s);
    let talk = |party: &str| told.talk_s.get(party).copied().map(ms);
    let over = |party: &'static str| {
        count(told.overtalk.iter().filter(|one| !one.backchannel && one.by == party))
    };
    let unasked = told.silences.iter().filter(|one| !one.announced && !one.hold);
    MeasureRow {
        call_id: call_id.to_owned(),
        talk_agent_ms: talk("agent"),
        talk_customer_ms: talk("customer"),
        silence_count: count(&told.silences),
        silence_ms: told.silences.iter().map(|one| length_ms(one.start_s, one.end_s)).sum(),
        silence_longest_ms: unasked.map(|one| length_ms(one.start_s, one.end_s)).max().unwrap_or(0),
        hold_count: count(&told.holds),
        hold_ms: told.holds.iter().map(|one| length_ms(one.start_s, one.end_s)).sum(),
        overtalk_agent_count: over("agent"),
        overtalk_customer_count: over("customer"),
        rate_agent_per_min: told.rate_per_min.get("agent").copied(),
        rate_customer_per_min: told.rate_per_min.get("customer").copied(),
        response_first_ms: told.response.map(|one| ms(one.first_s)),
        response_average_ms: told.response.map(|one| ms(one.average_s)),
        response_longest_ms: told.response.map(|one| ms(one.longest_s)),
        utterance_count: count(&report.transcript.utterances),
        pii_count: count(&report.pii),
        recognise_ms: ms(report.timings.asr_s),
        analyse_ms: ms(report.timings.total_s),
    }
}

/// An event. Of its body only what names a rubric and a criterion: why a file failed may name anybody.
pub(super) fn event(one: &Event) -> EventRow {
    let body: serde_json::Value = serde_json::from_str(&one.body).unwrap_or_default();
    let about = matches!(one.kind, EventKind::FindingDecided | EventKind::RubricPublished);
    let word = |key: &str| Some(body.get(key).filter(|_| about)?.as_str()?.to_owned());
    EventRow {
        seq: one.seq,
        at: Utc(one.at_us),
        kind: one.kind.as_str().to_owned(),
        call_id: one.call_id.clone(),
        rubric: word("rubric"),
        criterion: word("criterion"),
    }
}
