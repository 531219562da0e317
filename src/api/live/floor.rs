//! The floor: the calls that go on, as supervisors see and hear them.
//!
//! In: what the service learns of each call while it goes on. Out: a picture of each, changes as they come, and its audio. It is
//! memory only: what must outlast the process is in the store. Whoever is slow misses pictures and audio, and delays nobody.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::{broadcast, mpsc, watch};

use super::bodies::{AlertTitle, CallState, Criterion, LegBody, LiveUtterance, Supervisor};
use crate::api::places::Places;
use crate::domain::Belongs;
use crate::supervise::{Mode, Supervise};

/// Frames of audio that a listener may be behind: two seconds of two legs.
const FRAMES_AHEAD: usize = 200;

/// Utterances and partials that a watcher may be behind.
const TOLD_AHEAD: usize = 256;

/// Pictures of calls that a watcher may be behind.
const CHANGES_AHEAD: usize = 1_024;

/// Streams of one person, who may have a page open for each call on a second screen, and of all; at the limit, 429.
const FOLLOWED_MAX: usize = 64;
const FOLLOWED_MAX_ALL: usize = 256;

/// Orders for a call that may be under way.
const ORDERS_MAX: usize = 16;

/// A piece of one leg's audio as it came in.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Which leg.
    pub leg: u8,
    /// Made up in place of a lost packet.
    pub concealed: bool,
    /// Silenced, because the recording is paused.
    pub muted: bool,
    /// Samples a second.
    pub rate_hz: u32,
    /// In milliseconds of the call.
    pub at_ms: u64,
    /// Mono.
    pub pcm: Arc<[i16]>,
}

/// A stretch of a call that is kept from who asks not to hear personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// On which leg; absent: on all.
    pub leg: Option<u8>,
    /// From, in milliseconds of the recording.
    pub from_ms: u64,
    /// Up to, in milliseconds of the recording.
    pub to_ms: u64,
}

/// What is told of one call to who watches it.
#[derive(Debug, Clone)]
pub enum Told {
    /// Something was said; one with the same leg and start takes its place.
    Utterance(LiveUtterance),
    /// Something is being said: leg, start in milliseconds, text so far; no text: nothing now.
    Partial(u8, u64, String),
    /// The call is over, for this cause.
    Over(&'static str),
}

/// What is asked of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Record nothing for now.
    Pause,
    /// Record again.
    Resume,
}

/// What is known of a call by now.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// 技能组.
    pub queue: Option<String>,
    /// What goes on.
    pub state: CallState,
    /// Its legs.
    pub legs: Vec<LegBody>,
    /// Audio received, in milliseconds.
    pub received_ms: u64,
    /// Audio that could not be kept, for want of room on the disk, in milliseconds.
    pub lost_ms: u64,
    /// Audio that was heard and recognised, in milliseconds.
    pub heard_to_ms: u64,
    /// What of it is personal data, or is not known, in time order.
    pub hidden: Vec<Hidden>,
    /// For how long the oldest speech waits that is over and not recognised yet, in milliseconds.
    pub lag_ms: u64,
    /// Milliseconds of talk: agent, customer.
    pub talk_ms: (u64, u64),
    /// For how long nobody has spoken, in milliseconds.
    pub silence_ms: u64,
    /// Everything said so far, by leg and start in milliseconds.
    pub said: BTreeMap<(u64, u8), LiveUtterance>,
    /// What is being said, by leg.
    pub partials: BTreeMap<u8, (u64, String)>,
    /// What is settled.
    pub criteria: Vec<Criterion>,
    /// Its alerts.
    pub alerts: Alerts,
    /// Who takes part.
    pub supervisors: Vec<Supervisor>,
}

/// The alerts of a call.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// Those that nobody took on, by id.
    pub open: BTreeMap<String, OpenAlert>,
}

/// An alert that nobody took on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlert {
    /// How grave it is, 0 to 3.
    pub grave: u8,
    /// What it is about.
    pub about: AlertTitle,
}

impl Picture {
    /// How much a call wants looking at, 0 to 1000; by this the wall is ranked.
    pub fn harm(&self) -> u32 {
        let grave = self.worst().map_or(0, |worst| u32::from(worst.grave));
        let more = self.alerts.open.len().saturating_sub(1) as u32;
        let silent = (self.silence_ms / 1_000).min(60) as u32;
        (grave * 250 + more * 50 + silent * 3).min(1_000)
    }

    /// The gravest alert that nobody took on; of several the newest.
    pub fn worst(&self) -> Option<&OpenAlert> {
        self.alerts.open.values().max_by_key(|one| one.grave)
    }
}

/// A call that goes on.
pub struct LiveCall {
    /// The id that its call has.
    pub id: String,
    /// The way in.
    pub source: String,
    /// Its name there.
    pub native_id: String,
    /// When it began, microseconds since 1970.
    pub started_us: i64,
    /// The same on the clock that never jumps.
    pub started: Instant,
    /// What a connector needs to join it.
    pub handles: BTreeMap<String, String>,
    /// How it can be joined.
    pub connector: Option<Arc<dyn Supervise>>,
    /// Its audio as it comes.
    pub audio: broadcast::Sender<Frame>,
    /// Its recording as it is written, at the recording's rate: [`Picture::heard_to_ms`] and [`Picture::hidden`] go by its times.
    pub written: broadcast::Sender<Frame>,
    /// What is said in it.
    pub told: broadcast::Sender<Told>,
    /// What is asked of it.
    pub orders: mpsc::Sender<Order>,
    belongs: RwLock<Belongs>,
    picture: Mutex<Picture>,
    /// Milliseconds received; apart, because it is asked for with every frame.
    pub now_ms: AtomicU64,
    changed: broadcast::Sender<Change>,
}

/// Names customers and agents: only its id is shown.
impl std::fmt::Debug for LiveCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LiveCall({})", self.id)
    }
}

/// What changed on the floor.
#[derive(Debug, Clone)]
pub enum Change {
    /// Something about a call.
    Call(Arc<LiveCall>),
    /// A call is gone.
    Gone(Arc<LiveCall>),
}

/// What a call is made of that comes to the floor.
pub struct Arrival {
    /// See [`LiveCall::id`].
    pub id: String,
    /// See [`LiveCall::source`].
    pub source: String,
    /// See [`LiveCall::native_id`].
    pub native_id: String,
    /// See [`LiveCall::started_us`].
    pub started_us: i64,
    /// See [`LiveCall::handles`].
    pub handles: BTreeMap<String, String>,
    /// See [`LiveCall::connector`].
    pub connector: Option<Arc<dyn Supervise>>,
    /// Whose it is.
    pub belongs: Belongs,
}

#[cfg(test)]
impl Arrival {
    /// A call of nobody's, from source `pbx`.
    pub(crate) fn of(id: &str) -> Self {
        Self {
            id: id.into(),
            source: "pbx".into(),
            native_id: id.into(),
            started_us: 1,
            handles: BTreeMap::new(),
            connector: None,
            belongs: Belongs::default(),
        }
    }
}

impl LiveCall {
    /// Whose it is, as far as is known.
    pub fn belongs(&self) -> Belongs {
        self.belongs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It became known whose it is; tells whether that is news.
    pub fn set_belongs(&self, belongs: Belongs) -> bool {
        let mut known = self.belongs.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, belongs.clone()) != belongs
    }

    /// The picture as it is now. Not to be held over an await.
    pub fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the picture and tells that it changed.
    pub fn paint<T>(self: &Arc<Self>, change: impl FnOnce(&mut Picture) -> T) -> T {
        let out = change(&mut self.picture());
        // Nobody may be watching.
        let _ = self.changed.send(Change::Call(Arc::clone(self)));
        out
    }

    /// In which modes it can be joined, and why not in the others.
    pub fn ways(&self) -> [(Mode, Option<&'static str>); 3] {
        Mode::ALL.map(|mode| (mode, self.why_not(mode)))
    }

    fn why_not(&self, mode: Mode) -> Option<&'static str> {
        let Some(connector) = &self.connector else { return Some("no_connector") };
        if !connector.can().contains(&mode) {
            return Some("unable");
        }
        let wanted = connector.handles();
        let found = wanted.iter().any(|name| self.handles.contains_key(*name));
        (!wanted.is_empty() && !found).then_some("no_handle")
    }
}

/// How the service copes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Milliseconds that recognition lags behind the slowest of 95 in 100 calls.
    pub lag_ms_p95: u64,
    /// Whether calls are recognised at all: false without a model.
    pub recognised: bool,
    /// Whether partials are left out.
    pub partials_dropped: bool,
}

/// The calls that go on.
pub struct Floor {
    calls: RwLock<BTreeMap<String, Arc<LiveCall>>>,
    changed: broadcast::Sender<Change>,
    load: watch::Sender<Load>,
    /// Calls that are let in.
    pub calls_max: usize,
    /// Places for those who follow it.
    pub(super) places: Places,
}

impl std::fmt::Debug for Floor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Floor({})", self.len())
    }
}

impl Floor {
    /// An empty floor for so many calls.
    pub fn new(calls_max: usize) -> Self {
        Self {
            calls: RwLock::default(),
            changed: broadcast::Sender::new(CHANGES_AHEAD),
            load: watch::Sender::new(Load::default()),
            calls_max,
            places: Places::new(FOLLOWED_MAX, FOLLOWED_MAX_ALL),
        }
    }

    /// Calls that go on.
    pub fn len(&self) -> usize {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none goes on.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All calls, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<LiveCall>> {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A call.
    pub fn call(&self, id: &str) -> Option<Arc<LiveCall>> {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// A call comes, if there is room; its orders come out of the second.
    pub fn enter(&self, arrival: Arrival) -> Option<(Arc<LiveCall>, mpsc::Receiver<Order>)> {
        let mut calls = self.calls.write().unwrap_or_else(PoisonError::into_inner);
        if calls.len() >= self.calls_max {
            return None;
        }
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let call = Arc::new(LiveCall {
            id: arrival.id,
            source: arrival.source,
            native_id: arrival.native_id,
            started_us: arrival.started_us,
            started: Instant::now(),
            handles: arrival.handles,
            connector: arrival.connector,
            audio: broadcast::Sender::new(FRAMES_AHEAD),
            written: broadcast::Sender::new(FRAMES_AHEAD),
            told: broadcast::Sender::new(TOLD_AHEAD),
            orders,
            belongs: RwLock::new(arrival.belongs),
            picture: Mutex::default(),
            now_ms: AtomicU64::new(0),
            changed: self.changed.clone(),
        });
        calls.insert(call.id.clone(), Arc::clone(&call));
        drop(calls);
        let _ = self.changed.send(Change::Call(Arc::clone(&call)));
        Some((call, taken))
    }

    /// A call is gone.
    pub fn leave(&self, id: &str) {
        let gone = self.calls.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(gone) = gone {
            let _ = self.changed.send(Change::Gone(gone));
        }
    }

    /// Changes from now on.
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.changed.subscribe()
    }

    /// How the service copes.
    pub fn load(&self) -> Load {
        *self.load.borrow()
    }

    /// Says how the service copes.
    pub fn set_load(&self, load: Load) {
        self.load.send_replace(load);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let floor = Arc::new(Floor::new(1));
        assert!(floor.enter(Arrival::of("a")).is_some() && floor.enter(Arrival::of("b")).is_none());
        floor.leave("a");
        assert!(floor.enter(Arrival::of("b")).is_some() && floor.call("a").is_none());
    }

    #[test]
    fn the_gravest_comes_first_and_silence_counts() {
        let alert = |id: &str, grave| {
            let [rubric, criterion, title] = [id; 3].map(str::to_owned);
            let about = AlertTitle { rubric, criterion, title };
            (id.to_owned(), OpenAlert { grave, about })
        };
        let with = |open: &[(&str, u8)], silence_ms| {
            let open = open.iter().map(|(id, grave)| alert(id, *grave)).collect();
            Picture { alerts: Alerts { open }, silence_ms, ..Picture::default() }
        };
        let ranked = [
            with(&[], 0),
            with(&[], 20_000),
            with(&[("a", 1)], 0),
            with(&[("a", 2)], 0),
            with(&[("a", 2), ("b", 1)], 0),
            with(&[("a", 3)], 0),
        ];
        assert!(ranked.windows(2).all(|pair| pair[0].harm() < pair[1].harm()));
        assert_eq!(ranked[4].worst().map(|one| one.about.title.as_str()), Some("a"));
    }
}
