//! The fields of the index, and how a call fills them.
//!
//! In: a [`CallDoc`]. Out: one tantivy document. All three text fields count places alike ([`units`]), so
//! that a place found in one means the same in the others, and in the utterance table beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jieba_rs::Jieba;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::doc::{CallDoc, SaidDoc};
use super::stem::Stemmer;
use super::told;
use super::units::{Unit, UnitKind, units};
use crate::domain::Party;
use crate::text::{Sound, TokenKind};

/// Facts of a call that are words: each can be filtered by and counted.
pub(super) const FACTS: [&str; 12] = [
    "client",
    "vendor",
    "project",
    "team",
    "agent",
    "queue",
    "direction",
    "language",
    "verdict",
    "review",
    "problem",
    "failed",
];

/// The schema's fields.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) told: Field,
    pub(super) said: Field,
    pub(super) no_words: Field,
    pub(super) sounds: Field,
    pub(super) facts: [Field; FACTS.len()],
    pub(super) started_us: Field,
    pub(super) duration_ms: Field,
    pub(super) risk: Field,
    pub(super) score: Field,
    pub(super) silence_ms: Field,
    pub(super) overtalk: Field,
    pub(super) rate_agent: Field,
    pub(super) rate_customer: Field,
    pub(super) talk_share: Field,
    pub(super) units: Field,
    pub(super) tie: Field,
    pub(super) room: Field,
    pub(super) since: Field,
    pub(super) length: Field,
}

/// The schema, always the same.
pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let text = || {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        told: builder.add_bytes_field("told", STORED),
        said: builder.add_text_field("said", text()),
        no_words: builder.add_text_field("no_words", text()),
        sounds: builder.add_text_field("sounds", text()),
        facts: FACTS.map(|name| {
            let plain = TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic);
            let options = TextOptions::default().set_indexing_options(plain).set_fast("raw");
            builder.add_text_field(name, options)
        }),
        started_us: builder.add_i64_field("started_us", FAST),
        duration_ms: builder.add_u64_field("duration_ms", FAST),
        risk: builder.add_u64_field("risk", FAST),
        score: builder.add_f64_field("score", FAST),
        silence_ms: builder.add_u64_field("silence_ms", FAST),
        overtalk: builder.add_u64_field("overtalk", FAST),
        rate_agent: builder.add_f64_field("rate_agent", FAST),
        rate_customer: builder.add_f64_field("rate_customer", FAST),
        talk_share: builder.add_f64_field("talk_share", FAST),
        units: builder.add_u64_field("units", FAST),
        tie: builder.add_u64_field("tie", FAST),
        room: builder.add_u64_field("room", FAST),
        since: builder.add_u64_field("since", FAST),
        length: builder.add_u64_field("length", FAST),
    };
    (builder.build(), fields)
}

/// Marks off the parties in the low bits of how many places an utterance takes.
pub(super) const PARTY_BITS: u32 = 2;

pub(super) const fn party_code(party: Party) -> u64 {
    match party {
        Party::Agent => 0,
        Party::Customer => 1,
        Party::Bot => 2,
        Party::Unknown => 3,
    }
}

pub(super) const fn party_of(code: u64) -> Party {
    match code & 3 {
        0 => Party::Agent,
        1 => Party::Customer,
        2 => Party::Bot,
        _ => Party::Unknown,
    }
}

/// Times in the index are in steps of so many milliseconds.
pub(super) const TICK_MS: u64 = 10;

/// Whole steps.
pub(super) const fn ticks(ms: u64) -> i64 {
    (ms / TICK_MS) as i64
}

/// The dictionary of Chinese words, loaded once for all.
pub(super) fn jieba() -> Arc<Jieba> {
    static JIEBA: OnceLock<Arc<Jieba>> = OnceLock::new();
    JIEBA.get_or_init(|| Arc::new(Jieba::new())).clone()
}

/// A number that tells calls of the same rank and time apart (FNV-1a of the id).
pub(super) fn tie(call_id: &str) -> u64 {
    call_id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Turns calls into documents. Not shared: it keeps a stemmer.
pub(super) struct Maker {
    fields: Fields,
    stemmer: Stemmer,
    jieba: Arc<Jieba>,
}

/// The tokens of a call's three text fields.
#[derive(Default)]
struct Tokens {
    said: Vec<Token>,
    no_words: Vec<Token>,
    sounds: Vec<Token>,
}

impl Maker {
    pub(super) fn new(fields: &Fields) -> Self {
        Self { fields: fields.clone(), stemmer: Stemmer::new(), jieba: jieba() }
    }

    pub(super) fn document(&mut self, call: &CallDoc) -> TantivyDocument {
        let fields = self.fields.clone();
        let mut doc = TantivyDocument::default();
        doc.add_text(fields.id, &call.call_id);
        doc.add_bytes(fields.told, &told::packed(&call.said));
        facts(&fields, call, &mut doc);
        let mut tokens = Tokens::default();
        let (mut at, mut last) = (0, 0);
        for one in &call.said {
            let room = self.utterance(one, at, &mut tokens);
            // Steps from one utterance to the next: small numbers take few bits.
            let start = ticks(one.start_ms);
            doc.add_u64(fields.room, (room as u64) << PARTY_BITS | party_code(one.party));
            doc.add_u64(fields.since, told::zigzag(start - last));
            doc.add_u64(fields.length, (ticks(one.end_ms) - start).max(0).unsigned_abs());
            // One place is left free after each, so that no phrase runs on into the next.
            at += room + 1;
            last = start;
        }
        doc.add_u64(fields.units, at as u64);
        for (field, tokens) in [
            (fields.said, tokens.said),
            (fields.no_words, tokens.no_words),
            (fields.sounds, tokens.sounds),
        ] {
            doc.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens });
        }
        doc
    }

    /// Adds the tokens of an utterance whose first place is `at`; gives how many places it takes.
    fn utterance(&mut self, one: &SaidDoc, at: usize, tokens: &mut Tokens) -> usize {
        let units = units(&one.text);
        for (ix, unit) in units.iter().enumerate() {
            let next = units.get(ix + 1).filter(|next| next.kind == UnitKind::Letter);
            let said = match unit.kind {
                UnitKind::Word => {
                    tokens.sounds.push(token(word_sound(unit), at + ix));
                    self.stemmer.stem(&unit.text)
                }
                UnitKind::Letter => {
                    let mut said = String::with_capacity(8);
                    said.push_str(&unit.text);
                    said.push_str(next.map_or("", |next| &next.text));
                    said
                }
            };
            tokens.said.push(token(said, at + ix));
        }
        for (from, word) in no_words(&self.jieba, &units) {
            tokens.no_words.push(token(word, at + from));
        }
        units.len()
    }
}

fn token(text: String, position: usize) -> Token {
    Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 }
}

/// Words of two and more Chinese characters, each with the place of its first, as units of the text.
pub(super) fn chinese_words(jieba: &Jieba, units: &[Unit]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut from = 0;
    while from < units.len() {
        let run = units[from..].iter().take_while(|unit| is_chinese(unit)).count();
        if run >= 2 {
            let text: String =
                units[from..from + run].iter().map(|unit| unit.text.as_str()).collect();
            let mut at = from;
            for piece in jieba.cut(&text, true) {
                let length = piece.word.chars().count();
                if length >= 2 {
                    out.push((at, piece.word.to_owned()));
                }
                at += length;
            }
        }
        from += run.max(1);
    }
    out
}

/// One character each: places and characters are then the same.
fn is_chinese(unit: &Unit) -> bool {
    unit.kind == UnitKind::Letter && {
        let mut chars = unit.text.chars();
        chars.next().is_some_and(crate::text::is_hanzi) && chars.next().is_none()
    }
}

/// Characters of the longest word that is told from its like elsewhere.
const NO_WORD_MAX: usize = 4;

/// Dictionary words whose characters stand here without being words: cut through (和服 in 产品和服务), or a part of
/// a longer one (信用 in 信用卡). They are far fewer than the words, and say the same.
pub(super) fn no_words(jieba: &Jieba, units: &[Unit]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut from = 0;
    while from < units.len() {
        let run = units[from..].iter().take_while(|unit| is_chinese(unit)).count();
        let text: String = units[from..from + run].iter().map(|unit| unit.text.as_str()).collect();
        let mut border = vec![false; run + 1];
        let mut at = 0;
        for piece in jieba.cut(&text, true) {
            border[at] = true;
            at += piece.word.chars().count();
        }
        border[run] = true;
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for start in 0..run {
            for end in start + 2..=run.min(start + NO_WORD_MAX) {
                let word = &text[bytes[start]..bytes[end]];
                if !(border[start] && border[end]) && jieba.has_word(word) {
                    out.push((from + start, word.to_owned()));
                }
            }
        }
        from += run.max(1);
    }
    out
}

/// All characters and digits that sound like this one in any of its readings, by what they are most often read as.
pub(super) fn sounding_alike(unit: &Unit) -> Vec<char> {
    static ALIKE: OnceLock<BTreeMap<u16, Vec<char>>> = OnceLock::new();
    let alike = ALIKE.get_or_init(|| {
        let mut out: BTreeMap<u16, Vec<char>> = BTreeMap::new();
        for c in ('0'..='9').chain('\u{4e00}'..='\u{9fff}') {
            let kind = if c.is_ascii_digit() { TokenKind::Number } else { TokenKind::Hanzi };
            let sound = Sound::of(kind, c.encode_utf8(&mut [0; 4]));
            if let Some(reading) = sound.merged().next() {
                out.entry(reading).or_default().push(c);
            }
        }
        out
    });
    let readings = unit.sound().merged().collect::<BTreeSet<_>>();
    let all = readings.iter().filter_map(|reading| alike.get(reading)).flatten().copied();
    // What nobody can read sounds like itself.
    let all: BTreeSet<char> = all.chain(unit.text.chars().next()).collect();
    all.into_iter().collect()
}

/// The key of a word; the word itself where it has none.
pub(super) fn word_sound(unit: &Unit) -> String {
    let sound = unit.sound();
    match std::str::from_utf8(sound.word_key()) {
        Ok(key) if !key.is_empty() => key.to_owned(),
        _ => unit.text.to_string(),
    }
}

fn facts(fields: &Fields, call: &CallDoc, doc: &mut TantivyDocument) {
    let direction = call.direction.map(|direction| direction.as_str().to_owned());
    let single = [
        &call.belongs.client,
        &call.belongs.vendor,
        &call.belongs.project,
        &call.belongs.team,
        &call.belongs.agent,
        &call.queue,
        &direction,
        &call.language,
        &call.verdict,
        &call.review_state,
    ];
    for (field, value) in fields.facts.iter().zip(single) {
        if let Some(value) = value {
            doc.add_text(*field, value);
        }
    }
    for (field, values) in [(fields.facts[10], &call.problems), (fields.facts[11], &call.failed)] {
        let values: BTreeSet<_> = values.iter().collect();
        for value in values {
            doc.add_text(field, value);
        }
    }
    doc.add_i64(fields.started_us, call.started_us);
    doc.add_u64(fields.duration_ms, call.duration_ms);
    doc.add_u64(fields.risk, u64::from(call.risk));
    doc.add_u64(fields.tie, tie(&call.call_id));
    let measures = &call.measures;
    for (field, value) in [
        (fields.silence_ms, measures.silence_longest_ms),
        (fields.overtalk, measures.overtalk_count),
    ] {
        if let Some(value) = value {
            doc.add_u64(field, value);
        }
    }
    for (field, value) in [
        (fields.score, call.score),
        (fields.rate_agent, measures.rate_agent),
        (fields.rate_customer, measures.rate_customer),
        (fields.talk_share, measures.talk_share_agent),
    ] {
        if let Some(value) = value {
            doc.add_f64(field, f64::from(value));
        }
    }
}
