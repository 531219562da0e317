//! From a report back to the call as rules judge it: the way in of backtests and explanations.
//!
//! In: a [`Report`]. Out: a [`CallRecord`], judged to the same scorecards as the call was when the
//! report was written. What rules never ask for (the recording's form, what was masked) stays behind.

use std::collections::BTreeMap;

use super::{
    Call, Conversation, Loudness, Media, Overtalk, Rate, Report, Silence, Stretch, Transcript,
    Utterance, Word,
};
use crate::domain::{
    self, AudioTime, CallId, CallInfo, CallRecord, Direction, IdError, Language, LegIx, Manner,
    Party, PerParty, Sensitive, Span,
};

/// Why a report cannot be judged again.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The call's id is none.
    #[error("call.call_id: {0}")]
    CallId(#[from] IdError),
    /// A word that the contract does not have.
    #[error("{field}: `{word}` is not known")]
    Unknown {
        /// Where it stands.
        field: &'static str,
        /// What stands there.
        word: String,
    },
}

impl Report {
    /// The call, ready to be judged again.
    ///
    /// Reports of before `unheard` and `parties_confidence` were kept are read as well: then rejected
    /// texts and failed stretches are what was not heard, and the legs say how sure the parties are.
    ///
    /// # Errors
    /// [`RecordError`] when a word in it is none of the contract's.
    pub fn into_record(self) -> Result<CallRecord, RecordError> {
        let language = Language::new(&self.transcript.language)
            .ok_or_else(|| unknown("transcript.language", &self.transcript.language))?;
        Ok(CallRecord {
            parties_confidence: parties_confidence(&self.transcript, &self.media) as f32,
            unheard: unheard(&self.transcript, &self.media),
            duration_ms: ms(self.media.duration_s),
            info: info(self.call, language)?,
            conversation: conversation(self.conversation, manner(&self.media))?,
            utterances: self
                .transcript
                .utterances
                .into_iter()
                .map(utterance)
                .collect::<Result<_, RecordError>>()?,
        })
    }
}

fn unknown(field: &'static str, word: &str) -> RecordError {
    RecordError::Unknown { field, word: word.to_owned() }
}

fn ms(seconds: f64) -> u64 {
    AudioTime::from_secs_f64(seconds).ms()
}

fn span(start_s: f64, end_s: f64) -> Span {
    Span::at_least_1_ms(AudioTime::from_secs_f64(start_s), AudioTime::from_secs_f64(end_s))
}

fn party(field: &'static str, word: &str) -> Result<Party, RecordError> {
    Party::parse(word).ok_or_else(|| unknown(field, word))
}

fn parties_confidence(transcript: &Transcript, media: &Media) -> f64 {
    if let Some(told) = transcript.parties_confidence {
        return told;
    }
    if let [_, _, ..] = media.legs.as_slice() {
        return media.legs.iter().map(|leg| leg.party_confidence).fold(1.0, f64::min);
    }
    // Of voices told apart on one leg, an older report only says whether anybody was named.
    let named = transcript.utterances.iter().any(|one| one.party != Party::Unknown.as_str());
    if named { 1.0 } else { 0.0 }
}

fn manner(media: &Media) -> Manner {
    if media.codec != domain::Media::CHAT {
        return Manner::Spoken;
    }
    let no_times = domain::ProblemKind::NoTimes.as_str();
    Manner::Written { timed: !media.problems.iter().any(|problem| problem.kind == no_times) }
}

fn unheard(transcript: &Transcript, media: &Media) -> Vec<Span> {
    if let Some(told) = &transcript.unheard {
        return told.iter().map(|one| span(one.start_s, one.end_s)).collect();
    }
    let not_recognised = domain::ProblemKind::NotRecognised.as_str();
    let failed = media.problems.iter().filter(|problem| problem.kind == not_recognised);
    let failed = failed.filter_map(|one| Some(span(one.start_s?, one.end_s?)));
    let rejected = transcript.rejected.iter().map(|one| span(one.start_s, one.end_s));
    let mut unheard: Vec<Span> = rejected.chain(failed).collect();
    unheard.sort();
    unheard
}

fn info(call: Call, language: Language) -> Result<CallInfo, RecordError> {
    let direction = call
        .direction
        .map(|word| Direction::parse(&word).ok_or_else(|| unknown("call.direction", &word)));
    let (agent_id, agent_name) = call.agent.map_or((None, None), |agent| (agent.id, agent.name));
    Ok(CallInfo {
        direction: direction.transpose()?,
        vendor: call.vendor,
        client: call.client,
        project: call.project,
        queue: call.queue,
        team: call.team,
        agent_id,
        agent_name: agent_name.map(Sensitive::new),
        started_at: call.started_at,
        ring_ms: call.ring_s.map(ms),
        rings: call.rings,
        language: Some(language),
        extra: call.extra.into_iter().map(|(key, value)| (key, value.to_string())).collect(),
        ..CallInfo::unknown(CallId::new(&call.call_id)?)
    })
}

fn utterance(one: Utterance) -> Result<domain::Utterance, RecordError> {
    let word = |word: Word| domain::Word {
        text: word.text.into(),
        span: span(word.start_s, word.end_s),
        confidence: word.confidence as f32,
    };
    Ok(domain::Utterance {
        id: one.id,
        leg: LegIx(one.leg),
        speaker: one.speaker,
        party: party("transcript.utterances.party", &one.party)?,
        span: span(one.start_s, one.end_s),
        text: one.text.into(),
        confidence: one.confidence as f32,
        words: one.words.into_iter().map(word).collect(),
    })
}

fn per_party<T>(values: &BTreeMap<String, f64>, of: impl Fn(Option<f64>) -> T) -> PerParty<T> {
    let value = |party: Party| of(values.get(party.as_str()).copied());
    PerParty { agent: value(Party::Agent), customer: value(Party::Customer) }
}

fn conversation(told: Conversation, manner: Manner) -> Result<domain::Conversation, RecordError> {
    let silence = |one: Silence| domain::Silence {
        span: span(one.start_s, one.end_s),
        announced: one.announced,
        hold: one.hold,
    };
    let overtalk = |one: Overtalk| -> Result<_, RecordError> {
        Ok(domain::Overtalk {
            span: span(one.start_s, one.end_s),
            by: party("conversation.overtalk.by", &one.by)?,
            after_ms: ms(one.after_s),
            backchannel: one.backchannel,
        })
    };
    let rate = |one: Rate| -> Result<_, RecordError> {
        Ok(domain::SpeakingRate {
            utterance: one.utterance,
            party: party("conversation.rates.party", &one.party)?,
            span: span(one.start_s, one.end_s),
            units: one.units,
            per_min: one.per_min as f32,
        })
    };
    let loudness = |one: Loudness| -> Result<_, RecordError> {
        Ok(domain::Loudness {
            utterance: one.utterance,
            party: party("conversation.loudness.party", &one.party)?,
            span: span(one.start_s, one.end_s),
            dbfs: one.dbfs as f32,
        })
    };
    let hold = |one: &Stretch| span(one.start_s, one.end_s);
    Ok(domain::Conversation {
        manner,
        talk_ms: per_party(&told.talk_s, |seconds| seconds.map_or(0, ms)),
        silences: told.silences.into_iter().map(silence).collect(),
        overtalk: told.overtalk.into_iter().map(overtalk).collect::<Result<_, RecordError>>()?,
        rates: told.rates.into_iter().map(rate).collect::<Result<_, RecordError>>()?,
        rate_per_min: per_party(&told.rate_per_min, |rate| rate.map(|rate| rate as f32)),
        loudness: told.loudness.into_iter().map(loudness).collect::<Result<_, RecordError>>()?,
        holds: told.holds.iter().map(hold).collect(),
        response_ms: told.response_s.into_iter().map(ms).collect(),
    })
}
