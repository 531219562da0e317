//! The key file: master keys that wrap the blobs' own keys, and the key that names are made with.
//!
//! In: a TOML file. Out: [`Keys`]. The last key of the file is the active one; earlier ones open what they
//! wrapped until a rotation has wrapped it anew. `name_key` stays for the store's life: with another one the
//! same content would get a second name.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::name::{BlobName, hex, unhex};

/// Keys in a file.
const KEYS_MAX: usize = 64;

/// Characters of a key's id.
const ID_CHARS_MAX: usize = 32;

/// What a wrapped key begins with, and the version of its form.
const MAGIC: &[u8; 7] = b"LTKEYS\x01";

const NONCE: usize = 12;

/// A wrapped key: 32 bytes and the tag.
const WRAPPED: usize = 48;

/// 32 random bytes that vanish from memory when they are done with.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// Why a key file cannot be used. It never shows what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not there, not allowed, or there already.
    #[error("{}: {source}", path.display())]
    File {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not what a key file looks like.
    #[error("the key file: {0}")]
    Form(String),
    /// The system gave no random bytes.
    #[error("no random bytes from the system: {0}")]
    Random(getrandom::Error),
}

/// The keys of a store.
pub struct Keys {
    name_key: Secret,
    /// In the file's order; never empty, the last one is active.
    ring: Vec<(String, Secret)>,
}

/// What a wrapped key is, before it is opened.
pub(super) struct Wrapped<'a> {
    /// By which master key.
    pub(super) key_id: &'a str,
    nonce: &'a [u8; NONCE],
    wrapped: &'a [u8],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    name_key: String,
    #[serde(default)]
    key: Vec<RawKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    id: String,
    secret: String,
}

impl Keys {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyError`]; it never shows what is in the file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let at = |source| KeyError::File { path: path.to_owned(), source };
        let text = Zeroizing::new(fs::read_to_string(path).map_err(at)?);
        Self::parse(&text)
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`KeyError::Form`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = |why: &str| KeyError::Form(why.to_owned());
        // Not the parser's own words: it quotes the line, and the line is a key.
        let raw: RawFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            KeyError::Form(format!(
                "line {line}: `name_key`, then [[key]] with `id` and `secret`, are expected"
            ))
        })?;
        let secret = |text: &str| {
            let bytes = unhex(text).map(Zeroizing::new);
            bytes.ok_or_else(|| form("each key is 64 lower-case hex digits (openssl rand -hex 32)"))
        };
        let mut ring = Vec::new();
        let mut ids = BTreeSet::new();
        for key in &raw.key {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if key.id.is_empty() || key.id.len() > ID_CHARS_MAX || !key.id.chars().all(plain) {
                return Err(form("a key's `id` is 1 to 32 letters, digits, dots, dashes"));
            }
            if !ids.insert(&key.id) {
                return Err(form("two keys have the same `id`"));
            }
            ring.push((key.id.clone(), secret(&key.secret)?));
        }
        match ring.len() {
            1..=KEYS_MAX => Ok(Self { name_key: secret(&raw.name_key)?, ring }),
            0 => Err(form("there is no [[key]] in it")),
            _ => Err(form("there are more than 64 keys in it")),
        }
    }

    /// Makes a new key file with one key, for its owner's eyes only.
    ///
    /// # Errors
    /// [`KeyError::File`] when there is one already: what it wrapped could not be read any more.
    pub fn create(path: &Path, id: &str) -> Result<Self, KeyError> {
        let text = Zeroizing::new(format!(
            "# Whoever loses this file loses all blobs: keep a copy elsewhere.\n\
             # The last key is the one in use. An older one may go once all blobs are wrapped anew.\n\
             name_key = \"{}\"\n{}",
            *random_hex()?,
            *section(id)?
        ));
        let keys = Self::parse(&text)?;
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        Self::write(open, path, &text).map(|()| keys)
    }

    /// Puts a new key at the end of a key file: the active one from the next start on.
    ///
    /// # Errors
    /// [`KeyError`] when the file is not usable or the id is taken.
    pub fn add(path: &Path, id: &str) -> Result<Self, KeyError> {
        let at = |source| KeyError::File { path: path.to_owned(), source };
        let old = Zeroizing::new(fs::read_to_string(path).map_err(at)?);
        let new = section(id)?;
        let keys = Self::parse(&Zeroizing::new(format!("{}{}", *old, *new)))?;
        Self::write(OpenOptions::new().append(true).open(path), path, &new).map(|()| keys)
    }

    fn write(file: io::Result<fs::File>, path: &Path, text: &str) -> Result<(), KeyError> {
        let write =
            |mut file: fs::File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        file.and_then(write).map_err(|source| KeyError::File { path: path.to_owned(), source })
    }

    /// The id of the key that new blobs are wrapped by.
    pub fn active(&self) -> &str {
        self.ring.last().map_or("", |(id, _)| id)
    }

    /// The ids of all keys, in the file's order.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.ring.iter().map(|(id, _)| id.as_str()).collect()
    }

    /// Seals bytes by the active key: a nonce, then what is sealed.
    pub(super) fn encrypt(&self, clear: &[u8], aad: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (_, master) = self.ring.last().expect("a key file has a key");
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(KeyError::Random)?;
        let cipher = Aes256Gcm::new((&**master).into());
        let sealed = cipher.encrypt(&nonce.into(), Payload { msg: clear, aad });
        Ok([&nonce[..], &sealed.expect("a text is not too long")].concat())
    }

    /// Opens what [`Keys::encrypt`] sealed; `None` when it is not what was written. The outer error says that the
    /// key is not in the file.
    pub(super) fn decrypt(
        &self,
        id: &str,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ()> {
        let (_, master) = self.ring.iter().find(|(other, _)| other == id).ok_or(())?;
        let Some((nonce, msg)) = sealed.split_first_chunk::<NONCE>() else { return Ok(None) };
        let opened = Aes256Gcm::new((&**master).into()).decrypt(nonce.into(), Payload { msg, aad });
        Ok(opened.ok().map(Zeroizing::new))
    }

    /// The name of what has this SHA-256.
    pub(super) fn name(&self, sha256: &[u8; 32]) -> BlobName {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.name_key[..]).expect("any length is a key");
        mac.update(b"lingting/blob-name/1");
        mac.update(sha256);
        BlobName::new(mac.finalize().into_bytes().into(), true)
    }

    /// Wraps a blob's key by the active key.
    pub(super) fn wrap(&self, name: &BlobName, key: &Secret) -> Result<Vec<u8>, KeyError> {
        let id = self.active();
        let sealed = self.encrypt(&key[..], &aad(name, id))?;
        let length = u8::try_from(id.len()).expect("an id is short");
        Ok([&MAGIC[..], &[length], id.as_bytes(), &sealed].concat())
    }

    /// Opens a wrapped key; `None` when it is not what was written. The outer error names a key that is
    /// not in the file.
    pub(super) fn unwrap(
        &self,
        name: &BlobName,
        wrapped: &Wrapped<'_>,
    ) -> Result<Option<Secret>, String> {
        let master = self.ring.iter().find(|(id, _)| id == wrapped.key_id).map(|(_, key)| key);
        let master = master.ok_or_else(|| wrapped.key_id.to_owned())?;
        let payload = Payload { msg: wrapped.wrapped, aad: &aad(name, wrapped.key_id) };
        let opened = Aes256Gcm::new((&**master).into()).decrypt(wrapped.nonce.into(), payload).ok();
        let opened = opened.map(Zeroizing::new);
        Ok(opened.and_then(|key| key[..].try_into().ok().map(Zeroizing::new)))
    }
}

impl<'a> Wrapped<'a> {
    /// Reads the form; `None` when it is none.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.strip_prefix(MAGIC)?.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, wrapped) = rest.split_at_checked(NONCE)?;
        let key_id = std::str::from_utf8(id).ok()?;
        let nonce = nonce.try_into().ok()?;
        (wrapped.len() == WRAPPED).then_some(Self { key_id, nonce, wrapped })
    }
}

/// No master key in a message.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.ring.iter().map(|(id, _)| id.as_str()).collect();
        f.debug_struct("Keys").field("ids", &ids).finish_non_exhaustive()
    }
}

/// 32 fresh random bytes.
pub(super) fn random() -> Result<Secret, KeyError> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut secret[..]).map_err(KeyError::Random)?;
    Ok(secret)
}

fn random_hex() -> Result<Zeroizing<String>, KeyError> {
    Ok(Zeroizing::new(hex(&random()?[..])))
}

fn section(id: &str) -> Result<Zeroizing<String>, KeyError> {
    Ok(Zeroizing::new(format!("\n[[key]]\nid = \"{id}\"\nsecret = \"{}\"\n", *random_hex()?)))
}

/// A wrapped key belongs to one blob, and says by which key.
fn aad(name: &BlobName, key_id: &str) -> Vec<u8> {
    [&b"lingting/blob-key/1"[..], name.digest(), key_id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let error = Keys::parse(text).expect_err("must be refused").to_string();
        assert_eq!(error, format!("the key file: {wanted}"));
    }

    #[test]
    fn a_wrong_file_is_told_without_showing_a_key() {
        let secret = "ab".repeat(32);
        let one = format!("name_key = \"{secret}\"\n[[key]]\nid = \"a\"\nsecret = \"{secret}\"\n");
        assert_eq!(Keys::parse(&one).unwrap().active(), "a");
        let hex = "each key is 64 lower-case hex digits (openssl rand -hex 32)";
        let expected = "`name_key`, then [[key]] with `id` and `secret`, are expected";
        check(&format!("name_key = \"{secret}\""), "there is no [[key]] in it");
        check(
            &format!("{one}[[key]]\nid = \"a\"\nsecret = \"{secret}\""),
            "two keys have the same `id`",
        );
        check(
            &one.replace("id = \"a\"", "id = \"a b\""),
            "a key's `id` is 1 to 32 letters, digits, dots, dashes",
        );
        check(&one.replace("ab", "AB"), hex);
        check(&format!("{one}old = \"{secret}\""), &format!("line 5: {expected}"));
        check("name_key = 5", &format!("line 1: {expected}"));
        let keys = format!("{:?}", Keys::parse(&one).unwrap());
        assert!(!keys.contains("abab"), "{keys}");
    }

    #[test]
    fn a_file_is_made_once_and_grows() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob.keys");
        let made = Keys::create(&path, "2026-01").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Keys::create(&path, "again").is_err());
        assert!(Keys::add(&path, "2026-01").is_err());
        Keys::add(&path, "2026-02").unwrap();
        let grown = Keys::load(&path).unwrap();
        assert_eq!(grown.active(), "2026-02");
        assert_eq!(grown.name(&[7; 32]), made.name(&[7; 32]));
        // What the first key wrapped, the grown file opens; another blob's key it is not.
        let (name, other, key) = (made.name(&[7; 32]), made.name(&[8; 32]), random().unwrap());
        let bytes = made.wrap(&name, &key).unwrap();
        let wrapped = Wrapped::parse(&bytes).unwrap();
        assert_eq!(grown.unwrap(&name, &wrapped).unwrap().unwrap(), key);
        assert!(grown.unwrap(&other, &wrapped).unwrap().is_none());
    }
}
