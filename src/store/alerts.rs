//! Alerts: what was found in a call while it went on, who took it on, and whether it was right.
//!
//! In: a settled finding; what people say of it. Out: lists by scope, and how often each criterion was right. An alert of
//! a call's criterion is raised once.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::QueryResult;

use super::db::{Store, StoreError, Tx, params, row, rows, run};
use super::events::EventKind;
use super::list::Where;
use crate::domain::Scope;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Its id; grows with time.
    pub id: String,
    /// In which call.
    pub call_id: String,
    /// Microseconds since 1970.
    pub at_us: i64,
    /// By which rubric.
    pub rubric: String,
    /// Its version.
    pub version: i64,
    /// By which criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// `critical`, `major`, `minor`, `info`.
    pub severity: String,
    /// Thousandths.
    pub confidence_milli: i64,
    /// The leg to play.
    pub leg: Option<i64>,
    /// In milliseconds of the call.
    pub start_ms: Option<i64>,
    /// In milliseconds of the call.
    pub end_ms: Option<i64>,
    /// Starred out.
    pub quote: Option<String>,
    /// Why nobody was told at once.
    pub held_back: Option<String>,
    /// Who took it on.
    pub acknowledged_by: Option<String>,
    /// Microseconds since 1970.
    pub acknowledged_us: Option<i64>,
    /// When it was told further because nobody took it on.
    pub escalated_us: Option<i64>,
    /// What a person said of it.
    pub right: Option<bool>,
    /// And why.
    pub note: Option<String>,
    /// When the recording's analysis did not bear it out.
    pub withdrawn_us: Option<i64>,
    /// What the analysis says instead: `met`, `undetermined`, `not_applicable`.
    pub withdrawn_why: Option<String>,
}

/// What becomes of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody took it on, and nothing speaks against it.
    Open,
    /// Somebody took it on.
    Acknowledged,
    /// The recording does not bear it out, whoever took it on.
    Withdrawn,
}

/// Which alerts to list.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// Only these; absent: all.
    pub state: Option<AlertState>,
    /// Of this call.
    pub call_id: Option<String>,
    /// By this rubric.
    pub rubric: Option<String>,
    /// By this criterion.
    pub criterion: Option<String>,
    /// Older than the one of this id: the last of the page before.
    pub before: Option<String>,
}

/// How often a criterion was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precision {
    /// The rubric.
    pub rubric: String,
    /// The criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// Times it was raised.
    pub raised: i64,
    /// Times a person said that it was right.
    pub right: i64,
    /// And wrong.
    pub wrong: i64,
    /// Times the recording did not bear it out.
    pub withdrawn: i64,
}

/// What the analysis of a call's recording says of what alerts are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The rubrics that the recording was judged by: what others raised is left as it is.
    pub rubrics: BTreeSet<String>,
    /// By rubric and criterion: `met`, `not_met`, `undetermined`, `not_applicable`.
    pub verdicts: BTreeMap<(String, String), String>,
}

const COLUMNS: &str = "alert.id, alert.call_id, alert.at_us, alert.rubric, alert.version, alert.criterion, alert.title, \
                       alert.severity, alert.confidence_milli, alert.leg, alert.start_ms, alert.end_ms, alert.quote, \
                       alert.held_back, alert.acknowledged_by, alert.acknowledged_us, alert.escalated_us, \
                       alert.is_right, alert.note, alert.withdrawn_us, alert.withdrawn_why";

/// Raises an alert, and tells it unless it is held back; tells whether it is new. `body` is what the event says.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn raise(tx: &Tx, alert: &AlertRow, body: &str) -> Result<bool, StoreError> {
    let a = alert.clone();
    let sql = "INSERT INTO alert (id, call_id, at_us, rubric, version, criterion, title, severity, confidence_milli, leg, \
               start_ms, end_ms, quote, held_back) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
               ON CONFLICT DO NOTHING";
    let values = params![
        a.id,
        &a.call_id,
        a.at_us,
        a.rubric,
        a.version,
        a.criterion,
        a.title,
        a.severity,
        a.confidence_milli,
        a.leg,
        a.start_ms,
        a.end_ms,
        a.quote,
        a.held_back.clone()
    ];
    if run(tx, sql, values).await? == 0 {
        return Ok(false);
    }
    if a.held_back.is_none() {
        tx.append(a.at_us, EventKind::AlertRaised, Some(&a.call_id), body).await?;
    }
    Ok(true)
}

/// Somebody takes it on; the first counts.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody has, [`StoreError::NotFound`].
pub async fn acknowledge(tx: &Tx, id: &str, by: &str, now_us: i64) -> Result<(), StoreError> {
    let Some(found) = alert(tx, id).await? else { return Err(StoreError::NotFound("alert")) };
    let sql = "UPDATE alert SET acknowledged_by = $2, acknowledged_us = $3 \
               WHERE id = $1 AND acknowledged_us IS NULL";
    if run(tx, sql, params![id, by, now_us]).await? == 0 {
        return Err(StoreError::Conflict("somebody has acknowledged this alert already"));
    }
    let body = serde_json::json!({ "alert_id": id, "by": by }).to_string();
    tx.append(now_us, EventKind::AlertAcknowledged, Some(&found.call_id), &body).await.map(drop)
}

/// A person says whether it was right; the last word counts.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn judge(tx: &Tx, id: &str, right: bool, note: &str) -> Result<(), StoreError> {
    let sql = "UPDATE alert SET is_right = $2, note = $3 WHERE id = $1";
    match run(tx, sql, params![id, i64::from(right), note]).await? {
        1 => Ok(()),
        _ => Err(StoreError::NotFound("alert")),
    }
}

/// It is told further; twice is once. `body` is what the event says.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn escalate(
    tx: &Tx,
    alert: &AlertRow,
    body: &str,
    now_us: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE alert SET escalated_us = $2 \
               WHERE id = $1 AND escalated_us IS NULL AND acknowledged_us IS NULL";
    if run(tx, sql, params![&alert.id, now_us]).await? == 1 {
        tx.append(now_us, EventKind::AlertEscalated, Some(&alert.call_id), body).await?;
    }
    Ok(())
}

/// The recording was analysed: alerts that it does not bear out are withdrawn, with what it says instead; those that it does (it was
/// analysed again) stand as before. None goes away.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn settle(tx: &Tx, call: &str, judged: &Judged, now_us: i64) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE call_id = $1 ORDER BY id");
    for row in rows(tx, &sql, params![call]).await? {
        let alert = read(&row)?;
        if !judged.rubrics.contains(&alert.rubric) {
            continue;
        }
        let key = (alert.rubric.clone(), alert.criterion.clone());
        let verdict = judged.verdicts.get(&key).map_or("not_applicable", String::as_str);
        let why = (verdict != "not_met").then_some(verdict);
        if alert.withdrawn_why.as_deref() == why {
            continue;
        }
        let sql = "UPDATE alert SET withdrawn_us = $2, withdrawn_why = $3 WHERE id = $1";
        run(tx, sql, params![&alert.id, why.map(|_| now_us), why]).await?;
        if let Some(why) = why {
            let body = serde_json::json!({ "alert_id": alert.id, "why": why }).to_string();
            tx.append(now_us, EventKind::AlertWithdrawn, Some(call), &body).await?;
        }
    }
    Ok(())
}

async fn alert(tx: &Tx, id: &str) -> Result<Option<AlertRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE id = $1");
    row(tx, &sql, params![id]).await?.as_ref().map(read).transpose()
}

impl Store {
    /// An alert.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alert(&self, id: &str) -> Result<Option<AlertRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE id = $1");
        row(self, &sql, params![id]).await?.as_ref().map(read).transpose()
    }

    /// The newest alerts that somebody with that scope sees.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts(
        &self,
        filter: &AlertFilter,
        scope: &Scope,
        limit: u32,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let mut which = Where::default();
        which.scope(scope, "live_call");
        match filter.state {
            Some(AlertState::Open) => {
                which.and("alert.acknowledged_us IS NULL AND alert.withdrawn_us IS NULL".into());
            }
            Some(AlertState::Acknowledged) => which.and("alert.acknowledged_us IS NOT NULL".into()),
            Some(AlertState::Withdrawn) => which.and("alert.withdrawn_us IS NOT NULL".into()),
            None => {}
        }
        let AlertFilter { call_id, rubric, criterion, .. } = filter;
        for (column, value) in [("call_id", call_id), ("rubric", rubric), ("criterion", criterion)]
        {
            if let Some(value) = value {
                let value = which.bind(value.as_str());
                which.and(format!("alert.{column} = {value}"));
            }
        }
        if let Some(before) = &filter.before {
            let before = which.bind(before.as_str());
            which.and(format!("alert.id < {before}"));
        }
        let limit = which.bind(i64::from(limit));
        let sql = format!(
            "SELECT {COLUMNS} FROM alert JOIN live_call ON live_call.id = alert.call_id WHERE {} \
             ORDER BY alert.id DESC LIMIT {limit}",
            which.sql()
        );
        rows(self, &sql, which.values).await?.iter().map(read).collect()
    }

    /// Alerts of calls from that time on that nobody took on and that were not told further, raised before `until_us`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unheeded_alerts(
        &self,
        from_us: i64,
        until_us: i64,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE acknowledged_us IS NULL AND escalated_us IS NULL AND held_back IS NULL \
             AND withdrawn_us IS NULL AND at_us >= $1 AND at_us < $2 ORDER BY id LIMIT 100"
        );
        rows(self, &sql, params![from_us, until_us]).await?.iter().map(read).collect()
    }

    /// How often each criterion was right, among the alerts of that time that somebody with that scope sees.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alert_precision(
        &self,
        from_us: i64,
        to_us: i64,
        scope: &Scope,
    ) -> Result<Vec<Precision>, StoreError> {
        let mut which = Where::default();
        which.scope(scope, "live_call");
        let (from, to) = (which.bind(from_us), which.bind(to_us));
        which.and(format!("alert.at_us >= {from} AND alert.at_us < {to}"));
        let sql = format!(
            "SELECT alert.rubric, alert.criterion, MAX(alert.title) AS title, COUNT(*) AS raised, \
             COUNT(CASE WHEN alert.is_right = 1 THEN 1 END) AS right_n, COUNT(CASE WHEN alert.is_right = 0 THEN 1 END) AS wrong_n, \
             COUNT(alert.withdrawn_us) AS withdrawn_n \
             FROM alert JOIN live_call ON live_call.id = alert.call_id WHERE {} \
             GROUP BY alert.rubric, alert.criterion ORDER BY raised DESC, alert.rubric, alert.criterion",
            which.sql()
        );
        let read = |row: &QueryResult| -> Result<Precision, StoreError> {
            Ok(Precision {
                rubric: row.try_get("", "rubric")?,
                criterion: row.try_get("", "criterion")?,
                title: row.try_get("", "title")?,
                raised: row.try_get("", "raised")?,
                right: row.try_get("", "right_n")?,
                wrong: row.try_get("", "wrong_n")?,
                withdrawn: row.try_get("", "withdrawn_n")?,
            })
        };
        rows(self, &sql, which.values).await?.iter().map(read).collect()
    }

    /// How many alerts were told since then, by severity.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts_told(&self, since_us: i64) -> Result<BTreeMap<String, i64>, StoreError> {
        let sql = "SELECT severity, COUNT(*) AS n FROM alert WHERE held_back IS NULL AND at_us >= $1 GROUP BY severity";
        let read = |row: &QueryResult| -> Result<(String, i64), StoreError> {
            Ok((row.try_get("", "severity")?, row.try_get("", "n")?))
        };
        rows(self, sql, params![since_us]).await?.iter().map(read).collect()
    }
}

fn read(row: &QueryResult) -> Result<AlertRow, StoreError> {
    let right: Option<i64> = row.try_get("", "is_right")?;
    Ok(AlertRow {
        id: row.try_get("", "id")?,
        call_id: row.try_get("", "call_id")?,
        at_us: row.try_get("", "at_us")?,
        rubric: row.try_get("", "rubric")?,
        version: row.try_get("", "version")?,
        criterion: row.try_get("", "criterion")?,
        title: row.try_get("", "title")?,
        severity: row.try_get("", "severity")?,
        confidence_milli: row.try_get("", "confidence_milli")?,
        leg: row.try_get("", "leg")?,
        start_ms: row.try_get("", "start_ms")?,
        end_ms: row.try_get("", "end_ms")?,
        quote: row.try_get("", "quote")?,
        held_back: row.try_get("", "held_back")?,
        acknowledged_by: row.try_get("", "acknowledged_by")?,
        acknowledged_us: row.try_get("", "acknowledged_us")?,
        escalated_us: row.try_get("", "escalated_us")?,
        right: right.map(|right| right == 1),
        note: row.try_get("", "note")?,
        withdrawn_us: row.try_get("", "withdrawn_us")?,
        withdrawn_why: row.try_get("", "withdrawn_why")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Belongs, Grant};
    use crate::store::fixture::Stores;
    use crate::store::live::{self, LiveRow};

    fn row_of(id: &str, call: &str, criterion: &str) -> AlertRow {
        AlertRow {
            id: id.into(),
            call_id: call.into(),
            at_us: 10,
            rubric: "r".into(),
            version: 1,
            criterion: criterion.into(),
            title: "t".into(),
            severity: "critical".into(),
            confidence_milli: 900,
            leg: Some(1),
            start_ms: Some(5),
            end_ms: Some(9),
            quote: Some("***".into()),
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

    #[tokio::test]
    async fn an_alert_is_raised_once_taken_on_once_and_seen_by_scope() {
        for (name, store) in Stores::new().await.each() {
            let tx = store.begin().await.unwrap();
            for (id, team) in [("c1", "A"), ("c2", "B")] {
                let belongs = Belongs { team: Some(team.into()), ..Belongs::default() };
                let (source, native_id) = ("pbx".into(), id.into());
                let call = LiveRow { id: id.into(), source, native_id, belongs, started_us: 1 };
                live::begin(&tx, &call).await.unwrap();
            }
            assert!(raise(&tx, &row_of("a1", "c1", "x"), "{}").await.unwrap(), "{name}");
            assert!(!raise(&tx, &row_of("a2", "c1", "x"), "{}").await.unwrap(), "{name}");
            assert!(raise(&tx, &row_of("a3", "c2", "x"), "{}").await.unwrap(), "{name}");
            acknowledge(&tx, "a1", "sam", 20).await.unwrap();
            assert!(matches!(acknowledge(&tx, "a1", "li", 21).await, Err(StoreError::Conflict(_))));
            assert!(matches!(acknowledge(&tx, "no", "li", 21).await, Err(StoreError::NotFound(_))));
            judge(&tx, "a1", false, "a quote").await.unwrap();
            let unheeded = row_of("a3", "c2", "x");
            escalate(&tx, &unheeded, "{}", 30).await.unwrap();
            escalate(&tx, &unheeded, "{}", 31).await.unwrap();
            tx.commit().await.unwrap();

            let team = Belongs { team: Some("A".into()), ..Belongs::default() };
            let (all, some) = (Scope::All, Scope::Of(vec![Grant(team.clone())]));
            let ids = |found: Vec<AlertRow>| found.into_iter().map(|a| a.id).collect::<Vec<_>>();
            let filter = AlertFilter::default();
            assert_eq!(ids(store.alerts(&filter, &all, 9).await.unwrap()), ["a3", "a1"], "{name}");
            assert_eq!(ids(store.alerts(&filter, &some, 9).await.unwrap()), ["a1"], "{name}");
            let open = AlertFilter { state: Some(AlertState::Open), ..AlertFilter::default() };
            assert_eq!(ids(store.alerts(&open, &all, 9).await.unwrap()), ["a3"], "{name}");
            assert!(store.unheeded_alerts(0, 99).await.unwrap().is_empty(), "{name}");
            let precision = store.alert_precision(0, 99, &all).await.unwrap();
            assert_eq!((precision[0].raised, precision[0].wrong, precision[0].right), (2, 1, 0));
            assert_eq!(store.belongs("c1").await.unwrap(), Some(team), "{name}");
            let kinds: Vec<_> =
                store.events_after(0, 99).await.unwrap().iter().map(|e| e.kind.as_str()).collect();
            let want = [
                "live.started",
                "live.started",
                "alert.raised",
                "alert.raised",
                "alert.acknowledged",
                "alert.escalated",
            ];
            assert_eq!(kinds, want, "{name}");
        }
    }

    #[tokio::test]
    async fn what_the_recording_does_not_bear_out_is_withdrawn_and_kept() {
        for (name, store) in Stores::new().await.each() {
            let tx = store.begin().await.unwrap();
            let (source, native_id, belongs) = ("pbx".into(), "n".into(), Belongs::default());
            let call = LiveRow { id: "c1".into(), source, native_id, belongs, started_us: 1 };
            live::begin(&tx, &call).await.unwrap();
            for (id, criterion) in [("a1", "x"), ("a2", "y"), ("a3", "z"), ("a4", "u")] {
                assert!(raise(&tx, &row_of(id, "c1", criterion), "{}").await.unwrap(), "{name}");
            }
            let other = AlertRow { rubric: "other".into(), ..row_of("a5", "c1", "x") };
            assert!(raise(&tx, &other, "{}").await.unwrap(), "{name}");
            acknowledge(&tx, "a2", "sam", 20).await.unwrap();
            let judged = |all: &[(&str, &str)]| {
                let key = |criterion: &str| ("r".to_owned(), criterion.to_owned());
                let verdicts = all.iter().map(|(of, verdict)| (key(of), (*verdict).to_owned()));
                Judged { rubrics: ["r".to_owned()].into(), verdicts: verdicts.collect() }
            };
            let first = judged(&[("x", "not_met"), ("y", "met"), ("z", "undetermined")]);
            settle(&tx, "c1", &first, 30).await.unwrap();
            settle(&tx, "c1", &first, 31).await.unwrap();
            tx.commit().await.unwrap();

            let listed = async |state, criterion: Option<&str>| {
                let criterion = criterion.map(str::to_owned);
                let filter = AlertFilter { state, criterion, ..AlertFilter::default() };
                let found = store.alerts(&filter, &Scope::All, 9).await.unwrap();
                found.into_iter().map(|a| (a.id, a.withdrawn_why)).collect::<Vec<_>>()
            };
            let is = |id: &str, why: Option<&str>| (id.to_owned(), why.map(str::to_owned));
            let withdrawn = [
                is("a4", Some("not_applicable")),
                is("a3", Some("undetermined")),
                is("a2", Some("met")),
            ];
            assert_eq!(listed(Some(AlertState::Withdrawn), None).await, withdrawn, "{name}");
            let open = [is("a5", None), is("a1", None)];
            assert_eq!(listed(Some(AlertState::Open), None).await, open, "{name}");
            let taken = [is("a2", Some("met"))];
            assert_eq!(listed(Some(AlertState::Acknowledged), None).await, taken, "{name}");
            assert_eq!(listed(None, Some("x")).await, open, "{name}");
            let of = AlertFilter { rubric: Some("other".into()), ..AlertFilter::default() };
            assert_eq!(store.alerts(&of, &Scope::All, 9).await.unwrap().len(), 1, "{name}");
            assert_eq!(store.unheeded_alerts(0, 99).await.unwrap().len(), 2, "{name}");
            let precision = store.alert_precision(0, 99, &Scope::All).await.unwrap();
            assert_eq!(precision.iter().map(|one| one.withdrawn).sum::<i64>(), 3, "{name}");

            // Analysed again, it is borne out after all.
            let tx = store.begin().await.unwrap();
            settle(&tx, "c1", &judged(&[("y", "not_met")]), 40).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.alert("a2").await.unwrap().unwrap().withdrawn_us, None, "{name}");
            let told = store.events_after(0, 99).await.unwrap();
            let told = told.iter().filter(|event| event.kind == EventKind::AlertWithdrawn);
            // Three at first; then one more, and one for another reason.
            assert_eq!(told.count(), 5, "{name}");
        }
    }

    #[tokio::test]
    async fn a_call_that_nobody_ended_is_found_again() {
        for (name, store) in Stores::new().await.each() {
            let tx = store.begin().await.unwrap();
            let row = |id: &str| LiveRow {
                id: id.into(),
                source: "pbx".into(),
                native_id: id.into(),
                belongs: Belongs::default(),
                started_us: 1,
            };
            live::begin(&tx, &row("c1")).await.unwrap();
            live::begin(&tx, &row("c2")).await.unwrap();
            let event = live::LiveEvent {
                id: "e1".into(),
                call_id: "c1".into(),
                kind: "listen".into(),
                start_ms: 100,
                end_ms: None,
                at_us: 5,
                ended_us: None,
                person: Some("sam".into()),
                reason: Some("new agent".into()),
            };
            live::begin_event(&tx, &event).await.unwrap();
            live::end_event(&tx, "e1", 900, 6).await.unwrap();
            live::end_event(&tx, "e1", 999, 7).await.unwrap();
            live::end(&tx, "c1", "normal", 8).await.unwrap();
            live::end(&tx, "c1", "shutdown", 9).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.open_live().await.unwrap(), [row("c2")], "{name}");
            let ended = live::LiveEvent { end_ms: Some(900), ended_us: Some(6), ..event };
            assert_eq!(store.live_events("c1").await.unwrap(), [ended], "{name}");
        }
    }
}
