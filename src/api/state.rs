//! What handlers share: the store, the settings, and what is remembered between requests.
//!
//! In: a store and settings. Out: [`ApiState`], cheap to clone. Ports of other parts (search, blobs) are added here
//! as fields as they come.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::events::Pulse;
use super::live::{Floor, Joins};
use super::plays::Plays;
use super::rubrics::queue::Desk;
use super::search::Line;
use crate::access::oidc::SignOn;
use crate::access::{Passwords, Secret, Throttle, Tries};
use crate::blobs::Blobs;
use crate::ingest::source::{Board, Source};
use crate::ingest::spool::Spool;
use crate::lake::Lake;
use crate::rubric::Plan;
use crate::search::SearchIndex;
use crate::store::idempotency::sweep_answers;
use crate::store::retention::Dues;
use crate::store::sessions::sweep_sessions;
use crate::store::{Store, StoreError, now_us};
use crate::webhooks::Guard;

/// How the API behaves.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Where browsers find the service, without a path: `https://qm.example.com`. Absent, it is what each
    /// request says (`Host`), for use on one machine.
    pub origin: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub forwarded_by: Vec<IpAddr>,
    /// A session that is not used for so long ends.
    pub idle: Duration,
    /// A session ends after so long, used or not.
    pub session_max: Duration,
    /// Requests a second of one person, in the long run; and at once.
    pub per_person: (NonZeroU32, NonZeroU32),
    /// Requests a second from one address of somebody not logged in; and at once.
    pub per_address: (NonZeroU32, NonZeroU32),
    /// Bytes of a request's body, unless a route takes more.
    pub body_bytes_max: usize,
    /// Which addresses webhooks may have.
    pub webhook_guard: Guard,
    /// Log-in through the company's own provider.
    pub sign_on: Option<Arc<SignOn>>,
}

impl Default for ApiSettings {
    fn default() -> Self {
        let n = |n| NonZeroU32::new(n).expect("not zero");
        Self {
            origin: None,
            forwarded_by: Vec::new(),
            // A reviewer listens to a long call without a click.
            idle: Duration::from_secs(2 * 3600),
            // A shift.
            session_max: Duration::from_secs(12 * 3600),
            per_person: (n(50), n(200)),
            per_address: (n(5), n(40)),
            body_bytes_max: 1 << 20,
            webhook_guard: Guard::default(),
            sign_on: None,
        }
    }
}

/// Mistyped passwords of one login. The wait stays short of locking somebody out by failing in their name.
const PER_LOGIN: Tries = Tries { free: 5, wait_ms: 1_000, wait_ms_max: 300_000 };

/// Failures from one address: many people may sit behind it.
const PER_ADDRESS: Tries = Tries { free: 30, wait_ms: 1_000, wait_ms_max: 900_000 };

/// Keys of a rate limit beyond which those at rest are forgotten.
const LIMITED_MAX: usize = 10_000;

/// What other parts of the service do for the API.
#[derive(Clone)]
pub struct Ports {
    /// Finds calls by what was said.
    pub index: SearchIndex,
    /// Audio and clear texts.
    pub blobs: Arc<Blobs>,
    /// The open data.
    pub lake: Lake,
    /// The rubrics in force.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// Where recordings come in.
    pub inlet: Inlet,
    /// Carries out retention.
    pub keeper: Keeper,
    /// Calls for looking around.
    pub samples: &'static [Sample],
    /// Work on rubrics.
    pub desk: Desk,
    /// The calls that go on.
    pub floor: Arc<Floor>,
}

/// Who carries out what retention rules say.
#[derive(Clone)]
pub struct Keeper {
    /// Takes one order at a time.
    pub orders: mpsc::Sender<Order>,
    /// How far the last one is.
    pub progress: watch::Receiver<Progress>,
    /// At which hour it does so by itself.
    pub hour: Option<u8>,
}

/// A list of what goes, as a person has seen and confirmed it.
#[derive(Debug)]
pub struct Order {
    /// What goes.
    pub dues: Dues,
    /// Who said so: a person's id.
    pub by: String,
}

/// How far a run of retention is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Who ordered it; `service` for the daily one. Absent when there was none since the service was started.
    pub by: Option<String>,
    /// When it began, microseconds since 1970.
    pub begun_us: i64,
    /// When it ended.
    pub ended_us: Option<i64>,
    /// Calls and rules that it is to deal with.
    pub total: u64,
    /// Of how many something was deleted.
    pub deleted: u64,
    /// How many were held, or no longer due, when their turn came.
    pub passed: u64,
    /// Why it ended early.
    pub why: Option<String>,
}

impl Progress {
    /// Whether it has begun and not ended.
    pub fn is_running(&self) -> bool {
        self.by.is_some() && self.ended_us.is_none()
    }
}

/// A file that the program brings along.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// What is known about it, a sidecar.
    pub facts: Option<&'static str>,
}

/// The way in for what is sent over HTTP.
#[derive(Clone)]
pub struct Inlet {
    /// Files on their way in.
    pub spool: Arc<Spool>,
    /// Wakes the workers.
    pub wake: Arc<Notify>,
    /// Objects put into buckets: bucket and key.
    pub hints: broadcast::Sender<(String, String)>,
    /// Where recordings come from by themselves.
    pub sources: Arc<[Source]>,
    /// How that goes.
    pub board: Board,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// Shared by all handlers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiState(Arc<Inner>);

/// What [`ApiState`] shares.
#[derive(Debug)]
pub struct Inner {
    /// The service's memory.
    pub store: Store,
    /// What other parts of the service do for the API.
    pub ports: Ports,
    /// How the API behaves.
    pub settings: ApiSettings,
    /// Hashing of passwords.
    pub passwords: Passwords,
    /// Ends long answers when the service stops.
    pub stop: CancellationToken,
    /// Tells that something was appended to the event log.
    pub(super) pulse: Pulse,
    /// Prints nowhere but where the service was started.
    setup_code: Option<Secret>,
    logins: Mutex<Throttle>,
    addresses: Mutex<Throttle>,
    plays: Mutex<Plays>,
    pub(super) joins: Joins,
    pub(super) searches: Line,
    people: DefaultKeyedRateLimiter<String>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
}

impl std::ops::Deref for ApiState {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl ApiState {
    /// Opens the API over a store. Call it inside a tokio runtime: it follows the event log until `stop`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(
        store: Store,
        ports: Ports,
        settings: ApiSettings,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let setup_code = (!store.has_people().await?).then(Secret::draw_typed);
        tokio::spawn(sweep(store.clone(), settings.idle, stop.clone()));
        let quota = |(second, burst)| Quota::per_second(second).allow_burst(burst);
        Ok(Self(Arc::new(Inner {
            pulse: Pulse::follow(store.clone(), stop.clone()).await?,
            passwords: Passwords::default(),
            setup_code,
            logins: Mutex::new(Throttle::new(PER_LOGIN)),
            addresses: Mutex::new(Throttle::new(PER_ADDRESS)),
            plays: Mutex::default(),
            joins: Joins::default(),
            searches: Line::default(),
            people: RateLimiter::keyed(quota(settings.per_person)),
            strangers: RateLimiter::keyed(quota(settings.per_address)),
            store,
            ports,
            settings,
            stop,
        })))
    }

    /// The code that the first person needs to set the service up; `None` when there are people. For the terminal
    /// or the log file of who started the service, and for nobody else.
    pub fn setup_code(&self) -> Option<&Secret> {
        self.setup_code.as_ref()
    }

    /// Counts a request of somebody.
    pub(super) fn count_person(&self, person: &str) -> Result<(), ApiError> {
        if self.people.len() > LIMITED_MAX {
            self.people.retain_recent();
        }
        self.people.check_key(&person.to_owned()).map_err(|_| ApiError::TooMany(1))
    }

    /// Counts a request of somebody who is not logged in.
    pub(super) fn count_stranger(&self, address: IpAddr) -> Result<(), ApiError> {
        if self.strangers.len() > LIMITED_MAX {
            self.strangers.retain_recent();
        }
        self.strangers.check_key(&network(address)).map_err(|_| ApiError::TooMany(1))
    }

    /// Asks whether a log-in may be tried, and counts it as failed until [`ApiState::got_in`].
    pub(super) fn try_login(&self, login: Option<&str>, address: IpAddr) -> Result<(), ApiError> {
        let now_ms = now_us().unsigned_abs() / 1000;
        let address = network(address).to_string();
        let mut addresses = self.addresses.lock().expect("nobody panics holding it");
        let mut logins = self.logins.lock().expect("nobody panics holding it");
        let waits =
            [addresses.wait_ms(&address, now_ms), login.and_then(|l| logins.wait_ms(l, now_ms))];
        if let Some(ms) = waits.into_iter().flatten().max() {
            return Err(ApiError::TooMany(ms.div_ceil(1000)));
        }
        addresses.failed(&address, now_ms);
        if let Some(login) = login {
            logins.failed(login, now_ms);
        }
        Ok(())
    }

    /// Whether a listening begins: who, to which call, and as what.
    pub(super) fn begins_to_play(&self, person: &str, call: &str, how: &str) -> bool {
        let mut plays = self.plays.lock().expect("nobody panics holding it");
        plays.begins(person, call, how, now_us())
    }

    /// As if nobody had ever failed to log in.
    #[cfg(test)]
    pub(super) fn forgive(&self) {
        *self.addresses.lock().unwrap() = Throttle::new(PER_ADDRESS);
        *self.logins.lock().unwrap() = Throttle::new(PER_LOGIN);
    }

    /// The log-in went well.
    pub(super) fn got_in(&self, login: Option<&str>, address: IpAddr) {
        let address = network(address).to_string();
        // Only this try: who has an account must not buy guesses at others with it.
        self.addresses.lock().expect("nobody panics holding it").undo(&address);
        if let Some(login) = login {
            self.logins.lock().expect("nobody panics holding it").succeeded(login);
        }
    }
}

/// How often what has ended is forgotten.
const SWEEP: Duration = Duration::from_secs(3600);

/// Forgets sessions that have ended and answers that were kept long enough, until `stop`.
async fn sweep(store: Store, idle: Duration, stop: CancellationToken) {
    let idle_us = i64::try_from(idle.as_micros()).unwrap_or(i64::MAX);
    loop {
        let swept = async {
            let tx = store.begin().await?;
            sweep_sessions(&tx, now_us(), idle_us).await?;
            sweep_answers(&tx, now_us()).await?;
            tx.commit().await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "ended sessions are not forgotten");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// One customer of a provider holds a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        },
    }
}
