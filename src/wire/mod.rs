//! The forms in which data crosses the product's borders: reports and sidecars now, more to come.
//!
//! In: the domain's nouns, or text from outside. Out: the other of the two. The only module that
//! gives data `serde` forms, and the only one to know JSON's names for things.

mod access;
pub mod redaction;
pub mod report;
pub mod sidecar;

pub use access::{GrantBody, ScopeBody};
