//! Recordings of which much cannot be decoded: silence in its place, and no more of it than anybody would hear.
//!
//! Needs ffmpeg and sox, like `decode`, and a build that decodes Opus.

#![cfg(feature = "opus")]

use std::fs;

use lingting::domain::ProblemKind;

use crate::decode::{legs, open, path_text, run, source};

/// A page of Ogg (RFC 3533) that holds so many packets of two bytes which are none of Opus.
fn page_of_nothing(serial: [u8; 4], sequence: u32, packets: u8) -> Vec<u8> {
    let mut page = b"OggS\0\0".to_vec();
    // A fifth of a second each, in frames of 48 kHz.
    page.extend((u64::from(sequence + 1) * u64::from(packets) * 9_600).to_le_bytes());
    page.extend(serial);
    page.extend(sequence.to_le_bytes());
    page.extend([0; 4]);
    page.push(packets);
    page.extend(std::iter::repeat_n(2u8, usize::from(packets)));
    // Code 3 with 63 frames of 60 ms, where 120 ms are the most: RFC 6716, 3.2.5.
    page.extend([0x1b, 0x3f].repeat(usize::from(packets)));
    sealed(page)
}

/// A page with its checksum.
fn sealed(mut page: Vec<u8>) -> Vec<u8> {
    page[22..26].fill(0);
    let crc = page.iter().fold(0u32, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            (crc << 1) ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    page[22..26].copy_from_slice(&crc.to_le_bytes());
    page
}

/// Packets cost three bytes and claim a fifth of a second each: after minutes of them the rest is left out, and never is more
/// than a block of silence held.
#[test]
fn packets_that_hold_nothing_are_no_hours_of_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.ogg"), folder.path().join("bad.ogg"));
    let wav = source(folder.path());
    run("ffmpeg", &["-v", "error", "-i", path_text(&wav), "-c:a", "libopus", path_text(&good)]);
    let mut bytes = fs::read(&good).unwrap();
    let whole_ms = legs(&mut open(&good))[0].len() as u64 / 16;
    let serial = [bytes[14], bytes[15], bytes[16], bytes[17]];
    // The last page says no more that it is the last.
    let last = bytes.windows(4).rposition(|four| four == b"OggS").unwrap();
    let mut page = bytes.split_off(last);
    page[5] &= !4;
    let number = u32::from_le_bytes([page[18], page[19], page[20], page[21]]);
    bytes.extend(sealed(page));
    for sequence in 0..100 {
        bytes.extend(page_of_nothing(serial, number + 1 + sequence, 200));
    }
    fs::write(&bad, bytes).unwrap();
    let mut recording = open(&bad);
    let (mut blocks, mut longest) = (0u64, 0);
    while let Some(block) = recording.next_block().unwrap() {
        blocks += 1;
        longest = longest.max(block.legs[0].len());
    }
    let heard_ms = recording.decoded_ms();
    let problems: Vec<_> = recording.problems().collect();
    assert!(heard_ms > whole_ms + 1_000, "what was lost is silence: {heard_ms} ms, {problems:?}");
    assert!(heard_ms < whole_ms + 301_000, "{heard_ms} ms in {blocks} blocks of up to {longest}");
    let told = problems.iter().any(|one| {
        one.kind == ProblemKind::CorruptData && one.detail.contains("left out from here on")
    });
    assert!(told, "{problems:?}");
}
