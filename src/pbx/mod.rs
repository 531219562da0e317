//! Clients of telephone systems that ways in and connectors share.
//!
//! In: what is wanted of a PBX. Out: its answers and events. Nothing here knows of calls under way or of supervisors.

pub mod ari;
#[cfg(test)]
pub(crate) mod fake;
