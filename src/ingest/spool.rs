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
use tokio::sync::Notify;

/// Bytes of a file name that are kept, its ending among them.
const NAME_BYTES_MAX: usize = 120;

/// So many of them are the last of the stem, where it stands which side of a call a file is.
const TAIL_BYTES_MAX: usize = 16;

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
    /// Tells who waits that one no longer is.
    freed: Notify,
}

/// Holds an upload: nobody else writes to it, gives it a name or throws it away.
#[derive(Debug)]
pub struct Turn<'a> {
    spool: &'a Spool,
    id: String,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.spool.busy.lock().expect("nobody panics holding it").remove(&self.id);
        self.spool.freed.notify_waiters();
    }
}

impl Turn<'_> {
    /// Gives a whole file its name and tells where it lies. Twice is once.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn finish(&self, name: &str) -> Result<PathBuf, SpoolError> {
        let Self { spool, id } = self;
        let (folder, path) = (spool.folder.join(id), spool.place(id, name));
        if fs::try_exists(&path).await? {
            // It was sent once more.
            remove(&spool.part(id)).await?;
            return Ok(path);
        }
        make(&folder).await?;
        fs::rename(spool.part(id), &path).await.map_err(lost)?;
        sync(&folder).await?;
        sync(&spool.folder).await?;
        Ok(path)
    }

    /// Makes a file of its own of what came from byte `from` on, beside where the rest will lie, and tells where: to be
    /// called before [`Turn::finish`]. Twice is once, also when the process was killed in between.
    ///
    /// # Errors
    /// [`SpoolError`]; then nothing is lost.
    pub async fn split(&self, from: u64, name: &str) -> Result<PathBuf, SpoolError> {
        let Self { spool, id } = self;
        let (folder, path) = (spool.folder.join(id), spool.place(id, name));
        if !fs::try_exists(&path).await? {
            // Under another name until it is whole.
            let rest = spool.rest(id);
            if let Err(error) = self.copy_from(from, &rest).await {
                // What came is still there; the copy is of no use.
                let _ = fs::remove_file(&rest).await;
                return Err(error);
            }
            make(&folder).await?;
            fs::rename(&rest, &path).await?;
        }
        // Before the cut, which leaves these bytes nowhere else; also when it was killed before it came so far.
        sync(&folder).await?;
        sync(&spool.folder).await?;
        match OpenOptions::new().write(true).open(spool.part(id)).await {
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

    async fn copy_from(&self, from: u64, to: &Path) -> Result<(), SpoolError> {
        let mut part = File::open(self.spool.part(&self.id)).await.map_err(lost)?;
        if part.metadata().await?.len() <= from {
            return Err(SpoolError::Lost);
        }
        part.seek(SeekFrom::Start(from)).await?;
        let mut file = File::create(to).await?;
        tokio::io::copy(&mut part, &mut file).await?;
        file.sync_all().await?;
        Ok(())
    }

    /// Forgets all that came of an upload. Not to be asked of one that is a call, or will be: its files go too.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn discard(&self) -> Result<(), SpoolError> {
        let Self { spool, id } = self;
        remove(&spool.part(id)).await?;
        remove(&spool.rest(id)).await?;
        gone(fs::remove_dir_all(spool.folder.join(id)).await)?;
        Ok(())
    }
}

impl Spool {
    /// Opens a folder, for its owner's eyes only; it is made when it is not there.
    ///
    /// # Errors
    /// What the system said.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned(), busy: Mutex::default(), freed: Notify::new() })
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
            sync(&self.folder).await?;
        }
        Ok(at)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a whole file lies, or will.
    pub fn place(&self, id: &str, name: &str) -> PathBuf {
        self.folder.join(id).join(name)
    }

    /// Takes an upload's turn and does [`Turn::discard`].
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn discard(&self, id: &str) -> Result<(), SpoolError> {
        self.turn(id)?.discard().await
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

    /// The ids of uploads of which a file has its name.
    ///
    /// # Errors
    /// What the system said.
    pub fn folders(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.folder)?.flatten();
        let folders = entries.filter(|entry| entry.path().is_dir());
        Ok(folders.filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn part(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }

    /// The other file of a call while it is copied. Its name is a part's of no known upload: what a killed process leaves
    /// goes at the next start.
    fn rest(&self, id: &str) -> PathBuf {
        self.part(&format!("{id}.rest"))
    }

    /// Holds an upload.
    ///
    /// # Errors
    /// [`SpoolError::Busy`] when somebody does already.
    pub fn turn(&self, id: &str) -> Result<Turn<'_>, SpoolError> {
        let mut busy = self.busy.lock().expect("nobody panics holding it");
        match busy.insert(id.to_owned()) {
            true => Ok(Turn { spool: self, id: id.to_owned() }),
            false => Err(SpoolError::Busy),
        }
    }

    /// Holds an upload as soon as nobody else does.
    ///
    /// # Errors
    /// As [`Spool::turn`], but never [`SpoolError::Busy`].
    pub async fn next_turn(&self, id: &str) -> Result<Turn<'_>, SpoolError> {
        loop {
            // Listened for before it is asked, so that nothing is missed in between.
            let freed = self.freed.notified();
            match self.turn(id) {
                Err(SpoolError::Busy) => freed.await,
                taken => return taken,
            }
        }
    }
}

async fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await
}

async fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

async fn remove(file: &Path) -> io::Result<()> {
    gone(fs::remove_file(file).await)
}

/// What is not there need not be removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
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
    // Cut in front of the last part, by a length that does not hang on that part's: what the names of a call's two files
    // have in common stays common.
    let tail = stem.rfind(['-', '_', '.']).filter(|at| stem.len() - at <= TAIL_BYTES_MAX);
    let last = stem.ceil_char_boundary(stem.len().saturating_sub(TAIL_BYTES_MAX));
    let (head, tail) = stem.split_at(tail.unwrap_or(last));
    let head_max = NAME_BYTES_MAX - TAIL_BYTES_MAX - ending.len();
    let head = &head[..head.floor_char_boundary(head_max)];
    (!stem.is_empty()).then(|| format!("{head}{tail}{ending}"))
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
            let path = spool.turn("a").unwrap().finish("录音 1.wav").await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello");
            assert_eq!(path, folder.path().join("in/a/录音 1.wav"));
        }
        let nothing = spool.turn("b").unwrap().finish("b.wav").await;
        assert!(matches!(nothing, Err(SpoolError::Lost)));
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
            let turn = spool.turn("a").unwrap();
            let other = turn.split(2, "a-out.wav").await.unwrap();
            assert_eq!(other, folder.path().join("a/a-out.wav"), "{left}");
            assert_eq!(text("a/a-out.wav"), "out", "{left}");
            if !left.is_empty() {
                part(left);
            }
            if left != "inout" {
                let first = turn.finish("a-in.wav").await.unwrap();
                assert_eq!(first, folder.path().join("a/a-in.wav"), "{left}");
                assert_eq!(text("a/a-in.wav"), "in", "{left}");
            }
        }
        assert!(spool.parts().unwrap().is_empty());
        // Nothing came of the other.
        std::fs::write(folder.path().join("b.part"), "in").unwrap();
        for id in ["b", "c"] {
            let split = spool.turn(id).unwrap().split(2, "b-out.wav").await;
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

    #[tokio::test]
    async fn who_can_wait_has_the_next_turn() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let turn = spool.turn("a").unwrap();
        let (next, ()) = tokio::join!(spool.next_turn("a"), async {
            tokio::task::yield_now().await;
            // Another's end is no reason to go on.
            drop(spool.turn("b").unwrap());
            tokio::task::yield_now().await;
            assert!(matches!(spool.turn("a"), Err(SpoolError::Busy)));
            drop(turn);
        });
        assert!(matches!(spool.turn("a"), Err(SpoolError::Busy)), "it is held again");
        drop(next.unwrap());
        assert!(spool.turn("a").is_ok());
    }

    /// However far it came: before, in and after each step, and sent once more after the last.
    #[tokio::test]
    async fn what_is_discarded_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        let left = || {
            let names = std::fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> =
                names.map(|entry| entry.file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        for came in [
            &["a.part"][..],
            &["a.part", "a.rest.part"],
            &["a.part", "a/x-out.wav"],
            &["a/x-in.wav", "a/x-out.wav"],
            &["a.part", "a/x-in.wav", "a/x-out.wav"],
        ] {
            for name in came {
                put(name);
            }
            put("ab.part");
            put("b/x-out.wav");
            spool.discard("a").await.unwrap();
            assert_eq!(left(), ["ab.part", "b"], "{came:?}");
        }
        assert_eq!(spool.folders().unwrap(), ["b"]);
        // What is there twice is one file.
        put("b.part");
        spool.turn("b").unwrap().finish("x-out.wav").await.unwrap();
        assert_eq!(left(), ["ab.part", "b"]);
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

    #[test]
    fn long_names_of_a_calls_two_files_keep_their_sides() {
        // Around the length at which the longer of the two is cut.
        for bytes in (0..400).step_by(7).chain(100..125) {
            let common = format!("{}{}", "录音".repeat(bytes / 6), "a".repeat(bytes % 6 + 1));
            for (one, other) in [("-in", "-out"), ("_RX", "_TX"), (".in", ".out")] {
                let name = |side: &str| file_name(&format!("{common}{side}.wav")).unwrap();
                let (one, other) = (name(one), name(other));
                assert!(one.len() <= 120 && other.len() <= 120, "{one} {other}");
                let legs = super::super::leg_order(&one, &other);
                assert_eq!(legs, Some([one.as_str(), other.as_str()]));
            }
        }
        // What ends otherwise keeps its end too.
        let [one, other] = [1, 2].map(|party| format!("{}{party}.wav", "录音".repeat(60)));
        assert_ne!(file_name(&one), file_name(&other));
        let short = format!("{}-坐席.wav", "a".repeat(90));
        assert_eq!(file_name(&short).as_deref(), Some(short.as_str()));
    }
}
