//! One call that is heard while it goes on.
//!
//! In: its recording as it grows, and engines' answers. Out: its picture on the floor, and what is settled in it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::early::{self, Drafts, Due};
use super::hearing::{Answered, Grown, Heard};
use super::hidden::hidden;
use super::raised;
use super::shown::{criteria, show, tell};
use super::tape_file::Follower;
use crate::api::live::{LiveCall, Told};
use crate::app::memo;
use crate::app::waiting::work;
use crate::app::{Engines, EnginesError};
use crate::audio::resample::{ResampleError, Resampler};
use crate::domain::{AudioTime, CallInfo, Party, Scorecard};
use crate::rubric::{CallFacts, Plan};
use crate::session::{
    Answer, CallSession, Ears, Input, Job, JobId, MediaForm, Output, Pacing, SessionConfig, SoFar,
};
use crate::speech::{EngineError, Request};
use crate::text::pii::{Conceal, conceal};

/// Audio taken at a look, in milliseconds: a call that is behind must not keep others waiting.
const TAKE_MS_MAX: u64 = 1_000;

/// Windows of a call under way; while there are more, no more of its recording is read.
const BACKLOG_MAX: usize = 8;

/// What is known is worked out anew so often at least, also when nothing new was recognised: silence grows.
const ANEW: Duration = Duration::from_secs(1);

/// And not before so many times passed as it took the last time: long calls must not keep others waiting.
const REST: u32 = 10;

/// The same where new words wait to be shown.
const REST_STALE: u32 = 2;

/// By when speech is due, as a share of its length: what is short is done first, and nobody waits for ever.
const DUE_SHARE: u32 = 4;

/// Speech that gave no words the first time is due so much later, unless an alert hangs on it.
const DUE_AGAIN: Duration = Duration::from_secs(3);

/// What is not over is due later than all that is, and before recordings.
const DUE_EARLY: Duration = Duration::from_secs(3_600);

/// Why a call is not heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeardError {
    /// Its recording cannot be read.
    #[error("its recording: {0}")]
    Io(#[from] std::io::Error),
    /// Voice activity fails.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There are no engines.
    #[error(transparent)]
    Engines(#[from] EnginesError),
    /// Its rate cannot be brought to 16 kHz.
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

/// A call as it is heard.
pub(super) struct Ear {
    number: u64,
    call: Arc<LiveCall>,
    session: CallSession,
    engines: Arc<Engines>,
    plans: [Arc<Plan>; 2],
    follower: Follower,
    rate_hz: u32,
    grown: watch::Receiver<Grown>,
    read: u64,
    resampler: Resampler,
    ended: bool,
    answers: Sender<Answered>,
    /// Jobs under way, and since when.
    open: BTreeMap<JobId, (Instant, memo::Key)>,
    /// Something changed since it was last worked out.
    stale: bool,
    worked_out: Instant,
    took: Duration,
    settled: Option<Vec<Scorecard>>,
    tell: bool,
    drafts: Drafts,
    /// An alert hangs on speech that is not recognised yet: it is heard before that of other calls.
    awaited: bool,
    done: oneshot::Sender<()>,
}

impl Ear {
    pub(super) fn open(
        number: u64,
        heard: Heard,
        engines: Arc<Engines>,
        plans: [Arc<Plan>; 2],
        answers: Sender<Answered>,
    ) -> Result<Self, HeardError> {
        let Heard { call, info, path, rate_hz, channels, grown, done } = heard;
        let form = MediaForm { codec: "pcm_s16le".into(), sample_rate_hz: rate_hz, channels };
        let config = Arc::new(SessionConfig::new(engines.id.clone()).paced(Pacing::Live));
        // Voices of a call of one leg are told apart when it is over: an embedding takes as long as ten looks at all calls.
        let ears = Ears { embedder: None, ..engines.ears(channels)? };
        let session =
            CallSession::new(info, form, ears, config, Arc::new(Plan::compile(Vec::new())));
        Ok(Self {
            number,
            call,
            session,
            engines,
            plans,
            follower: Follower::open(&path, channels)?,
            rate_hz,
            grown,
            read: 0,
            resampler: Resampler::new(rate_hz, usize::from(channels))?,
            ended: false,
            answers,
            open: BTreeMap::new(),
            stale: false,
            worked_out: Instant::now(),
            took: Duration::ZERO,
            settled: None,
            tell: false,
            drafts: Drafts::default(),
            awaited: false,
            done,
        })
    }

    pub(super) fn call(&self) -> &Arc<LiveCall> {
        &self.call
    }

    pub(super) fn is_done(&self) -> bool {
        self.session.is_done()
    }

    /// All was heard.
    pub(super) fn close(self) {
        // Whoever waited may be gone.
        let _ = self.done.send(());
    }

    pub(super) fn learn(&mut self, info: CallInfo) {
        self.session.learn(info);
        self.stale = true;
    }

    /// For how long the oldest speech waits that is over and not recognised.
    pub(super) fn lag_ms(&self) -> u64 {
        let oldest = self.open.values().map(|(since, _)| since.elapsed()).max();
        let behind = self.grown.borrow().frames.saturating_sub(self.read) * 1_000;
        let behind = behind / u64::from(self.rate_hz.max(1));
        oldest.map_or(0, |wait| wait.as_millis() as u64).max(behind)
    }

    /// There is no time to hear early what is being said.
    pub(super) fn is_behind_early(&self) -> bool {
        self.session.language().is_some() && self.drafts.is_behind(&self.session)
    }

    /// What is settled, if it was told to be told.
    pub(super) fn settled(&mut self) -> Option<Vec<Scorecard>> {
        self.settled.clone().filter(|_| std::mem::take(&mut self.tell))
    }

    pub(super) fn tell_again(&mut self) {
        self.tell = true;
    }

    /// Hears what there is of the recording, at most [`TAKE_MS_MAX`] of it.
    pub(super) fn listen(&mut self) -> Result<(), HeardError> {
        let grown = *self.grown.borrow_and_update();
        let take_max = TAKE_MS_MAX * u64::from(self.rate_hz) / 1_000;
        let frames = grown.frames.saturating_sub(self.read).min(take_max);
        if frames > 0 && self.session.backlog() <= BACKLOG_MAX {
            let legs = self.follower.read(frames as usize)?;
            self.read += frames;
            let mut out = vec![Vec::new(); legs.len()];
            self.resampler.push(&legs, &mut out)?;
            self.tell(Input::Audio(out))?;
        }
        if grown.ended && !self.ended && self.read == grown.frames {
            self.ended = true;
            let mut out = vec![Vec::new(); self.channels()];
            self.resampler.finish(&mut out)?;
            self.tell(Input::Audio(out))?;
            self.tell(Input::End(Vec::new()))?;
        }
        let since = self.worked_out.elapsed();
        let rest = self.took * if self.stale { REST_STALE } else { REST };
        if (since >= rest || grown.ended) && (self.stale || since >= ANEW) {
            self.work_out();
        }
        for leg in self.drafts.over(&self.session) {
            self.show_partial(leg, AudioTime::ZERO, String::new());
        }
        Ok(())
    }

    fn channels(&self) -> usize {
        self.session.open_speech().len()
    }

    /// An engine has answered.
    pub(super) fn answered(&mut self, job: JobId, answer: Answer) -> Result<(), HeardError> {
        if let Some(leg) = early::leg_of(job) {
            self.heard_early(leg, answer);
            return Ok(());
        }
        if let Some((since, key)) = self.open.remove(&job) {
            metrics::histogram!("lingting_live_recognition_seconds")
                .record(since.elapsed().as_secs_f64());
            self.engines.memo.keep(key, &answer);
        }
        self.stale = true;
        self.tell(Input::Done(job, answer))
    }

    fn tell(&mut self, input: Input) -> Result<(), HeardError> {
        self.session.handle(input)?;
        while let Some(output) = self.session.poll() {
            if let Output::Run(job) = output {
                self.run(job);
            }
        }
        Ok(())
    }

    fn run(&mut self, job: Job) {
        let now = Instant::now();
        self.open.insert(job.id, (now, memo::key(&job.work)));
        let again = if job.again && !self.awaited { DUE_AGAIN } else { Duration::ZERO };
        let due = now + job.work.speech() / DUE_SHARE + again;
        let (answers, number) = (self.answers.clone(), self.number);
        self.engines.pool.submit_urgent(due, move |engine| {
            metrics::histogram!("lingting_live_queue_seconds").record(now.elapsed().as_secs_f64());
            let answer = catch_unwind(AssertUnwindSafe(|| work(engine.as_mut(), job.work)))
                .unwrap_or(Answer::Failed);
            // The call may have been given up.
            let _ = answers.send((number, job.id, answer));
        });
    }

    /// Whether an alert may hang on what is being said, how much of it was not heard early, in milliseconds, and on which leg,
    /// where it is time to.
    pub(super) fn early_due(&self) -> Option<Due> {
        self.session.language()?;
        self.drafts.due(&self.session, self.awaited)
    }

    /// Hears early what is being said on a leg, if an engine has nothing else to do, or as the next after all that is over where
    /// an alert may hang on it.
    pub(super) fn hear_early(&mut self, due: Due) -> bool {
        let Some(language) = self.session.language().cloned() else { return false };
        if !due.awaited && !self.engines.pool.is_prompt() {
            return false;
        }
        let Some((id, samples)) = self.drafts.begin(&self.session, due.leg) else { return false };
        let (answers, number) = (self.answers.clone(), self.number);
        let request = Request { language, prompt: String::new(), draft: true };
        self.engines.pool.submit_urgent(Instant::now() + DUE_EARLY, move |engine| {
            let hear = || engine.transcribe(&samples, &request);
            let heard = catch_unwind(AssertUnwindSafe(hear));
            let answer =
                heard.map_or(Answer::Failed, |heard| heard.map_or(Answer::Failed, Answer::Heard));
            let _ = answers.send((number, id, answer));
        });
        true
    }

    fn heard_early(&mut self, leg: u8, answer: Answer) {
        let words = match answer {
            Answer::Heard(heard) if !heard.looped => Some(heard.words),
            _ => None,
        };
        let Some(early) = self.drafts.end(leg, words) else { return };
        self.stale = true;
        let (start, text) = (early.span.start(), early::partial(early));
        self.show_partial(leg, start, text);
    }

    fn show_partial(&self, leg: u8, start: AudioTime, text: String) {
        let mut picture = self.call.picture();
        if text.is_empty() {
            picture.partials.remove(&leg);
        } else {
            picture.partials.insert(leg, (start.ms(), text.clone()));
        }
        drop(picture);
        let _ = self.call.told.send(Told::Partial(leg, start.ms(), text));
    }

    /// Works out what is known by now.
    fn work_out(&mut self) {
        let begun = Instant::now();
        (self.stale, self.worked_out) = (false, begun);
        let so_far = self.session.so_far();
        // What is said after the last word that is known is silence as far as anybody can tell.
        let facts = CallFacts::of(&so_far.info, &so_far.call);
        let settled = self.plans.iter().flat_map(|plan| plan.settled(&facts, so_far.horizon));
        let mut cards: Vec<Scorecard> = settled.collect();
        let settled = cards.len();
        // No alert waits for the end of a sentence.
        let early = self.session.so_far_early(&self.drafts.heard());
        let latest = early.as_ref().unwrap_or(&so_far);
        let mut raised = raised::raised(&self.plans, latest);
        // The rules are asked only where there is something to be heard before something else.
        let is_asked = !self.open.is_empty() || self.drafts.due(&self.session, false).is_some();
        self.awaited =
            is_asked && raised::hangs(&self.plans, latest, &raised, &self.session.speaks_to());
        if let Some(SoFar { mut info, mut call, .. }) = early {
            conceal(&mut info, &mut call, &mut raised, Conceal::All);
        }
        cards.extend(raised);
        let SoFar { mut info, mut call, horizon, .. } = so_far;
        let hidden = hidden(&call);
        conceal(&mut info, &mut call, &mut cards, Conceal::All);
        if self.settled.as_ref() != Some(&cards) {
            self.settled = Some(cards.clone());
            self.tell = true;
        }
        cards.truncate(settled);
        let lag_ms = self.lag_ms();
        let told = self.call.paint(|picture| {
            let open = self.session.open_speech();
            picture.legs.iter_mut().zip(open).for_each(|(leg, open)| leg.speaking = open.is_some());
            show(picture, &info, &call.transcript.utterances, horizon, !self.open.is_empty());
            (picture.hidden, picture.lag_ms) = (hidden, lag_ms);
            let talk = call.conversation.talk_ms;
            picture.talk_ms = (talk.agent, talk.customer);
            picture.criteria = cards.iter().flat_map(criteria).collect();
            let legs = call.media.legs.iter().zip(&mut picture.legs);
            for (heard, shown) in legs {
                if heard.party != Party::Unknown {
                    shown.party = heard.party.as_str().into();
                }
            }
            tell(picture, &call.transcript.utterances)
        });
        for utterance in told {
            let _ = self.call.told.send(Told::Utterance(utterance));
        }
        self.took = begun.elapsed();
        metrics::histogram!("lingting_live_evaluation_seconds").record(self.took.as_secs_f64());
    }
}
