//! Rule tests as code: short dialogues, and what a rubric is expected to find in each.
//!
//! In: YAML beside a rubric or under its key `tests`. Out: [`Dialogue`]s, what came of each
//! ([`Judged`]), and how rules fare when a recogniser mishears ([`Tally`]). It must not read files,
//! and draws random numbers only from the seed it is given.

mod judge;
mod noise;
mod read;
mod slip;
mod speak;

use std::collections::BTreeMap;

use crate::domain::{CallInfo, Language};

use super::file::Place;

pub use judge::{Bench, Judged, Mismatch, Shown};
pub use noise::{Count, Tally};
pub use read::{inside, read};
pub use slip::{Slip, Turned};

/// Tells whether a text asks to wait; the session's own ear, handed in.
pub type AsksToWait = fn(&str, &Language) -> bool;

/// What a file of dialogues holds.
#[derive(Debug, Clone)]
pub struct Dialogues {
    /// Which rubrics judge them.
    pub judges: Judges,
    /// In the file's order.
    pub list: Vec<Dialogue>,
}

/// Which rubrics judge a file's dialogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judges {
    /// The rubric that the file stands beside, or in.
    Beside,
    /// All that ship with the product.
    BuiltIn,
    /// Files, relative to this one, or built-in rubrics by their id.
    Named(Vec<String>),
}

/// A short call, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Dialogue {
    /// Its name in messages.
    pub name: String,
    /// Where it stands in its file.
    pub place: Place,
    pub(crate) info: CallInfo,
    pub(crate) language: Language,
    pub(crate) turns: Vec<Turn>,
    /// By criterion.
    pub(crate) expected: BTreeMap<String, Expected>,
    /// Whether criteria that are not named must not apply.
    pub(crate) rest_not_applicable: bool,
    /// The worst verdict of the scorecards.
    pub(crate) verdict: Option<(Place, String)>,
    /// The score of the only rubric that applies, in hundredths of a point.
    pub(crate) score: Option<(Place, i64)>,
}

/// What is expected of a criterion; `verdict: None`: whatever comes.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) place: Place,
    pub(crate) verdict: Option<&'static str>,
}

/// One thing that happens in a dialogue.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) place: Place,
    pub(crate) act: Act,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Says {
        who: Who,
        text: String,
        manner: Manner,
    },
    /// Nobody speaks, in milliseconds.
    Silence(u64),
    /// Music or a tone, in milliseconds.
    Hold(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Agent,
    /// Who takes over after a transfer.
    SecondAgent,
    Customer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Plain,
    /// At twice the pace.
    Fast,
    /// Cuts in on the turn before.
    Over,
}
