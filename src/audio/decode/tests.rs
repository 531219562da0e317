//! The decoder on whole files, made here byte by byte.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::audio::fixture::{Wave, tone};

fn decoder(bytes: Vec<u8>, extension: &str) -> Result<Decoder, DecodeError> {
    Decoder::new(Box::new(Cursor::new(bytes)), extension)
}

/// All of a recording, and its problems.
fn all(bytes: Vec<u8>, extension: &str) -> Result<(Vec<Vec<f32>>, Vec<ProblemKind>), DecodeError> {
    let mut decoder = decoder(bytes, extension)?;
    let mut legs = vec![Vec::new(); usize::from(decoder.format().channels)];
    while let Some(block) = decoder.next_block()? {
        assert_eq!(block.at, AudioTime::from_samples(legs[0].len() as u64, SAMPLE_RATE_HZ));
        assert!(block.legs.iter().all(|l| l.len() == block.legs[0].len()));
        assert!(block.legs[0].len() <= BLOCK_SAMPLES);
        for (leg, piece) in legs.iter_mut().zip(block.legs) {
            leg.extend(piece);
        }
    }
    Ok((legs, decoder.problems().iter().map(|p| p.kind).collect()))
}

#[test]
fn every_plain_coding_gives_the_same_tone() {
    let samples = tone(16_000, 440.0, 8_000);
    let wanted: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32_768.0).collect();
    let bytes =
        |f: &dyn Fn(i16) -> Vec<u8>| samples.iter().flat_map(|s| f(*s)).collect::<Vec<u8>>();
    let real = |s: i16| f32::from(s) / 32_768.0;
    let cases = [
        ("pcm_u8", 1, 8, bytes(&|s| vec![((s >> 8) + 128) as u8]), 0.008),
        ("pcm_s16le", 1, 16, bytes(&|s| s.to_le_bytes().to_vec()), 1e-6),
        ("pcm_s24le", 1, 24, bytes(&|s| (i32::from(s) << 8).to_le_bytes()[..3].to_vec()), 1e-6),
        ("pcm_s32le", 1, 32, bytes(&|s| (i32::from(s) << 16).to_le_bytes().to_vec()), 1e-6),
        ("pcm_f32le", 3, 32, bytes(&|s| real(s).to_le_bytes().to_vec()), 1e-6),
        ("pcm_f64le", 3, 64, bytes(&|s| f64::from(real(s)).to_le_bytes().to_vec()), 1e-6),
    ];
    for (codec, tag, bits, data, off) in cases {
        let file = Wave::of(tag, bits, 1, 16_000, data).bytes();
        assert_eq!(decoder(file.clone(), "").unwrap().format().codec, codec);
        let (legs, problems) = all(file, "").unwrap();
        assert_eq!((legs[0].len(), problems), (8_000, vec![]), "{codec}");
        let worst = legs[0].iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= off, "{codec}: off by {worst}");
    }
}

#[test]
fn two_channels_are_two_legs() {
    let samples: Vec<i16> = tone(8_000, 440.0, 12_345).iter().flat_map(|s| [*s, 0]).collect();
    let (legs, problems) = all(Wave::pcm16(2, 8_000, &samples).bytes(), "wav").unwrap();
    assert_eq!((legs[0].len(), legs[1].len(), problems), (24_690, 24_690, vec![]));
    assert!(legs[0].iter().any(|s| *s > 0.2) && legs[1].iter().all(|s| *s == 0.0));
}

#[test]
fn what_is_no_recording_says_so() {
    use DecodeError as E;
    assert!(matches!(decoder(vec![], "wav"), Err(E::Empty)));
    assert!(matches!(decoder(b"hello, this is a letter".to_vec(), "wav"), Err(E::Text)));
    assert!(matches!(decoder(vec![7; 500], "wav"), Err(E::Unknown)));
    let eight = Wave::pcm16(8, 8_000, &[0; 800]).bytes();
    assert!(matches!(decoder(eight, "wav"), Err(E::TooManyChannels { channels: 8 })));
    let gsm = Wave::of(0x31, 0, 1, 8_000, vec![0; 650]).bytes();
    assert!(matches!(decoder(gsm, "wav"), Err(E::NeedsFfmpeg { demuxer: "wav", .. })));
    let absurd = Wave::pcm16(1, 4_000_000_000, &[0; 800]);
    assert!(matches!(decoder(absurd.bytes(), "wav"), Err(E::Header(_))));
    assert!(matches!(decoder(b"RIFF\x10\0\0\0WAVEfmt ".to_vec(), "wav"), Err(E::Header(_))));
    assert!(matches!(decoder(b"fLaC\0\0\0\x22".to_vec(), "wav"), Err(E::Corrupt(_))));
}

#[test]
fn raw_and_au_are_read() {
    let pcm: Vec<u8> = tone(8_000, 440.0, 800).iter().flat_map(|s| s.to_le_bytes()).collect();
    let (legs, _) = all(pcm.clone(), "sln").unwrap();
    assert_eq!(legs[0].len(), 1_600);
    let (legs, _) = all(pcm, "sln16").unwrap();
    assert_eq!(legs[0].len(), 800);
    let mut au = b".snd".to_vec();
    for word in [24u32, u32::MAX, 1, 8_000, 1] {
        au.extend(word.to_be_bytes());
    }
    au.extend([0xff; 80]);
    let (legs, problems) = all(au, "wav").unwrap();
    assert_eq!((legs[0].len(), problems), (160, vec![]));
}

#[test]
fn a_float_file_of_nonsense_stays_in_range() {
    let data = [f32::NAN, f32::INFINITY, -1e30, 0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
    let (legs, _) = all(Wave::of(3, 32, 1, 16_000, data).bytes(), "").unwrap();
    assert_eq!(legs[0], [0.0, 0.0, -1.0, 0.5]);
}

#[test]
fn a_tenth_of_a_second_is_a_recording() {
    let (legs, _) = all(Wave::alaw(&[0xd5; 800]).bytes(), "wav").unwrap();
    assert_eq!(legs[0].len(), 1_600);
}

/// One small sound file of each shape that is made in code.
fn seeds() -> Vec<Vec<u8>> {
    let pcm = Wave::pcm16(2, 8_000, &tone(8_000, 300.0, 900)).bytes();
    let ms = Wave::of(2, 4, 1, 8_000, vec![0x01; 512]);
    let ima = Wave::of(0x11, 4, 2, 8_000, vec![0x21; 512]);
    let mut frame = vec![0u8; 288];
    frame[..4].copy_from_slice(&[0xff, 0xe3, 0x48, 0xc4]);
    let mp3 = Wave::of(0x55, 0, 1, 8_000, frame.repeat(5)).bytes();
    vec![pcm, ms.bytes_with_block(64), ima.bytes_with_block(64), mp3, frame.repeat(5)]
}

#[test]
fn every_seed_of_the_fuzz_is_a_recording() {
    for (ix, seed) in seeds().into_iter().enumerate() {
        let error = all(seed, "").err();
        assert!(error.is_none(), "{ix}: {error:?}");
    }
}

/// The first bytes of containers, for random bytes to follow.
const MAGICS: &[&[u8]] = &[
    b"",
    b"OggS\0\x02",
    b"fLaC\0\0\0\x22",
    b"\0\0\0\x18ftypM4A ",
    b"FORM\0\0\x10\0AIFFCOMM\0\0\0\x12",
    b"caff\0\x01\0\0desc",
    b"ID3\x03\0\0\0\0\x02\x01",
    b"\x1a\x45\xdf\xa3",
    b".snd\0\0\0\x18",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hostile_bytes_never_panic(
        seed in 0usize..5,
        cut in 0usize..2_000,
        changes in prop::collection::vec((0usize..120, any::<u8>()), 0..8),
    ) {
        let mut bytes = seeds().swap_remove(seed);
        for (at, value) in changes {
            let len = bytes.len();
            bytes[at % len] = value;
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        let most = bytes.len() * 16 * 64;
        if let Ok((legs, _)) = all(bytes, "wav") {
            // Nothing comes from nothing: 4 bits a sample, 4 kHz at least, and a lost packet's silence.
            prop_assert!(legs[0].len() <= most + 64_000);
        }
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..3_000),
        magic in prop::sample::select(MAGICS),
        extension in prop_oneof![Just("wav"), Just("ul"), Just("sln")],
    ) {
        let mut file = magic.to_vec();
        file.extend(bytes);
        let _ = all(file, extension);
    }
}
