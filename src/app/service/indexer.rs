//! The search index follows the event log.
//!
//! In: events. Out: the index, a commit behind at most. With each commit the index itself remembers how far it
//! has read, so that after a crash it goes on exactly there; a call put twice is one call.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::domain::{Direction, Party};
use crate::search::{
    CallDoc, CallMeasures, Effort, Rebuild, SaidDoc, SearchError, SearchIndex, SearchWriter, WordAt,
};
use crate::store::calls::CallRow;
use crate::store::list::{CallFilter, Sort};
use crate::store::{Store, StoreError};
use crate::wire::report::{Report, Utterance};

/// How long a call waits at most before it is looked for: it can be found within two seconds.
const POLL: Duration = Duration::from_millis(300);

/// From one commit to the next at least. A commit is a segment, and segments are merged: with one for every few calls,
/// writing the same call again and again costs more than indexing it.
const COMMITS_APART: Duration = Duration::from_secs(1);

/// Events read at a time; more wait for the next commit.
const EVENTS_MAX: u32 = 500;

/// Calls read at a time by a rebuild.
const PAGE: u32 = 200;

/// Why the index is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The store does not give what is to be indexed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index does not take it.
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// Follows the log until the service ends. Blocking: the index writes to disk.
pub(super) fn follow(
    runtime: &Handle,
    store: &Store,
    index: &SearchIndex,
    stop: &CancellationToken,
) -> Result<(), SearchError> {
    let mut writer = index.writer(Effort::Serving)?;
    let mut cursor = index.cursor()?;
    while !stop.is_cancelled() {
        let begun = Instant::now();
        match runtime.block_on(step(store, &mut writer, cursor)) {
            Ok(seq) if seq > cursor => {
                cursor = seq;
                rest(begun + COMMITS_APART, stop);
            }
            Ok(_) => std::thread::sleep(POLL),
            Err(error) => {
                tracing::error!(%error, "the search index falls behind");
                std::thread::sleep(POLL * 10);
            }
        }
    }
    Ok(())
}

/// Waits, but not longer than the service runs.
fn rest(until: Instant, stop: &CancellationToken) {
    while Instant::now() < until && !stop.is_cancelled() {
        std::thread::sleep(POLL.min(until.saturating_duration_since(Instant::now())));
    }
}

/// Reads what happened after `cursor`; tells up to where.
async fn step(store: &Store, writer: &mut SearchWriter, cursor: i64) -> Result<i64, IndexError> {
    let events = store.events_after(cursor, EVENTS_MAX).await?;
    let Some(last) = events.last().map(|event| event.seq) else { return Ok(cursor) };
    // A call that changed five times is read once.
    let calls: BTreeMap<String, ()> =
        events.into_iter().filter_map(|event| Some((event.call_id?, ()))).collect();
    for id in calls.into_keys() {
        match store.call(&id).await? {
            Some(row) => writer.put(&doc(store, &row).await?)?,
            None => writer.delete(&id),
        }
    }
    writer.commit(last)?;
    Ok(last)
}

/// Makes the index anew from the store; tells how many calls are in it. `told` hears of progress.
///
/// # Errors
/// [`IndexError`]; then the old index is as it was.
pub async fn rebuild(
    store: &Store,
    path: &std::path::Path,
    told: impl Fn(u64),
) -> Result<u64, IndexError> {
    // What happens meanwhile is read again by whoever follows the log.
    let cursor = store.last_seq().await?;
    let mut rebuild = Rebuild::begin(path)?;
    let mut filter = CallFilter { sort: Sort::Time, limit: PAGE, ..CallFilter::default() };
    let mut calls = 0;
    loop {
        let rows = store.list(&filter, &crate::domain::Scope::All).await?;
        let Some(last) = rows.last() else { break };
        filter.after = Some((last.started_us, last.id.clone()));
        for row in &rows {
            rebuild.writer().put(&doc(store, row).await?)?;
            calls += 1;
        }
        told(calls);
    }
    rebuild.finish(cursor)?;
    Ok(calls)
}

/// A call as the index knows it. Its text is the masked report's.
async fn doc(store: &Store, row: &CallRow) -> Result<CallDoc, StoreError> {
    let report = store.report(&row.id).await?.ok_or(StoreError::NotFound("report"))?;
    let failed = report.scorecards.iter().flat_map(|card| {
        let failed = card.findings.iter().filter(|finding| finding.verdict == "not_met");
        failed.map(|finding| format!("{}/{}", card.rubric, finding.criterion))
    });
    Ok(CallDoc {
        call_id: row.id.clone(),
        belongs: row.belongs.clone(),
        queue: row.queue.clone(),
        direction: row.direction.as_deref().and_then(Direction::parse),
        language: Some(row.language.clone()),
        started_us: row.started_us,
        duration_ms: row.duration_ms.unsigned_abs(),
        verdict: Some(row.verdict.clone()),
        score: row.score_milli.map(|milli| milli as f32 / 1000.0),
        risk: u16::try_from(row.risk).unwrap_or(u16::MAX),
        review_state: Some(row.review_state.clone()),
        problems: row.problems.clone(),
        failed: failed.collect(),
        measures: measures(&report),
        said: report.transcript.utterances.iter().map(said).collect(),
    })
}

fn measures(report: &Report) -> CallMeasures {
    let all = super::facts::measures(report);
    let number = |name: &str| all.get(name).and_then(serde_json::Value::as_f64);
    let rate = |party: &str| report.conversation.rate_per_min.get(party).map(|rate| *rate as f32);
    CallMeasures {
        silence_longest_ms: number("silence_longest_s").map(|s| (s * 1000.0).round() as u64),
        overtalk_count: number("overtalk_by_agent").map(|n| n as u64),
        rate_agent: rate("agent"),
        rate_customer: rate("customer"),
        talk_share_agent: number("talk_share_agent").map(|share| share as f32),
    }
}

fn ms(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1000.0).round() as u64
}

fn said(one: &Utterance) -> SaidDoc {
    SaidDoc {
        leg: one.leg,
        party: Party::parse(&one.party).unwrap_or(Party::Unknown),
        start_ms: ms(one.start_s),
        end_ms: ms(one.end_s),
        words: words(one),
        text: one.text.clone(),
    }
}

/// Where each word stands in the text. A word that cannot be found there again (masking rewrites some) has
/// no place, and the search takes its time in proportion.
fn words(one: &Utterance) -> Vec<WordAt> {
    let (mut byte, mut char) = (0, 0u32);
    let mut all = Vec::with_capacity(one.words.len());
    for word in &one.words {
        let text = word.text.trim();
        let Some(at) = one.text[byte..].find(text).filter(|_| !text.is_empty()) else { continue };
        char += one.text[byte..byte + at].chars().count() as u32;
        let end = char + text.chars().count() as u32;
        all.push(WordAt { chars: char..end, start_ms: ms(word.start_s), end_ms: ms(word.end_s) });
        (byte, char) = (byte + at + text.len(), end);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::report::Word;

    #[test]
    fn words_stand_where_they_were_said() {
        let word = |text: &str, start_s: f64| Word {
            text: text.into(),
            start_s,
            end_s: start_s + 0.5,
            confidence: 1.0,
        };
        let one = Utterance {
            id: 0,
            leg: 0,
            speaker: 0,
            party: "agent".into(),
            start_s: 0.0,
            end_s: 2.0,
            text: "您好，*** 您好 there".into(),
            confidence: 1.0,
            words: vec![
                word("您好，", 0.0),
                word("张三", 0.5),
                word("您好", 1.0),
                word(" there", 1.5),
            ],
        };
        let at: Vec<_> = words(&one).into_iter().map(|w| (w.chars, w.start_ms)).collect();
        assert_eq!(at, [(0..3, 0), (7..9, 1000), (10..15, 1500)]);
    }
}
