//! What is known of a live call, in a sidecar's form.
//!
//! In: facts from the source, its defaults, and whose voices its legs are. Out: the sidecar's JSON, and the [`CallInfo`] that it
//! says: the same while the call goes on and when its recording is analysed.

use serde_json::{Map, Value, json};

use crate::domain::{CallId, CallInfo};
use crate::live::{Facts, LegRole};
use crate::session::{PACING, Pacing};
use crate::wire::sidecar::{self, parse_sidecar};

/// Facts whose values are numbers in a sidecar.
const NUMBERS: [&str; 2] = ["ring_s", "rings"];

/// A sidecar for a call of that id.
pub(super) fn sidecar(id: &str, facts: &Facts, started_us: i64, roles: &[LegRole]) -> String {
    let mut all = Map::new();
    // Ours comes first: what a source calls by the same name does not change how its calls are heard.
    put(&mut all, &format!("extra.{PACING}"), Pacing::Live.as_str().into());
    for (key, value) in facts.iter() {
        let value = match NUMBERS.contains(&key) {
            true => match (value.parse::<u32>(), value.parse::<f64>()) {
                (Ok(whole), _) => whole.into(),
                (Err(_), Ok(number)) => number.into(),
                (Err(_), Err(_)) => Value::Null,
            },
            false => Value::from(value),
        };
        let key = match (sidecar::FACTS.contains(&key), key.strip_prefix("extra.")) {
            (true, _) => key.to_owned(),
            (false, bare) => format!("extra.{}", bare.unwrap_or(key)),
        };
        put(&mut all, &key, value);
    }
    // Ours, whatever the source calls it: so that its recording is found by the same name.
    all.insert("call_id".into(), id.into());
    if let Ok(at) = jiff::Timestamp::from_microsecond(started_us) {
        put(&mut all, "started_at", at.to_string().into());
    }
    let party = |role: &LegRole| match role {
        LegRole::Agent => Some("agent"),
        LegRole::Customer => Some("customer"),
        LegRole::Bot => Some("bot"),
        LegRole::Mixed | LegRole::Unknown => None,
    };
    let legs: Option<Vec<&str>> = roles.iter().map(party).collect();
    if let Some(legs) = legs.filter(|legs| !legs.is_empty()) {
        all.insert("legs".into(), json!(legs));
    }
    Value::from(all).to_string()
}

/// What is set first stays.
fn put(all: &mut Map<String, Value>, key: &str, value: Value) {
    let Some((outer, inner)) = key.split_once('.') else {
        all.entry(key).or_insert(value);
        return;
    };
    let below = all.entry(outer).or_insert_with(|| Map::new().into());
    if let Some(below) = below.as_object_mut() {
        below.entry(inner).or_insert(value);
    }
}

/// What a sidecar of ours says; where a source's fact makes it unreadable, the call's id alone.
pub(super) fn info(id: &str, sidecar: &str) -> CallInfo {
    let fallback = CallId::new(id).expect("a UUID names a report");
    match parse_sidecar(sidecar, &fallback) {
        Ok(read) => read.info,
        Err(error) => {
            tracing::warn!(%error, call = id, "what its source says of a call cannot be used");
            CallInfo::unknown(fallback)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Direction, Party};

    #[test]
    fn facts_stand_where_a_sidecar_has_them() {
        let mut facts = Facts::default();
        for (key, value) in [
            ("agent.id", "3105"),
            ("customer.number", "19900001111"),
            ("direction", "inbound"),
            ("queue", "售后"),
            ("rings", "2"),
            ("ucid", "00FA"),
            ("extra.campaign", "x"),
            ("extra.pacing", "recorded"),
            ("call_id", "../../etc"),
        ] {
            facts.set(key, value);
        }
        let id = "0192aaaa-0000-7000-8000-000000000001";
        let roles = [LegRole::Customer, LegRole::Agent];
        let text = sidecar(id, &facts, 1_700_000_000_000_000, &roles);
        let info = info(id, &text);
        assert_eq!(info.call_id.as_str(), id);
        assert_eq!((info.agent_id.as_deref(), info.rings), (Some("3105"), Some(2)));
        assert_eq!(info.direction, Some(Direction::Inbound));
        assert_eq!(info.legs, Some(vec![Party::Customer, Party::Agent]));
        assert_eq!(
            (info.extra["ucid"].as_str(), info.extra["campaign"].as_str()),
            ("\"00FA\"", "\"x\"")
        );
        assert_eq!(Pacing::of(&info), Pacing::Live);
        let unknown = sidecar(id, &Facts::default(), 0, &[LegRole::Agent, LegRole::Unknown]);
        assert_eq!(super::info(id, &unknown).legs, None);
        assert_eq!(Pacing::of(&super::info(id, &unknown)), Pacing::Live);
    }

    #[test]
    fn a_fact_that_cannot_be_leaves_the_call_its_id() {
        let mut facts = Facts::default();
        facts.set("direction", "sideways");
        let id = "0192aaaa-0000-7000-8000-000000000001";
        assert_eq!(info(id, &sidecar(id, &facts, 0, &[])).direction, None);
    }
}
