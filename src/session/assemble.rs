//! The end of a call: words become utterances, utterances a transcript, measures and scorecards.
//!
//! In: everything a session has gathered. Out: the call's final events, or, while it goes on, the same as of now.

use std::collections::{BTreeMap, BTreeSet};

use super::leg::LegStage;
use super::parties::{Parties, parties, said};
use super::{CallSession, Early, announces_wait, direction};
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::sanity::{Copy, SanityReport};
use crate::domain::{
    AudioTime, CallEvent, CallInfo, EndedCall, Language, Leg, LegIx, Media, Party, Problem,
    ProblemKind, RejectReason, Rejected, Sensitive, Span, Transcript, Utterance, Word,
};
use crate::measure::{self, measure};
use crate::rubric::CallFacts;
use crate::speech::{self, Heard, HeardWord, Judged, Window, attribute, judge};
use crate::text;

/// A leg's own level is known from so much speech on.
const OWN_SPEECH_MS_MIN: u64 = 5_000;

/// While a call goes on, one signal on both legs may be an announcement that opens it: until so much was heard.
const COPY_MS_MIN: u64 = 30_000;

/// Words of one voice on one leg, in time order.
pub(super) struct Run {
    pub(super) leg: LegIx,
    pub(super) speaker: u8,
    pub(super) words: Vec<Word>,
}

/// A call that goes on, as far as it was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct SoFar {
    /// What is known about it, its direction and language among it where they were told by what was said.
    pub info: CallInfo,
    /// The call as if it ended at `horizon`, except that it goes on.
    pub call: EndedCall,
    /// Words that start before this are complete: none will be added, except inside `call.unheard`, where nothing proves that
    /// nothing was said. Only what the line turns out to be at the end (a leak, a voice in the background) may still take words
    /// away, and the voices of a lone leg are told apart only then.
    pub horizon: AudioTime,
    /// The same of each leg by itself: nowhere before `horizon`.
    pub legs: Vec<AudioTime>,
}

impl CallSession {
    pub(super) fn assemble(&self) -> Vec<CallEvent> {
        let (info, ended) = self.gathered(None, &[]);
        let scorecards = self.plan.evaluate(&CallFacts::of(&info, &ended));
        let mut events: Vec<CallEvent> =
            ended.transcript.utterances.iter().cloned().map(CallEvent::Utterance).collect();
        events.extend(ended.transcript.rejected.iter().cloned().map(CallEvent::Rejected));
        events.push(CallEvent::Ended(Box::new(ended)));
        events.extend(scorecards.into_iter().map(CallEvent::Scored));
        events
    }

    /// What was heard by now, of a call that goes on.
    pub fn so_far(&self) -> SoFar {
        let legs: Vec<AudioTime> = self.legs.iter().map(|leg| self.complete(leg)).collect();
        let horizon = legs.iter().min().copied().unwrap_or_default();
        let (info, call) = self.gathered(Some(horizon), &[]);
        SoFar { info, call, horizon, legs }
    }

    /// All of a leg that starts before this was heard, recognised and answered.
    pub(super) fn complete(&self, leg: &LegStage) -> AudioTime {
        let asked = self.windows.values().filter(|window| window.leg == leg.leg());
        let asked = asked.flat_map(|window| &window.pieces).map(|piece| piece.span.start());
        let heard = leg.complete().min(AudioTime::from_ms(self.duration_ms()));
        asked.min().map_or(heard, |asked| asked.min(heard))
    }

    /// Everything about the call, as of its end, or as of `until` and with what was heard early.
    pub(super) fn gathered(
        &self,
        until: Option<AudioTime>,
        early: &[Early],
    ) -> (CallInfo, EndedCall) {
        let language = self.language.clone().unwrap_or_else(Language::english);
        let duration_ms = until.map_or(self.duration_ms(), AudioTime::ms);
        let (mut runs, mut rejected) = self.judged(early);
        // One signal on both legs says everything twice, and nothing about who says it.
        let copy = self.sanity.copy().filter(|_| until.is_none() || duration_ms >= COPY_MS_MIN);
        if let Some(kept) = copy.map(Copy::louder) {
            runs.retain(|run| run.leg == kept);
            rejected.retain(|text| text.leg == kept);
        }
        let sanity = match until {
            // What is said of a recording as a whole is work, and wanted at its end.
            Some(_) => self.sanity.so_far(),
            None => self.sanity.finish(&self.speech()),
        };
        let (runs, unsure) = self.by_voice(runs, until.is_some());
        let mut utterances = utterances(runs);
        let direction = match self.info.direction {
            Some(_) => None,
            None => direction::infer(&said(&utterances)),
        };
        let info = CallInfo {
            direction: self.info.direction.or(direction.map(|inferred| inferred.direction)),
            ..self.info.clone()
        };
        let parties = match copy {
            Some(_) => Parties::unknown(),
            None => parties(&info, self.legs.len(), &utterances, unsure.is_some()),
        };
        parties.name(&mut utterances);
        let conversation = measure(&measure::Input {
            utterances: &utterances,
            language: &language,
            loudness_dbfs: &self.loudness(&utterances),
            holds: &not_conversation(&sanity, &utterances),
            announces_wait: &waits(&utterances, &language),
            duration_ms,
            goes_on: until.is_some(),
            config: &self.config.measure,
        });
        let parties_confidence = parties.confidence();
        let unheard = self.unheard(&rejected);
        let ended = EndedCall {
            media: Media {
                duration_ms,
                codec: self.form.codec.clone(),
                sample_rate_hz: self.form.sample_rate_hz,
                channels: self.form.channels,
                legs: self.legs_of(&parties, &sanity),
                problems: self.problems(sanity, unsure.into_iter().chain(parties.problem)),
            },
            pii: text::pii::find_all(&utterances, &rejected),
            transcript: Transcript {
                language: language.clone(),
                engine: self.config.engine.clone(),
                utterances,
                rejected,
            },
            conversation,
            direction,
            unheard,
            parties_confidence,
        };
        // While a call goes on, a language that nobody told yet may be any.
        let spoken = if until.is_some() { self.language.clone() } else { Some(language) };
        let language = info.language.clone().or(spoken);
        (CallInfo { language, ..info }, ended)
    }

    /// Speech that gave no words, or none that count.
    fn unheard(&self, rejected: &[Rejected]) -> Vec<Span> {
        let rejected = rejected.iter().map(|text| text.span);
        let failed = self.failures.iter().filter_map(|problem| problem.span);
        let silent = self.unheard.iter().copied();
        let mut unheard: Vec<Span> = rejected.chain(failed).chain(silent).collect();
        unheard.sort();
        unheard
    }

    fn duration_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(SAMPLE_RATE_HZ)
    }

    fn speech(&self) -> Vec<Vec<Span>> {
        self.legs.iter().map(|leg| leg.speech.clone()).collect()
    }

    /// Words that count, and those that do not.
    fn judged(&self, early: &[Early]) -> (Vec<Run>, Vec<Rejected>) {
        let (mut runs, mut rejected) = (Vec::new(), Vec::new());
        let floors: Vec<Option<f32>> = (0..self.legs.len()).map(|ix| self.floor_dbfs(ix)).collect();
        let early: Vec<(Window, Heard)> = early.iter().map(Early::window).collect();
        for (window, heard) in self.heard.values().chain(&early) {
            let leg = window.leg;
            let track = &self.legs[leg.ix()].track;
            for (piece, words) in window.place(&heard.words) {
                let foreign = self.foreign(leg, piece.span, floors[leg.ix()]);
                for run in judge(piece.span, words, heard.looped, track, &self.config.support) {
                    match foreign.or(run.why) {
                        None => runs.push(Run { leg, speaker: leg.0, words: to_words(run) }),
                        Some(why) => rejected.extend(reject(leg, run, why)),
                    }
                }
            }
        }
        rejected.sort_by_key(|text| (text.span, text.leg));
        (runs, rejected)
    }

    /// Whether a stretch of a leg is not its own party's voice. All of the call is known by now, so
    /// leaks and levels are too.
    pub(super) fn foreign(
        &self,
        leg: LegIx,
        span: Span,
        floor_dbfs: Option<f32>,
    ) -> Option<RejectReason> {
        if self.sanity.crosstalk_likelihood(leg, span) >= self.config.crosstalk_min {
            return Some(RejectReason::Crosstalk);
        }
        let level = self.sanity.envelope(leg)?.rms_dbfs(span)?;
        (level < floor_dbfs?).then_some(RejectReason::Background)
    }

    /// Below this, in dB below full scale, speech on a party's own leg is somebody else's; none
    /// where a leg holds several parties, or says too little to tell.
    pub(super) fn floor_dbfs(&self, ix: usize) -> Option<f32> {
        let leg = self.legs.get(ix).filter(|_| self.legs.len() > 1)?;
        let envelope = self.sanity.envelope(LegIx(ix as u8))?;
        let level = |span: &Span| Some((envelope.rms_dbfs(*span)?, span.len_ms()));
        let mut levels: Vec<(f32, u64)> = leg.speech.iter().filter_map(level).collect();
        let total_ms: u64 = levels.iter().map(|(_, ms)| ms).sum();
        if total_ms < OWN_SPEECH_MS_MIN {
            return None;
        }
        levels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut below_ms = 0;
        let median = levels.into_iter().find(|(_, ms)| {
            below_ms += ms;
            below_ms * 2 >= total_ms
        });
        Some(median?.0 - self.config.background_db)
    }

    fn loudness(&self, utterances: &[Utterance]) -> BTreeMap<u32, f32> {
        let dbfs = |one: &Utterance| self.sanity.envelope(one.leg)?.rms_dbfs(one.span);
        utterances.iter().filter_map(|one| Some((one.id, dbfs(one)?))).collect()
    }

    /// Cuts the words of a lone leg by voice; says so when its voices cannot be told apart. While a call goes on they are not: more
    /// of it may tell them apart otherwise, and what was said of a party would be taken back.
    fn by_voice(&self, runs: Vec<Run>, goes_on: bool) -> (Vec<Run>, Option<Problem>) {
        let [leg] = self.legs.as_slice() else { return (runs, None) };
        let unsure =
            |detail| Problem { kind: ProblemKind::SpeakersUnsure, leg: None, span: None, detail };
        if goes_on {
            return (runs, Some(unsure("voices are told apart when the call is over".into())));
        }
        let diarization = leg.diarizer.finish();
        if !diarization.is_sure() {
            let (contrast, needed) = (diarization.contrast, diarization.contrast_min);
            let detail = format!("voice contrast {contrast:.2}, needed {needed:.2}");
            return (runs, Some(unsure(detail)));
        }
        let cut = |run: Run| {
            let parts = attribute(&run.words, &diarization.turns);
            let part = |part: speech::Run| Run {
                leg: run.leg,
                speaker: part.speaker,
                words: run.words[part.words].to_vec(),
            };
            parts.into_iter().map(part).collect::<Vec<_>>()
        };
        (runs.into_iter().flat_map(cut).collect(), None)
    }

    fn legs_of(&self, parties: &Parties, sanity: &SanityReport) -> Vec<Leg> {
        let leg = |ix: usize| {
            let role = parties.of_leg(ix);
            let levels = sanity.levels.get(ix).copied().flatten();
            Leg {
                leg: LegIx(ix as u8),
                party: role.party,
                party_from: role.from,
                party_confidence: role.confidence,
                snr_db: levels.and_then(|levels| levels.snr_db()),
                speech_dbfs: levels.map(|levels| levels.speech_dbfs),
            }
        };
        (0..self.legs.len()).map(leg).collect()
    }

    fn problems(&self, sanity: SanityReport, more: impl Iterator<Item = Problem>) -> Vec<Problem> {
        let mut problems = self.ended.clone().unwrap_or_default();
        problems.extend(sanity.problems);
        problems.extend(self.failures.iter().cloned());
        problems.extend(more);
        problems.sort_by_key(|problem| (problem.span, problem.kind, problem.leg));
        problems
    }
}

/// Music, and tones in mid-call such as a transfer's: nobody's silence. Ringing before the first word
/// is no hold.
fn not_conversation(sanity: &SanityReport, utterances: &[Utterance]) -> Vec<Span> {
    let opened = utterances.first().map(|one| one.span.start());
    let tones = sanity.tones.iter().flatten().map(|tone| tone.span);
    let tones = tones.filter(|span| opened.is_some_and(|opened| span.start() >= opened));
    let music = sanity.music.iter().flatten().copied();
    let mut spans: Vec<Span> = music.chain(tones).collect();
    spans.sort();
    spans
}

fn reject(leg: LegIx, run: Judged, why: RejectReason) -> Option<Rejected> {
    let words = to_words(run);
    Some(Rejected { leg, span: cover(&words)?, text: shown(&words), why })
}

/// Words as people read them: simplified, half-width letters.
fn to_words(run: Judged) -> Vec<Word> {
    let word = |(span, word): (Span, HeardWord)| Word {
        text: text::fold(word.text.trim()).into(),
        span,
        confidence: word.confidence,
    };
    run.words.into_iter().map(word).collect()
}

fn cover(words: &[Word]) -> Option<Span> {
    words.iter().map(|word| word.span).reduce(Span::cover)
}

fn shown(words: &[Word]) -> Sensitive<String> {
    text::join(words.iter().map(|word| word.text.as_str())).into()
}

/// Runs in order of time, numbered.
fn utterances(mut runs: Vec<Run>) -> Vec<Utterance> {
    runs.sort_by_key(|run| (cover(&run.words), run.leg, run.speaker));
    let number = |(id, run): (usize, Run)| {
        Some(Utterance {
            id: id as u32,
            leg: run.leg,
            speaker: run.speaker,
            party: Party::Unknown,
            span: cover(&run.words)?,
            text: shown(&run.words),
            confidence: confidence(&run.words),
            words: run.words,
        })
    };
    runs.into_iter().enumerate().filter_map(number).collect()
}

/// Mean word confidence, weighted by letters.
fn confidence(words: &[Word]) -> f32 {
    let letters = |word: &Word| word.text.as_str().chars().filter(|c| c.is_alphanumeric()).count();
    let total: usize = words.iter().map(letters).sum();
    let sum: f32 = words.iter().map(|word| word.confidence * letters(word) as f32).sum();
    if total == 0 { 0.0 } else { sum / total as f32 }
}

fn waits(utterances: &[Utterance], language: &Language) -> BTreeSet<u32> {
    utterances
        .iter()
        .filter(|one| announces_wait(one.text.as_str(), language))
        .map(|one| one.id)
        .collect()
}
