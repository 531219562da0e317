//! A dialogue acted out at a steady pace: utterances with times, and the real measures over them.
//!
//! In: a dialogue. Out: what the evaluator asks of a call. Times are made up; silences, overtalk and
//! rates are measured from them as in a recorded call.

use std::collections::BTreeMap;

use crate::domain::{AudioTime, CallRecord, Language, LegIx, Party, Span, Utterance};
use crate::measure::{Input, MeasureConfig, measure};
use crate::text::units;

use super::super::file::Place;
use super::{Act, AsksToWait, Dialogue, Manner, Who};

/// Between turns.
const GAP_MS: u64 = 500;
/// How long somebody talks over the one who is cut short.
const OVER_MS: u64 = 1200;
/// How surely made-up speech is recognised.
const CONFIDENCE: f32 = 0.9;

/// A dialogue as a call.
pub(super) struct Spoken {
    pub(super) record: CallRecord,
    /// The place in the file of each utterance.
    pub(super) places: Vec<Place>,
}

/// Milliseconds that a character or word takes, spoken plainly and fast.
fn pace_ms(language: &Language) -> (u64, u64) {
    if language.is_chinese() { (250, 110) } else { (400, 180) }
}

impl Dialogue {
    /// The dialogue as a call that was heard word for word.
    pub fn record(&self, asks_to_wait: AsksToWait) -> CallRecord {
        speak(self, asks_to_wait, str::to_owned).record
    }
}

/// Acts a dialogue out; `hear` gives what is heard of each text.
pub(super) fn speak(
    dialogue: &Dialogue,
    asks_to_wait: AsksToWait,
    mut hear: impl FnMut(&str) -> String,
) -> Spoken {
    let (plain, fast) = pace_ms(&dialogue.language);
    let (mut utterances, mut holds, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let mut now = GAP_MS;
    for turn in &dialogue.turns {
        let (who, text, manner) = match &turn.act {
            Act::Silence(ms) => {
                now += ms;
                continue;
            }
            Act::Hold(ms) => {
                holds.push(Span::from_ms(now - GAP_MS, now + ms));
                now += ms;
                continue;
            }
            Act::Says { who, text, manner } => (*who, text, *manner),
        };
        let start = if manner == Manner::Over { now.saturating_sub(GAP_MS + OVER_MS) } else { now };
        let unit_ms = if manner == Manner::Fast { fast } else { plain };
        // The pace is that of what was said, whatever is heard of it.
        let end = start + 200 + unit_ms * u64::from(units(text, &dialogue.language));
        let (party, speaker) = match who {
            Who::Agent => (Party::Agent, 0),
            Who::SecondAgent => (Party::Agent, 2),
            Who::Customer => (Party::Customer, 1),
        };
        utterances.push(Utterance {
            id: utterances.len() as u32,
            leg: LegIx(u8::from(party == Party::Customer)),
            speaker,
            party,
            span: Span::at_least_1_ms(AudioTime::from_ms(start), AudioTime::from_ms(end)),
            text: hear(text).into(),
            confidence: CONFIDENCE,
            words: Vec::new(),
        });
        places.push(turn.place);
        now = end + GAP_MS;
    }
    let holds: Vec<Span> = holds.into_iter().flatten().collect();
    let waits = utterances.iter().filter(|one| asks_to_wait(one.text.as_str(), &dialogue.language));
    let conversation = measure(&Input {
        utterances: &utterances,
        language: &dialogue.language,
        loudness_dbfs: &BTreeMap::new(),
        holds: &holds,
        announces_wait: &waits.map(|one| one.id).collect(),
        goes_on: false,
        duration_ms: now,
        config: &MeasureConfig::default(),
    });
    let record = CallRecord {
        info: dialogue.info.clone(),
        utterances,
        conversation,
        duration_ms: now,
        parties_confidence: 1.0,
        unheard: Vec::new(),
    };
    Spoken { record, places }
}
