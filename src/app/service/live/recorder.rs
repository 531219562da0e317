//! One call from its first event to its last: recorded, shown, and handed on.
//!
//! In: events of a line, orders of supervisors. Out: a recording that grows, frames for listeners, and at the end a file in the
//! ledger. It waits for nobody: who hears or listens is behind where they are slow. A disk without room ends no call: what it cannot
//! take is told as lost.

use std::collections::VecDeque;
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
use crate::store::{StoreError, live};

/// How often what came is written down.
const WRITE: Duration = Duration::from_millis(60);

/// Rates of recordings, in Hz: telephone, and everything better.
const NARROW_HZ: u32 = 8_000;
const WIDE_HZ: u32 = 16_000;

/// Where nobody sends anything for so long, silence goes on in the recording.
const NOBODY_SENDS: Duration = Duration::from_secs(3);

/// A leg that has come alone waits so long for another; then it is the call's only one.
const OTHER_LEG: Duration = Duration::from_secs(2);

/// Samples that are kept while there is no recording: 20 s of two legs at 16 kHz.
const EARLY_SAMPLES_MAX: usize = 640_000;

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

/// What came before there is a recording.
struct Early {
    /// Whose, and its place on the leg's clock.
    pieces: VecDeque<(LegId, u64, Arc<[i16]>)>,
    samples: usize,
    since: Instant,
}

/// Records one call.
pub(super) struct Recorder {
    pub(super) hub: Arc<Hub>,
    pub(super) call: Arc<LiveCall>,
    start: CallStart,
    facts: Facts,
    pub(super) ends: LineEnds,
    orders: mpsc::Receiver<Order>,
    legs: [Option<Leg>; LEGS_MAX],
    early: Option<Early>,
    running: Option<Running>,
    pub(super) paused: bool,
    /// Holds and pauses that go on, as rows of the timeline.
    pub(super) open: Vec<(String, Option<LegId>, &'static str)>,
    /// Audio lost before there was a recording, in milliseconds.
    early_lost_ms: u64,
    /// Audio lost in all, and the row of the timeline that says so.
    pub(super) lost_ms: u64,
    pub(super) lost: Option<String>,
    /// The disk takes nothing for now.
    disk_fails: bool,
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
            early: None,
            running: None,
            paused: false,
            open: Vec::new(),
            early_lost_ms: 0,
            lost_ms: 0,
            lost: None,
            disk_fails: false,
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
        let cause = self.record().await;
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

    async fn record(&mut self) -> EndCause {
        let mut write = tokio::time::interval(WRITE);
        write.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                event = self.ends.events.recv() => {
                    self.last_event = Instant::now();
                    match event {
                        None => return EndCause::Transport,
                        Some(Ingest::Ended(cause)) => return cause,
                        Some(event) => self.take(event).await,
                    }
                }
                Some(order) = self.orders.recv() => self.order(order).await,
                _ = write.tick() => {
                    self.write(false);
                    self.tell_lost().await;
                    if self.last_event.elapsed() > DEAD {
                        return EndCause::Timeout;
                    }
                }
                () = self.hub.stop.cancelled() => {
                    // The protocol hangs up in its own words.
                    let _ = self.ends.commands.try_send(Command::End);
                    return EndCause::Shutdown;
                }
            }
        }
    }

    async fn take(&mut self, event: Ingest) {
        match event {
            Ingest::Audio { leg, at, pcm, concealed } => self.audio(leg, at, pcm, concealed),
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
                // Whoever left while on hold or paused is not waited for: no word of a leg that is gone ends it.
                self.end_of(Some(leg)).await;
            }
            Ingest::Known(more) => {
                self.facts.merge(&more);
                self.belongs().await;
                self.learned();
            }
            Ingest::Held { leg, reason } => {
                let kind = if reason == HoldReason::Hold { "held" } else { "paused" };
                self.begin(leg, kind).await;
            }
            Ingest::Resumed { leg } => self.end_of(leg).await,
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
    }

    fn join(&mut self, leg: LegId, role: LegRole, rate_hz: u32) {
        let Some(place) = self.legs.get_mut(usize::from(leg.0)) else { return };
        *place = Some(Leg { role, rate_hz });
        if let Some(running) = &mut self.running {
            running.mix.join(usize::from(leg.0), rate_hz);
        }
        self.learned();
    }

    /// Whose voices the channels of the recording carry. On one alone all are heard, whoever it was said to be: they are told apart by
    /// their voices, as on any recording of one channel.
    fn roles(&self) -> Vec<LegRole> {
        match self.running.as_ref().map_or(LEGS_MAX, |running| running.channels) {
            1 => vec![LegRole::Mixed],
            channels => self.legs.iter().take(channels).map(role).collect(),
        }
    }

    /// Legs that are shown and can be listened to: those of the recording, or that have joined.
    fn shown(&self) -> Vec<LegRole> {
        let channels = self.running.as_ref().map_or(LEGS_MAX, |running| running.channels);
        let joined = self.legs.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.legs.iter().take(channels.max(joined)).map(role).collect()
    }

    /// More is known about the call: its picture, its sidecar, and who hears it learn of it.
    fn learned(&mut self) {
        let roles = self.roles();
        let text = facts::sidecar(&self.call.id, &self.facts, self.call.started_us, &roles);
        let info = facts::info(&self.call.id, &text);
        let shown = self.shown();
        self.call.paint(|picture| {
            picture.direction = info.direction.map(|direction| direction.as_str().to_owned());
            picture.queue.clone_from(&info.queue);
            picture.legs.resize_with(shown.len(), LegBody::default);
            for ((ix, shown), role) in picture.legs.iter_mut().enumerate().zip(&shown) {
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

    fn audio(&mut self, leg: LegId, at: u64, pcm: Arc<[i16]>, concealed: bool) {
        let Some(Some(known)) = self.legs.get(usize::from(leg.0)) else { return };
        let rate_hz = known.rate_hz;
        self.last_audio = Instant::now();
        let muted = self.paused;
        let pcm = if muted { Arc::from(vec![0i16; pcm.len()]) } else { pcm };
        let at_ms = ms(at, rate_hz);
        self.call.now_ms.fetch_max(at_ms, Ordering::Relaxed);
        // Nobody may be listening.
        let frame = Frame { leg: leg.0, concealed, muted, rate_hz, at_ms, pcm: Arc::clone(&pcm) };
        let _ = self.call.audio.send(frame);
        if let Some(running) = &mut self.running {
            return running.mix.push(usize::from(leg.0), at, &pcm);
        }
        let early = self.early.get_or_insert_with(Early::new);
        early.samples += pcm.len();
        early.pieces.push_back((leg, at, pcm));
        while early.samples > EARLY_SAMPLES_MAX
            && let Some((_, _, lost)) = early.pieces.pop_front()
        {
            // The disk has no room for a recording: its beginning will be silence.
            early.samples -= lost.len();
            self.early_lost_ms += ms(lost.len() as u64, rate_hz) / LEGS_MAX as u64;
        }
        self.begin_when_due(false);
    }

    /// Begins the recording of what came: at once when both legs are there, and of one leg alone when no other came for a while, or the
    /// call is over. A disk that has no room is tried again.
    fn begin_when_due(&mut self, over: bool) {
        let Some(early) = &self.early else { return };
        let mixed = matches!(&self.legs[0], Some(leg) if leg.role == LegRole::Mixed);
        let both = self.legs.iter().all(Option::is_some);
        if !(mixed || both || over || early.since.elapsed() >= OTHER_LEG) {
            return;
        }
        let channels = if mixed || !both { 1 } else { LEGS_MAX };
        let begun = self.begin_recording(channels);
        self.disk(begun);
    }

    fn begin_recording(&mut self, channels: usize) -> io::Result<()> {
        let narrow = self.legs.iter().flatten().all(|leg| leg.rate_hz == NARROW_HZ);
        let rate_hz = if narrow { NARROW_HZ } else { WIDE_HZ };
        let folder = self.folder();
        super::make_folder(&folder)?;
        let id = &self.call.id.clone();
        let path = close::recording(&folder, id);
        let tape = TapeFile::begin(&path, id, rate_hz, channels as u16)?;
        let mut mix = Mix::new(channels, rate_hz);
        for (ix, leg) in self.legs.iter().enumerate() {
            if let Some(leg) = leg {
                mix.join(ix, leg.rate_hz);
            }
        }
        for (leg, at, pcm) in self.early.take().into_iter().flat_map(|early| early.pieces) {
            mix.push(usize::from(leg.0), at, &pcm);
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
    fn write(&mut self, all: bool) {
        self.begin_when_due(all);
        let Some(running) = &mut self.running else { return };
        let silent = self.last_audio.elapsed();
        let mut at_least = 0;
        if silent > NOBODY_SENDS && !all {
            // By the clock, but behind it: what is only late must still find its place.
            let since = self.call.started.elapsed().saturating_sub(NOBODY_SENDS).as_millis() as u64;
            at_least = since * u64::from(running.rate_hz) / 1_000;
            at_least = at_least.min(running.mix.given() + u64::from(running.rate_hz));
        }
        // What waits for room is tried first.
        let mut disk = running.tape.append(&[]);
        loop {
            let samples = running.mix.take(all, at_least);
            if samples.is_empty() {
                break;
            }
            disk = running.tape.append(&samples);
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
        self.lost_ms = self.early_lost_ms + ms(running.tape.lost(), running.rate_hz);
        self.disk(disk);
    }

    /// Tells once that the disk takes nothing, and once that it does again.
    fn disk(&mut self, result: io::Result<()>) {
        let failed = std::mem::replace(&mut self.disk_fails, result.is_err());
        let (call, lost_ms) = (&self.call.id, self.lost_ms);
        match result {
            Err(error) if !failed => {
                tracing::error!(%error, call, "audio waits for room on the disk, and is lost if none comes");
            }
            Ok(()) if failed => tracing::warn!(call, lost_ms, "audio is written again"),
            Err(_) | Ok(()) => {}
        }
    }

    /// The call is over.
    async fn leave(mut self, cause: EndCause) -> Result<(), close::CloseError> {
        self.end_of(None).await;
        self.call.paint(|picture| picture.state = CallState::Ending);
        self.write(true);
        let roles = self.roles();
        let _ = self.call.told.send(Told::Over(cause.as_str()));
        if let Some(running) = self.running.take() {
            let late = running.mix.late();
            if late > 0 {
                tracing::warn!(call = self.call.id, late, "samples came too late to be recorded");
            }
            let frames = running.tape.frames();
            let finished = tokio::task::spawn_blocking(move || running.tape.finish()).await;
            match finished.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(lost) => self.lost_ms = self.early_lost_ms + ms(lost, running.rate_hz),
                Err(error) => {
                    tracing::error!(%error, call = self.call.id, "a recording could not be finished");
                }
            }
            running.grown.send_replace(Grown { frames, ended: true });
            // Heard to its end, so that nothing is recognised twice; a service that stops does not wait for it.
            tokio::select! {
                _ = running.heard => {}
                () = self.hub.stop.cancelled() => {}
            }
        } else if let Some(early) = &self.early {
            self.lost_ms = self.early_lost_ms + early.ms(&self.legs);
        }
        self.tell_lost().await;
        if self.lost_ms > 0 {
            self.facts.set("extra.audio_lost_s", &format!("{:.1}", self.lost_ms as f64 / 1_000.0));
        }
        let known = facts::sidecar(&self.call.id, &self.facts, self.call.started_us, &roles);
        let (folder, id) = (self.folder(), &self.call.id);
        let done = close::hand_on(&self.hub.store, &folder, id, cause.as_str(), Some(known)).await;
        // Whatever came of it: nobody is shown a call that is over.
        self.hub.floor.leave(&self.call.id);
        self.hub.wake.notify_one();
        done
    }
}

impl Early {
    fn new() -> Self {
        Self { pieces: VecDeque::new(), samples: 0, since: Instant::now() }
    }

    /// How long it is, in milliseconds: its longest leg.
    fn ms(&self, legs: &[Option<Leg>; LEGS_MAX]) -> u64 {
        let of = |(ix, leg): (usize, &Option<Leg>)| {
            let own = self.pieces.iter().filter(|(of, ..)| usize::from(of.0) == ix);
            let samples: usize = own.map(|(_, _, pcm)| pcm.len()).sum();
            leg.as_ref().map_or(0, |leg| ms(samples as u64, leg.rate_hz))
        };
        legs.iter().enumerate().map(of).max().unwrap_or(0)
    }
}

fn role(leg: &Option<Leg>) -> LegRole {
    leg.as_ref().map_or(LegRole::Unknown, |leg| leg.role)
}

fn party(role: LegRole) -> &'static str {
    match role {
        LegRole::Agent => "agent",
        LegRole::Customer => "customer",
        LegRole::Bot => "bot",
        LegRole::Mixed | LegRole::Unknown => "unknown",
    }
}
