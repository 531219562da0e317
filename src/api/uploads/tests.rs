//! Recordings sent through the real router: in one, in a form, in pieces; by people who may, and who may not.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::api::fixture::{As, World};
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::store::ledger::{self, Entry, FileState, Filter};

/// Somebody who sends, and what they send to.
pub(super) struct Sender {
    pub(super) world: World,
    pub(super) token: String,
}

pub(super) struct Got {
    pub(super) status: u16,
    offset: String,
    pub(super) location: String,
    pub(super) json: Value,
}

impl Sender {
    pub(super) async fn new(scope: Scope) -> Self {
        let world = World::new().await;
        let person = world.person("sender", Role::Supervisor, scope).await;
        let As::Token(token) = world.token(&person, &["all"]).await else { panic!("a token") };
        Self { world, token }
    }

    /// `METHOD /path`, headers, body.
    pub(super) async fn send(
        &self,
        what: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Got {
        let (method, path) = what.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map_or(String::new(), |value| value.to_str().unwrap().into())
        };
        let (status, offset, location) =
            (response.status().as_u16(), header("upload-offset"), header("location"));
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Got { status, offset, location, json: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    pub(super) async fn entries(&self) -> Vec<Entry> {
        ledger::list(&self.world.state.store, &Filter::default(), 100).await.unwrap()
    }

    pub(super) async fn announce(&self, body: &str) -> Got {
        self.send("POST /api/v1/uploads", &[("content-type", "application/json")], body.to_owned())
            .await
    }
}

pub(super) fn content(entry: &Entry) -> String {
    std::fs::read_to_string(&entry.file.path).unwrap()
}

/// A part of a form.
pub(super) fn part(name: &str, file: &str, text: &str) -> String {
    let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
}

pub(super) async fn form(sender: &Sender, parts: &[String]) -> Got {
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    sender.send("POST /api/v1/recordings", &kind, format!("{}--b--\r\n", parts.concat())).await
}

#[tokio::test]
async fn a_recording_is_sent_in_one_request() {
    let sender = Sender::new(Scope::All).await;
    let facts = "%7B%22team%22%3A%223%22%7D";
    let got = sender
        .send(&format!("POST /api/v1/recordings?name=..%2Fa%20b.wav&facts={facts}"), &[], "RIFF...")
        .await;
    assert_eq!((got.status, got.json["name"].as_str()), (202, Some("a b.wav")));
    let [entry] = &sender.entries().await[..] else { panic!("one entry") };
    assert_eq!(got.json["entry"], entry.id.as_str());
    assert_eq!((entry.state, content(entry).as_str()), (FileState::Stable, "RIFF..."));
    assert_eq!(
        (entry.file.source.as_str(), entry.facts.as_deref()),
        ("upload", Some(r#"{"team":"3"}"#))
    );
    let jobs = sender.world.state.store.job_counts().await.unwrap();
    assert_eq!(jobs, [("analyse".into(), "ready".into(), 1)]);

    // More than the limit of other bodies.
    let long = "x".repeat(3 << 20);
    let got = sender.send("POST /api/v1/recordings?name=long.wav", &[], long).await;
    assert_eq!((got.status, got.json["size"].as_u64()), (202, Some(3 << 20)));
    for (query, body) in
        [("", "x"), ("?name=..", "x"), ("?name=a.wav", ""), ("?name=a.wav&facts=%7B", "x")]
    {
        let got = sender.send(&format!("POST /api/v1/recordings{query}"), &[], body).await;
        assert_eq!(got.status, 422, "{query}");
    }
    assert_eq!(sender.entries().await.len(), 2);
}

#[tokio::test]
async fn a_recording_is_sent_as_a_form() {
    let sender = Sender::new(Scope::All).await;
    let file = || part("file", "录音.wav", "RIFF...");
    let facts = || part("facts", "", r#"{"client": "小鹿生鲜"}"#);
    for parts in [[file(), facts()], [facts(), file()]] {
        let got = form(&sender, &parts).await;
        assert_eq!(
            (got.status, got.json["name"].as_str()),
            (202, Some("录音.wav")),
            "{}",
            got.json
        );
    }
    for wrong in [
        vec![facts()],
        vec![file(), file()],
        vec![file(), facts(), facts()],
        vec![file(), part("facts", "", "no")],
        vec![part("file", "", "x")],
        vec![part("other", "", "x")],
    ] {
        assert_eq!(form(&sender, &wrong).await.status, 422);
    }
    let got = sender
        .send("POST /api/v1/recordings", &[("content-type", "multipart/form-data")], "x")
        .await;
    assert_eq!(got.status, 422);
    // Broken off in the middle.
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    assert_eq!(sender.send("POST /api/v1/recordings", &kind, file()).await.status, 422);
    let entries = sender.entries().await;
    assert_eq!(entries.len(), 2);
    for entry in &entries {
        assert_eq!(
            (content(entry).as_str(), entry.facts.as_deref()),
            ("RIFF...", Some(r#"{"client": "小鹿生鲜"}"#))
        );
    }
    // Nothing of those that were refused stays.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(sender.world.state.ports.inlet.spool.parts().unwrap(), Vec::<String>::new());
}

/// The files of an upload's call as a worker will find them: by leg.
fn legs(entry: &Entry) -> [String; 2] {
    let facts: Value = serde_json::from_str(entry.facts.as_deref().unwrap()).unwrap();
    let path = std::path::Path::new(&entry.file.path);
    [0_usize, 1].map(|leg| {
        let name = facts["files"][leg].as_str().unwrap();
        std::fs::read_to_string(path.with_file_name(name)).unwrap()
    })
}

#[tokio::test]
async fn two_files_of_a_call_are_sent_as_one_and_their_legs_are_told() {
    let sender = Sender::new(Scope::All).await;
    let file = |name: &str, text: &str| part("file", name, text);
    let facts = |text: &str| part("facts", "", text);
    for (parts, wanted) in [
        (vec![file("1-in.wav", "agent"), file("1-out.wav", "customer")], ["agent", "customer"]),
        (vec![file("2_TX.wav", "customer"), file("2_RX.wav", "agent")], ["agent", "customer"]),
        (
            vec![
                facts("{\"team\": \"3\", \"files\": [\"b.wav\", \"in/a.wav\"]}"),
                file("a.wav", "customer"),
                file("b.wav", "agent"),
            ],
            ["agent", "customer"],
        ),
    ] {
        let got = form(&sender, &parts).await;
        assert_eq!(got.status, 202, "{}", got.json);
        assert_eq!(got.json["size"], 13);
        let all = sender.entries().await;
        let [other, entry] = &all[..2] else { panic!("two files") };
        assert_eq!(got.json["entry"], entry.id.as_str());
        let names = [&got.json["name"], &got.json["other"]["name"]];
        for (name, entry) in names.into_iter().zip([entry, other]) {
            assert!(entry.file.path.ends_with(name.as_str().unwrap()), "{name}");
            assert_eq!(content(entry).len() as u64, entry.file.size);
        }
        assert_eq!(got.json["other"]["size"].as_u64(), Some(other.file.size));
        assert_eq!((entry.state, other.state), (FileState::Stable, FileState::Skipped));
        assert_eq!(legs(entry), wanted);
    }
    let entry = &sender.entries().await[1];
    assert!(entry.facts.as_deref().unwrap().contains("\"team\":\"3\""), "what else is known stays");
    // A job a call, not a file.
    let jobs = sender.world.state.store.job_counts().await.unwrap();
    assert_eq!(jobs, [("analyse".into(), "ready".into(), 3)]);
}

#[tokio::test]
async fn files_that_are_not_those_of_one_call_are_refused_with_the_reason() {
    let sender = Sender::new(Scope::All).await;
    let files = |one: &str, other: &str| vec![part("file", one, "x"), part("file", other, "y")];
    let with = |mut parts: Vec<String>, named: &str| {
        parts.push(part("facts", "", &format!("{{\"files\": {named}}}")));
        parts
    };
    let sides = || files("1-in.wav", "1-out.wav");
    let lone = || vec![part("file", "a.wav", "x")];
    for (parts, why) in [
        (files("a.wav", "b.wav"), "do not tell which file is which leg"),
        (files("1-in.wav", "2-out.wav"), "are the same, file type too, but for -in and -out"),
        (files("1-in.wav", "1-out.mp3"), "are the same, file type too, but for -in and -out"),
        (files("1-in.wav", "1.wav"), "do not tell which file is which leg"),
        (files("1-in.csv", "1-out.csv"), "do not tell which file is which leg"),
        (files("1-in.wav", "1-in.wav"), "names that differ"),
        (with(sides(), "[\"1-in.wav\", \"other.wav\"]"), "names other files"),
        (with(sides(), "[\"1-in.wav\", \"1-in.wav\"]"), "names other files"),
        (with(sides(), "[\"1-in.wav\"]"), "names other files"),
        (with(lone(), "[\"b.wav\"]"), "names other files"),
        (with(lone(), "[\"a.wav\", \"b.wav\"]"), "names two files and one was sent"),
        (vec![part("file", "1-in.wav", "x"), part("file", "1-out.wav", "")], "empty"),
        ([sides(), lone()].concat(), "twice where two files are one call"),
    ] {
        let got = form(&sender, &parts).await;
        let told = got.json["detail"].as_str().unwrap_or_default();
        assert!(got.status == 422 && told.contains(why), "{why}: {}", got.json);
    }
    // By the same law in pieces, before a byte is sent; and whether or not the facts came with the bytes themselves.
    for body in [
        r#"{"name": "a.wav", "size": 1, "other": {"name": "b.wav", "size": 1}}"#,
        r#"{"name": "1-in.wav", "size": 1, "other": {"name": "1-out.wav", "size": 0}}"#,
        r#"{"name": "a.wav", "size": 1, "facts": {"files": ["a.wav", "b.wav"]}}"#,
    ] {
        assert_eq!(sender.announce(body).await.status, 422, "{body}");
    }
    let large =
        r#"{"name": "1-in.wav", "size": 1, "other": {"name": "1-out.wav", "size": 2147483648}}"#;
    assert_eq!(sender.announce(large).await.status, 413);
    let facts = "%7B%22files%22%3A%5B%22b.wav%22%5D%7D";
    let query = format!("POST /api/v1/recordings?name=a.wav&facts={facts}");
    assert_eq!(sender.send(&query, &[], "x").await.status, 422);
    assert!(sender.entries().await.is_empty());
    // One file may be named as the one it is.
    assert_eq!(form(&sender, &with(lone(), "[\"a.wav\"]")).await.status, 202);
}

#[tokio::test]
async fn two_files_of_a_call_come_in_pieces_that_do_not_care_where_one_ends() {
    let sender = Sender::new(Scope::All).await;
    let got = sender
        .announce(r#"{"name": "1-out.wav", "size": 5, "other": {"name": "1-in.wav", "size": 3}}"#)
        .await;
    assert_eq!((got.status, got.json["size"].as_u64()), (201, Some(8)));
    assert_eq!(got.json["other"]["name"], "1-in.wav");
    let at = got.location;
    for (offset, bytes) in [("0", "abc"), ("3", "de12"), ("7", "3")] {
        let headers = [("upload-offset", offset)];
        let got = sender.send(&format!("PATCH {at}"), &headers, bytes).await;
        assert_eq!(got.status, 200, "{}", got.json);
    }
    let [other, entry] = &sender.entries().await[..] else { panic!("two files") };
    let got = sender.send(&format!("GET {at}"), &[], "").await;
    assert_eq!(got.json["entry"], entry.id.as_str());
    assert_eq!((content(entry).as_str(), content(other).as_str()), ("abcde", "123"));
    assert_eq!(legs(entry), ["123", "abcde"]);
    assert_eq!((entry.state, other.state), (FileState::Stable, FileState::Skipped));
}

#[tokio::test]
async fn an_upload_in_pieces_is_taken_up_where_it_stopped() {
    let sender = Sender::new(Scope::All).await;
    let got = sender.announce(r#"{"name": "a.wav", "size": 10, "facts": {"team": "3"}}"#).await;
    assert_eq!((got.status, got.offset.as_str()), (201, "0"));
    let at = got.location;
    let patch = async |offset: &str, body: &str| {
        sender.send(&format!("PATCH {at}"), &[("upload-offset", offset)], body.to_owned()).await
    };
    let got = patch("0", "hello").await;
    assert_eq!(
        (got.status, got.offset.as_str(), got.json["received"].as_u64()),
        (200, "5", Some(5))
    );
    // Sent again, because the answer was lost; and from too far on.
    for wrong in ["0", "7"] {
        assert_eq!(patch(wrong, "hello").await.status, 409, "{wrong}");
    }
    assert_eq!(sender.send(&format!("PATCH {at}"), &[], "x").await.status, 422);
    assert_eq!(patch("5", "too long for it").await.status, 413);
    assert_eq!(sender.send(&format!("HEAD {at}"), &[], "").await.offset, "5");
    assert!(sender.entries().await.is_empty());
    let got = patch("5", "world").await;
    assert_eq!((got.status, got.offset.as_str()), (200, "10"));
    let [entry] = &sender.entries().await[..] else { panic!("one entry") };
    assert_eq!(got.json["entry"], entry.id.as_str());
    assert_eq!(
        (content(entry).as_str(), entry.facts.as_deref()),
        ("helloworld", Some(r#"{"team":"3"}"#))
    );
    // Asked again, nothing more happens.
    assert_eq!(patch("10", "").await.json["entry"], entry.id.as_str());
    assert_eq!(sender.entries().await.len(), 1);
    assert_eq!(sender.send(&format!("DELETE {at}"), &[], "").await.status, 204);
    assert_eq!(sender.send(&format!("GET {at}"), &[], "").await.status, 404);
    assert_eq!(content(entry), "helloworld");
}

#[tokio::test]
async fn what_was_whole_when_the_service_stopped_is_taken_in_on_asking() {
    let sender = Sender::new(Scope::All).await;
    let at = sender.announce(r#"{"name": "a.wav", "size": 5}"#).await.location;
    let id = at.rsplit('/').next().unwrap();
    let bytes = futures_util::stream::iter([Ok::<_, ()>(bytes::Bytes::from_static(b"hello"))]);
    sender.world.state.ports.inlet.spool.append(id, 0, 5, bytes).await.unwrap();
    let tx = sender.world.state.store.begin().await.unwrap();
    crate::store::uploads::received(&tx, id, 0, 5, 1).await.unwrap();
    tx.commit().await.unwrap();
    // Asked twice at once, one waits for the other.
    let ask = format!("GET {at}");
    let (one, other) = tokio::join!(sender.send(&ask, &[], ""), sender.send(&ask, &[], ""));
    let [entry] = &sender.entries().await[..] else { panic!("one entry") };
    assert_eq!(one.json["entry"], entry.id.as_str(), "{}", one.json);
    assert_eq!(other.json["entry"], entry.id.as_str(), "{}", other.json);
}

#[tokio::test]
async fn limits_of_uploads_are_kept() {
    let sender = Sender::new(Scope::All).await;
    assert_eq!(sender.announce(r#"{"name": "a.wav", "size": 0}"#).await.status, 422);
    assert_eq!(sender.announce(r#"{"name": "a.wav", "size": 2147483649}"#).await.status, 413);
    assert_eq!(
        sender.announce(r#"{"name": "a.wav", "size": 5, "facts": {"legs": ["x"]}}"#).await.status,
        422
    );
    for _ in 0..100 {
        assert_eq!(sender.announce(r#"{"name": "a.wav", "size": 5}"#).await.status, 201);
    }
    assert_eq!(sender.announce(r#"{"name": "a.wav", "size": 5}"#).await.status, 409);
}

#[tokio::test]
async fn who_sees_some_calls_sends_only_such() {
    let deer = Belongs { client: Some("Deer".into()), ..Belongs::default() };
    let sender = Sender::new(Scope::Of(vec![Grant(deer)])).await;
    for (facts, wanted) in [
        ("", 422),
        ("&facts=%7B%22client%22%3A%22Fox%22%7D", 422),
        ("&facts=%7B%22client%22%3A%22Deer%22%7D", 202),
    ] {
        let got =
            sender.send(&format!("POST /api/v1/recordings?name=a.wav{facts}"), &[], "x").await;
        assert_eq!(got.status, wanted, "{facts}");
    }
    assert_eq!(sender.announce(r#"{"name": "a.wav", "size": 5}"#).await.status, 422);
}

#[tokio::test]
async fn the_ledger_adds_up_and_failures_begin_again() {
    let sender = Sender::new(Scope::All).await;
    for name in ["a.wav", "b.wav", "c.wav"] {
        sender.send(&format!("POST /api/v1/recordings?name={name}"), &[], name).await;
    }
    let id = sender.entries().await[0].id.clone();
    let store = &sender.world.state.store;
    let tx = store.begin().await.unwrap();
    ledger::claim(&tx, &id, 1).await.unwrap();
    ledger::fail(&tx, &id, "broken", false, 1).await.unwrap();
    tx.commit().await.unwrap();
    let totals = sender.send("GET /api/v1/ledger/totals", &[], "").await.json;
    assert_eq!((totals["all"].as_i64(), totals["sources"][0]["all"].as_i64()), (Some(3), Some(3)));
    assert_eq!(totals["sources"][0]["files"]["failed"], 1);
    let page = sender.send("GET /api/v1/ledger?state=failed", &[], "").await.json;
    assert_eq!(
        (page["items"][0]["id"].as_str(), page["items"][0]["why"].as_str()),
        (Some(id.as_str()), Some("broken"))
    );
    assert_eq!(sender.send("GET /api/v1/ledger?state=lost", &[], "").await.status, 422);
    let admin = sender.world.person("admin", Role::Administrator, Scope::All).await;
    let As::Token(token) = sender.world.token(&admin, &["all"]).await else { panic!("a token") };
    let sender = Sender { token, ..sender };
    let retry = format!("POST /api/v1/ledger/{id}/retry");
    assert_eq!(sender.send(&retry, &[], "").await.json["state"], "stable");
    assert_eq!(sender.send(&retry, &[], "").await.status, 409);
}

#[tokio::test]
async fn a_bucket_may_tell_what_was_put_into_it() {
    let sender = Sender::new(Scope::All).await;
    let mut hints = sender.world.state.ports.inlet.hints.subscribe();
    let notice = r#"{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"calls"},"object":{"key":"a+b.wav"}}}]}"#;
    let told = async |body: &str| {
        sender.send("POST /api/v1/notifications/bucket", &[], body.to_owned()).await.status
    };
    assert_eq!(told(notice).await, 202);
    assert_eq!(hints.recv().await.unwrap(), ("calls".into(), "a b.wav".into()));
    assert_eq!(told(r#"{"Event":"s3:TestEvent"}"#).await, 202);
    assert_eq!(told("{}").await, 422);
}

#[tokio::test]
async fn samples_go_into_an_empty_service_once() {
    let sender = Sender::new(Scope::All).await;
    let samples = sender.world.state.ports.samples;
    let look = sender.send("GET /api/v1/samples", &[], "").await.json;
    assert_eq!((&look["can_load"], look["total"].as_u64()), (&true.into(), Some(2)), "{look}");
    // As when the service was killed after the first.
    let spool = &sender.world.state.ports.inlet.spool;
    let bytes = futures_util::stream::iter([Ok::<_, ()>(bytes::Bytes::from_static(b"RI"))]);
    spool.append("sample-b-wav", 0, 4, bytes).await.unwrap();
    let got = sender.send("POST /api/v1/samples", &[], "").await;
    assert_eq!((got.status, got.json["loaded"].as_u64()), (202, Some(2)), "{}", got.json);
    assert_eq!(sender.send("POST /api/v1/samples", &[], "").await.status, 409);
    let look = sender.send("GET /api/v1/samples", &[], "").await.json;
    assert_eq!((&look["can_load"], &look["why_not"]), (&false.into(), &"loaded".into()));
    let mut entries = sender.entries().await;
    entries.reverse();
    assert_eq!(entries.len(), 2);
    for (entry, sample) in entries.iter().zip(samples) {
        assert_eq!(content(entry).as_bytes(), sample.bytes);
        assert_eq!((entry.facts.as_deref(), entry.state), (sample.facts, FileState::Stable));
    }
    assert_eq!(sender.world.state.store.job_counts().await.unwrap()[0].2, 2);
}

#[tokio::test]
async fn samples_do_not_mix_with_calls_of_ones_own() {
    let sender = Sender::new(Scope::All).await;
    let store = &sender.world.state.store;
    crate::store::fixture::call(store, "c1", &Belongs::default(), "x", None).await;
    let look = sender.send("GET /api/v1/samples", &[], "").await.json;
    assert_eq!(look["why_not"], "has_calls");
    assert_eq!(sender.send("POST /api/v1/samples", &[], "").await.status, 409);
    // Deleted calls were calls.
    crate::store::fixture::execute(store, "UPDATE call SET deleted_us = 1").await;
    assert_eq!(sender.send("POST /api/v1/samples", &[], "").await.status, 409);
    let part = Belongs { client: Some("A".into()), ..Belongs::default() };
    let sender = Sender::new(Scope::Of(vec![Grant(part)])).await;
    assert_eq!(sender.send("GET /api/v1/samples", &[], "").await.json["why_not"], "scope");
    assert_eq!(sender.send("POST /api/v1/samples", &[], "").await.status, 409);
    assert!(sender.entries().await.is_empty());
}
