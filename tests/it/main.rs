//! Integration tests: one binary, one module a subject.

// Helpers outside #[test] functions may unwrap too: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

mod decode;
mod report;
mod rubric;
mod samples;
