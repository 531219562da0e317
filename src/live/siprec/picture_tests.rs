//! Recording clients of the field, by what they send: texts of our own after their habits, with numbers nobody has.

use std::fmt::Write as _;

use super::super::{multipart, sdp};
use super::*;

/// What we make of a client's requests, one after the other.
fn told(requests: &str, rules: &RoleRules) -> String {
    let mut picture = Picture::default();
    let mut text = String::new();
    for request in requests.split("=====\n") {
        let message = Message::parse(request.as_bytes()).unwrap();
        let kind = message.header("content-type").unwrap_or_default();
        let parts = multipart::split(kind, &message.body).unwrap();
        picture.learn(&message, &parts).unwrap();
        let sdp = parts.iter().find(|part| part.kind == "application/sdp");
        let media = sdp.map(|part| sdp::parse(&String::from_utf8_lossy(part.body)).media);
        let media = media.unwrap_or_default();
        let parties = cisco_parties(&message);
        let hint = |(ix, medium): (usize, &sdp::Medium)| LegHint {
            label: medium.label.clone().unwrap_or(format!("m{ix}")),
            near_end: None,
            aor: parties.iter().find(|(at, _)| *at == ix).map(|(_, aor)| aor.clone()),
        };
        let mut hints: Vec<_> = media.iter().enumerate().map(hint).collect();
        let bib = bridge(&message);
        hints.extend(bib.map(|b| LegHint {
            label: "m0".into(),
            near_end: Some(b.near_end),
            aor: b.aor,
        }));
        let roles = picture.roles(&hints, rules);
        for (ix, (hint, role)) in hints.iter().zip(&roles).enumerate() {
            let codec = media.get(ix).and_then(|m| m.codec()).map(|(_, c)| c.as_str());
            let held = media.get(ix).is_some_and(|m| !m.is_active());
            let held = if held { " held" } else { "" };
            writeln!(text, "{} {role:?} {}{held}", hint.label, codec.unwrap_or("-")).unwrap();
        }
        for (key, value) in picture.facts(&hints, &roles, rules).iter() {
            writeln!(text, "  {key}={value}").unwrap();
        }
    }
    text
}

/// What we make of a client's requests stands beside them.
#[track_caller]
fn check(requests: &str, agents: &str, expected: &str) {
    let agents = agents.split_whitespace().map(str::to_owned).collect();
    let told = told(requests, &RoleRules { agents, swapped: false });
    assert_eq!(told, expected, "\n{told}");
}

macro_rules! client {
    ($test:ident, $file:literal, $agents:literal) => {
        #[test]
        fn $test() {
            let requests = include_str!(concat!("fixtures/", $file, ".sip"));
            check(requests, $agents, include_str!(concat!("fixtures/", $file, ".told")));
        }
    };
}

client!(oracle_names_the_caller_and_brings_the_second_leg_later, "oracle", "");
client!(cisco_cube_by_siprec, "cube", "");
client!(cisco_cube_by_headers, "cube-nbr", "1001");
client!(cisco_phones_fork_the_near_end, "cucm-near", "");
client!(cisco_phones_fork_the_far_end, "cucm-far", "");
client!(metaswitch_mixes_both_parties, "metaswitch", "");
client!(broadworks_names_its_subscriber_and_pauses_by_address, "broadworks", "");
client!(avaya_brings_the_far_end_by_update, "avaya", "");
client!(ribbon_tells_the_calls_own_headers, "ribbon", "@192.0.2.30");
client!(audiocodes_in_the_old_form, "audiocodes", "");
client!(opensips_tells_little, "opensips", "");
client!(freeswitch_sends_one_mixed_stream, "freeswitch", "");
client!(jambonz_labels_its_legs, "jambonz", "");

#[test]
fn both_ends_of_a_cisco_phone_are_one_call() {
    let calls = [include_str!("fixtures/cucm-near.sip"), include_str!("fixtures/cucm-far.sip")]
        .map(|text| bridge(&Message::parse(text.as_bytes()).unwrap()).unwrap());
    assert_eq!(calls[0].call, calls[1].call);
    assert_eq!((calls[0].near_end, calls[1].near_end), (true, false));
}

#[test]
fn configured_numbers_tell_more_than_habit() {
    let text = include_str!("fixtures/opensips.sip");
    for (agents, swapped, expected) in [
        (vec![], false, "1 Customer pcm_alaw\n2 Agent"),
        (vec![], true, "1 Agent pcm_alaw\n2 Customer"),
        (vec!["10*"], true, "1 Customer pcm_alaw\n2 Agent"),
        (vec!["1990000*"], false, "1 Agent pcm_alaw\n2 Customer"),
        (vec!["1001@*.INVALID"], true, "1 Customer pcm_alaw\n2 Agent"),
        // All are agents: nothing is told by that.
        (vec!["@example.invalid"], true, "1 Agent pcm_alaw\n2 Customer"),
    ] {
        let agents: Vec<_> = agents.into_iter().map(str::to_owned).collect();
        let rules = RoleRules { agents, swapped };
        let told = told(text, &rules);
        assert!(told.starts_with(expected), "{rules:?}\n{told}");
    }
}
