//! Text as a recogniser on a telephone line would get it wrong, to test rules before they meet calls.
//!
//! In: text, the share of its characters that are to be wrong, a seeded [`Dice`]. Out: text. Chinese
//! gets homophones with and without the same tone, near sounds of accents, consonants that 8 kHz
//! blurs, deletions, insertions; English sound-alike words, lost endings and short words, blurred
//! consonants. Digits are left alone: another number is another fact. It must not know phrases, so
//! that it errs where matching does not expect it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use pinyin::ToPinyinMulti;

use super::lex::{LexKind, lexemes};
use super::syllable::Syllable;

/// Random numbers from a seed: the same on every machine (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// True in `share` (0 to 1) of all throws.
    fn chance(&mut self, share: f32) -> bool {
        ((self.next() >> 40) as f32) < share * (1u64 << 24) as f32
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[(self.next() % from.len() as u64) as usize])
    }
}

/// The characters of GB 2312 level 1: what Mandarin recognisers write nearly all of the time.
const COMMON: &str = include_str!("common_hanzi.txt");

/// Syllables that are put in where nothing was said.
const FILLERS: &str = "的了啊嗯呃这那是就个";

/// What goes wrong with a Chinese character, in hundredths of all errors: homophones; near sounds of
/// accents; consonants that the line blurs; the rest is lost or put in. Substitutions are four fifths
/// of what Mandarin recognisers get wrong.
const HOMOPHONES: u64 = 50;
const ACCENTS: u64 = 70;
const LINE: u64 = 80;
const LOST: u64 = 93;

/// What goes wrong with an English word, in hundredths of all errors.
const LOOKALIKES: u64 = 40;
const BLURRED: u64 = 65;
const ENDINGS: u64 = 85;
const LOST_WORDS: u64 = 95;

/// Farther apart than this, no accent takes one syllable for the other.
const ACCENT_MAX: f32 = 0.3;

/// The text, with `share` (0 to 1) of its characters or words misheard.
pub fn corrupted(text: &str, share: f32, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for lexeme in lexemes(text) {
        // A fraction sign holds several lexemes in one character.
        if lexeme.at.start < end {
            continue;
        }
        out.push_str(&text[end..lexeme.at.start]);
        let said = &text[lexeme.at.clone()];
        end = lexeme.at.end;
        match lexeme.hanzi() {
            _ if lexeme.kind == LexKind::Digits || !dice.chance(share) => out.push_str(said),
            Some(c) => mishear_character(c, dice, &mut out),
            None => mishear_word(said, dice, &mut out),
        }
    }
    out.push_str(&text[end..]);
    out
}

fn mishear_character(c: char, dice: &mut Dice, out: &mut String) {
    let kind = dice.next() % 100;
    let heard = match kind {
        0..HOMOPHONES => like(c, dice, |one, other| one == other),
        HOMOPHONES..ACCENTS => {
            like(c, dice, |one, other| one != other && one.distance(other) <= ACCENT_MAX)
        }
        ACCENTS..LINE => like(c, dice, Syllable::blurred_by_line),
        LINE..LOST => return,
        _ => {
            out.push(c);
            let fillers: Vec<char> = FILLERS.chars().collect();
            dice.pick(&fillers).copied()
        }
    };
    // Some syllables have no neighbour of a kind; then a homophone has to do.
    let heard = heard.or_else(|| like(c, dice, |one, other| one == other));
    out.push(heard.unwrap_or(c));
}

/// A common character whose sound stands so to the sound of this one.
fn like(c: char, dice: &mut Dice, stands: fn(Syllable, Syllable) -> bool) -> Option<char> {
    let own = first_reading(c)?;
    let table = homophones();
    let mut all = Vec::new();
    for (&syllable, characters) in table.iter().filter(|(other, _)| stands(own, **other)) {
        debug_assert!(syllable != Syllable::NONE, "every common character has a sound");
        all.extend(characters.iter().copied().filter(|&other| other != c));
    }
    dice.pick(&all).copied()
}

fn first_reading(c: char) -> Option<Syllable> {
    c.to_pinyin_multi()?.into_iter().find_map(|reading| Syllable::parse(reading.plain()))
}

/// Common characters by their first reading: the pinyin table, inverted.
fn homophones() -> &'static BTreeMap<Syllable, Vec<char>> {
    static TABLE: OnceLock<BTreeMap<Syllable, Vec<char>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: BTreeMap<Syllable, Vec<char>> = BTreeMap::new();
        for c in COMMON.chars().filter(|c| !c.is_whitespace()) {
            if let Some(syllable) = first_reading(c) {
                table.entry(syllable).or_default().push(c);
            }
        }
        table
    })
}

/// English words that a recogniser writes for one another.
const SOUND_ALIKE: &[&[&str]] = &[
    &["to", "two", "too"],
    &["for", "four"],
    &["your", "you're", "you"],
    &["their", "there", "they're"],
    &["i'll", "all", "i"],
    &["we'll", "will", "we"],
    &["right", "write"],
    &["know", "no"],
    &["hear", "here"],
    &["wait", "weight", "way"],
    &["hold", "old", "hole"],
    &["help", "held"],
    &["name", "main"],
    &["call", "calls", "called"],
    &["can", "can't", "could"],
    &["is", "as", "it's"],
    &["this", "these", "the"],
    &["and", "in", "an"],
    &["would", "what", "wood"],
    &["our", "are", "hour"],
    &["by", "buy", "bye"],
    &["sorry", "sorrow", "story"],
    &["apologize", "apologise", "apologies"],
    &["anything", "any thing", "everything"],
    &["else", "elf", "also"],
    &["thank", "thanks", "think"],
    &["assist", "assists", "a sister"],
    &["issue", "issues", "tissue"],
    &["account", "a count", "accounts"],
    &["number", "numbers", "member"],
    &["moment", "momentum", "a moment"],
    &["please", "pleas", "police"],
    &["manager", "manage", "managers"],
    &["complaint", "complain", "complaints"],
    &["hours", "ours", "hour"],
    &["today", "to day", "two day"],
];

/// Consonants that lie above the band or differ only there.
const BLURS: &[(&str, &str)] = &[
    ("th", "f"),
    ("sh", "s"),
    ("s", "f"),
    ("f", "s"),
    ("p", "t"),
    ("t", "k"),
    ("k", "t"),
    ("m", "n"),
    ("n", "m"),
    ("b", "d"),
    ("d", "b"),
    ("v", "b"),
];

/// Spellings of the same sound.
const RESPELLED: &[(&str, &str)] = &[
    ("ph", "f"),
    ("ee", "ea"),
    ("ea", "ee"),
    ("igh", "ite"),
    ("ou", "oo"),
    ("ai", "ay"),
    ("ck", "k"),
    ("c", "k"),
    ("er", "or"),
    ("tion", "sion"),
    ("o", "a"),
    ("i", "e"),
    ("e", "i"),
    ("u", "a"),
];

const SUFFIXES: &[&str] =
    &["ing", "n't", "'ll", "'ve", "'re", "'s", "ed", "ly", "es", "s", "t", "d"];

const SHORT_WORDS: &[&str] = &["a", "the", "uh", "um", "so", "and", "to"];

fn mishear_word(word: &str, dice: &mut Dice, out: &mut String) {
    let lower = word.to_lowercase();
    let heard = match dice.next() % 100 {
        0..LOOKALIKES => sound_alike(&lower, dice),
        LOOKALIKES..BLURRED => replaced(&lower, BLURS, dice),
        BLURRED..ENDINGS => match SUFFIXES.iter().find_map(|suffix| lower.strip_suffix(suffix)) {
            Some(stem) if stem.len() >= 2 => Some(stem.to_owned()),
            // Nothing to lose at its end: a short word is lost itself.
            _ if lower.len() <= 3 => Some(String::new()),
            _ => None,
        },
        ENDINGS..LOST_WORDS => Some(String::new()),
        _ => dice.pick(SHORT_WORDS).map(|filler| format!("{word} {filler}")),
    };
    out.push_str(&heard.or_else(|| replaced(&lower, RESPELLED, dice)).unwrap_or(lower));
}

/// Another word of its group, or the word spelled as it sounds.
fn sound_alike(word: &str, dice: &mut Dice) -> Option<String> {
    let group = SOUND_ALIKE.iter().find(|group| group.contains(&word))?;
    let others: Vec<&&str> = group.iter().filter(|other| **other != word).collect();
    dice.pick(&others).map(|other| (**other).to_owned())
}

/// One of the spellings that occur in a word, replaced once.
fn replaced(word: &str, table: &[(&str, &str)], dice: &mut Dice) -> Option<String> {
    let fitting: Vec<&(&str, &str)> =
        table.iter().filter(|(from, _)| word.contains(from)).collect();
    dice.pick(&fitting).map(|(from, to)| word.replacen(from, to, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{sound_distance, tokens};
    use proptest::prelude::*;

    const ZH: &str = "您好，请您稍等一下，我帮您查询订单，感谢您的耐心等待。";
    const EN: &str = "Thank you for calling, please hold while I check your account number.";

    #[test]
    fn the_share_is_kept_and_the_seed_decides() {
        for text in [ZH, EN] {
            let (mut wrong, mut all) = (0, 0);
            for seed in 0..200 {
                let heard = corrupted(text, 0.2, &mut Dice::new(seed));
                assert_eq!(heard, corrupted(text, 0.2, &mut Dice::new(seed)));
                let (said, heard) = (tokens(text), tokens(&heard));
                let same = |a: &crate::text::Token| heard.iter().any(|b| a.text == b.text);
                wrong += said.iter().filter(|token| !same(token)).count();
                all += said.len();
            }
            let share = wrong as f32 / all as f32;
            assert!((0.13..0.23).contains(&share), "{text}: {share}");
        }
    }

    #[test]
    fn nothing_changes_at_zero_and_digits_never_do() {
        for text in [ZH, EN, "４８小时 ½ 3105"] {
            assert_eq!(corrupted(text, 0.0, &mut Dice::new(1)), text);
        }
        assert_eq!(corrupted("3105 48", 1.0, &mut Dice::new(1)), "3105 48");
    }

    #[test]
    fn half_of_the_errors_sound_the_same() {
        let said = tokens("耐");
        let mut same = 0;
        for seed in 0..400 {
            let heard = tokens(&corrupted("耐", 1.0, &mut Dice::new(seed)));
            same += u32::from(
                heard.len() == 1
                    && heard[0].text != "耐"
                    && sound_distance(&said[0], &heard[0]) < 0.11,
            );
        }
        assert!((150..260).contains(&same), "{same}");
    }

    proptest! {
        #[test]
        fn any_text_can_be_misheard(text in "[您好a-z0-9½， ]{0,16}|\\PC{0,16}", seed: u64) {
            let heard = corrupted(&text, 0.5, &mut Dice::new(seed));
            prop_assert!(heard.len() <= text.len() * 4 + 64);
        }
    }
}
