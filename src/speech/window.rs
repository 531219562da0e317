//! Segments are packed into windows, so that a recogniser never works on silence and no word is cut.
//!
//! In: segments of one leg. Out: [`Window`]s, and the way back from a time inside a window to the call.

use super::{HeardWord, Segment, WINDOW_MS_MAX};
use crate::audio::SAMPLE_RATE_HZ;
use crate::domain::{AudioTime, LegIx, Span};

/// A word that ends within this after a seam was said before it: what follows is the next piece's pad.
const SEAM_MS: u64 = 150;

/// A piece of this length (its pads count) without a word has words that were not heard; less may be
/// a cough.
const UNHEARD_PIECE_MS_MIN: u64 = 1_400;
/// So much of a piece without a word was not heard: what alignment errs by and pads come to less.
const UNHEARD_GAP_MS_MIN: u64 = 2_250;
/// Nobody draws out a word so long, by itself or by its letters: the alignment stretched it over what
/// was left out.
const WORD_MS_MAX: u64 = 2_000;
const LETTER_MS_MAX: u64 = 700;

const fn samples_of(ms: u64) -> usize {
    (ms * SAMPLE_RATE_HZ as u64 / 1000) as usize
}

/// Loudest sample of a window that counts as silent, about -70 dB.
const SILENT_PEAK: f32 = 3e-4;

/// Whether a window holds no sound at all. Recognisers make up whole sentences on digital silence.
pub fn is_silent(samples: &[f32]) -> bool {
    samples.iter().all(|sample| sample.abs() < SILENT_PEAK)
}

/// Speech of one leg, its pauses left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Whose.
    pub leg: LegIx,
    /// 16 kHz mono.
    pub samples: Vec<f32>,
    /// The segments in it, in time order.
    pub pieces: Vec<Piece>,
}

/// One segment's place in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first millisecond in the window.
    pub at_ms: u64,
    /// Its place in the call.
    pub span: Span,
}

impl Window {
    /// Length in milliseconds.
    pub fn len_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE_HZ)
    }

    /// The speech that `words` leave unheard, as a window of its own: pieces without a word, and
    /// stretches of a piece between its words. Recognisers stop early and leave out sentences, above all
    /// where the voice changes; the alignment then stretches a word over what they left out.
    pub fn unheard(&self, words: &[HeardWord]) -> Option<Window> {
        let mut rest = Window { leg: self.leg, samples: Vec::new(), pieces: Vec::new() };
        for (piece, placed) in self.place(words) {
            for span in gaps(piece.span, &placed) {
                let first = piece.at_ms + span.start().since_ms(piece.span.start());
                let range = samples_of(first)..samples_of(first + span.len_ms());
                let end = range.end.min(self.samples.len());
                let at_ms = rest.len_ms();
                rest.samples
                    .extend_from_slice(self.samples.get(range.start..end).unwrap_or_default());
                rest.pieces.push(Piece { at_ms, span });
            }
        }
        (!rest.samples.is_empty()).then_some(rest)
    }

    /// Sorts words into pieces, and gives their times in the call.
    ///
    /// Alignment tells a word's end well, but lets its start reach back over a pause to the word
    /// before; so a word belongs where it ends, less the pad that follows the speech of a piece.
    pub fn place(&self, words: &[HeardWord]) -> Vec<(Piece, Vec<(Span, HeardWord)>)> {
        let mut placed: Vec<(Piece, Vec<(Span, HeardWord)>)> =
            self.pieces.iter().map(|piece| (*piece, Vec::new())).collect();
        for word in words {
            let at = word.start_ms.max(word.end_ms.saturating_sub(SEAM_MS));
            let ix = placed.partition_point(|(piece, _)| piece.at_ms <= at).max(1) - 1;
            let Some((piece, list)) = placed.get_mut(ix) else { continue };
            let last_start = piece.span.end().minus_ms(1).max(piece.span.start());
            let to_call = |ms: u64| {
                piece.span.start().plus_ms(ms.saturating_sub(piece.at_ms)).min(piece.span.end())
            };
            let earliest =
                list.last().map_or(AudioTime::ZERO, |(span, _): &(Span, _)| span.start());
            let start = to_call(word.start_ms).min(last_start).max(earliest);
            list.push((Span::at_least_1_ms(start, to_call(word.end_ms)), word.clone()));
        }
        placed
    }
}

/// The stretches of a piece in which nothing was heard, long enough to have held words.
fn gaps(piece: Span, words: &[(Span, HeardWord)]) -> Vec<Span> {
    if words.is_empty() {
        return Some(piece)
            .filter(|piece| piece.len_ms() >= UNHEARD_PIECE_MS_MIN)
            .into_iter()
            .collect();
    }
    let mut gaps = Vec::new();
    let mut heard_to = piece.start();
    for (span, word) in words {
        gaps.extend(Span::new(heard_to, span.start()));
        // A telephone number read out is one word.
        let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count() as u64;
        let stretched = span.len_ms() > WORD_MS_MAX.max(letters * LETTER_MS_MAX);
        heard_to = heard_to.max(if stretched { span.start() } else { span.end() });
    }
    gaps.extend(Span::new(heard_to, piece.end()));
    gaps.retain(|gap| gap.len_ms() >= UNHEARD_GAP_MS_MIN);
    gaps
}

/// Packs the segments of one leg.
#[derive(Debug)]
pub struct Packer {
    target_ms: u64,
    open: Option<Window>,
}

impl Packer {
    /// Windows of about `target_ms` of speech; 0 makes one window a segment.
    pub fn new(target_ms: u64) -> Self {
        Self { target_ms: target_ms.min(WINDOW_MS_MAX), open: None }
    }

    /// Takes the next segment; gives the windows that nothing more fits into.
    pub fn push(&mut self, segment: Segment) -> impl Iterator<Item = Window> {
        let full = self
            .open
            .as_ref()
            .is_some_and(|open| open.len_ms() + segment.span.len_ms() > self.target_ms);
        let closed = if full { self.open.take() } else { None };
        let open = self.open.get_or_insert_with(|| Window {
            leg: segment.leg,
            samples: Vec::new(),
            pieces: Vec::new(),
        });
        open.pieces.push(Piece { at_ms: open.len_ms(), span: segment.span });
        open.samples.extend_from_slice(&segment.samples);
        let full = open.len_ms() >= self.target_ms;
        closed.into_iter().chain(if full { self.open.take() } else { None })
    }

    /// Where the window begins that is being packed.
    pub fn waiting_from(&self) -> Option<AudioTime> {
        self.open.as_ref()?.pieces.first().map(|piece| piece.span.start())
    }

    /// The window that is being packed.
    pub fn finish(&mut self) -> Option<Window> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_ms: u64, end_ms: u64) -> Segment {
        let span = Span::from_ms(start_ms, end_ms).unwrap();
        Segment { leg: LegIx(0), span, samples: vec![0.0; span.len_ms() as usize * 16] }
    }

    fn word(start_ms: u64, end_ms: u64) -> HeardWord {
        HeardWord { text: "x".into(), start_ms, end_ms, confidence: 1.0 }
    }

    #[test]
    fn windows_hold_whole_segments() {
        let mut packer = Packer::new(15_000);
        assert_eq!(packer.push(segment(1_000, 9_000)).next(), None);
        assert_eq!(packer.push(segment(20_000, 26_000)).next(), None);
        let window = packer.push(segment(30_000, 32_000)).next().unwrap();
        assert_eq!(window.len_ms(), 14_000);
        assert_eq!(window.pieces[1].at_ms, 8_000);
        assert_eq!(packer.finish().unwrap().pieces.len(), 1);
        assert_eq!(packer.finish(), None);
    }

    #[test]
    fn a_window_a_segment_waits_for_nothing() {
        let mut packer = Packer::new(0);
        for start_ms in [1_000, 5_000] {
            let closed: Vec<Window> = packer.push(segment(start_ms, start_ms + 900)).collect();
            assert_eq!(closed.len(), 1);
            assert_eq!(closed[0].pieces[0].span, Span::from_ms(start_ms, start_ms + 900).unwrap());
        }
        assert_eq!(packer.finish(), None);
    }

    #[test]
    fn speech_without_words_is_a_window_of_its_own() {
        let mut packer = Packer::new(15_000);
        assert_eq!(packer.push(segment(500, 2_000)).count(), 0);
        assert_eq!(packer.push(segment(5_000, 9_000)).count(), 0);
        assert_eq!(packer.push(segment(10_000, 11_000)).count(), 0);
        let window = packer.finish().unwrap();
        let number = HeardWord { text: "13800".into(), ..word(1_800, 5_000) };
        assert_eq!(window.unheard(&[word(100, 900), number, word(5_600, 5_900)]), None);
        let rest = window.unheard(&[word(1_700, 2_500)]).unwrap();
        let spans: Vec<(u64, u64)> =
            rest.pieces.iter().map(|p| (p.span.start().ms(), p.span.end().ms())).collect();
        assert_eq!(spans, [(500, 2_000), (6_000, 9_000)]);
        assert_eq!((rest.len_ms(), rest.pieces[1].at_ms), (4_500, 1_500));
        // A word that is stretched over what was left out.
        let rest = window.unheard(&[word(100, 900), word(1_600, 5_300), word(5_600, 5_900)]);
        assert_eq!(rest.unwrap().pieces[0].span, Span::from_ms(5_100, 9_000).unwrap());
        let number = HeardWord { text: "19900006136".into(), ..word(1_600, 5_300) };
        assert_eq!(window.unheard(&[word(100, 900), number, word(5_600, 5_900)]), None);
    }

    #[test]
    fn words_come_back_to_their_place_in_the_call() {
        let mut packer = Packer::new(15_000);
        assert_eq!(packer.push(segment(1_000, 2_000)).count(), 0);
        assert_eq!(packer.push(segment(5_000, 6_000)).count(), 0);
        let window = packer.finish().unwrap();
        let placed =
            window.place(&[word(100, 300), word(800, 1_100), word(850, 1_400), word(1_500, 1_900)]);
        let spans: Vec<Vec<(u64, u64)>> = placed
            .iter()
            .map(|(_, w)| w.iter().map(|(s, _)| (s.start().ms(), s.end().ms())).collect())
            .collect();
        // Words over the seam go to the piece in which they end, cut to it.
        let first = vec![(1_100, 1_300), (1_800, 2_000)];
        assert_eq!(spans, [first, vec![(5_000, 5_400), (5_500, 5_900)]]);
    }
}
