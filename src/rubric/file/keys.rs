//! All keys of rubric files, in the order in which they are best read.

use super::criterion::{CRITERION_KEYS, SCALE_KEYS, SEVERITY_KEYS};
use super::load::SECTION_KEYS;
use super::read::{MODIFIERS, OPERATORS};

pub(crate) use super::applies::APPLIES_KEYS as APPLIES;
pub(crate) use super::load::KEYS as ROOT;

/// Whether a key is a condition's operator.
pub(crate) fn is_operator(name: &str) -> bool {
    OPERATORS.contains(&name)
}

/// The order of each kind of map: a map is of the first kind that knows all its keys.
pub(crate) fn orders() -> Vec<Vec<&'static str>> {
    // How words are heard stands beside them; who, when and how often follow.
    let heard = ["match", "need", "except", "skip"];
    let condition: Vec<&str> = OPERATORS.into_iter().chain(heard).chain(MODIFIERS).collect();
    let rest: [&[&str]; 7] = [
        &CRITERION_KEYS,
        &SECTION_KEYS,
        &SEVERITY_KEYS,
        &SCALE_KEYS,
        &["zh", "en"],
        &["of", "within", "hit"],
        &["at_least", "at_most", "unit"],
    ];
    std::iter::once(condition).chain(rest.into_iter().map(<[&str]>::to_vec)).collect()
}
