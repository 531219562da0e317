//! Hearing calls while they go on: recordings that grow become text, findings that are settled, and alerts.
//!
//! In: calls and their recordings, followed on a thread of its own. Out: pictures on the floor, and what is settled. A call is
//! heard as far as its recording goes: when recognition is slow it falls behind and catches up, and no audio is lost. The final word
//! is not said here: the recording is analysed when it is over, by the path that all recordings take, which finds here what it
//! would recognise (`memo`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc as async_mpsc, oneshot, watch};

use super::early::{self, Spare};
use super::heard::{Ear, HeardError};
use crate::api::live::{Floor, LiveCall, Load};
use crate::app::service::analyst::Analyst;
use crate::domain::{CallInfo, Scorecard};
use crate::rubric::Plan;
use crate::session::{Answer, JobId};

/// How often recordings are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A look that finds nothing new for so long ends the thread's spin: nobody calls.
const IDLE: Duration = Duration::from_millis(200);

/// A call to hear.
pub(super) struct Heard {
    /// Where it is shown.
    pub(super) call: Arc<LiveCall>,
    /// What is known of it.
    pub(super) info: CallInfo,
    /// Its recording.
    pub(super) path: PathBuf,
    /// Samples a second of the recording.
    pub(super) rate_hz: u32,
    /// Its legs.
    pub(super) channels: u16,
    /// Frames that can be read, and whether no more come.
    pub(super) grown: watch::Receiver<Grown>,
    /// Told when all was heard.
    pub(super) done: oneshot::Sender<()>,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Grown {
    /// Frames.
    pub(super) frames: u64,
    /// It is over.
    pub(super) ended: bool,
}

/// What the thread is told.
enum Word {
    Hear(Box<Heard>),
    Learn(String, Box<CallInfo>),
}

/// What is settled in a call.
pub(super) struct Settled {
    /// Which call.
    pub(super) call: Arc<LiveCall>,
    /// Findings that nothing can change, by rubric; personal data starred out.
    pub(super) cards: Vec<Scorecard>,
}

/// Answers that come from the engines: which call, which job, what.
pub(super) type Answered = (u64, JobId, Answer);

/// The thread that hears.
pub(super) struct Hearing {
    words: Mutex<Sender<Word>>,
}

/// Settled findings that wait to be told.
const SETTLED_MAX: usize = 1_024;

impl Hearing {
    /// Starts the thread; it ends when this is dropped. What is settled comes out of the second.
    pub(super) fn start(
        analyst: Arc<Analyst>,
        watches: Arc<Plan>,
        floor: Arc<Floor>,
    ) -> std::io::Result<(Self, async_mpsc::Receiver<Settled>)> {
        let (words, taken) = channel();
        let (settled, told) = async_mpsc::channel(SETTLED_MAX);
        let room = Room {
            analyst,
            watches,
            floor,
            settled,
            words: taken,
            ears: BTreeMap::new(),
            names: BTreeMap::new(),
            next: 0,
            spare: Spare::default(),
        };
        std::thread::Builder::new().name("hearing".into()).spawn(move || room.run())?;
        Ok((Self { words: Mutex::new(words) }, told))
    }

    /// Hears a call from now on.
    pub(super) fn hear(&self, heard: Heard) {
        self.say(Word::Hear(Box::new(heard)));
    }

    /// More became known of a call.
    pub(super) fn learn(&self, id: &str, info: CallInfo) {
        self.say(Word::Learn(id.to_owned(), Box::new(info)));
    }

    fn say(&self, word: Word) {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread lives as long as this, unless it panicked: then calls are recorded all the same.
        let _ = words.send(word);
    }
}

/// What the thread holds.
struct Room {
    analyst: Arc<Analyst>,
    watches: Arc<Plan>,
    floor: Arc<Floor>,
    settled: async_mpsc::Sender<Settled>,
    words: Receiver<Word>,
    ears: BTreeMap<u64, Ear>,
    names: BTreeMap<String, u64>,
    next: u64,
    spare: Spare,
}

impl Room {
    fn run(mut self) {
        let (sender, answers) = channel::<Answered>();
        let mut told = Instant::now();
        loop {
            let wait = if self.ears.is_empty() { IDLE } else { LOOK };
            match self.words.recv_timeout(wait) {
                Ok(word) => self.word(word, &sender),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
            }
            loop {
                match self.words.try_recv() {
                    Ok(word) => self.word(word, &sender),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            for (number, job, answer) in answers.try_iter().collect::<Vec<_>>() {
                if early::leg_of(job).is_some() {
                    self.spare.end(Instant::now());
                }
                let Some(ear) = self.ears.get_mut(&number) else { continue };
                let result = ear.answered(job, answer);
                self.failed(number, result);
            }
            for number in self.ears.keys().copied().collect::<Vec<_>>() {
                self.listen(number);
            }
            self.hear_early();
            if told.elapsed() >= Duration::from_secs(1) {
                told = Instant::now();
                self.tell_load();
            }
        }
    }

    fn word(&mut self, word: Word, answers: &Sender<Answered>) {
        match word {
            Word::Hear(heard) => self.begin(*heard, answers.clone()),
            Word::Learn(id, info) => {
                let ear = self.names.get(&id).and_then(|number| self.ears.get_mut(number));
                if let Some(ear) = ear {
                    ear.learn(*info);
                }
            }
        }
    }

    fn begin(&mut self, heard: Heard, answers: Sender<Answered>) {
        let id = heard.call.id.clone();
        let engines = match self.analyst.engines() {
            Ok(engines) => engines,
            Err(error) => {
                // It is recorded, and analysed when there is a model.
                tracing::warn!(%error, call = id, "a call that goes on is not heard");
                return;
            }
        };
        self.next += 1;
        let plan = self.analyst.plan().borrow().clone();
        let plans = [plan, Arc::clone(&self.watches)];
        match Ear::open(self.next, heard, engines, plans, answers) {
            Ok(ear) => {
                self.names.insert(id, self.next);
                self.ears.insert(self.next, ear);
            }
            Err(error) => tracing::error!(%error, call = id, "a call that goes on is not heard"),
        }
    }

    fn listen(&mut self, number: u64) {
        let Some(ear) = self.ears.get_mut(&number) else { return };
        let result = ear.listen();
        if let Some(cards) = ear.settled() {
            let settled = Settled { call: Arc::clone(ear.call()), cards };
            if self.settled.try_send(settled).is_err() {
                // Findings are told whole each time: the next says what this one would have.
                ear.tell_again();
            }
        }
        let done = ear.is_done();
        self.failed(number, result);
        if done && let Some(ear) = self.ears.remove(&number) {
            self.names.remove(&ear.call().id);
            ear.close();
        }
    }

    /// Hears early what is being said: first where an alert may hang on it, then where it has waited longest.
    fn hear_early(&mut self) {
        let now = Instant::now();
        let due = self.ears.values_mut().filter_map(|ear| Some((ear.early_due()?, ear)));
        if let Some((due, ear)) = due.max_by_key(|(due, _)| *due)
            && self.spare.is_free(now, due.awaited)
            && ear.hear_early(due)
        {
            self.spare.begin(now);
        }
    }

    /// A call that cannot be heard is recorded all the same, and analysed when it is over.
    fn failed(&mut self, number: u64, result: Result<(), HeardError>) {
        let Err(error) = result else { return };
        let Some(ear) = self.ears.remove(&number) else { return };
        self.names.remove(&ear.call().id);
        tracing::error!(%error, call = ear.call().id, "a call that goes on is heard no longer");
    }

    fn tell_load(&self) {
        let mut lags: Vec<u64> = self.ears.values().map(Ear::lag_ms).collect();
        lags.sort_unstable();
        let p95 = lags.get(lags.len().saturating_sub(1) * 95 / 100).copied().unwrap_or(0);
        self.floor.set_load(Load {
            lag_ms_p95: p95,
            recognised: self.analyst.has_engines(),
            partials_dropped: self.ears.values().any(Ear::is_behind_early),
        });
    }
}
