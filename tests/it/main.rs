//! Integration tests: one binary, one module a subject.

// Helpers outside #[test] functions may unwrap too: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "service")]
mod accounts;
mod chat_times;
mod chats;
#[cfg(all(unix, feature = "ct2", feature = "onnx"))]
mod command;
mod decode;
mod decode_lost;
#[cfg(all(unix, feature = "ct2", feature = "onnx"))]
mod faults;
#[cfg(feature = "live")]
mod fuzz;
#[cfg(feature = "service")]
mod keys_killed;
mod laws;
#[cfg(all(unix, feature = "ct2", feature = "onnx", feature = "live"))]
mod live_calls;
mod live_early;
mod operators;
mod operators_live;
mod operators_seams;
mod pii;
mod pii_generated;
#[cfg(all(target_os = "linux", target_arch = "x86_64", feature = "ct2", feature = "onnx"))]
mod quicker;
mod redaction;
mod report;
mod rubric;
mod rubric_again;
mod rubric_backtest;
mod rubric_calls;
mod rubric_dialogues;
mod rubric_file;
mod rubric_reviewed;
mod rubric_score;
mod rubric_tools;
mod samples;
#[cfg(all(unix, feature = "ct2", feature = "onnx"))]
mod schemas;
#[cfg(feature = "service")]
mod service_killed;
