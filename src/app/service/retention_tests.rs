//! What is due goes, what is held stays, and each deletion can be proved, on every database.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use super::retention::{Retained, retain, what_is_due};
use crate::blobs::{BlobName, Blobs, Place};
use crate::domain::Belongs;
use crate::store::fixture::{Stores, call, execute};
use crate::store::retention::{Goes, Of, RuleBody, delete};
use crate::store::{EventKind, Store, now_us};

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
        store.add_retention("audio of A", &rule, now_us()).await.unwrap();
        let young = RuleBody { of: Of::new(), after_days: 36_500, goes: Goes::All };
        store.add_retention("after a century", &young, now_us()).await.unwrap();
        let unknown = RuleBody { of: [("mood".into(), "bad".into())].into(), ..rule.clone() };
        assert!(store.add_retention("none", &unknown, now_us()).await.is_err());

        let mut listed = Vec::new();
        let due = what_is_due(store, |due| listed.push((due.call.id.clone(), due.held))).await;
        assert_eq!(due.unwrap(), run(2, 1, 0), "{name}");
        assert_eq!(listed, [("c4".into(), true), ("c2".into(), false), ("c1".into(), false)]);
        assert!(there(&blobs, &first).await && there(&blobs, &both).await);

        assert_eq!(retain(store, &blobs, "cli", |_| ()).await.unwrap(), run(2, 1, 0), "{name}");
        for gone in [&first, &second, &both] {
            assert!(!there(&blobs, gone).await, "{name}");
        }
        assert!(there(&blobs, &clear).await && there(&blobs, &held).await);
        let row = store.call("c1").await.unwrap().unwrap();
        assert!(row.source.is_none() && row.audio.is_none() && row.private.is_some());
        let [proof] = &store.certificates("c1").await.unwrap()[..] else { panic!("{name}") };
        assert_eq!((proof.blobs.len(), proof.shared.len(), proof.goes), (3, 0, Goes::Audio));
        let [proof] = &store.certificates("c2").await.unwrap()[..] else { panic!("{name}") };
        assert_eq!(
            proof.shared,
            std::slice::from_ref(&both),
            "the first to go leaves what the other uses"
        );
        assert_eq!(retain(store, &blobs, "cli", |_| ()).await.unwrap(), run(0, 1, 0), "{name}");

        let hold = store.hold("a law suit", &of("B"), "cli", now_us()).await.unwrap();
        let all = RuleBody { of: Of::new(), after_days: 0, goes: Goes::All };
        store.add_retention("all", &all, now_us()).await.unwrap();
        assert_eq!(retain(store, &blobs, "cli", |_| ()).await.unwrap(), run(2, 3, 0), "{name}");
        assert!(store.call("c1").await.unwrap().is_none());
        assert!(store.report_json("c1").await.unwrap().is_none());
        assert_eq!(store.findings("c1").await.unwrap().len(), 0);
        assert!(!there(&blobs, &clear).await);
        let proof = store.certificates("c1").await.unwrap().pop().unwrap();
        assert_eq!(proof.sha256, "sha256 of c1");
        assert_eq!(proof.report_sha256.unwrap().len(), 64);
        let last = store.events_of("c1").await.unwrap().pop().unwrap();
        assert_eq!(last.kind, EventKind::CallDeleted, "search and open data hear of it");
        assert!(store.call("c3").await.unwrap().is_some() && there(&blobs, &held).await);

        // Killed between the store and the blobs, a run is ended by the next.
        store.release(&hold, now_us()).await.unwrap();
        execute(store, "UPDATE call SET held = 0 WHERE id = 'c4'").await;
        let rule = store.retention().await.unwrap().pop().unwrap();
        let due = store.due(&rule, now_us(), None, 10).await.unwrap();
        let tx = store.begin().await.unwrap();
        for due in &due {
            delete(&tx, due, now_us()).await.unwrap().unwrap();
        }
        tx.commit().await.unwrap();
        assert!(there(&blobs, &held).await);
        assert_eq!(store.certificates("c3").await.unwrap().len(), 0, "not final yet");
        assert_eq!(retain(store, &blobs, "cli", |_| ()).await.unwrap(), run(0, 0, 2), "{name}");
        assert!(!there(&blobs, &held).await);
        assert_eq!(store.certificates("c3").await.unwrap().len(), 1);
        assert!(store.verify_audit(None).await.unwrap().flaws.is_empty());
    }
}
