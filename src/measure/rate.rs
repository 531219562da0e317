//! Speaking rate: characters or words per minute of speech.
//!
//! In: utterances in order. Out: a rate for each that is long enough, and one for each party.

use super::{Input, spans};
use crate::domain::{Party, PerParty, Span, SpeakingRate, Utterance};
use crate::text::units;

/// Rates by utterance, and by party over all its speech.
pub(super) fn rates(
    input: &Input<'_>,
    utterances: &[&Utterance],
) -> (Vec<SpeakingRate>, PerParty<Option<f32>>) {
    let units_min = if input.language.is_chinese() {
        input.config.rate_characters_min
    } else {
        input.config.rate_words_min
    };
    let mut rates = Vec::new();
    let mut sums: PerParty<(u64, u64)> = PerParty::default();
    for one in utterances {
        let count = units(one.text.as_str(), input.language);
        let ms = speech_ms(one, input.config.word_gap_ms_max);
        if let Some(sum) = sums.get_mut(one.party) {
            *sum = (sum.0 + u64::from(count), sum.1 + ms);
        }
        if count >= units_min {
            rates.push(SpeakingRate {
                utterance: one.id,
                party: one.party,
                span: one.span,
                units: count,
                per_min: per_min(u64::from(count), ms),
            });
        }
    }
    let of = |party| {
        sums.get(party)
            .filter(|(count, _)| *count >= u64::from(units_min))
            .map(|&(count, ms)| per_min(count, ms))
    };
    (rates, PerParty { agent: of(Party::Agent), customer: of(Party::Customer) })
}

fn per_min(units: u64, ms: u64) -> f32 {
    (units as f64 * 60_000.0 / ms.max(1) as f64) as f32
}

/// Milliseconds in which words are said; gaps longer than `gap_ms_max` are left out. Without words,
/// all of the utterance.
pub(super) fn speech_ms(one: &Utterance, gap_ms_max: u64) -> u64 {
    let words = spans::merged(one.words.iter().filter_map(|word| word.span.overlap(one.span)));
    if words.is_empty() {
        return one.span.len_ms();
    }
    let gaps = words.windows(2).filter_map(|pair| Span::new(pair[0].end(), pair[1].start()));
    let short: u64 = gaps.map(Span::len_ms).filter(|&ms| ms <= gap_ms_max).sum();
    spans::total_ms(&words) + short
}
