//! ffmpeg as a child process, for the codecs that are not decoded in-process.
//!
//! In: an open file and the demuxer to force. Out: a WAV stream over a pipe. The child sees no
//! environment, no network where the system allows to take it away, may open nothing but the file
//! (no playlists: the demuxer is forced and protocols are fenced in), has limits on memory and
//! processor time, and dies when its reader is dropped.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;

/// Memory that the child may map, in bytes.
const MEMORY_BYTES_MAX: u64 = 2 << 30;
/// Processor time that the child may use, in seconds: enough for some hundred hours of speech.
const CPU_S_MAX: u64 = 900;
/// How much of what the child complains about is kept, in bytes.
const STDERR_BYTES_MAX: u64 = 4096;

/// An ffmpeg that is installed on this machine, with the fences that the machine has.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    /// Programs and arguments to put before it.
    fences: Vec<OsString>,
}

impl Ffmpeg {
    /// The installed ffmpeg, if there is one. Looked for once a process.
    pub fn find() -> Option<&'static Ffmpeg> {
        static FOUND: OnceLock<Option<Ffmpeg>> = OnceLock::new();
        let look = || Some(Ffmpeg { program: which("ffmpeg")?, fences: fences() });
        FOUND.get_or_init(look).as_ref()
    }

    /// Starts decoding the first sound track of `file`, read by `demuxer`.
    ///
    /// # Errors
    /// When no process can be started.
    pub fn start(&self, file: File, demuxer: &str) -> io::Result<Running> {
        let mut words: Vec<OsString> = self.fences.clone();
        words.push(self.program.clone().into());
        words.extend(
            ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"].map(OsString::from),
        );
        // The file comes as descriptor 0, and is opened again from there: MP4 must be seekable.
        words.extend(["-protocol_whitelist", "file,pipe", "-f", demuxer].map(OsString::from));
        words.extend(["-i", "file:/dev/stdin", "-map", "0:a:0"].map(OsString::from));
        words.extend(["-c:a", "pcm_s16le", "-f", "wav", "pipe:1"].map(OsString::from));
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let complaints = std::thread::spawn(move || {
            let Some(mut stderr) = stderr else { return String::new() };
            let mut kept = Vec::new();
            // What is over the limit is read and dropped: a full pipe would stop the child.
            let _ = (&mut stderr).take(STDERR_BYTES_MAX).read_to_end(&mut kept);
            let _ = io::copy(&mut stderr, &mut io::sink());
            String::from_utf8_lossy(&kept).into_owned()
        });
        Ok(Running { child, stdout, complaints: Some(complaints) })
    }
}

/// A running child. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<ChildStdout>,
    complaints: Option<JoinHandle<String>>,
}

impl Running {
    /// The pipe that the WAV stream comes from; once.
    pub fn take_output(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The child's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end; returns what was wrong, in one line.
    pub fn finish(&mut self) -> Option<String> {
        let status = self.child.wait();
        let text = self.complaints.take().and_then(|c| c.join().ok()).unwrap_or_default();
        let line = text.lines().map(str::trim).find(|l| !l.is_empty()).map(|l| {
            l.trim_start_matches("file:/dev/stdin: ").chars().take(200).collect::<String>()
        });
        match status {
            Ok(status) if status.success() => line,
            Ok(status) => Some(line.unwrap_or_else(|| format!("ffmpeg ended with {status}"))),
            Err(error) => Some(error.to_string()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What can be put before a command to fence it in, as far as this machine allows.
fn fences() -> Vec<OsString> {
    let mut words = Vec::new();
    if let Some(unshare) = which("unshare") {
        // As root the first works; else a user namespace, where the system permits them.
        let ways = [&["-n"][..], &["-r", "-n"]];
        if let Some(way) = ways.into_iter().find(|way| works(&unshare, way)) {
            words.push(unshare.into());
            words.extend(way.iter().map(OsString::from));
        }
    }
    if let Some(prlimit) = which("prlimit") {
        let limits = [
            format!("--as={MEMORY_BYTES_MAX}"),
            format!("--cpu={CPU_S_MAX}"),
            "--core=0".into(),
            "--fsize=0".into(),
            "--nofile=64".into(),
        ];
        words.push(prlimit.into());
        words.extend(limits.map(OsString::from));
    }
    words
}

fn works(program: &PathBuf, arguments: &[&str]) -> bool {
    let Some(nothing) = which("true") else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(nothing).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
