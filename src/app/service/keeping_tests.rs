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
    folder: tempfile::TempDir,
}

impl Site {
    /// `more`: of the configuration; `DIR` is a folder of its own.
    async fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lingting.toml");
        // No model is there: what has a voice waits.
        let toml = format!("data = 'DIR/data'\n[engine]\nmodels = 'DIR/models'\n{more}");
        fs::write(&file, toml.replace("DIR", &folder.path().display().to_string())).unwrap();
        let config = Config::load(Some(&file), None).unwrap();
        let service = Service::start(config, built_in().unwrap()).await.unwrap();
        let router = router(service.api().await.unwrap());
        let admin = person(&service.store, "admin", Role::Administrator, Scope::All).await;
        let who = token(&service.store, &admin, &["all"]).await;
        Self { service, router, who, folder }
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
    let site = Site::new("").await;
    let taken = site.ask("POST /api/v1/samples", Value::Null, 202).await;
    assert_eq!((&taken["total"], &taken["loaded"]), (&json!(10), &json!(10)));
    let ready = |got: &Value| {
        let waits = |one: &Value| one["why"].is_string() && one["state"] == "waiting";
        let waiting = got["items"].as_array().unwrap().iter().filter(|one| waits(one)).count();
        got["done"] == 2 && got["waiting"] == 8 && waiting == 8
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
    let site = Site::new("").await;
    site.ask("POST /api/v1/samples", Value::Null, 202).await;
    site.until("GET /api/v1/samples", |got| got["done"] == 2).await;
    let new = json!({ "name": "chats", "of": { "kind": "chat" }, "after_days": 1, "goes": "all" });
    site.ask("POST /api/v1/retention/rules", new, 201).await;
    let due = site.ask("GET /api/v1/retention/due", Value::Null, 200).await;
    // The other one tells no time: it is of today.
    assert_eq!(due["calls"], 1, "{due}");
    assert!(due["rules"][0]["bytes"].as_u64().unwrap() > 0, "{due}");
    assert_eq!(site.ask("GET /api/v1/retention/run", Value::Null, 200).await["state"], "none");
    let confirm = json!({ "at": due["at"], "digest": due["digest"] });
    let run = site.ask("POST /api/v1/retention/run", confirm.clone(), 202).await;
    assert_eq!((&run["state"], &run["total"]), (&json!("running"), &json!(1)));
    let done = site.until("GET /api/v1/retention/run", |got| got["state"] == "done").await;
    assert_eq!((&done["deleted"], &done["passed"]), (&json!(1), &json!(0)), "{done}");
    site.ask("POST /api/v1/retention/run", confirm, 409).await;
    let proofs = site.ask("GET /api/v1/retention/certificates", Value::Null, 200).await;
    let proof = &proofs["items"][0];
    assert_eq!(proofs["items"].as_array().unwrap().len(), 1);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_source_says_how_it_is_doing_and_what_to_mend() {
    let more = "[[source]]\nkind = 'folder'\nname = 'pbx'\npath = 'DIR/in'\nscan_s = 1\nsettle_s = 0\n\
                sidecar_wait_s = 0\n[[source]]\nkind = 'bucket'\nname = 's3'\nurl = 's3://calls/in'\n\
                endpoint = 'http://127.0.0.1:9'\naccess_key_id = 'who'\nsecret_access_key = 'hush'\n";
    let site = Site::new(more).await;
    let path = "GET /api/v1/sources";
    let got = site.until(path, |got| got["items"][0]["trouble"].is_object()).await;
    let folder = site.folder.path().join("in").display().to_string();
    let pbx = &got["items"][0];
    assert_eq!((&pbx["kind"], &pbx["place"]), (&json!("folder"), &json!(folder)));
    assert_eq!(
        (&pbx["trouble"]["kind"], &pbx["trouble"]["place"]),
        (&json!("folder"), &json!(folder))
    );
    assert!(pbx["trouble"]["remedy"]["zh"].as_str().unwrap().contains("挂载"), "{pbx}");
    assert!(!got.to_string().contains("hush"), "{got}");

    fs::create_dir(site.folder.path().join("in")).unwrap();
    let chat = "time,speaker,text\n2026-11-01T10:00:00+08:00,坐席,您好\n2026-11-01T10:00:05+08:00,客户,你好\n";
    fs::write(site.folder.path().join("in/chat.csv"), chat).unwrap();
    fs::write(site.folder.path().join("in/notes.xyz"), "x").unwrap();
    let got = site.until(path, |got| got["items"][0]["done"] == 1).await;
    let got = match got["items"][0]["trouble"].is_null() {
        true => got,
        false => site.until(path, |got| got["items"][0]["trouble"].is_null()).await,
    };
    let pbx = &got["items"][0];
    assert!(pbx["last_scan"].is_string(), "{pbx}");
    assert_eq!((&pbx["failed"], &pbx["after"]), (&json!(0), &json!("leave")));
    let got = site.until(path, |got| got["items"][1]["trouble"].is_object()).await;
    assert_eq!(got["items"][1]["trouble"]["kind"], "bucket");
    assert_eq!(got["items"][2]["kind"], "spool");
    site.service.end().await.unwrap();
}
