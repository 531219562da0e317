//! Drives one recorded call through its session: decoder on this thread, engines on theirs.
//!
//! In: an opened recording. Out: what the session emitted, and what each stage took. Memory stays
//! flat: no audio is decoded while the session's backlog is long.

use std::io::Seek as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::engines::Engines;
use crate::audio::playback::{Band, Playback, PlaybackError};
use crate::audio::sanity::Copy;
use crate::domain::{CallEvent, EndedCall, Scorecard};
use crate::ingest::{OpenError, Recording};
use crate::rubric::Plan;
use crate::session::{
    Answer, CallSession, Input, Job, JobId, MediaForm, Output, Pacing, SessionConfig,
};
use crate::speech::EngineError;
use crate::wire::report::Timings;

/// Windows of one call under way at a time: 20 s of speech each, so some 10 MB.
const BACKLOG_MAX: usize = 8;

/// Why a call was not analysed to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum DriveError {
    /// The file could not be read to its end.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Voice activity failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The audio to play could not be written.
    #[error(transparent)]
    Playback(#[from] PlaybackError),
    /// The user stopped the run.
    #[error("stopped before it was done")]
    Stopped,
    /// A bug: the session neither asked for anything nor ended.
    #[error("internal error: the session stalled")]
    Stalled,
}

impl DriveError {
    /// The same in Chinese.
    pub(super) fn zh(&self) -> String {
        match self {
            DriveError::Open(e) => e.zh(),
            DriveError::Engine(e) => e.zh(),
            DriveError::Playback(e) => e.zh(),
            DriveError::Stopped => "尚未完成即被停止".into(),
            DriveError::Stalled => "内部错误：会话停滞".into(),
        }
    }
}

/// A call that was heard to its end.
pub(super) struct Driven {
    /// All there is to say about it.
    pub(super) ended: EndedCall,
    /// One a rubric.
    pub(super) scorecards: Vec<Scorecard>,
    /// Waveform columns by leg.
    pub(super) peaks: Vec<Vec<u8>>,
    /// What each stage took.
    pub(super) timings: Timings,
}

/// What is shared by all calls of a run.
pub(super) struct Shared {
    /// Engines.
    pub(super) engines: Arc<Engines>,
    /// How calls are worked on.
    pub(super) config: Arc<SessionConfig>,
    /// The rubrics.
    pub(super) plan: Arc<Plan>,
    /// Set when the user wants to stop.
    pub(super) stop: Arc<AtomicBool>,
}

type Done = (JobId, Answer, Duration);

/// Columns of waveform a second.
pub(super) const PEAKS_PER_S: u32 = 20;

/// Drives a call, and keeps its legs for playback in `audio`. Where both legs turn out to hold one signal (mono sold as
/// stereo), it is heard once more as the call on one leg that it is.
///
/// # Errors
/// [`DriveError`], for this call alone.
pub(super) fn drive_with_playback(
    recording: &mut Recording,
    shared: &Shared,
    audio: NamedTempFile,
    heard: &dyn Fn(u64),
) -> Result<(Driven, NamedTempFile), DriveError> {
    let mut audio = match pass(recording, shared, audio, heard)? {
        (Pass::Heard(driven), audio) => return Ok((*driven, audio)),
        (Pass::OneSignal(copy), audio) => {
            recording.fold(copy.louder(), copy.problem())?;
            audio
        }
    };
    audio.as_file().set_len(0).and_then(|()| audio.rewind()).map_err(PlaybackError::from)?;
    match pass(recording, shared, audio, &|_| ())? {
        (Pass::Heard(driven), audio) => Ok((*driven, audio)),
        (Pass::OneSignal(_), _) => Err(DriveError::Stalled),
    }
}

/// What came of hearing a recording.
enum Pass {
    Heard(Box<Driven>),
    OneSignal(Copy),
}

fn pass(
    recording: &mut Recording,
    shared: &Shared,
    audio: NamedTempFile,
    heard: &dyn Fn(u64),
) -> Result<(Pass, NamedTempFile), DriveError> {
    let format = recording.format();
    let band = Band::of_source(format.sample_rate_hz);
    let mut playback = Playback::new(audio, usize::from(format.channels), band, None)?;
    let pass = drive(recording, shared, &mut playback, heard)?;
    Ok((pass, playback.finish()?))
}

/// Drives a call. `playback` receives the legs; `heard` is told the milliseconds decoded so far.
///
/// # Errors
/// [`DriveError`], for this call alone.
fn drive<W: std::io::Write + std::io::Seek>(
    recording: &mut Recording,
    shared: &Shared,
    playback: &mut Playback<W>,
    heard: &dyn Fn(u64),
) -> Result<Pass, DriveError> {
    let started = Instant::now();
    let format = recording.format();
    let form = MediaForm {
        codec: format.codec.clone(),
        sample_rate_hz: format.sample_rate_hz,
        channels: format.channels,
    };
    let ears = shared.engines.ears(format.channels)?;
    let pacing = Pacing::of(&recording.info);
    let config = match pacing {
        Pacing::Recorded => Arc::clone(&shared.config),
        Pacing::Live => Arc::new((*shared.config).clone().paced(pacing)),
    };
    let (info, plan) = (recording.info.clone(), Arc::clone(&shared.plan));
    let session = CallSession::new(info, form, ears, config, plan);
    let (sender, receiver) = channel();
    let result = Gathered::default();
    let mut call = Call { session, pacing, shared, sender, receiver, result };
    while let Some(block) = {
        let clock = Instant::now();
        let block = recording.next_block()?;
        call.result.timings.decode_s += clock.elapsed().as_secs_f64();
        block
    } {
        let views: Vec<&[f32]> = block.legs.iter().map(Vec::as_slice).collect();
        let clock = Instant::now();
        match playback.push(&views) {
            // Told once. So long a call is heard to its end all the same.
            Err(error @ PlaybackError::TooLarge { .. }) => tracing::warn!(%error, "playback ends"),
            pushed => pushed?,
        }
        call.result.timings.decode_s += clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        call.tell(Input::Audio(block.legs))?;
        call.result.timings.vad_s += clock.elapsed().as_secs_f64();
        call.wait_while(|session| session.backlog() > BACKLOG_MAX)?;
        heard(recording.decoded_ms());
    }
    // Only all of a call tells: an announcement on both legs may open one of two parties.
    if let Some(copy) = call.session.copy() {
        return Ok(Pass::OneSignal(copy));
    }
    let clock = Instant::now();
    call.tell(Input::End(recording.problems().cloned().collect()))?;
    call.result.timings.score_s += clock.elapsed().as_secs_f64();
    call.wait_while(|session| !session.is_done())?;
    Ok(Pass::Heard(Box::new(call.finish(started)?)))
}

struct Call<'s> {
    session: CallSession,
    pacing: Pacing,
    shared: &'s Shared,
    sender: Sender<Done>,
    receiver: Receiver<Done>,
    result: Gathered,
}

#[derive(Default)]
struct Gathered {
    ended: Option<EndedCall>,
    scorecards: Vec<Scorecard>,
    timings: Timings,
}

impl Call<'_> {
    fn tell(&mut self, input: Input) -> Result<(), DriveError> {
        self.session.handle(input)?;
        while let Some(output) = self.session.poll() {
            match output {
                Output::Run(job) => self.run(job),
                Output::Emit(CallEvent::Ended(ended)) => self.result.ended = Some(*ended),
                Output::Emit(CallEvent::Scored(card)) => self.result.scorecards.push(card),
                Output::Emit(_) => {}
            }
        }
        Ok(())
    }

    fn run(&self, job: Job) {
        let sender = self.sender.clone();
        if self.pacing == Pacing::Live
            && let Some(answer) = self.shared.engines.memo.recall(&job.work)
        {
            // The receiver is ours.
            let _ = sender.send((job.id, answer, Duration::ZERO));
            return;
        }
        let stop = Arc::clone(&self.shared.stop);
        let engines = &self.shared.engines;
        let is_wanted = move || !stop.load(Ordering::Relaxed);
        engines.waiting.ask(&engines.pool, job.work, is_wanted, move |answer, took| {
            // The call may have been given up; then nobody waits for the answer.
            let _ = sender.send((job.id, answer, took));
        });
    }

    fn wait_while(&mut self, busy: impl Fn(&CallSession) -> bool) -> Result<(), DriveError> {
        loop {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Err(DriveError::Stopped);
            }
            let done = if busy(&self.session) {
                // Wakes now and then, so that a stopped run does not wait for its engines.
                match self.receiver.recv_timeout(Duration::from_millis(200)) {
                    Ok(done) => done,
                    Err(_) => continue,
                }
            } else {
                match self.receiver.try_recv() {
                    Ok(done) => done,
                    Err(_) => return Ok(()),
                }
            };
            let (id, answer, took) = done;
            self.result.timings.asr_s += took.as_secs_f64();
            let clock = Instant::now();
            self.tell(Input::Done(id, answer))?;
            self.result.timings.score_s += clock.elapsed().as_secs_f64();
        }
    }

    fn finish(self, started: Instant) -> Result<Driven, DriveError> {
        let mut timings = self.result.timings;
        timings.total_s = started.elapsed().as_secs_f64();
        Ok(Driven {
            peaks: self.session.peaks(PEAKS_PER_S),
            ended: self.result.ended.ok_or(DriveError::Stalled)?,
            scorecards: self.result.scorecards,
            timings,
        })
    }
}
