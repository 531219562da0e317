//! The store of a service that may be running, opened for one command.
//!
//! In: `--store URL`, else the configuration. Out: what the command did, or why not.

use super::accounts::StoreArgs;
use super::say::Say;
use crate::access::PasswordError;
use crate::app::config::{Config, ConfigError};
use crate::domain::Role;
use crate::store::{Store, StoreError};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("`{0}` is no role: see docs/access.md")]
    Role(String),
    #[error("every grant of a {role} names a {fact}", role = .0.as_str(), fact = .1)]
    Scope(Role, &'static str),
    #[error("say what they see: --all, or --grant client=…,team=…")]
    NoScope,
    #[error("`{0}`: a grant is client=, vendor=, project=, team= or agent=, by commas")]
    Grant(String),
    #[error("`{0}` is no scope of a token: `read`, `all`, or an action of docs/access.md")]
    TokenScope(String),
    #[error("the input stream is a terminal: pipe the password in, or leave --password-stdin out")]
    Terminal,
    #[error("the input stream: {0}")]
    Input(std::io::Error),
    #[error("`{0}`: a head is NUMBER:HASH, as `audit head` prints it")]
    Head(String),
    #[error("the audit log is not as it was written")]
    Flawed,
    #[error("no runtime: {0}")]
    Runtime(std::io::Error),
}

/// Opens the store, does it, closes the store.
pub(super) fn opened(
    args: &StoreArgs,
    say: Say,
    work: impl AsyncFnOnce(&Store) -> Result<(), Trouble>,
) -> bool {
    let url = match &args.store {
        Some(url) => Ok(url.clone()),
        None => Config::load(args.service.config.as_deref(), args.service.data.as_deref())
            .map(|config| config.store),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Trouble::Runtime).and_then(|runtime| {
        let url = url?;
        runtime.block_on(async {
            let store = Store::open(&url).await?;
            let done = work(&store).await;
            store.close().await?;
            done
        })
    });
    match done {
        Ok(()) => true,
        Err(error) => say.failed(&error),
    }
}
