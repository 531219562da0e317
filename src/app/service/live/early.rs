//! Speech that is recognised while it goes on: it is shown as it is said, and alerts need not wait for its end.
//!
//! In: the speech that is open on each leg, and engines with nothing else to do. Out: what was heard of it. Each hearing begins anew at
//! the start of the speech, so that a later one may correct an earlier one; the final text owes nothing to any.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::domain::{AudioTime, LegIx, Span};
use crate::session::{CallSession, Early, JobId};
use crate::speech::HeardWord;
use crate::text;

/// Speech that goes on is heard early from this length on, and again after so much more, in milliseconds.
const EVERY_MS: u64 = 1_000;

/// Speech of which so much was not heard early shows that there is no time for it, in milliseconds.
const DROPPED_MS: u64 = 5_000;

/// After one was heard early, engines rest from that for so many times as it took: final text waits for none.
const REST: u32 = 1;

/// Ids of jobs that hear early: none of a session's.
const FIRST_JOB: u32 = u32::MAX - 8;

/// Samples in a millisecond.
const SAMPLES_PER_MS: usize = 16;

/// The leg that a job hears early, if it does.
pub(super) fn leg_of(job: JobId) -> Option<u8> {
    job.0.checked_sub(FIRST_JOB).map(|leg| leg as u8)
}

/// What is shown of it: written as the final text will be, without personal data and without a number that may go on.
pub(super) fn partial(early: &Early) -> String {
    let words = early.without_open_number().iter();
    let words: Vec<String> = words.map(|word| text::fold(word.text.trim())).collect();
    text::pii::mask(&text::join(words.iter().map(String::as_str)))
}

/// Which speech, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    start: AudioTime,
    ms: u64,
}

/// Speech that is to be heard early: what orders first is heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// An alert hangs on what is said in its call.
    pub(super) awaited: bool,
    /// How much of it was not heard early, in milliseconds.
    pub(super) unheard_ms: u64,
    /// Whose.
    pub(super) leg: u8,
}

/// What was heard early of a call, by leg.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    asked: BTreeMap<u8, Asked>,
    under_way: BTreeSet<u8>,
    heard: BTreeMap<u8, Early>,
}

impl Drafts {
    /// The leg whose open speech waits longest to be heard early; `awaited`: an alert hangs on what is said in the call.
    pub(super) fn due(&self, session: &CallSession, awaited: bool) -> Option<Due> {
        let open = session.open_speech().into_iter().enumerate();
        let waits = open.filter_map(|(leg, open)| {
            let (leg, (start, samples)) = (leg as u8, open?);
            let ms = (samples.len() / SAMPLES_PER_MS) as u64;
            let asked = self.asked.get(&leg).filter(|asked| asked.start == start);
            let unheard_ms = ms - asked.map_or(0, |asked| asked.ms).min(ms);
            let is_due = unheard_ms >= EVERY_MS && !self.under_way.contains(&leg);
            is_due.then_some(Due { awaited, unheard_ms, leg })
        });
        waits.max()
    }

    /// There is more to hear early than there is time.
    pub(super) fn is_behind(&self, session: &CallSession) -> bool {
        self.due(session, false).is_some_and(|due| due.unheard_ms >= DROPPED_MS)
    }

    /// Begins to hear a leg early: the job, and the speech.
    pub(super) fn begin(&mut self, session: &CallSession, leg: u8) -> Option<(JobId, Vec<f32>)> {
        let (start, samples) = session.open_speech().into_iter().nth(usize::from(leg)).flatten()?;
        let ms = (samples.len() / SAMPLES_PER_MS) as u64;
        self.asked.insert(leg, Asked { start, ms });
        self.under_way.insert(leg);
        Some((JobId(FIRST_JOB + u32::from(leg)), samples.to_vec()))
    }

    /// What came of it: what was heard, if anything was. Nothing is forgotten of it until the speech is recognised as a whole.
    pub(super) fn end(&mut self, leg: u8, words: Option<Vec<HeardWord>>) -> Option<&Early> {
        self.under_way.remove(&leg);
        let (asked, words) = (self.asked.get(&leg)?, words?);
        let span = Span::new(asked.start, asked.start.plus_ms(asked.ms))?;
        self.heard.insert(leg, Early { leg: LegIx(leg), span, words });
        self.heard.get(&leg)
    }

    /// Legs that spoke and do no more.
    pub(super) fn over(&mut self, session: &CallSession) -> Vec<u8> {
        let open = session.open_speech();
        let silent = |leg: &u8| open.get(usize::from(*leg)).is_none_or(Option::is_none);
        let over: Vec<u8> = self.asked.keys().copied().filter(silent).collect();
        for leg in &over {
            self.asked.remove(leg);
        }
        over
    }

    /// All that was heard early.
    pub(super) fn heard(&self) -> Vec<Early> {
        self.heard.values().cloned().collect()
    }
}

/// When the next may be heard early, of whichever call: one at a time.
#[derive(Debug)]
pub(super) struct Spare {
    under_way: Option<Instant>,
    next: Instant,
}

impl Default for Spare {
    fn default() -> Self {
        Self { under_way: None, next: Instant::now() }
    }
}

impl Spare {
    /// Whether one may begin now; one that is awaited lets engines rest no longer.
    pub(super) fn is_free(&self, now: Instant, awaited: bool) -> bool {
        self.under_way.is_none() && (awaited || now >= self.next)
    }

    /// One has begun.
    pub(super) fn begin(&mut self, now: Instant) {
        self.under_way = Some(now);
    }

    /// It has ended.
    pub(super) fn end(&mut self, now: Instant) {
        let took = self.under_way.take().map_or(Duration::ZERO, |since| now.duration_since(since));
        self.next = now + took * REST;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{CallId, CallInfo, EngineRef};
    use crate::rubric::Plan;
    use crate::session::{Ears, Input, MediaForm, Pacing, SessionConfig};
    use crate::speech::{EngineError, VAD_FRAME_SAMPLES, Vad};

    /// Loud is speech.
    struct LoudIsSpeech;

    impl Vad for LoudIsSpeech {
        fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
            let frames = samples.chunks_exact(VAD_FRAME_SAMPLES);
            Ok(frames.map(|frame| if frame[0].abs() > 0.05 { 0.95 } else { 0.05 }).collect())
        }

        fn reset(&mut self) {}
    }

    fn session() -> CallSession {
        let engine = EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() };
        let form = MediaForm { codec: "pcm_s16le".into(), sample_rate_hz: 8_000, channels: 2 };
        let vads = (0..2).map(|_| Box::new(LoudIsSpeech) as Box<dyn Vad>).collect();
        let config = Arc::new(SessionConfig::new(engine).paced(Pacing::Live));
        let plan = Arc::new(Plan::compile(Vec::new()));
        let info = CallInfo::unknown(CallId::new("c1").unwrap());
        CallSession::new(info, form, Ears { vads, embedder: None }, config, plan)
    }

    fn play(session: &mut CallSession, ms: usize, loud: [bool; 2]) {
        let leg = |loud: bool| vec![if loud { 0.3 } else { 0.0 }; ms * SAMPLES_PER_MS];
        session.handle(Input::Audio(loud.map(leg).to_vec())).unwrap();
    }

    #[test]
    fn what_waits_longest_is_heard_first_and_again_when_there_is_more() {
        let (mut session, mut drafts) = (session(), Drafts::default());
        play(&mut session, 640, [true, false]);
        assert_eq!(drafts.due(&session, false), None, "too short yet");
        play(&mut session, 1_280, [true, true]);
        let Due { unheard_ms: waits_ms, leg, .. } = drafts.due(&session, false).unwrap();
        assert!(waits_ms >= 1_900 && leg == 0, "{waits_ms} {leg}");
        let calm = Due { awaited: false, unheard_ms: 60_000, leg: 0 };
        assert!(drafts.due(&session, true).unwrap() > calm, "an alert hangs on it");
        let (job, samples) = drafts.begin(&session, 0).unwrap();
        assert_eq!((leg_of(job), samples.len() as u64), (Some(0), waits_ms * 16));
        assert_eq!(drafts.due(&session, false).map(|due| due.leg), Some(1));
        drafts.begin(&session, 1).unwrap();
        assert_eq!(drafts.due(&session, false), None, "both are under way");
        assert!(
            drafts.end(0, Some(Vec::new())).is_some_and(|early| early.span.len_ms() == waits_ms)
        );
        assert_eq!(drafts.end(1, None), None, "the engine failed");
        assert_eq!(
            (drafts.due(&session, false), drafts.heard().len()),
            (None, 1),
            "nothing new was said"
        );
        play(&mut session, 1_280, [true, false]);
        assert_eq!(drafts.due(&session, false).map(|due| due.leg), Some(0));
        assert_eq!(drafts.over(&session), [1]);
        play(&mut session, 6_400, [true, false]);
        assert!(drafts.is_behind(&session));
    }

    #[test]
    fn no_number_is_shown_that_may_go_on() {
        let shown = |said: &[&str]| {
            let word = |text: &&str| HeardWord {
                text: (*text).to_owned(),
                start_ms: 0,
                end_ms: 100,
                confidence: 0.9,
            };
            let words = said.iter().map(word).collect();
            partial(&Early { leg: LegIx(0), span: Span::from_ms(0, 3_000).unwrap(), words })
        };
        assert_eq!(shown(&["我的", "號碼", "是", "139", "1234"]), "我的号码是");
        let whole = shown(&["我的", "号码", "是", "13912345678", "好"]);
        assert!(!whole.contains("12345678") && whole.ends_with('好'), "{whole}");
        assert_eq!(shown(&["打", "12315", "投诉"]), "打12315投诉");
    }

    #[test]
    fn no_job_of_a_session_is_taken_for_an_early_one() {
        assert_eq!([leg_of(JobId(1)), leg_of(JobId(FIRST_JOB - 1))], [None, None]);
        assert_eq!(leg_of(JobId(FIRST_JOB + 1)), Some(1));
    }

    #[test]
    fn engines_rest_from_what_is_heard_early() {
        let (mut spare, begun, took) =
            (Spare::default(), Instant::now(), Duration::from_millis(80));
        assert!(spare.is_free(begun, false));
        spare.begin(begun);
        assert!(!spare.is_free(begun + took, true));
        spare.end(begun + took);
        assert!(!spare.is_free(begun + took + took / 2, false));
        assert!(spare.is_free(begun + took + took / 2, true));
        assert!(spare.is_free(begun + took + took * REST, false));
    }
}
