//! What lies beside a recording: sidecars, the other side of the call, manifests, call records.
//!
//! In: a complete file. Out: all that is known about it in a sidecar's form, or that something is still to be
//! waited for. What is said nearest to the recording counts most: sidecar, manifest, call record, file name,
//! the source's own settings.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::super::chat::{is_chat_name, looks_like_chat};
use super::super::scan::{
    PLAYBACK_SUFFIX, REDACTED_SUFFIX, SIDECAR_SUFFIX, UNFINISHED, extension_of, has_report,
    read_sidecar, sniffed, stem_of,
};
use super::super::sides::{SIDES, side_of};
use super::super::source::{CdrFile, Facts, Knowing, Rows};
use super::{Seen, is_audio_name};

/// How the name of a manifest ends.
const MANIFEST_SUFFIX: &str = ".manifest.csv";

/// Bytes of a manifest.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// Manifests that are remembered; the first go first.
const MANIFESTS_MAX: usize = 64;

/// Texts of a folder looked at together from which on the folder is listed: to ask for one text's recording by each name
/// that it may have takes some four hundred questions.
const LISTED_MIN: usize = 32;

/// What may lie beside a recording, the best first.
const SIDECARS: &[&str] = &[SIDECAR_SUFFIX, ".json", ".xml", ".csv", ".txt"];

/// In its first bytes a file of our own says what it is.
const OWN_MARK: &str = "\"lingting/";

/// What a name says a file is.
pub(crate) enum Kind {
    /// Being written, or the system's.
    Unfinished,
    /// Facts about a recording.
    Sidecar,
    /// Facts about many.
    Manifest,
    /// A recording, a chat, or nothing of ours.
    Other,
}

pub(crate) fn kind(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit('.').next().unwrap_or_default();
    if lower.starts_with('.') || lower.ends_with('~') || UNFINISHED.contains(&ending) {
        Kind::Unfinished
    } else if lower.ends_with(SIDECAR_SUFFIX) {
        Kind::Sidecar
    } else if lower.ends_with(MANIFEST_SUFFIX) {
        Kind::Manifest
    } else {
        Kind::Other
    }
}

/// A name without what makes it a sidecar or a recording.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match name.to_ascii_lowercase().strip_suffix(SIDECAR_SUFFIX) {
        Some(stem) => name[..stem.len()].to_owned(),
        None => stem_of(path),
    }
}

/// Whether a name is that of a text: a sidecar of another file, perhaps, and so not entered at once.
pub(crate) fn is_text_name(path: &Path) -> bool {
    is_chat_name(path) || matches!(extension_of(path).as_str(), "xml" | "txt")
}

/// Where the call's other side would be, and whether this one comes first.
pub(super) fn other_side(path: &Path) -> Option<(PathBuf, bool)> {
    let stem = stem_of(path);
    let (_, sides, which) = side_of(&stem).filter(|_| is_audio_name(path))?;
    let pair = SIDES[sides];
    let other = if which == 0 { pair.1 } else { pair.0 };
    let end = stem.len() - if which == 0 { pair.0 } else { pair.1 }.len();
    // In the same writing: `_RX` has `_TX` beside it.
    let upper = stem[end..].chars().all(|c| c.is_ascii_uppercase());
    let other = if upper { other.to_ascii_uppercase() } else { other.to_owned() };
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    Some((path.with_file_name(format!("{}{other}.{ending}", &stem[..end])), which == 0))
}

/// The sidecars that lie beside a file.
pub(super) fn sidecars(path: &Path) -> Vec<PathBuf> {
    let own = stem_of(path);
    let common = side_of(&own).map(|(common, ..)| common);
    let stems = std::iter::once(own).chain(common);
    let names = stems.flat_map(|stem| SIDECARS.iter().map(move |end| format!("{stem}{end}")));
    names
        .map(|name| path.with_file_name(name))
        .filter(|other| other != path && other.is_file())
        .collect()
}

/// What was found.
pub(super) enum Found {
    /// All there is; `None` when nothing is known.
    Facts(Option<String>),
    /// Something may still come, or is being written.
    Wait,
    /// It is itself a sidecar.
    Sidecar,
    /// It is no recording.
    Nothing(String),
    /// What lies beside it cannot be used.
    Broken(String),
}

/// A source's knowledge, with what was read of it.
pub(super) struct Beside {
    knowing: Knowing,
    cdr: Option<CdrFile>,
    manifests: BTreeMap<PathBuf, (u64, i64, Rows)>,
    /// For as long as many texts are looked at: folders, and the stems that have a recording there.
    listed: BTreeMap<PathBuf, HashSet<String>>,
}

impl Beside {
    pub(super) fn new(knowing: &Knowing) -> Self {
        let cdr = knowing.cdr.as_deref().filter(|_| !knowing.preset.has_record_files());
        Self {
            knowing: knowing.clone(),
            cdr: cdr.map(CdrFile::new),
            manifests: BTreeMap::new(),
            listed: BTreeMap::new(),
        }
    }

    /// These files will be looked at now, one after the other.
    pub(super) fn many_are_due(&mut self, due: &[PathBuf]) {
        let mut texts: BTreeMap<&Path, usize> = BTreeMap::new();
        for path in due.iter().filter(|path| is_text_name(path)) {
            *texts.entry(path.parent().unwrap_or(path)).or_default() += 1;
        }
        for (folder, _) in texts.into_iter().filter(|(_, texts)| *texts >= LISTED_MIN) {
            // A folder that cannot be listed is asked name by name.
            if let Ok(stems) = with_audio(folder) {
                self.listed.insert(folder.to_owned(), stems);
            }
        }
    }

    /// They were: what lies in the folders may change from now on.
    pub(super) fn many_were_due(&mut self) {
        self.listed.clear();
    }

    /// Whether a recording of the same stem lies beside a text.
    fn has_audio_beside(&self, path: &Path) -> bool {
        match path.parent().and_then(|folder| self.listed.get(folder)) {
            Some(stems) => stems.contains(&stem_of(path)),
            None => has_audio_beside(path),
        }
    }

    /// Reads a manifest, if it is new or has changed.
    pub(super) fn manifest(&mut self, path: &Path, meta: &fs::Metadata) -> Result<(), String> {
        let modified = modified_us(meta);
        if self
            .manifests
            .get(path)
            .is_some_and(|(size, at, _)| (*size, *at) == (meta.len(), modified))
        {
            return Ok(());
        }
        if meta.len() > MANIFEST_BYTES_MAX {
            return Err("a manifest over 64 MiB: split it".into());
        }
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let rows = self.knowing.of_manifest(&text)?;
        if self.manifests.len() >= MANIFESTS_MAX {
            self.manifests.pop_first();
        }
        self.manifests.insert(path.to_owned(), (meta.len(), modified, rows));
        Ok(())
    }

    /// Puts together what is known about a complete file. `rested_us` is before which a sidecar must have
    /// been written to be complete; `waited` says that nothing more is waited for.
    pub(super) fn found(
        &mut self,
        file: &Seen,
        other: Option<&Seen>,
        rested_us: i64,
        waited: bool,
    ) -> Found {
        if let Some(found) = self.no_recording(&file.path, waited) {
            return found;
        }
        let mut facts = Facts::default();
        for path in sidecars(&file.path) {
            match self.sidecar(&path, rested_us) {
                Ok(Some(told)) => facts.fill(&told),
                Ok(None) if waited => {}
                Ok(None) => return Found::Wait,
                Err(why) if waited => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    return Found::Broken(format!(
                        "{name}: {why}; mend it, or remove it, and try again"
                    ));
                }
                Err(_) => return Found::Wait,
            }
        }
        if let Some(told) = self.of_manifests(&file.path) {
            facts.fill(&told);
        }
        let of_name = self.knowing.of_name(&stem_of(&file.path));
        match self.record(&file.path, &of_name) {
            Ok(Some(told)) => facts.fill(&told),
            Ok(None) => {}
            Err(why) if waited => return Found::Broken(why),
            Err(_) => return Found::Wait,
        }
        if facts.is_empty() && !waited {
            return Found::Wait;
        }
        facts.fill(&of_name);
        facts.fill(&self.knowing.defaults);
        if let Some(other) = other {
            let name =
                |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            facts.files([name(&file.path), name(&other.path)]);
        }
        Found::Facts(facts.to_json())
    }

    /// What is neither a recording nor a chat.
    fn no_recording(&self, path: &Path, waited: bool) -> Option<Found> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let own =
            [PLAYBACK_SUFFIX, REDACTED_SUFFIX].iter().filter_map(|end| name.strip_suffix(end));
        if own.into_iter().any(|id| has_report(path, id)) {
            return Some(Found::Nothing("the playback audio of a report".into()));
        }
        if is_text_name(path) {
            if self.has_audio_beside(path) {
                return Some(Found::Sidecar);
            }
            if is_chat_name(path) && looks_like_chat(path) {
                return None;
            }
            // Its recording may still come.
            let nothing = || {
                Found::Nothing("neither a chat log nor facts about a recording beside it".into())
            };
            return Some(if waited { nothing() } else { Found::Wait });
        }
        let is_recording = is_audio_name(path) || sniffed(path).unwrap_or(false);
        (!is_recording).then(|| Found::Nothing("no recording, by its first bytes".into()))
    }

    /// `None` while it is being written.
    fn sidecar(&self, path: &Path, rested_us: i64) -> Result<Option<Facts>, String> {
        let meta = fs::metadata(path).map_err(|error| error.to_string())?;
        if modified_us(&meta) > rested_us {
            return Ok(None);
        }
        let text = read_sidecar(path).map_err(|error| error.to_string())?;
        if text.get(..text.len().min(100)).unwrap_or(&text).contains(OWN_MARK) {
            return Ok(Some(Facts::default()));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.knowing.of_sidecar(&name, &text).map(Some)
    }

    fn of_manifests(&self, path: &Path) -> Option<Facts> {
        let name = path.file_name()?.to_string_lossy();
        let here = |manifest: &Path| manifest.parent() == path.parent();
        let (_, (_, _, rows)) = self
            .manifests
            .iter()
            .find(|(at, (_, _, rows))| here(at) && rows.contains_key(&*name))?;
        rows.get(&*name).cloned()
    }

    /// What the system's own call records tell.
    fn record(&mut self, path: &Path, of_name: &Facts) -> Result<Option<Facts>, String> {
        if let Some(cdr) = &mut self.cdr {
            let Some(id) = of_name.get("extra.uniqueid") else { return Ok(None) };
            let found = cdr.facts(id, of_name.get("direction"), &self.knowing.zone);
            return found.map_err(|error| format!("the call records cannot be read: {error}"));
        }
        let Some(folder) = &self.knowing.cdr else { return Ok(None) };
        let stem = stem_of(path);
        for name in
            [format!("a_{stem}.cdr.json"), format!("{stem}.cdr.json"), format!("a_{stem}.cdr.xml")]
        {
            let path = folder.join(&name);
            if path.is_file() {
                let text = read_sidecar(&path).map_err(|error| error.to_string())?;
                let told = self.knowing.of_sidecar(&name, &text);
                return told.map(Some).map_err(|why| format!("{name}: {why}"));
            }
        }
        Ok(None)
    }
}

/// How a recording's stem may go on after the text's: with a side.
fn side_ends() -> impl Iterator<Item = String> {
    SIDES.iter().flat_map(|(a, b)| [format!("-{a}"), format!("-{b}")])
}

/// Whether a recording of the same stem lies beside a text.
fn has_audio_beside(path: &Path) -> bool {
    let stem = stem_of(path);
    let ends = std::iter::once(String::new()).chain(side_ends());
    let stems: Vec<String> = ends.map(|end| format!("{stem}{end}")).collect();
    let endings = super::super::scan::EXTENSIONS
        .iter()
        .flat_map(|end| [(*end).to_owned(), end.to_ascii_uppercase()]);
    let names = endings.flat_map(|end| stems.iter().map(move |stem| format!("{stem}.{end}")));
    names.into_iter().any(|name| path.with_file_name(name).is_file())
}

/// The stems of which [`has_audio_beside`] would say yes, of a whole folder.
fn with_audio(folder: &Path) -> std::io::Result<HashSet<String>> {
    let ends: Vec<String> = side_ends().collect();
    let mut stems = HashSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let written = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let is_plain =
            written == written.to_ascii_lowercase() || written == written.to_ascii_uppercase();
        if !is_plain || !is_audio_name(&path) || !path.is_file() {
            continue;
        }
        let stem = stem_of(&path);
        stems.extend(ends.iter().filter_map(|end| stem.strip_suffix(end)).map(str::to_owned));
        stems.insert(stem);
    }
    Ok(stems)
}

fn modified_us(meta: &fs::Metadata) -> i64 {
    let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    modified.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_folder_says_the_same_as_asking_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["a.wav", "b-in.MP3", "c-rx.wav", "d.Wav", "e_tx.wav", "f.json", "g.tar.wav", "h"]
        {
            fs::write(folder.path().join(name), b"x").unwrap();
        }
        fs::create_dir(folder.path().join("i.wav")).unwrap();
        let stems = with_audio(folder.path()).unwrap();
        for stem in ["a", "b", "b-in", "c", "d", "e", "e_tx", "f", "g", "g.tar", "h", "i"] {
            let text = folder.path().join(format!("{stem}.json"));
            assert_eq!(stems.contains(&stem_of(&text)), has_audio_beside(&text), "{stem}");
        }
        assert!(stems.contains("a") && stems.contains("b") && stems.contains("c"));
    }

    #[test]
    fn many_texts_are_held_against_one_listing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("0.wav"), b"x").unwrap();
        let texts: Vec<PathBuf> =
            (0..LISTED_MIN).map(|n| folder.path().join(format!("{n}.json"))).collect();
        let knowing = Knowing {
            preset: crate::ingest::source::Preset::Generic,
            pattern: None,
            zone: jiff::tz::TimeZone::UTC,
            cdr: None,
            map: BTreeMap::new(),
            defaults: Facts::default(),
        };
        let mut beside = Beside::new(&knowing);
        beside.many_are_due(&texts);
        assert_eq!(beside.listed.len(), 1);
        assert!(beside.has_audio_beside(&texts[0]) && !beside.has_audio_beside(&texts[1]));
        beside.many_were_due();
        fs::write(folder.path().join("1.wav"), b"x").unwrap();
        assert!(beside.has_audio_beside(&texts[1]));
        beside.many_are_due(&texts[1..]);
        assert!(beside.listed.is_empty(), "few are asked by name");
    }
}
