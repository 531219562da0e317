//! Reading: any range of a blob's clear bytes, a window at a time.
//!
//! In: a name and a range. Out: exactly those bytes, or an error; never bytes that were not proved to be the
//! blob's, when it is sealed.

use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use sha2::{Digest as _, Sha256};

use super::name::BlobName;
use super::put::blocking;
use super::seal::{HEAD, Head, PIECE, Seal, TAG};
use super::{BlobError, Blobs, missing};

/// Clear bytes asked of the store at a time, and what one reader holds in memory.
const WINDOW: u64 = 64 * PIECE;

/// Bytes as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BlobError>> + Send>>;

/// A blob that is ready to be read.
struct Opened {
    name: BlobName,
    size: u64,
    seal: Option<Arc<Seal>>,
}

impl Blobs {
    /// How many clear bytes a blob has.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], and others.
    pub async fn size(&self, name: &BlobName) -> Result<u64, BlobError> {
        if name.is_sealed() {
            return Ok(self.head(name).await?.size);
        }
        let meta = self.store().head(&self.body_path(name)).await.map_err(missing(name))?;
        Ok(meta.size)
    }

    /// A range of the clear bytes, as a stream that holds 4 MiB at most.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Range`]; damage of what comes later is told by the stream.
    pub async fn read(&self, name: &BlobName, range: Range<u64>) -> Result<ByteStream, BlobError> {
        let opened = Arc::new(self.opened(name).await?);
        let Range { start, end } = range;
        if start > end || end > opened.size {
            return Err(BlobError::Range { start, end, size: opened.size });
        }
        let blobs = self.clone();
        let windows = stream::try_unfold(start, move |at| {
            let (blobs, opened) = (blobs.clone(), Arc::clone(&opened));
            async move {
                // To the next window's edge: whole pieces, but for the first.
                let stop = end.min((at / WINDOW + 1) * WINDOW);
                match at < end {
                    true => Ok(Some((blobs.window(&opened, at..stop).await?, stop))),
                    false => Ok(None),
                }
            }
        });
        Ok(windows.boxed())
    }

    /// A range in one piece: for small ones.
    ///
    /// # Errors
    /// As for [`Blobs::read`].
    pub async fn read_all(&self, name: &BlobName, range: Range<u64>) -> Result<Bytes, BlobError> {
        let mut windows = self.read(name, range).await?;
        let mut all = Vec::new();
        while let Some(window) = windows.try_next().await? {
            all.extend_from_slice(&window);
        }
        Ok(all.into())
    }

    /// Writes a whole blob to a new file, and proves a clear one by its name too.
    ///
    /// # Errors
    /// [`BlobError`]; then what there is of the file is of no use.
    pub async fn fetch(&self, name: &BlobName, to: &Path) -> Result<(), BlobError> {
        let at = |source| BlobError::File { path: to.to_owned(), source };
        let mut windows = self.read(name, 0..self.size(name).await?).await?;
        let mut file = std::fs::File::create_new(to).map_err(at)?;
        let mut hash = Sha256::new();
        while let Some(window) = windows.try_next().await? {
            let path = to.to_owned();
            (file, hash) = blocking(move || {
                hash.update(&window);
                let wrote = file.write_all(&window);
                wrote.map_err(|source| BlobError::File { path, source })?;
                Ok((file, hash))
            })
            .await?;
        }
        let digest: [u8; 32] = hash.finalize().into();
        match name.is_sealed() || digest == *name.digest() {
            true => Ok(()),
            false => Err(damaged(name, "it is not what its name says")),
        }
    }

    /// All blobs of the store, in no order.
    pub fn list(&self) -> impl Stream<Item = Result<BlobName, BlobError>> + Send + use<> {
        let all = self.store().list(Some(&self.place.prefix));
        all.filter_map(|object| async move {
            match object {
                Ok(meta) => BlobName::parse(meta.location.filename()?).map(Ok),
                Err(error) => Some(Err(BlobError::Store(error))),
            }
        })
    }

    async fn opened(&self, name: &BlobName) -> Result<Opened, BlobError> {
        let (size, seal) = match name.is_sealed() {
            false => (self.size(name).await?, None),
            true => {
                let (head, key) = tokio::try_join!(self.head(name), self.key_of(name))?;
                (head.size, Some(Arc::new(Seal::new(name, &key, head))))
            }
        };
        Ok(Opened { name: name.clone(), size, seal })
    }

    /// The head of a sealed blob, held against the length of the object.
    async fn head(&self, name: &BlobName) -> Result<Head, BlobError> {
        let options =
            object_store::GetOptions { range: Some((0..HEAD).into()), ..Default::default() };
        let got = self.store().get_opts(&self.body_path(name), options).await;
        let got = match got {
            // A range of an empty object is none.
            Err(object_store::Error::Generic { .. }) if self.is_empty(name).await => {
                return Err(damaged(name, "it is cut short"));
            }
            got => got.map_err(missing(name))?,
        };
        let stored = got.meta.size;
        let bytes = got.bytes().await.map_err(BlobError::Store)?;
        let head = Head::parse(&bytes).map_err(|why| damaged(name, why))?;
        match head.stored() == stored {
            true => Ok(head),
            false => Err(damaged(name, "it is cut short, or longer than it was")),
        }
    }

    async fn is_empty(&self, name: &BlobName) -> bool {
        self.store().head(&self.body_path(name)).await.is_ok_and(|meta| meta.size == 0)
    }

    /// Some bytes that lie within one window.
    async fn window(&self, opened: &Opened, range: Range<u64>) -> Result<Bytes, BlobError> {
        let path = self.body_path(&opened.name);
        let get =
            async |range| self.store().get_range(&path, range).await.map_err(missing(&opened.name));
        let Some(seal) = opened.seal.clone() else { return get(range).await };
        let first = range.start / PIECE;
        let last = (range.end - 1) / PIECE;
        let end = ((last + 1) * PIECE).min(opened.size) + HEAD + (last + 1) * TAG;
        let sealed = get(first * (PIECE + TAG) + HEAD..end).await?;
        let name = opened.name.clone();
        blocking(move || {
            let mut clear = Vec::with_capacity(sealed.len());
            for (ix, piece) in sealed.chunks((PIECE + TAG) as usize).enumerate() {
                let mut piece = piece.to_vec();
                if !seal.open(first + ix as u64, &mut piece) {
                    return Err(damaged(&name, "a piece of it is not what was written"));
                }
                clear.extend_from_slice(&piece);
            }
            let skip = (range.start - first * PIECE) as usize;
            let take = (range.end - range.start) as usize;
            let clear = Bytes::from(clear);
            let enough = clear.len() >= skip + take;
            enough
                .then(|| clear.slice(skip..skip + take))
                .ok_or_else(|| damaged(&name, "it is cut short"))
        })
        .await
    }
}

fn damaged(name: &BlobName, why: &'static str) -> BlobError {
    BlobError::Damaged { name: name.to_string(), why }
}
