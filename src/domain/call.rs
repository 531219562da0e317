//! What is known about a call from outside its audio: the sidecar or the PBX's record.

use std::collections::BTreeMap;
use std::fmt;

use super::{CallId, Language, Sensitive};

/// Whose voice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// 坐席: the person who answers for the company.
    Agent,
    /// The person who called, or was called.
    Customer,
    /// A machine: voice menu, announcement, assistant.
    Bot,
    /// Not known, or not surely enough.
    Unknown,
}

impl Party {
    /// The word used in reports and rubrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Party::Agent => "agent",
            Party::Customer => "customer",
            Party::Bot => "bot",
            Party::Unknown => "unknown",
        }
    }

    /// Reads the word used in sidecars and rubrics.
    pub fn parse(text: &str) -> Option<Self> {
        [Party::Agent, Party::Customer, Party::Bot, Party::Unknown]
            .into_iter()
            .find(|party| party.as_str() == text)
    }

    /// Agent for customer and customer for agent; others have no opposite.
    pub const fn opposite(self) -> Option<Self> {
        match self {
            Party::Agent => Some(Party::Customer),
            Party::Customer => Some(Party::Agent),
            Party::Bot | Party::Unknown => None,
        }
    }
}

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// 呼入: the customer called.
    Inbound,
    /// 呼出: the agent called.
    Outbound,
}

impl Direction {
    /// The word used in sidecars, reports and rubrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        }
    }

    /// Reads the word used in sidecars and rubrics.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "inbound" => Some(Direction::Inbound),
            "outbound" => Some(Direction::Outbound),
            _ => None,
        }
    }
}

/// Who called whom, as the words tell it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InferredDirection {
    /// Who called whom.
    pub direction: Direction,
    /// Probability that it is right, as far as the evidence is weighed rightly.
    pub confidence: f32,
}

impl InferredDirection {
    /// How long an opening takes at most, counted from the first word, in milliseconds. Only what begins in it tells.
    pub const OPENING_MS: u64 = 45_000;
}

/// A call's attributes, all optional but the id.
#[derive(Clone, PartialEq)]
pub struct CallInfo {
    /// Names the call in every report.
    pub call_id: CallId,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// 乙方: the company that runs the service.
    pub vendor: Option<String>,
    /// 甲方: the company that is served.
    pub client: Option<String>,
    /// 项目: the contract's unit of work.
    pub project: Option<String>,
    /// 技能组.
    pub queue: Option<String>,
    /// 班组.
    pub team: Option<String>,
    /// The agent's staff number.
    pub agent_id: Option<String>,
    /// The agent's name.
    pub agent_name: Option<Sensitive<String>>,
    /// The customer's telephone number.
    pub customer_number: Option<Sensitive<String>>,
    /// RFC 3339 text, as the sidecar wrote it.
    pub started_at: Option<String>,
    /// Ringing before the answer, in milliseconds.
    pub ring_ms: Option<u64>,
    /// Ring tones before the answer.
    pub rings: Option<u32>,
    /// The language to recognise; absent: detected.
    pub language: Option<Language>,
    /// The party on each channel, in order; absent: inferred.
    pub legs: Option<Vec<Party>>,
    /// What else the sidecar said, as JSON text by key.
    pub extra: BTreeMap<String, String>,
}

/// Staff numbers and whatever a sidecar adds may name people: only what cannot is shown.
impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("call_id", &self.call_id)
            .field("direction", &self.direction)
            .field("language", &self.language)
            .field("legs", &self.legs)
            .finish_non_exhaustive()
    }
}

/// One attribute's value, for rubrics that ask for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A word.
    Text(String),
    /// A number.
    Number(f64),
}

impl CallInfo {
    /// A call of which only the name is known.
    pub fn unknown(call_id: CallId) -> Self {
        Self {
            call_id,
            direction: None,
            vendor: None,
            client: None,
            project: None,
            queue: None,
            team: None,
            agent_id: None,
            agent_name: None,
            customer_number: None,
            started_at: None,
            ring_ms: None,
            rings: None,
            language: None,
            legs: None,
            extra: BTreeMap::new(),
        }
    }

    /// The attribute a rubric names: `direction`, `vendor`, `client`, `project`, `queue`, `team`,
    /// `agent_id`, `ring_s`, `rings`, `language`, or any key under `extra`.
    pub fn attribute(&self, name: &str) -> Option<Attribute> {
        let text = |value: &Option<String>| value.clone().map(Attribute::Text);
        match name {
            "direction" => self.direction.map(|d| Attribute::Text(d.as_str().into())),
            "vendor" => text(&self.vendor),
            "client" => text(&self.client),
            "project" => text(&self.project),
            "queue" => text(&self.queue),
            "team" => text(&self.team),
            "agent_id" => text(&self.agent_id),
            "ring_s" => self.ring_ms.map(|ms| Attribute::Number(ms as f64 / 1000.0)),
            "rings" => self.rings.map(|n| Attribute::Number(f64::from(n))),
            "language" => self.language.as_ref().map(|l| Attribute::Text(l.as_str().into())),
            other => self.extra.get(other).map(|json| match json.parse::<f64>() {
                Ok(number) => Attribute::Number(number),
                Err(_) => Attribute::Text(json.trim_matches('"').to_owned()),
            }),
        }
    }
}
