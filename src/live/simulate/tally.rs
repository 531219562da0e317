//! The books of a run: what was sent when, and how much later what was heard of it came back.
//!
//! In: sendings, and what the service tells, each with its time since the run began. Out: latencies. No clock and no
//! network: both are told. A latency runs from the moment the last sample of what was said left this machine; what lies
//! after the audio, such as the end of a silence, from the moment at which it would have.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::figures::{Calls, Frames, Heard, Latest, Outcome, Row, Trouble};
use super::pace::{FRAME_MS, Pace, Sending};
use super::why::Why;

/// Later than this, a frame counts as late.
const LATE: Duration = Duration::from_millis(FRAME_MS);

/// Events kept of calls that are not yet known to be ours.
const WAITING_MAX: usize = 4_096;

/// Troubles told one by one.
const TROUBLES_MAX: usize = 100;

/// Late texts and alerts that are told by themselves.
const LATEST_MAX: usize = 50;

/// A frame that was never sent.
const UNSENT: u32 = u32::MAX;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Played to its end.
    Completed,
    /// Hung up before, because the run ends.
    Stopped,
    /// Not let in.
    Refused(Why),
    /// Broken.
    Failed(Why),
}

/// What the service tells of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Somebody said something.
    Utterance {
        /// Whose leg.
        leg: u8,
        /// In the call, in seconds.
        start_s: f64,
        /// In the call, in seconds.
        end_s: f64,
        /// What, as a number that differs where the text does.
        digest: u64,
        /// How many words.
        words: u64,
        /// It is taken back.
        revoked: bool,
    },
    /// A text that is not final.
    Partial,
    /// An alert.
    Alert {
        /// Its id: told once.
        id: String,
        /// Rubric and criterion.
        criterion: String,
        /// Whose leg.
        leg: u8,
        /// When in the call what it is about was over, in seconds.
        end_s: Option<f64>,
    },
}

#[derive(Debug)]
struct Said {
    end_s: f64,
    digest: u64,
    words: u64,
    first_ms: f64,
    last_ms: f64,
}

#[derive(Debug)]
struct Played {
    file: String,
    native_id: String,
    begun: Duration,
    /// By leg and frame: milliseconds after `begun`.
    sent: Vec<Vec<u32>>,
    said: BTreeMap<(u8, i64), Said>,
    call_id: Option<String>,
    gone: bool,
    ended: Option<Ended>,
}

/// Frames of a call that is over whose times are kept: its beginning, where a chirp may be.
const FRAMES_KEPT: usize = 500;

impl Played {
    /// Nothing comes after this: over days, the times of all frames would fill the memory. What is told all the same counts
    /// from when its frame should have left.
    fn forget(&mut self) {
        for leg in &mut self.sent {
            leg.truncate(FRAMES_KEPT);
            leg.shrink_to_fit();
        }
    }

    /// When a place in the call left this machine.
    fn left(&self, leg: u8, at_s: f64, pace: Pace) -> Duration {
        let frame = (at_s * 1_000.0 / FRAME_MS as f64 - 1e-6).ceil().max(1.0) as usize - 1;
        let leg = self.sent.get(usize::from(leg)).or(self.sent.first());
        match leg.and_then(|leg| leg.get(frame)).filter(|ms| **ms != UNSENT) {
            Some(ms) => self.begun + Duration::from_millis(u64::from(*ms)),
            None => self.begun + pace.after(at_s),
        }
    }
}

/// The books.
#[derive(Debug)]
pub struct Tally {
    pace: Pace,
    deadline: Duration,
    played: Vec<Played>,
    by_call: BTreeMap<String, usize>,
    waiting: VecDeque<(String, Told, Duration)>,
    alerts: BTreeMap<String, Latest>,
    frames: Frames,
    heard: Heard,
    at_once_most: usize,
    watched: bool,
}

/// How a run stands, for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    /// Calls going on.
    pub going_on: usize,
    /// Calls that are over, however.
    pub over: usize,
    /// Of these not completed.
    pub failed: usize,
    /// Frames sent.
    pub frames: u64,
    /// Frames sent late.
    pub late: u64,
    /// Of final texts so far, in milliseconds.
    pub text_p95_ms: Option<f64>,
}

impl Tally {
    /// Empty books. `watched`: the service tells what it hears.
    pub fn new(pace: Pace, deadline: Duration, watched: bool) -> Self {
        Self {
            pace,
            deadline,
            played: Vec::new(),
            by_call: BTreeMap::new(),
            waiting: VecDeque::new(),
            alerts: BTreeMap::new(),
            frames: Frames::default(),
            heard: Heard::default(),
            at_once_most: 0,
            watched,
        }
    }

    /// A call is about to begin; what it is called from here on.
    pub fn begin(&mut self, file: &str, native_id: &str, legs: usize, now: Duration) -> usize {
        self.played.push(Played {
            file: file.to_owned(),
            native_id: native_id.to_owned(),
            begun: now,
            sent: vec![Vec::new(); legs],
            said: BTreeMap::new(),
            call_id: None,
            gone: false,
            ended: None,
        });
        self.at_once_most = self.at_once_most.max(self.standing_calls().0);
        self.played.len() - 1
    }

    /// Its first frame is due now: the call's time begins.
    pub fn media(&mut self, call: usize, now: Duration) {
        if let Some(played) = self.played.get_mut(call) {
            played.begun = now;
        }
    }

    /// A frame was sent.
    pub fn sent(&mut self, call: usize, sending: Sending, now: Duration) {
        let Some(played) = self.played.get_mut(call) else { return };
        let after = now.saturating_sub(played.begun);
        let late = after.saturating_sub(sending.at);
        self.frames.sent += 1;
        self.frames.late += u64::from(late > LATE);
        self.frames.latest_ms = self.frames.latest_ms.max(late.as_secs_f64() * 1_000.0);
        if let Some(leg) = played.sent.get_mut(usize::from(sending.leg)) {
            let frame = sending.frame as usize;
            if leg.len() <= frame {
                leg.resize(frame + 1, UNSENT);
            }
            leg[frame] = u32::try_from(after.as_millis()).unwrap_or(UNSENT);
        }
    }

    /// A call is over. `lost`: frames that were left out on purpose.
    pub fn end(&mut self, call: usize, ended: Ended, lost: u64) {
        self.frames.lost_on_purpose += lost;
        if let Some(played) = self.played.get_mut(call) {
            played.ended = Some(ended);
            if !self.watched || played.gone {
                played.forget();
            }
        }
    }

    /// The service shows a call. `true`: it is ours, and was not known yet. Sources may put more to an id than we gave.
    pub fn shown(&mut self, call_id: &str, native_id: &str) -> bool {
        if self.by_call.contains_key(call_id) {
            return false;
        }
        let ours = |played: &Played| {
            played.call_id.is_none() && native_id.contains(played.native_id.as_str())
        };
        let Some(ix) = self.played.iter().rposition(ours) else { return false };
        self.played[ix].call_id = Some(call_id.to_owned());
        self.by_call.insert(call_id.to_owned(), ix);
        let (now_known, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(id, ..)| id == call_id);
        self.waiting = waiting;
        let now_known: VecDeque<_> = now_known;
        for (id, told, at) in now_known {
            self.told(&id, told, at);
        }
        true
    }

    /// The service shows a call no more: nothing comes after it.
    pub fn gone(&mut self, call_id: &str) {
        if let Some(ix) = self.by_call.get(call_id) {
            let played = &mut self.played[*ix];
            played.gone = true;
            if played.ended.is_some() {
                played.forget();
            }
        }
    }

    /// Whether the service shows a call no more.
    pub(super) fn is_gone(&self, call_id: &str) -> bool {
        self.by_call.get(call_id).and_then(|ix| self.played.get(*ix)).is_some_and(|call| call.gone)
    }

    /// The service tells of a call.
    pub fn told(&mut self, call_id: &str, told: Told, now: Duration) {
        let Some(ix) = self.by_call.get(call_id).copied() else {
            if self.waiting.len() == WAITING_MAX {
                self.waiting.pop_front();
            }
            self.waiting.push_back((call_id.to_owned(), told, now));
            return;
        };
        let played = &mut self.played[ix];
        let latency_ms = |leg: u8, end_s: f64| {
            let left = played.left(leg, end_s, self.pace);
            (now.as_micros() as f64 - left.as_micros() as f64) / 1_000.0
        };
        match told {
            Told::Partial => self.heard.partials += 1,
            Told::Utterance { leg, start_s, end_s, digest, words, revoked } => {
                let key = (leg, (start_s * 1_000.0).round() as i64);
                let ms = latency_ms(leg, end_s);
                let said = Said { end_s, digest, words, first_ms: ms, last_ms: ms };
                match played.said.get_mut(&key) {
                    _ if revoked => {
                        self.heard.revoked += u64::from(played.said.remove(&key).is_some());
                    }
                    Some(old) if old.digest == digest && old.end_s == end_s => {}
                    Some(old) => {
                        self.heard.revised += 1;
                        *old = Said { first_ms: old.first_ms, ..said };
                    }
                    None => {
                        played.said.insert(key, said);
                    }
                }
            }
            Told::Alert { id, criterion, leg, end_s } => {
                let latest = Latest {
                    kind: criterion,
                    file: played.file.clone(),
                    leg,
                    end_s: end_s.unwrap_or(f64::NAN),
                    latency_ms: end_s.map_or(f64::NAN, |end_s| latency_ms(leg, end_s)),
                };
                self.alerts.entry(id).or_insert(latest);
            }
        }
    }

    /// A stream of the service broke.
    pub fn broke(&mut self) {
        self.heard.breaks += 1;
    }

    /// Whether everything has come back that will: all calls that were shown are gone again.
    pub fn settled(&self) -> bool {
        self.played.iter().all(|played| {
            let through = matches!(played.ended, Some(Ended::Completed | Ended::Stopped));
            played.gone || (played.ended.is_some() && !through)
        })
    }

    /// The calls of ours that the service shows, the first begun first.
    pub fn shown_calls(&self) -> impl Iterator<Item = (usize, &str)> {
        let calls = self.played.iter().enumerate();
        calls.filter_map(|(ix, played)| Some((ix, played.call_id.as_deref()?)))
    }

    /// When a place in a call left this machine.
    pub fn left(&self, call: usize, leg: u8, at_s: f64) -> Option<Duration> {
        self.played.get(call).map(|played| played.left(leg, at_s, self.pace))
    }

    fn standing_calls(&self) -> (usize, usize) {
        let over = self.played.iter().filter(|played| played.ended.is_some()).count();
        (self.played.len() - over, over)
    }

    /// How the run stands.
    pub fn standing(&self) -> Standing {
        let (going_on, over) = self.standing_calls();
        let bad =
            |played: &&Played| matches!(played.ended, Some(Ended::Refused(_) | Ended::Failed(_)));
        let text = Row::of("", self.text_ms(|said| said.first_ms), 0.0);
        Standing {
            going_on,
            over,
            failed: self.played.iter().filter(bad).count(),
            frames: self.frames.sent,
            late: self.frames.late,
            text_p95_ms: text.map(|row| row.p95_ms),
        }
    }

    fn text_ms(&self, which: impl Fn(&Said) -> f64) -> Vec<f64> {
        self.played.iter().flat_map(|played| played.said.values()).map(which).collect()
    }

    /// What came of it.
    pub fn outcome(&self, took: Duration) -> Outcome {
        let mut calls = Calls { begun: self.played.len(), ..Calls::default() };
        calls.at_once_most = self.at_once_most;
        let mut troubles = Vec::new();
        for played in &self.played {
            let why = match &played.ended {
                None => continue,
                Some(Ended::Completed) => {
                    calls.completed += 1;
                    continue;
                }
                Some(Ended::Stopped) => {
                    calls.stopped += 1;
                    continue;
                }
                Some(Ended::Refused(why)) => {
                    calls.refused += 1;
                    why
                }
                Some(Ended::Failed(why)) => {
                    calls.failed += 1;
                    why
                }
            };
            let (file, native_id) = (played.file.clone(), played.native_id.clone());
            troubles.push(Trouble { file, native_id, why: why.clone() });
        }
        troubles.truncate(TROUBLES_MAX);
        Outcome {
            took_s: took.as_secs_f64(),
            deadline_ms: self.deadline.as_secs_f64() * 1_000.0,
            calls,
            frames: self.frames,
            heard: self.watched.then(|| self.heard()),
            latency: self.rows(),
            latest: self.latest(),
            listening: None,
            troubles,
        }
    }

    fn heard(&self) -> Heard {
        let said = || self.played.iter().flat_map(|played| played.said.values());
        let through = |played: &&Played| {
            matches!(played.ended, Some(Ended::Completed | Ended::Stopped))
                && played.call_id.is_none()
        };
        Heard {
            calls_seen: self.by_call.len(),
            calls_unseen: self.played.iter().filter(through).count(),
            utterances: said().count(),
            words: said().map(|said| said.words).sum(),
            alerts: self.alerts.len(),
            ..self.heard
        }
    }

    /// The latest texts and alerts.
    fn latest(&self) -> Vec<Latest> {
        let texts = self.played.iter().flat_map(|played| {
            played.said.iter().map(|((leg, _), said)| Latest {
                kind: "text".into(),
                file: played.file.clone(),
                leg: *leg,
                end_s: said.end_s,
                latency_ms: said.first_ms,
            })
        });
        let known = |one: &Latest| one.latency_ms.is_finite() && one.end_s.is_finite();
        let mut all: Vec<Latest> =
            self.alerts.values().cloned().chain(texts).filter(known).collect();
        all.sort_by(|a, b| b.latency_ms.total_cmp(&a.latency_ms));
        all.truncate(LATEST_MAX);
        all
    }

    fn rows(&self) -> Vec<Row> {
        let deadline_ms = self.deadline.as_secs_f64() * 1_000.0;
        let mut rows = vec![
            Row::of("text", self.text_ms(|said| said.first_ms), deadline_ms),
            Row::of("text settled", self.text_ms(|said| said.last_ms), deadline_ms),
            Row::of("alert", self.alerts.values().map(|one| one.latency_ms).collect(), deadline_ms),
        ];
        let mut by_criterion: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for one in self.alerts.values() {
            by_criterion.entry(&one.kind).or_default().push(one.latency_ms);
        }
        let of = |(kind, ms): (&str, Vec<f64>)| Row::of(&format!("alert {kind}"), ms, deadline_ms);
        rows.extend(by_criterion.into_iter().map(of));
        rows.into_iter().flatten().collect()
    }
}

/// Words of a text; of Chinese, characters.
pub(super) fn words(text: &str) -> u64 {
    let (mut words, mut inside) = (0, false);
    for c in text.chars() {
        let wide = u32::from(c) >= 0x2E80 && c.is_alphanumeric();
        words += u64::from(wide || (c.is_alphanumeric() && !inside));
        inside = c.is_alphanumeric() && !wide;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn utterance(start_s: f64, end_s: f64, digest: u64) -> Told {
        Told::Utterance { leg: 0, start_s, end_s, digest, words: 3, revoked: false }
    }

    fn alert(id: &str, end_s: Option<f64>) -> Told {
        Told::Alert { id: id.into(), criterion: "r/greeting".into(), leg: 0, end_s }
    }

    /// A call that began at 1 s, of 2 s, sent on time but for one frame.
    fn books() -> Tally {
        let mut tally = Tally::new(Pace::REAL, ms(1_500), true);
        let call = tally.begin("a.wav", "CA1", 1, ms(900));
        tally.media(call, ms(1_000));
        for frame in 0..100 {
            let at = ms(20 * u64::from(frame));
            let late = if frame == 49 { ms(30) } else { ms(1) };
            tally.sent(call, Sending { at, frame, leg: 0 }, ms(1_000) + at + late);
        }
        tally
    }

    #[track_caller]
    fn row(tally: &Tally, kind: &str) -> (usize, f64, f64) {
        let rows = tally.outcome(ms(0)).latency;
        let row = rows.into_iter().find(|row| row.kind == kind).unwrap();
        (row.n, row.p50_ms, row.max_ms)
    }

    #[test]
    fn latency_runs_from_the_moment_the_last_sample_left() {
        let mut tally = books();
        assert!(!tally.shown("id-9", "somebody else's"));
        assert!(tally.shown("id-1", "CA1"));
        assert!(!tally.shown("id-1", "CA1"));
        // The sample before 1 s is in frame 49, which left at 2,010 ms.
        tally.told("id-1", utterance(0.2, 1.0, 7), ms(2_500));
        assert_eq!(row(&tally, "text"), (1, 490.0, 490.0));
        // Just after it, frame 50: 2,001 ms.
        tally.told("id-1", utterance(1.0, 1.01, 7), ms(2_101));
        assert_eq!(row(&tally, "text"), (2, 100.0, 490.0));
        let frames = tally.outcome(ms(0)).frames;
        assert_eq!((frames.sent, frames.late, frames.latest_ms), (100, 1, 30.0));
        let latest = tally.outcome(ms(0)).latest;
        let told: Vec<(f64, f64)> = latest.iter().map(|one| (one.end_s, one.latency_ms)).collect();
        assert_eq!(told, [(1.0, 490.0), (1.01, 100.0)]);
    }

    #[test]
    fn what_ends_after_the_audio_counts_from_when_it_would_have_left() {
        let mut tally = books();
        tally.shown("id-1", "CA1");
        tally.told("id-1", alert("a1", Some(10.0)), ms(11_700));
        tally.told("id-1", alert("a1", Some(10.0)), ms(19_000));
        tally.told("id-1", alert("a2", None), ms(19_000));
        assert_eq!(row(&tally, "alert"), (1, 700.0, 700.0));
        assert_eq!(row(&tally, "alert r/greeting"), (1, 700.0, 700.0));
        assert_eq!(tally.outcome(ms(0)).heard.unwrap().alerts, 2);
    }

    #[test]
    fn changes_and_revocations_are_counted_and_repetitions_are_not() {
        let mut tally = books();
        tally.shown("id-1", "CA1");
        tally.told("id-1", utterance(0.0, 0.5, 1), ms(2_000));
        tally.told("id-1", utterance(0.0, 0.5, 1), ms(9_000));
        assert_eq!(row(&tally, "text settled"), (1, 519.0, 519.0));
        tally.told("id-1", utterance(0.0, 0.5, 2), ms(4_000));
        assert_eq!(row(&tally, "text"), (1, 519.0, 519.0));
        assert_eq!(row(&tally, "text settled"), (1, 2_519.0, 2_519.0));
        tally.told("id-1", utterance(1.0, 1.5, 3), ms(4_000));
        let gone = Told::Utterance {
            leg: 0,
            start_s: 1.0,
            end_s: 1.5,
            digest: 0,
            words: 0,
            revoked: true,
        };
        tally.told("id-1", gone.clone(), ms(5_000));
        tally.told("id-1", gone, ms(5_000));
        let heard = tally.outcome(ms(0)).heard.unwrap();
        assert_eq!((heard.utterances, heard.words, heard.revised, heard.revoked), (1, 3, 1, 1));
    }

    #[test]
    fn what_comes_before_its_call_is_known_keeps_its_time() {
        let mut tally = books();
        tally.told("id-1", alert("a1", Some(1.0)), ms(2_310));
        (0..WAITING_MAX - 1).for_each(|n| tally.told(&format!("x{n}"), Told::Partial, ms(1)));
        tally.shown("id-1", "sip:CA1;session=4");
        assert_eq!(row(&tally, "alert"), (1, 300.0, 300.0));
        assert_eq!(tally.outcome(ms(0)).heard.unwrap().partials, 0);
    }

    #[test]
    fn calls_are_counted_by_how_they_ended() {
        let mut tally = books();
        let refused = tally.begin("b.wav", "CA2", 1, ms(0));
        let failed = tally.begin("c.wav", "CA3", 1, ms(0));
        assert_eq!(tally.standing().going_on, 3);
        tally.end(refused, Ended::Refused(Why::Full), 0);
        tally.end(failed, Ended::Failed(Why::HungUp), 2);
        assert!(!tally.settled());
        tally.end(0, Ended::Completed, 1);
        assert!(!tally.settled());
        assert_eq!(tally.outcome(ms(0)).heard.unwrap().calls_unseen, 1);
        tally.shown("id-1", "CA1");
        tally.gone("id-1");
        assert!(tally.settled());
        let outcome = tally.outcome(ms(2_000));
        let calls = outcome.calls;
        assert_eq!((calls.begun, calls.completed, calls.refused, calls.failed), (3, 1, 1, 1));
        assert_eq!((calls.at_once_most, outcome.frames.lost_on_purpose), (3, 3));
        assert_eq!(outcome.troubles.len(), 2);
        assert!(!outcome.all_well());
    }

    #[test]
    fn of_a_call_that_is_over_the_beginning_is_kept() {
        let mut tally = books();
        for frame in 0..3_000 {
            let at = ms(u64::from(frame) * 20);
            tally.sent(0, Sending { leg: 0, frame, at }, ms(1_000) + at + ms(7));
        }
        let left = |tally: &Tally, at_s| tally.left(0, 0, at_s).unwrap();
        assert_eq!((left(&tally, 5.0), left(&tally, 50.0)), (ms(5_987), ms(50_987)));
        tally.shown("id-1", "CA1");
        tally.end(0, Ended::Completed, 0);
        assert_eq!(left(&tally, 50.0), ms(50_987), "its last words may be on their way");
        tally.gone("id-1");
        assert!(tally.played[0].sent.iter().all(|leg| leg.capacity() < 1_000));
        assert_eq!(left(&tally, 5.0), ms(5_987));
    }

    #[test]
    fn chinese_is_counted_in_characters() {
        assert_eq!(words("您好, this is call 12。"), 6);
        assert_eq!(words(""), 0);
    }
}
