//! Text as the rules read it: one script, one width, numbers and sounds made comparable.
//!
//! In: recognised or written text of any language. Out: tokens that know where they stood in the
//! text they came from, and how they sound. Nothing here knows rubrics, calls or audio.

mod corrupt;
pub mod entity;
mod fold;
mod language;
mod lex;
mod number_en;
mod number_zh;
pub mod pii;
mod sound;
mod syllable;
mod token;
mod word_class;
mod word_key;

pub use corrupt::{Dice, corrupted};
pub use fold::{Folded, fold, folded, is_hanzi};
pub use language::{ends_sentence, join, units};
pub use lex::stands_alone;
pub use sound::{Sound, rough_distance, sound_distance};
pub use token::{Token, TokenKind, tokens};
pub use word_class::{denies, means_little, says_who};
