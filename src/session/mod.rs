//! One call as a state machine without IO: audio and engine answers go in, jobs and events come out.
//!
//! In: [`Input`]s. Out: [`Output`]s, polled until none is left. The same code serves recorded and live
//! calls; who drives it owns the clock, the files and the threads. However audio is cut into inputs,
//! and in whatever order answers come back, the events are the same (law 1).

mod assemble;
pub mod chat;
mod cues;
mod direction;
mod early;
mod job;
mod leg;
mod parties;
mod role_cues;
pub mod roles;
mod wait;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use assemble::SoFar;
pub use early::Early;
pub use job::{Answer, Job, JobId, Work};
pub use wait::announces_wait;

use crate::audio::sanity::{Copy, Sanity};
use crate::domain::{
    AudioTime, CallEvent, CallInfo, EngineRef, Language, LegIx, Problem, ProblemKind, Span,
};
use crate::measure::MeasureConfig;
use crate::rubric::Plan;
use crate::speech::{
    EngineError, Heard, SegmenterConfig, SpeakerEmbedder, SupportConfig, Vad, Window,
};

use leg::LegStage;

/// Samples of every leg that are worked on at once: 8 voice-activity frames, 256 ms. Inputs are cut
/// and joined to blocks of this size, which is why their own cuts do not matter.
const BLOCK_SAMPLES: usize = 4096;

/// The same for live calls: who waits for a block to be full waits longer for its words.
const LIVE_BLOCK_SAMPLES: usize = 1024;

/// Shorter stretches without words are breaths and noises that voice activity took for speech.
const UNHEARD_MS_MIN: u64 = 1_500;

/// How a call is worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionConfig {
    /// When speech starts and stops.
    pub segmenter: SegmenterConfig,
    /// When a recognised word counts.
    pub support: SupportConfig,
    /// What the measures tell apart.
    pub measure: MeasureConfig,
    /// Speech per recognition window, in milliseconds.
    pub window_ms: u64,
    /// Samples of every leg that are worked on at once: whole voice-activity frames.
    pub block_samples: usize,
    /// A segment is the other leg heard through from this likelihood on.
    pub crosstalk_min: f32,
    /// Speech this much quieter than the leg's median, in dB, is somebody else in the room. One
    /// person's utterances stay within 8 dB of their median (measured), a colleague's lie 14 and more
    /// below.
    pub background_db: f32,
    /// The recogniser's prompt by language; empty: none.
    pub prompts: BTreeMap<Language, String>,
    /// The recogniser, as the transcript names it.
    pub engine: EngineRef,
}

impl SessionConfig {
    /// Defaults for a recogniser.
    pub fn new(engine: EngineRef) -> Self {
        Self {
            segmenter: SegmenterConfig::default(),
            support: SupportConfig::default(),
            measure: MeasureConfig::default(),
            window_ms: 20_000,
            block_samples: BLOCK_SAMPLES,
            crosstalk_min: 0.5,
            background_db: 12.0,
            prompts: BTreeMap::new(),
            engine,
        }
    }

    /// The same for a call of that pacing.
    #[must_use]
    pub fn paced(mut self, pacing: Pacing) -> Self {
        if pacing == Pacing::Live {
            self.window_ms = 0;
            self.block_samples = LIVE_BLOCK_SAMPLES;
            self.segmenter.pad_ms = LIVE_PAD_MS;
            self.segmenter.segment_ms_max = LIVE_SEGMENT_MS_MAX;
        }
        self
    }
}

/// How speech is handed to the recogniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pacing {
    /// Many segments at a time, for the best text at the least cost: recordings.
    #[default]
    Recorded,
    /// Each segment as soon as it is over: calls that go on, and recordings of such calls, so that both come to
    /// the same text.
    Live,
}

impl Pacing {
    /// The word that a sidecar has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Pacing::Recorded => "recorded",
            Pacing::Live => "live",
        }
    }

    /// How a call is to be worked on: as its sidecar says, which tells it as `extra.pacing`.
    pub fn of(info: &CallInfo) -> Self {
        let said =
            info.extra.get(PACING).and_then(|json| json.strip_prefix('"')?.strip_suffix('"'));
        if said == Some(Pacing::Live.as_str()) { Pacing::Live } else { Pacing::Recorded }
    }
}

/// Kept before and after a segment of a live call, in milliseconds: its words wait for so much silence.
const LIVE_PAD_MS: u64 = 300;

/// The key below `extra` of a sidecar under which a recording says how it was recognised.
pub const PACING: &str = "pacing";

/// Longest segment of a live call, in milliseconds: who speaks on and on is heard in between.
const LIVE_SEGMENT_MS_MAX: u64 = 12_000;

/// The form of the recording, as its decoder tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaForm {
    /// The codec's short name.
    pub codec: String,
    /// The file's sample rate, in Hz.
    pub sample_rate_hz: u32,
    /// Channels in the file.
    pub channels: u16,
}

/// The small engines that a session listens with by itself.
pub struct Ears {
    /// One voice-activity detector a leg.
    pub vads: Vec<Box<dyn Vad>>,
    /// Tells voices apart, for recordings of one leg; absent: not told apart.
    pub embedder: Option<Box<dyn SpeakerEmbedder>>,
}

/// What a session is told.
#[derive(Debug)]
pub enum Input {
    /// The next samples of every leg, 16 kHz mono, all equally long.
    Audio(Vec<Vec<f32>>),
    /// A job is done.
    Done(JobId, Answer),
    /// No more audio comes; what the decoder found wrong.
    End(Vec<Problem>),
}

/// What a session wants.
#[derive(Debug)]
pub enum Output {
    /// Run this on an engine and give the answer back.
    Run(Job),
    /// This happened. Final.
    Emit(CallEvent),
}

/// One call under way.
pub struct CallSession {
    info: CallInfo,
    form: MediaForm,
    config: Arc<SessionConfig>,
    plan: Arc<Plan>,
    language: Option<Language>,
    language_asked: bool,
    legs: Vec<LegStage>,
    pending: Vec<Vec<f32>>,
    sanity: Sanity,
    samples: u64,
    /// Windows whose answer is awaited, or that await the language.
    windows: BTreeMap<JobId, Window>,
    unsent: Vec<JobId>,
    heard: BTreeMap<JobId, (Window, Heard)>,
    /// Windows made of what an earlier one left unheard.
    second_tries: BTreeSet<JobId>,
    /// Speech without words, after two tries.
    unheard: Vec<Span>,
    failures: Vec<Problem>,
    ended: Option<Vec<Problem>>,
    assembled: bool,
    next_job: u32,
    outputs: VecDeque<Output>,
}

impl CallSession {
    /// A call of as many legs as there are detectors, judged by all rubrics of a plan.
    pub fn new(
        info: CallInfo,
        form: MediaForm,
        ears: Ears,
        config: Arc<SessionConfig>,
        plan: Arc<Plan>,
    ) -> Self {
        let count = ears.vads.len();
        // Legs of their own tell the voices apart already.
        let mut embedder = ears.embedder.filter(|_| count == 1);
        let leg = |(ix, vad)| LegStage::new(LegIx(ix as u8), vad, embedder.take(), &config);
        let legs: Vec<LegStage> = ears.vads.into_iter().enumerate().map(leg).collect();
        let outputs = VecDeque::from([Output::Emit(CallEvent::Started(Box::new(info.clone())))]);
        Self {
            language: info.language.clone(),
            info,
            form,
            config,
            plan,
            language_asked: false,
            legs,
            pending: vec![Vec::new(); count],
            sanity: Sanity::new(count),
            samples: 0,
            windows: BTreeMap::new(),
            unsent: Vec::new(),
            heard: BTreeMap::new(),
            second_tries: BTreeSet::new(),
            unheard: Vec::new(),
            failures: Vec::new(),
            ended: None,
            assembled: false,
            next_job: 0,
            outputs,
        }
    }

    /// Takes an input.
    ///
    /// # Errors
    /// [`EngineError`] when voice activity fails: then nothing about the call can be trusted.
    pub fn handle(&mut self, input: Input) -> Result<(), EngineError> {
        match input {
            Input::Audio(legs) => self.audio(&legs)?,
            Input::Done(id, answer) => self.done(id, answer),
            Input::End(problems) => self.end(problems)?,
        }
        if self.is_complete() && !self.assembled {
            self.assembled = true;
            let events = self.assemble();
            self.outputs.extend(events.into_iter().map(Output::Emit));
        }
        Ok(())
    }

    /// The next thing the session wants, if any.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Windows under way or waiting: who drives the session feeds no more audio while these are many.
    pub fn backlog(&self) -> usize {
        self.windows.len()
    }

    /// Seconds of audio taken so far.
    pub fn heard_s(&self) -> f64 {
        self.samples as f64 / f64::from(crate::audio::SAMPLE_RATE_HZ)
    }

    /// Waveforms for a report: one byte a column and leg, `per_s` columns a second.
    pub fn peaks(&self, per_s: u32) -> Vec<Vec<u8>> {
        (0..self.legs.len())
            .filter_map(|ix| self.sanity.envelope(LegIx(ix as u8)))
            .map(|envelope| envelope.peaks(per_s))
            .collect()
    }

    /// The speech that goes on now on each leg: what could be shown before it is over.
    pub fn open_speech(&self) -> Vec<Option<(AudioTime, &[f32])>> {
        self.legs.iter().map(LegStage::open_speech).collect()
    }

    /// How far each leg is spoken on that is not recognised yet; as far as it is complete where it is not.
    pub fn speaks_to(&self) -> Vec<AudioTime> {
        let to = |leg: &LegStage| {
            let asked = self.windows.values().filter(|window| window.leg == leg.leg());
            let asked = asked.flat_map(|window| &window.pieces).map(|piece| piece.span.end());
            let open = leg.open_span().map(Span::end);
            asked.chain(open).chain([self.complete(leg)]).max().unwrap_or_default()
        };
        self.legs.iter().map(to).collect()
    }

    /// What more became known of the call, its parties above all; its language stays.
    pub fn learn(&mut self, info: CallInfo) {
        self.info = CallInfo { language: self.info.language.clone(), ..info };
    }

    /// The language spoken, once it is known.
    pub fn language(&self) -> Option<&Language> {
        self.language.as_ref()
    }

    /// Both legs hold one signal, as far as was heard: it is to be heard as a call on one leg.
    pub fn copy(&self) -> Option<Copy> {
        self.sanity.copy()
    }

    /// Whether all is heard and all events are out.
    pub fn is_done(&self) -> bool {
        self.assembled
    }

    fn is_complete(&self) -> bool {
        self.ended.is_some() && self.windows.is_empty()
    }

    fn audio(&mut self, legs: &[Vec<f32>]) -> Result<(), EngineError> {
        for (pending, samples) in self.pending.iter_mut().zip(legs) {
            pending.extend_from_slice(samples);
        }
        let size = self.config.block_samples;
        while self.pending.iter().all(|leg| leg.len() >= size) {
            let block: Vec<Vec<f32>> =
                self.pending.iter_mut().map(|leg| leg.drain(..size).collect()).collect();
            self.block(&block)?;
        }
        Ok(())
    }

    fn block(&mut self, legs: &[Vec<f32>]) -> Result<(), EngineError> {
        let views: Vec<&[f32]> = legs.iter().map(Vec::as_slice).collect();
        self.sanity.push(&views);
        self.samples += views.iter().map(|leg| leg.len()).max().unwrap_or(0) as u64;
        let mut windows = Vec::new();
        for (leg, samples) in self.legs.iter_mut().zip(legs) {
            windows.extend(leg.push(samples, &self.sanity, &self.config)?);
        }
        self.submit(windows);
        Ok(())
    }

    fn end(&mut self, problems: Vec<Problem>) -> Result<(), EngineError> {
        let rest: Vec<Vec<f32>> = self.pending.iter_mut().map(std::mem::take).collect();
        if rest.iter().any(|leg| !leg.is_empty()) {
            self.block(&rest)?;
        }
        for ix in 0..self.legs.len() {
            let windows = self.legs[ix].finish(&self.sanity, &self.config)?;
            self.submit(windows);
        }
        self.ended = Some(problems);
        Ok(())
    }

    /// Sends windows to recognition, or keeps them until the language is known.
    fn submit(&mut self, windows: Vec<Window>) {
        for window in windows {
            let id = self.new_id();
            if self.language.is_none() && !self.language_asked {
                self.language_asked = true;
                let ask = self.new_id();
                let samples = window.samples.clone();
                let work = Work::Detect(samples);
                self.outputs.push_back(Output::Run(Job { id: ask, work, again: false }));
            }
            self.windows.insert(id, window);
            self.unsent.push(id);
        }
        self.send();
    }

    fn send(&mut self) {
        let Some(language) = self.language.clone() else { return };
        let prompt = self.config.prompts.get(&language).cloned().unwrap_or_default();
        for id in std::mem::take(&mut self.unsent) {
            if let Some(window) = self.windows.get(&id) {
                let work = Work::Transcribe {
                    samples: window.samples.clone(),
                    language: language.clone(),
                    prompt: prompt.clone(),
                };
                let again = self.second_tries.contains(&id);
                self.outputs.push_back(Output::Run(Job { id, work, again }));
            }
        }
    }

    fn new_id(&mut self) -> JobId {
        self.next_job += 1;
        JobId(self.next_job)
    }

    fn done(&mut self, id: JobId, answer: Answer) {
        match answer {
            Answer::Language(language) => {
                self.language.get_or_insert(language);
                self.send();
            }
            Answer::Heard(heard) => {
                if let Some(mut window) = self.windows.remove(&id) {
                    self.left_unheard(id, window.unheard(&heard.words));
                    // Its audio has served: kept, it would grow with the length of the call.
                    window.samples = Vec::new();
                    self.heard.insert(id, (window, heard));
                }
            }
            Answer::UnknownLanguage => {
                let language = self.language.as_ref().map_or("", Language::as_str);
                let why = format!("the recogniser does not know the language {language}");
                self.failed(id, &why);
            }
            Answer::Failed => self.failed(id, "the recogniser failed"),
        }
    }

    /// Speech that gave no words is listened to once more by itself; what stays silent is remembered,
    /// so that no absence is proved by it.
    fn left_unheard(&mut self, id: JobId, rest: Option<Window>) {
        let Some(rest) = rest else { return };
        if self.second_tries.contains(&id) {
            let spans = rest.pieces.into_iter().map(|piece| piece.span);
            self.unheard.extend(spans.filter(|span| span.len_ms() >= UNHEARD_MS_MIN));
            return;
        }
        let again = self.new_id();
        self.second_tries.insert(again);
        self.windows.insert(again, rest);
        self.unsent.push(again);
        self.send();
    }

    /// A failed window leaves a hole that is told; a failed language question falls back to English,
    /// the language that most models know best, and is told as well.
    fn failed(&mut self, id: JobId, why: &str) {
        let problem = |leg, span, detail: &str| Problem {
            kind: ProblemKind::NotRecognised,
            leg,
            span,
            detail: detail.to_owned(),
        };
        if let Some(window) = self.windows.remove(&id) {
            let spans = window.pieces.iter().map(|piece| piece.span);
            self.failures.extend(spans.map(|span| problem(Some(window.leg), Some(span), why)));
        } else {
            self.failures.push(problem(None, None, "the language could not be told; taken for en"));
            self.language.get_or_insert_with(Language::english);
            self.send();
        }
    }
}
