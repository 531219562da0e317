//! What every route does alike: keys of idempotency, ETags, languages, limits, headers, pages, streams; and the rules of
//! accounts and webhooks that are more than who may.
//!
//! In: requests. Out: what came back.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::ApiSettings;
use super::fixture::{As, World, request};
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::store::{EventKind, fixture, now_us};

fn of(client: &str) -> Belongs {
    Belongs { client: Some(client.into()), ..Belongs::default() }
}

fn part(client: &str) -> Scope {
    Scope::Of(vec![Grant(of(client))])
}

async fn admin(world: &World) -> As {
    world.with_token("root", Role::Administrator, Scope::All).await
}

fn wang() -> Value {
    json!({"login": "wang", "name": "王", "role": "reviewer", "scope": {"grants": [{"client": "云帆"}]}})
}

const PEOPLE: &str = "POST /api/v1/people";

#[tokio::test]
async fn the_same_key_is_done_once_and_answered_alike() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let key = [("idempotency-key", "k1")];
    let first = world.ask_with(&admin, PEOPLE, &key, wang()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = world.ask_with(&admin, PEOPLE, &key, wang()).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut other = wang();
    other["name"] = json!("李");
    let other = world.ask_with(&admin, PEOPLE, &key, other).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let bare = world.ask(&admin, PEOPLE, wang()).await;
    assert_eq!(bare.status, StatusCode::CONFLICT, "without the key it is asked anew");
    // What was refused is not remembered: it may be asked again, put right.
    let key = [("idempotency-key", "k2")];
    let mut li = wang();
    li["login"] = json!("li");
    li["role"] = json!("boss");
    let bad = world.ask_with(&admin, PEOPLE, &key, li.clone()).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    li["role"] = json!("reviewer");
    assert_eq!(world.ask_with(&admin, PEOPLE, &key, li).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let ask = || {
        let request = request(&admin, PEOPLE, &[("idempotency-key", "k")], wang());
        let router = world.router.clone();
        tokio::spawn(async move { router.oneshot(request).await.unwrap().status().as_u16() })
    };
    let all: Vec<_> = (0..8).map(|_| ask()).collect();
    let mut made = 0;
    for one in all {
        let status = one.await.unwrap();
        assert!([201, 409].contains(&status), "{status}");
        made += usize::from(status == 201);
    }
    assert!(made >= 1);
    let people = world.ask(&admin, "GET /api/v1/people", Value::Null).await;
    assert_eq!(people.json()["items"].as_array().unwrap().len(), 2, "root and one wang");
}

#[tokio::test]
async fn a_secret_is_not_kept_for_a_second_answer() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let hook = json!({"name": "x", "url": "https://example.com/h", "form": "standard",
        "kinds": ["call.analysed"], "scope": {"all": true}});
    let key = [("idempotency-key", "k")];
    let made = world.ask_with(&admin, "POST /api/v1/webhooks", &key, hook.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(made.json()["secret"].as_str().unwrap().starts_with("whsec_"));
    let again = world.ask_with(&admin, "POST /api/v1/webhooks", &key, hook).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    let list = world.ask(&admin, "GET /api/v1/webhooks", Value::Null).await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    assert!(!list.text.contains("whsec_"));
}

#[tokio::test]
async fn webhooks_refuse_what_they_cannot_be() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let good = json!({"name": "x", "url": "https://example.com/h?access_token=s", "form": "dingtalk",
        "secret": "SEC", "kinds": ["call.analysed"], "scope": {"all": true}});
    for (field, value, status) in [
        ("name", json!("x"), 201),
        ("url", json!("http://example.com/"), 422),
        ("url", json!("https://10.0.0.1/"), 422),
        ("url", json!("https://169.254.169.254/latest"), 422),
        ("form", json!("fax"), 422),
        ("form", json!("standard"), 422),
        ("kinds", json!([]), 422),
        ("kinds", json!(["everything"]), 422),
    ] {
        let mut hook = good.clone();
        hook[field] = value;
        let answer = world.ask(&admin, "POST /api/v1/webhooks", hook.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{hook} {}", answer.text);
        assert!(!answer.text.contains("access_token=s"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_changed_meanwhile_is_not_written_over() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let id = world.person("wang", Role::Reviewer, part("云帆")).await;
    let path = format!("/api/v1/people/{id}");
    let read = world.ask(&admin, &format!("GET {path}"), Value::Null).await;
    let tag = read.header("etag").to_owned();
    let same = [("if-none-match", tag.as_str())];
    let known = world.ask_with(&admin, &format!("GET {path}"), &same, Value::Null).await;
    assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let patch = format!("PATCH {path}");
    let name = json!({"name": "王五"});
    for (headers, status) in [
        (vec![], StatusCode::PRECONDITION_REQUIRED),
        (vec![("if-match", "\"77\"")], StatusCode::PRECONDITION_FAILED),
        (vec![("if-match", tag.as_str())], StatusCode::OK),
        (vec![("if-match", tag.as_str())], StatusCode::PRECONDITION_FAILED),
    ] {
        let answer = world.ask_with(&admin, &patch, &headers, name.clone()).await;
        assert_eq!(answer.status, status, "{headers:?} {}", answer.text);
    }
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have_and_the_last_administrator_stays() {
    let world = World::new().await;
    let root = world.person("root", Role::Administrator, Scope::All).await;
    let root_token = world.token(&root, &["all"]).await;
    let tenant = world.with_token("tenant", Role::Administrator, part("云帆")).await;
    for (scope, role, status) in [
        (json!({"grants": [{"client": "云帆", "team": "一组"}]}), "reviewer", 201),
        (json!({"grants": [{"client": "小鹿"}]}), "reviewer", 422),
        (json!({"all": true}), "reviewer", 422),
        (json!({"grants": [{"team": "一组"}]}), "reviewer", 422),
        (json!({"grants": [{"client": "云帆", "team": "一组"}]}), "vendor_manager", 422),
    ] {
        let mut body = wang();
        body["login"] = json!(format!("p{status}{role}{}", scope.to_string().len()));
        body["scope"] = scope.clone();
        body["role"] = json!(role);
        let answer = world.ask(&tenant, PEOPLE, body).await;
        assert_eq!(answer.status.as_u16(), status, "{scope} {}", answer.text);
    }
    let nobodys = world.person("nobodys", Role::Reviewer, Scope::Of(Vec::new())).await;
    let path = format!("GET /api/v1/people/{nobodys}");
    assert_eq!(world.ask(&tenant, &path, Value::Null).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask(&root_token, &path, Value::Null).await.status, StatusCode::OK);
    let seen = world.ask(&tenant, "GET /api/v1/people", Value::Null).await;
    assert!(!seen.text.contains("\"root\""), "who sees more is not seen: {}", seen.text);
    let other = world.person("second", Role::Administrator, Scope::All).await;
    let second = world.token(&other, &["all"]).await;
    let tag = |answer: &super::fixture::Answer| answer.header("etag").to_owned();
    let off = json!({"disabled": true});
    let read = world.ask(&root_token, &format!("GET /api/v1/people/{other}"), Value::Null).await;
    let patch = format!("PATCH /api/v1/people/{other}");
    let done = world.ask_with(&root_token, &patch, &[("if-match", &tag(&read))], off.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let gone = world.ask(&second, "GET /api/v1/people", Value::Null).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED, "from the next request on");
    let read = world.ask(&root_token, &format!("GET /api/v1/people/{root}"), Value::Null).await;
    let patch = format!("PATCH /api/v1/people/{root}");
    let own = world.ask_with(&root_token, &patch, &[("if-match", &tag(&read))], off).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text);
}

#[tokio::test]
async fn problems_speak_the_callers_language_and_headers_close_doors() {
    let world = World::new().await;
    for (language, title) in [("zh-CN,zh;q=0.9", "请先登录"), ("en", "Log in first")] {
        let headers = [("accept-language", language)];
        let answer = world.ask_with(&As::Nobody, "GET /api/v1/people", &headers, Value::Null).await;
        assert_eq!(answer.json()["title"], title);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let unknown = world.ask(&As::Nobody, "GET /api/v1/none", Value::Null).await;
    assert_eq!(unknown.json()["type"], "urn:lingting:problem:not-found");
    let method = world.ask(&As::Nobody, "PUT /api/v1/setup", Value::Null).await;
    assert_eq!(method.json()["type"], "urn:lingting:problem:method");
    let own = [("x-request-id", "from outside")];
    let answer = world.ask_with(&As::Nobody, "GET /api/v1/setup", &own, Value::Null).await;
    for (name, has) in [
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
    ] {
        assert!(answer.header(name).contains(has), "{name}");
    }
    let number = answer.header("x-request-id");
    assert!(uuid::Uuid::parse_str(number).is_ok(), "{number}");
}

#[tokio::test]
async fn too_much_and_too_often_is_refused() {
    let one = NonZeroU32::MIN;
    let three = NonZeroU32::new(3).unwrap();
    let settings = ApiSettings {
        per_person: (one, three),
        per_address: (one, three),
        body_bytes_max: 1000,
        ..ApiSettings::default()
    };
    let world = World::with(settings).await;
    let token = admin(&world).await;
    let long = json!({"login": "x".repeat(2000)});
    assert_eq!(world.ask(&token, PEOPLE, long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for who in [&token, &As::Nobody] {
        let mut statuses = Vec::new();
        for _ in 0..5 {
            statuses.push(world.ask(who, "GET /api/v1/setup", Value::Null).await.status.as_u16());
        }
        assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    }
}

#[tokio::test]
async fn pages_come_one_after_the_other() {
    let world = World::new().await;
    let admin = admin(&world).await;
    for n in 0..7 {
        world.person(&format!("p{n}"), Role::Reviewer, Scope::All).await;
    }
    let mut path = "GET /api/v1/people?limit=3".to_owned();
    let mut logins = Vec::new();
    loop {
        let page = world.ask(&admin, &path, Value::Null).await.json();
        let items = page["items"].as_array().unwrap();
        logins.extend(items.iter().map(|item| item["login"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("GET /api/v1/people?limit=3&cursor={next}");
    }
    assert_eq!(logins, ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "root"]);
}

/// The next events of a stream, until it has been silent for a moment.
async fn events(world: &World, who: &As, path: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let request = request(who, &format!("GET {path}"), headers, Value::Null);
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers: &HeaderMap = response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while let Ok(Some(chunk)) = tokio::time::timeout(Duration::from_millis(700), body.next()).await
    {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    text.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn events_are_followed_from_where_one_left_and_as_far_as_one_sees() {
    let world = World::new().await;
    let all = world.with_token("all", Role::Reviewer, Scope::All).await;
    let one = world.with_token("one", Role::Client, part("云帆")).await;
    let none = world.with_token("none", Role::Reviewer, Scope::Of(Vec::new())).await;
    let store = &world.state.store;
    fixture::call(store, "a", &of("云帆"), "x", None).await;
    fixture::call(store, "b", &of("小鹿"), "x", None).await;
    let path = "/api/v1/events";
    let (from_start, from_first) = ([("last-event-id", "0")], [("last-event-id", "1")]);
    assert_eq!(events(&world, &all, path, &from_start).await, ["1", "2"]);
    assert_eq!(events(&world, &all, path, &from_first).await, ["2"]);
    assert_eq!(events(&world, &one, &format!("{path}?after=0"), &[]).await, ["1"]);
    assert!(events(&world, &none, path, &from_start).await.is_empty());
    // And what comes while one listens, from now on.
    let later = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let tx = store.begin().await.unwrap();
        tx.append(now_us(), EventKind::CallChanged, Some("a"), "{}").await.unwrap();
        tx.commit().await.unwrap();
    };
    let (seen, ()) = tokio::join!(events(&world, &one, path, &[]), later);
    assert_eq!(seen, ["3"]);
}

#[tokio::test]
async fn streams_are_few_and_given_back() {
    let world = World::new().await;
    let who = world.with_token("all", Role::Reviewer, Scope::All).await;
    let open = async || {
        let request = request(&who, "GET /api/v1/events", &[], Value::Null);
        world.router.clone().oneshot(request).await.unwrap()
    };
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(open().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == StatusCode::OK));
    assert_eq!(open().await.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(streams);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(open().await.status(), StatusCode::OK);
}
