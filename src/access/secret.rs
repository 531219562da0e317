//! Secrets: drawn, shown once, kept as a hash.
//!
//! In: the system's randomness. Out: texts that nobody guesses (256 bits), and their SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Bytes of randomness in a secret.
const BYTES: usize = 32;

/// A secret that was just drawn. Prints as `***`.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    /// Draws one: `prefix` and 43 letters.
    ///
    /// # Panics
    /// When the system has no randomness to give: nothing may be let in then.
    pub fn draw(prefix: &str) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random::<BYTES>())))
    }

    /// A short one for a person to type within minutes: 4 groups of 5, some 99 bits.
    pub fn draw_typed() -> Self {
        // No letters that look alike. 32 of them, so that a byte's low bits choose evenly.
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
        let bytes = random::<20>();
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        let groups: Vec<String> =
            bytes.chunks(5).map(|five| five.iter().map(letter).collect()).collect();
        Self(groups.join("-"))
    }

    /// One that came from outside.
    pub fn given(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself: to its owner only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it: SHA-256 in hex. Enough, because it cannot be guessed.
    pub fn hash(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_do_not_print() {
        let (a, b) = (Secret::draw("lt_"), Secret::draw("lt_"));
        assert_ne!(a.reveal(), b.reveal());
        assert_eq!(a.reveal().len(), 46);
        assert_eq!(format!("{a:?}"), "***");
        assert_eq!(a.hash().len(), 64);
        assert_eq!(a.hash(), Secret::given(a.reveal()).hash());
    }

    #[test]
    fn a_typed_one_is_four_groups() {
        let code = Secret::draw_typed();
        assert!(code.reveal().split('-').all(|group| group.len() == 5));
        assert_eq!(code.reveal().split('-').count(), 4);
    }

    #[test]
    fn the_same_is_the_same() {
        for (a, b, equal) in
            [("a", "a", true), ("a", "b", false), ("a", "aa", false), ("", "", true)]
        {
            assert_eq!(same(a, b), equal);
        }
    }
}
