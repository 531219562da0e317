//! Deleting what is due, by rule, and the proof of it.
//!
//! In: rules and holds in the store; the orders of people, the hour of the day. Out: calls without what was to go,
//! certificates, rows in the audit log. A run that is killed is ended by the next one: what lies outside the store is
//! deleted after the store says that it will be, and the certificate is final after that. Search and open data follow
//! by the event log.

use std::sync::Arc;
use std::time::Duration;

use jiff::{ToSpan as _, Zoned};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::api::{Keeper, Order, Progress};
use crate::blobs::{BlobError, BlobName, Blobs};
use crate::store::audit::Deed;
use crate::store::retention::{
    Certificate, Dues, RetentionRule, delete, deleted, dues, is_used, open_deletions,
};
use crate::store::{Store, StoreError, now_us};

/// Who the audit log says did it when nobody ordered it.
const SERVICE: &str = "service";

/// The longest that the clock is not looked at: it may be set meanwhile.
const NAP: Duration = Duration::from_secs(600);

/// Why not all that is due was deleted.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Audio and clear texts.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The service is being stopped.
    #[error("the service was stopped; what was not deleted is due still")]
    Stopped,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retained {
    /// Calls of which something went.
    pub deleted: u64,
    /// Calls that were due and are held.
    pub held: u64,
    /// Deletions of an earlier run that were ended.
    pub ended: u64,
}

/// Deletes what is due now. `actor`: who the audit log says did it. `told` hears of each call and its rule.
///
/// # Errors
/// [`RetentionError`]; what was deleted by then is, and the rest is due still.
pub async fn retain(
    store: &Store,
    blobs: &Blobs,
    actor: &str,
    mut told: impl FnMut(&str, &RetentionRule) + Send,
) -> Result<Retained, RetentionError> {
    let mut run = Retained { ended: end_open(store, blobs).await?, ..Retained::default() };
    loop {
        let dues = dues(store, now_us()).await?;
        let before = run.deleted;
        run.held = dues.rules.iter().map(|of| of.held).sum();
        carry_out(store, blobs, &dues, actor, |call, rule, went| {
            if went {
                run.deleted += 1;
                told(call, rule);
            }
            true
        })
        .await?;
        if !dues.more || run.deleted == before {
            break;
        }
    }
    audit_run(store, actor, &run).await?;
    Ok(run)
}

async fn audit_run(store: &Store, actor: &str, run: &Retained) -> Result<(), StoreError> {
    let Retained { deleted, held, ended } = run;
    let detail =
        serde_json::json!({ "deleted": deleted, "held": held, "ended": ended }).to_string();
    let deed = Deed { actor, action: "retention.ran", object: "", detail: &detail };
    store.audit(now_us(), &deed).await?;
    metrics::counter!("lingting_retention_deleted_total").increment(*deleted);
    metrics::gauge!("lingting_retention_last_run_seconds").set(now_us() as f64 / 1e6);
    Ok(())
}

/// Deletions that an earlier run did not end.
async fn end_open(store: &Store, blobs: &Blobs) -> Result<u64, RetentionError> {
    let mut ended = 0;
    for certificate in open_deletions(store).await? {
        end(store, blobs, &certificate).await?;
        ended += 1;
    }
    Ok(ended)
}

/// Deletes exactly what a list names, as far as it is due still. `told` hears of each call, its rule and whether
/// something went, and ends it by `false`.
async fn carry_out(
    store: &Store,
    blobs: &Blobs,
    dues: &Dues,
    actor: &str,
    mut told: impl FnMut(&str, &RetentionRule, bool) -> bool,
) -> Result<(), RetentionError> {
    for of in &dues.rules {
        for call in &of.calls {
            let certificate = begin(store, call, &of.rule, actor).await?;
            if let Some(certificate) = &certificate {
                end(store, blobs, certificate).await?;
            }
            if !told(call, &of.rule, certificate.is_some()) {
                return Err(RetentionError::Stopped);
            }
        }
    }
    Ok(())
}

/// What is in the store goes, with the promise of the rest.
async fn begin(
    store: &Store,
    call: &str,
    rule: &RetentionRule,
    actor: &str,
) -> Result<Option<Certificate>, RetentionError> {
    let tx = store.begin().await?;
    let Some(certificate) = delete(&tx, call, rule, now_us()).await? else { return Ok(None) };
    let object = format!("call/{}", certificate.call_id);
    let detail = serde_json::json!({
        "certificate": certificate.id, "rule": certificate.rule.0, "goes": certificate.goes,
    });
    let detail = detail.to_string();
    let deed = Deed { actor, action: "retention.delete", object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(Some(certificate))
}

/// The rest goes; the certificate is final.
async fn end(
    store: &Store,
    blobs: &Blobs,
    certificate: &Certificate,
) -> Result<(), RetentionError> {
    for blob in &certificate.blobs {
        // A call that came since may have brought the same content back.
        if !is_used(store, blob).await? {
            let name = BlobName::parse(blob);
            let name = name.ok_or_else(|| StoreError::damaged("blob's name", blob))?;
            blobs.delete(&name).await?;
        }
    }
    let tx = store.begin().await?;
    deleted(&tx, certificate, now_us()).await?;
    Ok(tx.commit().await?)
}

/// Where orders come in and progress goes out.
pub(super) struct Works {
    orders: mpsc::Receiver<Order>,
    progress: watch::Sender<Progress>,
    hour: Option<u8>,
}

/// Both ends: for who orders, and for who does it.
pub(super) fn keeper(hour: Option<u8>) -> (Keeper, Works) {
    let (order, orders) = mpsc::channel(1);
    let (progress, seen) = watch::channel(Progress::default());
    (Keeper { orders: order, progress: seen, hour }, Works { orders, progress, hour })
}

impl Works {
    /// Carries out orders as they come, and at the set hour of every day what is due then.
    pub(super) async fn run(mut self, store: Store, blobs: Arc<Blobs>, stop: CancellationToken) {
        loop {
            let order = tokio::select! {
                () = stop.cancelled() => return,
                order = self.orders.recv() => order,
                () = until(self.hour) => None,
            };
            let (by, dues) = match order {
                Some(order) => (order.by, Ok(order.dues)),
                None => (SERVICE.to_owned(), dues(&store, now_us()).await),
            };
            let done = match dues {
                Ok(dues) => {
                    let run = self.one(&store, &blobs, &dues, &by, &stop);
                    run.instrument(tracing::info_span!("retention")).await
                }
                Err(error) => Err(error.into()),
            };
            let outcome = if done.is_ok() { "ended" } else { "failed" };
            metrics::counter!("lingting_retention_runs_total", "outcome" => outcome).increment(1);
            if let Err(error) = &done {
                tracing::error!(%error, "what is due was not all deleted");
            }
            self.progress.send_modify(|progress| {
                progress.ended_us = Some(now_us());
                progress.why = done.err().map(|error| error.to_string());
            });
        }
    }

    async fn one(
        &self,
        store: &Store,
        blobs: &Blobs,
        dues: &Dues,
        by: &str,
        stop: &CancellationToken,
    ) -> Result<(), RetentionError> {
        let total: usize = dues.rules.iter().map(|of| of.calls.len()).sum();
        self.progress.send_replace(Progress {
            by: Some(by.to_owned()),
            begun_us: now_us(),
            total: total as u64,
            ..Progress::default()
        });
        let held = dues.rules.iter().map(|of| of.held).sum();
        let mut run = Retained { held, ended: end_open(store, blobs).await?, deleted: 0 };
        let done = carry_out(store, blobs, dues, by, |_, _, went| {
            run.deleted += u64::from(went);
            self.progress.send_modify(|progress| match went {
                true => progress.deleted += 1,
                false => progress.passed += 1,
            });
            !stop.is_cancelled()
        })
        .await;
        audit_run(store, by, &run).await?;
        done
    }
}

/// Waits until that hour of the day begins; without one, for ever.
async fn until(hour: Option<u8>) {
    let Some(hour) = hour else { return std::future::pending().await };
    let due = next(&Zoned::now(), hour);
    loop {
        let left = due.timestamp().as_millisecond() - Zoned::now().timestamp().as_millisecond();
        match u64::try_from(left) {
            Ok(left @ 1..) => tokio::time::sleep(Duration::from_millis(left).min(NAP)).await,
            _ => return,
        }
    }
}

/// When that hour begins next. Where the clock is put forward over it, when the gap ends.
fn next(now: &Zoned, hour: u8) -> Zoned {
    let hour = i8::try_from(hour).unwrap_or(0);
    let at = |day: &Zoned| {
        let begin = day.date().at(hour, 0, 0, 0);
        begin.to_zoned(day.time_zone().clone()).unwrap_or_else(|_| day.clone())
    };
    let today = at(now);
    if today > *now {
        return today;
    }
    now.checked_add(1.day()).map_or(today, |tomorrow| at(&tomorrow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &str, hour: u8, then: &str) {
        let now: Zoned = now.parse().unwrap();
        assert_eq!(next(&now, hour).to_string(), then, "{now} {hour}");
    }

    #[test]
    fn the_hour_comes_once_a_day() {
        let zone = "[Asia/Shanghai]";
        let at = |time: &str| format!("{time}+08:00{zone}");
        check(&at("2026-11-22T01:00:00"), 3, &at("2026-11-22T03:00:00"));
        check(&at("2026-11-22T03:00:00"), 3, &at("2026-11-23T03:00:00"));
        check(&at("2026-12-31T23:59:59"), 0, &at("2027-01-01T00:00:00"));
        // The night in which two o'clock is not, and the one that has it twice.
        let new_york = |time: &str| format!("{time}[America/New_York]");
        check(&new_york("2026-03-08T00:30:00-05:00"), 2, &new_york("2026-03-08T03:00:00-04:00"));
        check(&new_york("2026-11-01T00:30:00-04:00"), 1, &new_york("2026-11-01T01:00:00-04:00"));
        check(&new_york("2026-11-01T01:00:00-04:00"), 1, &new_york("2026-11-02T01:00:00-05:00"));
    }
}
