//! (see docs/ARCHITECTURE.md)

pub mod sidecar;
