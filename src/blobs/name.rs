//! The name of a blob: what it holds, not where it came from.
//!
//! In: a digest of the clear bytes. Out: a name that is safe in any store. A sealed blob's name says that it
//! is sealed, so that nobody who can write to the store can put clear bytes in its place.

use std::fmt;

/// How the name of a sealed blob ends.
const SEALED: &str = ".sealed";

/// A blob's name: 64 hex digits, and `.sealed` when it is.
///
/// Clear: the SHA-256 of the content. Sealed: its HMAC by the key file's `name_key`; otherwise whoever sees the
/// names could tell that a recording they have a copy of is in the store, or in two stores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName {
    digest: [u8; 32],
    sealed: bool,
}

impl BlobName {
    pub(super) fn new(digest: [u8; 32], sealed: bool) -> Self {
        Self { digest, sealed }
    }

    /// Reads a name; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (hex, sealed) = match text.strip_suffix(SEALED) {
            Some(hex) => (hex, true),
            None => (text, false),
        };
        Some(Self { digest: unhex(hex)?, sealed })
    }

    /// Whether it was sealed when it was stored.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Where its body lies. Two levels of folders: some file systems are slow with a million names in one.
    pub(super) fn body(&self) -> String {
        format!("{}{self}", self.folder())
    }

    /// Where its wrapped key lies.
    pub(super) fn key(&self) -> String {
        format!("{}{}{KEY}", self.folder(), hex(&self.digest))
    }

    /// The sealed blob whose key lies there.
    pub(super) fn of_key(file: &str) -> Option<Self> {
        Some(Self { digest: unhex(file.strip_suffix(KEY)?)?, sealed: true })
    }

    fn folder(&self) -> String {
        format!("{:02x}/{:02x}/", self.digest[0], self.digest[1])
    }
}

/// How the name of a wrapped key's object ends.
const KEY: &str = ".key";

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.digest))?;
        f.write_str(if self.sealed { SEALED } else { "" })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly 64 lower-case digits: a name has one form.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_nothing_else_is_one() {
        let hex = "0f".repeat(32);
        for text in [hex.clone(), format!("{hex}.sealed")] {
            assert_eq!(BlobName::parse(&text).unwrap().to_string(), text);
        }
        let sealed = BlobName::parse(&format!("{hex}.sealed")).unwrap();
        assert_eq!(sealed.body(), format!("0f/0f/{hex}.sealed"));
        assert_eq!(BlobName::of_key(&format!("{hex}.key")), Some(sealed));
        let wrong =
            ["", "..", "0F", &hex[1..], &"0F".repeat(32), &format!("{hex}.key"), &"é".repeat(32)];
        for text in wrong {
            assert_eq!(BlobName::parse(text), None, "{text}");
        }
    }
}
