//! Asterisk: taps the agents' channels by ARI, without a change to the dialplan.
//!
//! In: the PBX's events. Out: requests that make it send both directions of an agent's channel to our AudioSocket server, where they are
//! announced before. The audio itself comes in there. Needs `chan_audiosocket` and Asterisk 18 or newer.

mod tap;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::tap::{Making, Tap};
use super::audiosocket::Announcements;
use super::event::{CallKey, CallStart, Facts};
use super::known;
use crate::pbx::ari::{Ari, AriConfig, AriError, Channel, Event, Events};

/// Events that may wait for a tap.
const EVENTS_MAX: usize = 64;

/// Channels whose first state is remembered.
const SEEN_MAX: usize = 10_000;

/// How long is waited before the PBX is tried again: at first, and at most.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// How long taps may take to clean up when the service ends.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Which channels are tapped, and where the audio goes.
#[derive(Clone)]
pub struct AsteriskConfig {
    /// The source's name.
    pub source: String,
    /// Where the PBX is.
    pub ari: AriConfig,
    /// The application's name there: one for each service of ours.
    pub app: String,
    /// The agents' endpoints: `PJSIP/1001`, or `PJSIP/10*` for all that begin so. None: nobody is tapped.
    pub endpoints: Vec<String>,
    /// Where Asterisk finds our AudioSocket server: `10.0.0.5:9092`.
    pub audiosocket: String,
    /// The audio's format there: `slin16`, or `slin` on releases before 2025.
    pub format: String,
    /// Channels tapped at a time. Each costs the PBX four channels and two bridges.
    pub taps_max: usize,
}

impl Default for AsteriskConfig {
    /// The local Asterisk, 16 kHz, no agents.
    fn default() -> Self {
        Self {
            source: String::new(),
            ari: AriConfig::default(),
            app: "lingting".into(),
            endpoints: Vec::new(),
            audiosocket: "127.0.0.1:9092".into(),
            format: "slin16".into(),
            taps_max: 100,
        }
    }
}

/// Taps until `stop`; a PBX that is away is tried again and again.
///
/// # Errors
/// [`AriError::Address`]: the PBX's address cannot be read.
pub async fn serve(
    config: AsteriskConfig,
    announced: Announcements,
    stop: CancellationToken,
) -> Result<(), AriError> {
    let ari = Ari::new(config.ari.clone())?;
    let making = Making {
        ari: ari.clone(),
        app: config.app.clone(),
        audiosocket: config.audiosocket.clone(),
        format: config.format.clone(),
        announced,
    };
    let mut watch = Watch {
        config,
        making,
        taps: BTreeMap::new(),
        seen: BTreeMap::new(),
        running: JoinSet::new(),
        stop: stop.clone(),
    };
    let mut retry = RETRY_FIRST;
    while !stop.is_cancelled() {
        match ari.events(&watch.config.app, true).await {
            Ok(mut events) => {
                retry = RETRY_FIRST;
                watch.take_over().await;
                watch.hear(&mut events).await;
            }
            Err(error) => {
                let source = &watch.config.source;
                tracing::warn!(source, %error, "the PBX does not tell its events");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(retry) => retry = (retry * 2).min(RETRY_MAX),
        }
    }
    let drained = async { while watch.running.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN_MAX, drained).await;
    Ok(())
}

struct Watch {
    config: AsteriskConfig,
    making: Making,
    /// Taps by the agent's channel: what their parts' names begin with, and where their events go.
    taps: BTreeMap<String, (String, mpsc::Sender<Event>)>,
    /// Agents' channels that are not answered yet: whether the agent dials.
    seen: BTreeMap<String, bool>,
    running: JoinSet<String>,
    stop: CancellationToken,
}

impl Watch {
    /// Finds out what happened while nobody listened: channels that are there are tapped, taps of others end.
    async fn take_over(&mut self) {
        let Ok(told) = self.making.ari.get(&["channels"], &[]).await else { return };
        let Ok(channels) = serde_json::from_value::<Vec<Channel>>(told) else { return };
        for (agent, (_, events)) in &self.taps {
            if !channels.iter().any(|channel| channel.id == *agent) {
                let channel = Some(Channel { id: agent.clone(), ..Channel::default() });
                let kind = "ChannelDestroyed".to_owned();
                let _ = events.try_send(Event { kind, channel, ..Event::default() });
            }
        }
        channels.iter().for_each(|channel| self.channel(channel));
    }

    async fn hear(&mut self, events: &mut Events) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                Some(ended) = self.running.join_next() => {
                    if let Ok(agent) = ended {
                        self.taps.remove(&agent);
                    }
                }
                event = events.next() => match event {
                    Ok(event) => self.event(event),
                    Err(error) => {
                        let source = &self.config.source;
                        return tracing::warn!(source, %error, "the PBX's events have ended");
                    }
                },
            }
        }
    }

    fn event(&mut self, event: Event) {
        let Some(channel) = &event.channel else { return };
        match event.kind.as_str() {
            "ChannelCreated" | "ChannelStateChange" => return self.channel(channel),
            "StasisStart" => self.channel(channel),
            "ChannelDestroyed" => drop(self.seen.remove(&channel.id)),
            "StasisEnd" => {}
            _ => return,
        }
        let of = |(agent, (id, _)): &(&String, &(String, _))| {
            **agent == channel.id || channel.id.starts_with(id.as_str())
        };
        let tap = self.taps.iter().find(of).map(|(_, (_, events))| events.clone());
        if let Some(tap) = tap {
            // A tap hears a dozen events in all: one that is full is stuck, and ends by its own limit.
            let _ = tap.try_send(event);
        }
    }

    /// Taps an agent's channel once it is answered.
    fn channel(&mut self, channel: &Channel) {
        let Some(endpoint) = endpoint(&self.config.endpoints, &channel.name) else { return };
        if channel.state != "Up" {
            if self.seen.len() < SEEN_MAX {
                // One that rings at the PBX was dialled by the agent; one that is dialled is `Down` or `Ringing`.
                self.seen.entry(channel.id.clone()).or_insert(channel.state == "Ring");
            }
            return;
        }
        if self.taps.contains_key(&channel.id) {
            return;
        }
        let source = &self.config.source;
        if self.taps.len() >= self.config.taps_max {
            return tracing::warn!(source, "no room to tap another channel");
        }
        let start = start(source, channel, endpoint, self.seen.remove(&channel.id));
        let id = format!("lingting-tap-{}", uuid::Uuid::now_v7().simple());
        let (events, heard) = mpsc::channel(EVENTS_MAX);
        let agent = channel.id.clone();
        self.taps.insert(agent.clone(), (id.clone(), events));
        let tap = Tap::new(self.making.clone(), id, agent.clone(), start);
        let stop = self.stop.clone();
        self.running.spawn(async move {
            tap.run(heard, stop).await;
            agent
        });
    }
}

/// The endpoint of a channel's name (`PJSIP/1001-0000002a`), if it is an agent's.
fn endpoint<'a>(agents: &[String], name: &'a str) -> Option<&'a str> {
    let (endpoint, _) = name.rsplit_once('-')?;
    let fits = |agent: &String| match agent.strip_suffix('*') {
        Some(prefix) => !prefix.is_empty() && endpoint.starts_with(prefix),
        None => agent == endpoint,
    };
    agents.iter().any(fits).then_some(endpoint)
}

/// What is known of the call: `dials` says whether the agent called, where that was seen.
fn start(source: &str, channel: &Channel, endpoint: &str, dials: Option<bool>) -> CallStart {
    let agent = endpoint.split_once('/').map_or(endpoint, |(_, agent)| agent);
    let mut facts = Facts::default();
    facts.set("agent.id", agent);
    if let Some(dials) = dials {
        facts.set("direction", if dials { "outbound" } else { "inbound" });
    }
    let other = [&channel.connected.number, &channel.caller.number];
    let other = other.into_iter().find(|number| !number.is_empty() && *number != agent);
    facts.set("customer.number", other.map_or("", String::as_str));
    known::extra(&mut facts, "uniqueid", &channel.id);
    let handles = [
        ("asterisk.channel".to_owned(), channel.name.clone()),
        ("asterisk.channel_id".to_owned(), channel.id.clone()),
    ];
    let key = CallKey { source: source.to_owned(), native_id: channel.id.clone() };
    CallStart { key, facts, handles: handles.into() }
}
