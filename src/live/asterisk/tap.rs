//! One agent's channel under tap: two snoops, each bridged with a connection to our AudioSocket server.
//!
//! In: the channel, and the PBX's events about it and about what was made for it. Out: requests. Whatever ends it, nothing that
//! was made stays at the PBX.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::audiosocket::{AnnouncedLeg, Announcements};
use super::super::event::{CallStart, LegRole};
use crate::pbx::ari::{Ari, AriError, Event};

/// What the PBX may take until all channels are there.
const SETUP_MAX: Duration = Duration::from_secs(10);

/// How often what could not be removed is tried again, and how long is waited before.
const REMOVALS: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// One direction: `in` is what the agent says, `out` is what the agent hears (res_stasis_snoop.c).
#[derive(Debug, Clone, Copy)]
struct Side {
    spy: &'static str,
    role: LegRole,
}

const SIDES: [Side; 2] =
    [Side { spy: "out", role: LegRole::Customer }, Side { spy: "in", role: LegRole::Agent }];

/// How taps are made.
#[derive(Clone)]
pub(super) struct Making {
    pub(super) ari: Ari,
    pub(super) app: String,
    /// Where Asterisk finds our AudioSocket server.
    pub(super) audiosocket: String,
    pub(super) format: String,
    pub(super) announced: Announcements,
}

/// A tap.
pub(super) struct Tap {
    making: Making,
    /// What the names of all that is made begin with.
    id: String,
    /// The agent's channel.
    agent: String,
    ids: [Uuid; 2],
    start: CallStart,
}

impl Tap {
    /// Nothing is made yet.
    pub(super) fn new(making: Making, id: String, agent: String, start: CallStart) -> Self {
        Self { making, id, agent, ids: [Uuid::now_v7(), Uuid::now_v7()], start }
    }

    fn name(&self, side: Side, what: &str) -> String {
        format!("{}-{what}{}", self.id, side.spy)
    }

    /// Taps until the agent's channel, or a part of the tap, is gone.
    pub(super) async fn run(self, mut events: mpsc::Receiver<Event>, stop: CancellationToken) {
        let made = tokio::select! {
            () = stop.cancelled() => Ok(()),
            made = self.make(&mut events) => made,
        };
        match made {
            Ok(()) => loop {
                let event = tokio::select! {
                    () = stop.cancelled() => break,
                    event = events.recv() => event,
                };
                if event.is_none_or(|event| self.ends(&event)) {
                    break;
                }
            },
            Err(error) => {
                let source = &self.start.key.source;
                tracing::warn!(source, %error, "an agent's channel cannot be tapped");
            }
        }
        self.ids.iter().for_each(|id| self.making.announced.withdraw(*id));
        self.remove_all().await;
    }

    async fn make(&self, events: &mut mpsc::Receiver<Event>) -> Result<(), AriError> {
        let Making { ari, app, audiosocket, format, announced } = &self.making;
        for (side, id) in SIDES.into_iter().zip(self.ids) {
            let leg = AnnouncedLeg { start: self.start.clone(), role: side.role };
            if !announced.announce(id, leg) {
                return Err(AriError::Away("too many connections are expected already".into()));
            }
            let args = format!("tap,{}", side.spy);
            let snoop = self.name(side, "snoop-");
            let query = [("spy", side.spy), ("app", app), ("appArgs", &args)];
            ari.post(&["channels", &self.agent, "snoop", &snoop], &query).await?;
        }
        for (side, id) in SIDES.into_iter().zip(self.ids) {
            let query = [
                ("app", app.as_str()),
                ("channelId", &self.name(side, "media-")),
                ("external_host", audiosocket),
                ("encapsulation", "audiosocket"),
                ("transport", "tcp"),
                ("format", format),
                ("data", &id.to_string()),
            ];
            ari.post(&["channels", "externalMedia"], &query).await?;
            let bridge = self.name(side, "bridge-");
            ari.post(&["bridges"], &[("type", "mixing"), ("bridgeId", &bridge)]).await?;
        }
        self.arrived(events).await?;
        for side in SIDES {
            let channels = format!("{},{}", self.name(side, "snoop-"), self.name(side, "media-"));
            let bridge = self.name(side, "bridge-");
            ari.post(&["bridges", &bridge, "addChannel"], &[("channel", &channels)]).await?;
        }
        Ok(())
    }

    /// Waits until all channels are in the application: only then can they be bridged.
    async fn arrived(&self, events: &mut mpsc::Receiver<Event>) -> Result<(), AriError> {
        let names = SIDES.map(|side| [self.name(side, "snoop-"), self.name(side, "media-")]);
        let mut missing: BTreeSet<_> = names.into_iter().flatten().collect();
        let end = Instant::now() + SETUP_MAX;
        while !missing.is_empty() {
            let Ok(Some(event)) = timeout_at(end, events.recv()).await else {
                return Err(AriError::Away("its channels do not arrive".into()));
            };
            if self.ends(&event) {
                return Err(AriError::Away("it went while it was being tapped".into()));
            }
            let channel = event.channel.filter(|_| event.kind == "StasisStart");
            channel.map(|channel| missing.remove(&channel.id));
        }
        Ok(())
    }

    /// Whether an event is the end of the agent's channel, or of a part of the tap.
    fn ends(&self, event: &Event) -> bool {
        let of = event.channel.as_ref().map_or("", |channel| channel.id.as_str());
        match event.kind.as_str() {
            "ChannelDestroyed" => of == self.agent || of.starts_with(&self.id),
            // An agent's channel may leave an application of the site's own, and talk on.
            "StasisEnd" => of.starts_with(&self.id),
            _ => false,
        }
    }

    async fn remove_all(&self) {
        for side in SIDES {
            for what in ["media-", "snoop-"] {
                self.remove(&["channels", &self.name(side, what)]).await;
            }
            self.remove(&["bridges", &self.name(side, "bridge-")]).await;
        }
    }

    async fn remove(&self, path: &[&str]) {
        for n in 1..=REMOVALS {
            let Err(error) = self.making.ari.delete(path).await else { return };
            if n == REMOVALS {
                let source = &self.start.key.source;
                tracing::error!(source, %error, "a part of a tap cannot be removed from the PBX");
                return;
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
}
