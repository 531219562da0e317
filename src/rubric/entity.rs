//! Entities among a call's speech: those that stand in a few words, and personal data, whose numbers
//! may be spread over several utterances of one voice.
//!
//! In: speech as it closes. Out: which phrase of the plan, from which token to which. Personal data is
//! looked for when nothing more can be added to what a voice has said.

use std::collections::BTreeMap;

use crate::domain::{AudioTime, How, LegIx, Utterance};
use crate::text::entity::{self, EntityKind, Piece};
use crate::text::pii;

use super::askers::Askers;
use super::matcher::{Heard, Matcher, Pause, Spoken};
use super::speech::Speech;
use super::stream::{FOREVER, Spot};

/// Utterances before, of anybody, in which a number may be asked for.
const ASKED_UTTERANCES: usize = 3;

/// Entities in the stretch of speech around an utterance.
pub(crate) fn find(
    matcher: &Matcher,
    askers: Askers,
    speech: &Speech<'_>,
    i: usize,
    stretch: &[(Spot, &Spoken)],
) -> Vec<Heard> {
    let phrase_of = |kind: EntityKind| {
        let phrase = matcher.entities().get(&kind).copied()?;
        (matcher.is_wanted(phrase, askers) && !matches!(kind, EntityKind::Personal(_)))
            .then_some(phrase)
    };
    if EntityKind::ALL.into_iter().all(|kind| phrase_of(kind).is_none()) {
        return Vec::new();
    }
    let pieces = read(speech, stretch);
    let asked = phrase_of(EntityKind::OrderNumber).is_some()
        && (i.saturating_sub(ASKED_UTTERANCES)..i).any(|k| {
            let said = speech.all()[k].spoken.iter().enumerate();
            let said: Vec<(Spot, &Spoken)> =
                said.map(|(token, one)| (Spot { utterance: k, token }, one)).collect();
            entity::asks_for_order(&read(speech, &said))
        });
    let found = entity::find(&pieces, asked, |kind| phrase_of(kind).is_some());
    let heard = found.into_iter().filter_map(|one| {
        let phrase = phrase_of(one.kind)?;
        Some(Heard { phrase, tokens: one.tokens, how: How::Entity, distance: 0.0 })
    });
    heard.collect()
}

/// Tokens with what was written before each.
fn read<'a>(speech: &'a Speech<'_>, stretch: &[(Spot, &'a Spoken)]) -> Vec<Piece<'a>> {
    let mut end: Option<(usize, usize)> = None;
    let mut out = Vec::with_capacity(stretch.len());
    for (spot, spoken) in stretch {
        let at = spoken.token.at.clone();
        let text = speech.all()[spot.utterance].utterance.text.as_str();
        let before = match end {
            Some((utterance, end)) if utterance == spot.utterance => text.get(end..at.start),
            // The mark that ended the utterance before stands there.
            Some(_) => Some(match spoken.pause {
                Pause::None => "",
                Pause::Clause => "，",
                Pause::Sentence | Pause::Question => "。",
            }),
            None => text.get(..at.start),
        };
        end = Some((spot.utterance, at.end));
        out.push(Piece { token: &spoken.token, before: before.unwrap_or_default() });
    }
    out
}

/// A number that was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    pub(crate) phrase: usize,
    pub(crate) from: Spot,
    pub(crate) to: Spot,
}

/// What has been read for personal data: of each voice up to which utterance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Personal {
    done: BTreeMap<Voice, usize>,
}

type Voice = (LegIx, u8);

/// Utterances of one voice that may be one number, by their place among all: closed when nothing more
/// can be added to them.
struct Chain {
    members: Vec<usize>,
    closed: bool,
}

impl Personal {
    /// Numbers in what has closed since the last time.
    pub(crate) fn find(
        &mut self,
        matcher: &Matcher,
        speech: &Speech<'_>,
        horizon: AudioTime,
    ) -> Vec<Number> {
        if !matcher.has_personal() {
            return Vec::new();
        }
        let mut out = Vec::new();
        for (voice, chains) in self.chains(speech, horizon) {
            for chain in chains.iter().filter(|chain| chain.closed) {
                out.extend(numbers(matcher, speech, voice, &chain.members));
                if let Some(last) = chain.members.last() {
                    self.done.insert(voice, last + 1);
                }
            }
        }
        out
    }

    /// Numbers yet to be found start at or after this.
    pub(crate) fn complete(&self, speech: &Speech<'_>, horizon: AudioTime) -> AudioTime {
        let chains = self.chains(speech, horizon).into_values().flatten();
        let first = chains.filter_map(|chain| chain.members.first().copied());
        let starts = first.map(|i| speech.all()[i].utterance.span.start());
        starts.min().unwrap_or(horizon).min(horizon)
    }

    /// What is left to be read of each voice.
    fn chains(&self, speech: &Speech<'_>, horizon: AudioTime) -> BTreeMap<Voice, Vec<Chain>> {
        let mut out = BTreeMap::<Voice, Vec<Chain>>::new();
        let span = |i: usize| speech.all()[i].utterance.span;
        for (i, said) in speech.all().iter().enumerate() {
            let voice = (said.utterance.leg, said.utterance.speaker);
            if self.done.get(&voice).is_some_and(|&done| i < done) {
                continue;
            }
            let chains = out.entry(voice).or_default();
            let joins = |chain: &&mut Chain| {
                let last = chain.members.last().map_or(FOREVER, |&last| span(last).end());
                span(i).start().since_ms(last) <= pii::PAUSE_MS_MAX
            };
            match chains.last_mut().filter(joins) {
                Some(chain) => chain.members.push(i),
                None => {
                    chains.iter_mut().for_each(|chain| chain.closed = true);
                    chains.push(Chain { members: vec![i], closed: false });
                }
            }
        }
        for chain in out.values_mut().filter_map(|chains| chains.last_mut()) {
            let end = chain.members.iter().map(|&i| span(i).end()).max().unwrap_or_default();
            chain.closed = horizon == FOREVER || end.plus_ms(pii::PAUSE_MS_MAX) < horizon;
        }
        out
    }
}

/// Numbers in a few utterances of one voice, with what was said before and between.
fn numbers(matcher: &Matcher, speech: &Speech<'_>, voice: Voice, members: &[usize]) -> Vec<Number> {
    let (Some(&first), Some(&last)) = (members.first(), members.last()) else { return Vec::new() };
    let from = first.saturating_sub(pii::CONTEXT_UTTERANCES);
    let around: Vec<Utterance> =
        speech.all()[from..=last].iter().map(|said| Utterance::clone(&said.utterance)).collect();
    let start = speech.all()[first].utterance.span.start();
    let found = pii::find(&around).into_iter();
    let found = found.filter(|one| one.leg == voice.0 && one.span.start() >= start);
    let place = found.filter_map(|one| {
        let phrase = *matcher.entities().get(&EntityKind::Personal(one.kind))?;
        let spots = members.iter().flat_map(|&utterance| {
            let tokens = 0..speech.all()[utterance].spoken.len();
            tokens.map(move |token| Spot { utterance, token })
        });
        // A token belongs to it when most of it is heard there.
        let inside = |spot: &Spot| {
            let heard = speech.heard_at(*spot).0;
            2 * heard.overlap_ms(one.span) > heard.len_ms()
        };
        let spots: Vec<Spot> = spots.filter(inside).collect();
        Some(Number { phrase, from: *spots.first()?, to: *spots.last()? })
    });
    place.collect()
}
