//! `lingting serve`, and what is done to a service's data while it rests.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::args::{ConfigAction, ConfigArgs, Derived, RebuildArgs, ServeArgs, ServiceArgs};
use super::rubric::rubrics;
use super::say::Say;
use crate::api::{begin_counting, router};
use crate::app::config::{Config, ConfigError};
use crate::app::service::{
    BackupError, IndexError, LAKE, OpenError, RetentionError, ServeError, Service,
};
use crate::lake::{Lake, LakeError};
use crate::store::{Store, StoreError};

/// Why the service is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error(transparent)]
    Blobs(#[from] crate::blobs::BlobError),
    #[cfg(feature = "analytics")]
    #[error(transparent)]
    Sql(#[from] crate::lake::SqlError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Secrets(#[from] crate::webhooks::SecretsError),
    #[error("nothing is sealed here: `key_file` is not set in [blobs] of the configuration")]
    NoKeyFile,
    #[error(
        "{0} keys do not open; keep the master keys that they name, and restore what is damaged"
    )]
    KeysFailed(u64),
    #[error("{0}")]
    Rubrics(String),
    #[error(
        "{listen}: cannot be listened at ({source}); is another service there? name another with --listen"
    )]
    Listen { listen: SocketAddr, source: std::io::Error },
    #[error("the connection ended: {0}")]
    Http(std::io::Error),
    #[error("no runtime: {0}")]
    Runtime(std::io::Error),
}

pub(super) fn load(args: &ServiceArgs) -> Result<Config, ConfigError> {
    Config::load(args.config.as_deref(), args.data.as_deref())
}

/// Runs something that waits.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Trouble::Runtime)?.block_on(work)
}

pub(super) fn run(args: &ServeArgs, say: Say) -> bool {
    match load(&args.service).map_err(Trouble::from).and_then(|mut config| {
        config.listen = args.listen.unwrap_or(config.listen);
        wait(serve(config, say))
    }) {
        Ok(()) => true,
        Err(error) => say.failed(&error),
    }
}

async fn serve(config: Config, say: Say) -> Result<(), Trouble> {
    let rubrics = rubrics(&config.rubrics).map_err(Trouble::Rubrics)?;
    let listen = config.listen;
    // Before anything is opened: who cannot be reached need not begin.
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|source| Trouble::Listen { listen, source })?;
    let at = listener.local_addr().unwrap_or(listen);
    begin_counting();
    let service = Service::start(config, rubrics).await?;
    let state = service.api().await?;
    say.note(&format!("{} http://{at}", say.either("serving at", "服务地址")));
    if let Some(code) = state.setup_code() {
        let text = say.either("nobody is set up yet; set-up code", "尚无账号；初始化代码");
        say.note(&format!("{text}: {}", code.reveal()));
    }
    let stop = service.stop.clone();
    let app =
        router(state).merge(service.doors()).into_make_service_with_connect_info::<SocketAddr>();
    let told = async move {
        asked_to_stop().await;
        say.note(say.either(
            "stopping; calls under way are given back and taken up at the next start",
            "正在停止；处理中的通话会在下次启动后继续",
        ));
        stop.cancel();
    };
    let served = axum::serve(listener, app).with_graceful_shutdown(told).await;
    service.end().await?;
    served.map_err(Trouble::Http)
}

/// Ctrl-C, or what systemd sends.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        // Then there is Ctrl-C alone.
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

pub(super) fn rebuild(args: &RebuildArgs, say: Say) -> bool {
    let rebuilt = load(&args.service).map_err(Trouble::from).and_then(|config| {
        wait(async {
            let store = Store::open(&config.store).await?;
            let bar = indicatif::ProgressBar::new_spinner();
            let told = |calls| bar.set_position(calls);
            let calls = match args.what {
                Derived::Search => {
                    let path = config.data.join("index");
                    crate::app::service::rebuild(&store, &path, told).await?
                }
                Derived::Lake => {
                    let lake = Lake::open(&config.data.join(LAKE))?;
                    crate::app::service::rebuild_lake(&store, &lake, told).await?
                }
            };
            bar.finish_and_clear();
            store.close().await?;
            Ok(calls)
        })
    });
    match rebuilt {
        Ok(calls) => {
            let text = match args.what {
                Derived::Search => say.either("calls in the index", "索引中的通话数"),
                Derived::Lake => say.either("calls in the open data", "开放数据中的通话数"),
            };
            say.line(&format!("{text}: {calls}"));
            true
        }
        Err(error) => say.failed(&error),
    }
}

pub(super) fn config(args: &ConfigArgs, say: Say) -> bool {
    let ConfigAction::Check(args) = &args.action;
    match load(args).map_err(Trouble::from).and_then(|config| {
        rubrics(&config.rubrics).map_err(Trouble::Rubrics)?;
        Ok(config)
    }) {
        Ok(config) => {
            say.line(&format!("data     {}", config.data.display()));
            say.line(&format!("listen   {}", config.listen));
            // A password may stand in it.
            let store = config.store.split('@').next_back().unwrap_or_default();
            say.line(&format!("store    {store}"));
            say.line(&format!("blobs    {}", config.blobs.url));
            say.line(&format!("engine   {} {}", config.engine.engine, config.engine.model));
            let deletes = match config.retention_hour {
                Some(hour) => format!("{hour:02}:00 {}", say.either("every day", "每日自动执行")),
                None => say
                    .either(
                        "by hand only (retention_hour is not set)",
                        "仅手动执行（未设置 retention_hour）",
                    )
                    .to_owned(),
            };
            say.line(&format!("deletes  {deletes}"));
            true
        }
        Err(error) => say.failed(&error),
    }
}
