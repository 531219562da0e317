//! The end of a call: words become utterances, utterances a transcript, measures and scorecards.
//!
//! In: everything a session has gathered. Out: the call's final events.

use std::collections::{BTreeMap, BTreeSet};

use super::{CallSession, announces_wait};
use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::sanity::SanityReport;
use crate::domain::{
    CallEvent, EndedCall, Language, Leg, LegIx, Media, Party, PartyFrom, Problem, RejectReason,
    Rejected, Scorecard, Sensitive, Span, Transcript, Utterance, Word,
};
use crate::measure::{self, measure};
use crate::rubric::CallFacts;
use crate::speech::{HeardWord, Judged, judge};
use crate::text;

/// A run of words of one leg, before it is known who said it.
type Run = (LegIx, Vec<(Span, HeardWord)>);

impl CallSession {
    pub(super) fn assemble(&mut self) -> Vec<CallEvent> {
        let language = self.language.clone().unwrap_or_else(Language::english);
        let (runs, rejected) = self.judged();
        let sanity = self.sanity.finish(&self.speech());
        let mut utterances = utterances(runs);
        let legs = self.legs_of(&sanity, &mut utterances);
        let music: Vec<Span> = sanity.music.iter().flatten().copied().collect();
        let conversation = measure(&measure::Input {
            utterances: &utterances,
            language: &language,
            loudness_dbfs: &self.loudness(&utterances),
            holds: &music,
            announces_wait: &waits(&utterances, &language),
            duration_ms: self.duration_ms(),
            config: &self.config.measure,
        });
        let ended = EndedCall {
            media: Media {
                duration_ms: self.duration_ms(),
                codec: self.form.codec.clone(),
                sample_rate_hz: self.form.sample_rate_hz,
                channels: self.form.channels,
                legs,
                problems: self.problems(sanity),
            },
            pii: text::pii::find(&utterances),
            transcript: Transcript {
                language,
                engine: self.config.engine.clone(),
                utterances,
                rejected,
            },
            conversation,
        };
        let scorecards = self.judge_by_rubrics(&ended);
        let mut events: Vec<CallEvent> =
            ended.transcript.utterances.iter().cloned().map(CallEvent::Utterance).collect();
        events.extend(ended.transcript.rejected.iter().cloned().map(CallEvent::Rejected));
        events.push(CallEvent::Ended(Box::new(ended)));
        events.extend(scorecards.into_iter().map(CallEvent::Scored));
        events
    }

    fn judge_by_rubrics(&self, ended: &EndedCall) -> Vec<Scorecard> {
        let mut info = self.info.clone();
        info.language.get_or_insert_with(|| ended.transcript.language.clone());
        let unsure = |leg: &Leg| leg.party_confidence;
        let rejected = ended.transcript.rejected.iter().map(|text| text.span);
        let failed = self.failures.iter().filter_map(|problem| problem.span);
        let unheard: Vec<Span> = rejected.chain(failed).collect();
        self.plan.evaluate(&CallFacts {
            info: &info,
            utterances: &ended.transcript.utterances,
            conversation: &ended.conversation,
            duration_ms: ended.media.duration_ms,
            parties_confidence: ended.media.legs.iter().map(unsure).fold(1.0, f32::min),
            unheard: &unheard,
        })
    }

    fn duration_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(SAMPLE_RATE_HZ)
    }

    fn speech(&self) -> Vec<Vec<Span>> {
        self.legs.iter().map(|leg| leg.speech.clone()).collect()
    }

    /// Words that count, and those that do not.
    fn judged(&self) -> (Vec<Run>, Vec<Rejected>) {
        let (mut runs, mut rejected) = (Vec::new(), Vec::new());
        for (window, heard) in self.heard.values() {
            let track = &self.legs[window.leg.ix()].track;
            for (piece, words) in window.place(&heard.words) {
                // All of the call is known by now, so leaks are too.
                let leak = self.sanity.crosstalk_likelihood(window.leg, piece.span)
                    >= self.config.crosstalk_min;
                for run in judge(piece.span, words, heard.looped, track, &self.config.support) {
                    let why = if leak { Some(RejectReason::Crosstalk) } else { run.why };
                    match why {
                        None => runs.push((window.leg, run.words)),
                        Some(why) => rejected.extend(reject(window.leg, run, why)),
                    }
                }
            }
        }
        rejected.sort_by_key(|text| (text.span, text.leg));
        (runs, rejected)
    }

    fn loudness(&self, utterances: &[Utterance]) -> BTreeMap<u32, f32> {
        let dbfs = |one: &Utterance| self.sanity.envelope(one.leg)?.rms_dbfs(one.span);
        utterances.iter().filter_map(|one| Some((one.id, dbfs(one)?))).collect()
    }

    /// Who is on which leg; writes it into the utterances as well.
    fn legs_of(&self, sanity: &SanityReport, utterances: &mut [Utterance]) -> Vec<Leg> {
        let known = self.info.legs.as_ref().filter(|legs| legs.len() == self.legs.len());
        let legs: Vec<Leg> = (0..self.legs.len())
            .map(|ix| Leg {
                leg: LegIx(ix as u8),
                party: known.map_or(Party::Unknown, |legs| legs[ix]),
                party_from: known.map_or(PartyFrom::Nothing, |_| PartyFrom::Sidecar),
                party_confidence: if known.is_some() { 1.0 } else { 0.0 },
                snr_db: sanity.levels.get(ix).copied().flatten().and_then(|l| l.snr_db()),
                speech_dbfs: sanity.levels.get(ix).copied().flatten().map(|l| l.speech_dbfs),
            })
            .collect();
        for one in utterances {
            one.party = legs[one.leg.ix()].party;
        }
        legs
    }

    fn problems(&self, sanity: SanityReport) -> Vec<Problem> {
        let mut problems = self.ended.clone().unwrap_or_default();
        problems.extend(sanity.problems);
        problems.extend(self.failures.iter().cloned());
        problems.sort_by_key(|problem| (problem.span, problem.kind, problem.leg));
        problems
    }
}

fn reject(leg: LegIx, run: Judged, why: RejectReason) -> Option<Rejected> {
    let span = cover(&run.words)?;
    let text = shown(&run.words);
    Some(Rejected { leg, span, text, why })
}

fn cover(words: &[(Span, HeardWord)]) -> Option<Span> {
    words.iter().map(|(span, _)| *span).reduce(Span::cover)
}

/// Words as people read them: simplified, half-width letters.
fn shown(words: &[(Span, HeardWord)]) -> Sensitive<String> {
    text::fold(&text::join(words.iter().map(|(_, word)| word.text.as_str()))).into()
}

/// Runs in order of time, numbered.
fn utterances(mut runs: Vec<Run>) -> Vec<Utterance> {
    runs.sort_by_key(|(leg, words)| (cover(words), *leg));
    let number = |(id, (leg, words)): (usize, Run)| {
        let span = cover(&words)?;
        let text = shown(&words);
        let confidence = confidence(&words);
        let words = words.into_iter().map(|(span, word)| Word {
            text: text::fold(word.text.trim()).into(),
            span,
            confidence: word.confidence,
        });
        let words = words.collect();
        let speaker = leg.0;
        let (id, party) = (id as u32, Party::Unknown);
        Some(Utterance { id, leg, speaker, party, span, text, confidence, words })
    };
    runs.into_iter().enumerate().filter_map(number).collect()
}

/// Mean word confidence, weighted by letters.
fn confidence(words: &[(Span, HeardWord)]) -> f32 {
    let letters = |word: &HeardWord| word.text.chars().filter(|c| c.is_alphanumeric()).count();
    let total: usize = words.iter().map(|(_, word)| letters(word)).sum();
    let sum: f32 = words.iter().map(|(_, word)| word.confidence * letters(word) as f32).sum();
    if total == 0 { 0.0 } else { sum / total as f32 }
}

fn waits(utterances: &[Utterance], language: &Language) -> BTreeSet<u32> {
    utterances
        .iter()
        .filter(|one| announces_wait(one.text.as_str(), language))
        .map(|one| one.id)
        .collect()
}
