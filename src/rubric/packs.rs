//! The rubrics that ship with the product, and the phrase lists they share.

use super::file::{Library, LoadError, load};
use super::model::Rubric;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../schemas/rubrics/", $name, ".yaml")))),*]
    };
}

macro_rules! tests {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../schemas/rubrics/", $name, ".tests.yaml")))),*]
    };
}

const LISTS: [(&str, &str); 2] = files!["lists/zh", "lists/en"];

/// The dialogues that hold each pack, beside it.
const TESTS: [(&str, &str); 10] = tests![
    "inbound-service-zh",
    "inbound-service-en",
    "complaint-handling-zh",
    "complaint-handling-en",
    "outbound-sales-zh",
    "outbound-sales-en",
    "forbidden-language-zh",
    "forbidden-language-en",
    "contracts/client-contract-zh",
    "contracts/client-contract-en",
];

/// Examples of a client's own contract clause. They are not among the rubrics that judge every call.
const CONTRACTS: [(&str, &str); 2] =
    files!["contracts/client-contract-zh", "contracts/client-contract-en"];

const PACKS: [(&str, &str); 8] = files![
    "inbound-service-zh",
    "inbound-service-en",
    "complaint-handling-zh",
    "complaint-handling-en",
    "outbound-sales-zh",
    "outbound-sales-en",
    "forbidden-language-zh",
    "forbidden-language-en",
];

/// The phrase lists that ship with the product; a client's rubric may use them too.
pub fn library() -> Library {
    LISTS.iter().fold(Library::default(), |library, (name, text)| library.with(name, text))
}

/// The file of a rubric that ships with the product: its name and its text.
pub fn built_in_file(id: &str) -> Option<(String, &'static str)> {
    PACKS.iter().find(|(name, _)| *name == id).map(|(name, text)| (format!("{name}.yaml"), *text))
}

/// Ids of the rubrics that ship with the product.
pub fn built_in_ids() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|(name, _)| *name)
}

/// The rubrics that ship with the product.
///
/// # Errors
/// [`LoadError`] when one of them does not load, which a test rules out.
pub fn built_in() -> Result<Vec<Rubric>, LoadError> {
    let library = library();
    PACKS.iter().map(|(name, text)| load(&format!("{name}.yaml"), text, &library)).collect()
}

/// The rubrics that show how a client's own contract clause is written.
///
/// # Errors
/// As [`built_in`].
pub fn contracts() -> Result<Vec<Rubric>, LoadError> {
    let library = library();
    CONTRACTS.iter().map(|(name, text)| load(&format!("{name}.yaml"), text, &library)).collect()
}

/// The dialogues of each pack and contract, by the id of its rubric.
pub fn built_in_tests() -> impl Iterator<Item = (&'static str, &'static str)> {
    let id = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    TESTS.into_iter().map(move |(name, text)| (id(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::check;

    #[test]
    fn nothing_is_to_be_said_against_a_pack() {
        for (name, text) in PACKS.into_iter().chain(CONTRACTS) {
            let remarks: Vec<String> = check(&format!("{name}.yaml"), text, &library())
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(remarks, Vec::<String>::new());
        }
    }
}
