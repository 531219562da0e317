//! What file names tell: patterns with named groups, and those of well-known systems.
//!
//! In: a name without its ending. Out: facts. A name that fits no pattern tells nothing, which is no mistake.
//! Groups: `start` or `date` and `time` (local), `unix` (seconds since 1970), `agent`, `customer`, `queue`, `team`,
//! `direction`; any other group becomes `extra.NAME`.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use super::facts::{Facts, time};

/// Characters of a pattern.
const PATTERN_CHARS_MAX: usize = 2_000;

/// The systems whose habits are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Any: sidecars, and nothing from the name.
    Generic,
    /// FreePBX and others with its `sub-record-check`: `in-DST-SRC-YYYYMMDD-HHMMSS-UNIQUEID`.
    FreePbx,
    /// Issabel, Elastix: `YYYYMMDD-HHMMSS-UNIQUEID`, `q600-…`, `OUT2001-…`.
    Issabel,
    /// VICIdial: `YYYYMMDD-HHMMSS_PHONE_AGENT-all`.
    Vicidial,
    /// FreeSWITCH: the call's UUID, and a JSON record elsewhere.
    FreeSwitch,
    /// FusionPBX: as FreeSWITCH, below `archive/YYYY/Mon/DD`.
    FusionPbx,
    /// rtpengine-recording: `CALLID-RANDOM-mix`, and its metadata beside it.
    Rtpengine,
}

/// A pattern, and what is so whenever it fits.
struct Named {
    pattern: &'static str,
    fixed: &'static [(&'static str, &'static str)],
}

const INBOUND: (&str, &str) = ("direction", "inbound");
const OUTBOUND: (&str, &str) = ("direction", "outbound");

/// Of FreePBX, by the word that the name begins with: who is where differs from one to the next.
const FREEPBX: &[Named] = &[
    Named { pattern: r"^out-(?P<customer>[^-]+)-(?P<agent>[^-]+)-TAIL$", fixed: &[OUTBOUND] },
    Named { pattern: r"^external-(?P<agent>[^-]+)-(?P<customer>[^-]+)-TAIL$", fixed: &[INBOUND] },
    Named { pattern: r"^in-(?P<dialled>[^-]+)-(?P<customer>[^-]+)-TAIL$", fixed: &[INBOUND] },
    Named { pattern: r"^q-(?P<queue>[^-]+)-(?P<customer>[^-]+)-TAIL$", fixed: &[INBOUND] },
    Named { pattern: r"^rg-(?P<ring_group>[^-]+)-(?P<customer>[^-]+)-TAIL$", fixed: &[INBOUND] },
    // From one extension to another, and on demand: who of the two is the customer is not told.
    Named {
        pattern: r"^(?P<kind>exten|internal|force|group|ondemand|conf)-(?P<dialled>[^-]+)-(?P<caller>[^-]+)-TAIL$",
        fixed: &[],
    },
];

const TAIL: &str = r"(?P<date>\d{8})-(?P<time>\d{6})-(?P<uniqueid>\d+\.\d+)";

const ISSABEL: &[Named] = &[
    Named { pattern: r"^(?P<start>\d{8}-\d{6})-(?P<uniqueid>\d+\.\d+)$", fixed: &[] },
    Named {
        pattern: r"^q(?P<queue>\d+)-(?P<start>\d{8}-\d{6})-(?P<uniqueid>\d+\.\d+)$",
        fixed: &[INBOUND],
    },
    Named {
        pattern: r"^IN(?P<agent>\d+)-(?P<start>\d{8}-\d{6})-(?P<uniqueid>\d+\.\d+)$",
        fixed: &[INBOUND],
    },
    Named {
        pattern: r"^OUT(?P<agent>\d+)-(?P<start>\d{8}-\d{6})-(?P<uniqueid>\d+\.\d+)$",
        fixed: &[OUTBOUND],
    },
];

const VICIDIAL: &[Named] = &[Named {
    pattern: r"^(?P<start>\d{8}-\d{6})_(?P<customer>\d{3,})(?:_(?P<agent>[A-Za-z0-9]+))?(?:-all)?$",
    fixed: &[],
}];

const FREESWITCH: &[Named] =
    &[Named { pattern: r"^(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$", fixed: &[] }];

const RTPENGINE: &[Named] = &[Named {
    pattern: r"^(?P<sip_call_id>.+)-(?P<random>[0-9a-f]{8,16})-(?:mix|[0-9a-f]{8})$",
    fixed: &[],
}];

type Compiled = Vec<(Preset, Vec<(Regex, &'static Named)>)>;

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let all = [
        (Preset::FreePbx, FREEPBX),
        (Preset::Issabel, ISSABEL),
        (Preset::Vicidial, VICIDIAL),
        (Preset::FreeSwitch, FREESWITCH),
        (Preset::FusionPbx, FREESWITCH),
        (Preset::Rtpengine, RTPENGINE),
    ];
    let compile = |named: &'static Named| {
        let pattern = named.pattern.replace("TAIL", TAIL);
        (Regex::new(&pattern).expect("a test compiles each of them"), named)
    };
    all.into_iter().map(|(preset, all)| (preset, all.iter().map(compile).collect())).collect()
});

const WORDS: &[(&str, Preset)] = &[
    ("generic", Preset::Generic),
    ("freepbx", Preset::FreePbx),
    ("issabel", Preset::Issabel),
    ("vicidial", Preset::Vicidial),
    ("freeswitch", Preset::FreeSwitch),
    ("fusionpbx", Preset::FusionPbx),
    ("rtpengine", Preset::Rtpengine),
];

impl Preset {
    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        WORDS.iter().find(|(name, _)| *name == word).map(|(_, preset)| *preset)
    }

    /// All words, for a message.
    pub(super) fn words() -> String {
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        words.join(", ")
    }

    /// Whether something is usually written beside the audio.
    pub(super) fn has_sidecars(self) -> bool {
        matches!(self, Preset::Generic | Preset::Rtpengine)
    }

    /// Whether its call records can be read.
    pub(super) fn has_cdr(self) -> bool {
        !matches!(self, Preset::Generic | Preset::Rtpengine)
    }

    /// Whether its call records are files of their own, named by UUID.
    pub(crate) fn has_record_files(self) -> bool {
        matches!(self, Preset::FreeSwitch | Preset::FusionPbx)
    }

    /// What a name without its ending tells.
    pub(super) fn facts(self, stem: &str, zone: &TimeZone) -> Facts {
        let all = COMPILED.iter().find(|(preset, _)| *preset == self);
        for (pattern, named) in all.into_iter().flat_map(|(_, all)| all) {
            if let Some(mut facts) = facts(pattern, stem, zone) {
                for (key, value) in named.fixed {
                    facts.set(key, value);
                }
                return facts;
            }
        }
        Facts::default()
    }
}

/// Compiles a pattern of the user's own.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err("is over 2000 characters".into());
    }
    let pattern = Regex::new(text).map_err(|error| format!("is no pattern: {error}"))?;
    match pattern.capture_names().flatten().next() {
        Some(_) => Ok(pattern),
        None => Err("has no named group, such as (?P<agent>\\d+)".into()),
    }
}

/// What the groups of a pattern tell; `None` when it does not fit.
pub(super) fn facts(pattern: &Regex, stem: &str, zone: &TimeZone) -> Option<Facts> {
    let groups = pattern.captures(stem)?;
    let mut facts = Facts::default();
    let mut date = String::new();
    for name in pattern.capture_names().flatten() {
        let value = groups.name(name).map_or("", |group| group.as_str());
        match name {
            "date" => date = value.to_owned(),
            "time" => {
                facts.set("started_at", &time(&format!("{date}-{value}"), zone).unwrap_or_default())
            }
            "start" | "unix" => facts.set("started_at", &time(value, zone).unwrap_or_default()),
            "agent" => facts.set("agent.id", value),
            "customer" | "ani" => facts.set("customer.number", value),
            "queue" | "team" | "call_id" | "client" | "vendor" | "project" => {
                facts.set(name, value)
            }
            "direction" => facts.set_word("direction", value, zone),
            other => facts.set(&format!("extra.{other}"), value),
        }
    }
    Some(facts)
}
