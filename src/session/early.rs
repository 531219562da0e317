//! Speech that goes on and was heard early: what the call would be with it.
//!
//! In: words of speech that is not over. Out: the call as of now with them in it. Nothing of it is kept, so that the call's events owe it
//! nothing.

use super::leg::{LegStage, is_tone};
use super::{CallSession, SoFar};
use crate::domain::{AudioTime, EndedCall, LegIx, Party, Span, Utterance};
use crate::speech::{Heard, HeardWord, Piece, Window};

/// So much before the end of what was heard early of speech that goes on, words may still become others, in milliseconds.
const EARLY_TAIL_MS: u64 = 400;

/// Speech that lasts so long is somebody's turn, whatever is being said in it; its pads count. In milliseconds.
const TURN_MS_MIN: u64 = 1_000;

/// What was heard of speech that is not over. More of it may put other words in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Early {
    /// Whose.
    pub leg: LegIx,
    /// From the start of the speech, as [`CallSession::open_speech`] tells it, to as far as it was heard.
    pub span: Span,
    /// Its words; times are those since the start of the span.
    pub words: Vec<HeardWord>,
}

/// A number may go on: so far it cannot be told whether it is somebody's.
fn is_of_a_number(word: &HeardWord) -> bool {
    let text = word.text.trim();
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_digit() || "零〇一二三四五六七八九幺两-".contains(c))
}

impl Early {
    /// Its words, without the number that they end in.
    pub fn without_open_number(&self) -> &[HeardWord] {
        let open = self.words.iter().rev().take_while(|word| is_of_a_number(word)).count();
        &self.words[..self.words.len() - open]
    }

    /// Words that start before this have been said, as far as they were understood.
    fn known_to(&self) -> AudioTime {
        self.span.end().minus_ms(EARLY_TAIL_MS).max(self.span.start())
    }

    /// As if the recogniser had answered with it, but for its last words.
    pub(super) fn window(&self) -> (Window, Heard) {
        let known_ms = self.known_to().since_ms(self.span.start());
        let words = self.without_open_number().iter().filter(|word| word.end_ms <= known_ms);
        let piece = Piece { at_ms: 0, span: self.span };
        let window = Window { leg: self.leg, samples: Vec::new(), pieces: vec![piece] };
        (window, Heard { words: words.cloned().collect(), looped: false })
    }
}

impl CallSession {
    /// [`CallSession::so_far`] with what was heard early of speech that is not over, and with the turns that have begun and of
    /// which nothing was heard yet, as utterances without a word: `legs` tells how far each leg is known so, and nothing is
    /// certain that hangs on it. None where there is nothing early that is not known by now. How fast and how loud an
    /// utterance is, is told when it is over.
    pub fn so_far_early(&self, early: &[Early]) -> Option<SoFar> {
        let counts = |early: &&Early| {
            !self.is_answered(early) && !is_tone(&self.sanity, early.leg, early.span)
        };
        let early: Vec<Early> = early.iter().filter(counts).cloned().collect();
        let is_next = |early: &&Early, leg: &LegStage| {
            early.leg == leg.leg() && early.span.start() <= self.complete(leg)
        };
        let has_words = |early: &Early| !early.window().1.words.is_empty();
        // What was heard early and held no word at all is noise until more is heard of it.
        let is_told = |leg: &LegStage| {
            let mut next = early.iter().filter(|early| is_next(early, leg));
            next.any(|early| has_words(early) || early.words.is_empty())
        };
        let untold = self.legs.iter().filter(|leg| !is_told(leg));
        let turns: Vec<Turn> = untold.filter_map(|leg| self.begun(leg)).collect();
        if early.is_empty() && turns.is_empty() {
            return None;
        }
        let reaches = |leg: &LegStage| {
            let heard = early.iter().filter(|early| is_next(early, leg) && has_words(early));
            let begun = turns.iter().filter(|turn| turn.leg == leg.leg());
            let known = heard.map(Early::known_to).chain(begun.map(|turn| turn.start.plus_ms(1)));
            known.chain([self.complete(leg)]).max().unwrap_or_default()
        };
        let horizon = self.legs.iter().map(|leg| self.complete(leg)).min().unwrap_or_default();
        let legs = self.legs.iter().map(reaches).collect();
        let (info, mut call) = self.gathered(Some(horizon), &early);
        let is_early = |utterance: u32| {
            let said = call.transcript.utterances.iter().find(|one| one.id == utterance);
            let mut early = early.iter();
            said.is_some_and(|one| {
                early.any(|early| early.leg == one.leg && early.span.overlap_ms(one.span) > 0)
            })
        };
        call.conversation.rates.retain(|rate| !is_early(rate.utterance));
        call.conversation.loudness.retain(|loudness| !is_early(loudness.utterance));
        turns.iter().for_each(|turn| turn.begin(&mut call));
        Some(SoFar { info, call, horizon, legs })
    }

    /// The speech of a leg that follows what is complete of it, where it is somebody's turn.
    fn begun(&self, leg: &LegStage) -> Option<Turn> {
        let asked = self.windows.iter().filter(|(_, window)| window.leg == leg.leg());
        let spans = asked.flat_map(|(id, window)| {
            window.pieces.iter().map(move |piece| (piece.span, self.second_tries.contains(id)))
        });
        let span = match spans.min() {
            // In what is heard once more there may be nothing.
            Some((_, true)) => return None,
            Some((span, false)) => span,
            None => leg.open_span()?,
        };
        if span.len_ms() < TURN_MS_MIN {
            return None;
        }
        let floor_dbfs = self.floor_dbfs(leg.leg().ix());
        let is_own = self.foreign(leg.leg(), span, floor_dbfs).is_none();
        let speaks = is_own && !is_tone(&self.sanity, leg.leg(), span);
        speaks.then(|| Turn { leg: leg.leg(), start: span.start() })
    }

    /// Whether the speech of which something was heard early is over and recognised.
    fn is_answered(&self, early: &Early) -> bool {
        let windows = self.heard.values().map(|(window, _)| window);
        let mut of_leg = windows.filter(|window| window.leg == early.leg);
        of_leg.any(|window| window.pieces.iter().any(|piece| piece.span.overlap_ms(early.span) > 0))
    }
}

/// Somebody began to speak.
struct Turn {
    leg: LegIx,
    start: AudioTime,
}

impl Turn {
    /// Puts it into a call, as the last utterance.
    fn begin(&self, call: &mut EndedCall) {
        let of_leg = call.media.legs.iter().find(|leg| leg.leg == self.leg);
        let party = of_leg.map_or(Party::Unknown, |leg| leg.party);
        let utterances = &mut call.transcript.utterances;
        let id = utterances.iter().map(|one| one.id + 1).max().unwrap_or(0);
        utterances.push(Utterance {
            id,
            leg: self.leg,
            speaker: self.leg.0,
            party,
            span: Span::at_least_1_ms(self.start, self.start),
            text: String::new().into(),
            confidence: 0.0,
            words: Vec::new(),
        });
    }
}
