//! Workers: a file of the ledger becomes a call.
//!
//! In: jobs from the durable queue. Out: calls in the store. Whatever happens to the process, a job ends
//! once: blobs are named by their content, so that a second try writes the same ones, and the call, its
//! ledger entry and its job change in one transaction.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::analyst::{Analysed, Analyst, AnalystError, Heard};
use super::borne_out;
use super::facts::{self, Kept};
use super::intake::{Intake, IntakeError, Opened};
use crate::app::analyze::CallError;
use crate::app::drive::PEAKS_PER_S;
use crate::blobs::{BlobError, Blobs};
use crate::ingest::Input;
use crate::store::alerts;
use crate::store::calls::{self, NewCall};
use crate::store::jobs::{self, Job};
use crate::store::ledger::{self, ANALYSE, Entry};
use crate::store::{Store, StoreError, now_us};

/// How long a job may be without a sign of life.
const LEASE: Duration = Duration::from_secs(60);

/// How often signs of life are given.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often an idle worker looks for jobs nobody told it of.
const POLL: Duration = Duration::from_secs(1);

/// The wait before the n-th further try: doubled each time, and never over an hour.
fn back_off_us(attempts: i64) -> i64 {
    let doubled = 5_000_000i64 << attempts.clamp(1, 10);
    doubled.min(3_600_000_000)
}

/// What all workers share.
pub(super) struct Workshop {
    /// The memory.
    pub(super) store: Store,
    /// Audio and clear texts.
    pub(super) blobs: Arc<Blobs>,
    /// Who analyses.
    pub(super) analyst: Arc<Analyst>,
    /// Where files are.
    pub(super) intake: Arc<Intake>,
    /// Names this process in leases.
    pub(super) owner: String,
    /// Whether recordings are kept as they came, besides what is played of them.
    pub(super) keep_source: bool,
    /// Wakes an idle worker.
    pub(super) wake: Arc<Notify>,
    /// Counts askings, for the fair share of the lanes.
    pub(super) turn: AtomicU64,
    /// The end of the service.
    pub(super) stop: CancellationToken,
    /// What calls wait for.
    pub(super) waiting: Waiting,
}

/// What calls wait for, so that it is told once and not at every try.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Option<String>>);

impl Waiting {
    /// Calls wait for this now, or for nothing; tells whether that is news.
    fn is_news(&self, why: Option<&str>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = known.as_deref() != why;
        if news {
            *known = why.map(str::to_owned);
        }
        news
    }
}

/// Why a job has not ended.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Analyst(#[from] AnalystError),
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// What became of a file.
enum Became {
    Call(Box<Analysed>),
    /// The call that has the same content.
    Duplicate(String),
}

impl Workshop {
    /// Works until the service ends; what is under way then is given back.
    pub(super) async fn work(self: Arc<Self>) {
        while !self.stop.is_cancelled() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let lease_us = LEASE.as_micros() as i64;
            match self.store.claim(ANALYSE, &self.owner, lease_us, turn, now_us()).await {
                Ok(Some(job)) => {
                    let span = tracing::info_span!("job", attempts = job.attempts);
                    self.one(job).instrument(span).await;
                }
                Ok(None) => self.rest().await,
                Err(error) => {
                    tracing::error!(%error, "the queue does not answer");
                    self.rest().await;
                }
            }
        }
    }

    async fn rest(&self) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Keeps the leases of this process alive, and puts aside what the queue found to be poison.
    pub(super) async fn heartbeat(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(HEARTBEAT) => {}
                () = self.stop.cancelled() => return,
            }
            let until_us = now_us() + LEASE.as_micros() as i64;
            if let Err(error) = self.store.extend(&self.owner, until_us).await {
                tracing::error!(%error, "leases were not extended");
            }
            if let Err(error) = self.put_aside().await {
                tracing::error!(%error, "poison was not put aside");
            }
        }
    }

    async fn put_aside(&self) -> Result<(), StoreError> {
        let tx = self.store.begin().await?;
        ledger::follow_jobs(&tx, now_us()).await?;
        tx.commit().await
    }

    async fn one(self: &Arc<Self>, job: Job) {
        let begun = Instant::now();
        let ended = match self.claim(&job).await {
            Ok(Some(entry)) => self.take(&job, &entry).await,
            // It ended already: only the job had not been told.
            Ok(None) => self.finish(&job).await.map_err(JobError::from),
            Err(error) => Err(error.into()),
        };
        let outcome = if ended.is_ok() { "ended" } else { "failed" };
        metrics::counter!("lingting_jobs_total", "outcome" => outcome).increment(1);
        metrics::histogram!("lingting_job_seconds").record(begun.elapsed().as_secs_f64());
        if let Err(error) = ended
            && let Err(error) = self.failed(&job, error).await
        {
            // The lease runs out, and the job is tried again.
            tracing::error!(%error, job = job.id, "a failure could not be written down");
        }
    }

    async fn take(self: &Arc<Self>, job: &Job, entry: &Entry) -> Result<(), JobError> {
        let opened = Arc::new(self.intake.open(entry).await?);
        let became = self.become_call(entry, &opened).await?;
        self.settle(job, entry, &opened, became).await?;
        self.intake.after(entry).await;
        Ok(())
    }

    async fn claim(&self, job: &Job) -> Result<Option<Entry>, StoreError> {
        let tx = self.store.begin().await?;
        match ledger::claim(&tx, &job.key, now_us()).await {
            Ok(entry) => {
                tx.commit().await?;
                Ok(Some(entry))
            }
            Err(StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn finish(&self, job: &Job) -> Result<(), StoreError> {
        let tx = self.store.begin().await?;
        jobs::finish(&tx, &job.id, &self.owner, now_us()).await?;
        tx.commit().await
    }

    async fn become_call(
        self: &Arc<Self>,
        entry: &Entry,
        opened: &Arc<Opened>,
    ) -> Result<Became, JobError> {
        let (shop, entry, opened) = (Arc::clone(self), entry.clone(), Arc::clone(opened));
        let runtime = tokio::runtime::Handle::current();
        let span = tracing::info_span!("analyse");
        let analysing = tokio::task::spawn_blocking(move || {
            let _entered = span.entered();
            let own = entry.call_id.clone();
            let known = |sha256: &str| {
                let other = runtime.block_on(ledger::duplicate_of(&shop.store, sha256));
                other.map(|other| other.filter(|other| Some(other) != own.as_ref()))
            };
            // A mistake of ours ends one call, not the service.
            let call = AssertUnwindSafe(|| shop.analyse(&entry, &opened, &known));
            catch_unwind(call).unwrap_or_else(|_| Err(AnalystError::Call(CallError::Panic).into()))
        });
        analysing.await.unwrap_or_else(|_| Err(AnalystError::Call(CallError::Panic).into()))
    }

    fn analyse(
        &self,
        entry: &Entry,
        opened: &Opened,
        known: &dyn Fn(&str) -> Result<Option<String>, StoreError>,
    ) -> Result<Became, JobError> {
        let facts = entry.facts.as_ref().map(|facts| self.facts_file(facts)).transpose()?;
        let sidecar = facts.as_ref().map(|file| file.path().to_owned());
        let input = Input { files: opened.files.clone(), sidecar, stem: opened.stem.clone() };
        let mut duplicate = Ok(None);
        let wanted = |sha256: &str| {
            duplicate = known(sha256);
            matches!(duplicate, Ok(None))
        };
        let heard = self.analyst.analyse(&input, wanted)?;
        match (heard, duplicate?) {
            (Heard::Call(call), _) => Ok(Became::Call(call)),
            (Heard::Unwanted, other) => Ok(Became::Duplicate(other.unwrap_or_default())),
        }
    }

    fn facts_file(&self, facts: &str) -> Result<tempfile::NamedTempFile, AnalystError> {
        let mut file = self.analyst.file()?;
        file.write_all(facts.as_bytes()).map_err(|source| self.analyst.cannot_write(source))?;
        Ok(file)
    }

    async fn settle(
        &self,
        job: &Job,
        entry: &Entry,
        opened: &Opened,
        became: Became,
    ) -> Result<(), JobError> {
        let call = match became {
            Became::Call(call) => call,
            Became::Duplicate(other) => {
                let tx = self.store.begin().await?;
                ledger::skip(&tx, &entry.id, &ledger::why_duplicate(&other), now_us()).await?;
                jobs::finish(&tx, &job.id, &self.owner, now_us()).await?;
                return Ok(tx.commit().await?);
            }
        };
        let mut kept = Kept {
            id: entry.call_id.clone().unwrap_or_default(),
            received_us: entry.seen_us,
            analysed_us: now_us(),
            source: None,
            audio: None,
            redacted_audio: None,
            private: None,
        };
        self.keep(&mut kept, opened, &call).instrument(tracing::info_span!("keep blobs")).await?;
        let row = facts::call_row(&call.report, kept);
        let new = NewCall {
            row: &row,
            report: &call.report,
            settings: &call.report.call.source.settings,
            peaks: &peaks(&call.peaks),
            cards: &facts::cards(&call.report),
            findings: &facts::findings(&call.report),
        };
        // What was raised while a call went on is held against its recording.
        let was_live = entry.file.source == ledger::LIVE;
        let judged = was_live.then(|| borne_out::judged(&call)).transpose();
        let judged = judged.unwrap_or_else(|error| {
            tracing::error!(%error, call = row.id, "alerts cannot be held against the recording");
            None
        });
        let tx = self.store.begin().await?;
        calls::put(&tx, &new).await?;
        if let Some(judged) = &judged {
            alerts::settle(&tx, &row.id, judged, row.analysed_us).await?;
        }
        ledger::done(&tx, &entry.id, &row.sha256, row.analysed_us).await?;
        jobs::finish(&tx, &job.id, &self.owner, row.analysed_us).await?;
        Ok(tx.commit().await?)
    }

    /// Puts away what is played and what is private.
    async fn keep(
        &self,
        kept: &mut Kept,
        opened: &Opened,
        call: &Analysed,
    ) -> Result<(), BlobError> {
        if self.keep_source {
            let mut names = Vec::new();
            for file in &opened.files {
                names.push(self.blobs.put_file(file).await?.name.to_string());
            }
            kept.source = Some(names.join(","));
        }
        if let Some(sound) = &call.sound {
            // A chat proves nothing: it needs no engine.
            if self.waiting.is_news(None) {
                tracing::info!("calls wait no longer");
            }
            let (audio, redacted) = (sound.audio.path(), sound.redacted.path());
            kept.audio = Some(self.blobs.put_file(audio).await?.name.to_string());
            kept.redacted_audio = Some(self.blobs.put_file(redacted).await?.name.to_string());
        }
        if let Some(private) = &call.private {
            let stored = self.blobs.put_bytes(private.to_json().into_bytes()).await?;
            kept.private = Some(stored.name.to_string());
        }
        Ok(())
    }

    /// Writes down why a job did not end, and whether it is tried again.
    async fn failed(&self, job: &Job, error: JobError) -> Result<(), StoreError> {
        let (why, now_us) = (error.to_string(), now_us());
        let tx = self.store.begin().await?;
        match error {
            JobError::Analyst(error) if error.is_stop() => {
                ledger::give_back(&tx, &job.key, now_us).await?;
                jobs::give_back(&tx, &job.id, &self.owner, &why, now_us, true, now_us).await?;
            }
            // No fault of the call's: nothing is used up by waiting.
            JobError::Analyst(error) if error.is_passing() => {
                if self.waiting.is_news(Some(&why)) {
                    tracing::warn!(%error, "calls wait");
                }
                ledger::fail(&tx, &job.key, &why, true, now_us).await?;
                let run_us = now_us + back_off_us(1);
                jobs::give_back(&tx, &job.id, &self.owner, &why, run_us, true, now_us).await?;
            }
            JobError::Intake(error) if error.is_passing() => {
                ledger::fail(&tx, &job.key, &why, true, now_us).await?;
                let run_us = now_us + back_off_us(job.attempts);
                jobs::give_back(&tx, &job.id, &self.owner, &why, run_us, false, now_us).await?;
            }
            JobError::Analyst(_) | JobError::Intake(_) => {
                ledger::fail(&tx, &job.key, &why, false, now_us).await?;
                jobs::finish(&tx, &job.id, &self.owner, now_us).await?;
            }
            JobError::Store(_) | JobError::Blob(_) => {
                tracing::error!(%why, job = job.id, "a call could not be kept");
                ledger::fail(&tx, &job.key, &why, true, now_us).await?;
                let run_us = now_us + back_off_us(job.attempts);
                jobs::give_back(&tx, &job.id, &self.owner, &why, run_us, false, now_us).await?;
            }
        }
        tx.commit().await
    }
}

/// Waveform columns as one run of bytes: legs, columns a second, then each leg's columns.
fn peaks(legs: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![legs.len() as u8, PEAKS_PER_S as u8];
    all.extend(legs.iter().flatten());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_wait_for_is_told_when_it_changes() {
        let waiting = Waiting::default();
        for (why, news) in [
            (None, false),
            (Some("no model"), true),
            (Some("no model"), false),
            (Some("disk full"), true),
            (None, true),
            (None, false),
            (Some("no model"), true),
        ] {
            assert_eq!(waiting.is_news(why), news, "{why:?}");
        }
    }
}
