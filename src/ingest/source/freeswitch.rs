//! FreeSWITCH's call records: what `mod_json_cdr` and `mod_xml_cdr` write.
//!
//! In: the text of one. Out: the facts in it, by its channel variables. They hold far more than is wanted, among it
//! what nobody should keep: only what is named here is taken.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::facts::{Facts, time};

/// Levels of elements.
const DEPTH_MAX: usize = 32;

/// Variables that are kept as they are.
const EXTRA: &[&str] = &["uuid", "hangup_cause", "domain_name", "sip_call_id", "cc_member_uuid"];

/// Whether a JSON text is such a record.
pub(super) fn is_record(text: &str) -> bool {
    text.contains("\"variables\"")
        && (text.contains("\"callflow\"") || text.contains("\"channel_data\""))
}

/// Reads a record in JSON. Its values are percent-encoded unless it says otherwise.
pub(super) fn json(text: &str) -> Result<Facts, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        format!("line {}, column {}: not valid JSON", error.line(), error.column())
    })?;
    let mut known = BTreeMap::new();
    for place in ["/callflow/0/caller_profile", "/callflow/caller_profile", "/variables"] {
        for (name, value) in value.pointer(place).and_then(Value::as_object).into_iter().flatten() {
            if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                known.insert(name.clone(), decoded(text));
            }
        }
    }
    Ok(facts(&known, &TimeZone::UTC))
}

/// Reads a record in XML.
pub(super) fn xml(text: &str, zone: &TimeZone) -> Result<Facts, String> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut known = BTreeMap::new();
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|_| format!("not valid XML at byte {at}"))? {
            Event::Start(element) => {
                path.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
                if path.len() > DEPTH_MAX {
                    return Err("its elements are nested too deeply".into());
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                let within =
                    |name: &str| path.iter().rev().nth(1).is_some_and(|outer| outer == name);
                if let (Some(name), true) =
                    (path.last(), within("variables") || within("caller_profile"))
                {
                    let text = String::from_utf8_lossy(&text).trim().to_owned();
                    if !text.is_empty() {
                        // Variables come before the profile, and know better.
                        known.entry(name.clone()).or_insert_with(|| decoded(&text));
                    }
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match known.is_empty() {
        true => Err("it is no call record of FreeSWITCH".into()),
        false => Ok(facts(&known, zone)),
    }
}

fn facts(known: &BTreeMap<String, String>, zone: &TimeZone) -> Facts {
    let get = |names: &[&str]| -> &str {
        names.iter().find_map(|name| known.get(*name)).map_or("", String::as_str)
    };
    let mut facts = Facts::default();
    // The leg's own `direction` says how it met the switch; FusionPBX's says how it met the company.
    let direction = get(&["call_direction"]);
    let direction = if direction.is_empty() { get(&["direction"]) } else { direction };
    facts.set_word("direction", direction, zone);
    let (caller, called) = (get(&["caller_id_number"]), get(&["destination_number"]));
    match facts.get("direction") {
        Some("outbound") => {
            facts.set("customer.number", called);
            facts.set("agent.id", get(&["cc_agent", "extension", "user_name", "caller_id_number"]));
        }
        _ => {
            facts.set("customer.number", caller);
            facts.set("agent.id", get(&["cc_agent", "last_sent_callee_id_number", "dialed_user"]));
        }
    }
    facts.set("queue", get(&["cc_queue"]));
    let start = get(&["start_epoch"]);
    facts.set("started_at", &time(start, zone).unwrap_or_default());
    let seconds = |name: &str| get(&[name]).parse::<u64>().ok().filter(|at| *at > 0);
    if let (Some(start), Some(answer)) = (seconds("start_epoch"), seconds("answer_epoch")) {
        facts.set_word("ring_s", &answer.saturating_sub(start).to_string(), zone);
    }
    for name in EXTRA {
        facts.set(&format!("extra.{name}"), get(&[name]));
    }
    facts
}

/// `%E5%BC%A0` to `张`; what is no such thing stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut ix = 0;
    while ix < bytes.len() {
        let hex = text.get(ix + 1..ix + 3).filter(|_| bytes[ix] == b'%');
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                ix += 3;
            }
            None => {
                out.push(bytes[ix]);
                ix += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
