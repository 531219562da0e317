//! What a call is judged by.
//!
//! In: a call that has ended, or goes on. Out: what was said and measured, and how much of it may yet turn out otherwise.

use crate::domain::{
    AudioTime, CallInfo, CallRecord, Conversation, EndedCall, InferredDirection, Leg, PartyFrom,
    Span, Utterance,
};
use crate::rubric::speech::JOIN_MS;

/// What of who speaks stays as it is when more of a call is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoSpeaks {
    /// All of it: somebody who knows said who is who.
    Told,
    /// Voices are apart by their legs. Who is who follows from what was said, and more of it may tell otherwise.
    ByLeg,
    /// Nothing: one leg holds all voices, and they are told apart when the call is over.
    Open,
}

impl WhoSpeaks {
    fn on(legs: &[Leg]) -> Self {
        let told = |leg: &Leg| leg.party_from == PartyFrom::Sidecar;
        match legs {
            [_] => Self::Open,
            legs if legs.iter().all(told) => Self::Told,
            _ => Self::ByLeg,
        }
    }
}

/// All facts of a call that has ended.
#[derive(Debug, Clone, Copy)]
pub struct CallFacts<'a> {
    /// What is known from outside the audio.
    pub info: &'a CallInfo,
    /// Everything that was said, in any order.
    pub utterances: &'a [Utterance],
    /// The measures.
    pub conversation: &'a Conversation,
    /// The call's length in milliseconds.
    pub duration_ms: u64,
    /// How sure the parties are, 0 to 1.
    pub parties_confidence: f32,
    /// How sure who speaks is while the call goes on.
    pub who: WhoSpeaks,
    /// Whether somebody who knows said who called whom; else the opening tells, when all of it was heard.
    pub direction_told: bool,
    /// Stretches of speech that were not recognised, or not believed.
    pub unheard: &'a [Span],
}

impl<'a> From<&'a CallRecord> for CallFacts<'a> {
    fn from(record: &'a CallRecord) -> Self {
        Self {
            info: &record.info,
            utterances: &record.utterances,
            conversation: &record.conversation,
            duration_ms: record.duration_ms,
            parties_confidence: record.parties_confidence,
            // The call is over.
            who: WhoSpeaks::Told,
            direction_told: true,
            unheard: &record.unheard,
        }
    }
}

impl<'a> CallFacts<'a> {
    /// The facts of a call whose language is known.
    pub fn of(info: &'a CallInfo, ended: &'a EndedCall) -> Self {
        Self {
            info,
            utterances: &ended.transcript.utterances,
            conversation: &ended.conversation,
            duration_ms: ended.media.duration_ms,
            parties_confidence: ended.parties_confidence,
            who: WhoSpeaks::on(&ended.media.legs),
            direction_told: info.direction.is_some() && ended.direction.is_none(),
            unheard: &ended.unheard,
        }
    }
}

impl CallFacts<'_> {
    /// Whether the opening is over, and every utterance that began in it.
    pub(super) fn opened_before(&self, horizon: AudioTime) -> bool {
        let spans = self.utterances.iter().map(|one| one.span);
        let first = spans.clone().map(|span| span.start()).min();
        first.is_some_and(|first| {
            let over = first.plus_ms(InferredDirection::OPENING_MS);
            let mut opening = spans.filter(|span| span.start() < over);
            over <= horizon && opening.all(|span| span.end().plus_ms(JOIN_MS) <= horizon)
        })
    }
}
