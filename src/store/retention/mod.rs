//! How long calls are kept: rules, holds, and what was deleted by which rule.
//!
//! In: rules and holds; what is to go. Out: the calls that are due, and a certificate for each deletion. What lies
//! outside the store (audio, clear texts) is named in the certificate before it is deleted, so that a deletion that
//! was interrupted is ended later; the certificate is final only when all of it is gone.

mod deletion;
mod due;
mod holds;
mod rules;

use std::collections::BTreeMap;

use super::calls::CallRow;
use super::db::StoreError;
use super::list::{CallFilter, Column, Sort};

pub use deletion::{
    Certificate, Certified, certificate_of, certificates, delete, deleted, is_used, open_deletions,
};
pub use due::{CALLS_MAX, Due, Dues, RuleDues, dues, each_due};
pub use holds::{Held, LegalHold, Which, hold_of, holds};
pub use rules::{Goes, RetentionRule, RuleBody, rule_of, rules};

/// Which calls: those that have this value in each of these columns.
pub type Of = BTreeMap<String, String>;

/// A column by its word.
fn column(word: &str) -> Result<Column, StoreError> {
    Column::parse(word).ok_or(StoreError::NotFound("column"))
}

fn filter(of: &Of) -> Result<CallFilter, StoreError> {
    let equal = of.iter().map(|(word, value)| Ok((column(word)?, value.clone())));
    let equal = equal.collect::<Result<_, StoreError>>()?;
    Ok(CallFilter { equal, sort: Sort::Time, ..CallFilter::default() })
}

fn applies(of: &Of, call: &CallRow) -> bool {
    of.iter().all(|(word, value)| {
        Column::parse(word).is_some_and(|column| column.of(call) == Some(value.as_str()))
    })
}
