//! Inputs that the benches share: made from a fixed seed and from the two recordings of
//! `tests/fixtures/speech`, so that two runs measure the same work.

#![allow(dead_code, reason = "each bench uses its own part")]
// A panic is how a bench fails.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use lingting::audio::playback::{Band, Playback};
use lingting::audio::{Decoder, SAMPLE_RATE_HZ};
use lingting::domain::{LegIx, Party, Sensitive, Span, Utterance, Word};

/// Samples of a block, as the session takes them.
pub(crate) const BLOCK_SAMPLES: usize = 4096;

const ZH: &[u8] = include_bytes!("../../tests/fixtures/speech/zh.wav");
const EN: &[u8] = include_bytes!("../../tests/fixtures/speech/en.wav");

/// The Chinese recording, 16 kHz mono.
pub(crate) fn speech_zh() -> Vec<f32> {
    decoded(ZH).swap_remove(0)
}

/// The English recording, 16 kHz mono.
pub(crate) fn speech_en() -> Vec<f32> {
    decoded(EN).swap_remove(0)
}

/// Decodes a whole file.
pub(crate) fn decoded(bytes: &[u8]) -> Vec<Vec<f32>> {
    let mut decoder = Decoder::new(Box::new(Cursor::new(bytes.to_vec())), "wav").unwrap();
    let mut legs: Vec<Vec<f32>> = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        legs.resize(block.legs.len(), Vec::new());
        for (leg, samples) in legs.iter_mut().zip(&block.legs) {
            leg.extend_from_slice(samples);
        }
    }
    legs
}

/// Two legs of a talk: they take turns, with a second in between, over line noise at about -60 dB.
pub(crate) fn talk(seconds: usize) -> Vec<Vec<f32>> {
    let said = [speech_zh(), speech_en()];
    let len = seconds * SAMPLE_RATE_HZ as usize;
    let mut noise = Noise(0x5EED_CA11);
    let mut legs: Vec<Vec<f32>> =
        (0..2).map(|_| (0..len).map(|_| noise.next() * 0.0015).collect()).collect();
    let (mut at, mut turn) = (SAMPLE_RATE_HZ as usize / 2, 0);
    while at < len {
        let voice = &said[turn % 2];
        for (sample, spoken) in legs[turn % 2][at..].iter_mut().zip(voice) {
            *sample += spoken;
        }
        at += voice.len() + SAMPLE_RATE_HZ as usize;
        turn += 1;
    }
    legs
}

/// Legs as a WAV of 8 kHz A-law or the like, as a telephone system writes it.
pub(crate) fn telephone_wav(legs: &[Vec<f32>]) -> Vec<u8> {
    let views: Vec<&[f32]> = legs.iter().map(Vec::as_slice).collect();
    let target = Cursor::new(Vec::new());
    let mut wav = Playback::new(target, legs.len(), Band::Narrow, None).unwrap();
    wav.push(&views).unwrap();
    wav.finish().unwrap().into_inner()
}

/// Speech and nothing else, `seconds` long, for a recognition window.
pub(crate) fn window(voice: &[f32], seconds: usize) -> Vec<f32> {
    voice.iter().copied().cycle().take(seconds * SAMPLE_RATE_HZ as usize).collect()
}

/// What is said in the made-up calls: greeting, complaint, number, forbidden words, farewell.
const SAID_ZH: &[(Party, &str)] = &[
    (Party::Agent, "您好，这里是星河商城客服中心，工号八零二六，请问有什么可以帮您？"),
    (Party::Customer, "我上个星期买的那个杯子到现在都没有收到，你们到底什么时候发货呀。"),
    (Party::Agent, "非常抱歉给您带来不便，我马上为您查询，请您稍等一下。"),
    (Party::Customer, "好的，我的手机号是幺九九零零零零六幺三六。"),
    (Party::Agent, "感谢您的等待，这边已经登记好了，二十四小时之内会有专人给您回电话。"),
    (Party::Customer, "那你们要快一点，不然我就去投诉了。"),
    (Party::Agent, "这个我也不知道，你自己看着办吧。"),
    (Party::Agent, "请问还有其他可以帮您的吗？感谢您的来电，祝您生活愉快，再见。"),
];

/// A call of `minutes`, about ten utterances a minute, with word times.
pub(crate) fn utterances(minutes: u64) -> Vec<Utterance> {
    (0..minutes * 10)
        .map(|ix| {
            let (party, text) = SAID_ZH[ix as usize % SAID_ZH.len()];
            let start_ms = 500 + ix * 6_000;
            utterance(ix as u32, party, start_ms, text)
        })
        .collect()
}

fn utterance(id: u32, party: Party, start_ms: u64, text: &str) -> Utterance {
    let leg = u8::from(party != Party::Agent);
    let letters: Vec<char> = text.chars().collect();
    let word_ms = 320;
    let words: Vec<Word> = letters
        .chunks(2)
        .enumerate()
        .map(|(ix, letters)| {
            let at = start_ms + word_ms * ix as u64;
            Word {
                text: Sensitive::new(letters.iter().collect()),
                span: Span::from_ms(at, at + word_ms).unwrap(),
                confidence: 0.9,
            }
        })
        .collect();
    let end_ms = start_ms + word_ms * words.len() as u64;
    Utterance {
        id,
        leg: LegIx(leg),
        speaker: leg,
        party,
        span: Span::from_ms(start_ms, end_ms).unwrap(),
        text: text.into(),
        confidence: 0.9,
        words,
    }
}

/// A small generator of even noise between -1 and 1.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}
