//! One supervisor on one call, from the first ring to the last trace.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::super::{Joined, Mode, SuperviseError};
use crate::pbx::ari::{Ari, Event, Events};

/// What a snoop channel may take to be there.
const SNOOP_MAX: Duration = Duration::from_secs(5);

/// What the PBX may take, beyond the ringing, to tell that nobody answers.
const GRACE: Duration = Duration::from_secs(5);

/// How often what could not be removed is tried again, and how long is waited before.
const REMOVALS: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What is asked of a session.
#[derive(Debug)]
pub(super) enum Ask {
    /// Another mode.
    Change(Mode, oneshot::Sender<Result<Joined, SuperviseError>>),
    /// The end.
    Leave(oneshot::Sender<Result<(), SuperviseError>>),
}

/// The names of what is made at the PBX.
pub(super) struct Session {
    ari: Ari,
    id: String,
    agent: String,
    supervisor: String,
    bridge: String,
    snoop: String,
    /// Snoops made so far: each mode has its own.
    snoops: u32,
    mode: Mode,
}

impl Session {
    /// Nothing is made yet.
    pub(super) fn new(ari: Ari, id: &str, agent: &str, mode: Mode) -> Self {
        Self {
            ari,
            id: id.to_owned(),
            agent: agent.to_owned(),
            supervisor: format!("{id}-phone"),
            bridge: format!("{id}-bridge"),
            snoop: format!("{id}-snoop-1"),
            snoops: 1,
            mode,
        }
    }

    /// Brings the supervisor in, serves until one of the parts is gone, and takes all away.
    pub(super) async fn run(
        mut self,
        telephone: &str,
        caller_id: &str,
        ring: Duration,
        answer: oneshot::Sender<Result<Joined, SuperviseError>>,
        mut asked: mpsc::Receiver<Ask>,
    ) {
        let mut events = match self.ari.events(&self.id, false).await {
            Ok(events) => events,
            Err(error) => return drop(answer.send(Err(error.into()))),
        };
        let joined = self.join(&mut events, telephone, caller_id, ring).await;
        let mut left = None;
        let mut failed = None;
        match joined.map(|()| self.joined()) {
            // One who asked and went away stays on no call.
            Ok(joined) => {
                if answer.send(Ok(joined)).is_ok() {
                    left = self.serve(&mut events, &mut asked).await;
                }
            }
            Err(error) => failed = Some((answer, error)),
        }
        let removed = self.remove_all().await;
        if let Err(error) = &removed {
            tracing::error!(%error, "a supervisor's channels cannot be removed from the PBX");
        }
        if let Some((answer, error)) = failed {
            let _ = answer.send(Err(error));
        }
        if let Some(left) = left {
            let _ = left.send(removed);
        }
    }

    fn joined(&self) -> Joined {
        let noted = [
            ("ari.session", &self.id),
            ("ari.supervisor", &self.supervisor),
            ("ari.snoop", &self.snoop),
            ("ari.bridge", &self.bridge),
        ];
        let mode = ("mode".to_owned(), self.mode.as_str().to_owned());
        let noted = noted.into_iter().map(|(name, value)| (name.to_owned(), value.clone()));
        Joined(noted.chain([mode]).collect::<BTreeMap<_, _>>())
    }

    async fn join(
        &mut self,
        events: &mut Events,
        telephone: &str,
        caller_id: &str,
        ring: Duration,
    ) -> Result<(), SuperviseError> {
        self.snoop_on(&self.snoop, self.mode).await?;
        let ring_s = ring.as_secs().max(1).to_string();
        let query = [
            ("endpoint", telephone),
            ("app", &self.id),
            ("callerId", caller_id),
            ("channelId", &self.supervisor),
            ("timeout", &ring_s),
        ];
        self.ari.post(&["channels"], &query).await?;
        let query = [("type", "mixing"), ("bridgeId", self.bridge.as_str())];
        self.ari.post(&["bridges"], &query).await?;
        let wanted = [self.snoop.clone(), self.supervisor.clone()];
        arrived(events, &wanted, &[], ring + GRACE).await?;
        self.add(&format!("{},{}", self.snoop, self.supervisor)).await
    }

    async fn snoop_on(&self, snoop: &str, mode: Mode) -> Result<(), SuperviseError> {
        let whisper = match mode {
            Mode::Listen => "none",
            Mode::Coach => "out",
            Mode::Barge => "both",
        };
        let path = ["channels", &self.agent, "snoop", snoop];
        let query = [("spy", "both"), ("whisper", whisper), ("app", &self.id)];
        self.ari.post(&path, &query).await?;
        Ok(())
    }

    async fn add(&self, channels: &str) -> Result<(), SuperviseError> {
        self.ari.post(&["bridges", &self.bridge, "addChannel"], &[("channel", channels)]).await?;
        Ok(())
    }

    /// Serves until the end; tells who asked for it.
    async fn serve(
        &mut self,
        events: &mut Events,
        asked: &mut mpsc::Receiver<Ask>,
    ) -> Option<oneshot::Sender<Result<(), SuperviseError>>> {
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Ok(event) if !self.ends(&event) => {}
                    Ok(_) | Err(_) => return None,
                },
                ask = asked.recv() => match ask {
                    Some(Ask::Change(mode, answer)) => {
                        let changed = self.change(events, mode).await;
                        let over = matches!(changed, Err(SuperviseError::Away(_)));
                        let _ = answer.send(changed.map(|()| self.joined()));
                        if over {
                            return None;
                        }
                    }
                    Some(Ask::Leave(answer)) => return Some(answer),
                    None => return None,
                },
            }
        }
    }

    /// Whether an event is the end of the supervisor, or of the channel that is listened to.
    fn ends(&self, event: &Event) -> bool {
        let gone = matches!(event.kind.as_str(), "StasisEnd" | "ChannelDestroyed");
        let of = event.channel.as_ref().map(|channel| channel.id.as_str());
        gone && (of == Some(&self.supervisor) || of == Some(&self.snoop))
    }

    /// The direction of a snoop cannot be changed: the new one is there before the old one goes.
    async fn change(&mut self, events: &mut Events, mode: Mode) -> Result<(), SuperviseError> {
        if mode == self.mode {
            return Ok(());
        }
        self.snoops += 1;
        let snoop = format!("{}-snoop-{}", self.id, self.snoops);
        let made = async {
            self.snoop_on(&snoop, mode).await?;
            let watched = [self.supervisor.as_str(), self.snoop.as_str()];
            arrived(events, std::slice::from_ref(&snoop), &watched, SNOOP_MAX).await?;
            self.add(&snoop).await
        };
        if let Err(error) = made.await {
            self.remove(&["channels", &snoop]).await?;
            return Err(error);
        }
        let old = std::mem::replace(&mut self.snoop, snoop);
        self.mode = mode;
        // With both there, nobody knows who hears whom: then it is over.
        let removed = self.remove(&["channels", &old]).await;
        removed.map_err(|error| SuperviseError::Away(error.to_string()))
    }

    async fn remove_all(&self) -> Result<(), SuperviseError> {
        let supervisor = self.remove(&["channels", &self.supervisor]).await;
        let snoop = self.remove(&["channels", &self.snoop]).await;
        let bridge = self.remove(&["bridges", &self.bridge]).await;
        supervisor.and(snoop).and(bridge)
    }

    async fn remove(&self, path: &[&str]) -> Result<(), SuperviseError> {
        let mut tries = 1;
        loop {
            match self.ari.delete(path).await {
                Err(_) if tries < REMOVALS => tries += 1,
                other => return Ok(other?),
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
}

/// Waits until channels are in the application: only then can they be bridged. Others are watched meanwhile: without them it is over.
async fn arrived(
    events: &mut Events,
    wanted: &[String],
    watched: &[&str],
    limit: Duration,
) -> Result<(), SuperviseError> {
    let mut missing: Vec<_> = wanted.iter().collect();
    let end = Instant::now() + limit;
    while !missing.is_empty() {
        let Ok(event) = timeout_at(end, events.next()).await else {
            return Err(SuperviseError::Refused("nobody answered in time".into()));
        };
        let event = event?;
        let Some(channel) = &event.channel else { continue };
        match event.kind.as_str() {
            "StasisStart" => missing.retain(|id| **id != channel.id),
            "ChannelDestroyed" | "StasisEnd" if watched.contains(&channel.id.as_str()) => {
                return Err(SuperviseError::Away("the call or the supervisor is gone".into()));
            }
            "ChannelDestroyed" | "StasisEnd" if wanted.contains(&channel.id) => {
                let why: String = event.cause_txt.chars().take(80).collect();
                let why = if why.is_empty() { "nobody answered".into() } else { why };
                return Err(SuperviseError::Refused(why));
            }
            _ => {}
        }
    }
    Ok(())
}
