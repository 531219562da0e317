//! Retention through the real router: what is seen is what goes, and who changed what is on record.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::api::fixture::{As, World};
use crate::domain::{Belongs, Role, Scope};
use crate::store::audit::{AuditFilter, Audited};
use crate::store::fixture::call;

async fn world() -> (World, As) {
    let world = World::new().await;
    let who = world.with_token("admin", Role::Administrator, Scope::All).await;
    for (id, client) in [("c1", "A"), ("c2", "A"), ("c3", "B")] {
        let audio = world.state.ports.blobs.put_bytes(format!("audio of {id}")).await.unwrap();
        let belongs = Belongs { client: Some(client.into()), ..Belongs::default() };
        call(&world.state.store, id, &belongs, "x", Some(audio.name.to_string())).await;
    }
    (world, who)
}

async fn ask(world: &World, who: &As, what: &str, body: Value, status: u16) -> Value {
    let answer = world.ask(who, what, body).await;
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_rule_is_made_changed_and_ended() {
    let (world, who) = world().await;
    let new = json!({ "name": "年", "of": { "client": "A" }, "after_days": 365, "goes": "audio" });
    let rule = ask(&world, &who, "POST /api/v1/retention/rules", new.clone(), 201).await;
    let path = format!("/api/v1/retention/rules/{}", rule["id"].as_str().unwrap());
    for (field, value) in [
        ("goes", json!("some")),
        ("after_days", json!(0)),
        ("of", json!({ "mood": "bad" })),
        ("name", json!(" ")),
    ] {
        let mut wrong = new.clone();
        wrong[field] = value;
        ask(&world, &who, "POST /api/v1/retention/rules", wrong, 422).await;
    }
    let patch = format!("PATCH {path}");
    ask(&world, &who, &patch, json!({ "after_days": 30 }), 428).await;
    let tag = [("if-match", "\"1\"")];
    let changed = world.ask_with(&who, &patch, &tag, json!({ "after_days": 30 })).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""));
    assert_eq!(changed.json()["of"], json!({ "client": "A" }), "what was not named stays");
    let stale = world.ask_with(&who, &patch, &tag, json!({ "after_days": 1 })).await;
    assert_eq!(stale.status.as_u16(), 412);
    let list = ask(&world, &who, "GET /api/v1/retention/rules", Value::Null, 200).await;
    assert_eq!(list["items"][0]["after_days"], 30);
    let end = format!("DELETE {path}");
    assert_eq!(world.ask_with(&who, &end, &tag, Value::Null).await.status.as_u16(), 412);
    let tag = [("if-match", "\"2\"")];
    assert_eq!(world.ask_with(&who, &end, &tag, Value::Null).await.status.as_u16(), 204);
    ask(&world, &who, &format!("GET {path}"), Value::Null, 404).await;
    let deeds = world.state.store.audited(&AuditFilter::default(), 100).await.unwrap();
    let deeds: Vec<&str> = deeds.iter().map(|row: &Audited| row.action.as_str()).collect();
    let mine: Vec<&str> = deeds.into_iter().filter(|deed| deed.starts_with("retention")).collect();
    assert_eq!(mine, ["retention.rule.end", "retention.rule.change", "retention.rule.add"]);
}

#[tokio::test]
async fn what_is_confirmed_is_what_was_shown() {
    let (world, who) = world().await;
    let new = json!({ "name": "A", "of": { "client": "A" }, "after_days": 1, "goes": "audio" });
    ask(&world, &who, "POST /api/v1/retention/rules", new, 201).await;
    let due = ask(&world, &who, "GET /api/v1/retention/due", Value::Null, 200).await;
    assert_eq!((&due["calls"], &due["rules"][0]["calls"]), (&json!(2), &json!(2)));
    let size = "audio of c1".len() * 2;
    assert_eq!(
        (&due["rules"][0]["bytes"], &due["rules"][0]["bytes_of"]),
        (&json!(size), &json!(2))
    );
    assert_eq!(due["rules"][0]["sample"].as_array().unwrap().len(), 2);

    let confirm = json!({ "at": due["at"], "digest": due["digest"] });
    let run = "POST /api/v1/retention/run";
    ask(&world, &who, run, json!({ "at": due["at"], "digest": "00" }), 409).await;
    ask(&world, &who, run, json!({ "at": "2099-01-01T00:00:00Z", "digest": "00" }), 422).await;
    // Nobody carries orders out here: it is as when the service stops.
    ask(&world, &who, run, confirm.clone(), 503).await;

    let hold = json!({ "reason": "诉讼", "calls": { "call_id": "c1" } });
    let hold = ask(&world, &who, "POST /api/v1/retention/holds", hold, 201).await;
    assert_eq!((&hold["count"], &hold["calls"]), (&json!(1), &json!({ "call_id": "c1" })));
    ask(&world, &who, run, confirm, 409).await;
    let due = ask(&world, &who, "GET /api/v1/retention/due", Value::Null, 200).await;
    assert_eq!((&due["calls"], &due["rules"][0]["held"]), (&json!(1), &json!(1)));

    let release = format!("POST /api/v1/retention/holds/{}/release", hold["id"].as_str().unwrap());
    ask(&world, &who, &release, json!({ "reason": "" }), 422).await;
    let released = ask(&world, &who, &release, json!({ "reason": "和解" }), 200).await;
    assert_eq!(released["release_reason"], "和解");
    ask(&world, &who, &release, json!({ "reason": "和解" }), 409).await;
    let open = ask(&world, &who, "GET /api/v1/retention/holds", Value::Null, 200).await;
    assert_eq!(open["items"], json!([]));
    let all =
        ask(&world, &who, "GET /api/v1/retention/holds?released=true", Value::Null, 200).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}
