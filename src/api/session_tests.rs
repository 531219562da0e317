//! Setting up, logging in and out, and what keeps others from doing it: through the real router.
//!
//! In: requests. Out: what came back, and what the audit log says of it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::ApiSettings;
use super::fixture::{As, World, session_of};
use crate::domain::{Role, Scope};
use crate::store::audit::AuditFilter;

const PASSWORD: &str = "correct horse 电池";

/// A service that was set up, and its administrator's session.
async fn set_up(settings: ApiSettings) -> (World, As) {
    let world = World::with(settings).await;
    let code = world.state.setup_code().unwrap().reveal().to_owned();
    let first = json!({"code": code, "login": "Admin", "name": "管理员", "password": PASSWORD});
    let answer = world.ask(&As::Nobody, "POST /api/v1/setup", first).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let session = session_of(&answer);
    (world, session)
}

async fn actions(world: &World) -> Vec<String> {
    let rows = world.state.store.audited(&AuditFilter::default(), 100).await.unwrap();
    rows.into_iter().rev().map(|row| row.action).collect()
}

#[tokio::test]
async fn the_first_run_needs_the_code_and_happens_once() {
    let world = World::new().await;
    let needed = world.ask(&As::Nobody, "GET /api/v1/setup", Value::Null).await;
    assert_eq!(needed.json(), json!({"needed": true}));
    let mut first = json!({"code": "abcde", "login": "admin", "name": "A", "password": PASSWORD});
    let refused = world.ask(&As::Nobody, "POST /api/v1/setup", first.clone()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    first["code"] = world.state.setup_code().unwrap().reveal().into();
    let done = world.ask(&As::Nobody, "POST /api/v1/setup", first.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.json()["person"]["role"], "administrator");
    let again = world.ask(&As::Nobody, "POST /api/v1/setup", first).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let needed = world.ask(&As::Nobody, "GET /api/v1/setup", Value::Null).await;
    assert_eq!(needed.json(), json!({"needed": false}));
}

#[tokio::test]
async fn a_session_begins_and_ends() {
    let (world, _) = set_up(ApiSettings::default()).await;
    let (answer, session) = world.log_in("ADMIN", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("lingting=") && cookie.contains("HttpOnly; SameSite=Lax"));
    let me = world.ask(&session, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.json()["person"]["login"], "admin");
    assert!(me.json()["actions"].as_array().unwrap().contains(&json!("people.write")));
    let (_, other) = world.log_in("admin", PASSWORD).await;
    let (As::Session(one, _), As::Session(two, _)) = (&session, &other) else { panic!() };
    assert_ne!(one, two, "every log-in draws a new session");
    let out = world.ask(&session, "DELETE /api/v1/session", Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let me = world.ask(&session, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED);
    let me = world.ask(&other, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.status, StatusCode::OK);
    let said = actions(&world).await;
    let expected = ["person.add", "session.begin", "session.begin", "session.begin", "session.end"];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn logging_in_again_ends_the_session_before() {
    let (world, session) = set_up(ApiSettings::default()).await;
    let As::Session(cookie, _) = &session else { panic!() };
    // A page for logging in knows no csrf.
    let body = json!({"login": "admin", "password": PASSWORD});
    let again = As::Session(cookie.clone(), String::new());
    let answer = world.ask(&again, "POST /api/v1/session", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    for (who, status) in
        [(&session, StatusCode::UNAUTHORIZED), (&session_of(&answer), StatusCode::OK)]
    {
        let me = world.ask(who, "GET /api/v1/session", Value::Null).await;
        assert_eq!(me.status, status);
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let origin = Some("https://qm.test".to_owned());
    let (world, _) = set_up(ApiSettings { origin, ..ApiSettings::default() }).await;
    let (answer, session) = world.log_in("admin", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-lingting=") && cookie.contains("; Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").contains("max-age"));
    let me = world.ask(&session, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.status, StatusCode::OK);
}

#[tokio::test]
async fn failures_make_the_next_try_wait_and_are_on_record() {
    let (world, _) = set_up(ApiSettings::default()).await;
    for _ in 0..6 {
        let (answer, _) = world.log_in("admin", "wrong password").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json()["type"], "urn:lingting:problem:refused");
    }
    // Also with the right one now: who guesses must not learn that it is.
    let (answer, _) = world.log_in("admin", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "1");
    let (unknown, _) = world.log_in("nobody", "wrong password").await;
    assert_eq!(unknown.json()["type"], "urn:lingting:problem:refused");
    let refused =
        actions(&world).await.iter().filter(|action| *action == "session.refused").count();
    assert_eq!(refused, 7);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let (world, session) = set_up(ApiSettings::default()).await;
    let As::Session(cookie, csrf) = &session else { panic!() };
    let body = json!({"name": "x", "scopes": ["read"]});
    for (csrf, headers, status) in [
        (csrf.as_str(), vec![], StatusCode::CREATED),
        (csrf.as_str(), vec![("origin", "http://qm.test")], StatusCode::CREATED),
        (csrf.as_str(), vec![("origin", "http://evil.test")], StatusCode::FORBIDDEN),
        (csrf.as_str(), vec![("origin", "null")], StatusCode::FORBIDDEN),
        (csrf.as_str(), vec![("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        ("", vec![], StatusCode::FORBIDDEN),
        ("guess", vec![], StatusCode::FORBIDDEN),
    ] {
        let who = As::Session(cookie.clone(), csrf.to_owned());
        let answer = world.ask_with(&who, "POST /api/v1/tokens", &headers, body.clone()).await;
        assert_eq!(answer.status, status, "{csrf} {headers:?} {}", answer.text);
    }
}

#[tokio::test]
async fn sessions_end_unused_and_used() {
    let idle = std::time::Duration::from_millis(200);
    let (world, session) = set_up(ApiSettings { idle, ..ApiSettings::default() }).await;
    tokio::time::sleep(idle + idle / 2).await;
    let me = world.ask(&session, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED);
    let session_max = idle;
    let (world, session) = set_up(ApiSettings { session_max, ..ApiSettings::default() }).await;
    tokio::time::sleep(idle + idle / 2).await;
    let me = world.ask(&session, "GET /api/v1/session", Value::Null).await;
    assert_eq!(me.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (world, session) = set_up(ApiSettings::default()).await;
    let (_, other) = world.log_in("admin", PASSWORD).await;
    for (old, new, status) in [
        ("wrong password", "another horse 电池", StatusCode::UNAUTHORIZED),
        (PASSWORD, "short", StatusCode::UNPROCESSABLE_ENTITY),
        (PASSWORD, "another horse 电池", StatusCode::NO_CONTENT),
    ] {
        let body = json!({"old": old, "new": new});
        let answer = world.ask(&session, "PUT /api/v1/session/password", body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for (who, status) in [(&session, StatusCode::OK), (&other, StatusCode::UNAUTHORIZED)] {
        let me = world.ask(who, "GET /api/v1/session", Value::Null).await;
        assert_eq!(me.status, status);
    }
    assert_eq!(world.log_in("admin", PASSWORD).await.0.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.log_in("admin", "another horse 电池").await.0.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_do_what_they_are_for_until_revoked() {
    let (world, session) = set_up(ApiSettings::default()).await;
    let body = json!({"name": "nightly", "scopes": ["people.read"]});
    let made = world.ask(&session, "POST /api/v1/tokens", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("lt_"));
    let token = As::Token(secret.clone());
    for (what, body, status) in [
        ("GET /api/v1/people", Value::Null, StatusCode::OK),
        ("GET /api/v1/audit", Value::Null, StatusCode::FORBIDDEN),
        ("POST /api/v1/tokens", json!({"name": "x", "scopes": ["all"]}), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(world.ask(&token, what, body).await.status, status, "{what}");
    }
    let all = world.person("auto", Role::Administrator, Scope::All).await;
    let all = world.token(&all, &["all"]).await;
    let body = json!({"name": "x", "scopes": ["all"]});
    let answer = world.ask(&all, "POST /api/v1/tokens", body).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "a token makes no tokens");
    let list = world.ask(&session, "GET /api/v1/tokens", Value::Null).await;
    assert!(!list.text.contains(&secret), "shown once");
    let id = list.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let what = format!("DELETE /api/v1/tokens/{id}");
    assert_eq!(world.ask(&session, &what, Value::Null).await.status, StatusCode::NO_CONTENT);
    let gone = world.ask(&token, "GET /api/v1/people", Value::Null).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}
