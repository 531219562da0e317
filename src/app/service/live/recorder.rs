//! One call from its first event to its last: recorded, shown, and handed on.
//!
//! In: events of a line, orders of supervisors. Out: a recording that grows, frames for listeners, and at the end a file in the
//! ledger. It waits for nobody: who hears or listens is behind where they are slow.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};

use super::hearing::{Grown, Heard};
use super::mix::Mix;
use super::replay::Replay;
use super::tape_file::TapeFile;
use super::{Hub, close, facts};
use crate::api::live::bodies::{CallState, LegBody};
use crate::api::live::{Frame, LiveCall, Order, Told};
use crate::domain::Belongs;
use crate::live::{
    CallStart, Command, EndCause, Facts, HoldReason, Ingest, LEGS_MAX, LegId, LegRole, LineEnds,
};
use crate::store::{StoreError, live, now_us};

/// How often what came is written down.
const WRITE: Duration = Duration::from_millis(60);

/// Rates of recordings, in Hz: telephone, and everything better.
const NARROW_HZ: u32 = 8_000;
const WIDE_HZ: u32 = 16_000;

/// Where nobody sends anything for so long, silence goes on in the recording.
const NOBODY_SENDS: Duration = Duration::from_secs(3);

/// Silence that is told to the protocol as lasting: longer than this without any event, the call is over.
const DEAD: Duration = Duration::from_secs(3_600);

/// One sample as milliseconds.
const fn ms(samples: u64, rate_hz: u32) -> u64 {
    if rate_hz == 0 { 0 } else { samples.saturating_mul(1_000) / rate_hz as u64 }
}

/// Whose a call is, by what is known of it.
pub(super) fn belongs(facts: &Facts) -> Belongs {
    let fact = |key: &str| facts.get(key).map(str::to_owned);
    Belongs {
        client: fact("client"),
        vendor: fact("vendor"),
        project: fact("project"),
        team: fact("team"),
        agent: fact("agent.id"),
    }
}

struct Leg {
    role: LegRole,
    rate_hz: u32,
}

/// What is written once there is audio.
struct Running {
    mix: Mix,
    tape: TapeFile,
    replay: Replay,
    rate_hz: u32,
    channels: usize,
    grown: watch::Sender<Grown>,
    heard: oneshot::Receiver<()>,
}

/// Records one call.
pub(super) struct Recorder {
    hub: Arc<Hub>,
    call: Arc<LiveCall>,
    start: CallStart,
    facts: Facts,
    ends: LineEnds,
    orders: mpsc::Receiver<Order>,
    legs: [Option<Leg>; LEGS_MAX],
    running: Option<Running>,
    paused: bool,
    /// Holds and pauses that go on, as rows of the timeline.
    open: Vec<(String, Option<LegId>, &'static str)>,
    last_audio: Instant,
    last_event: Instant,
}

impl Recorder {
    pub(super) fn new(
        hub: Arc<Hub>,
        call: Arc<LiveCall>,
        start: CallStart,
        ends: LineEnds,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let facts = start.facts.clone();
        let now = Instant::now();
        Self {
            hub,
            call,
            start,
            facts,
            ends,
            orders,
            legs: [const { None }; LEGS_MAX],
            running: None,
            paused: false,
            open: Vec::new(),
            last_audio: now,
            last_event: now,
        }
    }

    /// From the call's first event to its last.
    pub(super) async fn run(mut self) {
        let (hub, key) = (Arc::clone(&self.hub), self.start.key.clone());
        let id = self.call.id.clone();
        if let Err(error) = self.enter().await {
            tracing::error!(%error, call = id, "a call that goes on could not be written down");
        }
        let cause = match self.record().await {
            Ok(cause) => cause,
            Err(error) => {
                tracing::error!(%error, call = id, "a call that goes on could not be recorded to its end");
                EndCause::Transport
            }
        };
        if let Err(error) = self.leave(cause).await {
            // What is on the disk is found at the next start.
            tracing::error!(%error, call = id, "a call that is over could not be handed on");
        }
        hub.keys().remove(&key);
    }

    fn folder(&self) -> PathBuf {
        self.hub.folder.join(&self.call.id)
    }

    async fn enter(&self) -> Result<(), StoreError> {
        let row = live::LiveRow {
            id: self.call.id.clone(),
            source: self.call.source.clone(),
            native_id: self.call.native_id.clone(),
            belongs: self.call.belongs(),
            started_us: self.call.started_us,
        };
        let tx = self.hub.store.begin().await?;
        live::begin(&tx, &row).await?;
        tx.commit().await
    }

    async fn record(&mut self) -> io::Result<EndCause> {
        let mut write = tokio::time::interval(WRITE);
        write.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                event = self.ends.events.recv() => {
                    self.last_event = Instant::now();
                    match event {
                        None => return Ok(EndCause::Transport),
                        Some(Ingest::Ended(cause)) => return Ok(cause),
                        Some(event) => self.take(event).await?,
                    }
                }
                Some(order) = self.orders.recv() => self.order(order).await,
                _ = write.tick() => {
                    self.write(false)?;
                    if self.last_event.elapsed() > DEAD {
                        return Ok(EndCause::Timeout);
                    }
                }
                () = self.hub.stop.cancelled() => {
                    // The protocol hangs up in its own words.
                    let _ = self.ends.commands.try_send(Command::End);
                    return Ok(EndCause::Shutdown);
                }
            }
        }
    }

    async fn take(&mut self, event: Ingest) -> io::Result<()> {
        match event {
            Ingest::Audio { leg, at, pcm, concealed } => self.audio(leg, at, pcm, concealed)?,
            Ingest::Gap { leg, to, .. } => {
                if let Some(running) = &mut self.running {
                    running.mix.silent_to(usize::from(leg.0), to);
                }
            }
            Ingest::LegJoined { leg, role, rate_hz, codec: _ } => self.join(leg, role, rate_hz),
            Ingest::LegUpdated { leg, role } => {
                if let Some(Some(known)) = self.legs.get_mut(usize::from(leg.0)) {
                    known.role = role;
                }
                self.learned();
            }
            Ingest::LegLeft { leg } => {
                if let Some(running) = &mut self.running {
                    running.mix.leave(usize::from(leg.0));
                }
            }
            Ingest::Known(more) => {
                self.facts.merge(&more);
                self.belongs().await;
                self.learned();
            }
            Ingest::Held { leg, reason } => {
                let kind = if reason == HoldReason::Hold { "held" } else { "paused" };
                if reason == HoldReason::Paused {
                    self.paused = true;
                }
                self.begin(leg, kind).await;
            }
            Ingest::Resumed { leg } => {
                self.end(leg).await;
                self.paused = self.open.iter().any(|(_, _, kind)| *kind == "paused");
            }
            Ingest::Quality { leg, quality } => {
                let all = (quality.received + quality.lost).max(1);
                self.call.paint(|picture| {
                    if let Some(shown) = picture.legs.get_mut(usize::from(leg.0)) {
                        let share = quality.lost as f64 / all as f64;
                        shown.lost_share = (share * 10_000.0).round() / 10_000.0;
                        shown.jitter_ms = quality.jitter_ms;
                    }
                });
            }
            // Which key it was is nobody's business; that one was, is no news.
            Ingest::Dtmf { .. } | Ingest::Ended(_) => {}
        }
        Ok(())
    }

    fn join(&mut self, leg: LegId, role: LegRole, rate_hz: u32) {
        let Some(place) = self.legs.get_mut(usize::from(leg.0)) else { return };
        *place = Some(Leg { role, rate_hz });
        if let Some(running) = &mut self.running {
            running.mix.join(usize::from(leg.0), rate_hz);
        }
        self.learned();
    }

    fn roles(&self) -> Vec<LegRole> {
        let channels = self.running.as_ref().map_or(LEGS_MAX, |running| running.channels);
        let role = |leg: &Option<Leg>| leg.as_ref().map_or(LegRole::Unknown, |leg| leg.role);
        self.legs.iter().take(channels).map(role).collect()
    }

    /// More is known about the call: its picture, its sidecar, and who hears it learn of it.
    fn learned(&mut self) {
        let roles = self.roles();
        let text = facts::sidecar(&self.call.id, &self.facts, self.call.started_us, &roles);
        let info = facts::info(&self.call.id, &text);
        self.call.paint(|picture| {
            picture.direction = info.direction.map(|direction| direction.as_str().to_owned());
            picture.queue.clone_from(&info.queue);
            picture.legs.resize_with(roles.len(), LegBody::default);
            for ((ix, shown), role) in picture.legs.iter_mut().enumerate().zip(&roles) {
                shown.leg = ix as u8;
                shown.party = party(*role).into();
            }
        });
        if self.running.is_some() {
            if let Err(error) = close::write_sidecar(&self.folder(), &self.call.id, &text) {
                tracing::error!(%error, call = self.call.id, "a sidecar could not be written");
            }
            self.hub.hearing.learn(&self.call.id, info);
        }
    }

    async fn belongs(&self) {
        let belongs = belongs(&self.facts);
        if !self.call.set_belongs(belongs.clone()) {
            return;
        }
        let kept = async {
            let tx = self.hub.store.begin().await?;
            live::belongs_to(&tx, &self.call.id, &belongs).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, call = self.call.id, "whose a call is could not be written down");
        }
    }

    fn audio(&mut self, leg: LegId, at: u64, pcm: Arc<[i16]>, concealed: bool) -> io::Result<()> {
        let Some(Some(known)) = self.legs.get(usize::from(leg.0)) else { return Ok(()) };
        let rate_hz = known.rate_hz;
        self.last_audio = Instant::now();
        let muted = self.paused;
        let pcm = if muted { Arc::from(vec![0i16; pcm.len()]) } else { pcm };
        let at_ms = ms(at, rate_hz);
        self.call.now_ms.fetch_max(at_ms, Ordering::Relaxed);
        // Nobody may be listening.
        let frame = Frame { leg: leg.0, concealed, muted, rate_hz, at_ms, pcm: Arc::clone(&pcm) };
        let _ = self.call.audio.send(frame);
        if self.running.is_none() {
            self.begin_recording()?;
        }
        if let Some(running) = &mut self.running {
            running.mix.push(usize::from(leg.0), at, &pcm);
        }
        Ok(())
    }

    fn begin_recording(&mut self) -> io::Result<()> {
        let mixed = matches!(&self.legs[0], Some(leg) if leg.role == LegRole::Mixed);
        let channels = if mixed { 1 } else { LEGS_MAX };
        let narrow = self.legs.iter().flatten().all(|leg| leg.rate_hz == NARROW_HZ);
        let rate_hz = if narrow { NARROW_HZ } else { WIDE_HZ };
        let folder = self.folder();
        super::make_folder(&folder)?;
        let id = &self.call.id.clone();
        let path = close::recording(&folder, id);
        let tape = TapeFile::begin(&path, id, rate_hz, channels as u16)?;
        let mut mix = Mix::new(channels, rate_hz);
        for (ix, leg) in self.legs.iter().enumerate().take(channels) {
            if let Some(leg) = leg {
                mix.join(ix, leg.rate_hz);
            }
        }
        let (grown, follows) = watch::channel(Grown::default());
        let (done, heard) = oneshot::channel();
        let replay = Replay::new(channels, rate_hz);
        self.running = Some(Running { mix, tape, replay, rate_hz, channels, grown, heard });
        self.learned();
        let text = facts::sidecar(id, &self.facts, self.call.started_us, &self.roles());
        let info = facts::info(id, &text);
        self.hub.hearing.hear(Heard {
            call: Arc::clone(&self.call),
            info,
            path,
            rate_hz,
            channels: channels as u16,
            grown: follows,
            done,
        });
        Ok(())
    }

    /// Writes what is complete, or all there is.
    fn write(&mut self, all: bool) -> io::Result<()> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let silent = self.last_audio.elapsed();
        let mut at_least = 0;
        if silent > NOBODY_SENDS && !all {
            // By the clock, but behind it: what is only late must still find its place.
            let since = self.call.started.elapsed().saturating_sub(NOBODY_SENDS).as_millis() as u64;
            at_least = since * u64::from(running.rate_hz) / 1_000;
            at_least = at_least.min(running.mix.given() + u64::from(running.rate_hz));
        }
        loop {
            let samples = running.mix.take(all, at_least);
            if samples.is_empty() {
                break;
            }
            running.tape.append(&samples)?;
            running.replay.tell(&self.call, &samples);
            if !all {
                break;
            }
        }
        let frames = running.tape.frames();
        running
            .grown
            .send_if_modified(|grown| std::mem::replace(&mut grown.frames, frames) != frames);
        self.call.picture().received_ms = ms(frames, running.rate_hz);
        Ok(())
    }

    async fn order(&mut self, order: Order) {
        match order {
            Order::Pause if !self.paused => {
                self.paused = true;
                let _ = self.ends.commands.try_send(Command::Pause);
                self.begin(None, "paused").await;
            }
            Order::Resume if self.paused => {
                self.paused = false;
                let _ = self.ends.commands.try_send(Command::Resume);
                self.end(None).await;
            }
            Order::Pause | Order::Resume => {}
        }
    }

    fn at_ms(&self) -> i64 {
        i64::try_from(self.call.now_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }

    /// A hold or a pause begins; one that goes on already is one.
    async fn begin(&mut self, leg: Option<LegId>, kind: &'static str) {
        if self.open.iter().any(|(_, of, what)| *of == leg && *what == kind) {
            return;
        }
        let id = uuid::Uuid::now_v7().to_string();
        self.open.push((id.clone(), leg, kind));
        self.show_state();
        let event = live::LiveEvent {
            id,
            call_id: self.call.id.clone(),
            kind: kind.into(),
            start_ms: self.at_ms(),
            end_ms: None,
            at_us: now_us(),
            ended_us: None,
            person: None,
            reason: None,
        };
        let kept = async {
            let tx = self.hub.store.begin().await?;
            live::begin_event(&tx, &event).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, call = self.call.id, "a hold could not be written down");
        }
    }

    /// What was held goes on: one leg, or all.
    async fn end(&mut self, leg: Option<LegId>) {
        let (over, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(_, of, _)| leg.is_none() || *of == leg);
        self.open = open;
        self.show_state();
        let end_ms = self.at_ms();
        let kept = async {
            let tx = self.hub.store.begin().await?;
            for (id, _, _) in &over {
                live::end_event(&tx, id, end_ms, now_us()).await?;
            }
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, call = self.call.id, "the end of a hold could not be written down");
        }
    }

    fn show_state(&self) {
        let is = |kind: &str| self.open.iter().any(|(_, _, what)| *what == kind);
        let state = match (is("paused"), is("held")) {
            (true, _) => CallState::Paused,
            (false, true) => CallState::Held,
            (false, false) => CallState::Live,
        };
        self.call.paint(|picture| picture.state = state);
    }

    /// The call is over.
    async fn leave(mut self, cause: EndCause) -> Result<(), close::CloseError> {
        self.end(None).await;
        self.call.paint(|picture| picture.state = CallState::Ending);
        self.write(true)?;
        let _ = self.call.told.send(Told::Over(cause.as_str()));
        if let Some(running) = self.running.take() {
            let late = running.mix.late();
            if late > 0 {
                tracing::warn!(call = self.call.id, late, "samples came too late to be recorded");
            }
            let frames = running.tape.frames();
            let finished = tokio::task::spawn_blocking(move || running.tape.finish()).await;
            finished.map_err(io::Error::other)??;
            running.grown.send_replace(Grown { frames, ended: true });
            // Heard to its end, so that nothing is recognised twice; a service that stops does not wait for it.
            tokio::select! {
                _ = running.heard => {}
                () = self.hub.stop.cancelled() => {}
            }
        }
        let done =
            close::hand_on(&self.hub.store, &self.folder(), &self.call.id, cause.as_str()).await;
        self.hub.floor.leave(&self.call.id);
        self.hub.wake.notify_one();
        done
    }
}

fn party(role: LegRole) -> &'static str {
    match role {
        LegRole::Agent => "agent",
        LegRole::Customer => "customer",
        LegRole::Bot => "bot",
        LegRole::Mixed | LegRole::Unknown => "unknown",
    }
}
