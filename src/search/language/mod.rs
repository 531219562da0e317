//! The query language: what a reviewer types becomes a tree, or an error that says where and what instead.
//!
//! In: text. Out: [`Expr`]. Nothing here knows the index; `docs/SEARCH.md` tells the language to people.

mod error;
mod parse;
#[cfg(test)]
mod tests;
mod tree;

pub use error::{QueryError, Trouble};
pub use parse::parse;
pub use tree::{Expr, How, Only, Relation, Say};
