//! The index as a folder: made, opened, checked, read.
//!
//! In: a folder. Out: [`SearchIndex`], a handle that many threads share. What is committed is seen after
//! [`SearchIndex::reload`]; the writer of the same process calls it itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use tantivy::directory::MmapDirectory;
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy};

use super::error::SearchError;
use super::schema::{Fields, schema};
use super::segment::Segment;
use super::writer::{Effort, SearchWriter};

/// The form of the index. Goes up with every change of the fields or of what they hold.
pub(super) const FORM: u32 = 2;

/// Calls are packed together in blocks of so many bytes, unpacked: more in one take less room, and longer to read.
pub(super) const STORE_BLOCK_BYTES: usize = 64 << 10;

/// How hard zstd tries to pack them: 1 to 22.
const STORE_LEVEL: i32 = 9;

/// Begins the note that each commit carries.
const NOTE: &str = "lingting/search";

/// A search index. Clones share it.
#[derive(Clone)]
pub struct SearchIndex {
    pub(super) path: Arc<PathBuf>,
    pub(super) index: Index,
    pub(super) fields: Arc<Fields>,
    reader: IndexReader,
    segments: Arc<RwLock<Arc<Vec<Segment>>>>,
}

/// What a commit says of itself: its form, and up to which event of the log it has read.
pub(super) fn note(cursor: i64) -> String {
    format!("{NOTE}/{FORM} {cursor}")
}

fn read_note(path: &Path, payload: Option<&str>) -> Result<i64, SearchError> {
    let form = |found: &str| SearchError::Form {
        path: path.to_owned(),
        found: found.to_owned(),
        ours: FORM,
    };
    let Some(payload) = payload else { return Err(form("unknown")) };
    let (name, cursor) = payload.split_once(' ').ok_or_else(|| form(payload))?;
    let found = name.strip_prefix(NOTE).and_then(|rest| rest.strip_prefix('/'));
    match (found, cursor.parse()) {
        (Some(found), Ok(cursor)) if found == FORM.to_string() => Ok(cursor),
        (found, _) => Err(form(found.unwrap_or(payload))),
    }
}

impl SearchIndex {
    /// Opens the index of a folder to read.
    pub fn open(path: &Path) -> Result<Self, SearchError> {
        if !path.join("meta.json").is_file() {
            return Err(SearchError::Missing(path.to_owned()));
        }
        SearchError::reading(path, || Self::opened(path))
    }

    fn opened(path: &Path) -> Result<Self, SearchError> {
        let of = |error| SearchError::of(path, &error);
        let index = Index::open_in_dir(path).map_err(of)?;
        let metas = index.load_metas().map_err(of)?;
        read_note(path, metas.payload.as_deref())?;
        let (schema, fields) = schema();
        if index.schema() != schema {
            let found = format!("{FORM} with other fields");
            return Err(SearchError::Form { path: path.to_owned(), found, ours: FORM });
        }
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(of)?;
        let out = Self {
            path: Arc::new(path.to_owned()),
            index,
            fields: Arc::new(fields),
            reader,
            segments: Arc::default(),
        };
        out.reload()?;
        Ok(out)
    }

    /// Opens the index of a folder, or makes an empty one that has read nothing.
    pub fn open_or_create(path: &Path) -> Result<Self, SearchError> {
        if !path.join("meta.json").is_file() {
            std::fs::create_dir_all(path).map_err(|error| SearchError::io(path, error))?;
            let of = |error| SearchError::of(path, &error);
            let directory =
                MmapDirectory::open(path).map_err(|error| SearchError::io(path, error))?;
            let zstd = ZstdCompressor { compression_level: Some(STORE_LEVEL) };
            let settings = IndexSettings {
                docstore_compression: Compressor::Zstd(zstd),
                docstore_blocksize: STORE_BLOCK_BYTES,
                ..IndexSettings::default()
            };
            let index = Index::create(directory, schema().0, settings).map_err(of)?;
            SearchWriter::begin(path, &index)?;
        }
        Self::open(path)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Up to which event of the log the last commit had read.
    pub fn cursor(&self) -> Result<i64, SearchError> {
        let metas = self.index.load_metas().map_err(|error| SearchError::of(&self.path, &error))?;
        read_note(&self.path, metas.payload.as_deref())
    }

    /// Sees what was committed since.
    pub fn reload(&self) -> Result<(), SearchError> {
        let of = |error| SearchError::of(&self.path, &error);
        self.reader.reload().map_err(of)?;
        let searcher = self.reader.searcher();
        let open = |reader| Segment::open(reader, &self.fields);
        let segments =
            searcher.segment_readers().iter().map(open).collect::<Result<_, _>>().map_err(of)?;
        let mut held = self.segments.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *held = Arc::new(segments);
        Ok(())
    }

    /// The segments as they were at the last reload.
    pub(super) fn segments(&self) -> Arc<Vec<Segment>> {
        self.segments.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// How many calls are in it.
    pub fn calls(&self) -> u64 {
        self.segments().iter().map(Segment::calls).sum()
    }

    /// Reads every byte and compares checksums: names the files that are damaged.
    pub fn damaged_files(&self) -> Result<Vec<PathBuf>, SearchError> {
        let found = self.index.validate_checksum();
        let found = found.map_err(|error| SearchError::of(&self.path, &error))?;
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort();
        Ok(found)
    }

    /// Begins to write. One at a time over all processes.
    pub fn writer(&self, effort: Effort) -> Result<SearchWriter, SearchError> {
        SearchWriter::open(self, effort)
    }
}
