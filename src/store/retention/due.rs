//! What is due: the calls of which a rule takes something, at a time that is named.
//!
//! In: rules and holds. Out: calls one by one, or all that goes with a digest. Whoever has seen a list of what goes
//! confirms it by its digest: then that list is carried out and nothing that came to it since.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::deletion::blobs;
use super::{Goes, Held, RetentionRule, filter, rules};
use crate::domain::Scope;
use crate::store::calls::CallRow;
use crate::store::db::{Store, StoreError};
use crate::store::list::CallFilter;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// Calls read at a time.
const PAGE: u32 = 200;

/// Calls of one list of what goes; the rest is due the next time.
pub const CALLS_MAX: usize = 100_000;

/// Calls of a rule that are shown.
const SHOWN: usize = 20;

/// Blobs of one list that are named for being measured.
const BLOBS_MAX: usize = 5_000;

/// A call that is due.
#[derive(Debug)]
pub struct Due {
    /// It.
    pub call: CallRow,
    /// The rule that says so.
    pub rule: RetentionRule,
    /// Whether a hold keeps it.
    pub held: bool,
}

/// What a rule takes.
#[derive(Debug, Clone)]
pub struct RuleDues {
    /// The rule.
    pub rule: RetentionRule,
    /// Ids of the calls that something goes of, the newest first.
    pub calls: Vec<String>,
    /// How many holds keep.
    pub held: u64,
    /// The first of them.
    pub shown: Vec<CallRow>,
    /// Blobs that go, of the first calls.
    pub blobs: Vec<String>,
    /// Of how many calls those blobs are.
    pub blobs_of: usize,
}

/// All that goes.
#[derive(Debug, Clone)]
pub struct Dues {
    /// At which time it was due, microseconds since 1970.
    pub at_us: i64,
    /// By rule, oldest first; rules that take nothing are here too.
    pub rules: Vec<RuleDues>,
    /// Whether more is due than one list holds.
    pub more: bool,
    /// SHA-256 over time, rules and calls, lower-case hex.
    pub digest: String,
}

impl Dues {
    /// Different calls that something goes of.
    pub fn calls(&self) -> usize {
        let all: BTreeSet<&String> = self.rules.iter().flat_map(|rule| &rule.calls).collect();
        all.len()
    }
}

fn something_goes(call: &CallRow, goes: Goes) -> bool {
    goes == Goes::All || !blobs(call, goes).is_empty()
}

/// The calls of which something goes or is held, rule by rule, the newest first. `visit` ends it by `false`.
///
/// # Errors
/// [`StoreError`].
pub async fn each_due(
    store: &Store,
    at_us: i64,
    mut visit: impl FnMut(Due) -> bool + Send,
) -> Result<(), StoreError> {
    let held = Held::now(store).await?;
    for rule in rules(store).await? {
        let before = i64::from(rule.rule.after_days).saturating_mul(DAY_US);
        let to_us = Some(at_us.saturating_sub(before));
        let mut after = None;
        loop {
            let of = filter(&rule.rule.of)?;
            let page = CallFilter { to_us, after: after.take(), limit: PAGE, ..of };
            let page = store.list(&page, &Scope::All).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.started_us, last.id.clone()));
            for call in page.into_iter().filter(|call| something_goes(call, rule.rule.goes)) {
                let held = held.keeps(store, &call).await?;
                if !visit(Due { call, rule: rule.clone(), held }) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// All that goes, with its digest.
///
/// # Errors
/// [`StoreError`].
pub async fn dues(store: &Store, at_us: i64) -> Result<Dues, StoreError> {
    let empty = |rule| RuleDues {
        rule,
        calls: Vec::new(),
        held: 0,
        shown: Vec::new(),
        blobs: Vec::new(),
        blobs_of: 0,
    };
    let mut all: Vec<RuleDues> = rules(store).await?.into_iter().map(empty).collect();
    let (mut count, mut named, mut more) = (0, 0, false);
    each_due(store, at_us, |due| {
        let Some(of) = all.iter_mut().find(|of| of.rule == due.rule) else {
            // The rule was changed since: it is for the next list.
            return true;
        };
        if due.held {
            of.held += 1;
            return true;
        }
        more = count == CALLS_MAX;
        if more {
            return false;
        }
        count += 1;
        if named < BLOBS_MAX {
            let blobs = blobs(&due.call, due.rule.rule.goes);
            named += blobs.len();
            of.blobs.extend(blobs);
            of.blobs_of += 1;
        }
        of.calls.push(due.call.id.clone());
        if of.shown.len() < SHOWN {
            of.shown.push(due.call);
        }
        true
    })
    .await?;
    let digest = digest(at_us, &all)?;
    Ok(Dues { at_us, rules: all, more, digest })
}

fn digest(at_us: i64, rules: &[RuleDues]) -> Result<String, StoreError> {
    let mut sha256 = Sha256::new();
    sha256.update(format!("lingting/retention/1\n{at_us}\n"));
    for of in rules {
        sha256.update(format!("{}\n{}\n{}\n", of.rule.id, of.rule.rev, of.rule.rule.text()?));
        for call in &of.calls {
            sha256.update(format!("{call}\n"));
        }
        // No call's id is empty: where a rule ends is told.
        sha256.update("\n");
    }
    Ok(sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
