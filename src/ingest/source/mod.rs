//! Where recordings come from, as set by whoever runs the service.
//!
//! In: `[[source]]` as written. Out: a [`Source`] that can be worked with, or what is wrong with which key.
//! What is known about a recording without opening it is put together in [`Knowing`]; it is told in a
//! sidecar's form, so that the rest of the product knows one form only.

mod board;
mod cdr;
mod facts;
mod freeswitch;
mod names;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use regex::Regex;
use serde::Deserialize;

pub use board::{Board, Status, Trouble};
pub use cdr::CdrFile;
pub use facts::Facts;
pub use names::Preset;
pub use rows::Rows;

use crate::wire::sidecar::{self, SIDECAR_BYTES_MAX, parse_sidecar};

/// Seconds that a file must rest before it is taken to be complete.
const SETTLE_S: u64 = 10;

/// The same on network mounts, whose times and sizes come late.
const SETTLE_NETWORK_S: u64 = 60;

/// Seconds from one look through a source to the next.
const SCAN_S: u64 = 60;

/// Seconds that a complete recording waits for what belongs beside it.
const SIDECAR_WAIT_S: u64 = 30;

/// Seconds that any of these may be.
const SECONDS_MAX: u64 = 86_400;

/// File systems whose events and times are not to be relied on.
const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
];

/// A source as written. Which keys belong together is told by [`Source::new`].
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// `folder` or `bucket`.
    pub kind: String,
    /// Its name in the ledger; stays as long as the source.
    pub name: String,
    /// The folder.
    pub path: Option<PathBuf>,
    /// `s3://bucket/prefix`.
    pub url: Option<String>,
    /// Where the bucket is, when not at Amazon.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: Option<String>,
    /// Credentials, where they do not come from the environment.
    pub access_key_id: Option<String>,
    /// The secret of it.
    pub secret_access_key: Option<String>,
    /// Which system writes the files: `generic`, `freepbx`, `issabel`, `vicidial`, `freeswitch`, `fusionpbx`, `rtpengine`.
    pub preset: Option<String>,
    /// A pattern with named groups for file names without their ending, tried before the preset's.
    pub pattern: Option<String>,
    /// The zone of times without one, `Asia/Shanghai`; the machine's own where absent.
    pub timezone: Option<String>,
    /// Asterisk's `Master.csv`, or the folder of FreeSWITCH's JSON records.
    pub cdr: Option<PathBuf>,
    /// Which column, or JSON pointer, of sidecars and manifests is which fact: `"agent.id" = "AgentNo"`.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// See [`SETTLE_S`].
    pub settle_s: Option<u64>,
    /// See [`SCAN_S`].
    pub scan_s: Option<u64>,
    /// See [`SIDECAR_WAIT_S`].
    pub sidecar_wait_s: Option<u64>,
    /// `leave` (default), `move` or `delete`.
    pub after: Option<String>,
    /// Where to, with `after = "move"`; below the folder when relative.
    pub move_to: Option<PathBuf>,
    /// The party of each channel, where nothing else says so.
    pub legs: Option<Vec<String>>,
    /// Facts that hold for all recordings of the source which do not say otherwise.
    pub vendor: Option<String>,
    /// As `vendor`.
    pub client: Option<String>,
    /// As `vendor`.
    pub project: Option<String>,
    /// As `vendor`.
    pub queue: Option<String>,
    /// As `vendor`.
    pub team: Option<String>,
    /// As `vendor`: `zh`, `en`.
    pub language: Option<String>,
    /// As `vendor`: `inbound`, `outbound`.
    pub direction: Option<String>,
}

/// Why a source cannot be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("source `{name}`: `{key}` {why}")]
pub struct SourceError {
    /// Which source.
    pub name: String,
    /// Which key.
    pub key: &'static str,
    /// What is wrong, and what to write.
    pub why: String,
}

/// A source of recordings.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder and all below it.
    Folder(Folder),
    /// A prefix of a bucket.
    Bucket(Bucket),
}

/// A watched folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name in the ledger.
    pub name: String,
    /// The folder, absolute.
    pub path: PathBuf,
    /// Microseconds that a file must rest.
    pub settle_us: i64,
    /// Microseconds from one look to the next.
    pub scan_us: i64,
    /// Microseconds that a complete file waits for what belongs beside it.
    pub sidecar_wait_us: i64,
    /// What is done with a recording that is safely kept.
    pub after: After,
    /// How facts are found.
    pub knowing: Knowing,
}

/// A bucket that is looked through.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name in the ledger.
    pub name: String,
    /// `s3://bucket/prefix`.
    pub url: String,
    /// How it is reached.
    pub access: Access,
    /// Microseconds from one look to the next.
    pub scan_us: i64,
    /// Microseconds that a recording waits for what belongs beside it.
    pub sidecar_wait_us: i64,
    /// How facts are found.
    pub knowing: Knowing,
}

/// How a bucket is reached; what is absent comes from the environment.
#[derive(Clone, Default)]
pub struct Access {
    /// Where it is.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Whose access.
    pub access_key_id: Option<String>,
    /// The secret of it.
    pub secret_access_key: Option<String>,
}

/// What is done with a recording that is safely kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Leave,
    /// It is moved below this folder.
    Move(PathBuf),
    /// It is deleted.
    Delete,
}

/// How the facts about a recording are found without opening it.
#[derive(Debug, Clone)]
pub struct Knowing {
    /// Which system wrote it.
    pub preset: Preset,
    /// A pattern of the source's own.
    pub pattern: Option<Regex>,
    /// Of times that tell none.
    pub zone: TimeZone,
    /// Asterisk's `Master.csv`, or the folder of FreeSWITCH's records.
    pub cdr: Option<PathBuf>,
    /// Fact by column or JSON pointer.
    pub map: BTreeMap<String, String>,
    /// What holds where nothing else is said.
    pub defaults: Facts,
}

/// No secret in a message.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Folder {
    /// Where finished recordings are moved to: nothing in there is looked at.
    pub fn moved_to(&self) -> Option<&Path> {
        match &self.after {
            After::Move(to) => Some(to),
            After::Leave | After::Delete => None,
        }
    }
}

impl Source {
    /// Its name in the ledger.
    pub fn name(&self) -> &str {
        match self {
            Source::Folder(folder) => &folder.name,
            Source::Bucket(bucket) => &bucket.name,
        }
    }

    /// Reads all sources; no two may have one name.
    ///
    /// # Errors
    /// [`SourceError`] for the first that is wrong.
    pub fn all(raw: &[RawSource]) -> Result<Vec<Self>, SourceError> {
        let mut all: Vec<Self> = Vec::new();
        for one in raw {
            let source = Self::new(one)?;
            if all.iter().any(|other| other.name() == source.name()) {
                return Err(wrong(one, "name", "is that of another source: each has its own"));
            }
            all.push(source);
        }
        Ok(all)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`SourceError`] that names the key.
    pub fn new(raw: &RawSource) -> Result<Self, SourceError> {
        let plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
        if raw.name.is_empty() || raw.name.chars().count() > 64 || !raw.name.chars().all(plain) {
            return Err(wrong(raw, "name", "is 1 to 64 letters, digits, dots, dashes"));
        }
        if raw.name == "upload" {
            return Err(wrong(raw, "name", "is that of what is uploaded: choose another"));
        }
        let only = |key, is_set: bool, kind: &str| match is_set {
            true => Err(wrong(raw, key, &format!("is for kind = \"{kind}\" only"))),
            false => Ok(()),
        };
        match raw.kind.as_str() {
            "folder" => {
                only("url", raw.url.is_some(), "bucket")?;
                only("endpoint", raw.endpoint.is_some(), "bucket")?;
                Ok(Source::Folder(folder(raw)?))
            }
            "bucket" => {
                only("path", raw.path.is_some(), "folder")?;
                only("after", raw.after.is_some(), "folder")?;
                only("cdr", raw.cdr.is_some(), "folder")?;
                Ok(Source::Bucket(bucket(raw)?))
            }
            _ => Err(wrong(raw, "kind", "is `folder` or `bucket`")),
        }
    }
}

fn wrong(raw: &RawSource, key: &'static str, why: &str) -> SourceError {
    SourceError { name: raw.name.clone(), key, why: why.to_owned() }
}

fn folder(raw: &RawSource) -> Result<Folder, SourceError> {
    let path =
        raw.path.clone().ok_or_else(|| wrong(raw, "path", "is missing: the folder to watch"))?;
    if !path.is_absolute() {
        return Err(wrong(raw, "path", "must begin with `/`: the service may be started anywhere"));
    }
    // Links on the way are resolved once, here; below the folder none is followed.
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let settle = if is_network(&mounts, &path) { SETTLE_NETWORK_S } else { SETTLE_S };
    let after = match (raw.after.as_deref().unwrap_or("leave"), &raw.move_to) {
        ("leave", None) => After::Leave,
        ("delete", None) => After::Delete,
        ("move", Some(to)) if path.starts_with(path.join(to)) => {
            return Err(wrong(raw, "move_to", "must not be the watched folder, or above it"));
        }
        ("move", Some(to)) => After::Move(path.join(to)),
        ("move", None) => return Err(wrong(raw, "move_to", "is missing: where to?")),
        ("leave" | "delete", Some(_)) => {
            return Err(wrong(raw, "move_to", "is for after = \"move\" only"));
        }
        _ => return Err(wrong(raw, "after", "is `leave`, `move` or `delete`")),
    };
    let knowing = knowing(raw)?;
    let wait =
        if knowing.preset.has_sidecars() || knowing.cdr.is_some() { SIDECAR_WAIT_S } else { 0 };
    Ok(Folder {
        name: raw.name.clone(),
        settle_us: seconds(raw, "settle_s", raw.settle_s, settle)?,
        scan_us: seconds(raw, "scan_s", raw.scan_s, SCAN_S)?.max(1_000_000),
        sidecar_wait_us: seconds(raw, "sidecar_wait_s", raw.sidecar_wait_s, wait)?,
        path,
        after,
        knowing,
    })
}

fn bucket(raw: &RawSource) -> Result<Bucket, SourceError> {
    let url = raw.url.clone().ok_or_else(|| wrong(raw, "url", "is missing: s3://bucket/prefix"))?;
    if !url.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
        return Err(wrong(raw, "url", "is s3://bucket/prefix"));
    }
    Ok(Bucket {
        name: raw.name.clone(),
        url: url.trim_end_matches('/').to_owned(),
        access: Access {
            endpoint: raw.endpoint.clone(),
            region: raw.region.clone(),
            access_key_id: raw.access_key_id.clone(),
            secret_access_key: raw.secret_access_key.clone(),
        },
        scan_us: seconds(raw, "scan_s", raw.scan_s, SCAN_S)?.max(1_000_000),
        sidecar_wait_us: seconds(raw, "sidecar_wait_s", raw.sidecar_wait_s, SIDECAR_WAIT_S)?,
        knowing: knowing(raw)?,
    })
}

fn knowing(raw: &RawSource) -> Result<Knowing, SourceError> {
    let preset = raw.preset.as_deref().unwrap_or("generic");
    let preset = Preset::parse(preset)
        .ok_or_else(|| wrong(raw, "preset", &format!("is one of {}", Preset::words())))?;
    let pattern = raw.pattern.as_deref().map(names::pattern).transpose();
    let zone = match raw.timezone.as_deref() {
        None => TimeZone::system(),
        Some(zone) => facts::zone(zone)
            .ok_or_else(|| wrong(raw, "timezone", "is a zone such as Asia/Shanghai, or +08:00"))?,
    };
    if let Some(key) = raw.map.keys().find(|key| !facts::is_key(key)) {
        let why =
            format!("`{key}` is no fact; facts are {}, or extra.NAME", sidecar::FACTS.join(", "));
        return Err(wrong(raw, "map", &why));
    }
    if raw.cdr.is_some() && !preset.has_cdr() {
        return Err(wrong(
            raw,
            "cdr",
            "is read for freepbx, issabel, vicidial, freeswitch, fusionpbx",
        ));
    }
    let mut defaults = Facts::default();
    let plain = [
        ("vendor", &raw.vendor),
        ("client", &raw.client),
        ("project", &raw.project),
        ("queue", &raw.queue),
        ("team", &raw.team),
        ("language", &raw.language),
        ("direction", &raw.direction),
    ];
    for (key, value) in plain {
        defaults.set(key, value.as_deref().unwrap_or_default());
    }
    if let Some(legs) = &raw.legs {
        defaults.set_value("legs", legs.clone().into());
    }
    defaults.check().map_err(|why| wrong(raw, "direction, language or legs", &why))?;
    Ok(Knowing {
        preset,
        pattern: pattern.map_err(|why| wrong(raw, "pattern", &why))?,
        zone,
        cdr: raw.cdr.clone(),
        map: raw.map.clone(),
        defaults,
    })
}

fn seconds(
    raw: &RawSource,
    key: &'static str,
    set: Option<u64>,
    default: u64,
) -> Result<i64, SourceError> {
    match set.unwrap_or(default) {
        seconds @ 0..=SECONDS_MAX => Ok(i64::try_from(seconds).unwrap_or(0) * 1_000_000),
        _ => Err(wrong(raw, key, "is a number of seconds up to 86400")),
    }
}

/// Whether a path lies on a network file system, by the system's list of mounts.
fn is_network(mounts: &str, path: &Path) -> bool {
    let mount = |line: &str| -> Option<(PathBuf, String)> {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.replace("\\040", " ").into(), words.next()?.to_owned()))
    };
    let over = mounts.lines().filter_map(mount).filter(|(at, _)| path.starts_with(at));
    // The deepest holds the path; of equals the last, it was mounted over the others.
    let deepest = over.max_by_key(|(at, _)| at.components().count());
    deepest.is_some_and(|(_, kind)| NETWORK.contains(&kind.as_str()))
}

impl Knowing {
    /// What a file's name without its ending tells, by the source's own pattern, else by the preset's.
    pub fn of_name(&self, stem: &str) -> Facts {
        match self.pattern.as_ref().and_then(|own| names::facts(own, stem, &self.zone)) {
            Some(facts) => facts,
            None => self.preset.facts(stem, &self.zone),
        }
    }

    /// What a manifest tells, file by file.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn of_manifest(&self, text: &str) -> Result<Rows, String> {
        rows::manifest(text, &self.map, &self.zone)
    }

    /// What a sidecar tells; `name` is the file's.
    ///
    /// # Errors
    /// Why it cannot be used. No value is quoted.
    pub fn of_sidecar(&self, name: &str, text: &str) -> Result<Facts, String> {
        if text.len() as u64 > SIDECAR_BYTES_MAX {
            return Err("it is over 1 MiB".into());
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lower = name.to_ascii_lowercase();
        let facts = if lower.ends_with(".csv") {
            rows::one(text, &self.map, &self.zone)?
        } else if lower.ends_with(".txt") {
            rows::lines(text, &self.map, &self.zone)
        } else if lower.ends_with(".xml") {
            freeswitch::xml(text, &self.zone)?
        } else if freeswitch::is_record(text) {
            freeswitch::json(text)?
        } else {
            rows::json(text, &self.map, &self.zone)?
        };
        facts.check().map(|()| facts)
    }
}

/// Whether a text is a sidecar that the product can use.
fn check(text: &str) -> Result<(), String> {
    let any = crate::domain::CallId::new("any").map_err(|error| error.to_string())?;
    parse_sidecar(text, &any).map(drop).map_err(|error| error.to_string())
}
