//! Where objects lie: a local folder or a bucket, chosen by URL.
//!
//! In: settings as written. Out: a [`Place`]. Credentials come from the settings, else from the usual
//! `AWS_…` variables, else from the machine's own role.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{self, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use serde::Deserialize;
use url::Url;

use super::BlobError;

/// The settings of a store of objects.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    /// A folder, `file:///folder`, or `s3://bucket/prefix`.
    pub url: String,
    /// Where the bucket is, when not at Amazon: `https://minio.example:9000`. `http:` only where it says so.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The bucket's region; most stores other than Amazon's take any.
    #[serde(default)]
    pub region: Option<String>,
    /// Credentials, where they do not come from the environment.
    #[serde(default)]
    pub access_key_id: Option<String>,
    /// The secret of it.
    #[serde(default)]
    pub secret_access_key: Option<String>,
    /// With a key file everything is sealed.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
}

/// No secret in a message.
impl fmt::Debug for BlobsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobsConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A store of objects, and the part of it that is ours.
#[derive(Debug, Clone)]
pub struct Place {
    /// The objects.
    pub store: Arc<dyn ObjectStore>,
    /// Ours begin with this.
    pub prefix: Path,
    /// The folder, when it is one.
    root: Option<PathBuf>,
}

impl Place {
    /// Opens a place. A folder is made when it is not there, for its owner's eyes only.
    ///
    /// # Errors
    /// [`BlobError::Config`] that says what to write instead.
    pub fn open(config: &BlobsConfig) -> Result<Self, BlobError> {
        match config.url.split_once("://") {
            Some(("s3", rest)) => Self::bucket(config, rest),
            Some(("file", _)) => {
                let url = Url::parse(&config.url).ok().and_then(|url| url.to_file_path().ok());
                Self::folder(&url.ok_or_else(|| wrong("`url` is no file:///folder"))?)
            }
            Some(_) => Err(wrong("`url` is a folder, file:///folder or s3://bucket/prefix")),
            None if config.url.is_empty() => Err(wrong("`url` is empty")),
            None => Self::folder(path::Path::new(&config.url)),
        }
    }

    /// A local folder.
    ///
    /// # Errors
    /// [`BlobError::File`] when it cannot be made.
    pub fn folder(root: &path::Path) -> Result<Self, BlobError> {
        let at = |source| BlobError::File { path: root.to_owned(), source };
        if !root.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(at)?;
        }
        let root = fs::canonicalize(root).map_err(at)?;
        let local = LocalFileSystem::new_with_prefix(&root).map_err(BlobError::Store)?;
        let store = Arc::new(local.with_automatic_cleanup(true));
        Ok(Self { store, prefix: Path::default(), root: Some(root) })
    }

    fn bucket(config: &BlobsConfig, rest: &str) -> Result<Self, BlobError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong("`url` names no bucket: s3://bucket/prefix"));
        }
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        if let Some(endpoint) = &config.endpoint {
            builder =
                builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(region) = &config.region {
            builder = builder.with_region(region);
        }
        match (&config.access_key_id, &config.secret_access_key) {
            (Some(id), Some(secret)) => {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
            }
            (None, None) => {}
            _ => return Err(wrong("`access_key_id` and `secret_access_key` belong together")),
        }
        let store = builder.build().map_err(BlobError::Store)?;
        let prefix =
            Path::parse(prefix.trim_matches('/')).map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { store: Arc::new(store), prefix, root: None })
    }

    /// The object of this name.
    pub(super) fn path(&self, name: &str) -> Path {
        self.prefix.parts().chain(Path::from(name).parts()).collect()
    }

    /// Waits until an object is on the disk, with its name. A bucket has said so itself already.
    pub(super) async fn settle(&self, object: &Path) -> Result<(), BlobError> {
        let Some(root) = self.root.clone() else { return Ok(()) };
        let path = root.join(object.as_ref());
        let sync = move || -> Result<(), BlobError> {
            let sync = |path: &path::Path| -> io::Result<()> { File::open(path)?.sync_all() };
            let at = |source| BlobError::File { path: path.clone(), source };
            sync(&path).map_err(at)?;
            // The names up to the root: any of these folders may be new.
            for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&root)) {
                sync(folder).map_err(at)?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(sync).await.expect("syncing does not panic")
    }
}

fn wrong(why: &str) -> BlobError {
    BlobError::Config(why.to_owned())
}
