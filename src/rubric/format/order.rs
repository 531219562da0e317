//! The order of keys: what a thing is, when it applies, how grave it is, what decides it.
//!
//! In: a file as it was written. Out: the same, its known maps in their order. Maps whose keys are the
//! author's own names, such as lists of phrases, keep theirs; so does any map with a key that is not
//! known.

use crate::rubric::file::keys;

use super::source::{Collection, Written};

/// Sorts the keys of all known maps.
pub(super) fn put(root: &mut Written) {
    let Written::Collection(root) = root else { return };
    let is_rubric = root.entries.iter().any(|entry| key(entry).is_some_and(|k| k == "rubric"));
    if !is_rubric {
        return;
    }
    sort(root, &keys::ROOT);
    for entry in &mut root.entries {
        let name = key(entry).unwrap_or_default().to_owned();
        match (name.as_str(), &mut entry.value) {
            ("conditions" | "sections", Written::Collection(named)) => {
                named.entries.iter_mut().for_each(|entry| below(&mut entry.value));
            }
            ("applies", Written::Collection(applies)) => sort(applies, &keys::APPLIES),
            ("phrases", _) => {}
            (_, value) => below(value),
        }
    }
}

fn key(entry: &super::source::Entry) -> Option<&str> {
    entry.key.as_ref().map(|key| key.text.as_str())
}

fn below(value: &mut Written) {
    let Written::Collection(collection) = value else { return };
    if collection.is_map {
        let names: Vec<String> =
            collection.entries.iter().filter_map(key).map(str::to_owned).collect();
        if let Some(order) = keys::orders().iter().find(|order| fits(order, &names)) {
            sort(collection, order);
        }
    }
    collection.entries.iter_mut().for_each(|entry| below(&mut entry.value));
}

/// Whether a map is of a kind: all its keys are known to it.
fn fits(order: &[&str], names: &[String]) -> bool {
    names.iter().all(|name| order.contains(&name.as_str()))
}

fn sort(collection: &mut Collection, order: &[&str]) {
    let rank = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
    // The blank line above the first entry is the one below the head: it goes with no key.
    collection.entries.sort_by_key(|entry| key(entry).map_or(order.len(), rank));
}
