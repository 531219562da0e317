//! Open data: what is known of the calls as Parquet files by day, for any tool that reads them.
//!
//! In: rows of calls. Out: `TABLE/day=YYYY-MM-DD/part-0.parquet` under one folder, a day of a call being the day
//! it began, in UTC; and answers to SQL over them (feature `analytics`). Everything here is derived from the store
//! and can be made again. Text is redacted before it comes here; nothing here knows the store.

mod cell;
mod day;
mod files;
#[cfg(feature = "analytics")]
mod output;
#[cfg(feature = "analytics")]
mod sql;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub use cell::Utc;
pub use day::Day;
pub use files::{Lake, LakeError, Turn};
#[cfg(feature = "analytics")]
pub use output::Form;
#[cfg(feature = "analytics")]
pub use sql::{SqlAnswer, SqlError, SqlLimits};
pub use tables::{
    CallRow, CallRows, EventRow, FindingRow, MeasureRow, ScorecardRow, TableInfo, UtteranceRow,
    tables,
};
pub use write::DayWriter;
