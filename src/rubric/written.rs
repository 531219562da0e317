//! What was written, as rules hear it.
//!
//! In: the messages of a chat where they were written. Out: the same as if they were said one after the
//! other, and the way back. A chat's clock runs through lunch breaks, so a rule's "last 20 seconds" cannot
//! mean it; what rules find is shown at the time it was written.

use crate::domain::{AudioTime, Language, Span, Utterance};
use crate::text;

/// Between two messages as they are read to the rules: less than a new start.
const PAUSE_MS: u64 = 500;

/// A character or word of speech, in milliseconds.
const CHARACTER_MS: u64 = 250;
const WORD_MS: u64 = 400;

/// The shortest message, "好", in milliseconds.
const MESSAGE_MS_MIN: u64 = 500;

/// Where each text would be heard, were they said one after the other.
pub fn said_in_turn<'t>(
    texts: impl IntoIterator<Item = &'t str>,
    language: &Language,
) -> Vec<Span> {
    let unit_ms = if language.is_chinese() { CHARACTER_MS } else { WORD_MS };
    let mut at = AudioTime::ZERO;
    let one = |text| {
        let ms = u64::from(units(text, language)) * unit_ms;
        let span = Span::at_least_1_ms(at, at.plus_ms(ms.max(MESSAGE_MS_MIN)));
        at = span.end().plus_ms(PAUSE_MS);
        span
    };
    texts.into_iter().map(one).collect()
}

/// Digits are read out one by one, and what was starred counts as the digits it was: masked or not, a
/// chat takes as long.
fn units(text: &str, language: &Language) -> u32 {
    let is_digit = |c: &char| c.is_numeric() || *c == '*';
    let words: String = text.chars().map(|c| if is_digit(&c) { ' ' } else { c }).collect();
    text::units(&words, language) + text.chars().filter(is_digit).count() as u32
}

/// Two times of a chat: when messages were written, and when they would be heard.
#[derive(Debug)]
pub(crate) struct Written {
    /// Whether it is known when.
    pub(crate) timed: bool,
    heard: Vec<Span>,
    written: Vec<Span>,
}

impl Written {
    /// The times of a chat, and its messages where they would be heard.
    pub(crate) fn hear(
        utterances: &[Utterance],
        language: &Language,
        timed: bool,
    ) -> (Self, Vec<Utterance>) {
        let mut utterances = utterances.to_vec();
        utterances.sort_by_key(|one| (one.span.start(), one.leg, one.id));
        let written = utterances.iter().map(|one| one.span).collect();
        let heard = said_in_turn(utterances.iter().map(|one| one.text.as_str()), language);
        utterances.iter_mut().zip(&heard).for_each(|(one, span)| one.span = *span);
        (Self { timed, heard, written }, utterances)
    }

    /// The end of what is heard.
    pub(crate) fn end(&self) -> AudioTime {
        self.heard.last().map_or(AudioTime::ZERO, |span| span.end())
    }

    /// Up to where all is heard by a time of the chat: what is written later is heard from here on.
    pub(crate) fn horizon(&self, until: AudioTime) -> AudioTime {
        let by_then = self.written.partition_point(|span| span.start() < until);
        match self.heard.get(by_then) {
            Some(next) => next.start(),
            None => self.end().plus_ms(PAUSE_MS),
        }
    }

    /// When the message at this place was written.
    pub(crate) fn start(&self, place: usize) -> AudioTime {
        self.written.get(place).map_or(AudioTime::ZERO, |span| span.start())
    }

    /// A stretch that was heard, at the time it was written.
    pub(crate) fn back(&self, span: Span) -> Span {
        let start = self.moment(span.start());
        // The last moment inside, so that an end does not reach into the next message.
        let end = self.moment(span.end().minus_ms(1)).plus_ms(1);
        Span::at_least_1_ms(start, end)
    }

    /// In proportion inside a message, its end in the pause after it.
    fn moment(&self, at: AudioTime) -> AudioTime {
        let ix = self.heard.partition_point(|span| span.start() <= at).saturating_sub(1);
        let (Some(from), Some(to)) = (self.heard.get(ix), self.written.get(ix)) else { return at };
        let inside = at.since_ms(from.start()).min(from.len_ms());
        to.start().plus_ms(inside * to.len_ms() / from.len_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Written {
        let spans = |all: [(u64, u64); 2]| all.map(|(a, b)| Span::from_ms(a, b).unwrap()).to_vec();
        let heard = spans([(0, 1000), (1500, 3500)]);
        Written { timed: true, heard, written: spans([(0, 400), (9000, 11_000)]) }
    }

    #[test]
    fn a_masked_text_takes_as_long() {
        let zh = Language::chinese();
        for (clear, masked) in [("安全码123。", "安全码***。"), ("19900006136", "199****6136")]
        {
            assert_eq!(said_in_turn([clear], &zh), said_in_turn([masked], &zh));
        }
        assert_eq!(units("手机 8026", &zh), 6);
    }

    #[test]
    fn what_is_heard_is_put_back() {
        for (at, want) in
            [(0, 0), (500, 200), (1200, 400), (1500, 9000), (2500, 10_000), (9999, 11_000)]
        {
            assert_eq!(times().moment(AudioTime::from_ms(at)).ms(), want);
        }
    }

    #[test]
    fn what_is_written_later_is_not_heard() {
        for (until, want) in [(0, 0), (1, 1500), (9000, 1500), (9001, 4000), (99_999, 4000)] {
            assert_eq!(times().horizon(AudioTime::from_ms(until)).ms(), want, "{until}");
        }
    }
}
