//! The imperative shell: it opens files, owns threads and clocks, and drives the pure core.
//!
//! In: what the command line asked for. Out: files on disk and an account of every input. What is
//! decided about a call is decided in [`crate::session`]; here it is only made to happen.

mod analyze;
mod backtest;
mod chat;
#[cfg(feature = "service")]
pub mod config;
mod drive;
mod engines;
#[cfg(feature = "onnx")]
mod listening;
mod memo;
mod outputs;
mod privacy;
mod progress;
mod reason;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "live")]
pub mod simulate;
mod stored;
mod waiting;
#[cfg(feature = "live")]
pub mod ways;

#[cfg(feature = "otel")]
pub mod traces;

pub use analyze::{AnalyzeError, AnalyzeOptions, Ending, RunSummary, analyze};
pub use backtest::{
    BacktestError, BacktestOptions, BacktestOutcome, Broken, LabelError, Labels, backtest,
};
#[cfg(feature = "service")]
pub use backtest::{StoreBacktest, StoreBacktestError, backtest_store};
pub use engines::{EngineChoice, EngineOptions, Engines, EnginesError};
pub use outputs::{CallLine, OutputError};
pub use privacy::PiiMode;
pub use progress::Progress;
pub use reason::Reason;
pub use stored::{StoredError, hides, in_clear, stored_report};
