//! What sources call the facts of a call, and what we call them.
//!
//! In: names and values as carriers, PBXs and their administrators write them. Out: [`Facts`] under the sidecar's keys;
//! what nobody knows stands under `extra.`. Telephone numbers become the customer's only when the direction is known.

use serde_json::Value;

use super::event::Facts;

/// Names in the wild, folded to lower case without `_`, `-`, `.` and blanks, and the sidecar's key.
const NAMES: &[(&str, &str)] = &[
    ("agent", "agent.id"),
    ("agentid", "agent.id"),
    ("agentextension", "agent.id"),
    ("agentname", "agent.name"),
    ("customer", "customer.number"),
    ("customernumber", "customer.number"),
    ("customerphone", "customer.number"),
    ("direction", "direction"),
    ("queue", "queue"),
    ("queuename", "queue"),
    ("team", "team"),
    ("vendor", "vendor"),
    ("client", "client"),
    ("project", "project"),
    ("campaign", "project"),
    ("language", "language"),
    ("startedat", "started_at"),
];

/// Depth to which nested values are looked into: `{"call":{"agent":"7"}}`.
const DEPTH_MAX: usize = 3;

/// Notes one fact under our name for it.
pub(super) fn note(facts: &mut Facts, name: &str, value: &str) {
    let folded: String =
        name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    match NAMES.iter().find(|(wild, _)| *wild == folded) {
        Some((_, "direction")) => direction(facts, value),
        Some((_, key)) => facts.set(key, value),
        None => extra(facts, name, value),
    }
}

/// Notes a fact that only its source knows, under `extra.`.
pub(super) fn extra(facts: &mut Facts, name: &str, value: &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String =
        name.trim().chars().take(48).map(|c| if fits(c) { c } else { '_' }).collect();
    if !name.is_empty() {
        facts.set(&format!("extra.{name}"), value);
    }
}

/// Notes all plain values of a JSON object.
pub(super) fn note_json(facts: &mut Facts, object: &Value) {
    walk(facts, object, DEPTH_MAX);
}

fn walk(facts: &mut Facts, object: &Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (name, value) in object.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => note(facts, name, text),
            Value::Number(number) => note(facts, name, &number.to_string()),
            Value::Bool(flag) => note(facts, name, &flag.to_string()),
            Value::Object(_) => walk(facts, value, depth),
            Value::Array(_) | Value::Null => {}
        }
    }
}

fn direction(facts: &mut Facts, value: &str) {
    let value = value.trim().to_lowercase();
    if value.starts_with("in") {
        facts.set("direction", "inbound");
    } else if value.starts_with("out") {
        facts.set("direction", "outbound");
    } else {
        extra(facts, "direction", &value);
    }
}

/// Notes who called whom; which of them is the customer is known with the direction.
pub(super) fn parties(facts: &mut Facts, from: Option<&str>, to: Option<&str>) {
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    extra(facts, "from", from);
    extra(facts, "to", to);
    let customer = match facts.get("direction") {
        Some("inbound") => from,
        Some("outbound") => to,
        _ => "",
    };
    if facts.get("customer.number").is_none() {
        facts.set("customer.number", customer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &[(&str, &str)]) {
        let mut facts = Facts::default();
        note_json(&mut facts, &serde_json::from_str(json).unwrap());
        assert_eq!(facts.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn names_in_the_wild_become_ours() {
        check(
            r#"{"agent_id":"7","agentName":"Wu Min","Queue":"refunds","Direction":"Outbound-API"}"#,
            &[
                ("agent.id", "7"),
                ("agent.name", "Wu Min"),
                ("direction", "outbound"),
                ("queue", "refunds"),
            ],
        );
        check(r#"{"x y":1,"list":[1],"null":null}"#, &[("extra.x_y", "1")]);
        check(r#"{"a":{"b":{"agent":true,"c":{"deep":1}}}}"#, &[("agent.id", "true")]);
        check("[1]", &[]);
    }

    #[test]
    fn the_customer_is_known_with_the_direction() {
        let mut facts = Facts::default();
        parties(&mut facts, Some("100"), Some("19900001111"));
        assert_eq!(facts.get("customer.number"), None);
        note(&mut facts, "direction", "outbound");
        parties(&mut facts, Some("100"), Some("19900001111"));
        assert_eq!(facts.get("customer.number"), Some("19900001111"));
        assert_eq!(facts.get("extra.from"), Some("100"));
    }
}
