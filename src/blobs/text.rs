//! Short secrets that are kept elsewhere (in the database), sealed by the same master keys.
//!
//! In: a text and what it is. Out: the text sealed by the active key, or as it was where there is no key file. What a
//! text is belongs to its seal: a sealed URL does not open as a secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::keys::{KeyError, Keys};
use super::{BlobError, Blobs};

/// What a sealed text begins with, and the version of its form: key id, then nonce and sealed bytes.
const SEALED: &str = "sealed:1:";

/// The key of a sealed text, and its bytes; `None` for one in clear.
fn parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(SEALED)?.split_once(':')
}

fn aad(what: &str, key: &str) -> Vec<u8> {
    format!("lingting/text/1\0{what}\0{key}").into_bytes()
}

impl Keys {
    fn seal(&self, what: &str, clear: &str) -> Result<String, KeyError> {
        let key = self.active();
        let sealed = self.encrypt(clear.as_bytes(), &aad(what, key))?;
        Ok(format!("{SEALED}{key}:{}", STANDARD_NO_PAD.encode(sealed)))
    }
}

impl Blobs {
    /// Seals a text by the active key. Without a key file, empty, or sealed already, it stays as it is.
    ///
    /// # Errors
    /// [`BlobError::Keys`] when the system gives no random bytes.
    pub fn seal_text(&self, what: &'static str, clear: &str) -> Result<String, BlobError> {
        match &self.keys {
            Some(keys) if !clear.is_empty() && parts(clear).is_none() => {
                Ok(keys.seal(what, clear)?)
            }
            _ => Ok(clear.to_owned()),
        }
    }

    /// Opens a text; one in clear is as it is.
    ///
    /// # Errors
    /// [`BlobError::NoTextKey`], [`BlobError::TextDamaged`].
    pub fn open_text(&self, what: &'static str, text: &str) -> Result<String, BlobError> {
        let Some((key, sealed)) = parts(text) else { return Ok(text.to_owned()) };
        let no_key = || BlobError::NoTextKey { what, key: key.to_owned() };
        let keys = self.keys.as_ref().ok_or_else(no_key)?;
        let sealed = STANDARD_NO_PAD.decode(sealed).map_err(|_| BlobError::TextDamaged { what })?;
        let opened = keys.decrypt(key, &sealed, &aad(what, key)).map_err(|_| no_key())?;
        let opened = opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        opened.ok_or(BlobError::TextDamaged { what })
    }

    /// Whether a text is to be sealed anew: it is in clear, or sealed by an older key.
    pub fn is_text_stale(&self, text: &str) -> bool {
        let key = parts(text).map(|(key, _)| key);
        self.keys.as_ref().is_some_and(|keys| !text.is_empty() && key != Some(keys.active()))
    }

    /// By which key a text is sealed; `None` for one in clear.
    pub fn key_of_text(text: &str) -> Option<&str> {
        parts(text).map(|(key, _)| key)
    }
}
