//! The spool: files on their way in over HTTP, until they are calls.
//!
//! In: bytes as they come, from an offset on. Out: a whole file under its own name. What is acknowledged is on the
//! disk. An upload is a part file `<id>.part`, then a folder `<id>` with one file in it, or with the two of a call, which
//! came one after the other. Nothing here knows of HTTP.

use std::collections::BTreeSet;
use std::io::{self, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

/// Bytes of a file name that are kept, its ending among them.
const NAME_BYTES_MAX: usize = 120;

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Over the limit, or over what was announced.
    #[error("more bytes than were announced or are allowed")]
    TooLarge,
    /// Somebody else is sending the same file.
    #[error("this upload is being written to")]
    Busy,
    /// What was acknowledged is no longer there: the disk was restored, or emptied.
    #[error("what came before is gone; begin again")]
    Lost,
    /// The disk.
    #[error("the upload folder: {0}")]
    Io(#[from] io::Error),
}

/// A folder for uploads.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    /// Uploads that are being written to.
    busy: Mutex<BTreeSet<String>>,
}

/// Holds an upload while it is written to.
struct Turn<'a> {
    spool: &'a Spool,
    id: String,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.spool.busy.lock().expect("nobody panics holding it").remove(&self.id);
    }
}

impl Spool {
    /// Opens a folder, for its owner's eyes only; it is made when it is not there.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned(), busy: Mutex::default() })
    }

    /// Takes bytes from `offset` on, up to `size_max` in all; tells how many there are then, all of them on the
    /// disk. When the sender breaks off, what came counts.
    ///
    /// # Errors
    /// [`SpoolError`]; then there are `offset` bytes, as before.
    pub async fn append<E>(
        &self,
        id: &str,
        offset: u64,
        size_max: u64,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<u64, SpoolError> {
        let _turn = self.turn(id)?;
        let mut options = OpenOptions::new();
        let file =
            options.write(true).create(offset == 0).truncate(false).open(self.part(id)).await;
        let file = file.map_err(lost)?;
        if file.metadata().await?.len() < offset {
            return Err(SpoolError::Lost);
        }
        // What came after the last acknowledgement was never promised.
        file.set_len(offset).await?;
        let mut file = BufWriter::with_capacity(1 << 17, file);
        file.seek(SeekFrom::Start(offset)).await?;
        let mut at = offset;
        while let Some(Ok(piece)) = bytes.next().await {
            at += piece.len() as u64;
            if at > size_max {
                file.get_ref().set_len(offset).await?;
                return Err(SpoolError::TooLarge);
            }
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        file.get_ref().sync_all().await?;
        if offset == 0 {
            self.sync(&self.folder).await?;
        }
        Ok(at)
    }

    /// Gives a whole file its name and tells where it lies. Twice is once.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn finish(&self, id: &str, name: &str) -> Result<PathBuf, SpoolError> {
        let _turn = self.turn(id)?;
        let (folder, path) = (self.folder.join(id), self.place(id, name));
        if fs::try_exists(&path).await? {
            return Ok(path);
        }
        self.make(&folder).await?;
        fs::rename(self.part(id), &path).await.map_err(lost)?;
        self.sync(&folder).await?;
        self.sync(&self.folder).await?;
        Ok(path)
    }

    /// Makes a file of its own of what came from byte `from` on, beside where the rest will lie, and tells where: to be
    /// called before [`Spool::finish`]. Twice is once, also when the process was killed in between.
    ///
    /// # Errors
    /// [`SpoolError`]; then nothing is lost.
    pub async fn split(&self, id: &str, from: u64, name: &str) -> Result<PathBuf, SpoolError> {
        let _turn = self.turn(id)?;
        let (folder, path) = (self.folder.join(id), self.place(id, name));
        if !fs::try_exists(&path).await? {
            // Under another name until it is whole. Of no known upload: what a killed process leaves goes at the next start.
            let rest = self.part(&format!("{id}.rest"));
            if let Err(error) = self.copy_from(id, from, &rest).await {
                // What came is still there; the copy is of no use.
                let _ = fs::remove_file(&rest).await;
                return Err(error);
            }
            self.make(&folder).await?;
            fs::rename(&rest, &path).await?;
            self.sync(&folder).await?;
        }
        match OpenOptions::new().write(true).open(self.part(id)).await {
            Ok(part) => {
                part.set_len(from).await?;
                part.sync_all().await?;
            }
            // It has its name already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(path)
    }

    async fn copy_from(&self, id: &str, from: u64, to: &Path) -> Result<(), SpoolError> {
        let mut part = File::open(self.part(id)).await.map_err(lost)?;
        if part.metadata().await?.len() <= from {
            return Err(SpoolError::Lost);
        }
        part.seek(SeekFrom::Start(from)).await?;
        let mut file = File::create(to).await?;
        tokio::io::copy(&mut part, &mut file).await?;
        file.sync_all().await?;
        Ok(())
    }

    async fn make(&self, folder: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder).await
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a whole file lies, or will.
    pub fn place(&self, id: &str, name: &str) -> PathBuf {
        self.folder.join(id).join(name)
    }

    /// Forgets what came of an upload that is not whole.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn discard(&self, id: &str) -> Result<(), SpoolError> {
        let _turn = self.turn(id)?;
        match fs::remove_file(self.part(id)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The ids of uploads that are not whole.
    ///
    /// # Errors
    /// What the system said.
    pub fn parts(&self) -> io::Result<Vec<String>> {
        let names = std::fs::read_dir(&self.folder)?.flatten().map(|entry| entry.file_name());
        let id = |name: std::ffi::OsString| Some(name.to_str()?.strip_suffix(".part")?.to_owned());
        Ok(names.filter_map(id).collect())
    }

    fn part(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }

    fn turn(&self, id: &str) -> Result<Turn<'_>, SpoolError> {
        let mut busy = self.busy.lock().expect("nobody panics holding it");
        match busy.insert(id.to_owned()) {
            true => Ok(Turn { spool: self, id: id.to_owned() }),
            false => Err(SpoolError::Busy),
        }
    }

    async fn sync(&self, folder: &Path) -> io::Result<()> {
        File::open(folder).await?.sync_all().await
    }
}

fn lost(error: io::Error) -> SpoolError {
    match error.kind() {
        io::ErrorKind::NotFound => SpoolError::Lost,
        _ => error.into(),
    }
}

/// A name under which a file may lie: no folders, nothing hidden, nothing that some system forbids. `None` when
/// nothing is left of it.
pub fn file_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe = |c: char| if c.is_control() || r#":*?"<>|"#.contains(c) { '_' } else { c };
    let name: String = name.trim().chars().map(safe).collect();
    let name = name.trim_start_matches('.').trim_end_matches(['.', ' ']);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 10 => {
            (stem, format!(".{ending}"))
        }
        _ => (name, String::new()),
    };
    let mut stem = stem.to_owned();
    while stem.len() + ending.len() > NAME_BYTES_MAX {
        stem.pop();
    }
    (!stem.is_empty()).then(|| format!("{stem}{ending}"))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn bytes(all: &[&str]) -> impl Stream<Item = Result<Bytes, ()>> + Unpin + use<> {
        let all = all.iter().map(|text| match *text {
            "!" => Err(()),
            text => Ok(Bytes::from(text.to_owned())),
        });
        stream::iter(all.collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_file_comes_in_pieces_and_what_broke_off_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("in")).unwrap();
        assert_eq!(spool.append("a", 0, 10, bytes(&["hel", "!", "lost"])).await.unwrap(), 3);
        // Acknowledged were three bytes; that a fourth is there says nothing.
        std::fs::write(folder.path().join("in/a.part"), "helX").unwrap();
        assert_eq!(spool.append("a", 3, 10, bytes(&["lo"])).await.unwrap(), 5);
        assert!(matches!(
            spool.append("a", 5, 10, bytes(&["123456"])).await,
            Err(SpoolError::TooLarge)
        ));
        assert!(matches!(spool.append("a", 6, 10, bytes(&["1"])).await, Err(SpoolError::Lost)));
        assert!(matches!(spool.append("b", 1, 10, bytes(&["1"])).await, Err(SpoolError::Lost)));
        assert_eq!(spool.parts().unwrap(), ["a"]);
        for _ in 0..2 {
            let path = spool.finish("a", "录音 1.wav").await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello");
            assert_eq!(path, folder.path().join("in/a/录音 1.wav"));
        }
        assert!(matches!(spool.finish("b", "b.wav").await, Err(SpoolError::Lost)));
        spool.append("c", 0, 10, bytes(&["x"])).await.unwrap();
        spool.discard("c").await.unwrap();
        spool.discard("c").await.unwrap();
        assert!(spool.parts().unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_two_files_of_a_call_come_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let part = |text: &str| std::fs::write(folder.path().join("a.part"), text).unwrap();
        part("inout");
        // Killed after the copy and before the cut; after both; after all.
        for left in ["inout", "in", ""] {
            let other = spool.split("a", 2, "a-out.wav").await.unwrap();
            assert_eq!(other, folder.path().join("a/a-out.wav"), "{left}");
            assert_eq!(text("a/a-out.wav"), "out", "{left}");
            if !left.is_empty() {
                part(left);
            }
            if left != "inout" {
                let first = spool.finish("a", "a-in.wav").await.unwrap();
                assert_eq!(first, folder.path().join("a/a-in.wav"), "{left}");
                assert_eq!(text("a/a-in.wav"), "in", "{left}");
            }
        }
        assert!(spool.parts().unwrap().is_empty());
        // Nothing came of the other.
        std::fs::write(folder.path().join("b.part"), "in").unwrap();
        for id in ["b", "c"] {
            let split = spool.split(id, 2, "b-out.wav").await;
            assert!(matches!(split, Err(SpoolError::Lost)), "{id}");
        }
        assert_eq!(spool.parts().unwrap(), ["b"]);
    }

    #[tokio::test]
    async fn only_one_sends_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let turn = spool.turn("a").unwrap();
        assert!(matches!(spool.append("a", 0, 10, bytes(&["x"])).await, Err(SpoolError::Busy)));
        drop(turn);
        assert_eq!(spool.append("a", 0, 10, bytes(&["x"])).await.unwrap(), 1);
    }

    #[track_caller]
    fn check(name: &str, wanted: Option<&str>) {
        assert_eq!(file_name(name).as_deref(), wanted, "{name}");
    }

    #[test]
    fn names_are_made_harmless() {
        check("a.wav", Some("a.wav"));
        check("/etc/../../a.wav", Some("a.wav"));
        check(r"C:\calls\a.wav", Some("a.wav"));
        check(".. ", None);
        check("..hidden.wav", Some("hidden.wav"));
        check("a\n\"b\".wav", Some("a__b_.wav"));
        check("录音:1.mp3 ", Some("录音_1.mp3"));
        check("", None);
        let long = file_name(&format!("{}.wav", "录".repeat(300))).unwrap();
        assert!(long.len() <= 120 && long.ends_with("录.wav"));
    }
}
