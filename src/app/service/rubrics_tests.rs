//! Rubrics of a running service: versions over restarts, publishing, explaining and backtesting, with chats.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::tests::{enter_with, until_ended};
use super::*;
use crate::access::Secret;
use crate::api::fixture::{As, request};
use crate::api::router;
use crate::domain::{Role, Scope};
use crate::rubric::{Library, load};
use crate::store::now_us;
use crate::store::people::NewPerson;
use crate::store::rubrics::rubrics as stored;
use crate::store::tokens::Token;

fn text(phrases: &str) -> String {
    format!(
        "rubric: hotline\nversion: 1\ntitle: {{zh: 热线, en: Hotline}}\ncriteria:\n  \
         - {{id: hello, severity: minor, met: {{phrase: [您好], by: agent}}}}\n  \
         - {{id: brush_off, severity: critical, violated_by: {{phrase: [{phrases}], by: agent}}}}\n"
    )
}

fn offered(text: &str) -> Vec<Rubric> {
    vec![load("hotline.yaml", text, &Library::default()).unwrap()]
}

async fn start(data: &Path, rubrics: Vec<Rubric>) -> Service {
    Service::start(Config::under(data), rubrics).await.unwrap()
}

/// `id version active origin?` of each.
async fn state(service: &Service) -> Vec<String> {
    let all = stored(&service.store).await.unwrap();
    let told = |one: &crate::store::rubrics::RubricRow| {
        let from = if one.newest.origin.is_some() { "file" } else { "person" };
        format!("{} {} {} {from}", one.id, one.newest.version, one.active)
    };
    all.iter().map(told).collect()
}

async fn someone(service: &Service, role: Role, scope: Scope) -> As {
    let secret = Secret::draw("lt_");
    let tx = service.store.begin().await.unwrap();
    let login = format!("{}-{}", role.as_str(), now_us());
    let new =
        NewPerson { login: login.clone(), name: login, role, scope, password: None, subject: None };
    let person = tx.add_person(now_us(), &new).await.unwrap().id;
    let token = Token {
        id: String::new(),
        person,
        name: "test".into(),
        scopes: vec!["all".into()],
        created_us: now_us(),
        used_us: None,
        expires_us: None,
        revoked_us: None,
    };
    tx.add_token(&secret.hash(), &token).await.unwrap();
    tx.commit().await.unwrap();
    As::Token(secret.reveal().to_owned())
}

async fn ask(app: &Router, who: &As, what: &str, etag: &str, body: Value) -> (u16, String, Value) {
    let request = request(who, what, &[("if-match", etag)], body);
    let response = app.clone().oneshot(request).await.unwrap();
    let tag = response.headers().get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, tag, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A chat in which the agent says that; gives the call's id.
async fn call(service: &Service, folder: &Path, name: &str, said: &str, client: &str) -> String {
    let path = folder.join(format!("{name}.csv"));
    let text = format!(
        "time,speaker,text\n2026-11-01T10:00:00+08:00,坐席,您好，{name}\n\
         2026-11-01T10:00:20+08:00,客户,我的电话是19900006136\n2026-11-01T10:00:50+08:00,坐席,{said}\n"
    );
    fs::write(&path, text).unwrap();
    let facts = json!({"client": client, "agent": {"id": name}}).to_string();
    let entry = enter_with(service, &path, &facts).await;
    until_ended(service, std::slice::from_ref(&entry)).await;
    let entry = crate::store::ledger::entry(&service.store, &entry).await.unwrap();
    entry.call_id.unwrap_or_else(|| panic!("{:?}", entry.why))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_a_new_version_and_an_unchanged_one_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = text("自己去查");
    let service = start(&data, offered(&first)).await;
    assert_eq!(state(&service).await, ["hotline 1 true file"]);
    let admin = someone(&service, Role::Administrator, Scope::All).await;
    let app = router(service.api().await.unwrap());
    let body = json!({"text": text("不知道"), "reason": "complaints"});
    let path = "POST /api/v1/rubrics/hotline/versions";
    let (status, _, told) = ask(&app, &admin, path, "\"1\"", body).await;
    assert_eq!(status, 201, "{told}");
    service.end().await.unwrap();

    for (files, expected) in [
        (offered(&first), "hotline 2 true person"),
        // Its own number is no greater than what was published meanwhile.
        (offered(&text("你去查")), "hotline 3 true file"),
        (offered(&text("你去查").replace("version: 1", "version: 9")), "hotline 9 true file"),
        (Vec::new(), "hotline 9 false file"),
        (offered(&text("你去查").replace("version: 1", "version: 9")), "hotline 9 true file"),
    ] {
        let service = start(&data, files).await;
        assert_eq!(state(&service).await, [expected]);
        let plan = service.analyst.plan().borrow().clone();
        let judges: Vec<u32> = plan.rubrics().map(|one| one.version).collect();
        assert_eq!(judges.len(), usize::from(expected.contains("true")), "{expected}");
        assert!(judges.iter().all(|number| expected.contains(&number.to_string())));
        service.end().await.unwrap();
    }
    let twice = [offered(&first), offered(&first)].concat();
    let refused = Service::start(Config::under(&data), twice).await;
    assert!(matches!(refused, Err(ServeError::Rubrics(RubricsError::Twice(_)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_rubrics_come_with_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for _ in 0..2 {
        let service = start(&data, crate::rubric::built_in().unwrap()).await;
        let ids: Vec<&str> = crate::rubric::built_in_ids().collect();
        let all = stored(&service.store).await.unwrap();
        assert_eq!(all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ids);
        assert!(all.iter().all(|one| one.newest.version == 1 && one.reason.contains("came with")));
        // What is kept is what judges, to the digest.
        for one in rubrics::in_force(&service.store, &[]).await.unwrap() {
            let row = all.iter().find(|row| row.id == one.id.as_str()).unwrap();
            assert_eq!(row.newest.digest, one.digest);
        }
        service.end().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_judged_by_what_was_published_and_old_ones_keep_their_scorecards() {
    let folder = tempfile::tempdir().unwrap();
    let service = start(&folder.path().join("data"), offered(&text("自己去查"))).await;
    let app = router(service.api().await.unwrap());
    let admin = someone(&service, Role::Administrator, Scope::All).await;
    let reviewer = someone(&service, Role::Reviewer, Scope::All).await;
    let old =
        call(&service, folder.path(), "old", "这个我不知道，您的电话19900006136对吗", "A").await;
    let card = async |id: &str| service.store.cards(id).await.unwrap().remove(0);
    assert_eq!((card(&old).await.version, card(&old).await.verdict.as_str()), (1, "pass"));

    let draft = text("我不知道");
    let body = json!({"text": draft, "reason": "complaints"});
    let path = "POST /api/v1/rubrics/hotline/versions";
    let (status, etag, told) = ask(&app, &admin, path, "\"1\"", body).await;
    assert_eq!((status, &told["version"]), (201, &json!(2)), "{told}");
    let new = call(&service, folder.path(), "new", "这个我不知道", "A").await;
    assert_eq!((card(&new).await.version, card(&new).await.verdict.as_str()), (2, "critical"));
    assert_eq!(card(&old).await.version, 1);

    // Each is explained by the version that judged it, with numbers starred.
    let explain = async |id: &str| {
        let path = format!("GET /api/v1/calls/{id}/explain?rubric=hotline&criterion=brush_off");
        let (status, _, told) = ask(&app, &reviewer, &path, "", Value::Null).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["criteria"].as_array().unwrap().len(), 1);
        told["criteria"][0].clone()
    };
    let (before, after) = (explain(&old).await, explain(&new).await);
    assert_eq!((&before["version"], &before["verdict"]), (&json!(1), &json!("met")), "{before}");
    assert_eq!((&after["version"], &after["verdict"]), (&json!(2), &json!("not_met")), "{after}");
    let node = &after["parts"][0]["condition"];
    assert_eq!(
        (&node["value"], &after["parts"][0]["part"]),
        (&json!("true"), &json!("violated_by"))
    );
    assert_eq!(node["evidence"][0]["quote"], "我不知道", "{node}");
    assert!(node["evidence"][0]["start_ms"].is_u64() && node["evidence"][0]["leg"].is_u64());
    let path = format!("GET /api/v1/calls/{old}/explain");
    let whole = ask(&app, &reviewer, &path, "", Value::Null).await.2;
    assert!(!whole.to_string().contains("19900006136"), "{whole}");
    for (query, status) in [("rubric=other", 404), ("criterion=other", 404), ("at_s=1", 200)] {
        let path = format!("{path}?{query}");
        assert_eq!(ask(&app, &reviewer, &path, "", Value::Null).await.0, status, "{query}");
    }

    // A decision on an old call is counted by the rules that judged it.
    let tag = ask(&app, &reviewer, &format!("GET /api/v1/calls/{old}"), "", Value::Null).await.1;
    let body = json!({
        "rubric": "hotline", "criterion": "brush_off", "decision": "overturn", "comment": "rude",
    });
    let path = format!("POST /api/v1/calls/{old}/decisions");
    let (status, _, told) = ask(&app, &reviewer, &path, &tag, body).await;
    assert_eq!(
        (status, &told["scorecards"][0]["human_verdict"]),
        (201, &json!("critical")),
        "{told}"
    );

    // Withdrawn, it judges nobody; and what judged a call is told when it is gone.
    let body = json!({"active": false, "reason": "over"});
    let (status, ..) = ask(&app, &admin, "PUT /api/v1/rubrics/hotline/active", &etag, body).await;
    assert_eq!(status, 200);
    let none = call(&service, folder.path(), "none", "这个我不知道", "A").await;
    assert!(service.store.cards(&none).await.unwrap().is_empty());
    let gone = "UPDATE rubric_version SET digest = 'lost' WHERE version = 1";
    crate::store::fixture::execute(&service.store, gone).await;
    let path = format!("GET /api/v1/calls/{old}/explain?rubric=hotline");
    let (status, _, told) = ask(&app, &reviewer, &path, "", Value::Null).await;
    assert_eq!(status, 409, "{told}");
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_tells_what_a_draft_would_change_of_the_callers_calls() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = start(&data, offered(&text("自己去查"))).await;
    let app = router(service.api().await.unwrap());
    let reviewer = someone(&service, Role::Reviewer, Scope::All).await;
    let belongs = crate::domain::Belongs { client: Some("A".into()), ..Default::default() };
    let client = Scope::Of(vec![crate::domain::Grant(belongs)]);
    let client = someone(&service, Role::Client, client).await;
    let mut ids = Vec::new();
    for (name, said, client) in [
        ("rude", "我不知道19900006136是谁", "A"),
        ("ruder", "我不知道，你自己去查", "A"),
        ("kind", "马上为您查询", "A"),
        ("other", "我不知道", "B"),
    ] {
        ids.push(call(&service, folder.path(), name, said, client).await);
    }
    // People say that the first was a violation, which the old rubric misses.
    let tag =
        ask(&app, &reviewer, &format!("GET /api/v1/calls/{}", ids[0]), "", Value::Null).await.1;
    let body = json!({
        "rubric": "hotline", "criterion": "brush_off", "decision": "overturn", "comment": "rude",
    });
    let path = format!("POST /api/v1/calls/{}/decisions", ids[0]);
    assert_eq!(ask(&app, &reviewer, &path, &tag, body).await.0, 201);

    let backtest = async |who: &As, body: Value| {
        let path = "POST /api/v1/rubrics/hotline/backtests";
        let (status, _, told) = ask(&app, who, path, "", body).await;
        assert_eq!(status, 202, "{told}");
        let path =
            format!("GET /api/v1/rubrics/hotline/backtests/{}", told["id"].as_str().unwrap());
        let begun = Instant::now();
        loop {
            let (_, _, told) = ask(&app, who, &path, "", Value::Null).await;
            if told["state"] == "done" {
                return told;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{told}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let draft = text("我不知道19900006136, 我不知道, 自己去查");
    let told = backtest(&reviewer, json!({"text": draft})).await;
    assert_eq!((&told["done"], &told["total"]), (&json!(4), &json!(4)), "{told}");
    let result = &told["result"];
    assert_eq!(
        (&result["calls"], &result["moved"], &result["broken"]),
        (&json!(4), &json!(2), &json!(0)),
        "{result}"
    );
    assert_eq!(result["before"]["verdicts"], json!({"pass": 3, "critical": 1}));
    assert_eq!(result["after"]["verdicts"], json!({"pass": 1, "critical": 3}));
    assert_eq!(result["verdicts"], json!([{"from": "pass", "to": "critical", "calls": 2}]));
    let flip = &result["flips"][0];
    assert_eq!(
        (&flip["criterion"], &flip["from"], &flip["to"]),
        (&json!("brush_off"), &json!("met"), &json!("not_met"))
    );
    let samples = flip["samples"].as_array().unwrap();
    let named: Vec<&str> = samples.iter().map(|one| one["call"].as_str().unwrap()).collect();
    let first = samples.iter().find(|one| one["call"] == ids[0].as_str()).unwrap();
    let shown =
        ask(&app, &reviewer, &format!("GET /api/v1/calls/{}", ids[0]), "", Value::Null).await.2;
    assert_eq!((&first["agent"], &first["started"]), (&json!("rude"), &shown["started"]));
    assert!(shown["started"].is_string(), "{shown}");
    assert!(named.contains(&ids[0].as_str()) && named.contains(&ids[3].as_str()), "{flip}");
    assert!(!told.to_string().contains("19900006136"), "{told}");
    let criterion = &result["criteria"][0];
    assert_eq!(criterion["before"]["missed"], 1, "{criterion}");
    assert_eq!(
        (&criterion["after"]["found"], &criterion["after"]["recall"]),
        (&json!(1), &json!(1.0))
    );
    assert_eq!(result["agents"].as_array().unwrap().len(), 2);

    // Who sees one client's calls compares those; and the calls' own scorecards will do as well.
    let told = backtest(&client, json!({"text": draft, "versus": "scored"})).await;
    assert_eq!(
        (&told["result"]["calls"], &told["result"]["moved"]),
        (&json!(3), &json!(1)),
        "{told}"
    );
    assert!(!told.to_string().contains(&ids[3]));
    let told =
        backtest(&reviewer, json!({"text": draft, "calls": {"client": "B"}, "limit": 9})).await;
    assert_eq!(
        (&told["result"]["calls"], &told["result"]["moved"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
    service.end().await.unwrap();
}
