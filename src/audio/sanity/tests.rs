//! Synthetic calls.
