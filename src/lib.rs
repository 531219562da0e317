//! Lingting (聆听): quality monitoring and speech analytics for call centres.
//!
//! Frames of audio become segments of speech, segments become utterances, utterances meet rubrics
//! and become findings with proof. The modules, in reading order; `docs/ARCHITECTURE.md` is the map.

pub mod domain;

pub mod audio;
pub mod measure;
pub mod rubric;
pub mod session;
pub mod speech;
pub mod text;

pub mod wire;

#[cfg(feature = "service")]
pub mod access;
#[cfg(feature = "service")]
pub mod blobs;
pub mod engine;
pub mod ingest;
#[cfg(feature = "service")]
pub mod lake;
pub mod report;
#[cfg(feature = "service")]
pub mod search;
#[cfg(feature = "service")]
pub mod store;
#[cfg(feature = "service")]
pub mod webhooks;

#[cfg(feature = "live")]
pub mod pbx;

#[cfg(feature = "live")]
pub mod live;
#[cfg(feature = "service")]
pub mod supervise;

#[cfg(feature = "service")]
pub mod api;

pub mod app;
pub mod cli;

/// Who hands out memory: scoring a call asks for thousands of small pieces, which the C library is slow at.
/// Fuzzers keep that, which their sanitisers watch.
#[cfg(not(fuzzing))]
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;
