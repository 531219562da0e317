//! Calls that go on, in the form in which they leave.
//!
//! In: the floor's pictures. Out: JSON bodies. Times are seconds of the call, personal data is starred out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::floor::{LiveCall, Load};
use crate::api::extract::at;
use crate::store::alerts::AlertRow;
use crate::supervise::Mode;

/// What goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// People talk.
    #[default]
    Live,
    /// On hold.
    Held,
    /// Nothing is recorded, card data as a rule.
    Paused,
    /// It is over; the last words are being recognised.
    Ending,
}

/// A leg.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LegBody {
    /// From 0.
    pub leg: u8,
    /// `agent`, `customer`, `bot`, `unknown`.
    pub party: String,
    /// Whether somebody speaks on it now.
    pub speaking: bool,
    /// Packets that did not come, of all, 0 to 1.
    pub lost_share: f64,
    /// Interarrival jitter in milliseconds.
    pub jitter_ms: f32,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveUtterance {
    /// On which leg.
    pub leg: u8,
    /// By whom.
    pub party: String,
    /// Start.
    pub start_s: f64,
    /// End.
    pub end_s: f64,
    /// Personal data starred out.
    pub text: String,
    /// 0 to 1.
    pub confidence: f32,
    /// It turned out to be nobody's voice, and does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// Who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Supervisor {
    /// Their id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// `listen`, `coach`, `barge`.
    pub mode: String,
    /// Since when.
    pub since: String,
    /// Names this taking part, to change or end it; absent for who listens in the browser.
    pub join_id: Option<String>,
}

/// A criterion that is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Criterion {
    /// The rubric.
    pub rubric: String,
    /// The criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// `met`, `not_met`, `undetermined`, `not_applicable`.
    pub verdict: String,
}

/// A call that goes on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LiveCall)]
pub struct LiveBody {
    /// The id that it has also when it is analysed.
    pub call_id: String,
    /// The way in.
    pub source: String,
    /// Its name there.
    pub native_id: String,
    /// When it began.
    pub started_at: String,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// 坐席.
    pub agent_id: Option<String>,
    /// 班组.
    pub team: Option<String>,
    /// 技能组.
    pub queue: Option<String>,
    /// 乙方.
    pub vendor: Option<String>,
    /// 甲方.
    pub client: Option<String>,
    /// 项目.
    pub project: Option<String>,
    /// What goes on.
    pub state: CallState,
    /// Since it began.
    pub elapsed_s: f64,
    /// Up to where it was heard and recognised.
    pub heard_to_s: f64,
    /// How far recognition is behind.
    pub lag_ms: u64,
    /// Audio that could not be recorded, for want of room on the disk.
    pub lost_s: f64,
    /// Its legs.
    pub legs: Vec<LegBody>,
    /// Seconds that each party talked.
    pub talk_s: Talk,
    /// For how long nobody has spoken.
    pub silence_s: f64,
    /// What was said last.
    pub last: Option<LiveUtterance>,
    /// How much it wants looking at, 0 to 1000.
    pub harm: u32,
    /// Alerts that nobody took on.
    pub alerts_open: usize,
    /// The gravest one.
    pub alert_worst: Option<AlertTitle>,
    /// Who takes part.
    pub supervisors: Vec<Supervisor>,
    /// How it can be joined through the telephone system: `listen`, `coach`, `barge`.
    pub modes: Vec<String>,
    /// Why it cannot be joined in the others, by mode: `no_connector` (its way in has none), `unable` (the connector cannot),
    /// `no_handle` (its source does not say which channel the agent is on).
    pub modes_why: BTreeMap<String, String>,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AlertTitle {
    /// The rubric, or one of those that only alerts are raised by.
    pub rubric: String,
    /// The criterion.
    pub criterion: String,
    /// Its title in the language of its rubric.
    pub title: String,
}

/// Seconds of talk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Talk {
    /// The agent's.
    pub agent: f64,
    /// The customer's.
    pub customer: f64,
}

/// A call that goes on, with what was said in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LiveCallDetail)]
pub struct LiveDetail {
    /// The call.
    #[serde(flatten)]
    pub call: LiveBody,
    /// In time order.
    pub utterances: Vec<LiveUtterance>,
    /// What is being said; may change.
    pub partials: Vec<LiveUtterance>,
    /// What is settled.
    pub criteria: Vec<Criterion>,
    /// The newest first.
    pub alerts: Vec<AlertBody>,
}

/// How the service copes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LiveCapacity)]
pub struct Capacity {
    /// Calls that are let in.
    pub calls: usize,
    /// Calls that go on, of all teams.
    pub going_on: usize,
    /// How far recognition is behind in 95 of 100 calls, in milliseconds.
    pub lag_ms_p95: u64,
    /// Whether calls are recognised: not without a model.
    pub recognised: bool,
    /// Whether text is shown only when an utterance is over, for want of time.
    pub partials_dropped: bool,
}

/// The wall.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LiveWall)]
pub struct Wall {
    /// Those that want looking at first.
    pub calls: Vec<LiveBody>,
    /// How the service copes.
    pub capacity: Capacity,
}

/// An alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertBody {
    /// Its id.
    pub alert_id: String,
    /// In which call.
    pub call_id: String,
    /// When.
    pub at: String,
    /// By which rubric.
    pub rubric: String,
    /// Its version.
    pub version: i64,
    /// By which criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// `critical`, `major`, `minor`, `info`.
    pub severity: String,
    /// What was said, personal data starred out.
    pub quote: Option<String>,
    /// On which leg.
    pub leg: Option<i64>,
    /// From.
    pub start_s: Option<f64>,
    /// To.
    pub end_s: Option<f64>,
    /// 0 to 1.
    pub confidence: f64,
    /// `open`, `acknowledged`, or `withdrawn` where nobody took it on before.
    pub state: &'static str,
    /// Who took it on.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<String>,
    /// What a person said of it.
    pub right: Option<bool>,
    /// And why.
    pub note: Option<String>,
    /// When it was told further because nobody took it on.
    pub escalated_at: Option<String>,
    /// Why nobody was told at once: `cool_down`, `budget`, `quiet_hours`.
    pub held_back: Option<String>,
    /// When the recording's analysis did not bear it out.
    pub withdrawn_at: Option<String>,
    /// What the analysis says instead: `met`, `undetermined`, `not_applicable`.
    pub withdrawn_why: Option<String>,
    /// Where the call is listened to, below the service's address.
    pub listen_url: String,
}

impl AlertBody {
    /// Its form outside.
    pub fn of(row: &AlertRow) -> Self {
        let seconds = |ms: Option<i64>| ms.map(|ms| ms as f64 / 1_000.0);
        Self {
            listen_url: format!("/live/{}?t={}", row.call_id, row.start_ms.unwrap_or(0) / 1_000),
            alert_id: row.id.clone(),
            call_id: row.call_id.clone(),
            at: at(row.at_us),
            rubric: row.rubric.clone(),
            version: row.version,
            criterion: row.criterion.clone(),
            title: row.title.clone(),
            severity: row.severity.clone(),
            quote: row.quote.clone(),
            leg: row.leg,
            start_s: seconds(row.start_ms),
            end_s: seconds(row.end_ms),
            confidence: row.confidence_milli as f64 / 1_000.0,
            state: match (row.acknowledged_us, row.withdrawn_us) {
                (Some(_), _) => "acknowledged",
                (None, Some(_)) => "withdrawn",
                (None, None) => "open",
            },
            acknowledged_by: row.acknowledged_by.clone(),
            acknowledged_at: row.acknowledged_us.map(at),
            right: row.right,
            note: row.note.clone(),
            escalated_at: row.escalated_us.map(at),
            held_back: row.held_back.clone(),
            withdrawn_at: row.withdrawn_us.map(at),
            withdrawn_why: row.withdrawn_why.clone(),
        }
    }
}

impl LiveBody {
    /// A call as it is now.
    pub(super) fn of(call: &LiveCall) -> Self {
        let (belongs, ways) = (call.belongs(), call.ways());
        let mode = |(mode, _): &(Mode, Option<&'static str>)| mode.as_str().to_owned();
        let picture = call.picture();
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        Self {
            call_id: call.id.clone(),
            source: call.source.clone(),
            native_id: call.native_id.clone(),
            started_at: at(call.started_us),
            direction: picture.direction.clone(),
            agent_id: belongs.agent,
            team: belongs.team,
            queue: picture.queue.clone(),
            vendor: belongs.vendor,
            client: belongs.client,
            project: belongs.project,
            state: picture.state,
            elapsed_s: call.started.elapsed().as_millis() as f64 / 1_000.0,
            heard_to_s: seconds(picture.heard_to_ms),
            lag_ms: picture.lag_ms,
            lost_s: seconds(picture.lost_ms),
            legs: picture.legs.clone(),
            talk_s: Talk {
                agent: seconds(picture.talk_ms.0),
                customer: seconds(picture.talk_ms.1),
            },
            silence_s: seconds(picture.silence_ms),
            last: picture.said.values().last().cloned(),
            harm: picture.harm(),
            alerts_open: picture.alerts.open.len(),
            alert_worst: picture.worst().map(|one| one.about.clone()),
            supervisors: picture.supervisors.clone(),
            modes: ways.iter().filter(|(_, why)| why.is_none()).map(mode).collect(),
            modes_why: ways.iter().filter_map(|way| Some((mode(way), way.1?.to_owned()))).collect(),
        }
    }
}

impl Capacity {
    pub(super) fn of(calls: usize, going_on: usize, load: Load) -> Self {
        let Load { lag_ms_p95, recognised, partials_dropped } = load;
        Self { calls, going_on, lag_ms_p95, recognised, partials_dropped }
    }
}
