//! `lingting serve`: recordings arrive by themselves, nothing is lost, everything can be found.
//!
//! In: a configuration. Out: a process that watches, analyses, stores and answers until it is told to
//! stop. What is decided about a call is decided in [`crate::session`]; what is remembered, in
//! [`crate::store`]; here threads, clocks and followers of the event log are held together.

mod analyst;
mod backtests;
mod backup;
mod borne_out;
pub mod facts;
mod indexer;
mod intake;
#[cfg(test)]
mod keeping_tests;
#[cfg(feature = "live")]
pub mod live;
mod open_rows;
mod opener;
#[cfg(test)]
mod opener_tests;
mod retention;
#[cfg(test)]
mod retention_tests;
mod rubrics;
#[cfg(test)]
mod rubrics_tests;
mod samples;
#[cfg(test)]
mod tests;
mod worker;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::access::oidc::{OidcError, SignOn};
use crate::api::live::Floor;
use crate::api::{ApiSettings, ApiState, Desk, Inlet, Keeper, Ports};
use crate::app::config::Config;
use crate::app::{EngineChoice, EngineOptions};
use crate::blobs::{BlobError, Blobs};
use crate::engine::models::ModelFolder;
use crate::ingest::spool::Spool;
use crate::lake::{Lake, LakeError};
use crate::rubric::Rubric;
use crate::search::{SearchError, SearchIndex};
use crate::store::{Store, StoreError};
use crate::webhooks::{Guard, Outbox, Pace, SecretsError, seal_anew};

use analyst::Analyst;
use intake::Intake;
use opener::Opener;
use worker::Workshop;

pub use backup::{BackupError, Note, back_up, restore};
pub use indexer::{IndexError, rebuild};
pub use opener::{OpenError, rebuild_lake};
pub use retention::{Retained, RetentionError, retain};
pub use rubrics::RubricsError;

/// The open data's folder under the data folder.
pub const LAKE: &str = "lake";

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be used.
    #[error("{}: cannot be used as data folder ({source}): check free space and permissions", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process serves from the same data.
    #[error("{}: another lingting is serving from there; stop it, or name another data folder", .0.display())]
    Busy(PathBuf),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Audio has nowhere to go.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The search index cannot be opened.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// Webhooks cannot be called: there is no TLS.
    #[error("webhooks: {0}; are the system's certificates installed (ca-certificates)?")]
    Webhooks(#[from] reqwest::Error),
    /// The open data has no place.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Webhooks' secrets cannot be sealed.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// There is nothing to judge calls by.
    #[error(transparent)]
    Rubrics(#[from] RubricsError),
    /// Calls that go on cannot be taken.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Live(#[from] live::LiveError),
    /// Nobody could log in through the company's provider.
    #[error(transparent)]
    Oidc(#[from] OidcError),
}

/// The folder of uploads, below the data folder.
const SPOOL: &str = "uploads";

/// What runs while the service runs.
pub struct Service {
    /// The configuration.
    pub config: Config,
    /// The memory.
    pub store: Store,
    /// Audio and clear texts.
    pub blobs: Arc<Blobs>,
    /// The search index.
    pub index: SearchIndex,
    /// The open data.
    pub lake: Lake,
    /// Wakes the workers when something has come in.
    pub wake: Arc<Notify>,
    /// Ends it.
    pub stop: CancellationToken,
    analyst: Arc<Analyst>,
    intake: Arc<Intake>,
    spool: Arc<Spool>,
    sign_on: Option<Arc<SignOn>>,
    keeper: Keeper,
    desk: Desk,
    /// The calls that go on.
    pub floor: Arc<Floor>,
    #[cfg(feature = "live")]
    hub: Arc<live::Hub>,
    #[cfg(feature = "live")]
    doors: axum::Router,
    tasks: JoinSet<()>,
    stop_calls: Arc<AtomicBool>,
    _lock: fs::File,
}

impl Service {
    /// Opens everything and sets the workers to work. `rubrics` are what the configuration offers; calls are judged by
    /// what is in force in the store.
    ///
    /// # Errors
    /// [`ServeError`] with the remedy.
    pub async fn start(config: Config, rubrics: Vec<Rubric>) -> Result<Self, ServeError> {
        let sign_on = config.oidc.as_ref().map(SignOn::open).transpose()?.map(Arc::new);
        let lock = own(&config)?;
        let store = Store::open(&config.store).await?;
        let rubrics = rubrics::enter(&store, &rubrics).await?;
        let blobs = Arc::new(Blobs::open(&config.blobs)?);
        blobs.probe().await?;
        // Keys may be new since the last start, or a webhook older than they.
        seal_anew(&store, &blobs).await?;
        let index = SearchIndex::open_or_create(&config.data.join("index"))?;
        let lake = Lake::open(&config.data.join(LAKE))?;
        if !store.is_postgres() {
            // The folder is ours alone, so whoever had leases is gone.
            store.break_leases().await?;
        }
        let stop_calls = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let or_cores = |n: usize| if n == 0 { cores } else { n };
        let options = EngineOptions {
            models: ModelFolder::resolve(config.engine.models.as_deref()),
            model: config.engine.model.clone(),
            engine: match config.engine.engine.as_str() {
                "ct2" => EngineChoice::Ct2,
                "whisper" => EngineChoice::Whisper,
                _ => EngineChoice::Auto,
            },
            workers: or_cores(config.engine.workers),
            beam: config.engine.beam,
        };
        let work = config.data.join("work");
        let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let sources = config.sources.clone();
        let intake = Intake::new(store.clone(), Arc::clone(&wake), sources, work.clone());
        let folder = config.data.join(SPOOL);
        let spool = Spool::open(&folder)
            .map_err(|source| ServeError::Data { path: folder.clone(), source })?;
        intake.tidy(&spool, &folder).await?;
        let analyst = Arc::new(Analyst::new(options, rubrics, work, Arc::clone(&stop_calls)));
        let (keeper, works) = retention::keeper(config.retention_hour);
        let floor = Arc::new(Floor::new(config.live_calls_max));
        let mut tasks = JoinSet::new();
        #[cfg(feature = "live")]
        let hub = live::Hub::open(
            live::Parts {
                store: store.clone(),
                floor: Arc::clone(&floor),
                data: config.data.clone(),
                wake: Arc::clone(&wake),
                stop: stop.clone(),
                analyst: Arc::clone(&analyst),
                manners: live::manners(&config.live),
            },
            &mut tasks,
        )
        .await?;
        #[cfg(feature = "live")]
        let doors = {
            let desk = live::Desk(Arc::clone(&hub));
            live::open_ways(&config.live, desk, &mut tasks, &stop).await?
        };
        let mut service = Self {
            store,
            blobs,
            index,
            lake,
            wake,
            stop,
            analyst,
            intake: Arc::new(intake),
            spool: Arc::new(spool),
            sign_on,
            keeper,
            desk: Desk::default(),
            floor,
            #[cfg(feature = "live")]
            hub,
            #[cfg(feature = "live")]
            doors,
            tasks,
            stop_calls,
            _lock: lock,
            config,
        };
        service.work(or_cores(service.config.engine.calls));
        service.follow();
        service.intake.watch(&mut service.tasks, &service.stop);
        service.tell()?;
        let (store, blobs) = (service.store.clone(), Arc::clone(&service.blobs));
        service.tasks.spawn(works.run(store, blobs, service.stop.clone()));
        Ok(service)
    }

    fn work(&mut self, calls: usize) {
        let shop = Arc::new(Workshop {
            store: self.store.clone(),
            blobs: Arc::clone(&self.blobs),
            analyst: Arc::clone(&self.analyst),
            intake: Arc::clone(&self.intake),
            owner: uuid::Uuid::now_v7().to_string(),
            keep_source: self.config.keep_source,
            wake: Arc::clone(&self.wake),
            turn: AtomicU64::new(0),
            stop: self.stop.clone(),
            waiting: worker::Waiting::default(),
        });
        for _ in 0..calls {
            self.tasks.spawn(Arc::clone(&shop).work());
        }
        self.tasks.spawn(shop.heartbeat());
    }

    fn follow(&mut self) {
        let (store, index, stop) = (self.store.clone(), self.index.clone(), self.stop.clone());
        let runtime = Handle::current();
        self.tasks.spawn_blocking(move || {
            if let Err(error) = indexer::follow(&runtime, &store, &index, &stop) {
                tracing::error!(%error, "the search index is not written");
            }
        });
        let opener = Opener::new(self.store.clone(), self.lake.clone(), opener::EVERY);
        let (runtime, stop) = (Handle::current(), self.stop.clone());
        self.tasks.spawn_blocking(move || opener.run(&runtime, &stop));
        let (store, analyst) = (self.store.clone(), Arc::clone(&self.analyst));
        let (changed, stop) = (Arc::clone(&self.desk.changed), self.stop.clone());
        self.tasks.spawn(rubrics::follow(store, analyst, changed, stop.clone()));
        let (store, blobs) = (self.store.clone(), Arc::clone(&self.blobs));
        self.tasks.spawn(backtests::work(store, blobs, self.desk.backtests.clone(), stop));
    }

    /// Tells webhooks what happens.
    fn tell(&mut self) -> Result<(), ServeError> {
        let local = || format!("http://{}", self.config.listen);
        let origin = self.config.public_url.clone().unwrap_or_else(local);
        let guard = Guard::new(self.config.webhook_hosts.clone());
        let blobs = Arc::clone(&self.blobs);
        let outbox = Outbox::new(self.store.clone(), blobs, guard, Pace::default(), &origin)?;
        self.tasks.spawn(outbox.run(self.stop.clone()));
        Ok(())
    }

    /// The API over this service.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn api(&self) -> Result<ApiState, StoreError> {
        let ports = Ports {
            index: self.index.clone(),
            blobs: Arc::clone(&self.blobs),
            lake: self.lake.clone(),
            plan: self.analyst.plan(),
            inlet: Inlet {
                spool: Arc::clone(&self.spool),
                wake: Arc::clone(&self.wake),
                hints: self.intake.hints(),
                sources: self.config.sources.clone().into(),
                board: self.intake.board(),
            },
            keeper: self.keeper.clone(),
            samples: samples::SAMPLES,
            desk: self.desk.clone(),
            floor: Arc::clone(&self.floor),
        };
        // Browsers name no path as where they come from.
        let url = self.config.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let settings = ApiSettings {
            origin: url.map(|url| url.origin().ascii_serialization()),
            forwarded_by: self.config.trusted_proxies.clone(),
            webhook_guard: Guard::new(self.config.webhook_hosts.clone()),
            sign_on: self.sign_on.clone(),
            ..ApiSettings::default()
        };
        ApiState::open(self.store.clone(), ports, settings, self.stop.clone()).await
    }

    /// What is served beside the API: live calls that come over WebSockets.
    #[cfg(feature = "live")]
    pub fn doors(&self) -> axum::Router {
        self.doors.clone()
    }

    /// What is served beside the API: nothing, in this build.
    #[cfg(not(feature = "live"))]
    pub fn doors(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Ends in order: what is under way is given back, what was accepted stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not close.
    pub async fn end(mut self) -> Result<(), StoreError> {
        self.stop_calls.store(true, Ordering::SeqCst);
        self.stop.cancel();
        #[cfg(feature = "live")]
        self.hub.drain().await;
        while self.tasks.join_next().await.is_some() {}
        self.store.close().await
    }
}

/// Makes the data folder, for its owner's eyes only, and takes it.
fn own(config: &Config) -> Result<fs::File, ServeError> {
    let path = &config.data;
    let error = |source| ServeError::Data { path: path.clone(), source };
    fs::create_dir_all(path).map_err(error)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(error)?;
    }
    let lock = fs::File::create(path.join("lock")).map_err(error)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(ServeError::Busy(path.clone())),
        Err(fs::TryLockError::Error(source)) => return Err(error(source)),
    }
    // What a killed process was working on is begun anew.
    let work = path.join("work");
    if work.exists() {
        fs::remove_dir_all(&work).map_err(error)?;
    }
    Ok(lock)
}
