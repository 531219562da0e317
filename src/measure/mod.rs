//! Measures of a conversation: who spoke how long, how fast, how loud, over whom, when nobody did.
//!
//! In: utterances with their times, loudness, holds, and which utterances announce a wait. Out: a
//! [`Conversation`]. It must not judge: bounds for good and bad belong to rubrics. The order of the
//! utterances does not matter.

mod overtalk;
mod rate;
mod silence;
mod spans;
mod written;

pub use written::{WrittenAnswer, written_answers};

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Conversation, Language, Loudness, Manner, Party, PerParty, Span, Utterance};

/// What is told apart where. Every value in milliseconds unless its name says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureConfig {
    /// Shorter gaps are breath and thought: turns of a fluent talk lie under a second apart.
    pub silence_ms_min: u64,
    /// An announcement holds over a gap that begins this soon after it, even if the agent added
    /// some words ("我看一下") in between.
    pub announced_ms_max: u64,
    /// Shorter overlaps come from reactions (200 ms) and from the edges of speech detection.
    pub overlap_ms_min: u64,
    /// At a change of turns both ends are padded by speech detection; so much more must overlap.
    pub edge_ms: u64,
    /// A longer contribution wants the floor.
    pub backchannel_ms_max: u64,
    /// "嗯好的", "I see, right": more characters or words say something.
    pub backchannel_units_max: u32,
    /// Utterances of one voice closer than this are one breath: after how long it is interrupted
    /// counts from the first, and interruptions count once.
    pub breath_ms_max: u64,
    /// Longer gaps between words are pauses, and no speaking time.
    pub word_gap_ms_max: u64,
    /// Characters (Chinese) from which on a rate means something; fewer are dominated by the edges.
    pub rate_characters_min: u32,
    /// The same in words.
    pub rate_words_min: u32,
}

impl Default for MeasureConfig {
    fn default() -> Self {
        Self {
            silence_ms_min: 2000,
            announced_ms_max: 5000,
            overlap_ms_min: 300,
            edge_ms: 150,
            backchannel_ms_max: 1200,
            backchannel_units_max: 4,
            breath_ms_max: 700,
            word_gap_ms_max: 300,
            rate_characters_min: 8,
            rate_words_min: 5,
        }
    }
}

/// What is known about a call once all of it was heard.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// All utterances, in any order.
    pub utterances: &'a [Utterance],
    /// The language they are in.
    pub language: &'a Language,
    /// Loudness by utterance id, in dB below full scale; others are left out of the measures.
    pub loudness_dbfs: &'a BTreeMap<u32, f32>,
    /// Music on hold, transfer tones, and holds from the sidecar.
    pub holds: &'a [Span],
    /// Ids of utterances in which somebody is asked to wait.
    pub announces_wait: &'a BTreeSet<u32>,
    /// The call's length in milliseconds, so far.
    pub duration_ms: u64,
    /// Whether it goes on: then somebody waits in what comes after the last utterance.
    pub goes_on: bool,
    /// What is told apart where.
    pub config: &'a MeasureConfig,
}

/// Measures a call.
pub fn measure(input: &Input<'_>) -> Conversation {
    let mut utterances: Vec<&Utterance> = input.utterances.iter().collect();
    utterances.sort_by_key(|one| (one.span, one.leg, one.id));
    let silences = silence::silences(input, &utterances);
    let (rates, rate_per_min) = rate::rates(input, &utterances);
    let spoken = |party| {
        let of_party = utterances.iter().filter(|one| one.party == party);
        let total = spans::total_ms(&spans::merged(of_party.map(|one| one.span)));
        total.min(input.duration_ms)
    };
    Conversation {
        manner: Manner::Spoken,
        talk_ms: PerParty { agent: spoken(Party::Agent), customer: spoken(Party::Customer) },
        overtalk: overtalk::overtalk(input, &utterances),
        rates,
        rate_per_min,
        loudness: loudness(input, &utterances),
        holds: spans::merged(input.holds.iter().copied()),
        response_ms: silence::responses_ms(&utterances, &silences),
        silences,
    }
}

fn loudness(input: &Input<'_>, utterances: &[&Utterance]) -> Vec<Loudness> {
    let of = |one: &&Utterance| {
        let dbfs = *input.loudness_dbfs.get(&one.id)?;
        Some(Loudness { utterance: one.id, party: one.party, span: one.span, dbfs })
    };
    utterances.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests;
