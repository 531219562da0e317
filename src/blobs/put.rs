//! Storing: a file or bytes become a blob, once.
//!
//! In: a file, or bytes. Out: its name, when it is safely there. The file is read twice, first for its name,
//! then in parts of 8 MiB: memory does not grow with it. What changes between the two is refused.

use std::fs::File;
use std::io::{self, Read};
use std::path::{self, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt as _, PutMode};
use sha2::{Digest as _, Sha256};

use super::keys::{self, KeyError, Keys, Secret, Wrapped};
use super::name::{BlobName, hex};
use super::seal::{Head, PIECE, Seal};
use super::{BlobError, Blobs};

/// Bytes sent at a time, and what one upload holds in memory. S3 wants 5 MiB at least, and some of its likes
/// that all parts but the last are equal.
const PART: usize = 8 << 20;

/// How often a blob is written again because its key was changed under it.
const TRIES: usize = 3;

/// A blob that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name in the store.
    pub name: BlobName,
    /// Of the clear bytes, in lower-case hex.
    pub sha256: String,
    /// Clear bytes.
    pub size: u64,
    /// Whether it was there before.
    pub known: bool,
}

/// What is to be stored.
#[derive(Clone)]
enum Origin {
    File(PathBuf),
    Bytes(Bytes),
}

impl Blobs {
    /// Stores a file's content. When this returns it is on the disk, or the store has confirmed it.
    ///
    /// # Errors
    /// [`BlobError`]; then it is not stored, or only for a later try to find.
    pub async fn put_file(&self, path: &path::Path) -> Result<Stored, BlobError> {
        self.put(Origin::File(path.to_owned())).await
    }

    /// Stores bytes.
    ///
    /// # Errors
    /// As for [`Blobs::put_file`].
    pub async fn put_bytes(&self, bytes: impl Into<Bytes>) -> Result<Stored, BlobError> {
        self.put(Origin::Bytes(bytes.into())).await
    }

    async fn put(&self, origin: Origin) -> Result<Stored, BlobError> {
        let measured = origin.clone();
        let (digest, size) = blocking(move || measured.measure()).await?;
        let name = match &self.keys {
            Some(keys) => keys.name(&digest),
            None => BlobName::new(digest, false),
        };
        let sha256 = hex(&digest);
        if self.is_whole(&name, size).await? {
            return Ok(Stored { name, sha256, size, known: true });
        }
        for _ in 0..TRIES {
            let key = match &self.keys {
                Some(keys) => Some(self.blob_key(keys, &name).await?),
                None => None,
            };
            let seal = key.as_ref().map(|key| -> Result<_, BlobError> {
                let mut prefix = [0; 7];
                prefix.copy_from_slice(&keys::random()?[..7]);
                Ok(Arc::new(Seal::new(&name, key, Head { size, prefix })))
            });
            let feed = Feed::new(&origin, digest, size, seal.transpose()?)?;
            self.write(&self.body_path(&name), feed).await?;
            // Somebody else may have stored, or deleted, the same meanwhile: then the key is another.
            if key.is_none() || self.key_of(&name).await.ok() == key {
                return Ok(Stored { name, sha256, size, known: false });
            }
        }
        Err(BlobError::Damaged { name: name.to_string(), why: "its key changes all the time" })
    }

    /// Whether the blob is there, as long as it should be and readable at its beginning.
    async fn is_whole(&self, name: &BlobName, size: u64) -> Result<bool, BlobError> {
        let read = match self.size(name).await {
            Ok(found) if found == size => self.read_all(name, 0..size.min(1)).await.map(drop),
            Ok(_) => return Ok(false),
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => Ok(true),
            Err(BlobError::NotFound(_) | BlobError::Damaged { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, path: &Path, feed: Feed) -> Result<(), BlobError> {
        let (feed, first) = feed.next().await?;
        if first.len() < PART {
            self.store().put(path, first.into()).await.map_err(BlobError::Store)?;
            return self.place.settle(path).await;
        }
        let mut upload = self.store().put_multipart(path).await.map_err(BlobError::Store)?;
        let (mut feed, mut part) = (feed, first);
        let sent = loop {
            if part.is_empty() {
                break Ok(());
            }
            if let Err(error) = upload.put_part(part.into()).await {
                break Err(BlobError::Store(error));
            }
            match feed.next().await {
                Ok(next) => (feed, part) = next,
                Err(error) => break Err(error),
            }
        };
        let done = match sent {
            Ok(()) => upload.complete().await.map(drop).map_err(BlobError::Store),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            // Parts that nobody completes cost money in a bucket; the first error is the one to tell.
            let _ = upload.abort().await;
            return Err(error);
        }
        self.place.settle(path).await
    }

    /// The blob's own key: the one that lies there, else a new one.
    async fn blob_key(&self, keys: &Keys, name: &BlobName) -> Result<Secret, BlobError> {
        match self.key_of(name).await {
            Err(BlobError::NotFound(_) | BlobError::Damaged { .. }) => {}
            found => return found,
        }
        let _turn = self.key_turn.lock().await;
        let key = keys::random()?;
        let wrapped = Bytes::from(keys.wrap(name, &key)?);
        let path = self.key_path(name);
        let mode = PutMode::Create;
        match self.store().put_opts(&path, wrapped.clone().into(), mode.into()).await {
            Ok(_) => {}
            Err(Error::AlreadyExists { .. }) => match self.key_of(name).await {
                // What lies there is no key: nothing can be lost by writing over it.
                Err(BlobError::Damaged { .. }) => self.put_key(&path, wrapped).await?,
                found => return found,
            },
            // Some stores know no conditions. `put` looks afterwards whose key it is.
            Err(Error::NotImplemented { .. }) => self.put_key(&path, wrapped).await?,
            Err(error) => return Err(BlobError::Store(error)),
        }
        self.place.settle(&path).await?;
        Ok(key)
    }

    pub(super) async fn put_key(&self, path: &Path, wrapped: Bytes) -> Result<(), BlobError> {
        self.store().put(path, wrapped.into()).await.map_err(BlobError::Store)?;
        self.place.settle(path).await
    }

    /// The blob's own key, opened.
    pub(super) async fn key_of(&self, name: &BlobName) -> Result<Secret, BlobError> {
        let path = self.key_path(name);
        let bytes = match self.store().get(&path).await {
            Ok(found) => found.bytes().await.map_err(BlobError::Store)?,
            Err(Error::NotFound { .. }) => return Err(BlobError::NotFound(name.to_string())),
            Err(error) => return Err(BlobError::Store(error)),
        };
        let damaged =
            || BlobError::Damaged { name: name.to_string(), why: "its key does not open" };
        let wrapped = Wrapped::parse(&bytes).ok_or_else(damaged)?;
        let no_key = |key: String| BlobError::NoKey { name: name.to_string(), key };
        let keys = self.keys.as_ref().ok_or_else(|| no_key("?".into()))?;
        keys.unwrap(name, &wrapped).map_err(no_key)?.ok_or_else(damaged)
    }
}

impl Origin {
    fn open(&self) -> Result<Box<dyn Read + Send>, BlobError> {
        Ok(match self {
            Origin::File(path) => Box::new(File::open(path).map_err(|e| self.failed(e))?),
            Origin::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        })
    }

    fn measure(&self) -> Result<([u8; 32], u64), BlobError> {
        let mut reader = self.open()?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; PIECE as usize];
        let mut size = 0;
        loop {
            let read = fill(&mut *reader, &mut buffer).map_err(|e| self.failed(e))?;
            hash.update(&buffer[..read]);
            size += read as u64;
            if read < buffer.len() {
                return Ok((hash.finalize().into(), size));
            }
        }
    }

    fn path(&self) -> PathBuf {
        match self {
            Origin::File(path) => path.clone(),
            Origin::Bytes(_) => PathBuf::new(),
        }
    }

    fn failed(&self, source: io::Error) -> BlobError {
        BlobError::File { path: self.path(), source }
    }
}

/// The second reading: parts as they go to the store.
struct Feed {
    origin: Origin,
    reader: Box<dyn Read + Send>,
    hash: Sha256,
    digest: [u8; 32],
    left: u64,
    seal: Option<Arc<Seal>>,
    index: u64,
    ended: bool,
    ready: BytesMut,
}

impl Feed {
    fn new(
        origin: &Origin,
        digest: [u8; 32],
        size: u64,
        seal: Option<Arc<Seal>>,
    ) -> Result<Self, BlobError> {
        let reader = origin.open()?;
        let mut ready = BytesMut::new();
        if let Some(seal) = &seal {
            ready.extend_from_slice(&seal.head.bytes());
        }
        let (hash, left, origin) = (Sha256::new(), size, origin.clone());
        Ok(Self { origin, reader, hash, digest, left, seal, index: 0, ended: false, ready })
    }

    /// The next part; only the last is shorter than [`PART`], and after it comes an empty one.
    async fn next(mut self) -> Result<(Self, Bytes), BlobError> {
        blocking(move || {
            while self.ready.len() < PART && !self.ended {
                self.piece()?;
            }
            let length = self.ready.len().min(PART);
            let part = self.ready.split_to(length).freeze();
            Ok((self, part))
        })
        .await
    }

    fn piece(&mut self) -> Result<(), BlobError> {
        let mut piece = vec![0; self.left.min(PIECE) as usize];
        let read = fill(&mut *self.reader, &mut piece).map_err(|e| self.origin.failed(e))?;
        self.hash.update(&piece[..read]);
        self.left -= read as u64;
        self.ended = self.left == 0 || read < piece.len();
        if self.ended {
            let longer = self.reader.read(&mut [0]).map_err(|e| self.origin.failed(e))? > 0;
            let digest: [u8; 32] = self.hash.clone().finalize().into();
            if longer || digest != self.digest {
                return Err(BlobError::Changed { path: self.origin.path() });
            }
        }
        if let Some(seal) = &self.seal {
            seal.seal(self.index, &mut piece);
        }
        self.index += 1;
        self.ready.extend_from_slice(&piece);
        Ok(())
    }
}

/// Reads until the buffer is full or nothing is left.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Runs what waits for a disk or computes for milliseconds where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl From<getrandom::Error> for BlobError {
    fn from(error: getrandom::Error) -> Self {
        BlobError::Keys(KeyError::Random(error))
    }
}
