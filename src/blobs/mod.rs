//! Blobs: recordings, redacted audio and private texts, on local disks or in an S3-compatible store.
//!
//! In: files or bytes. Out: a [`BlobName`] made of their content; under it ranges of the clear bytes. Put
//! twice is put once. With a key file everything is sealed before it leaves the process: each blob by a key
//! of its own, which lies beside it, wrapped by the newest master key. Nothing here knows of calls or HTTP.
//!
//! What lies where: `ab/cd/<name>` the body, `ab/cd/<hex>.key` the wrapped key of a sealed one. The key has
//! an object of its own because object stores cannot change the head of an object: so a rotation of master
//! keys rewrites some hundred bytes a blob, whatever its size.

mod keys;
mod name;
mod place;
mod put;
mod read;
mod rotate;
mod seal;
#[cfg(test)]
mod tests;
mod text;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

pub use keys::{KeyError, Keys};
pub use name::BlobName;
pub use place::{BlobsConfig, Place};
pub use put::Stored;
pub use read::ByteStream;
pub use rotate::Rotation;

/// Why a blob could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store cannot be reached, or refuses.
    #[error("the blob store: {0}")]
    Store(#[source] object_store::Error),
    /// The settings make no store.
    #[error("the blob store's settings: {0}")]
    Config(String),
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// There is none of that name.
    #[error("there is no blob {0}")]
    NotFound(String),
    /// Cut short or changed since it was written.
    #[error("blob {name} is damaged: {why}; restore it from a backup")]
    Damaged {
        /// Which.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It is sealed by a key that is not there.
    #[error(
        "blob {name} is sealed by key `{key}`, which is not in the key file: put that key back"
    )]
    NoKey {
        /// Which blob.
        name: String,
        /// Which key; `?` when there is no key file at all.
        key: String,
    },
    /// A text of the database is sealed by a key that is not there.
    #[error("{what} is sealed by key `{key}`, which is not in the key file: put that key back")]
    NoTextKey {
        /// What it is.
        what: &'static str,
        /// Which key.
        key: String,
    },
    /// A sealed text of the database is not what was written.
    #[error("{what} is sealed and does not open: write it anew")]
    TextDamaged {
        /// What it is.
        what: &'static str,
    },
    /// Begins after it ends, or beyond the blob.
    #[error("there are no bytes {start} to {end} in a blob of {size}")]
    Range {
        /// The first wanted.
        start: u64,
        /// After the last wanted.
        end: u64,
        /// How many there are.
        size: u64,
    },
    /// A file that was to be stored, or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was written to meanwhile.
    #[error("{}: it changed while it was being stored", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// The store of blobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    place: Place,
    /// With these everything new is sealed.
    keys: Option<Arc<Keys>>,
    /// Whoever changes a wrapped key: else a rotation could bring back the key of a blob that is being deleted.
    key_turn: Arc<tokio::sync::Mutex<()>>,
}

impl Blobs {
    /// Opens the store as set.
    ///
    /// # Errors
    /// [`BlobError::Config`] or [`BlobError::Keys`]; a remote store is not asked yet: see [`Blobs::probe`].
    pub fn open(config: &BlobsConfig) -> Result<Self, BlobError> {
        let keys = config.key_file.as_deref().map(Keys::load).transpose()?;
        Ok(Self::over(Place::open(config)?, keys))
    }

    /// Blobs at a place, sealed when there are keys.
    pub fn over(place: Place, keys: Option<Keys>) -> Self {
        Self { place, keys: keys.map(Arc::new), key_turn: Arc::default() }
    }

    /// The key file's keys: the active one last.
    pub fn key_ids(&self) -> Vec<&str> {
        self.keys.as_ref().map(|keys| keys.ids()).unwrap_or_default()
    }

    /// Whether what is stored from now on is sealed.
    pub fn seals(&self) -> bool {
        self.keys.is_some()
    }

    /// Writes, reads and removes a small object: whether the store works as a store.
    ///
    /// # Errors
    /// [`BlobError::Store`] with what the store said.
    pub async fn probe(&self) -> Result<(), BlobError> {
        let path = self.place.path(&format!("probe-{}", uuid::Uuid::now_v7()));
        let store = self.store();
        store
            .put(&path, bytes::Bytes::from_static(b"lingting").into())
            .await
            .map_err(BlobError::Store)?;
        let read = store.get_range(&path, 4..8).await.map_err(BlobError::Store)?;
        store.delete(&path).await.map_err(BlobError::Store)?;
        match &read[..] {
            b"ting" => Ok(()),
            _ => {
                Err(BlobError::Config("the store gives back other bytes than it was given".into()))
            }
        }
    }

    /// Removes a blob; it need not be there. A sealed one cannot be read any more from the first step on.
    ///
    /// # Errors
    /// [`BlobError::Store`].
    pub async fn delete(&self, name: &BlobName) -> Result<(), BlobError> {
        let _turn = self.key_turn.lock().await;
        if name.is_sealed() {
            self.remove(&self.key_path(name)).await?;
        }
        self.remove(&self.body_path(name)).await
    }

    async fn remove(&self, path: &Path) -> Result<(), BlobError> {
        match self.store().delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(BlobError::Store(error)),
        }
    }

    fn store(&self) -> &dyn ObjectStore {
        &*self.place.store
    }

    fn body_path(&self, name: &BlobName) -> Path {
        self.place.path(&name.body())
    }

    fn key_path(&self, name: &BlobName) -> Path {
        self.place.path(&name.key())
    }
}

/// What the store says of a blob that should be there.
fn missing(name: &BlobName) -> impl Fn(object_store::Error) -> BlobError + use<> {
    let name = name.to_string();
    move |error| match error {
        object_store::Error::NotFound { .. } => BlobError::NotFound(name.clone()),
        other => BlobError::Store(other),
    }
}
