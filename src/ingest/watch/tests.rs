//! A watched folder, with real files and a clock that is turned by hand.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::super::source::{RawSource, Source};
use super::*;

const S: i64 = 1_000_000;

/// A folder that is being watched, at a time.
struct Here {
    folder: tempfile::TempDir,
    watch: Watch,
    start_us: i64,
    now_us: i64,
}

fn raw(path: &Path, more: &str) -> RawSource {
    let text = format!(
        "kind = \"folder\"\nname = \"pbx\"\npath = \"{}\"\ntimezone = \"+08:00\"\n{more}",
        path.display()
    );
    toml::from_str(&text).unwrap()
}

/// Rests 10 s, waits 30 s for sidecars, unless `more` says otherwise.
fn here(more: &str) -> Here {
    let folder = tempfile::tempdir().unwrap();
    let Source::Folder(source) = Source::new(&raw(folder.path(), more)).unwrap() else {
        panic!("a folder")
    };
    let start_us = crate_now_us();
    Here { watch: Watch::new(source), folder, start_us, now_us: start_us }
}

fn crate_now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

impl Here {
    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        // As of the turned clock, not of the machine's.
        let now = UNIX_EPOCH + Duration::from_micros(self.now_us as u64);
        File::options().append(true).open(&path).unwrap().set_modified(now).unwrap();
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.watch.folder().path.clone()).unwrap_or(path).display().to_string()
    }

    fn told(&mut self, all: Vec<Happening>) -> Vec<String> {
        let mut told = Vec::new();
        for happening in all {
            told.push(match &happening {
                Happening::Seen(file) => format!("seen {}", self.name(&file.path)),
                Happening::Gone(file) => format!("gone {}", self.name(&file.path)),
                Happening::NoRecording { file, why } => {
                    format!("none {}: {why}", self.name(&file.path))
                }
                Happening::Unusable { file, why } => {
                    format!("unusable {}: {why}", self.name(&file.path))
                }
                Happening::Trouble { path, why } => format!("trouble {}: {why}", self.name(path)),
                Happening::Complete { file, facts, other_side } => {
                    let other = other_side.as_ref().map(|o| format!(" + {}", self.name(&o.path)));
                    let facts = facts.as_ref().map(|facts| format!(" {facts}"));
                    format!(
                        "complete {}{}{}",
                        self.name(&file.path),
                        other.unwrap_or_default(),
                        facts.unwrap_or_default()
                    )
                }
            });
            // As the ledger's keeper does.
            match happening {
                Happening::Complete { file, other_side, .. } => {
                    self.watch.settled(&file);
                    if let Some(other) = other_side {
                        self.watch.settled(&other);
                    }
                }
                Happening::NoRecording { file, .. } | Happening::Unusable { file, .. } => {
                    self.watch.settled(&file);
                }
                _ => {}
            }
        }
        told.sort();
        told
    }

    /// `seconds` after the beginning the folder is looked through; what is told then?
    #[track_caller]
    fn scan(&mut self, seconds: i64, wanted: &[&str]) {
        self.now_us = self.start_us + seconds * S;
        let all = self.watch.scan(self.now_us);
        assert_eq!(self.told(all), wanted, "scan at {seconds}");
    }

    #[track_caller]
    fn due(&mut self, seconds: i64, wanted: &[&str]) {
        self.now_us = self.start_us + seconds * S;
        let all = self.watch.due(self.now_us);
        assert_eq!(self.told(all), wanted, "due at {seconds}");
    }

    #[track_caller]
    fn hint(&mut self, name: &str, seconds: i64, wanted: &[&str]) {
        self.now_us = self.start_us + seconds * S;
        let path = self.watch.folder().path.join(name);
        let all = self.watch.hint(&path, self.now_us);
        assert_eq!(self.told(all), wanted, "hint at {seconds}");
    }
}

#[test]
fn a_file_is_complete_when_it_has_rested_and_not_before() {
    let mut here = here("sidecar_wait_s = 0");
    here.write("a.wav", "x");
    here.scan(0, &["seen a.wav"]);
    here.scan(9, &[]);
    here.write("a.wav", "xx");
    here.due(10, &["seen a.wav"]);
    here.due(19, &[]);
    here.due(20, &["complete a.wav"]);
    here.scan(60, &[]);
    // Written anew under the same name: another recording.
    here.write("a.wav", "another");
    here.scan(120, &["seen a.wav"]);
    here.scan(130, &["complete a.wav"]);
}

#[test]
fn what_is_unfinished_hidden_linked_or_a_sidecar_is_not_entered() {
    let mut here = here("sidecar_wait_s = 0");
    for name in [
        "a.tmp",
        "a.wav.part",
        "a.wav.filepart",
        "a.wav~",
        ".a.wav",
        ".trash/a.wav",
        "lone.call.json",
        "a.wav.crdownload",
    ] {
        here.write(name, "x");
    }
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.wav"), "x").unwrap();
    std::os::unix::fs::symlink(outside.path(), here.folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.wav"), here.folder.path().join("b.wav"))
        .unwrap();
    std::os::unix::fs::symlink(here.folder.path(), here.folder.path().join("loop")).unwrap();
    here.write("notes.txt", "lunch at noon");
    here.write("table.csv", "a,b\n1,2\n");
    here.write("noise.bin", "just some bytes");
    here.write("2026/03/15/c.wav", "x");
    here.scan(0, &["seen 2026/03/15/c.wav", "seen noise.bin"]);
    here.scan(
        10,
        &[
            "complete 2026/03/15/c.wav",
            "none noise.bin: no recording, by its first bytes",
            "none notes.txt: neither a chat log nor facts about a recording beside it",
            "none table.csv: neither a chat log nor facts about a recording beside it",
        ],
    );
    here.scan(99, &[]);
}

#[test]
fn a_recording_waits_for_its_sidecar_but_not_for_ever() {
    let mut here = here("client = \"Deer\"");
    here.write("a.wav", "x");
    here.write("b.wav", "x");
    here.scan(0, &["seen a.wav", "seen b.wav"]);
    here.scan(15, &[]);
    here.write("a.json", r#"{"agent": {"id": 7}, "client": "Own"}"#);
    here.hint("a.json", 16, &[]);
    // It rests before it is read, like the recording.
    here.due(24, &[]);
    here.due(33, &[]);
    here.due(34, &[r#"complete a.wav {"agent":{"id":7},"client":"Own"}"#]);
    here.due(39, &[]);
    here.due(40, &[r#"complete b.wav {"client":"Deer"}"#]);
    // The sidecar is no entry, not even after the fact.
    here.scan(99, &[]);
}

#[test]
fn a_sidecar_is_taken_up_at_once_when_it_has_rested() {
    let mut here = here("");
    here.write("a.call.json", r#"{"team": "3"}"#);
    here.scan(60, &[]);
    here.write("a.wav", "x");
    here.hint("a.wav", 60, &["seen a.wav"]);
    here.due(70, &[r#"complete a.wav {"team":"3"}"#]);
}

#[test]
fn a_broken_sidecar_is_told_and_can_be_mended() {
    let mut here = here("");
    here.write("a.call.json", "{\"client\": \"19900006136");
    here.write("a.wav", "x");
    here.scan(0, &["seen a.wav"]);
    here.scan(10, &[]);
    let wanted = "unusable a.wav: a.call.json: line 1, column 23: not valid JSON; mend it, or remove it, and try again";
    here.scan(40, &[wanted]);
    here.write("a.call.json", "{\"client\": \"Deer\"}");
    // By hand: the ledger has it as `seen` again.
    let file = seen(
        here.watch.folder().path.join("a.wav"),
        &fs::metadata(here.folder.path().join("a.wav")).unwrap(),
    );
    here.watch.adopt(file, here.now_us);
    here.due(49, &[]);
    here.due(50, &[r#"complete a.wav {"client":"Deer"}"#]);
}

#[test]
fn two_sides_are_one_call() {
    let mut here = here("sidecar_wait_s = 30");
    here.write("1-in.wav", "x");
    here.write("2_TX.wav", "x");
    here.write("2_RX.wav", "x");
    here.write("3-out.wav", "x");
    here.write("2.call.json", r#"{"team": "3"}"#);
    here.scan(0, &["seen 1-in.wav", "seen 2_RX.wav", "seen 2_TX.wav", "seen 3-out.wav"]);
    here.write("1-out.wav", "x");
    here.scan(8, &["seen 1-out.wav"]);
    here.due(10, &[r#"complete 2_RX.wav + 2_TX.wav {"team":"3","files":["2_RX.wav","2_TX.wav"]}"#]);
    here.due(19, &[]);
    here.due(
        40,
        &[
            r#"complete 1-in.wav + 1-out.wav {"files":["1-in.wav","1-out.wav"]}"#,
            "complete 3-out.wav",
        ],
    );
    here.due(99, &[]);
}

#[test]
fn a_manifest_tells_of_many() {
    let mut here =
        here("preset = \"generic\"\n[map]\n\"agent.id\" = \"坐席工号\"\n\"started_at\" = \"时间\"");
    here.write(
        "days.manifest.csv",
        "文件名,坐席工号,时间,满意度\nx/a.wav,3105,2026-03-15 10:15:30,5\nb.wav,3106,,\n",
    );
    here.write("a.wav", "x");
    here.write("b.wav", "x");
    here.write("broken.manifest.csv", "no,file,here\n,,\n");
    let trouble = "trouble broken.manifest.csv: line 2: no file is named";
    here.scan(0, &["seen a.wav", "seen b.wav", trouble]);
    here.scan(
        10,
        &[
            r#"complete a.wav {"agent":{"id":"3105"},"started_at":"2026-03-15T10:15:30+08:00","extra":{"满意度":"5"}}"#,
            r#"complete b.wav {"agent":{"id":"3106"}}"#,
        ],
    );
}

#[test]
fn a_chat_log_is_an_input_like_any() {
    let mut here = here("sidecar_wait_s = 5");
    here.write(
        "chat.csv",
        "time,sender,text\n2026-03-15 10:00:00,agent,hello\n2026-03-15 10:00:09,customer,hi\n",
    );
    here.scan(0, &[]);
    here.scan(10, &[]);
    here.scan(15, &["complete chat.csv"]);
}

#[test]
fn a_folder_that_is_gone_is_told_once_and_loses_nothing() {
    let mut here = here("sidecar_wait_s = 0");
    here.write("a.wav", "x");
    here.write("b.wav", "x");
    here.scan(0, &["seen a.wav", "seen b.wav"]);
    let aside = here.folder.path().with_extension("aside");
    fs::rename(here.folder.path(), &aside).unwrap();
    here.scan(20, &["trouble : No such file or directory (os error 2)"]);
    here.scan(30, &[]);
    fs::rename(&aside, here.folder.path()).unwrap();
    fs::remove_file(here.folder.path().join("b.wav")).unwrap();
    here.scan(40, &["complete a.wav", "gone b.wav"]);
}

#[test]
fn backlog_comes_in_steps_and_what_is_new_does_not_wait_for_it() {
    let mut here = here("sidecar_wait_s = 0");
    for ix in 0..PENDING_MAX + 5 {
        fs::write(here.folder.path().join(format!("{ix}.wav")), "").unwrap();
    }
    let first = here.watch.scan(here.start_us);
    assert_eq!(first.len(), PENDING_MAX);
    assert!(!here.watch.has_room_again());
    here.write("new.wav", "x");
    here.hint("new.wav", 1, &["seen new.wav"]);
    here.now_us = here.start_us + 10 * S;
    let complete = here.watch.due(here.now_us);
    assert_eq!(here.told(complete).len(), PENDING_MAX);
    assert!(here.watch.has_room_again());
    here.now_us += S;
    let rest = here.watch.scan(here.now_us);
    assert_eq!(here.told(rest).len(), 5 + 1);
}

#[test]
fn after_it_is_kept_a_file_is_left_moved_or_deleted() {
    for (more, left, moved) in [
        ("", true, None),
        ("after = \"delete\"", false, None),
        ("after = \"move\"\nmove_to = \"done\"", false, Some("done/2026/a.wav")),
    ] {
        let mut here = here(&format!("sidecar_wait_s = 0\n{more}"));
        here.write("2026/a.wav", "x");
        here.write("2026/a.call.json", "{}");
        here.now_us += 60 * S;
        let path = here.watch.folder().path.join("2026/a.wav");
        let file = seen(path.clone(), &fs::metadata(&path).unwrap());
        // One that was written to since is another recording.
        let other = Seen { size: 99, ..file.clone() };
        after(here.watch.folder(), &other).unwrap();
        assert!(path.exists());
        for _ in 0..2 {
            after(here.watch.folder(), &file).unwrap();
        }
        assert_eq!(
            (path.exists(), path.with_file_name("a.call.json").exists()),
            (left, left),
            "{more}"
        );
        if let Some(moved) = moved {
            assert!(here.folder.path().join(moved).exists());
            assert!(here.folder.path().join(moved).with_file_name("a.call.json").exists());
            here.scan(60, &[]);
            here.hint(moved, 60, &[]);
            // The next of that name does not fall on the first.
            here.write("2026/a.wav", "y");
            let file = seen(path.clone(), &fs::metadata(&path).unwrap());
            after(here.watch.folder(), &file).unwrap();
            assert!(here.folder.path().join("done/2026/a (1).wav").exists());
        }
    }
}

#[test]
fn any_path_reads_back() {
    use std::os::unix::ffi::OsStrExt as _;
    let gbk = std::ffi::OsStr::from_bytes(b"/in/\xc2\xbc\xd2\xf4 1.wav");
    for path in [Path::new("/in/a b%20c.wav"), Path::new("/录音/file:.wav"), Path::new(gbk)] {
        assert_eq!(path_of(&path_text(path)), path);
    }
    assert_eq!(path_text(Path::new("/录音/a.wav")), "/录音/a.wav");
}
