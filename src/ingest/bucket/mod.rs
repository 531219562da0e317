//! A prefix of a bucket as a source: objects are whole when they are there, so nothing has to rest.
//!
//! In: a bucket, hints of what was put into it, and the time. Out: the same [`Happening`]s as of a folder, with
//! URLs for paths. A look through the prefix is the truth. Sidecars are objects of the same stem.

mod notice;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;

pub use notice::{NOTICE_BYTES_MAX, Notice, NoticeError, notice};

use super::chat::{CHAT_BYTES_MAX, looks_like_chat};
use super::source::{Bucket, Facts};
use super::watch::{Happening, Kind, Seen, fingerprint, is_audio_name, is_text_name, kind};
use crate::wire::sidecar::SIDECAR_BYTES_MAX;

/// Objects that wait for what belongs beside them. More wait for the next look.
const PENDING_MAX: usize = 10_000;

/// Objects of which is remembered that the ledger has them.
const KNOWN_MAX: usize = 1_000_000;

/// Objects of one stem that are looked at for sidecars.
const BESIDE_MAX: usize = 16;

/// What is known of one prefix.
pub struct Objects {
    bucket: Bucket,
    store: Arc<dyn ObjectStore>,
    name: String,
    prefix: Path,
    /// Since when they wait.
    pending: BTreeMap<PathBuf, (Seen, i64)>,
    known: HashSet<u128>,
}

impl Objects {
    /// Opens a bucket; it is not asked yet.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn open(bucket: Bucket) -> Result<Self, Error> {
        let rest = bucket.url.strip_prefix("s3://").unwrap_or_default();
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let access = &bucket.access;
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(name);
        if let Some(endpoint) = &access.endpoint {
            builder =
                builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(region) = &access.region {
            builder = builder.with_region(region);
        }
        if let (Some(id), Some(secret)) = (&access.access_key_id, &access.secret_access_key) {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        let store = Arc::new(builder.build()?);
        let (name, prefix) = (name.to_owned(), Path::parse(prefix)?);
        Ok(Self { bucket, store, name, prefix, pending: BTreeMap::new(), known: HashSet::new() })
    }

    /// The source as set.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Looks through the whole prefix, and then at what waits.
    ///
    /// # Errors
    /// What the store said; what was found by then is found again the next time.
    pub async fn scan(&mut self, now_us: i64) -> Result<Vec<Happening>, Error> {
        let mut out = Vec::new();
        let mut all = self.store.list(Some(&self.prefix));
        while let Some(meta) = all.try_next().await? {
            if self.pending.len() >= PENDING_MAX {
                break;
            }
            self.met(&meta, now_us, &mut out);
        }
        drop(all);
        out.extend(self.due(now_us).await?);
        Ok(out)
    }

    /// Looks at one object that a notification named; others' buckets and prefixes are none of ours.
    ///
    /// # Errors
    /// What the store said.
    pub async fn hint(
        &mut self,
        bucket: &str,
        key: &str,
        now_us: i64,
    ) -> Result<Vec<Happening>, Error> {
        let mut out = Vec::new();
        let Ok(path) = Path::parse(key) else { return Ok(out) };
        if bucket == self.name && path.prefix_matches(&self.prefix) {
            match self.store.head(&path).await {
                Ok(meta) => self.met(&meta, now_us, &mut out),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(out)
    }

    /// Looks at what waits.
    ///
    /// # Errors
    /// What the store said.
    pub async fn due(&mut self, now_us: i64) -> Result<Vec<Happening>, Error> {
        let mut out = Vec::new();
        for (path, (file, since_us)) in self.pending.clone() {
            let waited = now_us - since_us >= self.bucket.sidecar_wait_us;
            if let Some(happening) = self.look(file, waited).await? {
                self.pending.remove(&path);
                out.extend(happening);
            }
        }
        Ok(out)
    }

    /// Whether anything waits for its sidecar.
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The ledger has this object beyond `seen`.
    pub fn settled(&mut self, file: &Seen) {
        self.pending.remove(&file.path);
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(fingerprint(file));
    }

    /// An object that the ledger has as `seen`.
    pub fn adopt(&mut self, file: Seen, now_us: i64) {
        self.known.remove(&fingerprint(&file));
        self.pending.entry(file.path.clone()).or_insert((file, now_us));
    }

    /// Writes an object to a file.
    ///
    /// # Errors
    /// What the store, or the disk, said.
    pub async fn fetch(&self, url: &str, to: &FilePath) -> Result<(), Error> {
        let io =
            |source: std::io::Error| Error::Generic { store: "file", source: Box::new(source) };
        let mut bytes = self.store.get(&self.key(FilePath::new(url))?).await?.into_stream();
        let mut file = tokio::fs::File::create_new(to).await.map_err(io)?;
        while let Some(piece) = bytes.next().await {
            file.write_all(&piece?).await.map_err(io)?;
        }
        file.flush().await.map_err(io)
    }

    fn url(&self, key: &Path) -> PathBuf {
        PathBuf::from(format!("s3://{}/{key}", self.name))
    }

    fn key(&self, url: &FilePath) -> Result<Path, Error> {
        let text = url.to_string_lossy();
        let key = text.strip_prefix(&format!("s3://{}/", self.name)).unwrap_or_default();
        Ok(Path::parse(key)?)
    }

    fn met(&mut self, meta: &ObjectMeta, now_us: i64, out: &mut Vec<Happening>) {
        let name = meta.location.filename().unwrap_or_default();
        if !matches!(kind(name), Kind::Other) {
            return;
        }
        let file = Seen {
            path: self.url(&meta.location),
            size: meta.size,
            modified_us: meta.last_modified.timestamp_micros(),
        };
        let same = self.pending.get(&file.path).is_some_and(|(other, _)| *other == file);
        if same || self.known.contains(&fingerprint(&file)) {
            return;
        }
        if !is_text_name(&file.path) {
            out.push(Happening::Seen(file.clone()));
        }
        self.pending.insert(file.path.clone(), (file, now_us));
    }

    /// What has become of an object; `None` while something is waited for, `Some(None)` when it is nothing.
    async fn look(&mut self, file: Seen, waited: bool) -> Result<Option<Option<Happening>>, Error> {
        let key = self.key(&file.path)?;
        match self.store.head(&key).await {
            Ok(_) => {}
            Err(Error::NotFound { .. }) => return Ok(Some(Some(Happening::Gone(file)))),
            Err(error) => return Err(error),
        }
        let beside = self.beside(&key).await?;
        let has_audio = beside
            .iter()
            .any(|other| *other != key && is_audio_name(FilePath::new(other.as_ref())));
        if is_text_name(&file.path) {
            if has_audio {
                self.settled(&file);
                return Ok(Some(None));
            }
            if !self.is_chat(&file, &key).await? {
                let why = "neither a chat log nor facts about a recording beside it".to_owned();
                return Ok(waited.then_some(Some(Happening::NoRecording { file, why })));
            }
        } else if !is_audio_name(&file.path) {
            let why = "no recording, by its ending".to_owned();
            return Ok(Some(Some(Happening::NoRecording { file, why })));
        }
        let mut facts = Facts::default();
        for other in beside.iter().filter(|other| **other != key) {
            let name = other.filename().unwrap_or_default();
            if !is_sidecar_of(name, key.filename().unwrap_or_default()) {
                continue;
            }
            match self.sidecar(other, name).await? {
                Ok(told) => facts.fill(&told),
                Err(_) if !waited => return Ok(None),
                Err(why) => {
                    let why = format!("{name}: {why}; mend it, or remove it, and try again");
                    return Ok(Some(Some(Happening::Unusable { file, why })));
                }
            }
        }
        if facts.is_empty() && !waited {
            return Ok(None);
        }
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        facts.fill(&self.bucket.knowing.of_name(&stem));
        facts.fill(&self.bucket.knowing.defaults);
        let facts = facts.to_json();
        Ok(Some(Some(Happening::Complete { file, facts, other_side: None })))
    }

    /// The keys that begin with this one's stem, in order.
    async fn beside(&self, key: &Path) -> Result<Vec<Path>, Error> {
        let text = key.to_string();
        let end = text.rfind('.').filter(|dot| text.rfind('/').is_none_or(|slash| slash < *dot));
        let stem = &text[..end.unwrap_or(text.len())];
        let folder: Path = key.parts().take(key.parts().count().saturating_sub(1)).collect();
        let from = Path::parse(stem)?;
        let mut found = Vec::new();
        let mut all = self.store.list_with_offset(Some(&folder), &from);
        while let Some(meta) = all.try_next().await? {
            let other = meta.location.to_string();
            match other.strip_prefix(stem) {
                Some(end) if end.starts_with('.') => found.push(meta.location),
                // `a-1.wav` stands between `a` and `a.wav`.
                Some(_) if found.len() < BESIDE_MAX => continue,
                _ => break,
            }
            if found.len() >= BESIDE_MAX {
                break;
            }
        }
        Ok(found)
    }

    async fn sidecar(&self, key: &Path, name: &str) -> Result<Result<Facts, String>, Error> {
        let got = self.store.get(key).await?;
        if got.meta.size > SIDECAR_BYTES_MAX {
            return Ok(Err("it is over 1 MiB".into()));
        }
        let bytes = got.bytes().await?;
        Ok(match std::str::from_utf8(&bytes) {
            Ok(text) => self.bucket.knowing.of_sidecar(name, text),
            Err(_) => Err("it is not UTF-8".into()),
        })
    }

    async fn is_chat(&self, file: &Seen, key: &Path) -> Result<bool, Error> {
        if file.size > CHAT_BYTES_MAX || !super::chat::is_chat_name(&file.path) {
            return Ok(false);
        }
        let bytes = self.store.get(key).await?.bytes().await?;
        let ending = file.path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let looked = tokio::task::spawn_blocking(move || {
            let temp = tempfile::Builder::new().suffix(&format!(".{ending}")).tempfile()?;
            std::fs::write(temp.path(), &bytes)?;
            Ok::<bool, std::io::Error>(looks_like_chat(temp.path()))
        });
        Ok(looked.await.is_ok_and(|looks| looks.unwrap_or(false)))
    }
}

/// `a.call.json`, `a.json`, … for `a.wav`.
fn is_sidecar_of(name: &str, of: &str) -> bool {
    let stem = FilePath::new(of).file_stem().unwrap_or_default().to_string_lossy();
    let end = name.strip_prefix(&*stem).unwrap_or_default().to_ascii_lowercase();
    matches!(end.as_str(), ".call.json" | ".json" | ".xml" | ".csv" | ".txt")
}
