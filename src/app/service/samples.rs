//! The sample calls and chats that the program brings along, for whoever wants to look around before there is a
//! PBX or a bucket.
//!
//! In: `tests/calls` and `tests/chats` as they were when this was built, 5.5 MB. Out: files with what is known about
//! them. Nothing is read or written here; the API puts them through the intake of uploads.

use crate::api::Sample;

/// A recording or chat log of the tests, by its file name, and its sidecar.
macro_rules! sample {
    ($folder:literal, $name:literal) => {
        Sample {
            name: $name,
            bytes: include_bytes!(concat!("../../../tests/", $folder, "/", $name)),
            facts: None,
        }
    };
    ($folder:literal, $name:literal, $facts:literal) => {
        Sample {
            facts: Some(include_str!(concat!("../../../tests/", $folder, "/", $facts))),
            ..sample!($folder, $name)
        }
    };
}

/// All of them. The chats come first: they need no engine, so that there is something to see at once.
pub(super) const SAMPLES: &[Sample] = &[
    sample!("chats", "zh-C1.csv", "zh-C1.call.json"),
    sample!("chats", "en-C2.json"),
    sample!("calls", "zh-M5.wav", "zh-M5.call.json"),
    sample!("calls", "zh-P6.mp3", "zh-P6.call.json"),
    sample!("calls", "zh-H4.ogg", "zh-H4.call.json"),
    sample!("calls", "zh-H3.flac", "zh-H3.call.json"),
    sample!("calls", "zh-H5.wav", "zh-H5.call.json"),
    sample!("calls", "en-XE2.mp3", "en-XE2.call.json"),
    sample!("calls", "en-XB2.wav", "en-XB2.call.json"),
    sample!("calls", "en-XE1.wav", "en-XE1.call.json"),
];
