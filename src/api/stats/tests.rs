//! Figures over HTTP: each opens the calls that it counts, and shows nobody more than their calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::fixture::{As, World};
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::store::audit::AuditFilter;
use crate::store::figures_tests::{execute_all, filled};

async fn world() -> (World, As) {
    let world = World::new().await;
    filled(&world.state.store).await;
    let all = world.with_token("lead", Role::Supervisor, Scope::All).await;
    (world, all)
}

async fn get(world: &World, who: &As, path: &str) -> Value {
    let answer = world.ask(who, &format!("GET {path}"), Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// The ids of the calls that a figure's parameters list.
async fn opened(world: &World, who: &As, filter: &Value) -> Vec<String> {
    let filter: BTreeMap<String, String> = serde_json::from_value(filter.clone()).unwrap();
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let query: Vec<String> = filter.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
    let page = get(world, who, &format!("/api/v1/calls?{}", query.join("&"))).await;
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_line_of_the_inbox_says_what_to_look_at_first() {
    let (world, who) = world().await;
    let page = get(&world, &who, "/api/v1/calls?sort=risk").await;
    let items = page["items"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["id-4", "id-3", "id-2", "id-1"]);
    assert!(items[0].get("worst").is_none());
    let second = &items[2];
    assert_eq!(
        (second["open_violations"].as_i64(), second["open_undetermined"].as_i64()),
        (Some(2), Some(0))
    );
    let worst = json!({"criterion": "closing", "title": "《closing》", "quote": "喂", "leg": 1, "start_s": 0.01, "end_s": 0.5});
    for (name, value) in worst.as_object().unwrap() {
        assert_eq!(&second["worst"][name], value, "{name}");
    }
    for (query, count) in [
        ("failed=closing", 2),
        ("criterion=closing&finding=undetermined", 1),
        ("assigned_to=none", 4),
        ("assigned_to=me", 0),
        ("vendor=V1&kind=call", 2),
        ("project=", 4),
        ("score_min=70&score_max=80", 2),
        ("measure=dead_air_s&at_least=2.5", 2),
        ("problem=clipping&undecided=true", 2),
    ] {
        let page = get(&world, &who, &format!("/api/v1/calls?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    for wrong in ["measure=mood", "at_least=3", "finding=good", "sort=name", "from=today"] {
        let answer = world.ask(&who, &format!("GET /api/v1/calls?{wrong}"), Value::Null).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn every_group_opens_its_violations() {
    let (world, who) = world().await;
    for by in [
        "vendor",
        "agent",
        "project",
        "criterion",
        "week",
        "day",
        "vendor&then=week",
        "criterion&then=vendor",
    ] {
        let found =
            get(&world, &who, &format!("/api/v1/stats/compliance?by={by}&offset_min=480")).await;
        let groups = found["groups"].as_array().unwrap();
        assert!(!groups.is_empty(), "{by}");
        let mut calls = 0;
        for group in groups {
            let open = opened(&world, &who, &group["filter"]).await;
            // No call of the four has one criterion violated twice.
            let once = group.get("rubric").is_some();
            let violations = group["not_met"].as_u64().unwrap() as usize;
            assert!(
                open.len() <= violations && (open.len() == violations || !once),
                "{by}: {group}"
            );
            assert_eq!(open.is_empty(), violations == 0, "{by}: {group}");
            let mut all = group["filter"].clone();
            all.as_object_mut().unwrap().remove("finding");
            calls += opened(&world, &who, &all).await.len() as u64;
            assert_eq!(
                opened(&world, &who, &all).await.len() as u64,
                group["calls"].as_u64().unwrap(),
                "{by}: {group}"
            );
        }
        assert!(calls >= 4, "{by}");
    }
    let found = get(&world, &who, "/api/v1/stats/compliance?by=vendor&criterion=greeting").await;
    let first = &found["groups"][0];
    assert_eq!((&first["key"], &first["name"]), (&json!("V1"), &json!("V1")));
    assert_eq!(first["compliance"]["share"], json!(0.5));
    assert!(
        first["compliance"]["low"].as_f64().unwrap() < 0.5
            && first["compliance"]["high"].as_f64().unwrap() > 0.5
    );
    for wrong in ["by=mood", "by=vendor&then=vendor", "by=vendor&offset_min=900"] {
        let answer =
            world.ask(&who, &format!("GET /api/v1/stats/compliance?{wrong}"), Value::Null).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn every_bar_opens_its_calls() {
    let (world, who) = world().await;
    for measure in ["dead_air_s", "score", "duration_s", "talk_share", "risk", "hold_s"] {
        let found =
            get(&world, &who, &format!("/api/v1/stats/distribution?measure={measure}&by=vendor"))
                .await;
        for spread in found["groups"].as_array().unwrap().iter().chain([&found["all"]]) {
            let mut calls = 0;
            for bin in spread["bins"].as_array().unwrap().iter().filter(|bin| bin["calls"] != 0) {
                let open = opened(&world, &who, &bin["filter"]).await.len() as u64;
                assert_eq!(open, bin["calls"].as_u64().unwrap(), "{measure}: {bin}");
                calls += open;
            }
            assert_eq!(calls, spread["calls"].as_u64().unwrap(), "{measure}");
        }
    }
    let found = get(&world, &who, "/api/v1/stats/distribution?measure=dead_air_s").await;
    assert_eq!(found["all"]["mean"], json!(2.5));
    assert_eq!(found["all"]["quantiles"]["p50"], json!(2.5));
}

#[tokio::test]
async fn the_overview_adds_up() {
    let (world, who) = world().await;
    let found = get(&world, &who, "/api/v1/stats/overview?every=day").await;
    assert_eq!(
        (&found["all"], &found["calls"], &found["chats"]),
        (&json!(4), &json!(3), &json!(1))
    );
    assert_eq!(found["hours"], json!(0.1));
    assert_eq!(found["score_mean"], json!(75.0));
    assert_eq!(found["verdicts"], json!({"fail": 2, "pass": 2}));
    assert_eq!((&found["findings"]["met"], &found["findings"]["not_met"]), (&json!(3), &json!(3)));
    assert_eq!(found["review"]["open_violations"], json!(3));
    let series = found["series"].as_array().unwrap();
    assert_eq!(series.iter().map(|point| point["all"].as_i64().unwrap()).sum::<i64>(), 4);
    assert_eq!(series[0]["begin"], json!("2026-11-16T00:00:00Z"));
}

#[tokio::test]
async fn an_agent_sees_their_own_page_only() {
    let (world, lead) = world().await;
    let own = Grant(Belongs { agent: Some("a3".into()), ..Belongs::default() });
    let agent = world.with_token("a3", Role::Agent, Scope::Of(vec![own])).await;
    let page = get(&world, &agent, "/api/v1/stats/agents/a3").await;
    assert_eq!(
        (&page["agent"], &page["calls"], &page["score_mean"]),
        (&json!("a3"), &json!(2), &json!(65.0))
    );
    assert_eq!(page["weeks"].as_array().unwrap().len(), 2);
    // Of two calls the better one is the best and the other the worst.
    let ids = |key: &str| -> Vec<Value> {
        page[key].as_array().unwrap().iter().map(|call| call["id"].clone()).collect()
    };
    assert_eq!(ids("best"), [json!("id-3")]);
    assert_eq!(ids("worst").len(), 1);
    // Of a team of one the team's figure would be one colleague's.
    assert!(page["criteria"][0].get("team").is_none());
    let other = world.ask(&agent, "GET /api/v1/stats/agents/a1", Value::Null).await;
    assert_eq!(other.status, 404);
    let closed = world.ask(&agent, "GET /api/v1/stats/overview", Value::Null).await;
    assert_eq!(closed.status, 403);
    execute_all(&world.state.store, &["UPDATE call SET vendor = 'V'"]).await;
    let page = get(&world, &lead, "/api/v1/stats/agents/a1").await;
    let greeting = page["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["criterion"] == "greeting")
        .unwrap();
    assert_eq!((&greeting["own"]["met"], &greeting["team"]["met"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn coverage_reconciles_with_the_ledger() {
    let (world, who) = world().await;
    let seen = |id: i64, state: &str, why: &str| {
        format!(
            "INSERT INTO ledger (id, source, path, size, modified_us, state, why, attempts, seen_us, changed_us) \
             VALUES ('{id}', 's', 'f{id}', 10, 1, '{state}', {why}, 1, {}, 1)",
            1_794_787_200_000_000_i64 + id
        )
    };
    let mut all: Vec<String> = (1..=4).map(|id| seen(id, "done", "NULL")).collect();
    all.push(seen(5, "failed", "'/in/a.wav: not a recording'"));
    all.push(seen(6, "failed", "'/in/b.wav: not a recording'"));
    all.push(seen(7, "skipped", "'duplicate of call 0193c7a0-0000-7000-8000-000000000001'"));
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    execute_all(&world.state.store, &all).await;
    let found = get(&world, &who, "/api/v1/stats/coverage").await;
    assert_eq!(
        (&found["files"], &found["bytes"], &found["reconciles"]),
        (&json!(7), &json!(70), &json!(true))
    );
    let totals = get(&world, &who, "/api/v1/ledger/totals").await;
    assert_eq!(found["by_state"], totals["sources"][0]["files"]);
    assert_eq!((&found["calls"]["transcribed"], &found["calls"]["chats"]), (&json!(3), &json!(1)));
    let reason = &found["reasons"][0];
    assert_eq!((&reason["reason"], &reason["files"]), (&json!("… not a recording"), &json!(2)));
    assert_eq!(found["reasons"][1]["reason"], json!("duplicate of call"));
    assert_eq!(found["problems"][0], json!({"problem": "clipping", "calls": 2, "undetermined": 0}));
    let part = get(&world, &who, "/api/v1/stats/coverage?to=2026-11-16T00:00:00Z").await;
    assert_eq!(part["files"], json!(0));
}

#[tokio::test]
async fn reviewers_take_free_calls_and_supervisors_give_them() {
    let (world, lead) = world().await;
    let reviewer = world.person("r1", Role::Reviewer, Scope::All).await;
    let r1 = world.token(&reviewer, &["all"]).await;
    let r2 = world.with_token("r2", Role::Reviewer, Scope::All).await;
    let results = async |who: &As, ids: &[&str], assignee: Value| {
        let body = json!({"call_ids": ids, "assignee": assignee});
        let answer = world.ask(who, "POST /api/v1/reviews", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let json = answer.json();
        let all = json["results"].as_array().unwrap().iter();
        all.map(|one| one["result"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        results(&r1, &["id-1", "id-2", "none"], json!("me")).await,
        ["assigned", "assigned", "not_found"]
    );
    assert_eq!(results(&r1, &["id-1"], json!("me")).await, ["unchanged"]);
    assert_eq!(results(&r2, &["id-1", "id-3"], json!("me")).await, ["taken", "assigned"]);
    assert_eq!(results(&r2, &["id-1"], Value::Null).await, ["taken"]);
    assert_eq!(results(&r1, &["id-2"], Value::Null).await, ["assigned"]);
    let give = json!({"call_ids": ["id-4"], "assignee": reviewer});
    assert_eq!(world.ask(&r2, "POST /api/v1/reviews", give).await.status, 403);
    assert_eq!(results(&lead, &["id-3", "id-4"], json!(reviewer)).await, ["assigned", "assigned"]);
    let mine = get(&world, &r1, "/api/v1/calls?assigned_to=me").await;
    assert_eq!(mine["items"].as_array().unwrap().len(), 3);
    let many = json!({"call_ids": vec!["x"; 501]});
    assert_eq!(world.ask(&lead, "POST /api/v1/reviews", many).await.status, 422);
}

#[tokio::test]
async fn one_call_is_given_by_the_rule_of_many() {
    let (world, lead) = world().await;
    let first = world.person("r1", Role::Reviewer, Scope::All).await;
    let second = world.person("r2", Role::Reviewer, Scope::All).await;
    let client = world.person("c1", Role::Client, Scope::All).await;
    let (r1, r2) = (world.token(&first, &["all"]).await, world.token(&second, &["all"]).await);
    let put = async |who: &As, state: &str, to: Value| {
        let rev = get(&world, &lead, "/api/v1/calls/id-1").await["rev"].as_i64().unwrap();
        let body = json!({"state": state, "assigned_to": to});
        let tag = format!("\"{rev}\"");
        world
            .ask_with(who, "PUT /api/v1/calls/id-1/review", &[("if-match", &tag)], body)
            .await
            .status
    };
    let nobody = || Value::Null;
    assert_eq!(put(&r1, "open", json!(second)).await, 403, "to somebody else");
    assert_eq!(put(&r1, "open", json!(first)).await, 204, "a free call");
    assert_eq!(put(&r2, "open", json!(second)).await, 403, "another's");
    assert_eq!(put(&r2, "open", nobody()).await, 403, "another's, to nobody");
    assert_eq!(put(&r2, "in_review", json!(first)).await, 204, "it stays whose it is");
    assert_eq!(put(&r1, "in_review", nobody()).await, 204, "one's own");
    assert_eq!(put(&lead, "open", json!(second)).await, 204, "a supervisor, to anybody");
    assert_eq!(put(&lead, "open", json!(first)).await, 204, "a supervisor, from anybody");
    assert_eq!(put(&lead, "open", json!(client)).await, 422, "who may not review");
    assert_eq!(put(&lead, "open", json!("nobody")).await, 422, "who is nobody");
    let call = get(&world, &lead, "/api/v1/calls/id-1").await;
    assert_eq!((&call["assigned_to"], &call["review_state"]), (&json!(first), &json!("open")));
}

#[tokio::test]
async fn exports_have_the_lists_lines_and_are_on_record() {
    let (world, lead) = world().await;
    execute_all(&world.state.store, &["UPDATE call SET queue = '=cmd()' WHERE id = 'id-1'"]).await;
    for (path, lines) in [
        ("calls.csv?sort=time", 4),
        ("calls.csv?vendor=V1", 2),
        ("findings.csv", 7),
        ("findings.csv?failed=closing", 2),
        ("findings.csv?finding=not_met", 3),
    ] {
        let answer = world.ask(&lead, &format!("GET /api/v1/exports/{path}"), Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.text.starts_with('\u{feff}'), "{path}");
        assert_eq!(answer.text.lines().count(), lines + 1, "{path}: {}", answer.text);
        let columns: Vec<usize> = answer.text.lines().map(|line| line.split(',').count()).collect();
        assert!(columns.iter().all(|count| *count == columns[0]), "{path}");
        assert!(!answer.text.contains(",=cmd"), "{path}");
    }
    let deeds = world.state.store.audited(&AuditFilter::default(), 100).await.unwrap();
    assert_eq!(deeds.iter().filter(|deed| deed.action == "export").count(), 5);
}

#[tokio::test]
async fn a_job_that_was_put_aside_begins_again() {
    let (world, _) = world().await;
    let admin = world.with_token("admin", Role::Administrator, Scope::All).await;
    let job = |id: &str, state: &str| {
        format!(
            "INSERT INTO job (id, kind, key, payload, state, lane, run_us, attempts, why, created_us, changed_us) \
             VALUES ('{id}', 'other', '{id}', '{{}}', '{state}', 0, 0, 5, 'it fell', 1, 1)"
        )
    };
    let (one, two) = (job("j1", "quarantined"), job("j2", "ready"));
    execute_all(&world.state.store, &[&one, &two]).await;
    let page = get(&world, &admin, "/api/v1/jobs").await;
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][0]["why"]),
        (&json!("j1"), &json!("it fell"))
    );
    let again = world.ask(&admin, "POST /api/v1/jobs/j1/retry", json!({})).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["attempts"]),
        (200, &json!(0)),
        "{}",
        again.text
    );
    assert_eq!(world.ask(&admin, "POST /api/v1/jobs/j1/retry", json!({})).await.status, 409);
    assert_eq!(world.ask(&admin, "POST /api/v1/jobs/none/retry", json!({})).await.status, 404);
    let totals = get(&world, &admin, "/api/v1/jobs/totals").await;
    assert_eq!(totals["by_state"], json!({"ready": 2, "leased": 0, "done": 0, "quarantined": 0}));
    let ready = get(&world, &admin, "/api/v1/jobs?state=ready&limit=1").await;
    let next = ready["next"].as_str().unwrap();
    let rest =
        get(&world, &admin, &format!("/api/v1/jobs?state=ready&limit=1&cursor={next}")).await;
    assert_eq!(rest["items"][0]["id"], json!("j2"));
}
