//! The samples and retention through a running service, by HTTP.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::api::fixture::{As, person, request, send, token};
use crate::api::router;
use crate::domain::{Role, Scope};
use crate::rubric::built_in;

struct Site {
    service: Service,
    router: axum::Router,
    who: As,
    _folder: tempfile::TempDir,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::under(&folder.path().join("data"));
        // No model is there: what has a voice waits.
        let config = Config {
            engine: crate::app::config::Engine {
                models: Some(folder.path().join("models")),
                ..config.engine
            },
            ..config
        };
        let service = Service::start(config, built_in().unwrap()).await.unwrap();
        let router = router(service.api().await.unwrap());
        let admin = person(&service.store, "admin", Role::Administrator, Scope::All).await;
        let who = token(&service.store, &admin, &["all"]).await;
        Self { service, router, who, _folder: folder }
    }

    async fn ask(&self, what: &str, body: Value, status: u16) -> Value {
        let answer = send(&self.router, request(&self.who, what, &[], body)).await;
        assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
        answer.json()
    }

    /// Asks until it is so.
    async fn until(&self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let got = self.ask(what, Value::Null, 200).await;
            if so(&got) {
                return got;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{got}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_chats_are_there_without_an_engine_and_calls_wait_for_one() {
    let site = Site::new().await;
    let taken = site.ask("POST /api/v1/samples", Value::Null, 202).await;
    assert_eq!((&taken["total"], &taken["loaded"]), (&json!(10), &json!(10)));
    let ready = |got: &Value| {
        let waits = |one: &Value| one["why"].is_string() && one["state"] != "failed";
        let waiting = got["items"].as_array().unwrap().iter().filter(|one| waits(one)).count();
        got["done"] == 2 && waiting == 8
    };
    let got = site.until("GET /api/v1/samples", ready).await;
    assert_eq!(got["failed"], 0, "{got}");
    for (chat, name) in [(0, "zh-C1.csv"), (1, "en-C2.json")] {
        assert_eq!(got["items"][chat]["name"], name);
        let call = got["items"][chat]["call"].as_str().unwrap();
        let call = site.ask(&format!("GET /api/v1/calls/{call}"), Value::Null, 200).await;
        assert_eq!(call["kind"], "chat");
        assert!(!call["scorecards"].as_array().unwrap().is_empty(), "{call}");
    }
    site.ask("POST /api/v1/samples", Value::Null, 409).await;
    site.service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_confirmed_is_deleted_and_proved() {
    let site = Site::new().await;
    site.ask("POST /api/v1/samples", Value::Null, 202).await;
    site.until("GET /api/v1/samples", |got| got["done"] == 2).await;
    let new = json!({ "name": "chats", "of": { "kind": "chat" }, "after_days": 1, "goes": "all" });
    site.ask("POST /api/v1/retention/rules", new, 201).await;
    let due = site.ask("GET /api/v1/retention/due", Value::Null, 200).await;
    assert_eq!(due["calls"], 2, "{due}");
    assert!(due["rules"][0]["bytes"].as_u64().unwrap() > 0, "{due}");
    assert_eq!(site.ask("GET /api/v1/retention/run", Value::Null, 200).await["state"], "none");
    let confirm = json!({ "at": due["at"], "digest": due["digest"] });
    let run = site.ask("POST /api/v1/retention/run", confirm.clone(), 202).await;
    assert_eq!((&run["state"], &run["total"]), (&json!("running"), &json!(2)));
    let done = site.until("GET /api/v1/retention/run", |got| got["state"] == "done").await;
    assert_eq!((&done["deleted"], &done["passed"]), (&json!(2), &json!(0)), "{done}");
    site.ask("POST /api/v1/retention/run", confirm, 409).await;
    let proofs = site.ask("GET /api/v1/retention/certificates", Value::Null, 200).await;
    let proof = &proofs["items"][1];
    assert_eq!(proofs["items"].as_array().unwrap().len(), 2);
    assert!(proof["done"].is_string() && proof["report_sha256"].is_string(), "{proof}");
    let id = proof["id"].as_str().unwrap();
    let one = site.ask(&format!("GET /api/v1/retention/certificates/{id}"), Value::Null, 200).await;
    assert_eq!(one, *proof);
    let call = proof["call_id"].as_str().unwrap();
    site.ask(&format!("GET /api/v1/calls/{call}"), Value::Null, 404).await;
    // The file is known: it does not come back.
    site.ask("POST /api/v1/samples", Value::Null, 409).await;
    site.service.end().await.unwrap();
}
