//! Text as the rules read it: one script, one width, numbers and sounds made comparable.
//!
//! In: recognised or written text of any language. Out: tokens that know where they stood in the
//! text they came from. Nothing here knows rubrics, calls or audio.

mod token;

pub use token::{Token, TokenKind, tokens};
