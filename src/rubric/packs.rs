//! The rubrics that ship with the product, and the phrase lists they share.

use super::file::{Library, LoadError, load};
use super::model::Rubric;

/// A file under `schemas/rubrics` with the dialogues beside it that hold it.
struct Pack {
    name: &'static str,
    text: &'static str,
    tests: &'static str,
}

macro_rules! packs {
    ($($name:literal),* $(,)?) => {
        [$(Pack {
            name: $name,
            text: include_str!(concat!("../../schemas/rubrics/", $name, ".yaml")),
            tests: include_str!(concat!("../../schemas/rubrics/", $name, ".tests.yaml")),
        }),*]
    };
}

const LISTS: [(&str, &str); 2] = [
    ("lists/zh", include_str!("../../schemas/rubrics/lists/zh.yaml")),
    ("lists/en", include_str!("../../schemas/rubrics/lists/en.yaml")),
];

const PACKS: [Pack; 8] = packs![
    "inbound-service-zh",
    "inbound-service-en",
    "complaint-handling-zh",
    "complaint-handling-en",
    "outbound-sales-zh",
    "outbound-sales-en",
    "forbidden-language-zh",
    "forbidden-language-en",
];

/// Examples of a client's own contract clause. They are not among the rubrics that judge every call.
const CONTRACTS: [Pack; 2] = packs!["contracts/client-contract-zh", "contracts/client-contract-en"];

/// What supervisors are told of while a call goes on. They score no call.
const WATCHES: [Pack; 2] = packs!["watch/watch-zh", "watch/watch-en"];

impl Pack {
    fn file(&self) -> String {
        format!("{}.yaml", self.name)
    }

    /// The id of its rubric: the file's name without its folder.
    fn id(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }
}

fn loaded(packs: &[Pack]) -> Result<Vec<Rubric>, LoadError> {
    let library = library();
    packs.iter().map(|pack| load(&pack.file(), pack.text, &library)).collect()
}

/// The phrase lists that ship with the product; a client's rubric may use them too.
pub fn library() -> Library {
    LISTS.iter().fold(Library::default(), |library, (name, text)| library.with(name, text))
}

/// The file of a rubric that ships with the product: its name and its text.
pub fn built_in_file(id: &str) -> Option<(String, &'static str)> {
    PACKS.iter().find(|pack| pack.id() == id).map(|pack| (pack.file(), pack.text))
}

/// Ids of the rubrics that ship with the product.
pub fn built_in_ids() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(Pack::id)
}

/// The rubrics that ship with the product.
///
/// # Errors
/// [`LoadError`] when one of them does not load, which a test rules out.
pub fn built_in() -> Result<Vec<Rubric>, LoadError> {
    loaded(&PACKS)
}

/// The rubrics that show how a client's own contract clause is written.
///
/// # Errors
/// As [`built_in`].
pub fn contracts() -> Result<Vec<Rubric>, LoadError> {
    loaded(&CONTRACTS)
}

/// The rubrics by whose criteria supervisors are told of a call while it goes on, besides those that judge it.
///
/// # Errors
/// As [`built_in`].
pub fn watches() -> Result<Vec<Rubric>, LoadError> {
    loaded(&WATCHES)
}

/// The dialogues of each pack, contract and watch, by the id of its rubric.
pub fn built_in_tests() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKS.iter().chain(&CONTRACTS).chain(&WATCHES).map(|pack| (pack.id(), pack.tests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::check;

    #[test]
    fn nothing_is_to_be_said_against_a_pack() {
        for pack in PACKS.iter().chain(&CONTRACTS).chain(&WATCHES) {
            let remarks: Vec<String> = check(&pack.file(), pack.text, &library())
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(remarks, Vec::<String>::new());
        }
    }
}
