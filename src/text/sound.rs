//! How tokens sound, and how far apart two of them are to the ear.
//!
//! In: tokens. Out: a distance from 0 to 1. A recogniser that hears right and writes wrong (不知道,
//! 步知道; right, write) must be seen as near; another number or another word must not.

use std::sync::OnceLock;

use pinyin::ToPinyinMulti;

use super::fold::COMMON_HANZI;
use super::number_en;
use super::syllable::Syllable;
use super::token::{Token, TokenKind};
use super::word_class::{denies, means_little};
use super::word_key::{KEY_LEN, Key, word_key};

/// Readings kept of a character; the pinyin table lists the common ones first.
const READINGS_MAX: usize = 4;

/// Characters of the block in which nearly all Chinese text is written.
const COMMON: usize = *COMMON_HANZI.end() as usize - *COMMON_HANZI.start() as usize + 1;

/// What a reading costs that is not the character's first.
const RARE_READING: f32 = 0.1;

/// How much of a word's distance is its sound; the rest is its spelling.
const SOUND_SHARE: f32 = 0.6;

/// Letters up to which a word has hardly anything but its sound to be known by.
const SHORT_WORD: usize = 3;

/// Letters from which on a word is known by the rest of them when a telephone line blurs a consonant.
const LONG_WORD: usize = 5;

/// Share of the spelling in how far two such words are apart: one letter is a third of them.
const SHORT_SPELLING_SHARE: f32 = 0.2;

/// How far two words that mean little are apart, however they sound.
const SMALL_WORDS: f32 = 0.35;

/// How far a word is from itself with an ending more or less: what recognisers hear last.
const LOST_ENDING: f32 = 0.08;

/// The same with the ending of what is past, which also tells a deed from a thing: `emailed` and `email`.
const LOST_PAST: f32 = 0.25;

/// The same with an ending that makes another kind of word: `you clear` is not `you clearly`, and who is `dealing with it`
/// says nothing like `deal with it`. More than a short phrase allows.
const LOST_KIND: f32 = 0.35;

/// Letters of a word from which on an ending more makes no other word.
const STEM_MIN: usize = 4;

/// Greatest cost of one sound for another that a telephone line blurs.
const BLURRED_MAX: f32 = 0.5;

/// Share of letters and sounds that may differ before two words have nothing in common.
const WORD_NEAR_MAX: f32 = 0.5;

/// How a token sounds: the Mandarin readings of a character or a number, the key of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sound {
    readings: [Syllable; READINGS_MAX],
    key: Key,
}

impl Sound {
    /// How a folded text of one unit sounds.
    pub fn of(kind: TokenKind, text: &str) -> Self {
        let none = Self::default();
        match kind {
            TokenKind::Hanzi => text.chars().next().map_or(none, Self::of_hanzi),
            TokenKind::Word => Self { key: word_key(text), ..none },
            TokenKind::Number => {
                let word = text.parse().ok().and_then(number_en::word);
                let readings = first_readings(number_readings(text).iter().copied());
                Self { readings, key: word.map(word_key).unwrap_or_default() }
            }
        }
    }

    /// Looked up once a character: calls are made of a few thousand.
    fn of_hanzi(c: char) -> Self {
        static KNOWN: [OnceLock<Sound>; COMMON] = [const { OnceLock::new() }; COMMON];
        let read = || {
            let readings = c.to_pinyin_multi().into_iter().flatten();
            let readings = first_readings(readings.map(|reading| reading.plain()));
            Self { readings, ..Self::default() }
        };
        let at = u32::from(c).checked_sub(u32::from(*COMMON_HANZI.start()));
        match at.and_then(|at| KNOWN.get(at as usize)) {
            Some(known) => *known.get_or_init(read),
            None => read(),
        }
    }

    /// Its Mandarin readings, the common ones first, as numbers below 1024: equal where only tone or a
    /// regional merger tells two syllables apart.
    pub fn merged(&self) -> impl Iterator<Item = u16> + '_ {
        self.readings().map(|(_, syllable)| syllable.merged())
    }

    /// Its phonetic key as a word of Latin letters; empty for others.
    pub fn word_key(&self) -> &[u8] {
        trim(&self.key)
    }

    /// Whether it sounds like nothing: only the very same token is near to it.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// A rough class, below 64: what sounds near is mostly of one of few classes. It is the vowel of a
    /// syllable, the first sound of a word.
    pub fn class(&self) -> u32 {
        match self.readings[0] {
            Syllable::NONE => 40 + u32::from(self.key[0]) % 24,
            syllable => syllable.vowel() % 40,
        }
    }

    /// The classes of all its Mandarin readings, one bit each; the first bit where it has none.
    pub fn vowels(&self) -> u64 {
        match self.readings[0] {
            Syllable::NONE => 1,
            _ => self.readings().fold(0, |bits, (_, one)| bits | 1 << one.vowel()),
        }
    }

    /// The classes one of which a character must have ([`Sound::vowels`]) to be nearer to this one than 1.
    pub fn near_vowels(&self) -> u64 {
        match self.readings[0] {
            Syllable::NONE => 1,
            _ => self.readings().fold(0, |bits, (_, one)| bits | one.near_vowels()),
        }
    }

    /// Whether its first reading is that of a digit from 0 to 9, 幺 included.
    pub fn is_digit(&self) -> bool {
        static DIGITS: OnceLock<Vec<Syllable>> = OnceLock::new();
        let digits = DIGITS.get_or_init(|| {
            let all = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
            let read = all.iter().flat_map(|digit| number_readings(digit));
            read.filter_map(|pinyin| Syllable::parse(pinyin)).collect()
        });
        self.readings[0] != Syllable::NONE && digits.contains(&self.readings[0])
    }

    fn readings(&self) -> impl Iterator<Item = (usize, Syllable)> + '_ {
        self.readings.iter().copied().take_while(|&one| one != Syllable::NONE).enumerate()
    }

    /// 0 to 1 between the nearest readings; 1 where either has none.
    fn reading_distance(&self, other: &Self, apart: impl Fn(Syllable, Syllable) -> f32) -> f32 {
        let mut nearest = 1.0f32;
        for (i, a) in self.readings() {
            for (k, b) in other.readings() {
                let rare = (i.min(1) + k.min(1)) as f32 * RARE_READING;
                nearest = nearest.min(apart(a, b) + rare);
            }
        }
        nearest
    }
}

/// Different syllables only: readings that differ in tone alone are one.
fn first_readings<'a>(pinyin: impl Iterator<Item = &'a str>) -> [Syllable; READINGS_MAX] {
    let mut out = [Syllable::NONE; READINGS_MAX];
    let mut len = 0;
    for syllable in pinyin.filter_map(Syllable::parse) {
        if len < READINGS_MAX && !out[..len].contains(&syllable) {
            out[len] = syllable;
            len += 1;
        }
    }
    out
}

/// How a number of one syllable is read in Chinese.
fn number_readings(digits: &str) -> &'static [&'static str] {
    match digits {
        "0" => &["ling", "dong"],
        "1" => &["yi", "yao"],
        "2" => &["er", "liang"],
        "3" => &["san"],
        "4" => &["si"],
        "5" => &["wu"],
        "6" => &["liu"],
        "7" => &["qi", "guai"],
        "8" => &["ba"],
        "9" => &["jiu"],
        "10" => &["shi"],
        _ => &[],
    }
}

/// How far two tokens are apart to the ear: 0 for the same text or the same syllable, about 0.15 to
/// 0.6 for sounds that are easily confused, 1 for nothing in common. Symmetric.
pub fn sound_distance(a: &Token, b: &Token) -> f32 {
    use TokenKind::{Hanzi, Number, Word};
    if a.text == b.text {
        return 0.0;
    }
    match (a.kind, b.kind) {
        (Hanzi, Hanzi | Number) | (Number, Hanzi) => {
            let apart = a.sound.reading_distance(&b.sound, Syllable::distance);
            if apart <= 0.0 || apart >= 1.0 {
                return apart;
            }
            // What says no is heard as it is, or as its homophone: 不要 is not 还要.
            let denial = [a, b].iter().any(|one| denies(&one.text));
            if denial { 1.0 } else { apart }
        }
        (Word, Word) => word_distance((&a.text, a.sound.key), (&b.text, b.sound.key)),
        (Word, Number) => number_word(b, a),
        (Number, Word) => number_word(a, b),
        // Another number is another fact, however it sounds.
        (Number, Number) | (Hanzi, Word) | (Word, Hanzi) => 1.0,
    }
}

/// How far two tokens are apart where something must have been said and only what is in question: two
/// syllables that begin or end alike are half alike. Else as [`sound_distance`].
pub fn rough_distance(a: &Token, b: &Token) -> f32 {
    if a.text == b.text {
        return 0.0;
    }
    match (a.kind, b.kind) {
        (TokenKind::Hanzi, TokenKind::Hanzi) => {
            a.sound.reading_distance(&b.sound, Syllable::rough_distance)
        }
        _ => sound_distance(a, b),
    }
}

fn number_word(number: &Token, word: &Token) -> f32 {
    match number.text.parse().ok().and_then(number_en::word) {
        Some(read) if read == word.text => 0.0,
        Some(read) => word_distance((read, number.sound.key), (&word.text, word.sound.key)),
        None => 1.0,
    }
}

/// More by sound than by letters. Short words must sound nearly the same, and a negation stays one.
fn word_distance(a: (&str, Key), b: (&str, Key)) -> f32 {
    let silent = [0; KEY_LEN];
    if a.1 == silent || b.1 == silent || denies(a.0) != denies(b.0) {
        return 1.0;
    }
    if let Some(ending) = lost_ending(a.0, b.0).or(lost_ending(b.0, a.0)) {
        return ending;
    }
    // Recognisers guess the small words from their neighbours.
    if means_little(a.0) && means_little(b.0) {
        return SMALL_WORDS;
    }
    let (key_a, key_b) = (trim(&a.1), trim(&b.1));
    let short = |word: &str| word.len() <= SHORT_WORD;
    let (any_short, both_short) = (short(a.0) || short(b.0), short(a.0) && short(b.0));
    // Most words are told apart by what the one has and the other lacks. With two such sounds nothing is only blurred
    // (a test holds that two blurs cost more than `BLURRED_MAX`).
    let least = edits_min(key_a, key_b);
    if !both_short && least >= 2.0 {
        let (word_a, word_b) = (a.0.as_bytes(), b.0.as_bytes());
        let sound = least / key_a.len().max(key_b.len()) as f32;
        let letters = edits_min(word_a, word_b) / longer(word_a, word_b);
        let apart = SOUND_SHARE * sound + (1.0 - SOUND_SHARE) * letters;
        if any_short || apart > WORD_NEAR_MAX {
            return 1.0;
        }
    }
    let mut sound = edit_cost(key_a, key_b, sounds_apart);
    // One blurred consonant leaves a long word as long as it was. In words of three or four letters it mostly makes
    // another word, blurred or not: test, text.
    let blurred = sound <= BLURRED_MAX && a.0.len() == b.0.len() && a.0.len() >= LONG_WORD;
    if !both_short && !blurred {
        sound = edit_cost(key_a, key_b, letters_apart);
    }
    if any_short && sound > BLURRED_MAX {
        return 1.0;
    }
    let sound = sound / key_a.len().max(key_b.len()).max(1) as f32;
    if SOUND_SHARE * sound > WORD_NEAR_MAX {
        return 1.0;
    }
    let letters = edit_share(a.0.as_bytes(), b.0.as_bytes());
    let spelling = if both_short { SHORT_SPELLING_SHARE } else { 1.0 - SOUND_SHARE };
    let apart = SOUND_SHARE * sound + spelling * letters;
    if apart <= WORD_NEAR_MAX { apart } else { 1.0 }
}

/// How far one word is from the other, if that is the first with an ending more: `calls` and `call`, `you're` and `you`.
fn lost_ending(long: &str, short: &str) -> Option<f32> {
    const LOST: [&str; 7] = ["s", "es", "'s", "'re", "'ve", "'ll", "'d"];
    let ending = long.strip_prefix(short)?;
    let is_word = short.len() >= STEM_MIN || ending.starts_with('\'');
    match ending {
        "d" | "ed" if is_word => Some(LOST_PAST),
        "ing" | "ly" if is_word => Some(LOST_KIND),
        _ if is_word && LOST.contains(&ending) => Some(LOST_ENDING),
        "r" if short == "you" => Some(LOST_ENDING),
        _ => None,
    }
}

fn trim(key: &Key) -> &[u8] {
    let len = key.iter().position(|&sound| sound == 0).unwrap_or(KEY_LEN);
    &key[..len]
}

/// What it costs to take one sound of a key for another: less where a telephone line blurs them.
fn sounds_apart(a: u8, b: u8) -> f32 {
    match (a.min(b), a.max(b)) {
        (a, b) if a == b => 0.0,
        (b'm', b'n') | (b'0', b'f') => 0.3,
        (b's', b'x') => 0.4,
        (b'0', b's') | (b'f', b's') | (b'0', b't') | (b'k', b't') => 0.5,
        (b'p', b't') | (b'k', b'p') | (b'f', b'p') => 0.6,
        _ => 1.0,
    }
}

/// Edits over the longer length, 0 to 1.
fn edit_share(a: &[u8], b: &[u8]) -> f32 {
    edit_cost(a, b, letters_apart) / longer(a, b)
}

/// Letters of the longer word.
fn longer(a: &[u8], b: &[u8]) -> f32 {
    a.len().max(b.len()).clamp(1, LEN_MAX) as f32
}

/// A bound that [`edit_cost`] with [`letters_apart`] never falls below: what one has and the other lacks, whatever the order.
fn edits_min(a: &[u8], b: &[u8]) -> f32 {
    let (a, b) = (&a[..a.len().min(LEN_MAX)], &b[..b.len().min(LEN_MAX)]);
    // Two letters that share a bit are taken for one, so that the bound is lower and still a bound.
    let bit = |c: u8| 1u64 << (c % 64);
    let lacking = |word: &[u8], other: &[u8]| {
        let has = other.iter().fold(0, |bits, &c| bits | bit(c));
        word.iter().filter(|&&c| has & bit(c) == 0).count()
    };
    lacking(a, b).max(lacking(b, a)).max(a.len().abs_diff(b.len())) as f32
}

fn letters_apart(a: u8, b: u8) -> f32 {
    f32::from(u8::from(a != b))
}

/// Letters that are compared of a word.
const LEN_MAX: usize = 32;

/// The least sum of edits, a letter more or less at 1. Words are cut at `LEN_MAX`.
fn edit_cost(a: &[u8], b: &[u8], apart: impl Fn(u8, u8) -> f32) -> f32 {
    let (a, b) = (&a[..a.len().min(LEN_MAX)], &b[..b.len().min(LEN_MAX)]);
    let mut row: [f32; LEN_MAX + 1] = std::array::from_fn(|i| i as f32);
    for (i, &x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) as f32;
        for (k, &y) in b.iter().enumerate() {
            let change = diagonal + apart(x, y);
            diagonal = row[k + 1];
            row[k + 1] = change.min(diagonal + 1.0).min(row[k] + 1.0);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;
    use proptest::prelude::*;

    fn between(a: &str, b: &str) -> f32 {
        sound_distance(&tokens(a)[0], &tokens(b)[0])
    }

    #[test]
    fn distances_follow_the_ear() {
        for (a, b, low, high) in [
            ("知", "知", 0.0, 0.0),
            ("知", "之", 0.0, 0.0),
            ("他", "她", 0.0, 0.0),
            ("知", "资", 0.1, 0.3),
            ("您", "零", 0.1, 0.45),
            ("蓝", "南", 0.15, 0.3),
            ("飞", "黑", 0.2, 0.35),
            ("金", "京", 0.1, 0.3),
            ("光", "关", 0.1, 0.3),
            ("不", "部", 0.0, 0.0),
            ("不", "还", 1.0, 1.0),
            ("不", "扑", 1.0, 1.0),
            ("爸", "怕", 0.35, 0.5),
            ("好", "吃", 1.0, 1.0),
            ("8", "巴", 0.0, 0.0),
            ("7", "其", 0.0, 0.0),
            ("1", "要", 0.1, 0.1),
            ("行", "航", 0.0, 0.2),
            ("绿", "录", 0.1, 0.1),
            ("4", "10", 1.0, 1.0),
            ("48", "84", 1.0, 1.0),
            ("write", "right", 0.0, 0.35),
            ("holding", "hold", 0.35, 0.35),
            ("clearly", "clear", 0.35, 0.35),
            ("calls", "call", 0.08, 0.08),
            ("you're", "you", 0.08, 0.08),
            ("your", "you", 0.08, 0.08),
            ("for", "sor", 0.15, 0.25),
            ("my", "ny", 0.25, 0.3),
            ("my", "by", 1.0, 1.0),
            ("lawyer", "lower", 0.11, 0.2),
            ("today", "to", 0.21, 0.4),
            ("moment", "momenk", 0.1, 0.2),
            ("text", "test", 0.21, 1.0),
            ("he", "she", 1.0, 1.0),
            ("think", "thing", 0.0, 0.3),
            ("guarantee", "guaranteed", 0.0, 0.25),
            ("two", "too", 0.0, 0.3),
            ("1", "one", 0.0, 0.0),
            ("2", "to", 0.0, 0.35),
            ("can", "can't", 1.0, 1.0),
            ("nothing", "something", 1.0, 1.0),
            ("no", "know", 1.0, 1.0),
            ("hello", "goodbye", 1.0, 1.0),
            ("привет", "приветы", 1.0, 1.0),
            ("привет", "привет", 0.0, 0.0),
            ("好", "how", 1.0, 1.0),
        ] {
            let got = between(a, b);
            assert!((low..=high).contains(&got), "{a} {b}: {got}");
            assert_eq!(got, between(b, a), "{a} {b}");
        }
    }

    #[test]
    fn two_blurred_sounds_are_more_than_one() {
        let sounds = || (b'a'..=b'z').chain([b'0']);
        let pairs = sounds().flat_map(|a| sounds().map(move |b| (a, b))).filter(|(a, b)| a != b);
        let least = pairs.map(|(a, b)| sounds_apart(a, b)).fold(1.0, f32::min);
        assert!(2.0 * least > BLURRED_MAX, "{least}");
    }

    proptest! {
        #[test]
        fn what_one_word_lacks_is_edited(a in "[a-z0']{0,40}", b in "[a-z0']{0,40}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            prop_assert!(edits_min(a, b) <= edit_cost(a, b, letters_apart));
        }

        #[test]
        fn a_character_is_near_by_its_vowel(a in "[一-龥]", b in "[一-龥]|[0-9]") {
            let (a, b) = (&tokens(&a)[0], &tokens(&b)[0]);
            let may_be_near = a.sound.near_vowels() & b.sound.vowels() != 0;
            prop_assert!(may_be_near || sound_distance(a, b) >= 1.0);
        }

        #[test]
        fn a_distance_is_a_distance(a in "\\PC{1,4}", b in "[a-z]{1,6}|[一-龥]|[0-9]{1,2}") {
            for a in tokens(&a) {
                for b in tokens(&b) {
                    let apart = sound_distance(&a, &b);
                    prop_assert!((0.0..=1.0).contains(&apart));
                    prop_assert_eq!(apart, sound_distance(&b, &a));
                    prop_assert_eq!(sound_distance(&a, &a), 0.0);
                }
            }
        }
    }
}
