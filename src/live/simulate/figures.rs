//! What came of a run, in figures.
//!
//! In: latencies and counts. Out: [`Outcome`], to be printed or written as JSON.

use serde::Serialize;

use super::why::Why;

/// Latencies of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Of what.
    pub kind: String,
    /// How many were measured.
    pub n: usize,
    /// Half are no later, in milliseconds.
    pub p50_ms: f64,
    /// 19 of 20 are no later.
    pub p95_ms: f64,
    /// 99 of 100 are no later.
    pub p99_ms: f64,
    /// The latest.
    pub max_ms: f64,
    /// How many were later than the deadline.
    pub over_deadline: usize,
}

impl Row {
    /// The row of these; `None` without any.
    pub fn of(kind: &str, mut values_ms: Vec<f64>, deadline_ms: f64) -> Option<Self> {
        values_ms.retain(|value| value.is_finite());
        values_ms.sort_by(f64::total_cmp);
        let max_ms = *values_ms.last()?;
        Some(Self {
            kind: kind.to_owned(),
            n: values_ms.len(),
            p50_ms: percentile(&values_ms, 0.50),
            p95_ms: percentile(&values_ms, 0.95),
            p99_ms: percentile(&values_ms, 0.99),
            max_ms,
            over_deadline: values_ms.iter().filter(|value| **value > deadline_ms).count(),
        })
    }
}

/// The least value that at least this share does not exceed (nearest rank); 0 without values.
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).or(sorted.last()).copied().unwrap_or(0.0)
}

/// How calls ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Calls {
    /// Begun.
    pub begun: usize,
    /// Played to their end.
    pub completed: usize,
    /// Ended before, because the run was.
    pub stopped: usize,
    /// The service had no room, or did not let them in.
    pub refused: usize,
    /// Broken.
    pub failed: usize,
    /// At the same time at most.
    pub at_once_most: usize,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Frames {
    /// Frames of 20 ms, all legs.
    pub sent: u64,
    /// Left out on purpose.
    pub lost_on_purpose: u64,
    /// Sent more than a frame later than planned: this machine, or the connection, did not keep up.
    pub late: u64,
    /// The latest, in milliseconds.
    pub latest_ms: f64,
}

/// What was heard back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Heard {
    /// Calls that the service showed.
    pub calls_seen: usize,
    /// Calls that went through and that it never showed.
    pub calls_unseen: usize,
    /// Utterances that stand.
    pub utterances: usize,
    /// Their words; of Chinese, characters.
    pub words: u64,
    /// Texts shown before they were final.
    pub partials: u64,
    /// Utterances that were changed after they were shown.
    pub revised: u64,
    /// Utterances that were taken back.
    pub revoked: u64,
    /// Alerts of our calls.
    pub alerts: usize,
    /// How often a stream broke and was opened again: what came meanwhile is not measured.
    pub breaks: u64,
}

/// A call that did not go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The recording.
    pub file: String,
    /// Its id at the service's source.
    pub native_id: String,
    /// What happened.
    pub why: Why,
}

/// One of the texts or alerts that came latest: where to look when a tail is long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latest {
    /// `text`, or the rubric and criterion of an alert.
    pub kind: String,
    /// The recording.
    pub file: String,
    /// Whose leg.
    pub leg: u8,
    /// When in the call it was over, in seconds.
    pub end_s: f64,
    /// How much later it was told, in milliseconds.
    pub latency_ms: f64,
}

/// Listening in.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Listening {
    /// Listeners that were let in.
    pub listeners: usize,
    /// Listeners that were not, and why.
    pub failed: Vec<Why>,
    /// Frames that came.
    pub frames: u64,
    /// Frames that were missing by their numbers.
    pub missed: u64,
    /// From the request to the first frame, in milliseconds.
    pub start: Option<Row>,
    /// From mouth to ear.
    pub mouth_to_ear: Option<Row>,
    /// Legs in which no chirp was heard.
    pub unheard: usize,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// How long it took, in seconds.
    pub took_s: f64,
    /// What counts as late, in milliseconds.
    pub deadline_ms: f64,
    /// Calls.
    pub calls: Calls,
    /// Frames.
    pub frames: Frames,
    /// What came back; absent when nobody watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// Latencies by kind.
    pub latency: Vec<Row>,
    /// What came latest, the latest first.
    pub latest: Vec<Latest>,
    /// Listening in; absent when nobody listened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listening: Option<Listening>,
    /// What did not go through, the first hundred.
    pub troubles: Vec<Trouble>,
}

impl Outcome {
    /// Whether all went through that was begun, and something was.
    pub fn all_well(&self) -> bool {
        let calls = &self.calls;
        let heard = self.listening.as_ref().is_none_or(|listening| listening.failed.is_empty());
        calls.begun > 0 && calls.failed == 0 && calls.refused == 0 && heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 0.5), 50.0);
        assert_eq!(percentile(&hundred, 0.95), 95.0);
        assert_eq!(percentile(&hundred, 0.99), 99.0);
        assert_eq!(percentile(&[7.0], 0.5), 7.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.95), 3.0);
        assert_eq!(percentile(&[], 0.95), 0.0);
    }

    #[test]
    fn a_row_sorts_counts_the_late_and_is_not_there_without_values() {
        let row = Row::of("text", vec![900.0, 100.0, 1_600.0, f64::NAN, 1_500.0], 1_500.0).unwrap();
        assert_eq!((row.n, row.p50_ms, row.max_ms, row.over_deadline), (4, 900.0, 1_600.0, 1));
        assert_eq!(Row::of("text", vec![], 1.0), None);
    }
}
