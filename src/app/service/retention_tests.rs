//! What is due goes, what is held stays, and each deletion can be proved, on every database.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use super::retention::{Retained, retain};
use crate::blobs::{BlobName, Blobs, Place};
use crate::domain::Belongs;
use crate::store::fixture::{Stores, call, execute};
use crate::store::retention::{
    Certificate, Certified, Due, Goes, Of, RuleBody, Which, certificates, delete, dues, each_due,
    rules,
};
use crate::store::{EventKind, Store, StoreError, now_us};

fn of(client: &str) -> Of {
    [("client".to_owned(), client.to_owned())].into()
}

async fn there(blobs: &Blobs, name: &str) -> bool {
    blobs.size(&BlobName::parse(name).unwrap()).await.is_ok()
}

async fn blob(blobs: &Blobs, bytes: &'static str) -> String {
    blobs.put_bytes(bytes.as_bytes()).await.unwrap().name.to_string()
}

/// A call of a client with these blobs.
async fn with_blobs(store: &Store, id: &str, client: &str, columns: &[(&str, &str)]) {
    let belongs = Belongs { client: Some(client.into()), ..Belongs::default() };
    call(store, id, &belongs, "我要投诉", None).await;
    for (column, name) in columns {
        execute(store, &format!("UPDATE call SET {column} = '{name}' WHERE id = '{id}'")).await;
    }
}

async fn add(store: &Store, name: &str, rule: &RuleBody) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    tx.add_retention(name, rule, now_us()).await?;
    tx.commit().await
}

/// Final ones, oldest first.
async fn proofs(store: &Store, call: &str) -> Vec<Certificate> {
    let all = certificates(store, Some(call), None, 10).await.unwrap();
    let done = |one: Certified| one.done_us.is_some().then_some(one.certificate);
    all.into_iter().rev().filter_map(done).collect()
}

fn run(deleted: u64, held: u64, ended: u64) -> Retained {
    Retained { deleted, held, ended }
}

#[tokio::test]
async fn what_is_due_goes_and_what_is_held_stays() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::over(Place::folder(folder.path()).unwrap(), None);
        let [first, second] = [blob(&blobs, "first").await, blob(&blobs, "second").await];
        let [both, clear] = [blob(&blobs, "both").await, blob(&blobs, "clear").await];
        let held = blob(&blobs, "held").await;
        let two = format!("{first},{second}");
        with_blobs(store, "c1", "A", &[("source", &two), ("audio", &both), ("private", &clear)])
            .await;
        with_blobs(store, "c2", "A", &[("audio", &both)]).await;
        with_blobs(store, "c3", "B", &[("audio", &held)]).await;
        with_blobs(store, "c4", "A", &[("audio", &held)]).await;
        execute(store, "UPDATE call SET held = 1 WHERE id = 'c4'").await;

        let rule = RuleBody { of: of("A"), after_days: 30, goes: Goes::Audio };
        add(store, "audio of A", &rule).await.unwrap();
        let young = RuleBody { of: Of::new(), after_days: 36_500, goes: Goes::All };
        add(store, "after a century", &young).await.unwrap();
        let unknown = RuleBody { of: [("mood".into(), "bad".into())].into(), ..rule.clone() };
        assert!(add(store, "none", &unknown).await.is_err());

        let mut listed = Vec::new();
        let visit = |due: Due| {
            listed.push((due.call.id, due.held));
            true
        };
        each_due(store, now_us(), visit).await.unwrap();
        assert_eq!(listed, [("c4".into(), true), ("c2".into(), false), ("c1".into(), false)]);
        assert!(there(&blobs, &first).await && there(&blobs, &both).await);

        assert_eq!(retain(store, &blobs, "cli", |_, _| ()).await.unwrap(), run(2, 1, 0), "{name}");
        for gone in [&first, &second, &both] {
            assert!(!there(&blobs, gone).await, "{name}");
        }
        assert!(there(&blobs, &clear).await && there(&blobs, &held).await);
        let row = store.call("c1").await.unwrap().unwrap();
        assert!(row.source.is_none() && row.audio.is_none() && row.private.is_some());
        let [proof] = &proofs(store, "c1").await[..] else { panic!("{name}") };
        assert_eq!((proof.blobs.len(), proof.shared.len(), proof.goes), (3, 0, Goes::Audio));
        let [proof] = &proofs(store, "c2").await[..] else { panic!("{name}") };
        assert_eq!(
            proof.shared,
            std::slice::from_ref(&both),
            "the first to go leaves what the other uses"
        );
        assert_eq!(retain(store, &blobs, "cli", |_, _| ()).await.unwrap(), run(0, 1, 0), "{name}");

        let tx = store.begin().await.unwrap();
        let hold = tx.hold("a law suit", &of("B").into(), "cli", now_us()).await.unwrap();
        tx.commit().await.unwrap();
        let all = RuleBody { of: Of::new(), after_days: 0, goes: Goes::All };
        add(store, "all", &all).await.unwrap();
        assert_eq!(retain(store, &blobs, "cli", |_, _| ()).await.unwrap(), run(2, 3, 0), "{name}");
        assert!(store.call("c1").await.unwrap().is_none());
        assert!(store.report_json("c1").await.unwrap().is_none());
        assert_eq!(store.findings("c1").await.unwrap().len(), 0);
        assert!(!there(&blobs, &clear).await);
        let proof = proofs(store, "c1").await.pop().unwrap();
        assert_eq!(proof.sha256, "sha256 of c1");
        assert_eq!(proof.report_sha256.unwrap().len(), 64);
        let last = store.events_of("c1").await.unwrap().pop().unwrap();
        assert_eq!(last.kind, EventKind::CallDeleted, "search and open data hear of it");
        assert!(store.call("c3").await.unwrap().is_some() && there(&blobs, &held).await);

        // Killed between the store and the blobs, a run is ended by the next.
        let tx = store.begin().await.unwrap();
        tx.release(&hold.id, "it is over", "cli", now_us()).await.unwrap();
        assert!(tx.release(&hold.id, "again", "cli", now_us()).await.is_err());
        tx.commit().await.unwrap();
        execute(store, "UPDATE call SET held = 0 WHERE id = 'c4'").await;
        let list = dues(store, now_us()).await.unwrap();
        let of = list.rules.last().unwrap();
        assert_eq!((of.calls.len(), list.calls()), (2, 2));
        let tx = store.begin().await.unwrap();
        for call in &of.calls {
            delete(&tx, call, &of.rule, now_us()).await.unwrap().unwrap();
        }
        tx.commit().await.unwrap();
        assert!(there(&blobs, &held).await);
        assert_eq!(proofs(store, "c3").await.len(), 0, "not final yet");
        assert_eq!(retain(store, &blobs, "cli", |_, _| ()).await.unwrap(), run(0, 0, 2), "{name}");
        assert!(!there(&blobs, &held).await);
        assert_eq!(proofs(store, "c3").await.len(), 1);
        assert!(store.verify_audit(None).await.unwrap().flaws.is_empty());
    }
}

#[tokio::test]
async fn a_list_says_by_its_digest_what_goes_and_nothing_else_does() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        for id in ["c1", "c2"] {
            with_blobs(store, id, "A", &[]).await;
        }
        add(store, "all", &RuleBody { of: of("A"), after_days: 1, goes: Goes::All }).await.unwrap();
        let at_us = now_us();
        let list = dues(store, at_us).await.unwrap();
        assert_eq!((list.calls(), list.more), (2, false), "{name}");
        assert_eq!(dues(store, at_us).await.unwrap().digest, list.digest);
        assert_ne!(dues(store, at_us + 1).await.unwrap().digest, list.digest);

        // A hold by what was found, and one by the call itself.
        for which in [
            Which { failed: Some("no_such_criterion".into()), ..Which::default() },
            Which { to_us: Some(1), ..Which::default() },
        ] {
            let tx = store.begin().await.unwrap();
            tx.hold("?", &which, "cli", at_us).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(which.count(store).await.unwrap(), 0);
            assert_eq!(dues(store, at_us).await.unwrap().digest, list.digest, "{name} {which:?}");
        }
        let which = Which { call_id: Some("c1".into()), ..Which::default() };
        let tx = store.begin().await.unwrap();
        tx.hold("this one", &which, "cli", at_us).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(which.count(store).await.unwrap(), 1);
        let held = dues(store, at_us).await.unwrap();
        assert_eq!((held.calls(), held.rules[0].held), (1, 1), "{name}");
        assert_ne!(held.digest, list.digest, "{name}");

        // A rule that was changed meanwhile takes nothing by what it was.
        let mut rule = rules(store).await.unwrap().remove(0);
        rule.rule.after_days = 2;
        let tx = store.begin().await.unwrap();
        tx.change_retention(&rule).await.unwrap();
        assert!(tx.change_retention(&rule).await.is_err(), "it was read before the change");
        assert!(delete(&tx, "c2", &list.rules[0].rule, at_us).await.unwrap().is_none());
        tx.commit().await.unwrap();
        assert_ne!(dues(store, at_us).await.unwrap().digest, held.digest, "{name}");
    }
}
