//! Mandarin syllables without tone, and how easily one is taken for another.
//!
//! In: pinyin. Out: an initial and a final, and a distance between two syllables that a telephone
//! line, an accent or a recogniser blurs. It must not know characters.

use std::sync::OnceLock;

const INITIALS: [&str; 22] = [
    "", "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
    "r", "z", "c", "s",
];

const FINALS: [&str; 38] = [
    "", "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "er", "i", "ia",
    "ie", "iao", "iu", "ian", "in", "iang", "ing", "iong", "u", "ua", "uo", "uai", "ui", "uan",
    "un", "uang", "ueng", "v", "ve", "van", "vn", "ê",
];

/// Distance of two syllables from which on they have nothing in common.
const NEAR_MAX: f32 = 0.6;

/// Initials that are confused. First the regional mergers, then the pairs that differ in breath.
const NEAR_INITIALS: &[(&str, &str, f32)] = &[
    ("z", "zh", 0.15),
    ("c", "ch", 0.15),
    ("s", "sh", 0.15),
    ("n", "l", 0.2),
    ("f", "h", 0.3),
    ("r", "l", 0.3),
    ("r", "", 0.45),
    ("h", "", 0.45),
    ("b", "p", 0.4),
    ("d", "t", 0.4),
    ("g", "k", 0.4),
    ("j", "q", 0.4),
    ("zh", "ch", 0.45),
    ("z", "c", 0.45),
    ("q", "x", 0.45),
    ("j", "x", 0.5),
    ("ch", "sh", 0.5),
    ("c", "s", 0.5),
    ("zh", "sh", 0.5),
    ("z", "s", 0.5),
    ("zh", "j", 0.5),
    ("ch", "q", 0.5),
    ("sh", "x", 0.5),
    ("m", "n", 0.35),
    ("k", "h", 0.5),
    ("zh", "c", 0.55),
    ("z", "ch", 0.55),
    ("sh", "r", 0.5),
    ("d", "g", 0.4),
    ("t", "k", 0.35),
    ("b", "d", 0.35),
    ("p", "t", 0.35),
    ("g", "h", 0.55),
    ("f", "s", 0.4),
    ("p", "k", 0.4),
    ("s", "x", 0.4),
    ("m", "b", 0.5),
];

/// Finals that are confused: front and back nasals first.
const NEAR_FINALS: &[(&str, &str, f32)] = &[
    ("an", "ang", 0.15),
    ("en", "eng", 0.15),
    ("in", "ing", 0.15),
    ("ian", "iang", 0.2),
    ("uan", "uang", 0.15),
    ("un", "ong", 0.35),
    ("vn", "iong", 0.35),
    ("eng", "ong", 0.3),
    ("en", "un", 0.35),
    ("an", "uan", 0.4),
    ("ang", "uang", 0.4),
    ("o", "uo", 0.1),
    ("e", "uo", 0.35),
    ("e", "o", 0.35),
    ("ou", "uo", 0.4),
    ("ou", "ao", 0.5),
    ("ei", "ui", 0.4),
    ("ai", "ei", 0.45),
    ("ai", "uai", 0.4),
    ("i", "v", 0.35),
    ("ie", "ve", 0.35),
    ("in", "vn", 0.35),
    ("ian", "van", 0.35),
    ("u", "v", 0.45),
    ("i", "ei", 0.5),
    ("ie", "ian", 0.5),
    ("a", "ia", 0.45),
    ("a", "ua", 0.45),
    ("e", "er", 0.3),
    ("en", "in", 0.5),
    ("eng", "ing", 0.5),
    ("i", "e", 0.5),
    ("u", "ou", 0.5),
    ("an", "en", 0.5),
    ("ang", "eng", 0.5),
    ("an", "ian", 0.5),
    ("ie", "ê", 0.2),
    ("uan", "van", 0.4),
    ("ang", "iang", 0.5),
    ("e", "ei", 0.5),
    ("u", "o", 0.5),
    ("iu", "ou", 0.5),
];

/// Initials that differ above 3.4 kHz only, where a telephone line ends.
const BLURRED_INITIALS: &[(&str, &str)] = &[
    ("f", "s"),
    ("f", "h"),
    ("s", "x"),
    ("p", "t"),
    ("t", "k"),
    ("p", "k"),
    ("b", "d"),
    ("d", "g"),
    ("m", "n"),
    ("z", "d"),
];

/// Distance up to which two sounds are one to somebody who searches: the regional mergers.
const MERGED_MAX: f32 = 0.2;

/// A syllable: its initial and its final. Zero: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Syllable {
    initial: u8,
    last: u8,
}

impl Syllable {
    /// No syllable: fills places that are not used.
    pub(super) const NONE: Syllable = Syllable { initial: 0, last: 0 };

    /// Reads pinyin without tone, `ü` or `v` as written.
    pub(super) fn parse(pinyin: &str) -> Option<Self> {
        let spelled = pinyin.replace('ü', "v");
        let (initial, last) = split(&spelled);
        let place = |list: &[&str], name: &str| list.iter().position(|&one| one == name);
        let last = place(&FINALS, &last).filter(|&at| at > 0)?;
        Some(Self { initial: place(&INITIALS, initial)? as u8, last: last as u8 })
    }

    /// The number of its final.
    pub(super) fn vowel(self) -> u32 {
        u32::from(self.last)
    }

    /// The numbers of the finals, one bit each, of all syllables nearer than 1.
    pub(super) fn near_vowels(self) -> u64 {
        Tables::get().near_last[usize::from(self.last)]
    }

    /// 0: the same; up to 0.6: easily confused; 1: nothing in common.
    pub(super) fn distance(self, other: Self) -> f32 {
        let tables = Tables::get();
        let apart = tables.initial[usize::from(self.initial)][usize::from(other.initial)]
            + tables.last[usize::from(self.last)][usize::from(other.last)];
        if apart <= NEAR_MAX { apart } else { 1.0 }
    }

    /// 0 to 1, without a border beyond which all is the same: half for how it begins, half for how it ends.
    pub(super) fn rough_distance(self, other: Self) -> f32 {
        let tables = Tables::get();
        let initial = tables.initial[usize::from(self.initial)][usize::from(other.initial)];
        let last = tables.last[usize::from(self.last)][usize::from(other.last)];
        (initial + last) / 2.0
    }

    /// One number for all syllables that differ by regional mergers alone (z and zh, n and l, an and ang).
    pub(super) fn merged(self) -> u16 {
        let tables = Tables::get();
        let initial = tables.merged_initial[usize::from(self.initial)];
        u16::from(initial) * FINALS.len() as u16
            + u16::from(tables.merged_last[usize::from(self.last)])
    }

    /// Whether only a consonant that a telephone line blurs tells them apart.
    pub(super) fn blurred_by_line(self, other: Self) -> bool {
        let (a, b) = (INITIALS[usize::from(self.initial)], INITIALS[usize::from(other.initial)]);
        let pair = |&(x, y): &(&str, &str)| (x, y) == (a, b) || (y, x) == (a, b);
        self.last == other.last && BLURRED_INITIALS.iter().any(pair)
    }
}

/// Splits a syllable, undoing the spelling rules for y, w and ü.
fn split(pinyin: &str) -> (&str, String) {
    if let Some(rest) = pinyin.strip_prefix('y') {
        let last = match rest {
            "i" | "in" | "ing" => rest.to_owned(),
            "ou" => "iu".to_owned(),
            "u" | "v" => "v".to_owned(),
            "ue" | "ve" => "ve".to_owned(),
            "uan" => "van".to_owned(),
            "un" => "vn".to_owned(),
            "e" => "ie".to_owned(),
            other => format!("i{other}"),
        };
        return ("", last);
    }
    if let Some(rest) = pinyin.strip_prefix('w') {
        let last = match rest {
            "u" => "u".to_owned(),
            "ei" => "ui".to_owned(),
            "en" => "un".to_owned(),
            other => format!("u{other}"),
        };
        return ("", last);
    }
    let initial = INITIALS.iter().skip(1).find(|&&name| pinyin.starts_with(name));
    let initial = initial.copied().unwrap_or("");
    let rest = &pinyin[initial.len()..];
    let last = match (initial, rest) {
        ("j" | "q" | "x", rest) if rest.starts_with('u') => rest.replacen('u', "v", 1),
        (_, "ue") => "ve".to_owned(),
        (_, rest) => rest.to_owned(),
    };
    (initial, last)
}

struct Tables {
    initial: [[f32; INITIALS.len()]; INITIALS.len()],
    last: [[f32; FINALS.len()]; FINALS.len()],
    /// By final, one bit for each final that is near enough to it.
    near_last: [u64; FINALS.len()],
    merged_initial: [u8; INITIALS.len()],
    merged_last: [u8; FINALS.len()],
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let initial = table(&INITIALS, NEAR_INITIALS);
            let last = table(&FINALS, NEAR_FINALS);
            let merged_initial = merged(&initial);
            let merged_last = merged(&last);
            let near_last = last.map(|row| {
                let near = (0..FINALS.len()).filter(|&other| row[other] <= NEAR_MAX);
                near.fold(0, |bits, other| bits | 1 << other)
            });
            Tables { initial, last, near_last, merged_initial, merged_last }
        })
    }
}

/// For each sound the first one that it is merged with, step by step.
fn merged<const N: usize>(apart: &[[f32; N]; N]) -> [u8; N] {
    let mut out: [u8; N] = std::array::from_fn(|at| at as u8);
    for at in 1..N {
        let earlier = (1..at).find(|&other| apart[at][other] <= MERGED_MAX);
        if let Some(other) = earlier {
            out[at] = out[other];
        }
    }
    out
}

fn table<const N: usize>(names: &[&str; N], near: &[(&str, &str, f32)]) -> [[f32; N]; N] {
    std::array::from_fn(|a| {
        std::array::from_fn(|b| {
            let pair = |&&(x, y, _): &&(&str, &str, f32)| {
                (x, y) == (names[a], names[b]) || (y, x) == (names[a], names[b])
            };
            if a == b { 0.0 } else { near.iter().find(pair).map_or(1.0, |&(.., apart)| apart) }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_near_pair_names_a_sound() {
        for (a, b, _) in NEAR_INITIALS {
            assert!(INITIALS.contains(a) && INITIALS.contains(b), "{a} {b}");
        }
        for (a, b, _) in NEAR_FINALS {
            assert!(FINALS.contains(a) && FINALS.contains(b), "{a} {b}");
        }
    }

    #[test]
    fn every_reading_of_every_character_is_a_syllable() {
        use pinyin::ToPinyinMulti;
        let mut unread = std::collections::BTreeSet::new();
        for c in '\u{4e00}'..='\u{9fff}' {
            for reading in c.to_pinyin_multi().into_iter().flatten() {
                if Syllable::parse(reading.plain()).is_none() {
                    unread.insert(reading.plain());
                }
            }
        }
        // Interjections only.
        let want = ["hm", "hng", "m", "n", "ng", "yo"];
        assert!(unread.iter().all(|name| want.contains(name)), "{unread:?}");
    }

    #[test]
    fn regional_mergers_are_one() {
        let of = |pinyin| Syllable::parse(pinyin).unwrap().merged();
        for (a, b, same) in [
            ("zhi", "zi", true),
            ("shang", "san", true),
            ("nan", "lang", true),
            ("jing", "jin", true),
            ("guang", "guan", true),
            ("bo", "buo", true),
            ("tou", "dou", false),
            ("fei", "hei", false),
            ("a", "an", false),
            ("an", "nan", false),
        ] {
            assert_eq!(of(a) == of(b), same, "{a} {b}");
        }
    }

    #[test]
    fn spelling_does_not_matter() {
        for (a, b) in [("yu", "yv"), ("lü", "lv"), ("ju", "jv"), ("lüe", "lue")] {
            assert_eq!(Syllable::parse(a), Syllable::parse(b), "{a} {b}");
            assert!(Syllable::parse(a).is_some());
        }
    }
}
