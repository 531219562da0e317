//! The one form in which all protocols tell of a call.
//!
//! Times are those of the call: each leg has a clock of its own rate that begins with the call, counts samples, and goes on
//! through gaps, so that legs stay aligned. Audio of a leg comes in order, and never twice.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Legs of a call that are taken.
pub const LEGS_MAX: usize = 2;

/// Names a call at its source: Call-ID and session, stream or conversation id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey {
    /// The source's name in the configuration.
    pub source: String,
    /// The call's id there.
    pub native_id: String,
}

/// Ids at carriers may hold telephone numbers.
impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallKey").field("source", &self.source).finish_non_exhaustive()
    }
}

/// A leg of a call, by its place in the recording, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u8);

/// Whose voice a leg carries, as far as the source knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegRole {
    /// The person who answers for the company.
    Agent,
    /// The other person.
    Customer,
    /// A machine.
    Bot,
    /// Several parties on one leg.
    Mixed,
    /// Not known.
    Unknown,
}

/// What the source knows about a call, under the keys of the sidecar (`agent.id`, `customer.number`, `direction`,
/// `queue`, …); what it calls otherwise stands under `extra.NAME`, other ids of the call (UCID, GUID, linkedid, `X-` headers)
/// among them. Values are cut to 1,000 characters, keys over 64 left out (`Facts::set`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, String>);

/// Values name people and numbers.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Facts {
    /// Facts of one call.
    pub const COUNT_MAX: usize = 64;
    /// Characters of a value.
    pub const VALUE_CHARS_MAX: usize = 1_000;

    /// Sets a fact, over what was known before; an empty value says nothing.
    pub fn set(&mut self, key: &str, value: &str) {
        let clean = |c: &char| !c.is_control();
        let value: String =
            value.trim().chars().filter(clean).take(Self::VALUE_CHARS_MAX).collect();
        let room = self.0.len() < Self::COUNT_MAX || self.0.contains_key(key);
        if !value.is_empty() && !key.is_empty() && key.len() <= 64 && room {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// A fact.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets all that is known there, over what is known here.
    pub fn merge(&mut self, newer: &Facts) {
        newer.iter().for_each(|(key, value)| self.set(key, value));
    }

    /// All, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A call that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStart {
    /// Its name.
    pub key: CallKey,
    /// What is known about it by now.
    pub facts: Facts,
    /// What a connector needs to join it (the agent's channel at the PBX: `asterisk.channel`, `freeswitch.uuid`,
    /// `sip.call_id`, …); told to nobody.
    pub handles: BTreeMap<String, String>,
}

/// Why audio is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// Packets did not come.
    Loss,
    /// The sender sends no silence.
    Dtx,
    /// The source threw it away.
    Discarded,
    /// On hold, or the recording was paused there.
    Paused,
    /// The connection was away.
    Reconnect,
    /// We did not keep up.
    Overload,
}

/// Why a call, or one leg of it, is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// A party pressed hold.
    Hold,
    /// The recording is paused, card data as a rule.
    Paused,
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// Somebody hung up.
    Normal,
    /// The connection broke.
    Transport,
    /// Nothing came for too long.
    Timeout,
    /// The service ends.
    Shutdown,
}

impl EndCause {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            EndCause::Normal => "normal",
            EndCause::Transport => "transport",
            EndCause::Timeout => "timeout",
            EndCause::Shutdown => "shutdown",
        }
    }
}

/// How well a leg arrives.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Packets taken.
    pub received: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Packets that came too late to be heard.
    pub late: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Interarrival jitter in milliseconds (RFC 3550, 6.4.1).
    pub jitter_ms: f32,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Ingest {
    /// A leg is there. Sent before its first audio; legs are numbered from 0 without a hole.
    LegJoined {
        /// Which.
        leg: LegId,
        /// Whose voice.
        role: LegRole,
        /// Samples a second of its `Audio`: 8,000 to 48,000.
        rate_hz: u32,
        /// The codec's short name, as a recording's report would tell it: `pcm_mulaw`, `pcm_alaw`, `g722`, `opus`, `pcm_s16le`.
        codec: &'static str,
    },
    /// More is known about a leg.
    LegUpdated {
        /// Which.
        leg: LegId,
        /// Whose voice.
        role: LegRole,
    },
    /// Samples of a leg.
    Audio {
        /// Which.
        leg: LegId,
        /// The first sample's place on the leg's clock, in samples since the call began. At or after the end of the
        /// audio before it; what lies between is silence.
        at: u64,
        /// Mono, 16 bit, at the leg's rate; as a rule 20 ms, at most one second.
        pcm: Arc<[i16]>,
        /// Made up in place of a lost packet.
        concealed: bool,
    },
    /// Audio is missing, and will not come.
    Gap {
        /// Which leg.
        leg: LegId,
        /// First missing sample.
        from: u64,
        /// One past the last.
        to: u64,
        /// Why.
        cause: GapCause,
    },
    /// A key was pressed. Which one is told only when it is asked for: the digits may be a card's.
    Dtmf {
        /// Which leg.
        leg: LegId,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// A leg, or the call, is held.
    Held {
        /// Which; `None`: all.
        leg: Option<LegId>,
        /// Why.
        reason: HoldReason,
    },
    /// It goes on.
    Resumed {
        /// Which; `None`: all.
        leg: Option<LegId>,
    },
    /// More is known about the call.
    Known(Facts),
    /// How well a leg arrives; sent every few seconds at most.
    Quality {
        /// Which.
        leg: LegId,
        /// Since the call began.
        quality: Quality,
    },
    /// A leg is gone; the call may go on.
    LegLeft {
        /// Which.
        leg: LegId,
    },
    /// The call is over. Nothing follows.
    Ended(EndCause),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_have_limits_and_never_print_themselves() {
        let mut facts = Facts::default();
        facts.set("customer.number", " 19900001111\u{0} ");
        facts.set("queue", "  ");
        facts.set(&"k".repeat(65), "x");
        facts.set("extra.long", &"字".repeat(2_000));
        assert_eq!(facts.get("customer.number"), Some("19900001111"));
        assert_eq!(facts.get("extra.long").unwrap().chars().count(), Facts::VALUE_CHARS_MAX);
        assert_eq!(facts.iter().count(), 2);
        assert!(!format!("{facts:?}").contains("1990"));
        (0..200).for_each(|n| facts.set(&format!("extra.{n}"), "x"));
        assert_eq!(facts.iter().count(), Facts::COUNT_MAX);
        facts.set("customer.number", "19900002222");
        assert_eq!(facts.get("customer.number"), Some("19900002222"));
    }
}
