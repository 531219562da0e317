//! What a recording client tells of a call, put together: who is on which leg, whose voice that is, and facts.
//!
//! In: requests and their parts, first and later ones, and the rules of the source. Out: the role of each leg and the call's
//! [`Facts`]. Which leg is the agent's stands in no standard: vendors' extensions tell it, or configured numbers, or habits.

use crate::live::sip::message::{Message, parameters, uri, user_and_host};
use crate::live::{Facts, LegRole};

use super::metadata::{self, Metadata, MetadataError, Participant};
use super::multipart::Part;

/// How a source's legs are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleRules {
    /// Agents by number, address (`1001@pbx`) or domain (`@pbx`); `*` at the begin or end stands for anything.
    pub agents: Vec<String>,
    /// Agent and customer are the other way round, where nothing but habit told them.
    pub swapped: bool,
}

/// What is known of a leg outside of the metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegHint {
    /// Its label, `m0`, `m1` for one without.
    pub label: String,
    /// Whether it is the recorded telephone's own end (Cisco's built-in bridge).
    pub near_end: Option<bool>,
    /// The party's address, where a header tells it.
    pub aor: Option<String>,
}

/// A dialog of Cisco's built-in bridge: one end of a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Bridge {
    /// The id that both ends' dialogs have.
    pub call: String,
    /// Whether it is the recorded telephone's end.
    pub near_end: bool,
    /// That end's number.
    pub aor: Option<String>,
}

/// Reads the From of Cisco's built-in bridge.
pub fn bridge(message: &Message) -> Option<Bridge> {
    let from = uri(message.header("from")?);
    let find = |name: &str| {
        parameters(from).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let call = find("x-refci")?.to_owned();
    let near_end = find("x-nearend").is_some();
    let number = find(if near_end { "x-nearendaddr" } else { "x-farendaddr" });
    let own = || user_and_host(from).0.filter(|_| near_end);
    let aor = number.or_else(own).filter(|number| !number.is_empty()).map(str::to_owned);
    (near_end || find("x-farend").is_some()).then_some(Bridge { call, near_end, aor })
}

/// The parties of Cisco's network-based recording by media line.
pub fn cisco_parties(message: &Message) -> Vec<(usize, String)> {
    let values = message.headers("x-cisco-recording-participant").take(8);
    let party = |value: &str| {
        let index = parameters(value).find(|(key, _)| key.eq_ignore_ascii_case("media-index"))?;
        Some((index.1.parse().ok()?, uri(value).to_owned()))
    };
    values.filter_map(party).collect()
}

/// All that is known.
#[derive(Debug, Default)]
pub struct Picture {
    metadata: Metadata,
    headers: Facts,
}

/// Metadata elements that say nothing of the call.
const PLAIN: &[&str] = &[
    "start-time",
    "stop-time",
    "associate-time",
    "group-ref",
    "mode",
    "requestsnapshot",
    "value",
    "recordingtype",
    "recording",
    "content-type",
    "callingparty",
];

/// Names of facts where they differ from what vendors call them.
const RENAMED: &[(&str, &str)] = &[
    ("sipsessionid", "sip_session_id"),
    ("user-to-user", "ucid"),
    ("exttrackingid", "broadworks_tracking_id"),
];

/// Header lines that are facts, besides those that begin with `X-`.
const TELLING: &[&str] = &["user-to-user", "cisco-guid", "session-id"];

fn fact_name(name: &str) -> String {
    if let Some((_, known)) = RENAMED.iter().find(|(vendors, _)| *vendors == name) {
        return format!("extra.{known}");
    }
    let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("extra.{}", name.chars().map(clean).collect::<String>())
}

/// A value without the parameters that say how it is written.
fn fact_value(value: &str) -> &str {
    value.split_once(";encoding=").map_or(value, |(value, _)| value)
}

impl Picture {
    /// Takes a request with its parts.
    ///
    /// # Errors
    /// The metadata is refused; all else has been taken.
    pub fn learn(&mut self, message: &Message, parts: &[Part<'_>]) -> Result<(), MetadataError> {
        for (name, value) in message.all() {
            let telling = TELLING.contains(&name) || name.starts_with("x-");
            if telling && name != "x-cisco-recording-participant" {
                self.headers.set(&fact_name(name), fact_value(value));
            }
        }
        for part in parts {
            if part.kind == "application/gtd" {
                let text = String::from_utf8_lossy(part.body);
                let gci = text.lines().find_map(|line| line.trim().strip_prefix("GCI,"));
                self.headers.set("extra.gci", gci.unwrap_or_default());
            }
            if part.kind.starts_with("application/rs-metadata") {
                self.metadata.merge(metadata::parse(part.body)?);
            }
        }
        Ok(())
    }

    /// The party of each leg: by its label, or by order where labels lead nowhere.
    fn parties<'a>(&'a self, legs: &'a [LegHint]) -> Vec<Party<'a>> {
        let bound: Vec<_> = legs.iter().map(|leg| self.metadata.senders(&leg.label)).collect();
        let nobody = bound.iter().all(Vec::is_empty);
        let present: Vec<_> = self.metadata.present().collect();
        let by_order = nobody && present.len() == legs.len();
        let all_on_one = nobody && legs.len() == 1 && present.len() > 1;
        let party = |(ix, leg): (usize, &'a LegHint)| {
            let own = bound.get(ix).map(Vec::as_slice).unwrap_or_default();
            let person = match own {
                [one] => Some(*one),
                [] if by_order => present.get(ix).copied(),
                _ => None,
            };
            let aor = leg.aor.as_deref().or(person.map(|p| p.aor.as_str()));
            let aor = aor.filter(|aor| !aor.is_empty());
            let mixed = own.len() > 1 || all_on_one;
            Party { label: &leg.label, near_end: leg.near_end, person, aor, mixed }
        };
        legs.iter().enumerate().map(party).collect()
    }

    /// The role of each leg.
    pub fn roles(&self, legs: &[LegHint], rules: &RoleRules) -> Vec<LegRole> {
        let parties = self.parties(legs);
        if parties.iter().any(|party| party.mixed) {
            let role = |p: &Party<'_>| if p.mixed { LegRole::Mixed } else { LegRole::Unknown };
            return parties.iter().map(role).collect();
        }
        let told = self.told_agents(&parties, rules);
        let called = || decide(&parties, &|party| self.is_called(party));
        let told = told.or_else(called);
        let habit = || {
            let turn = |agent: bool| agent != rules.swapped;
            let by_label = decide(&parties, &|party| labelled_agent(party.label));
            let by_order = || match parties.len() {
                2 => Some(vec![false, true]),
                _ => None,
            };
            let habit = by_label.or_else(by_order)?;
            Some(habit.into_iter().map(turn).collect::<Vec<_>>())
        };
        match told.or_else(habit) {
            Some(agents) => agents.into_iter().map(role_of).collect(),
            None => vec![LegRole::Unknown; legs.len()],
        }
    }

    /// Which parties are agents, where something tells it that is no guess.
    fn told_agents(&self, parties: &[Party<'_>], rules: &RoleRules) -> Option<Vec<bool>> {
        let by_pattern = |party: &Party<'_>| {
            let aor = party.aor.filter(|_| !rules.agents.is_empty())?;
            Some(rules.is_agent(aor))
        };
        let ways: [Way<'_>; 3] =
            [&|party| party.near_end, &|party| self.is_recorded(party), &by_pattern];
        ways.iter().find_map(|way| decide(parties, way))
    }

    /// Facts, given the roles of the legs.
    pub fn facts(&self, legs: &[LegHint], roles: &[LegRole], rules: &RoleRules) -> Facts {
        let mut facts = self.headers.clone();
        let own = self.metadata.others.iter();
        let peoples = self.metadata.present().flat_map(|person| person.others.iter());
        for (name, value) in own.chain(peoples) {
            if !PLAIN.contains(&name.as_str()) {
                facts.set(&fact_name(name), fact_value(value));
            }
        }
        let mut parties = self.parties(legs);
        let mut roles = roles.to_vec();
        if roles.contains(&LegRole::Mixed) {
            // Who they are may be known all the same.
            let person = |person| Party { person: Some(person), ..Party::of(&person.aor) };
            parties = self.metadata.present().map(person).collect();
            let agents = self.told_agents(&parties, rules).unwrap_or_default();
            roles = agents.into_iter().map(role_of).collect();
        }
        for (party, role) in parties.iter().zip(&roles) {
            let number = party.aor.map(user_part).unwrap_or_default();
            let name = party.person.map(|p| p.name.as_str()).unwrap_or_default();
            match role {
                LegRole::Agent => {
                    facts.set("agent.id", number);
                    facts.set("agent.name", name);
                }
                LegRole::Customer => {
                    facts.set("customer.number", number);
                    facts.set("extra.customer_name", name);
                }
                _ => {}
            }
        }
        let agents = self.told_agents(&parties, rules);
        facts.set("direction", self.direction(&parties, agents.as_deref()).unwrap_or_default());
        facts
    }

    /// From the agent's side; told by the vendor, or by who called where it is known who the agent is.
    fn direction(&self, parties: &[Party<'_>], agents: Option<&[bool]>) -> Option<&'static str> {
        if let Some(outbound) = self.is_outbound() {
            return Some(if outbound { "outbound" } else { "inbound" });
        }
        let caller = parties.iter().position(|party| self.is_caller(party) == Some(true))?;
        Some(if *agents?.get(caller)? { "outbound" } else { "inbound" })
    }

    fn is_outbound(&self) -> Option<bool> {
        let kind = self.other("calltype")?.to_ascii_lowercase();
        let begins = |words: [&str; 2]| words.iter().any(|word| kind.starts_with(word));
        match (begins(["orig", "out"]), begins(["term", "in"])) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    fn other(&self, name: &str) -> Option<&str> {
        self.metadata.others.get(name).map(String::as_str)
    }

    /// Whether the party is the subscriber whose calls are recorded: the agent.
    fn is_recorded(&self, party: &Party<'_>) -> Option<bool> {
        let number = party.aor.map(user_part)?;
        let subscriber = self.other("userid").or_else(|| self.other("recordedparty"))?;
        Some(user_part(subscriber) == number)
    }

    fn is_caller(&self, party: &Party<'_>) -> Option<bool> {
        if let Some(calling) = party.person.and_then(|p| p.others.get("callingparty")) {
            return Some(calling.eq_ignore_ascii_case("true"));
        }
        let number = party.aor.map(user_part)?;
        let caller = self.other("callingpartynumber").or_else(|| self.other("fromhdr"))?;
        Some(user_part(uri(caller)) == number)
    }

    /// Whether the party was called; of a call whose direction nobody tells, the agent as a rule.
    fn is_called(&self, party: &Party<'_>) -> Option<bool> {
        let outbound = self.is_outbound() == Some(true);
        self.is_caller(party).map(|caller| caller == outbound)
    }
}

/// Tells whether a party is the agent, if it can.
type Way<'a> = &'a dyn Fn(&Party<'_>) -> Option<bool>;

/// A leg with what is known of who speaks on it.
struct Party<'a> {
    label: &'a str,
    near_end: Option<bool>,
    person: Option<&'a Participant>,
    aor: Option<&'a str>,
    mixed: bool,
}

impl<'a> Party<'a> {
    fn of(aor: &'a str) -> Self {
        Self { label: "", near_end: None, person: None, aor: Some(aor), mixed: false }
    }
}

fn role_of(agent: bool) -> LegRole {
    if agent { LegRole::Agent } else { LegRole::Customer }
}

/// Which legs are the agent's, if a way tells one from the other: the only leg, or one of them and not all.
fn decide(parties: &[Party<'_>], way: &dyn Fn(&Party<'_>) -> Option<bool>) -> Option<Vec<bool>> {
    let told: Vec<_> = parties.iter().map(way).collect();
    let agents = told.iter().filter(|agent| **agent == Some(true)).count();
    let others = told.iter().filter(|agent| **agent == Some(false)).count();
    let all = || told.iter().map(|agent| agent.unwrap_or(agents == 0)).collect();
    match parties.len() {
        1 => (agents + others == 1).then(all),
        2 if agents == 1 => Some(all()),
        // Only the customer is known.
        2 if others == 1 && agents == 0 => Some(all()),
        _ => None,
    }
}

fn labelled_agent(label: &str) -> Option<bool> {
    match label.to_ascii_lowercase().as_str() {
        "agent" | "callee" | "b_leg" | "bleg" | "outbound" | "called" => Some(true),
        "customer" | "caller" | "a_leg" | "aleg" | "inbound" | "calling" => Some(false),
        _ => None,
    }
}

/// The number in an address of record, or the text itself.
fn user_part(aor: &str) -> &str {
    let (user, host) = user_and_host(aor.trim());
    user.unwrap_or(host)
}

impl RoleRules {
    /// Whether an address is an agent's by the configured patterns.
    pub fn is_agent(&self, aor: &str) -> bool {
        let (user, host) = user_and_host(aor);
        let user = user.unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        self.agents.iter().any(|pattern| match pattern.split_once('@') {
            Some(("", domain)) => fits(domain, host),
            Some((number, domain)) => fits(number, user) && fits(domain, host),
            None => !user.is_empty() && fits(pattern, user),
        })
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(begin)) => text.starts_with(begin),
        (None, None) => text == pattern,
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
