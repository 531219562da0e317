//! Rubrics: the rule language, its compiler, and the evaluator that turns speech into findings.
//!
//! In: rubric files as text, and the facts of a call. Out: scorecards with proof. No IO, no clock, no
//! randomness: the same facts give the same scorecard, bit for bit, whether they came live or at once.
//!
//! Reading order: [`file`] reads what a person wrote into [`model`]; [`plan`] compiles the phrases of
//! all rubrics into one [`matcher`]; [`eval`] takes a call's facts; [`op`] holds the operators, each a
//! pure function over [`stream`]s of hits; [`proof`] and [`score`] make findings of them.

mod alone;
mod applies;
mod askers;
pub mod backtest;
pub mod describe;
pub mod dialogue;
mod diff;
mod entity;
mod eval;
mod explain;
mod file;
mod format;
mod guard;
mod hits;
mod matcher;
mod model;
mod op;
mod outline;
mod packs;
mod plan;
mod proof;
mod ruling;
mod scene;
mod score;
mod speech;
mod stream;
mod tally;
mod told;
mod written;

pub use diff::{Change, What, diff};
pub use eval::{CallFacts, Evaluation, Fact, LateFact, PARTIES_CONFIDENCE_MIN, Settled, WhoSpeaks};
pub use explain::{Explained, Explanation, Holds};
pub use file::{
    Diagnostic, Level, Library, LoadError, Place, RubricSource, check, extent, in_chinese, load,
    nearest, numbered, suggestion,
};
pub use format::format;
pub use model::{Applies, Criterion, FailsOn, OnCritical, Rubric, Scale, Section, Title};
pub use outline::{Clause, Deciding, INHERITED, Outline, Part};
pub use packs::{
    built_in, built_in_file, built_in_ids, built_in_tests, contracts, library, watches,
};
pub use plan::Plan;
pub use ruling::{Reviewed, Ruling, Rulings};
pub use written::said_in_turn;
