//! What stays in the spool of uploads that are given up, refused by the store, or left by who sent them.
//!
//! In: uploads that end in the middle of a step. Out: the folder.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt as _;

use super::tests::{Sender, content, form, part};
use crate::domain::Scope;
use crate::ingest::spool::Spool;
use crate::store::fixture;

const PAIR: &str = r#"{"name": "1-in.wav", "size": 2, "other": {"name": "1-out.wav", "size": 3}}"#;

/// What lies in the folder.
fn left(spool: &Spool) -> Vec<String> {
    let names = std::fs::read_dir(spool.folder()).unwrap().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An announced pair of which all bytes came, and whose second file was made one when the service was killed; tells its id.
async fn half_done(sender: &Sender, spool: &Spool) -> String {
    let at = sender.announce(PAIR).await.location;
    let id = at.rsplit('/').next().unwrap().to_owned();
    let bytes = futures_util::stream::iter([Ok::<_, ()>(bytes::Bytes::from_static(b"inout"))]);
    spool.append(&id, 0, 5, bytes).await.unwrap();
    spool.turn(&id).unwrap().split(2, "1-out.wav").await.unwrap();
    std::fs::write(spool.folder().join(format!("{id}.rest.part")), "x").unwrap();
    id
}

#[tokio::test]
async fn what_is_given_up_after_half_a_step_leaves_nothing() {
    let sender = Sender::new(Scope::All).await;
    let spool = &sender.world.state.ports.inlet.spool;
    let id = half_done(&sender, spool).await;
    let give_up = format!("DELETE /api/v1/uploads/{id}");
    let turn = spool.turn(&id).unwrap();
    assert_eq!(sender.send(&give_up, &[], "").await.status, 409, "somebody is at it");
    drop(turn);
    assert_eq!(left(spool).len(), 3);
    assert_eq!(sender.send(&give_up, &[], "").await.status, 204);
    assert_eq!(left(spool), Vec::<String>::new());
}

#[tokio::test]
async fn what_stood_still_for_a_week_goes_and_what_is_in_the_ledger_stays() {
    let sender = Sender::new(Scope::All).await;
    let spool = &sender.world.state.ports.inlet.spool;
    let at = sender.announce(PAIR).await.location;
    let headers = [("upload-offset", "0")];
    assert_eq!(sender.send(&format!("PATCH {at}"), &headers, "inout").await.status, 200);
    let kept = left(spool);
    let half = half_done(&sender, spool).await;
    let busy = half_done(&sender, spool).await;
    let turn = spool.turn(&busy).unwrap();
    fixture::execute(&sender.world.state.store, "UPDATE upload SET changed_us = 1").await;
    assert_eq!(sender.announce(PAIR).await.status, 201);
    assert!(!left(spool).iter().any(|name| name.starts_with(&half)), "{:?}", left(spool));
    assert!(left(spool).contains(&busy), "somebody goes on with it");
    drop(turn);
    assert_eq!(sender.announce(PAIR).await.status, 201);
    assert_eq!(left(spool), kept);
    let mut texts: Vec<String> = sender.entries().await.iter().map(content).collect();
    texts.sort();
    assert_eq!(texts, ["in", "out"]);
}

#[tokio::test]
async fn what_the_store_refuses_goes_unless_it_can_be_taken_up_again() {
    let sender = Sender::new(Scope::All).await;
    let spool = &sender.world.state.ports.inlet.spool;
    let store = &sender.world.state.store;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON ledger \
                  BEGIN SELECT RAISE(ABORT, 'refused'); END";
    fixture::execute(store, refuse).await;
    let parts = [part("file", "1-in.wav", "in"), part("file", "1-out.wav", "out")];
    assert_eq!(form(&sender, &parts).await.status, 500);
    assert_eq!(sender.send("POST /api/v1/recordings?name=a.wav", &[], "x").await.status, 500);
    assert_eq!(left(spool), Vec::<String>::new());

    let at = sender.announce(PAIR).await.location;
    let headers = [("upload-offset", "0")];
    assert_eq!(sender.send(&format!("PATCH {at}"), &headers, "inout").await.status, 500);
    fixture::execute(store, "DROP TRIGGER refuse").await;
    let got = sender.send(&format!("GET {at}"), &[], "").await;
    let mut entries = sender.entries().await;
    entries.sort_by_key(|entry| entry.file.size);
    assert_eq!(got.json["entry"], entries[0].id.as_str(), "{}", got.json);
    assert_eq!(entries.iter().map(content).collect::<Vec<_>>(), ["in", "out"]);
}

#[tokio::test]
async fn what_has_come_is_taken_in_though_its_sender_hangs_up() {
    let sender = Sender::new(Scope::All).await;
    let spool = &sender.world.state.ports.inlet.spool;
    let store = &sender.world.state.store;
    // That the token is used is written down now, and not when nothing can be written.
    sender.send("GET /api/v1/samples", &[], "").await;
    let writer = store.begin().await.unwrap();
    let request = Request::builder()
        .method("POST")
        .uri("/api/v1/recordings?name=a.wav")
        .header("authorization", format!("Bearer {}", sender.token))
        .body(Body::from("RIFF..."))
        .unwrap();
    let asked = tokio::spawn(sender.world.router.clone().oneshot(request));
    // It has its name and waits for the store.
    let begun = Instant::now();
    while spool.folders().unwrap().is_empty() || !spool.parts().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    writer.commit().await.unwrap();
    while sender.entries().await.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", left(spool));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(content(&sender.entries().await[0]), "RIFF...");
}

#[tokio::test]
async fn a_pair_with_long_names_is_a_pair() {
    let sender = Sender::new(Scope::All).await;
    let name = |side: &str| format!("{}-{side}.wav", "录音".repeat(30));
    let parts = [part("file", &name("in"), "in"), part("file", &name("out"), "out")];
    let got = form(&sender, &parts).await;
    assert_eq!(got.status, 202, "{}", got.json);
    assert!(got.json["name"].as_str().unwrap().ends_with("-in.wav"), "{}", got.json);
}
