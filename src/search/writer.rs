//! Writing: calls put in and taken out, and commits that remember the event log's place.
//!
//! In: calls. Out: commits. Only one process writes at a time; what was not committed is lost with
//! the process, and the follower of the log begins again at [`SearchIndex::cursor`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tantivy::{Index, IndexWriter, TantivyDocument, TantivyError, Term};

use super::doc::CallDoc;
use super::error::SearchError;
use super::index::{SearchIndex, note};
use super::schema::Maker;

/// Names the process that writes.
const OWNER: &str = "writer.owner";

/// How much of the machine writing may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Beside other work: one thread, 24 MB.
    Serving,
    /// Alone: two threads, 160 MB each.
    Rebuilding,
}

impl Effort {
    const fn threads_and_bytes(self) -> (usize, usize) {
        match self {
            Effort::Serving => (1, 24 << 20),
            Effort::Rebuilding => (2, 320 << 20),
        }
    }
}

/// The one writer of an index.
pub struct SearchWriter {
    index: SearchIndex,
    writer: IndexWriter,
    makers: Mutex<Vec<Maker>>,
}

fn lock(path: &Path, index: &Index, effort: Effort) -> Result<IndexWriter, SearchError> {
    let (threads, bytes) = effort.threads_and_bytes();
    let owner = path.join(OWNER);
    let writer = index.writer_with_num_threads(threads, bytes).map_err(|error| match error {
        TantivyError::LockFailure(..) => {
            let holder = fs::read_to_string(&owner).unwrap_or_else(|_| "another process".into());
            SearchError::Busy { path: path.to_owned(), holder: holder.trim().to_owned() }
        }
        error => SearchError::of(path, &error),
    })?;
    let me = format!("process {}\n", std::process::id());
    fs::write(&owner, me).map_err(|error| SearchError::io(path, error))?;
    Ok(writer)
}

fn commit(path: &Path, writer: &mut IndexWriter, cursor: i64) -> Result<(), SearchError> {
    let of = |error| SearchError::of(path, &error);
    let mut commit = writer.prepare_commit().map_err(of)?;
    commit.set_payload(&note(cursor));
    commit.commit().map_err(of)?;
    Ok(())
}

impl SearchWriter {
    /// The first commit of a new index: nothing, read up to nothing.
    pub(super) fn begin(path: &Path, index: &Index) -> Result<(), SearchError> {
        let mut writer = lock(path, index, Effort::Serving)?;
        commit(path, &mut writer, 0)
    }

    pub(super) fn open(index: &SearchIndex, effort: Effort) -> Result<Self, SearchError> {
        let writer = lock(&index.path, &index.index, effort)?;
        Ok(Self { index: index.clone(), writer, makers: Mutex::default() })
    }

    /// Puts a call in; it replaces what was there under its id. Seen after the next commit. Several threads may
    /// do so at once.
    pub fn put(&self, call: &CallDoc) -> Result<(), SearchError> {
        self.delete(&call.call_id);
        let held = || self.makers.lock().unwrap_or_else(PoisonError::into_inner);
        let maker = held().pop();
        let mut maker = maker.unwrap_or_else(|| Maker::new(&self.index.fields));
        let document: TantivyDocument = maker.document(call);
        held().push(maker);
        let added = self.writer.add_document(document);
        added.map(drop).map_err(|error| SearchError::of(&self.index.path, &error))
    }

    /// Takes a call out, at the next commit.
    pub fn delete(&self, call_id: &str) {
        self.writer.delete_term(Term::from_field_text(self.index.fields.id, call_id));
    }

    /// Makes all that was put and taken durable and seen, and remembers that the event log was read up to
    /// `cursor`.
    pub fn commit(&mut self, cursor: i64) -> Result<(), SearchError> {
        commit(&self.index.path, &mut self.writer, cursor)?;
        self.index.reload()
    }

    /// Waits until the segments are merged that want merging. The index is then as small as it gets by itself.
    pub fn finish(self) -> Result<(), SearchError> {
        let of = |error| SearchError::of(&self.index.path, &error);
        self.writer.wait_merging_threads().map_err(of)?;
        self.index.reload()
    }
}

/// An index made anew beside the one in use, which it replaces in one step.
pub struct Rebuild {
    target: PathBuf,
    building: PathBuf,
    index: SearchIndex,
    writer: SearchWriter,
}

impl Rebuild {
    /// Begins beside `target`; what an earlier rebuild left unfinished is thrown away.
    pub fn begin(target: &Path) -> Result<Self, SearchError> {
        let building = beside(target, "building");
        if building.exists() {
            fs::remove_dir_all(&building).map_err(|error| SearchError::io(&building, error))?;
        }
        let index = SearchIndex::open_or_create(&building)?;
        let writer = index.writer(Effort::Rebuilding)?;
        Ok(Self { target: target.to_owned(), building, index, writer })
    }

    /// Where the calls go.
    pub fn writer(&mut self) -> &mut SearchWriter {
        &mut self.writer
    }

    /// Commits, and puts the new index in the place of the old one. Nobody may write to the old one now.
    pub fn finish(self, cursor: i64) -> Result<(), SearchError> {
        let Self { target, building, index, mut writer } = self;
        writer.commit(cursor)?;
        writer.finish()?;
        drop(index);
        let io = |error| SearchError::io(&target, error);
        if target.exists() {
            let held =
                Index::open_in_dir(&target).ok().map(|old| lock(&target, &old, Effort::Serving));
            // An old index that cannot be opened cannot be written to either.
            if let Some(Err(busy @ SearchError::Busy { .. })) = held {
                return Err(busy);
            }
            let old = beside(&target, "old");
            let _ = fs::remove_dir_all(&old);
            fs::rename(&target, &old).map_err(io)?;
            fs::rename(&building, &target).map_err(io)?;
            return fs::remove_dir_all(&old).map_err(io);
        }
        fs::rename(&building, &target).map_err(io)
    }
}

fn beside(target: &Path, what: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    target.with_file_name(name)
}
