//! Rubrics over HTTP, without a service behind: what is asked, answered and refused.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::api::fixture::{Answer, As, World};
use crate::domain::{Role, Scope};

const TEXT: &str = "rubric: hotline
version: 1
title: {zh: 热线, en: Hotline}
language: zh
sections:
  opening: 开场
criteria:
  - id: hello
    title: {zh: 问候, en: Greeting}
    section: opening
    severity: minor
    weight: 2
    met: {phrase: [您好], by: agent}
  - id: no_brush_off
    severity: major
    penalty: [5, 10]
    violated_by: {phrase: [你自己去查], by: agent}
";

async fn people(world: &World) -> (As, As) {
    let admin = world.with_token("admin", Role::Administrator, Scope::All).await;
    (admin, world.with_token("reviewer", Role::Reviewer, Scope::All).await)
}

async fn publish(world: &World, who: &As, etag: &str, text: &str) -> Answer {
    let body = json!({"text": text, "reason": "a reason"});
    let path = "POST /api/v1/rubrics/hotline/versions";
    world.ask_with(who, path, &[("if-match", etag)], body).await
}

#[tokio::test]
async fn versions_are_published_compared_and_restored() {
    let world = World::new().await;
    let (admin, reviewer) = people(&world).await;
    let new = json!({"text": TEXT, "reason": "our own"});
    assert_eq!(world.ask(&reviewer, "POST /api/v1/rubrics", new.clone()).await.status, 403);
    let made = world.ask(&admin, "POST /api/v1/rubrics", new.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(world.ask(&admin, "POST /api/v1/rubrics", new).await.status, 409);

    let read = world.ask(&reviewer, "GET /api/v1/rubrics/hotline", Value::Null).await;
    let body = read.json();
    assert_eq!((&body["version"], &body["reason"]), (&json!(1), &json!("our own")));
    assert_eq!(body["text"], TEXT);
    let criteria = &body["outline"]["criteria"];
    assert_eq!(criteria[0]["title"], json!({"zh": "问候", "en": "Greeting"}));
    assert_eq!(criteria[0]["section"], "opening");
    assert_eq!(criteria[0]["condition"]["asks"], json!({"phrase": ["您好"], "by": "agent"}));
    assert_eq!(
        (&criteria[1]["rule"], &criteria[1]["severity"]),
        (&json!("violated_by"), &json!("major"))
    );
    let first = read.header("etag").to_owned();

    // The number is written into the text, so that scorecards tell it.
    let stricter = TEXT.replace("[您好]", "[您好, 早上好]").replace("weight: 2", "weight: 3");
    assert_eq!(publish(&world, &admin, "", &stricter).await.status, 412);
    let answer = publish(&world, &admin, &first, &stricter).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["version"]),
        (201, &json!(2)),
        "{}",
        answer.text
    );
    // Who edited the first version sees that somebody was quicker.
    assert_eq!(publish(&world, &admin, &first, TEXT).await.status, 412);
    let second = answer.header("etag").to_owned();
    let text = world.ask(&reviewer, "GET /api/v1/rubrics/hotline/versions/2", Value::Null).await;
    let text = text.json()["text"].as_str().unwrap().to_owned();
    assert_eq!(text, stricter.replace("version: 1", "version: 2"));
    assert_eq!(publish(&world, &admin, &second, &text).await.status, 422, "nothing has changed");
    let other = text.replace("hotline", "other");
    assert_eq!(publish(&world, &admin, &second, &other).await.status, 422);
    let broken = publish(&world, &admin, &second, &text.replace("met:", "mett:")).await;
    assert_eq!(broken.status, 422);
    assert!(
        broken.json()["detail"].as_str().unwrap().contains("did you mean `met`"),
        "{}",
        broken.text
    );

    let path = "GET /api/v1/rubrics/hotline/diff?from=1&to=2";
    let changes = world.ask(&reviewer, path, Value::Null).await.json()["changes"].clone();
    let of =
        |kind: &str| changes.as_array().unwrap().iter().find(|one| one["change"] == kind).cloned();
    assert_eq!(of("phrases").unwrap()["added"], json!(["早上好"]), "{changes}");
    assert!(
        changes.to_string().contains(r#""change":"value","name":"weight","before":"2""#),
        "{changes}"
    );

    let back = "POST /api/v1/rubrics/hotline/versions/1/restore";
    let why = json!({"reason": "too strict"});
    let answer = world.ask_with(&admin, back, &[("if-match", &second)], why).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["version"]),
        (201, &json!(3)),
        "{}",
        answer.text
    );
    let path = "GET /api/v1/rubrics/hotline/diff?from=1&to=3";
    let changes = world.ask(&reviewer, path, Value::Null).await.json()["changes"].clone();
    let heads = changes.as_array().unwrap().iter().all(|one| one["of"] == "version");
    assert!(heads, "{changes}");
    let page =
        world.ask(&reviewer, "GET /api/v1/rubrics/hotline/versions?limit=2", Value::Null).await;
    let page = page.json();
    assert_eq!(page["items"][0]["version"], 3);
    let next =
        format!("GET /api/v1/rubrics/hotline/versions?cursor={}", page["next"].as_str().unwrap());
    assert_eq!(world.ask(&reviewer, &next, Value::Null).await.json()["items"][0]["version"], 1);

    let off = json!({"active": false, "reason": "season is over"});
    let path = "PUT /api/v1/rubrics/hotline/active";
    assert_eq!(
        world.ask_with(&admin, path, &[("if-match", &second)], off.clone()).await.status,
        412
    );
    let third = answer.header("etag");
    let answer = world.ask_with(&admin, path, &[("if-match", third)], off).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["active"]), (200, &json!(false)));
    assert!(world.state.store.rubrics_in_force().await.unwrap().is_empty());
    let deeds = world.ask(&admin, "GET /api/v1/audit", Value::Null).await.text;
    for (word, times) in [("rubric.publish", 3), ("rubric.withdraw", 1)] {
        assert_eq!(deeds.matches(word).count(), times, "{deeds}");
    }
}

#[tokio::test]
async fn a_draft_is_checked_with_places_in_both_languages() {
    let world = World::new().await;
    let (_, reviewer) = people(&world).await;
    let check = async |text: &str| {
        let answer =
            world.ask(&reviewer, "POST /api/v1/rubrics/check", json!({"text": text})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let sound = check(TEXT).await;
    assert_eq!((&sound["sound"], &sound["diagnostics"]), (&json!(true), &json!([])));
    assert_eq!(sound["outline"]["criteria"][1]["id"], "no_brush_off");
    assert!(sound["formatted"].as_str().unwrap().starts_with("rubric: hotline\n"));

    let wrong = check(&TEXT.replace("severity: major", "severity: majr")).await;
    let one = &wrong["diagnostics"][0];
    assert_eq!(wrong["sound"], false);
    assert_eq!(
        (&one["line"], &one["column"], &one["length"]),
        (&json!(15), &json!(15), &json!(4)),
        "{one}"
    );
    assert_eq!(one["suggestion"], "major");
    assert_eq!(one["message"]["zh"], "没有名为 `majr` 的严重程度，是否为 `major`？");
    assert_eq!(one["message"]["en"], "there is no severity `majr`; did you mean `major`?");

    let none = check("rubric: [").await;
    assert!(none["formatted"].is_null() && none["diagnostics"][0]["level"] == "error", "{none}");
}

#[tokio::test]
async fn a_draft_is_tested_with_dialogues() {
    let world = World::new().await;
    let (_, reviewer) = people(&world).await;
    let test = async |text: &str, dialogues: Option<&str>| {
        let body = json!({"text": text, "dialogues": dialogues});
        let answer = world.ask(&reviewer, "POST /api/v1/rubrics/test", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let dialogues = "dialogues:\n  - name: good\n    turns: [{agent: 您好}, {customer: 你好}]\n    met: [hello]\n  \
                     - name: bad\n    turns: [{agent: 你自己去查吧}]\n    met: [no_brush_off]\n";
    let tried = test(TEXT, Some(dialogues)).await;
    assert_eq!((&tried["dialogues"], &tried["failed"]), (&json!(2), &json!(1)), "{tried}");
    let bad = &tried["results"][1];
    assert_eq!(
        (&bad["name"], &bad["from"], &bad["line"]),
        (&json!("bad"), &json!("dialogues"), &json!(5))
    );
    let differs = &bad["mismatches"][0];
    assert_eq!((&differs["want"], &differs["got"]), (&json!("met"), &json!("not_met")));
    assert!(differs["evidence"][0]["quote"].as_str().unwrap().contains("你自己去查"), "{differs}");

    let unknown = test(TEXT, Some(&dialogues.replace("[hello]", "[helo]"))).await;
    assert_eq!(unknown["dialogue_diagnostics"][0]["suggestion"], "hello", "{unknown}");
    assert_eq!(unknown["results"], json!([]));
    let broken = test("rubric: x", None).await;
    assert!(broken["diagnostics"].as_array().unwrap().len() > 1, "{broken}");
    // A built-in rubric has dialogues of its own.
    let (_, text) = crate::rubric::built_in_file("forbidden-language-zh").unwrap();
    let tried = test(text, None).await;
    assert!(
        tried["dialogues"].as_u64().unwrap() > 10 && tried["failed"] == 0,
        "{}",
        tried["failed"]
    );
}

#[tokio::test]
async fn the_line_of_backtests_is_short_and_each_sees_their_own() {
    let world = World::new().await;
    let (admin, reviewer) = people(&world).await;
    let path = "POST /api/v1/rubrics/hotline/backtests";
    let body = json!({"text": TEXT, "calls": {"client": "A", "from": "2026-11-01T00:00:00Z"}});
    let mut ids = Vec::new();
    for _ in 0..4 {
        let answer = world.ask(&reviewer, path, body.clone()).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    let full = world.ask(&reviewer, path, body.clone()).await;
    assert_eq!((full.status.as_u16(), full.header("retry-after")), (429, "30"));
    let one = format!("/api/v1/rubrics/hotline/backtests/{}", ids[2]);
    let seen = world.ask(&reviewer, &format!("GET {one}"), Value::Null).await.json();
    assert_eq!((&seen["state"], &seen["before"]), (&json!("waiting"), &json!(2)), "{seen}");
    for what in [format!("GET {one}"), format!("DELETE {one}")] {
        assert_eq!(world.ask(&admin, &what, Value::Null).await.status, 404);
    }
    assert_eq!(world.ask(&reviewer, &format!("DELETE {one}"), Value::Null).await.status, 204);
    assert_eq!(world.ask(&reviewer, path, body).await.status, 202);
    for (field, value) in [("limit", json!(0)), ("versus", json!("best")), ("text", json!("x"))] {
        let mut body = json!({"text": TEXT});
        body[field] = value;
        assert_eq!(world.ask(&admin, path, body).await.status, 422, "{field}");
    }
}
