//! Finds recordings in files and folders, and puts together what belongs to one call.
//!
//! In: paths. Out: [`Inputs`], in one order on every machine. A path that was named is always an
//! input, or a failure; in folders, files are taken by their extension or by their first bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::chat::{is_chat_name, looks_like_chat};
use super::sides::side_of;
use crate::audio::sniff::{HEAD_BYTES, Kind, sniff};
use crate::domain::CallId;
use crate::wire::sidecar::{SIDECAR_BYTES_MAX, SidecarError, parse_sidecar};

/// The end of a sidecar's name.
pub(super) const SIDECAR_SUFFIX: &str = ".call.json";

/// The end of the name of the audio beside a long call's report.
pub const PLAYBACK_SUFFIX: &str = ".audio.wav";

/// The end of the name of audio in which personal data is mute.
pub const REDACTED_SUFFIX: &str = ".redacted.wav";

/// Extensions that stand for recordings: in a folder such a file is an input, or a failure.
pub(super) const EXTENSIONS: &[&str] = &[
    "wav", "wave", "wav49", "mp3", "flac", "ogg", "oga", "opus", "m4a", "mp4", "aac", "webm",
    "mka", "mkv", "aif", "aiff", "aifc", "caf", "au", "snd", "al", "alaw", "ul", "ulaw", "mu",
    "mulaw", "sln", "slin", "sln16", "slin16", "pcm", "raw", "gsm", "g729", "g722", "amr", "awb",
    "3gp", "wma",
];

/// Files that are being written, or belong to the system.
pub(super) const UNFINISHED: &[&str] = &["tmp", "part", "filepart", "crdownload"];

/// One call to be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The audio: one file, or two mono files in leg order.
    pub files: Vec<PathBuf>,
    /// What is known about it.
    pub sidecar: Option<PathBuf>,
    /// The name without extension (and without `-in`, `-out`), which names the call when no sidecar does.
    pub stem: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Calls, sorted by their first file.
    pub calls: Vec<Input>,
    /// What could not be looked into, sorted by path.
    pub failed: Vec<(PathBuf, ScanError)>,
    /// Files in folders that are no recordings, and why, sorted by path.
    pub skipped: Vec<(PathBuf, NoRecording)>,
}

/// Why a file in a folder is no recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NoRecording {
    /// A pipe, a socket, a device.
    #[error("neither a file nor a folder")]
    NotAFile,
    /// Its name starts with a dot.
    #[error("hidden")]
    Hidden,
    /// `.part` and the like.
    #[error("still being written, by its name")]
    Unfinished,
    /// Neither extension nor content is a recording's.
    #[error("no recording, by its first bytes")]
    Content,
    /// No known extension, and no look into it.
    #[error("no recording by its extension, and it cannot be read")]
    Unreadable,
    /// A report's audio, written by an earlier run.
    #[error("the playback audio of a report")]
    Playback,
    /// A link to, or a second path of, another input.
    #[error("a second name of a file that was met before")]
    SecondName,
    /// The recording is elsewhere, or gone.
    #[error("a sidecar without a recording beside it")]
    LoneSidecar,
}

impl NoRecording {
    /// The same in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            NoRecording::NotAFile => "既不是文件也不是文件夹",
            NoRecording::Hidden => "隐藏文件",
            NoRecording::Unfinished => "从文件名看仍在写入",
            NoRecording::Content => "从内容看不是录音",
            NoRecording::Unreadable => "扩展名不是录音，且无法读取",
            NoRecording::Playback => "报告的回放音频",
            NoRecording::SecondName => "前面已有同一文件的另一个名称",
            NoRecording::LoneSidecar => "随附信息旁没有录音",
        }
    }
}

/// Why a path gives no input. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Not there, or not allowed.
    #[error("cannot be read ({0}): check the path and the permissions")]
    Io(#[from] io::Error),
    /// A pipe, a socket, a device.
    #[error("neither a file nor a folder")]
    NotAFile,
    /// A sidecar without audio of its own that does not even tell where the audio is.
    #[error("the sidecar is not usable, {0}")]
    Sidecar(#[from] SidecarError),
    /// A sidecar names a file that is not beside it.
    #[error("the sidecar names `{0}`, which is not beside it")]
    MissingFile(String),
    /// A sidecar over the limit.
    #[error("the sidecar is over 1 MiB")]
    SidecarTooLarge,
}

impl ScanError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            ScanError::Io(e) => format!("无法读取（{e}）：请检查路径和权限"),
            ScanError::NotAFile => "既不是文件也不是文件夹".into(),
            ScanError::Sidecar(e) => format!("随附信息文件无法使用：{}", e.zh()),
            ScanError::MissingFile(name) => format!("随附信息中提到的 `{name}` 不在同一文件夹"),
            ScanError::SidecarTooLarge => "随附信息文件超过 1 MiB".into(),
        }
    }
}

/// Walks over paths as given on a command line. A folder `out` inside them is left out: the reports
/// of earlier runs are no inputs.
pub fn scan(paths: &[PathBuf], out: Option<&Path>) -> Inputs {
    let out = out.and_then(|out| fs::canonicalize(out).ok());
    let mut walk = Walk { out, ..Walk::default() };
    for path in paths {
        walk.named(path);
    }
    walk.finish()
}

#[derive(Default)]
struct Walk {
    audio: BTreeSet<PathBuf>,
    sidecars: BTreeSet<PathBuf>,
    seen: BTreeSet<PathBuf>,
    out: Option<PathBuf>,
    inputs: Inputs,
}

impl Walk {
    fn named(&mut self, path: &Path) {
        match fs::metadata(path) {
            Err(error) => self.inputs.failed.push((path.to_owned(), error.into())),
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(meta) if !meta.is_file() => {
                self.inputs.failed.push((path.to_owned(), ScanError::NotAFile));
            }
            Ok(_) if is_sidecar(path) => self.sidecar(path),
            Ok(_) => {
                let sidecar = sidecar_of(path, &stem_of(path));
                if self.first_time(path) {
                    self.audio.insert(path.to_owned());
                }
                if sidecar.is_file() {
                    self.sidecar(&sidecar);
                }
            }
        }
    }

    fn sidecar(&mut self, path: &Path) {
        if self.first_time(path) {
            self.sidecars.insert(path.to_owned());
        }
    }

    /// Whether a file or folder is met for the first time, through whatever links.
    fn first_time(&mut self, path: &Path) -> bool {
        self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    }

    /// All files below a folder. A stack, no recursion: folders may be nested at will.
    fn folder(&mut self, root: &Path) {
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let is_out =
                folder != root && self.out.is_some() && fs::canonicalize(&folder).ok() == self.out;
            if is_out || !self.first_time(&folder) {
                continue;
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.inputs.failed.push((folder, error.into()));
                    continue;
                }
            };
            for entry in entries {
                match entry.map(|e| (e.path(), fs::metadata(e.path()))) {
                    Ok((path, Ok(meta))) if meta.is_dir() => folders.push(path),
                    Ok((path, Ok(meta))) if meta.is_file() => self.found(path),
                    Ok((path, Ok(_))) => {
                        self.inputs.skipped.push((path, NoRecording::NotAFile));
                    }
                    Ok((path, Err(error))) => self.inputs.failed.push((path, error.into())),
                    Err(error) => self.inputs.failed.push((folder.clone(), error.into())),
                }
            }
        }
    }

    /// A file in a folder.
    fn found(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = extension_of(&path);
        let unfinished = UNFINISHED.contains(&extension.as_str()) || name.ends_with('~');
        let why_not = if name.starts_with('.') {
            Some(NoRecording::Hidden)
        } else if unfinished {
            Some(NoRecording::Unfinished)
        } else if is_sidecar(&path) {
            self.sidecar(&path);
            return;
        } else if [PLAYBACK_SUFFIX, REDACTED_SUFFIX]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|id| has_report(&path, id)))
        {
            Some(NoRecording::Playback)
        } else if is_chat_name(&path) {
            (!looks_like_chat(&path)).then_some(NoRecording::Content)
        } else if EXTENSIONS.contains(&extension.as_str()) {
            None
        } else {
            match sniffed(&path) {
                Ok(true) => None,
                Ok(false) => Some(NoRecording::Content),
                Err(_) => Some(NoRecording::Unreadable),
            }
        };
        match why_not {
            Some(why) => self.inputs.skipped.push((path, why)),
            None if self.first_time(&path) => drop(self.audio.insert(path)),
            None => self.inputs.skipped.push((path, NoRecording::SecondName)),
        }
    }

    /// Puts files, sidecars and sides together.
    fn finish(mut self) -> Inputs {
        let sidecars = std::mem::take(&mut self.sidecars);
        // What a sidecar names is its own: the others are looked at when all of that is taken.
        let unnamed: Vec<_> =
            sidecars.into_iter().filter_map(|path| self.by_sidecar(path)).collect();
        let stems = self.stems();
        for (path, error) in unnamed {
            let has_audio = stems.contains(&(folder_of(&path), stem_of_sidecar(&path)));
            match error {
                // Opening the recording will say what is wrong with its sidecar.
                _ if has_audio => {}
                Some(error) => self.inputs.failed.push((path, error)),
                None => self.inputs.skipped.push((path, NoRecording::LoneSidecar)),
            }
        }
        let mut pairs: BTreeMap<(PathBuf, String, String, usize), [Option<PathBuf>; 2]> =
            BTreeMap::new();
        for path in &self.audio {
            if let Some((stem, sides, side)) = side_of(&stem_of(path)) {
                let pair =
                    pairs.entry((folder_of(path), stem, extension_of(path), sides)).or_default();
                pair[side].get_or_insert_with(|| path.clone());
            }
        }
        for ((folder, stem, _, _), pair) in pairs {
            if let [Some(first), Some(second)] = pair {
                self.audio.remove(&first);
                self.audio.remove(&second);
                let own = folder.join(format!("{stem}{SIDECAR_SUFFIX}"));
                let others = [&first, &second].map(|p| sidecar_of(p, &stem_of(p)));
                let sidecar = [own].into_iter().chain(others).find(|p| p.is_file());
                self.inputs.calls.push(Input { files: vec![first, second], sidecar, stem });
            }
        }
        for path in std::mem::take(&mut self.audio) {
            let stem = stem_of(&path);
            let sidecar = Some(sidecar_of(&path, &stem)).filter(|p| p.is_file());
            self.inputs.calls.push(Input { files: vec![path], sidecar, stem });
        }
        let Inputs { calls, failed, skipped } = &mut self.inputs;
        calls.sort_by(|a, b| a.files.cmp(&b.files));
        failed.sort_by(|a, b| a.0.cmp(&b.0));
        skipped.sort();
        self.inputs
    }

    /// By folder, the names that a sidecar may have to be of a recording there.
    fn stems(&self) -> BTreeSet<(PathBuf, String)> {
        let names = |path: &PathBuf| {
            let stem = stem_of(path);
            let common = side_of(&stem).map(|(common, ..)| common);
            let folder = folder_of(path);
            [Some(stem), common].into_iter().flatten().map(move |name| (folder.clone(), name))
        };
        self.audio.iter().flat_map(names).collect()
    }

    /// Takes the files that a sidecar names. One that names none is given back, and one that cannot be
    /// read with what is wrong: they belong to the file of their stem, if there is one.
    fn by_sidecar(&mut self, path: PathBuf) -> Option<(PathBuf, Option<ScanError>)> {
        let names = match files_named(&path) {
            Err(error) => return Some((path, Some(error))),
            Ok(names) if names.is_empty() => return Some((path, None)),
            Ok(names) => names,
        };
        let folder = folder_of(&path);
        let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        match files.iter().zip(&names).find(|(file, _)| !file.is_file()) {
            Some((_, name)) => {
                self.inputs.failed.push((path, ScanError::MissingFile(name.clone())));
            }
            None => {
                for file in &files {
                    self.audio.remove(file);
                }
                let stem = stem_of_sidecar(&path);
                self.inputs.calls.push(Input { files, sidecar: Some(path), stem });
            }
        }
        None
    }
}

/// The names under `files`; plain names only, so that a sidecar cannot point out of its folder.
fn files_named(path: &Path) -> Result<Vec<String>, ScanError> {
    let text = read_sidecar(path)?;
    let any = CallId::new("any").map_err(SidecarError::from)?;
    let files = parse_sidecar(&text, &any)?.files;
    match files.iter().find(|name| Path::new(name).file_name() != Some(name.as_ref())) {
        Some(name) => Err(ScanError::MissingFile(name.clone())),
        None => Ok(files.into_iter().take(3).collect()),
    }
}

/// The text of a sidecar, if it is within the limit.
pub(super) fn read_sidecar(path: &Path) -> Result<String, ScanError> {
    let mut text = String::new();
    fs::File::open(path)?.take(SIDECAR_BYTES_MAX + 1).read_to_string(&mut text)?;
    match text.len() as u64 > SIDECAR_BYTES_MAX {
        true => Err(ScanError::SidecarTooLarge),
        false => Ok(text),
    }
}

/// Whether a file whose name says nothing is a recording by its first bytes.
pub(super) fn sniffed(path: &Path) -> io::Result<bool> {
    let kind = sniff(&head_of(path)?, "");
    Ok(!matches!(kind, Kind::Empty | Kind::Text | Kind::Unknown | Kind::Raw(_)))
}

fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

pub(super) fn extension_of(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

pub(super) fn stem_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem_of_sidecar(path: &Path) -> String {
    stem_of(path).trim_end_matches(".call").to_owned()
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn sidecar_of(path: &Path, stem: &str) -> PathBuf {
    path.with_file_name(format!("{stem}{SIDECAR_SUFFIX}"))
}

pub(super) fn has_report(path: &Path, call_id: &str) -> bool {
    path.with_file_name(format!("{call_id}.json")).is_file()
}

fn is_sidecar(path: &Path) -> bool {
    path.to_string_lossy().to_ascii_lowercase().ends_with(SIDECAR_SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes files, scans their folder, and says what each call is made of.
    #[track_caller]
    fn check(files: &[(&str, &str)], wanted: &[(&str, &[&str], bool)]) -> Inputs {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let inputs = scan(&[folder.path().to_owned(), folder.path().join(".")], None);
        let name =
            |path: &Path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
        let found: Vec<_> = inputs
            .calls
            .iter()
            .map(|c| {
                (c.stem.clone(), c.files.iter().map(|f| name(f)).collect(), c.sidecar.is_some())
            })
            .collect();
        let wanted: Vec<(String, Vec<String>, bool)> = wanted
            .iter()
            .map(|(s, f, c)| ((*s).to_owned(), f.iter().map(|f| (*f).to_owned()).collect(), *c))
            .collect();
        assert_eq!(found, wanted);
        inputs
    }

    #[test]
    fn finds_recordings_and_their_sidecars() {
        let inputs = check(
            &[
                ("b/z.mp3", ""),
                ("a.wav", ""),
                ("a.call.json", "{}"),
                ("notes.txt", "hello"),
                ("hidden-format", "fLaC...."),
                (".secret.wav", ""),
                ("now.wav.part", ""),
                ("alone.call.json", "{}"),
            ],
            &[
                ("a", &["a.wav"], true),
                ("z", &["b/z.mp3"], false),
                ("hidden-format", &["hidden-format"], false),
            ],
        );
        assert_eq!(inputs.skipped.len(), 4);
        assert!(inputs.failed.is_empty());
    }

    #[test]
    fn two_sides_are_one_call() {
        check(
            &[
                ("1-in.wav", ""),
                ("1-out.wav", ""),
                ("1.call.json", "{}"),
                ("2_RX.wav", ""),
                ("2_TX.wav", ""),
                ("3.in.wav", ""),
                ("4-in.wav", ""),
                ("4-out.mp3", ""),
            ],
            &[
                ("1", &["1-in.wav", "1-out.wav"], true),
                ("2", &["2_RX.wav", "2_TX.wav"], false),
                ("3.in", &["3.in.wav"], false),
                ("4-in", &["4-in.wav"], false),
                ("4-out", &["4-out.mp3"], false),
            ],
        );
    }

    #[test]
    fn a_sidecar_names_its_files() {
        let inputs = check(
            &[
                ("x.call.json", r#"{"files": ["b.wav", "a.wav"]}"#),
                ("a.wav", ""),
                ("b.wav", ""),
                ("y.call.json", r#"{"files": ["gone.wav"]}"#),
                ("w.call.json", r#"{"files": ["../w.wav"]}"#),
                ("v.call.json", "not json"),
            ],
            &[("x", &["b.wav", "a.wav"], true)],
        );
        assert_eq!(inputs.failed.len(), 3);
    }

    #[test]
    fn a_sidecar_is_alone_when_another_has_named_the_recording_of_its_stem() {
        for other in ["0", "x"] {
            let sidecar = format!("{other}.call.json");
            let inputs = check(
                &[
                    ("a.call.json", "{}"),
                    ("a.wav", ""),
                    (sidecar.as_str(), r#"{"files": ["a.wav"]}"#),
                ],
                &[(other, &["a.wav"], true)],
            );
            let skipped: Vec<NoRecording> = inputs.skipped.iter().map(|(_, why)| *why).collect();
            assert_eq!(skipped, [NoRecording::LoneSidecar], "{other}");
        }
    }

    /// None of it is on disk, so that all the time goes into putting it together: each sidecar held against
    /// each recording, it would take minutes.
    #[test]
    fn as_many_sidecars_as_recordings_are_put_together() {
        const MANY: usize = 20_000;
        let path = |ix: usize, end: &str| PathBuf::from(format!("nowhere/{ix:05}{end}"));
        let walk = Walk {
            audio: (0..MANY).map(|ix| path(ix, ".wav")).collect(),
            sidecars: (0..=MANY).map(|ix| path(ix, ".call.json")).collect(),
            ..Walk::default()
        };
        let inputs = walk.finish();
        let failed: Vec<PathBuf> = inputs.failed.into_iter().map(|(path, _)| path).collect();
        assert_eq!((inputs.calls.len(), failed), (MANY, vec![path(MANY, ".call.json")]));
    }

    #[test]
    fn what_is_not_there_is_a_failure_and_no_stop() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.wav"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("/nowhere", folder.path().join("dangling.wav")).unwrap();
        let inputs = scan(&[PathBuf::from("/nowhere/at/all"), folder.path().to_owned()], None);
        assert_eq!((inputs.calls.len(), inputs.failed.len()), (1, 2));
    }

    #[test]
    fn what_earlier_runs_wrote_is_no_input() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("reports");
        fs::create_dir(&out).unwrap();
        for name in ["a.wav", "b.audio.wav", "b.json", "c.audio.wav", "reports/b.audio.wav"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let inputs = scan(&[folder.path().to_owned()], Some(&out));
        let stems: Vec<&str> = inputs.calls.iter().map(|call| call.stem.as_str()).collect();
        assert_eq!(stems, ["a", "c.audio"]);
        assert_eq!(inputs.skipped[0].1, NoRecording::Playback);
    }
}
