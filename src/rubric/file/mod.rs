//! Rubric files: from text to a checked [`Rubric`], or to every mistake with its line and column.
//!
//! In: YAML text and the phrase lists it may use. Out: [`Rubric`]. No IO: the caller reads files.

mod applies;
mod chinese;
mod criterion;
mod diagnostic;
mod expr;
pub(crate) mod keys;
mod load;
mod measure;
mod modifier;
mod operator;
mod plain;
mod read;
mod source;
mod tree;
mod units;

pub use chinese::{in_chinese, suggestion};
pub(crate) use diagnostic::Remarks;
pub use diagnostic::{Diagnostic, Level, LoadError, Place, nearest};
pub use load::{Library, check, load};
pub(crate) use operator::exception_mode;
pub(crate) use read::Reader;
pub use source::{RubricSource, extent, numbered};
pub(crate) use tree::{Key, Node, Value, parse};
pub(crate) use units::duration_ms;
