//! Where phrases are said: each utterance is searched once, as soon as its neighbours are known.
//!
//! In: utterances up to the horizon. Out: hits, by phrase. A hit belongs to the utterance it ends in.

use crate::domain::How;

use super::Evaluation;
use crate::rubric::askers::Askers;
use crate::rubric::entity;
use crate::rubric::matcher::Spoken;
use crate::rubric::stream::{FOREVER, Guard, Hit, Source, Spot};

impl Evaluation<'_> {
    /// Searches what has become known since the last time.
    pub(super) fn search(&mut self) {
        let horizon = if self.end.is_some() { FOREVER } else { self.horizon };
        for i in self.speech.take_closed(horizon) {
            let mut found = self.said_in(i, &self.speech.stretch(i), |_, to| to.utterance == i);
            let over_seam = |from: Spot, to: Spot| from.utterance < i && to.utterance == i;
            let seam = self.speech.seam(i);
            found.extend(seam.into_iter().flat_map(|seam| self.said_in(i, &seam, over_seam)));
            found.retain(|(phrase, hit)| !self.is_known(*phrase, hit));
            for (phrase, hit) in found {
                self.hits.push(phrase, hit);
            }
        }
        for found in self.personal.find(&self.plan.matcher, &self.speech, horizon) {
            let (from, to) = (found.from, found.to);
            let stretch = self.speech.stretch(to.utterance);
            let spoken: Vec<&Spoken> = stretch.iter().map(|(_, spoken)| *spoken).collect();
            let at = |spot| stretch.iter().position(|(other, _)| *other == spot);
            let last = at(to).unwrap_or(0);
            let guard = Guard::at(&spoken, &(at(from).unwrap_or(last).min(last)..last + 1));
            let (phrase, how, distance) = (found.phrase, How::Entity, 0.0);
            let source = Source::Phrase { phrase, from, to, how, distance, guard };
            let hit = self.hit(to.utterance, from, to, source);
            self.hits.push(phrase, hit);
        }
        self.hits.sort();
    }

    /// Whether the same words of the same party already began the same phrase, which then ended in the utterance before.
    fn is_known(&self, phrase: usize, hit: &Hit) -> bool {
        let begins = |hit: &Hit| match hit.source {
            Source::Phrase { from, .. } => Some((from, hit.party)),
            _ => None,
        };
        let before = begins(hit).filter(|(from, _)| Some(from.utterance) < hit.utterance);
        before.is_some() && self.hits.of(phrase).iter().map(begins).any(|from| from == before)
    }

    /// Phrases and entities in a stretch around an utterance, of those whose ends are wanted.
    fn said_in(
        &self,
        i: usize,
        stretch: &[(Spot, &Spoken)],
        wanted: impl Fn(Spot, Spot) -> bool,
    ) -> Vec<(usize, Hit)> {
        let spoken: Vec<&Spoken> = stretch.iter().map(|(_, spoken)| *spoken).collect();
        let (matcher, askers) = (&self.plan.matcher, self.askers(i));
        // What ends in another utterance is found when that is searched.
        let upto = |i: usize| stretch.iter().take_while(|(spot, _)| spot.utterance < i).count();
        let phrases = matcher.find(&spoken, upto(i)..upto(i + 1), &self.names, askers);
        let entities = entity::find(matcher, askers, &self.speech, i, stretch);
        let hits = phrases.into_iter().chain(entities).filter_map(|heard| {
            let (from, to) = (stretch[heard.tokens.start].0, stretch[heard.tokens.end - 1].0);
            let hit = || {
                let guard = Guard::at(&spoken, &heard.tokens);
                let (phrase, how, distance) = (heard.phrase, heard.how, heard.distance);
                self.hit(i, from, to, Source::Phrase { phrase, from, to, how, distance, guard })
            };
            wanted(from, to).then(|| (heard.phrase, hit()))
        });
        hits.collect()
    }

    /// Who asks for words in an utterance.
    fn askers(&self, i: usize) -> Askers {
        let mut askers = Askers::default();
        let party = self.speech.all()[i].party;
        self.may_apply.iter().for_each(|&rubric| askers.join(Askers::of(rubric, party)));
        askers
    }

    fn hit(&self, i: usize, from: Spot, to: Spot, source: Source) -> Hit {
        let said = &self.speech.all()[i];
        let (first, _) = self.speech.heard_at(from);
        let (last, _) = self.speech.heard_at(to);
        Hit {
            span: first.cover(last),
            leg: Some(said.utterance.leg),
            party: said.party,
            utterance: Some(i),
            turn: said.turn,
            source,
        }
    }
}
