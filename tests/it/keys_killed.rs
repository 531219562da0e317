//! A rotation of master keys that is killed again and again ends, when it is let, with everything under the new key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use lingting::app::config::Config;
use lingting::blobs::{BlobName, Blobs};

const BLOBS: usize = 400;
const KILLS: usize = 12;

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display().to_string();
        let toml = format!("data = '{at}'\n[blobs]\nurl = '{at}/blobs'\nkey_file = '{at}/keys'\n");
        fs::write(folder.path().join("lingting.toml"), toml).unwrap();
        Self { folder }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("lingting.toml")
    }

    fn blobs(&self) -> Blobs {
        Blobs::open(&Config::load(Some(&self.file()), None).unwrap().blobs).unwrap()
    }

    fn keys(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lingting"));
        command.arg("keys").args(args).args(["--lang", "en", "--config"]).arg(self.file());
        command.stdin(Stdio::null());
        command
    }

    fn ran(&self, args: &[&str]) -> Output {
        let output = self.keys(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        output
    }

    /// Keys of blobs that a master key has wrapped: its id stands in them.
    fn wrapped(&self, id: &str) -> usize {
        let blobs = self.folder.path().join("blobs");
        let below = |folder: &Path| -> Vec<PathBuf> {
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
        };
        let folders = below(&blobs).into_iter().filter(|path| path.is_dir());
        let folders = folders.flat_map(|folder| below(&folder));
        let files = folders.flat_map(|folder| below(&folder));
        let is_wrapped = |file: &PathBuf| {
            let is_key = file.extension().is_some_and(|ending| ending == "key");
            let bytes = if is_key { fs::read(file).unwrap_or_default() } else { Vec::new() };
            bytes.windows(id.len()).any(|part| part == id.as_bytes())
        };
        files.filter(is_wrapped).count()
    }

    /// How many keys of blobs each master key has wrapped.
    fn status(&self) -> String {
        String::from_utf8(self.ran(&["status"]).stdout).unwrap()
    }
}

/// The key file without its first key.
fn forget_first(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let mut sections = text.split("[[key]]");
    let head = sections.next().unwrap().to_owned();
    let kept = sections.nth(1).unwrap();
    fs::write(path, format!("{head}[[key]]{kept}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_killed_again_and_again_is_ended_by_the_next() {
    let site = Site::new();
    site.ran(&["add", "first"]);
    let mut names: Vec<BlobName> = Vec::new();
    let blobs = site.blobs();
    for number in 0..BLOBS {
        names.push(blobs.put_bytes(format!("blob {number}")).await.unwrap().name);
    }
    assert!(!site.keys(&["add", "first"]).output().unwrap().status.success(), "its id is taken");
    site.ran(&["add", "second"]);
    site.ran(&["rotate", "--dry-run"]);
    assert!(site.status().contains(&format!("first: {BLOBS} blobs")), "{}", site.status());

    let mut between = 0;
    for kill in 0..KILLS {
        let mut child =
            site.keys(&["rotate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while site.wrapped("second") <= kill * BLOBS / (KILLS + 1) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the rotation does not get on");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let _ = child.kill();
        child.wait().unwrap();
        let status = site.status();
        between += usize::from(!status.contains("first: 0 ") && !status.contains("second: 0 "));
        // Whatever was wrapped by which key, everything can be read at any moment.
        let blobs = site.blobs();
        for (number, name) in names.iter().enumerate().step_by(37) {
            let text = format!("blob {number}");
            assert_eq!(blobs.read_all(name, 0..text.len() as u64).await.unwrap(), text.as_bytes());
        }
    }
    assert!(between > 0, "no kill came in the middle of a rotation");
    site.ran(&["rotate"]);
    assert!(site.status().contains(&format!("second: {BLOBS} blobs")), "{}", site.status());
    forget_first(&site.folder.path().join("keys"));
    let blobs = site.blobs();
    for (number, name) in names.iter().enumerate() {
        let text = format!("blob {number}");
        assert_eq!(blobs.read_all(name, 0..text.len() as u64).await.unwrap(), text.as_bytes());
    }
}
