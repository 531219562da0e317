//! Integration tests: one binary, one module a subject.

mod decode;
mod report;
