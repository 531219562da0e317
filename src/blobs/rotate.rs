//! Rotation of master keys: every blob's key is wrapped anew by the active one.
//!
//! In: the store, and a key file with a newer key. Out: a [`Rotation`]. Bodies are not touched. A rotation that
//! was stopped is started again: what is done costs one small read.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::{Error, ObjectStoreExt as _};

use super::keys::{KeyError, Wrapped};
use super::name::BlobName;
use super::{BlobError, Blobs};

/// Broken keys that are named; the others are counted.
const NAMED_MAX: usize = 20;

/// What a rotation did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Keys of blobs, by the master key that had wrapped them before.
    pub by_key: BTreeMap<String, u64>,
    /// Wrapped anew; in a dry run, those that would be.
    pub rewrapped: u64,
    /// Keys that could not be opened. Their master key must not go.
    pub failed: u64,
    /// The first of them, and why.
    pub named: Vec<(BlobName, String)>,
}

impl Blobs {
    /// Wraps all keys by the active master key. `dry` only counts. `told` hears how far it is after each key.
    ///
    /// # Errors
    /// [`BlobError`] when there is no key file, or the store fails. A key that does not open stops nothing.
    pub async fn rotate(
        &self,
        dry: bool,
        mut told: impl FnMut(&Rotation) + Send,
    ) -> Result<Rotation, BlobError> {
        let none = || KeyError::Form("none is set: there is nothing to rotate".into());
        let active = self.keys.as_ref().ok_or_else(none)?.active();
        let mut rotation = Rotation::default();
        let mut all = self.store().list(Some(&self.place.prefix));
        while let Some(meta) = all.try_next().await.map_err(BlobError::Store)? {
            let Some(name) = meta.location.filename().and_then(BlobName::of_key) else { continue };
            match self.rotate_one(&name, active, dry).await {
                Ok(None) => {}
                Ok(Some(key)) => {
                    rotation.rewrapped += u64::from(key != active);
                    *rotation.by_key.entry(key).or_default() += 1;
                }
                Err(error @ BlobError::Store(_)) => return Err(error),
                Err(error) => {
                    rotation.failed += 1;
                    if rotation.named.len() < NAMED_MAX {
                        rotation.named.push((name, error.to_string()));
                    }
                }
            }
            told(&rotation);
        }
        Ok(rotation)
    }

    /// Tells which key had wrapped it; `None` when the blob has gone meanwhile.
    async fn rotate_one(
        &self,
        name: &BlobName,
        active: &str,
        dry: bool,
    ) -> Result<Option<String>, BlobError> {
        let _turn = self.key_turn.lock().await;
        let path = self.key_path(name);
        let bytes = match self.store().get(&path).await {
            Ok(found) => found.bytes().await.map_err(BlobError::Store)?,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(BlobError::Store(error)),
        };
        let key_id = Wrapped::parse(&bytes).map(|wrapped| wrapped.key_id.to_owned());
        // Opened in a dry run too, and when nothing is to be done: it is told before a key is thrown away.
        let key = self.key_of(name).await?;
        if let (Some(keys), false, true) = (&self.keys, dry, key_id.as_deref() != Some(active)) {
            self.put_key(&path, Bytes::from(keys.wrap(name, &key)?)).await?;
        }
        Ok(key_id)
    }
}
