//! Text as the rules read it: one script, one width, numbers and sounds made comparable.
//!
//! In: recognised or written text of any language. Out: tokens that know where they stood in the
//! text they came from, and how they sound. Nothing here knows rubrics, calls or audio.

mod fold;
mod lex;
mod number_en;
mod number_zh;
mod sound;
mod syllable;
mod token;
mod word_key;

pub use fold::{Folded, fold, folded};
pub use sound::{Sound, sound_distance};
pub use token::{Token, TokenKind, tokens};
