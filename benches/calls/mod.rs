//! Made-up calls of a call centre, as many as wanted: the n-th call is the same on every machine.
//!
//! Sentences are put together from clauses, and clauses from words, names, places, goods, amounts and
//! numbers, with the fillers and false starts of speech and with characters misheard, so that hardly
//! any two are alike ([`Share`] counts those that are). Seven calls of eight are Chinese.

#![allow(dead_code, reason = "each bench uses its own part")]
// A panic is how a bench fails.
#![allow(clippy::unwrap_used)]

mod en;
mod zh;
mod zh_words;

use std::collections::{BTreeMap, BTreeSet};

use lingting::domain::{
    CallId, CallInfo, CallRecord, Direction, Language, LegIx, Party, Sensitive, Span, Utterance,
    Word,
};
use lingting::measure::{Input, MeasureConfig, measure};
use lingting::session::announces_wait;

/// 班组, over three vendors and eight projects.
pub(crate) const TEAMS: usize = 24;

/// Microseconds of 2026-01-01.
pub(crate) const EPOCH_US: i64 = 1_767_225_600_000_000;

/// When the n-th call begins: one every five minutes.
pub(crate) fn started_us(n: u64) -> i64 {
    EPOCH_US + n as i64 * 300_000_000
}

/// The n-th call's id in a store.
pub(crate) fn id(n: u64) -> String {
    format!("0199c0de-{:04x}-7000-8000-{n:012x}", n & 0xffff)
}

/// A stream of numbers from a seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5EED_CA11)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }
}

/// One thing said.
pub(crate) struct Line {
    pub(crate) party: Party,
    pub(crate) text: String,
    /// Silence before it, in milliseconds.
    pub(crate) pause_ms: u64,
}

/// What a call is about.
pub(crate) struct Scene {
    pub(crate) outbound: bool,
    pub(crate) client: String,
    pub(crate) utterances: usize,
}

/// The n-th call.
pub(crate) fn call(n: u64) -> CallRecord {
    let dice = &mut Dice::new(n);
    let chinese = dice.below(8) > 0;
    // Mostly short, some long: 40 on the mean.
    let utterances = 14 + dice.below(28) + dice.below(26);
    scene_call(n, chinese, utterances, dice)
}

/// The n-th long call: `utterances` in Chinese.
pub(crate) fn long_call(n: u64, utterances: usize) -> CallRecord {
    scene_call(n, true, utterances, &mut Dice::new(n ^ 0x1040_6CA1))
}

/// The n-th call of a busy line: 50 utterances on the mean.
pub(crate) fn busy_call(n: u64) -> CallRecord {
    let dice = &mut Dice::new(n ^ 0x0B05_7CA1);
    let chinese = dice.below(8) > 0;
    let utterances = 24 + dice.below(28) + dice.below(26);
    scene_call(n, chinese, utterances, dice)
}

fn scene_call(n: u64, chinese: bool, utterances: usize, dice: &mut Dice) -> CallRecord {
    let outbound = dice.chance(25);
    let client = if chinese { zh::client(dice) } else { en::client(dice) };
    let scene = Scene { outbound, client, utterances };
    let lines = if chinese { zh::lines(&scene, dice) } else { en::lines(&scene, dice) };
    let language = if chinese { Language::chinese() } else { Language::english() };
    let utterances = spoken(lines, chinese, dice);
    let duration_ms = utterances.last().map_or(0, |one| one.span.end().ms()) + 1500;
    let waits = utterances.iter().filter(|one| announces_wait(one.text.as_str(), &language));
    let conversation = measure(&Input {
        utterances: &utterances,
        language: &language,
        loudness_dbfs: &utterances.iter().map(|one| (one.id, -21.5)).collect::<BTreeMap<_, _>>(),
        holds: &[],
        announces_wait: &waits.map(|one| one.id).collect::<BTreeSet<_>>(),
        goes_on: false,
        duration_ms,
        config: &MeasureConfig::default(),
    });
    let info = CallInfo {
        direction: Some(if outbound { Direction::Outbound } else { Direction::Inbound }),
        client: Some(scene.client),
        vendor: Some("卓信客服".into()),
        agent_id: Some(format!("{:04}", 1000 + dice.below(400))),
        rings: Some(1 + dice.below(5) as u32),
        ring_ms: Some(5000),
        language: Some(language),
        ..CallInfo::unknown(CallId::new(&format!("gen-{n:06}")).unwrap())
    };
    CallRecord {
        info,
        utterances,
        conversation,
        duration_ms,
        parties_confidence: 0.97,
        unheard: Vec::new(),
    }
}

fn spoken(lines: Vec<Line>, chinese: bool, dice: &mut Dice) -> Vec<Utterance> {
    let mut at = 400;
    let mut out = Vec::with_capacity(lines.len());
    for (id, line) in lines.into_iter().enumerate() {
        let leg = u8::from(line.party != Party::Agent);
        at += line.pause_ms;
        let words = words(&line.text, chinese, at, dice);
        let Some(last) = words.last() else { continue };
        let end = last.span.end();
        let sum: f32 = words.iter().map(|word| word.confidence).sum();
        out.push(Utterance {
            id: id as u32,
            leg: LegIx(leg),
            speaker: leg,
            party: line.party,
            span: Span::new(words[0].span.start(), end).unwrap(),
            text: Sensitive::new(line.text),
            confidence: sum / words.len() as f32,
            words,
        });
        at = end.ms();
    }
    out
}

/// Words as a recogniser gives them: two characters or an English word, with the mark after it.
fn words(text: &str, chinese: bool, mut at: u64, dice: &mut Dice) -> Vec<Word> {
    let mut pieces: Vec<String> = Vec::new();
    if chinese {
        let mut length = 2;
        for c in text.chars() {
            let mark = !c.is_alphanumeric();
            if length >= 2 && !mark {
                pieces.push(String::new());
                length = 0;
            }
            pieces.last_mut().unwrap().push(c);
            length += usize::from(!mark);
        }
    } else {
        pieces.extend(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
    }
    let unit_ms = 190 + dice.below(60) as u64;
    let word = |text: String| {
        let units = text.chars().filter(|c| c.is_alphanumeric()).count() as u64;
        let start = at;
        at += if chinese { units * unit_ms } else { 120 + units * 50 }.max(80);
        Word {
            text: Sensitive::new(text),
            span: Span::from_ms(start, at).unwrap(),
            confidence: 0.55 + dice.below(450) as f32 / 1000.0,
        }
    };
    pieces.into_iter().map(word).collect()
}

/// How many utterances are the same as one before, letter by letter.
#[derive(Default)]
pub(crate) struct Share {
    seen: BTreeSet<u64>,
    pub(crate) utterances: usize,
    pub(crate) repeated: usize,
    pub(crate) chars: usize,
    pub(crate) bytes: usize,
}

impl Share {
    pub(crate) fn add(&mut self, record: &CallRecord) {
        for one in &record.utterances {
            let text = one.text.as_str();
            let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
            self.repeated += usize::from(!self.seen.insert(hash));
            self.utterances += 1;
            self.chars += text.chars().count();
            self.bytes += text.len();
        }
    }
}
