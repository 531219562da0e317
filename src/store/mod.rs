//! What the service remembers: one set of tables, on SQLite or PostgreSQL, chosen by URL.
//!
//! In: what happened. Out: rows. The event log is the truth (law 6): whatever is told changes its tables
//! and appends its event in one transaction. One file a subject; SQL is written out, with `$1`, which
//! both databases read. Nothing here knows of HTTP, audio or rules.

pub mod alerts;
pub mod audit;
#[cfg(test)]
mod audit_tests;
pub mod calls;
#[cfg(test)]
mod calls_tests;
pub mod compliance;
pub mod coverage;
mod db;
pub mod decisions;
pub mod distribution;
mod events;
pub mod figures;
#[cfg(test)]
pub(crate) mod figures_tests;
pub mod findings;
#[cfg(test)]
pub(crate) mod fixture;
pub mod idempotency;
pub mod jobs;
#[cfg(test)]
mod jobs_tests;
pub mod ledger;
#[cfg(test)]
mod ledger_tests;
pub mod list;
pub mod live;
mod outcomes;
pub mod people;
pub mod retention;
pub mod rubrics;
#[cfg(test)]
mod rubrics_tests;
mod schema;
pub mod searches;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod units;
pub mod uploads;
pub mod webhooks;

pub use db::{Conn, Store, StoreError, Tx, now_us};
pub use events::{Event, EventKind, follow};
