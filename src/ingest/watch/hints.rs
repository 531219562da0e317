//! Hints of the system that something happened in a folder.
//!
//! In: a folder. Out: paths worth a look. Only that a file was closed after writing, or came by a rename, is a
//! hint; that one was made or written to is none, because recorders write for the whole of a call. Network
//! file systems give no hints at all, and nothing may depend on them.

use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};
use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// Hints that wait to be looked at. What comes when there are more is found by a look through the folder.
const HINTS_MAX: usize = 4_096;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Something is at this path.
    At(PathBuf),
    /// Hints were lost: the folder must be looked through.
    Lost,
}

/// Hears of one folder for as long as it lives.
pub struct Hints {
    _watcher: RecommendedWatcher,
    hints: mpsc::Receiver<Hint>,
}

impl Hints {
    /// Begins to listen, below the folder too.
    ///
    /// # Errors
    /// What the system said: no such folder, or too many watches (`fs.inotify.max_user_watches`).
    pub fn new(folder: &Path) -> Result<Self, notify::Error> {
        let (sender, hints) = mpsc::channel(HINTS_MAX);
        let hear = move |event: notify::Result<notify::Event>| {
            let heard = match event {
                Ok(event) if event.need_rescan() => vec![Hint::Lost],
                Ok(event) => hints_of(&event),
                Err(_) => vec![Hint::Lost],
            };
            for hint in heard {
                // Full: the periodic look finds it.
                let _ = sender.try_send(hint);
            }
        };
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(hear, config)?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: watcher, hints })
    }

    /// The next hint; never, once the system has stopped to give any.
    pub async fn next(&mut self) -> Hint {
        match self.hints.recv().await {
            Some(hint) => hint,
            None => std::future::pending().await,
        }
    }
}

fn hints_of(event: &notify::Event) -> Vec<Hint> {
    let is_hint = matches!(
        event.kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both))
            // Files may have been put into a new folder before it was listened to.
            | EventKind::Create(CreateKind::Folder)
    );
    // Of a rename within the folder the last path is the new name.
    let path = event.paths.last().filter(|_| is_hint);
    path.map(|path| Hint::At(path.clone())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use notify::event::{DataChange, RemoveKind};

    use super::*;

    #[track_caller]
    fn check(kind: EventKind, wanted: Option<&str>) {
        let event = notify::Event::new(kind).add_path("a".into()).add_path("b".into());
        let wanted: Vec<_> = wanted.map(|path| Hint::At(path.into())).into_iter().collect();
        assert_eq!(hints_of(&event), wanted, "{kind:?}");
    }

    #[test]
    fn only_what_may_be_complete_is_a_hint() {
        check(EventKind::Access(AccessKind::Close(AccessMode::Write)), Some("b"));
        check(EventKind::Modify(ModifyKind::Name(RenameMode::To)), Some("b"));
        check(EventKind::Modify(ModifyKind::Name(RenameMode::Both)), Some("b"));
        check(EventKind::Create(CreateKind::Folder), Some("b"));
        check(EventKind::Create(CreateKind::File), None);
        check(EventKind::Modify(ModifyKind::Data(DataChange::Content)), None);
        check(EventKind::Modify(ModifyKind::Name(RenameMode::From)), None);
        check(EventKind::Access(AccessKind::Close(AccessMode::Read)), None);
        check(EventKind::Remove(RemoveKind::File), None);
    }

    #[tokio::test]
    async fn a_real_folder_is_heard_of() {
        let folder = tempfile::tempdir().unwrap();
        let mut hints = Hints::new(folder.path()).unwrap();
        let file = folder.path().join("a.wav");
        std::fs::write(&file, "x").unwrap();
        let wait = std::time::Duration::from_secs(20);
        assert_eq!(tokio::time::timeout(wait, hints.next()).await.unwrap(), Hint::At(file));
    }
}
