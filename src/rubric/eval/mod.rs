//! One call against a plan: facts in, findings out, the same live and recorded (laws 1, 4, 5).
//!
//! In: utterances and measures in any order, and a horizon that says up to where they are complete.
//! Out: scorecards. No clock: time is the call's own.

mod facts;
mod search;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::domain::{
    AudioTime, CallInfo, Conversation, CriterionId, Language, LegIx, Loudness, Manner, Overtalk,
    Party, PerParty, RubricId, Scorecard, Silence, Span, SpeakingRate, Utterance,
};

pub use facts::{CallFacts, WhoSpeaks};

use super::applies::{Applicable, applies};
use super::entity::Personal;
use super::hits::Hits;
use super::matcher::Names;
use super::op::{self, Outcome};
use super::plan::{Plan, Planned};
use super::proof::Prover;
use super::ruling::{Reviewed, Rulings};
use super::scene::Scene;
use super::score;
use super::speech::Speech;
use super::told;
use super::written::Written;

/// Surer than this about who speaks, or the rules treat every voice as unknown.
pub const PARTIES_CONFIDENCE_MIN: f32 = 0.5;

/// One thing that became known of a call. Final.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Something was said.
    Utterance(Utterance),
    /// Nobody spoke.
    Silence(Silence),
    /// One party spoke over the other.
    Overtalk(Overtalk),
    /// How fast an utterance was.
    Rate(SpeakingRate),
    /// Speech that was not recognised, or not believed.
    Unheard(Span),
    /// How loud an utterance was.
    Loudness(Loudness),
    /// Music on hold, or a hold from the PBX.
    Hold(Span),
}

impl Fact {
    fn start(&self) -> AudioTime {
        match self {
            Fact::Utterance(utterance) => utterance.span.start(),
            Fact::Silence(silence) => silence.span.start(),
            Fact::Overtalk(overtalk) => overtalk.span.start(),
            Fact::Rate(rate) => rate.span.start(),
            Fact::Loudness(loudness) => loudness.span.start(),
            Fact::Unheard(span) | Fact::Hold(span) => span.start(),
        }
    }
}

/// A fact came after the horizon had passed its start: the caller broke its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fact that starts at {start} came after the horizon had passed to {horizon}")]
pub struct LateFact {
    /// The fact's start.
    pub start: AudioTime,
    /// The horizon by then.
    pub horizon: AudioTime,
}

/// A criterion's value in mid-call.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The rubric.
    pub rubric: RubricId,
    /// The criterion.
    pub criterion: CriterionId,
    /// Its verdict's name, once nothing can change it; `None` while pending.
    pub verdict: Option<&'static str>,
}

/// A call being judged.
#[derive(Debug)]
pub struct Evaluation<'p> {
    plan: &'p Plan,
    info: CallInfo,
    names: Names,
    /// The rubrics that may apply, by their place in the plan.
    may_apply: Vec<usize>,
    parties_sure: bool,
    horizon: AudioTime,
    end: Option<AudioTime>,
    rate_per_min: PerParty<Option<f32>>,
    /// Utterances beyond the horizon, in the order in which they will be read.
    ahead: BTreeMap<(AudioTime, LegIx, u32), Cow<'p, Utterance>>,
    /// Other facts beyond the horizon.
    measures_ahead: Vec<Fact>,
    speech: Speech<'p>,
    hits: Hits,
    silences: Vec<Silence>,
    overtalk: Vec<Overtalk>,
    rates: Vec<SpeakingRate>,
    unheard: Vec<Span>,
    loudness: Vec<Loudness>,
    holds: Vec<Span>,
    personal: Personal,
    /// A chat: nothing can be heard.
    written: Option<Written>,
    near_misses: bool,
}

impl Plan {
    /// Judges a call or a chat that has ended: one scorecard for each rubric of its language. In a chat
    /// criteria that need a voice do not apply, and what was found stands where it was written.
    pub fn evaluate(&self, facts: &CallFacts<'_>) -> Vec<Scorecard> {
        let measures = facts.conversation;
        self.observed(facts).finish(facts.duration_ms, measures.rate_per_min)
    }

    /// The same verdicts and points, without the evidence of what came nearest where nothing was found:
    /// to look for that is most of the work, and where many calls are judged few proofs are read.
    pub fn verdicts(&self, facts: &CallFacts<'_>) -> Vec<Scorecard> {
        let mut evaluation = self.observed(facts);
        evaluation.near_misses = false;
        evaluation.finish(facts.duration_ms, facts.conversation.rate_per_min)
    }

    /// The figures of the scorecards that apply, where people decided otherwise about some criteria. With
    /// no ruling they are those of [`Plan::evaluate`].
    pub fn reviewed(&self, facts: &CallFacts<'_>, rulings: &Rulings) -> Vec<Reviewed> {
        let mut evaluation = self.observed(facts);
        evaluation.near_misses = false;
        evaluation.end(facts.duration_ms, facts.conversation.rate_per_min);
        evaluation.judged(|prover, unknown| score::reviewed(prover, &unknown, rulings), |_| None)
    }

    /// What is certain about a call that goes on: by rubric, a finding for each criterion that nothing said after
    /// `horizon` can change. Where who is who was inferred, more of the call may tell otherwise, so that nothing rests on it;
    /// where voices are not told apart yet, nothing rests on what was said. Before the language is known, and for a rubric of
    /// which it may still turn out that it is not meant for the call, nothing is certain. Score, points and verdict over the call
    /// are those of the end and are not given here. What came nearest to what was not said is looked for only at the end.
    pub fn settled(&self, facts: &CallFacts<'_>, horizon: AudioTime) -> Vec<Scorecard> {
        if facts.info.language.is_none() {
            return Vec::new();
        }
        let told = facts.who == WhoSpeaks::Told;
        let sure = told && facts.parties_confidence >= PARTIES_CONFIDENCE_MIN;
        if facts.who == WhoSpeaks::Open {
            // Nobody's silence stays one, whoever spoke before and after.
            let silences = facts.conversation.silences.clone();
            let quiet = Conversation { silences, ..Conversation::default() };
            let (who, utterances, conversation) = (WhoSpeaks::ByLeg, &[][..], &quiet);
            return self.settled(&CallFacts { who, utterances, conversation, ..*facts }, horizon);
        }
        let parties_confidence = if sure { facts.parties_confidence } else { 0.0 };
        let directed = facts.direction_told || told && facts.opened_before(horizon);
        let undirected = CallInfo { direction: None, ..facts.info.clone() };
        let info = if directed { facts.info } else { &undirected };
        let mut evaluation = self.observed(&CallFacts { info, parties_confidence, ..*facts });
        evaluation.near_misses = false;
        evaluation.read_until(horizon);
        evaluation.judged(
            |prover, unknown| score::settled_so_far(prover, unknown, sure && directed),
            |_| None,
        )
    }

    /// What was done wrong for all to hear, of a call that goes on, although not all of it up to then is known yet: a
    /// phrase was said, a party spoke over the other, too fast, too loud. What follows may still put it in another light
    /// (an exception, a word that takes it back); what [`Plan::settled`] says later holds.
    pub fn heard_so_far(&self, facts: &CallFacts<'_>) -> Vec<Scorecard> {
        let mut evaluation = self.observed(facts);
        evaluation.near_misses = false;
        evaluation.end(facts.duration_ms, PerParty::default());
        evaluation.judged(score::heard_so_far, |_| None)
    }

    /// What one party did not do in time, of a call that goes on whose lines are heard apart: criteria that rest on its
    /// words alone, where nothing it says after `horizon` can change them. What the other party is saying meanwhile need not be
    /// known, so this is sooner than [`Plan::settled`]; what that says later holds, as speech that was not recognised may yet
    /// leave it open. Nothing before the common horizon shows where the conversation began: the caller asks once somebody spoke.
    pub fn missed_so_far(
        &self,
        facts: &CallFacts<'_>,
        party: Party,
        horizon: AudioTime,
    ) -> Vec<Scorecard> {
        if facts.info.language.is_none() {
            return Vec::new();
        }
        let mut evaluation = self.observed(facts);
        evaluation.near_misses = false;
        evaluation.read_until(horizon);
        let judge = |prover: &Prover<'_>, unknown| score::missed_so_far(prover, unknown, party);
        evaluation.judged(judge, |_| None)
    }

    /// All facts of a call, none of them read yet.
    pub(super) fn observed<'a>(&'a self, facts: &CallFacts<'a>) -> Evaluation<'a> {
        let mut evaluation = Evaluation::new(self, facts.info, facts.parties_confidence);
        let measures = facts.conversation;
        if let Manner::Written { timed } = measures.manner {
            let language = facts.info.language.clone().unwrap_or_else(Language::english);
            let (written, heard) = Written::hear(facts.utterances, &language, timed);
            evaluation.written = Some(written);
            heard.into_iter().for_each(|one| evaluation.hear(Cow::Owned(one)));
        } else {
            facts.utterances.iter().for_each(|one| evaluation.hear(Cow::Borrowed(one)));
        }
        let all = (measures.silences.iter().copied().map(Fact::Silence))
            .chain(measures.overtalk.iter().copied().map(Fact::Overtalk))
            .chain(measures.rates.iter().copied().map(Fact::Rate))
            .chain(measures.loudness.iter().copied().map(Fact::Loudness))
            .chain(measures.holds.iter().copied().map(Fact::Hold))
            .chain(facts.unheard.iter().copied().map(Fact::Unheard));
        all.for_each(|fact| evaluation.take(fact));
        evaluation
    }
}

impl<'p> Evaluation<'p> {
    /// A call of which nothing has been heard yet.
    pub fn new(plan: &'p Plan, info: &CallInfo, parties_confidence: f32) -> Self {
        use crate::domain::Attribute;
        let names = plan.matcher.names(|name| match info.attribute(name) {
            Some(Attribute::Text(text)) => Some(text),
            Some(Attribute::Number(number)) => Some(number.to_string()),
            None => None,
        });
        let rubrics = plan.rubrics.iter().enumerate();
        let may_apply = rubrics.filter(|(_, planned)| {
            let answer = applies(&planned.rubric, info);
            matches!(answer, Applicable::Yes | Applicable::Unknown(_))
        });
        let may_apply = may_apply.map(|(place, _)| place).collect();
        Self {
            plan,
            info: info.clone(),
            names,
            may_apply,
            parties_sure: told::share(parties_confidence) >= PARTIES_CONFIDENCE_MIN,
            horizon: AudioTime::ZERO,
            end: None,
            rate_per_min: PerParty::default(),
            ahead: BTreeMap::new(),
            measures_ahead: Vec::new(),
            speech: Speech::default(),
            hits: Hits::default(),
            silences: Vec::new(),
            overtalk: Vec::new(),
            rates: Vec::new(),
            unheard: Vec::new(),
            loudness: Vec::new(),
            holds: Vec::new(),
            personal: Personal::default(),
            written: None,
            near_misses: true,
        }
    }

    /// Takes one fact, in any order beyond the horizon.
    ///
    /// # Errors
    /// [`LateFact`] when it starts before the horizon; the fact is not taken, for a settled value must not flip.
    pub fn observe(&mut self, fact: Fact) -> Result<(), LateFact> {
        let start = fact.start();
        if start < self.horizon {
            return Err(LateFact { start, horizon: self.horizon });
        }
        self.take(fact);
        Ok(())
    }

    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Utterance(utterance) => self.hear(Cow::Owned(utterance)),
            other => self.measures_ahead.push(other),
        }
    }

    fn hear(&mut self, utterance: Cow<'p, Utterance>) {
        let key = (utterance.span.start(), utterance.leg, utterance.id);
        self.ahead.insert(key, utterance);
    }

    /// Promises that no fact that starts before `horizon` is yet to come. It never goes back.
    pub fn advance(&mut self, horizon: AudioTime) {
        self.horizon = self.horizon.max(horizon);
        let later = self.ahead.split_off(&(self.horizon, LegIx(0), 0));
        for (_, utterance) in std::mem::replace(&mut self.ahead, later) {
            let party = self.party(utterance.party);
            self.speech.push(utterance, party);
        }
        let horizon = self.horizon;
        let (known, later) = std::mem::take(&mut self.measures_ahead)
            .into_iter()
            .partition(|fact| fact.start() < horizon);
        self.measures_ahead = later;
        self.measure(known);
        self.search();
    }

    /// Who somebody is said to be, where that is sure.
    fn party(&self, said: Party) -> Party {
        if self.parties_sure { said } else { Party::Unknown }
    }

    fn measure(&mut self, known: Vec<Fact>) {
        for fact in known {
            match fact {
                Fact::Silence(silence) => self.silences.push(silence),
                Fact::Overtalk(overtalk) => {
                    let by = self.party(overtalk.by);
                    self.overtalk.push(Overtalk { by, ..overtalk });
                }
                Fact::Rate(rate) => {
                    let (party, per_min) = (self.party(rate.party), told::tenth(rate.per_min));
                    self.rates.push(SpeakingRate { party, per_min, ..rate });
                }
                Fact::Unheard(span) => self.unheard.push(span),
                Fact::Loudness(one) => {
                    let (party, dbfs) = (self.party(one.party), told::decibels(one.dbfs));
                    self.loudness.push(Loudness { party, dbfs, ..one });
                }
                Fact::Hold(span) => self.holds.push(span),
                Fact::Utterance(_) => {}
            }
        }
        self.silences.sort_by_key(|silence| (silence.span, silence.announced, silence.hold));
        self.overtalk.sort_by_key(|overtalk| (overtalk.span, overtalk.by, overtalk.after_ms));
        self.rates.sort_by_key(|rate| (rate.span, rate.party, rate.utterance));
        self.unheard.sort();
        self.loudness.sort_by_key(|one| (one.span, one.party, one.utterance));
        self.holds.sort();
    }

    /// What every criterion of every rubric is worth by now.
    pub fn values(&self) -> Vec<Settled> {
        let mut out = Vec::new();
        for planned in self.rubrics() {
            let (outcomes, scene) = (self.outcomes(planned), self.scene(&planned.rubric));
            for criterion in &planned.rubric.criteria {
                out.push(Settled {
                    rubric: planned.rubric.id.clone(),
                    criterion: criterion.id.clone(),
                    verdict: score::settled(&scene, &planned.rubric, criterion, &outcomes),
                });
            }
        }
        out
    }

    /// The call has ended: all facts are known.
    pub fn finish(
        mut self,
        duration_ms: u64,
        rate_per_min: PerParty<Option<f32>>,
    ) -> Vec<Scorecard> {
        self.end(duration_ms, rate_per_min);
        self.judged(score::scorecard, |rubric| Some(score::not_applicable(rubric)))
    }

    /// One answer a rubric of the call's language: `judge`'s where it may apply, else `other`'s.
    fn judged<T>(
        &self,
        judge: impl Fn(&Prover<'_>, Vec<String>) -> T,
        other: impl Fn(&super::Rubric) -> Option<T>,
    ) -> Vec<T> {
        let cards = self.plan.rubrics.iter().filter_map(|planned| {
            let unknown = match applies(&planned.rubric, &self.info) {
                Applicable::OtherLanguage => return None,
                Applicable::No => return other(&planned.rubric),
                Applicable::Yes => Vec::new(),
                Applicable::Unknown(attributes) => attributes,
            };
            let (outcomes, scene) = (self.outcomes(planned), self.scene(&planned.rubric));
            let near_misses = self.near_misses;
            let prover = Prover { planned, scene: &scene, outcomes: &outcomes, near_misses };
            Some(judge(&prover, unknown))
        });
        cards.collect()
    }

    /// Reads all that is left.
    pub(super) fn end(&mut self, duration_ms: u64, rate_per_min: PerParty<Option<f32>>) {
        let told = |rate: Option<f32>| rate.filter(|_| self.parties_sure).map(told::tenth);
        self.rate_per_min =
            PerParty { agent: told(rate_per_min.agent), customer: told(rate_per_min.customer) };
        self.advance(super::stream::FOREVER);
        let end = self.written.as_ref().map_or(AudioTime::from_ms(duration_ms), Written::end);
        self.end = Some(end.max(self.last_end()));
        self.search();
    }

    /// Reads all that there was at a time of the call, or of the chat.
    pub(super) fn read_until(&mut self, until: AudioTime) {
        self.advance(self.written.as_ref().map_or(until, |written| written.horizon(until)));
    }

    fn last_end(&self) -> AudioTime {
        self.speech.all().iter().map(|said| said.utterance.span.end()).max().unwrap_or_default()
    }

    pub(super) fn rubrics(&self) -> impl Iterator<Item = &'p Planned> {
        self.may_apply.iter().map(|&place| &self.plan.rubrics[place])
    }

    pub(super) fn outcomes(&self, planned: &Planned) -> Vec<Outcome> {
        let scene = self.scene(&planned.rubric);
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(planned.asked.len());
        for (condition, asked) in planned.rubric.conditions.iter().zip(&planned.asked) {
            let outcome = op::outcome(condition, asked, &scene, &outcomes);
            outcomes.push(outcome);
        }
        outcomes
    }

    pub(super) fn scene<'s>(&'s self, rubric: &super::Rubric) -> Scene<'s> {
        Scene {
            info: &self.info,
            matcher: &self.plan.matcher,
            speech: &self.speech,
            hits: &self.hits,
            silences: &self.silences,
            overtalk: &self.overtalk,
            rates: &self.rates,
            rate_per_min: self.rate_per_min,
            unheard: &self.unheard,
            loudness: &self.loudness,
            holds: &self.holds,
            personal_complete: match self.plan.matcher.has_personal() {
                true => self.personal.complete(&self.speech, self.horizon),
                false => self.horizon,
            },
            horizon: self.horizon,
            end: self.end,
            confidence_min: rubric.confidence_min,
            written: self.written.as_ref(),
        }
    }
}
