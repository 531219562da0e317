//! Settled findings become alerts: each once, as often and at the hours that people can bear.
//!
//! In: what is settled in each call. Out: alerts in the store, with their events. What is held back is kept all the same, with the
//! reason; critical findings are never held back.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::hearing::Settled;
use crate::api::live::bodies::{AlertBody, AlertTitle};
use crate::api::live::{LiveCall, OpenAlert, Policy};
use crate::domain::{Evidence, Finding, Severity, Verdict};
use crate::store::alerts::{self, AlertRow};
use crate::store::{Store, StoreError, now_us};

/// How often it is looked which alerts nobody took on.
const LOOK: Duration = Duration::from_secs(5);

/// How often the policy is read anew.
const POLICY: Duration = Duration::from_secs(5);

/// Older alerts are not told further: a service that was down for a night does not shout at dawn.
const STALE_US: i64 = 3_600_000_000;

/// The window of a budget.
const BUDGET_US: i64 = 600_000_000;

/// How long to wait before an alert that could not be written down is tried again.
const RAISE_AGAIN: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Agents and teams of whom it is remembered when they were last told of.
const REMEMBERED_MAX: usize = 10_000;

/// How grave, from 0.
fn grave(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Minor => 1,
        Severity::Major => 2,
        Severity::Critical => 3,
    }
}

/// When what was told.
#[derive(Default)]
struct Restraint {
    /// By agent and criterion.
    told: BTreeMap<(String, String), i64>,
    /// By team.
    spent: BTreeMap<String, Vec<i64>>,
}

impl Restraint {
    /// Why an alert is to be held back, if it is.
    fn why_held(
        &mut self,
        policy: &Policy,
        who: (&str, &str),
        criterion: &str,
        grave: u8,
        now: (i64, u32),
    ) -> Option<&'static str> {
        let ((agent, team), (now_us, minute)) = (who, now);
        self.told.retain(|_, at| now_us - *at < i64::from(policy.cool_down_s) * 1_000_000);
        let key = (agent.to_owned(), criterion.to_owned());
        let spent = self.spent.entry(team.to_owned()).or_default();
        spent.retain(|at| now_us - at < BUDGET_US);
        let critical = grave >= 3;
        if !critical && !agent.is_empty() && self.told.contains_key(&key) {
            return Some("cool_down");
        }
        if !critical && policy.is_quiet(minute) {
            return Some("quiet_hours");
        }
        if !critical && spent.len() >= policy.budget_per_10_min as usize {
            return Some("budget");
        }
        None
    }

    /// An alert was told. One that could not be written down was not.
    fn note(&mut self, (agent, team): (&str, &str), criterion: &str, now_us: i64) {
        self.spent.entry(team.to_owned()).or_default().push(now_us);
        if self.told.len() < REMEMBERED_MAX {
            self.told.insert((agent.to_owned(), criterion.to_owned()), now_us);
        }
        if self.spent.len() > REMEMBERED_MAX {
            self.spent.retain(|_, spent| !spent.is_empty());
        }
    }
}

/// Raises alerts until the service ends.
pub(super) async fn tell(
    store: Store,
    mut settled: mpsc::Receiver<Settled>,
    stop: CancellationToken,
) {
    let mut restraint = Restraint::default();
    let mut policy = (Policy::default(), None::<tokio::time::Instant>);
    // What was raised of the calls that go on, so that nothing is asked of the store twice.
    let mut raised: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    loop {
        let settled = tokio::select! {
            () = stop.cancelled() => return,
            settled = settled.recv() => match settled {
                Some(settled) => settled,
                None => return,
            },
        };
        if policy.1.is_none_or(|read| read.elapsed() > POLICY) {
            match Policy::read(&store).await {
                Ok(read) => policy.0 = read,
                Err(error) => tracing::error!(%error, "the policy of alerts cannot be read"),
            }
            policy.1 = Some(tokio::time::Instant::now());
        }
        let call = &settled.call;
        let known = raised.entry(call.id.clone()).or_default();
        for card in &settled.cards {
            for finding in card.findings.iter().filter(|finding| is_raised(&policy.0, finding)) {
                let key =
                    (card.rubric.id.as_str().to_owned(), finding.criterion.as_str().to_owned());
                if known.contains(&key) {
                    continue;
                }
                let mut row = row(call, card.rubric.version, &key, finding);
                let belongs = call.belongs();
                let agent = belongs.agent.clone().unwrap_or_default();
                let team = belongs.team.clone().unwrap_or_default();
                let now = (now_us(), minute_of_day());
                let grave = grave(finding.severity);
                let who = (agent.as_str(), team.as_str());
                let held = restraint.why_held(&policy.0, who, &key.1, grave, now);
                row.held_back = held.map(str::to_owned);
                let Some(new) = raise_in_time(&store, call, &row, grave).await else { continue };
                if new && held.is_none() {
                    restraint.note(who, &key.1, now.0);
                }
                known.push(key);
            }
        }
        if raised.len() > REMEMBERED_MAX {
            // The store refuses what it has.
            raised.clear();
        }
    }
}

fn is_raised(policy: &Policy, finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::NotMet(_)) && grave(finding.severity) >= policy.grave_min()
}

fn minute_of_day() -> u32 {
    let now = jiff::Zoned::now();
    u32::from(now.hour().unsigned_abs()) * 60 + u32::from(now.minute().unsigned_abs())
}

/// The seconds to play.
fn main_evidence(finding: &Finding) -> Option<&Evidence> {
    let all = finding.verdict.evidence();
    all.iter().find(|item| item.span.is_some()).or(all.first())
}

fn row(call: &LiveCall, version: u32, key: &(String, String), finding: &Finding) -> AlertRow {
    let main = main_evidence(finding);
    let span = main.and_then(|item| item.span);
    let ms = |at: crate::domain::AudioTime| i64::try_from(at.ms()).unwrap_or(i64::MAX);
    AlertRow {
        id: uuid::Uuid::now_v7().to_string(),
        call_id: call.id.clone(),
        at_us: now_us(),
        rubric: key.0.clone(),
        version: i64::from(version),
        criterion: key.1.clone(),
        title: finding.title.clone(),
        severity: finding.severity.as_str().into(),
        confidence_milli: (f64::from(finding.confidence) * 1_000.0).round() as i64,
        leg: main.and_then(|item| item.leg).map(|leg| i64::from(leg.0)),
        start_ms: span.map(|span| ms(span.start())),
        end_ms: span.map(|span| ms(span.end())),
        quote: main.and_then(|item| item.quote.as_ref()).map(|quote| quote.as_str().to_owned()),
        held_back: None,
        acknowledged_by: None,
        acknowledged_us: None,
        escalated_us: None,
        right: None,
        note: None,
        withdrawn_us: None,
        withdrawn_why: None,
    }
}

/// Raises an alert, and again where the store was busy: whether it is new, or nothing where it could not be.
async fn raise_in_time(
    store: &Store,
    call: &std::sync::Arc<LiveCall>,
    row: &AlertRow,
    grave: u8,
) -> Option<bool> {
    let mut waits = RAISE_AGAIN.into_iter();
    loop {
        match (raise(store, call, row, grave).await, waits.next()) {
            (Ok(new), _) => return Some(new),
            (Err(_), Some(wait)) => tokio::time::sleep(wait).await,
            (Err(error), None) => {
                tracing::error!(%error, call = call.id, "an alert could not be raised");
                return None;
            }
        }
    }
}

async fn raise(
    store: &Store,
    call: &std::sync::Arc<LiveCall>,
    row: &AlertRow,
    grave: u8,
) -> Result<bool, StoreError> {
    let body = serde_json::to_string(&AlertBody::of(row)).expect("plain values");
    let tx = store.begin().await?;
    let new = alerts::raise(&tx, row, &body).await?;
    tx.commit().await?;
    if new {
        metrics::counter!("lingting_alerts_total", "severity" => row.severity.clone()).increment(1);
        let (rubric, criterion) = (row.rubric.clone(), row.criterion.clone());
        let about = AlertTitle { rubric, criterion, title: row.title.clone() };
        let open = OpenAlert { grave, about };
        call.paint(|picture| picture.alerts.open.insert(row.id.clone(), open));
    }
    Ok(new)
}

/// Tells alerts further that nobody took on in time, until the service ends.
pub(super) async fn escalate(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Err(error) = escalate_due(&store, now_us()).await {
            tracing::error!(%error, "alerts could not be told further");
        }
    }
}

pub(super) async fn escalate_due(store: &Store, now_us: i64) -> Result<(), StoreError> {
    let policy = Policy::read(store).await?;
    if policy.escalate_after_s == 0 {
        return Ok(());
    }
    let until_us = now_us - i64::from(policy.escalate_after_s) * 1_000_000;
    for alert in store.unheeded_alerts(now_us - STALE_US, until_us).await? {
        let body = serde_json::to_string(&AlertBody::of(&alert)).expect("plain values");
        let tx = store.begin().await?;
        alerts::escalate(&tx, &alert, &body, now_us).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_as_often_as_they_can_bear_and_of_what_is_critical_always() {
        let policy = Policy { cool_down_s: 60, budget_per_10_min: 2, ..Policy::default() };
        let mut restraint = Restraint::default();
        let second = 1_000_000;
        for (agent, criterion, grave, at_s, held) in [
            ("a1", "x", 2, 0, None),
            ("a1", "x", 2, 30, Some("cool_down")),
            ("a1", "x", 3, 31, None),
            ("a2", "y", 2, 40, Some("budget")),
            ("a2", "y", 3, 41, None),
            ("a1", "x", 2, 700, None),
        ] {
            let now = (at_s * second, 600);
            let mut why = || restraint.why_held(&policy, (agent, "team"), criterion, grave, now);
            assert_eq!(why(), held, "{agent} {criterion} {grave} {at_s}");
            assert_eq!(why(), held, "nothing is told by asking");
            if held.is_none() {
                restraint.note((agent, "team"), criterion, now.0);
            }
        }
    }
}
