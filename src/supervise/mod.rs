//! Joining a call through the telephone system: listen, coach, barge.
//!
//! In: which call, whose telephone, which mode. Out: requests to the PBX, in its own protocol. Listening in the browser needs none of
//! this: it is our own ingest (see `live`). A connector asks the PBX for nothing that its caller was not allowed to ask for; who may is not
//! decided here.

mod ami;
#[cfg(feature = "live")]
mod ari;
mod esl;
#[cfg(test)]
mod scripted;
mod strict;
mod webhook;

pub use self::ami::{AmiConfig, AmiSupervise, fuzz as fuzz_ami};
#[cfg(feature = "live")]
pub use self::ari::{AriSupervise, AriSuperviseConfig};
pub use self::esl::{EslConfig, EslSupervise, fuzz as fuzz_esl};
pub use self::webhook::{WebhookConfig, WebhookSupervise};

use std::collections::BTreeMap;
use std::future::Future;

use async_trait::async_trait;
use tokio::sync::oneshot;

/// How a supervisor takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Hears, is not heard (监听).
    Listen,
    /// Heard by the agent alone (密语).
    Coach,
    /// Heard by all (强插).
    Barge,
}

impl Mode {
    /// All.
    pub const ALL: [Mode; 3] = [Mode::Listen, Mode::Coach, Mode::Barge];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Listen => "listen",
            Mode::Coach => "coach",
            Mode::Barge => "barge",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// What to join, and who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// The call's handles at the PBX, as its source told them.
    pub handles: BTreeMap<String, String>,
    /// The supervisor's telephone, as the PBX dials it: `PJSIP/sup100`, `user/1001`.
    pub telephone: String,
    /// How.
    pub mode: Mode,
}

/// A supervisor on a call, as the connector names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined(pub BTreeMap<String, String>);

/// Why a supervisor is not on the call.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The connector cannot do this.
    #[error("this connector cannot {}", .0.as_str())]
    Unable(Mode),
    /// The call has no handle that the connector can use.
    #[error("the call has no `{0}`: its source does not say which channel the agent is on")]
    NoHandle(&'static str),
    /// A telephone or a channel has characters that no PBX dials: they could be commands.
    #[error("the {0} has characters that cannot be dialled")]
    Unfit(&'static str),
    /// The PBX cannot be reached.
    #[error("the PBX cannot be reached: {0}")]
    Away(String),
    /// The PBX said no.
    #[error("the PBX refused: {0}")]
    Refused(String),
}

/// A way to join calls.
#[async_trait]
pub trait Supervise: Send + Sync {
    /// What it can do.
    fn can(&self) -> &'static [Mode];

    /// What a call may be named by: one of these handles it must have. None: any call can be joined.
    fn handles(&self) -> &'static [&'static str];

    /// Rings the supervisor and puts them on the call.
    ///
    /// # Errors
    /// [`SuperviseError`]; then nobody is on the call by it.
    async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError>;

    /// Changes the mode of one who is on the call.
    ///
    /// # Errors
    /// [`SuperviseError`]; then the mode is as before.
    async fn change(&self, joined: &Joined, mode: Mode) -> Result<Joined, SuperviseError>;

    /// Takes the supervisor off the call. One who is off already is no error.
    ///
    /// # Errors
    /// [`SuperviseError`].
    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError>;
}

/// Runs a join to its end even when the one who asked has gone; what came of it is undone then, so that nobody stays on a call
/// whom nobody knows of.
async fn to_the_end<J, U, F>(join: J, undo: U) -> Result<Joined, SuperviseError>
where
    J: Future<Output = Result<Joined, SuperviseError>> + Send + 'static,
    U: FnOnce(Joined) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let (answer, answered) = oneshot::channel();
    tokio::spawn(async move {
        if let Err(Ok(joined)) = answer.send(join.await) {
            undo(joined).await;
        }
    });
    answered.await.unwrap_or_else(|_| Err(SuperviseError::Away("the service is ending".into())))
}

/// A new id for what we ask a PBX to make.
fn new_id(what: &str) -> String {
    format!("lingting-{what}-{}", uuid::Uuid::now_v7().simple())
}
