//! Live calls in the service: taken, recorded, heard, watched over; when they are over, analysed like any other.
//!
//! In: calls from the protocols of [`crate::live`]. Out: a recording that grows on the disk, pictures on the floor, alerts, and
//! at the end a file in the ledger. The recording is written whatever becomes of the rest: hearing follows it, and a killed service
//! finds it again.

mod alerts;
mod close;
mod doors;
mod early;
mod facts;
mod heard;
mod hearing;
mod hidden;
mod holds;
mod mix;
mod raised;
mod recorder;
mod replay;
mod shown;
mod tape_file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::analyst::Analyst;
use crate::api::live::{Arrival, Floor};
use crate::live::{CallKey, CallStart, Exchange, Facts, Line, Refused};
use crate::rubric::{Plan, watches};
use crate::store::{Store, StoreError, now_us};
use crate::supervise::Supervise;

use hearing::Hearing;
use recorder::Recorder;

use close::recover;
pub(super) use doors::{manners, open as open_ways};

/// The folder of recordings that grow, below the data folder.
pub(super) const FOLDER: &str = "live";

/// Seconds after which a sender that was refused for want of room may try again.
const RETRY_AFTER_S: u32 = 5;

/// What a way in says of all its calls, where a call does not say otherwise, and how its calls are joined.
#[derive(Clone, Default)]
pub struct Manner {
    /// `vendor`, `client`, `language`, …
    pub facts: Facts,
    /// How a supervisor is put on its calls.
    pub connector: Option<Arc<dyn Supervise>>,
}

/// Takes calls for the service.
pub(super) struct Hub {
    pub(super) store: Store,
    pub(super) floor: Arc<Floor>,
    pub(super) folder: PathBuf,
    pub(super) wake: Arc<Notify>,
    pub(super) stop: CancellationToken,
    hearing: Hearing,
    manners: BTreeMap<String, Manner>,
    open: Mutex<BTreeSet<CallKey>>,
    draining: AtomicBool,
    runtime: Handle,
}

/// Why live calls cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The folder of recordings.
    #[error("{}: recordings of live calls cannot be written there ({source}): check free space and permissions", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An address cannot be had.
    #[error("live `{name}`: {why}")]
    Way {
        /// Which way.
        name: String,
        /// Why.
        why: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rubrics that watch calls do not load, which a test rules out.
    #[error(transparent)]
    Watches(#[from] crate::rubric::LoadError),
}

impl Hub {
    /// Opens the hub, and takes up what a killed service left.
    ///
    /// # Errors
    /// [`LiveError`] with the remedy.
    pub(super) async fn open(
        parts: Parts,
        tasks: &mut JoinSet<()>,
    ) -> Result<Arc<Self>, LiveError> {
        let Parts { store, floor, data, wake, stop, analyst, manners } = parts;
        let folder = data.join(FOLDER);
        let failed = |source| LiveError::Folder { path: folder.clone(), source };
        make_folder(&folder).map_err(failed)?;
        recover(&store, &folder, &wake).await?;
        let watches = Arc::new(Plan::compile(watches()?));
        let (hearing, settled) =
            Hearing::start(analyst, watches, Arc::clone(&floor)).map_err(failed)?;
        tasks.spawn(alerts::tell(store.clone(), settled, stop.clone()));
        tasks.spawn(alerts::escalate(store.clone(), stop.clone()));
        Ok(Arc::new(Self {
            store,
            floor,
            folder,
            wake,
            stop,
            hearing,
            manners,
            open: Mutex::default(),
            draining: AtomicBool::new(false),
            runtime: Handle::current(),
        }))
    }

    /// The sets of calls that go on, by their names at their sources.
    fn keys(&self) -> std::sync::MutexGuard<'_, BTreeSet<CallKey>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes no more calls, and waits for those that go on to be closed in order.
    pub(super) async fn drain(&self) {
        {
            // Whoever is let in just now is waited for.
            let _keys = self.keys();
            self.draining.store(true, Ordering::SeqCst);
        }
        while !self.keys().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// What a hub is made of.
pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) floor: Arc<Floor>,
    pub(super) data: PathBuf,
    pub(super) wake: Arc<Notify>,
    pub(super) stop: CancellationToken,
    pub(super) analyst: Arc<Analyst>,
    pub(super) manners: BTreeMap<String, Manner>,
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Takes calls on behalf of a hub: what protocols are given.
#[derive(Clone)]
pub(super) struct Desk(pub(super) Arc<Hub>);

impl Exchange for Desk {
    fn admit(&self, mut start: CallStart) -> Result<Line, Refused> {
        let hub = &self.0;
        {
            let mut keys = hub.keys();
            if hub.draining.load(Ordering::SeqCst) || hub.stop.is_cancelled() {
                return Err(Refused::Draining);
            }
            if !keys.insert(start.key.clone()) {
                return Err(Refused::Duplicate);
            }
        }
        let manner = hub.manners.get(&start.key.source).cloned().unwrap_or_default();
        let mut known = manner.facts.clone();
        known.merge(&start.facts);
        start.facts = known;
        let arrival = Arrival {
            id: uuid::Uuid::now_v7().to_string(),
            source: start.key.source.clone(),
            native_id: start.key.native_id.clone(),
            started_us: now_us(),
            handles: start.handles.clone(),
            connector: manner.connector,
            belongs: recorder::belongs(&start.facts),
        };
        let Some((call, orders)) = hub.floor.enter(arrival) else {
            hub.keys().remove(&start.key);
            metrics::counter!("lingting_live_refused_total").increment(1);
            return Err(Refused::Full { retry_after_s: RETRY_AFTER_S });
        };
        metrics::counter!("lingting_live_calls_total").increment(1);
        let (line, ends) = Line::new();
        let recorder = Recorder::new(Arc::clone(hub), call, start, ends, orders);
        hub.runtime.spawn(recorder.run());
        Ok(line)
    }

    fn has_room(&self) -> bool {
        let hub = &self.0;
        !hub.draining.load(Ordering::SeqCst) && hub.floor.len() < hub.floor.calls_max
    }
}
