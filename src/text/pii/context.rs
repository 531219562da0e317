//! What a number is about to be: the words before it that say so, however they were written down.
//!
//! In: the last words before a number, of either party. Out: whose number they announce. Chinese words
//! are compared by their syllables, because a recogniser that hears 身份证 may write 身份正.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use pinyin::ToPinyin;

use crate::domain::PiiKind;

/// What the words before a number announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// A number that belongs to a person.
    Person(PiiKind),
    /// An order, an amount, a date, a reading.
    Thing,
}

impl Context {
    /// Whether the number is called a thing, and nothing else.
    pub(super) fn is_thing(&self, kind: PiiKind) -> bool {
        self.topic == Some(Topic::Thing) && !self.also.contains(&Topic::Person(kind))
    }
}

/// What surrounds a number.
pub(super) struct Context {
    /// What it is announced as, by the words nearest before it.
    pub(super) topic: Option<Topic>,
    /// What else was asked for, where the speaker only answers: "your phone number, so that I find the
    /// order?" "199…".
    pub(super) also: Vec<Topic>,
    /// A unit follows, or a currency stands before: an amount.
    pub(super) is_amount: bool,
    /// No Chinese character in the text or before it.
    pub(super) english: bool,
}

/// Chinese words, in syllables.
const SYLLABLES: &[(Topic, &[&str])] = &[
    (
        Topic::Person(PiiKind::Phone),
        &[
            "shou ji", "dian hua", "lian xi", "zuo ji", "duan xin", "bo da", "hui bo", "hao ma",
            "wei xin",
        ],
    ),
    (Topic::Person(PiiKind::IdCard), &["shen fen", "fen zheng", "zheng jian"]),
    (Topic::Person(PiiKind::BankCard), &["ka hao", "yin hang ka", "xin yong ka", "chu xu ka"]),
    (
        Topic::Person(PiiKind::Cvv),
        &["an quan ma", "bei mian", "qian ming lan", "cvv", "cvv 2", "cvv2", "cvc", "c v v"],
    ),
    (
        Topic::Thing,
        &[
            "ding dan",
            "dan hao",
            "gong dan",
            "yun dan",
            "kuai di",
            "liu shui",
            "bian hao",
            "ding huo",
            "bao dan",
            "gong hao",
            "fa piao",
            "he tong",
            "hu hao",
            "zhang hao",
            "zhang hu",
            "xing hao",
            "xu lie",
            "jin e",
            "yu e",
            "ri qi",
            "chu sheng",
            "sheng ri",
            "du shu",
            "dian biao",
            "shui biao",
            "ran qi",
            "biao hao",
            "you bian",
            "yan zheng ma",
            "mi ma",
            "di zhi",
            "gong ji jin",
            "you xiao qi",
        ],
    ),
];

/// English words: how they begin, in lower case.
const WORDS: &[(Topic, &[&str])] = &[
    (
        Topic::Person(PiiKind::Phone),
        &[
            "phone",
            "telephone",
            "call",
            "cell",
            "mobile",
            "reach",
            "contact",
            "dial",
            "text me",
            "text you",
            "number",
        ],
    ),
    (Topic::Person(PiiKind::BankCard), &["card", "debit", "credit card", "visa", "mastercard"]),
    (Topic::Person(PiiKind::Ssn), &["social", "ssn", "taxpayer"]),
    (
        Topic::Person(PiiKind::Cvv),
        &[
            "security code",
            "verification value",
            "cvv",
            "cvc",
            "c v v",
            "digits on the back",
            "numbers on the back",
            "number on the back",
            "back of the card",
            "back of your card",
        ],
    ),
    (
        Topic::Thing,
        &[
            "order",
            "ticket",
            "tracking",
            "confirmation",
            "reference",
            "case number",
            "case id",
            "invoice",
            "serial",
            "code",
            "policy",
            "claim",
            "account number",
            "account ending",
            "agent",
            "meter",
            "reading",
            "amount",
            "balance",
            "total",
            "date",
            "birth",
            "zip",
            "address",
            "routing",
            "pin",
            "model",
            "part number",
            "employee",
            "booking",
            "expir",
        ],
    ),
];

/// Words that say "number" only: a more telling word shortly before them decides.
const GENERIC: &[&str] = &["hao ma", "number"];

/// How far before a generic word the word for a thing may stand, in bytes of the sounded text: "order
/// number". A word for what belongs to a person counts from anywhere.
const GENERIC_REACH: usize = 28;

/// All words in one automaton: a call has hundreds of places where a number might begin, and each asks for all words.
struct Lexicon {
    /// Each word after its space, so that it is found at the beginning of a word only.
    words: AhoCorasick,
    /// By pattern: which group of the tables it stands in, what it announces, and whether it says "number" only.
    meanings: Vec<(usize, Topic, bool)>,
}

/// A word that was found.
struct Said {
    /// Where it ends in the sounded text, and its length, in bytes.
    end: usize,
    len: usize,
    /// Which group of the tables.
    group: usize,
    topic: Topic,
    generic: bool,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let (mut words, mut meanings) = (Vec::new(), Vec::new());
    for (group, (topic, all)) in SYLLABLES.iter().chain(WORDS).enumerate() {
        for word in *all {
            words.push(format!(" {word}"));
            meanings.push((group, *topic, GENERIC.contains(word)));
        }
    }
    let words = AhoCorasick::new(words).expect("the tables are short");
    Lexicon { words, meanings }
});

/// Every word of the tables in a sounded text.
fn said(sounded: &str) -> impl Iterator<Item = Said> {
    LEXICON.words.find_overlapping_iter(sounded).map(|found| {
        let (group, topic, generic) = LEXICON.meanings[found.pattern().as_usize()];
        Said { end: found.end(), len: found.len() - 1, group, topic, generic }
    })
}

/// All that a text announces.
pub(super) fn topics(before: &str) -> Vec<Topic> {
    let sounded = sounded(before);
    let telling = said(&sounded).filter(|one| !one.generic);
    let groups: BTreeMap<usize, Topic> = telling.map(|one| (one.group, one.topic)).collect();
    groups.into_values().collect()
}

/// What the text announces, by its last word that does.
pub(super) fn topic(before: &str) -> Option<Topic> {
    let mut all: Vec<Said> = said(&sounded(before)).collect();
    // A word that holds another one wins over it.
    all.sort_by_key(|one| (one.end, one.len));
    let last = all.last()?;
    let telling = || {
        let earlier = all.iter().rev().find(|one| !one.generic)?;
        let near = earlier.topic != Topic::Thing || earlier.end + GENERIC_REACH >= last.end;
        near.then_some(earlier.topic)
    };
    Some(if last.generic { telling().unwrap_or(last.topic) } else { last.topic })
}

/// Lower-case words and syllables, each after one space.
fn sounded(text: &str) -> String {
    let mut out = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        match c.to_pinyin() {
            Some(syllable) => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                out.push_str(syllable.plain());
                out.push(' ');
            }
            None if c.is_alphanumeric() || c == '\'' => out.push(c),
            None if out.ends_with(' ') => {}
            None => out.push(' '),
        }
    }
    out
}

/// Whether a unit stands right after a number, or a currency right before it.
pub(super) fn is_amount(before: &str, after: &str) -> bool {
    let units = [
        "元", "块", "度", "万", "亿", "平", "米", "公里", "吨", "个", "年", "分钟", "dollar",
        "bucks", "percent", "cents", "kilowatt", "miles", "yuan", "units",
    ];
    let after = after.trim_start().to_lowercase();
    units.iter().any(|unit| after.starts_with(unit))
        || ['$', '¥', '￥', '€', '£'].iter().any(|&sign| before.trim_end().ends_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_decides() {
        let person = |kind| Some(Topic::Person(kind));
        for (before, want) in [
            ("", None),
            ("我说一下，", None),
            ("您的手机号是", person(PiiKind::Phone)),
            ("身份正好马是", person(PiiKind::IdCard)),
            ("身份证号码", person(PiiKind::IdCard)),
            ("先分证号", person(PiiKind::IdCard)),
            ("订单号码是", Some(Topic::Thing)),
            ("下单的手机号", person(PiiKind::Phone)),
            ("电话说过了，单号", Some(Topic::Thing)),
            ("my order number is ", Some(Topic::Thing)),
            ("the phone number on the account? Oliver Grant ", person(PiiKind::Phone)),
            ("your account number is", Some(Topic::Thing)),
            ("name and Social Security number? Please. ", person(PiiKind::Ssn)),
            ("Is it the card ending in it? Yes. The full number is ", person(PiiKind::BankCard)),
            ("which number do you have for her? We have ", person(PiiKind::Phone)),
            ("I recall a discard", None),
        ] {
            assert_eq!(topic(before), want, "{before}");
        }
    }
}
