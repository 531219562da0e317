//! The open data follows the event log.
//!
//! In: events. Out: the days of the calls they are about, written anew. A day is read from the store as it is now,
//! so that writing it twice, or too often, does no harm; how far the log is dealt with is kept in the store under
//! [`NAME`], only after everything up to there is on disk.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::open_rows::{self, Kept};
use crate::domain::Scope;
use crate::lake::{CallRows, Day, Lake, LakeError, Turn};
use crate::store::calls::CallRow;
use crate::store::list::{CallFilter, Sort};
use crate::store::{Event, Store, StoreError, decisions, follow};

/// The follower's name in the store.
const NAME: &str = "lake";

/// How often the log is looked at.
const POLL: Duration = Duration::from_millis(500);

/// A changed day is written so long after the first change at the latest, unless writing takes long itself: then
/// it rests nine times as long as it wrote, and takes a tenth of one core at most.
pub(super) const EVERY: Duration = Duration::from_secs(60);
const REST: u32 = 9;

/// How long the end of the service waits for days to be written; the next start does the rest.
const END_MAX: Duration = Duration::from_secs(10);

/// Events read at a time.
const EVENTS_MAX: u32 = 500;

/// Calls read at a time.
const PAGE: u32 = 200;

/// Why the open data is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store does not give what is to be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files cannot be written.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// Follows the log.
pub(super) struct Opener {
    store: Store,
    lake: Lake,
    every: Duration,
    /// Read up to here.
    seen: i64,
    /// What the store says is dealt with, as far as we know.
    done: i64,
    dirty: BTreeSet<Day>,
    /// Since when there is something to write.
    since: Option<Instant>,
    rest_until: Instant,
}

impl Opener {
    pub(super) fn new(store: Store, lake: Lake, every: Duration) -> Self {
        let rest_until = Instant::now();
        let dirty = BTreeSet::new();
        Self { store, lake, every, seen: 0, done: 0, dirty, since: None, rest_until }
    }

    /// Follows until the service ends. Blocking: it writes to disk.
    pub(super) fn run(mut self, runtime: &Handle, stop: &CancellationToken) {
        let mut begun = false;
        while !stop.is_cancelled() {
            let step = runtime.block_on(async {
                if !begun {
                    self.begin().await?;
                    begun = true;
                }
                self.read().await?;
                if self.is_due() { self.write(&|| stop.is_cancelled()).await } else { Ok(()) }
            });
            if let Err(error) = step {
                tracing::error!(%error, "the open data falls behind");
                self.rest_until = Instant::now() + self.every;
            }
            std::thread::sleep(POLL.min(self.every));
        }
        let until = Instant::now() + END_MAX;
        let last = runtime.block_on(async {
            self.read().await?;
            self.write(&|| Instant::now() > until).await
        });
        if let Err(error) = last {
            tracing::warn!(%error, "the open data is written at the next start");
        }
    }

    async fn begin(&mut self) -> Result<(), OpenError> {
        if !self.lake.is_current() {
            // A new folder, or other columns than this version's.
            follow(&self.store, NAME, 0).await?;
        }
        self.done = self.store.follower(NAME).await?;
        self.seen = self.done;
        Ok(())
    }

    /// Reads what happened; remembers which days it touches.
    async fn read(&mut self) -> Result<(), OpenError> {
        loop {
            let events = self.store.events_after(self.seen, EVENTS_MAX).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
            for event in &events {
                self.dirty.extend(days(&self.store, event).await?);
            }
            self.seen = last;
            self.since.get_or_insert_with(Instant::now);
        }
    }

    fn is_due(&self) -> bool {
        let waited = self.since.is_some_and(|since| since.elapsed() >= self.every);
        waited && Instant::now() >= self.rest_until
    }

    /// Writes the days that changed, until `enough`.
    async fn write(&mut self, enough: &dyn Fn() -> bool) -> Result<(), OpenError> {
        if self.seen == self.done && self.dirty.is_empty() {
            return Ok(());
        }
        let begun = Instant::now();
        let turn = self.lake.turn()?;
        let done = self.store.follower(NAME).await?;
        if done != self.done {
            // Somebody made everything again meanwhile: what came after that is read again.
            (self.done, self.seen) = (done, done);
            return self.read().await;
        }
        let days: Vec<Day> = self.dirty.iter().copied().collect();
        for day in days {
            if enough() {
                return Ok(());
            }
            write_day(&self.store, &turn, day).await?;
            self.dirty.remove(&day);
        }
        if !self.lake.is_current() {
            self.clear_strangers(&turn).await?;
        }
        follow(&self.store, NAME, self.seen).await?;
        self.done = self.seen;
        self.since = None;
        self.rest_until = Instant::now() + begun.elapsed() * REST;
        Ok(())
    }

    /// After everything was written from the first event on: days that no event is about any more.
    async fn clear_strangers(&self, turn: &Turn) -> Result<(), OpenError> {
        let known = all_days(&self.store).await?;
        for day in self.lake.days()?.into_iter().filter(|day| !known.contains(day)) {
            write_day(&self.store, turn, day).await?;
        }
        Ok(turn.set_current()?)
    }
}

/// Makes all days again from the store; tells how many calls are in them. `told` hears of progress.
///
/// # Errors
/// [`OpenError`]; then what was not reached is as it was. [`LakeError::Busy`] while somebody writes.
pub async fn rebuild_lake(
    store: &Store,
    lake: &Lake,
    told: impl Fn(u64),
) -> Result<u64, OpenError> {
    let turn = lake.turn()?;
    // What happens meanwhile is read again by whoever follows the log.
    let seq = store.last_seq().await?;
    let mut days = all_days(store).await?;
    days.extend(lake.days()?);
    let mut calls = 0;
    for day in days {
        calls += write_day(store, &turn, day).await?;
        told(calls);
    }
    turn.set_current()?;
    follow(store, NAME, seq).await?;
    Ok(calls)
}

/// The days on which a call began, or something else happened.
async fn all_days(store: &Store) -> Result<BTreeSet<Day>, StoreError> {
    let mut days = BTreeSet::new();
    let mut before = i64::MAX;
    while let Some(us) = store.last_start_before(before).await? {
        let day = Day::of_us(us);
        days.insert(day);
        before = day.span_us().0;
    }
    let mut seq = 0;
    loop {
        let events = store.events_of_no_call(seq, None, EVENTS_MAX).await?;
        let Some(last) = events.last() else { return Ok(days) };
        seq = last.seq;
        days.extend(events.iter().map(|event| Day::of_us(event.at_us)));
    }
}

/// The days that an event touches: its call's, also the one where the call lay before.
async fn days(store: &Store, event: &Event) -> Result<Vec<Day>, StoreError> {
    let Some(call) = &event.call_id else { return Ok(vec![Day::of_us(event.at_us)]) };
    let body: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
    let before = body.get("was_started_us").and_then(serde_json::Value::as_i64);
    let now = store.started_us(call).await?;
    Ok([before, now].into_iter().flatten().map(Day::of_us).collect())
}

/// Writes a day as the store has it now; tells how many calls it has.
async fn write_day(store: &Store, turn: &Turn, day: Day) -> Result<u64, OpenError> {
    let mut writer = turn.begin(day)?;
    let (from_us, to_us) = day.span_us();
    let mut filter = CallFilter {
        sort: Sort::Time,
        limit: PAGE,
        from_us: Some(from_us),
        to_us: Some(to_us),
        ..CallFilter::default()
    };
    let mut calls = 0;
    loop {
        let page = store.list(&filter, &Scope::All).await?;
        let Some(last) = page.last() else { break };
        filter.after = Some((last.started_us, last.id.clone()));
        for row in page {
            let id = row.id.clone();
            match call_rows(store, row).await {
                Ok(Some(rows)) => {
                    writer.put(rows)?;
                    calls += 1;
                }
                Ok(None) => {}
                // One call that cannot be read must not keep all others from being seen.
                Err(error @ StoreError::Damaged { .. }) => {
                    tracing::error!(call = id, %error, "a call is missing from the open data");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let mut seq = 0;
    loop {
        let events = store.events_of_no_call(seq, Some((from_us, to_us)), EVENTS_MAX).await?;
        let Some(last) = events.last() else { break };
        seq = last.seq;
        writer.put_events(events.iter().map(open_rows::event).collect())?;
    }
    writer.finish()?;
    Ok(calls)
}

/// A call's rows; none when it was deleted meanwhile.
async fn call_rows(store: &Store, row: CallRow) -> Result<Option<CallRows>, StoreError> {
    let id = row.id.clone();
    let Some(report) = store.report(&id).await? else {
        return match store.call(&id).await? {
            Some(_) => Err(StoreError::damaged("call", "its report is not there")),
            None => Ok(None),
        };
    };
    if !report.masked {
        return Err(StoreError::damaged("report", "it is not masked"));
    }
    let kept = Kept {
        cards: store.cards(&id).await?,
        findings: store.findings(&id).await?,
        decisions: decisions::decisions(store, &id).await?,
        events: store.events_of(&id).await?,
        row,
        report,
    };
    Ok(Some(open_rows::rows(&kept)))
}
