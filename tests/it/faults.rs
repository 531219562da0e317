//! Bad input, full disks, missing rights, Ctrl-C and kill: what is left must be whole, and told.
//!
//! The real command, real models, real files; see `command` for what that needs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use lingting::wire::report::Report;
use serde_json::Value;

use crate::command::*;

/// Complete reports only: each reads back, has its page, and nothing half written lies about.
#[track_caller]
fn all_whole(out: &Path) {
    for id in reports(out) {
        let text = fs::read_to_string(out.join(format!("{id}.json"))).unwrap();
        Report::from_json(&text).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert!(out.join(format!("{id}.html")).is_file(), "{id} has no page");
    }
    let files = files(out);
    let ours = |name: &&String| name.starts_with(".lingting-");
    assert_eq!(files.iter().find(ours), None);
    for page in files.iter().filter_map(|name| name.strip_suffix(".html")) {
        assert!(page == "index" || reports(out).contains(&page.to_owned()), "{page}: page alone");
    }
}

/// A WAV header of 16-bit PCM that says what it likes, before some silence.
fn wav(channels: u16, rate_hz: u32, riff_bytes: u32, data_bytes: u32) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(riff_bytes.to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend(rate_hz.wrapping_mul(2).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes.extend([0; 16_000]);
    bytes
}

fn ffmpeg(arguments: &[&str], to: &Path) {
    let speech = speech("zh");
    let mut all = vec!["-v", "error", "-i", speech.to_str().unwrap()];
    all.extend(arguments);
    all.push(to.to_str().unwrap());
    tool("ffmpeg", &all);
}

/// Every kind of bad file beside a good call, with what becomes of it and what must be said.
const BAD: &[(&str, &str, &str, &str)] = &[
    ("empty.wav", "failed", "empty (0 bytes)", "为空"),
    ("text.wav", "failed", "text, not audio", "是文本，不是音频"),
    ("noise.wav", "failed", "convert it to WAV", "转换为 WAV"),
    ("truncated.mp3", "done", "", ""),
    ("stump.mp3", "failed", "copy it again", "重新复制"),
    ("endless.wav", "done", "", ""),
    ("absurd.wav", "failed", "65535 channels", "65535 个声道"),
    ("norate.wav", "failed", "header cannot be used", "文件头无法使用"),
    ("short.wav", "done", "", ""),
    ("eight.wav", "failed", "8 channels", "8 个声道"),
    ("dangling.wav", "failed", "check the path", "请检查路径"),
    ("onelegged.wav", "done", "", ""),
    ("badsidecar.wav", "failed", "badsidecar.call.json: line 1, column 1", "第 1 行第 1 列"),
    ("nofiles.call.json", "failed", "`gone.wav`, which is not beside it", "`gone.wav` 不在"),
    ("twin.wav", "failed", "call id good already belongs to", "通话编号 good 已属于"),
    ("notes.txt", "skipped", "no recording", "不是录音"),
    ("copying.wav.part", "skipped", "still being written", "仍在写入"),
    ("good.wav", "done", "", ""),
];

fn bad_folder(folder: &Path) {
    calls(folder, &["good", "badsidecar", "twin"]);
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    write("empty.wav", b"");
    write("text.wav", "call,agent\n这不是录音\n".repeat(40).as_bytes());
    let noise: Vec<u8> =
        (0..9_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    write("noise.wav", &noise);
    let whole = folder.join("whole.mp3");
    ffmpeg(&["-b:a", "32k"], &whole);
    let mp3 = fs::read(&whole).unwrap();
    fs::remove_file(whole).unwrap();
    write("truncated.mp3", &mp3[..mp3.len() / 2]);
    write("stump.mp3", &mp3[..300]);
    write("endless.wav", &wav(1, 8_000, u32::MAX, u32::MAX));
    write("absurd.wav", &wav(u16::MAX, u32::MAX, 0, u32::MAX));
    write("norate.wav", &wav(1, 0, 0, 0));
    ffmpeg(&["-t", "0.1"], &folder.join("short.wav"));
    ffmpeg(&["-t", "1", "-ac", "8"], &folder.join("eight.wav"));
    std::os::unix::fs::symlink("/nowhere/at/all", folder.join("dangling.wav")).unwrap();
    ffmpeg(&["-ac", "2"], &folder.join("onelegged.wav"));
    write("onelegged.call.json", br#"{"legs": ["agent"]}"#);
    write("badsidecar.call.json", b"hello");
    write("nofiles.call.json", br#"{"files": ["gone.wav"]}"#);
    write("twin.call.json", br#"{"call_id": "good"}"#);
    write("notes.txt", b"nothing to hear");
    write("copying.wav.part", b"RIFF");
}

#[test]
fn one_bad_file_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    bad_folder(&input);
    let english = analyze(&[&input], &out, &[]);
    let chinese = analyze(&[&input], &out, &["--lang", "zh"]);
    assert_eq!((english.code, chinese.code), (Some(1), Some(1)));
    let (mut en, mut zh) = (english.endings(), chinese.endings());
    for (name, ending, reason, reason_zh) in BAD {
        let path = input.join(name).display().to_string();
        let (got, why) = en.remove(&path).unwrap_or_else(|| panic!("{name}: no ending"));
        assert_eq!((name, got.as_str()), (name, *ending), "{why}");
        assert!(why.contains(reason), "{name}: {why}");
        let (_, why) = zh.remove(&path).unwrap();
        assert!(why.contains(reason_zh), "{name}: {why}");
    }
    assert!(en.is_empty(), "more inputs than there are: {en:?}");
    let done = BAD.iter().filter(|row| row.1 == "done").count();
    assert_eq!(reports(&out).len(), done);
    all_whole(&out);
    // The terminal names the file of each failure once, and the index page names all.
    let line = chinese.errors.lines().find(|line| line.contains("empty.wav")).unwrap();
    assert_eq!(line.matches("empty.wav").count(), 1, "{line}");
    let index = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(index.contains("empty.wav") && index.contains("文件为空"));
    // What could be heard of a damaged recording is analysed, and the damage told.
    for (call, problem) in
        [("onelegged", "sidecar_mismatch"), ("endless", "header_repaired"), ("short", "no_speech")]
    {
        let text = fs::read_to_string(out.join(format!("{call}.json"))).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let problems = report["media"]["problems"].to_string();
        assert!(problems.contains(problem), "{call}: {problems}");
    }
}

#[test]
fn wrong_usage_is_2_and_nothing_to_do_is_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "no recording").unwrap();
    let out = folder.path().join("out");
    let code = |command: &mut Command| command.output().unwrap().status.code();
    assert_eq!(code(&mut lingting(&["analyze"])), Some(2));
    assert_eq!(code(&mut lingting(&["analyze", "x.wav", "--out", "o", "--beam", "99"])), Some(2));
    assert_eq!(code(&mut lingting(&["listen"])), Some(2));
    assert_eq!(code(&mut lingting(&["--help"])), Some(0));
    let nothing = analyze_command(&[folder.path()], &out, &["--lang", "zh"]).output().unwrap();
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("没有录音"));
    let nowhere = folder.path().join("nowhere.wav");
    let missing = analyze(&[&nowhere], &out, &[]);
    assert_eq!((missing.code, missing.count("failed")), (Some(1), 1));
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// The command as somebody who has no rights; as oneself when one has not all rights anyway.
fn unprivileged(command: &Command) -> Command {
    if !is_root() {
        let mut same = Command::new(command.get_program());
        same.args(command.get_args());
        return same;
    }
    let mut fenced = Command::new("setpriv");
    fenced.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    fenced.arg(command.get_program()).args(command.get_args());
    fenced
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_is_told_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o777);
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    calls(&input, &["good", "closed"]);
    calls(&input.join("vault"), &["inside"]);
    set_mode(&input.join("closed.wav"), 0);
    set_mode(&input.join("vault"), 0);
    let version = unprivileged(&lingting(&["--version"])).output();
    if !version.is_ok_and(|output| output.status.success()) {
        eprintln!("NOT TESTED: a user without rights cannot run the binary where it lies");
        return;
    }
    let run = Outcome::of(&unprivileged(&analyze_command(&[&input], &out, &[])).output().unwrap());
    let endings = run.endings();
    assert_eq!((run.code, run.count("done"), run.count("failed")), (Some(1), 1, 2), "{endings:?}");
    for name in ["closed.wav", "vault"] {
        let (_, why) = &endings[&input.join(name).display().to_string()];
        assert!(why.contains("ermission denied") && why.contains("permissions"), "{why}");
    }
    all_whole(&out);
    // A folder that may not be written into ends the run before any work, with the remedy.
    let shut = folder.path().join("shut");
    fs::create_dir(&shut).unwrap();
    set_mode(&shut, 0o555);
    let output =
        unprivileged(&analyze_command(&[&input], &shut, &["--lang", "zh"])).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("shut") && errors.contains("权限"), "{errors}");
    set_mode(&input.join("vault"), 0o755);
}

/// A small disk of its own; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    fn grow(&self, size: &str) {
        tool("mount", &["-o", &format!("remount,size={size}"), self.0.to_str().unwrap()]);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

const FOUR: &[&str] = &["a", "b", "c", "d"];

#[test]
fn a_full_disk_leaves_whole_reports_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    calls(&input, FOUR);
    let Some(disk) = SmallDisk::mount(folder.path().join("disk"), "400k") else {
        return files_over_the_limit(&input, &folder.path().join("out"));
    };
    let full = analyze(&[&input], &disk.0, &["--jobs", "1"]);
    let (done, failed) = (full.count("done"), full.count("failed"));
    assert_eq!((full.code, done + failed), (Some(1), FOUR.len()));
    assert!(done >= 1 && failed >= 1, "{:?}", full.endings());
    assert_eq!(reports(&disk.0).len(), done);
    all_whole(&disk.0);
    let told = |(ending, why): &(String, String)| ending != "failed" || why.contains("free space");
    assert!(full.endings().values().all(told), "{:?}", full.endings());
    disk.grow("8m");
    let rest = analyze(&[&input], &disk.0, &[]);
    assert_eq!((rest.code, rest.count("unchanged"), rest.count("done")), (Some(0), done, failed));
    all_whole(&disk.0);
    // Full to the last page: not even the index fits, and the account is given all the same.
    fs::write(disk.0.join("ballast"), vec![1; 8 << 20]).unwrap_err();
    let again = analyze(&[&input], &disk.0, &["--force", "--lang", "zh"]);
    assert_eq!((again.code, again.count("failed")), (Some(1), FOUR.len()));
    assert!(again.errors.contains("剩余空间"), "{}", again.errors);
    assert_eq!(reports(&disk.0).len(), FOUR.len(), "old reports must outlive a failed redo");
    all_whole(&disk.0);
}

/// Where nothing may be mounted: no file may be over 64 blocks, which stops pages, but no reports.
fn files_over_the_limit(input: &Path, out: &Path) {
    eprintln!("mounting is not permitted: a limit on file size stands in for the full disk");
    let wanted = analyze_command(&[input], out, &[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
    shell.arg(wanted.get_program()).args(wanted.get_args());
    let run = Outcome::of(&shell.output().unwrap());
    assert_eq!((run.code, run.count("failed")), (Some(1), FOUR.len()));
    assert!(reports(out).is_empty());
    all_whole(out);
}

fn signal(child: &Child, name: &str) {
    tool("kill", &[name, &child.id().to_string()]);
}

#[test]
fn ctrl_c_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    calls(&input, &["a", "b", "c", "d", "e", "f"]);
    let child = start_until_first_report(&input, &out);
    signal(&child, "-INT");
    let run = Outcome::of(&child.wait_with_output().unwrap());
    let (done, stopped) = (run.count("done"), run.count("stopped"));
    assert_eq!((run.code, done + stopped), (Some(1), 6), "{:?}", run.endings());
    assert!(done >= 1 && stopped >= 1, "{:?}", run.endings());
    assert_eq!(reports(&out).len(), done);
    all_whole(&out);
    let rest = analyze(&[&input], &out, &[]);
    assert_eq!((rest.code, rest.count("unchanged"), rest.count("done")), (Some(0), done, stopped));
}

/// A report's file and content, without what differs from run to run.
fn report(out: &Path, id: &str) -> (u64, Value) {
    let path = out.join(format!("{id}.json"));
    let mut report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    report["timings"].take();
    (fs::metadata(path).unwrap().ino(), report)
}

#[test]
fn a_killed_run_is_taken_up_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("in/reports"));
    calls(&input, FOUR);
    let mut child = start_until_first_report(&input, &out);
    signal(&child, "-KILL");
    child.wait().unwrap();
    let finished = reports(&out);
    assert!(!finished.is_empty() && finished.len() < FOUR.len(), "{finished:?}");
    let before: Vec<_> = finished.iter().map(|id| report(&out, id)).collect();

    let second = analyze(&[&input], &out, &[]);
    let left = FOUR.len() - finished.len();
    assert_eq!((second.code, second.count("unchanged")), (Some(0), finished.len()));
    assert_eq!((second.count("done"), second.endings().len()), (left, FOUR.len()));
    assert_eq!(before, finished.iter().map(|id| report(&out, id)).collect::<Vec<_>>());
    all_whole(&out);

    let third = analyze(&[&input], &out, &[]);
    assert_eq!((third.code, third.count("unchanged")), (Some(0), FOUR.len()));
    assert_eq!(third.json["calls"].as_array().unwrap().len(), FOUR.len());

    let forced = analyze(&[&input], &out, &["--force"]);
    assert_eq!((forced.code, forced.count("done")), (Some(0), FOUR.len()));
    for (id, (inode, old)) in finished.iter().zip(before) {
        let (now, new) = report(&out, id);
        assert_ne!(inode, now, "{id} was not redone");
        assert_eq!(old, new, "the same input gave another report");
    }
}

#[test]
fn a_call_that_is_done_is_not_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&input).unwrap();
    ffmpeg(&["-ar", "16000"], &input.join("a.g722"));
    assert_eq!(analyze(&[&input], &out, &[]).count("done"), 1);
    // Without ffmpeg it could not be opened.
    let without = analyze_command(&[&input], &out, &[]).env("PATH", "").output().unwrap();
    let again = Outcome::of(&without);
    assert_eq!((again.code, again.count("unchanged")), (Some(0), 1), "{:?}", again.endings());
}

#[test]
fn two_runs_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    calls(&input, &["a", "b", "c"]);
    let child = start_until_first_report(&input, &out);
    let second = analyze_command(&[&input], &out, &["--lang", "zh"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&second.stderr);
    assert!(errors.contains("另一次运行正在写入"), "{errors}");
    let first = Outcome::of(&child.wait_with_output().unwrap());
    assert_eq!((first.code, first.count("done")), (Some(0), 3));
    all_whole(&out);
}
