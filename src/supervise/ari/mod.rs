//! Asterisk by ARI: a snoop channel on the agent, bridged with the supervisor.
//!
//! In: the agent's channel, the supervisor's endpoint, the mode. Out: three things at the PBX (snoop, supervisor, bridge), owned by a
//! task of ours with an application of its own: when any of them goes, or the connection does, all go. Nobody
//! stays on a call unseen.

mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use self::session::{Ask, Session};
use super::strict::{handle, noted, telephone};
use super::{Joined, Joining, Mode, Supervise, SuperviseError, new_id};
use crate::pbx::ari::{Ari, AriConfig, AriError};

/// What may be asked of a session at a time.
const ASKED_MAX: usize = 8;

/// How supervisors are brought in.
#[derive(Clone)]
pub struct AriSuperviseConfig {
    /// Where the PBX is.
    pub ari: AriConfig,
    /// How long the supervisor's telephone rings.
    pub ring: Duration,
    /// The name it shows.
    pub caller_id: String,
}

impl Default for AriSuperviseConfig {
    /// The local Asterisk, half a minute.
    fn default() -> Self {
        let ring = Duration::from_secs(30);
        Self { ari: AriConfig::default(), ring, caller_id: "Monitor".into() }
    }
}

type Sessions = Arc<Mutex<BTreeMap<String, mpsc::Sender<Ask>>>>;

/// The connector.
pub struct AriSupervise {
    ari: Ari,
    config: AriSuperviseConfig,
    sessions: Sessions,
}

impl AriSupervise {
    /// A connector; nothing is sent yet.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn new(config: AriSuperviseConfig) -> Result<Self, AriError> {
        let ari = Ari::new(config.ari.clone())?;
        Ok(Self { ari, config, sessions: Arc::default() })
    }

    fn session(&self, joined: &Joined) -> Option<mpsc::Sender<Ask>> {
        let id = joined.0.get("ari.session")?;
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    async fn ask<T>(
        &self,
        joined: &Joined,
        ask: impl FnOnce(oneshot::Sender<T>) -> Ask,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.session(joined)?.send(ask(answer)).await.ok()?;
        answered.await.ok()
    }
}

impl From<AriError> for SuperviseError {
    fn from(error: AriError) -> Self {
        match error {
            AriError::Refused { status: 401 | 403, .. } => {
                SuperviseError::Refused("user or password is wrong, or may not do this".into())
            }
            AriError::Refused { reason, .. } => SuperviseError::Refused(reason),
            AriError::Address | AriError::Away(_) => SuperviseError::Away(error.to_string()),
        }
    }
}

#[async_trait]
impl Supervise for AriSupervise {
    fn can(&self) -> &'static [Mode] {
        &Mode::ALL
    }

    fn handles(&self) -> &'static [&'static str] {
        &["asterisk.channel", "asterisk.channel_id"]
    }

    async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError> {
        let agent = handle(&joining.handles, self.handles())?;
        let telephone = telephone(joining)?;
        let id = new_id("sup");
        let session = Session::new(self.ari.clone(), &id, agent, joining.mode);
        let (asks, asked) = mpsc::channel(ASKED_MAX);
        let (answer, answered) = oneshot::channel();
        let (sessions, ring) = (Arc::clone(&self.sessions), self.config.ring);
        let (telephone, caller_id) = (telephone.to_owned(), self.config.caller_id.clone());
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), asks);
        tokio::spawn(async move {
            session.run(&telephone, &caller_id, ring, answer, asked).await;
            sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
        answered.await.unwrap_or_else(|_| Err(SuperviseError::Away("the service is ending".into())))
    }

    async fn change(&self, joined: &Joined, mode: Mode) -> Result<Joined, SuperviseError> {
        let changed = self.ask(joined, |answer| Ask::Change(mode, answer)).await;
        changed.unwrap_or_else(|| Err(SuperviseError::Refused("the supervisor has left".into())))
    }

    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError> {
        if let Some(left) = self.ask(joined, Ask::Leave).await {
            return left;
        }
        // Joined before a restart of ours: what was noted is enough.
        for name in ["ari.supervisor", "ari.snoop"] {
            self.ari.delete(&["channels", noted(joined, name)?]).await?;
        }
        Ok(self.ari.delete(&["bridges", noted(joined, "ari.bridge")?]).await?)
    }
}
