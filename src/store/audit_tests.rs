//! The audit log under writers at once and under hands that change it: on every database there is.
//!
//! In: deeds, then rows changed from outside. Out: what verifying says.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use super::audit::{AuditFilter, Deed, Flaw, Head};
use super::fixture::{Stores, execute};
use super::{EventKind, Store};

async fn deeds(store: &Store, count: i64) {
    for n in 0..count {
        let object = format!("call/{n}");
        let deed = Deed { actor: "wang", action: "call.play", object: &object, detail: "{}" };
        store.audit(n, &deed).await.unwrap();
    }
}

#[tokio::test]
async fn an_untouched_log_is_whole() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let empty = store.verify_audit(None).await.unwrap();
        assert_eq!((empty.rows, empty.head.seq, empty.flaws.len()), (0, 0, 0), "{name}");
        deeds(store, 5).await;
        let head = store.audit_head().await.unwrap();
        assert_eq!(head.seq, 5);
        deeds(store, 3).await;
        let found = store.verify_audit(Some(&head)).await.unwrap();
        assert_eq!((found.rows, found.flaws), (8, Vec::new()), "{name}");
        let filter = AuditFilter { object: Some("call/2".into()), ..AuditFilter::default() };
        let rows = store.audited(&filter, 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [8, 3]);
    }
}

#[tokio::test]
async fn every_hand_on_it_is_found_and_told_where() {
    let swap = "UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; \
                UPDATE audit SET seq = 4 WHERE seq = -1";
    for (hand, flaws) in [
        ("UPDATE audit SET actor = 'li' WHERE seq = 3", vec![Flaw::Changed(3)]),
        ("UPDATE audit SET at_us = 7 WHERE seq = 1", vec![Flaw::Changed(1)]),
        ("DELETE FROM audit WHERE seq = 3", vec![Flaw::Missing { from: 3, to: 3 }]),
        ("DELETE FROM audit WHERE seq <= 2", vec![Flaw::Missing { from: 1, to: 2 }]),
        (swap, vec![Flaw::Misplaced(3), Flaw::Misplaced(4), Flaw::Misplaced(5)]),
        // Cut off: the head that was kept tells.
        ("DELETE FROM audit WHERE seq >= 5", vec![Flaw::Missing { from: 5, to: 6 }]),
        ("UPDATE audit SET prev = hash WHERE seq = 4", vec![Flaw::Misplaced(4)]),
        // The rest renumbered over the gap.
        (
            "DELETE FROM audit WHERE seq = 6; UPDATE audit SET hash = prev WHERE seq = 5",
            vec![Flaw::Changed(5), Flaw::Missing { from: 6, to: 6 }],
        ),
    ] {
        let stores = Stores::new().await;
        for (name, store) in stores.each() {
            deeds(store, 6).await;
            let head = store.audit_head().await.unwrap();
            for step in hand.split(';') {
                execute(store, step).await;
            }
            let found = store.verify_audit(Some(&head)).await.unwrap();
            assert_eq!(found.flaws, flaws, "{name}: {hand}");
        }
    }
}

#[tokio::test]
async fn a_log_that_was_written_anew_is_not_the_one_that_was_kept() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        deeds(store, 4).await;
        let head = store.audit_head().await.unwrap();
        execute(store, "DELETE FROM audit").await;
        for _ in 0..4 {
            let deed = Deed { actor: "li", action: "nothing", object: "", detail: "{}" };
            store.audit(0, &deed).await.unwrap();
        }
        assert!(store.verify_audit(None).await.unwrap().flaws.is_empty(), "{name}");
        let found = store.verify_audit(Some(&head)).await.unwrap();
        assert_eq!(found.flaws, [Flaw::NotTheHead(4)], "{name}");
        let found = store.verify_audit(Some(&Head { seq: 9, hash: String::new() })).await.unwrap();
        assert_eq!(found.flaws, [Flaw::Missing { from: 5, to: 9 }], "{name}");
    }
}

#[tokio::test]
async fn many_at_once_make_one_chain() {
    let stores = Stores::new().await;
    for (name, store) in stores.each() {
        let mut all = tokio::task::JoinSet::new();
        for n in 0..40_i64 {
            let store = store.clone();
            all.spawn(async move {
                let tx = store.begin().await.unwrap();
                // In both orders: two logs must not wait for each other.
                let deed = Deed { actor: "wang", action: "call.play", object: "", detail: "{}" };
                if n % 2 == 0 {
                    tx.audit(n, &deed).await.unwrap();
                    tx.append(n, EventKind::CallChanged, None, "{}").await.unwrap();
                } else {
                    tx.append(n, EventKind::CallChanged, None, "{}").await.unwrap();
                    tx.audit(n, &deed).await.unwrap();
                }
                // Every fourth changes its mind: no number is lost by it.
                if n % 4 != 3 {
                    tx.commit().await.unwrap();
                }
            });
        }
        while let Some(done) = all.join_next().await {
            done.unwrap();
        }
        let found = store.verify_audit(None).await.unwrap();
        assert_eq!((found.rows, found.head.seq, found.flaws), (30, 30, Vec::new()), "{name}");
    }
}
