//! The queue: one contract on both databases.

use super::fixture::Stores;
use super::jobs::{ATTEMPTS_MAX, NewJob, again, enqueue, finish, give_back};
use super::{Store, StoreError};

fn job(key: &str, lane: i64) -> NewJob<'_> {
    NewJob { kind: "analyse", key, payload: "{}", lane, run_us: 0 }
}

async fn keys_in_order(store: &Store, mut turn: u64) -> Vec<String> {
    let mut keys = Vec::new();
    while let Some(job) = store.claim("analyse", "w", 1000, turn, 10).await.unwrap() {
        keys.push(job.key);
        turn += 1;
    }
    keys
}

#[tokio::test]
async fn new_calls_go_first_and_backlog_is_not_starved() {
    for (name, store) in Stores::new().await.each() {
        for (key, lane) in [("old1", 1), ("old2", 1), ("n1", 0), ("n2", 0), ("n3", 0), ("n4", 0)] {
            assert!(enqueue(store, job(key, lane), 0).await.unwrap(), "{name}");
        }
        assert!(!enqueue(store, job("n1", 0), 0).await.unwrap(), "{name}: asked once");
        let keys = keys_in_order(store, 0).await;
        assert_eq!(keys, ["n1", "n2", "n3", "old1", "n4", "old2"], "{name}");
    }
}

#[tokio::test]
async fn the_job_of_a_dead_worker_is_handed_out_again_and_the_dead_cannot_end_it() {
    for (name, store) in Stores::new().await.each() {
        enqueue(store, job("a", 0), 0).await.unwrap();
        let first = store.claim("analyse", "dead", 1000, 0, 10).await.unwrap().unwrap();
        assert!(store.claim("analyse", "alive", 1000, 0, 900).await.unwrap().is_none(), "{name}");
        let second = store.claim("analyse", "alive", 1000, 0, 2000).await.unwrap().unwrap();
        assert_eq!((second.id.as_str(), second.attempts), (first.id.as_str(), 2), "{name}");
        let tx = store.begin().await.unwrap();
        let late = finish(&tx, &first.id, "dead", 2001).await;
        assert!(matches!(late, Err(StoreError::Conflict(_))), "{name}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        finish(&tx, &second.id, "alive", 2001).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.claim("analyse", "x", 1, 0, 9999).await.unwrap().is_none(), "{name}");
        // Done stays done until somebody asks for it anew.
        enqueue(store, job("a", 0), 0).await.unwrap();
        assert!(store.claim("analyse", "x", 1, 0, 9999).await.unwrap().is_none(), "{name}");
        again(store, job("a", 0), 0).await.unwrap();
        assert!(store.claim("analyse", "x", 1, 0, 9999).await.unwrap().is_some(), "{name}");
    }
}

#[tokio::test]
async fn poison_is_put_aside_and_a_refund_is_no_attempt() {
    for (name, store) in Stores::new().await.each() {
        enqueue(store, job("poison", 0), 0).await.unwrap();
        for at_us in 1..=ATTEMPTS_MAX {
            let refunded = store.claim("analyse", "w", 0, 0, at_us * 10).await.unwrap().unwrap();
            let tx = store.begin().await.unwrap();
            give_back(&tx, &refunded.id, "w", "stopping", 0, true, at_us).await.unwrap();
            tx.commit().await.unwrap();
            let again = store.claim("analyse", "w", 0, 0, at_us * 10).await.unwrap().unwrap();
            assert_eq!(again.attempts, at_us, "{name}");
        }
        assert!(store.claim("analyse", "w", 0, 0, 1_000_000).await.unwrap().is_none(), "{name}");
        let aside = store.jobs("quarantined", None, 10).await.unwrap();
        assert_eq!(aside.len(), 1, "{name}");
        assert!(aside[0].why.is_some(), "{name}");
    }
}

#[tokio::test]
async fn many_workers_get_each_job_once() {
    for (name, store) in Stores::new().await.each() {
        for ix in 0..40 {
            enqueue(store, job(&format!("{ix:02}"), 0), 0).await.unwrap();
        }
        let worker = |owner: String| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut got = Vec::new();
                while let Some(job) = store.claim("analyse", &owner, 1 << 40, 0, 1).await.unwrap() {
                    got.push(job.key);
                }
                got
            })
        };
        let workers: Vec<_> = (0..4).map(|ix| worker(format!("w{ix}"))).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        all.sort();
        let expected: Vec<String> = (0..40).map(|ix| format!("{ix:02}")).collect();
        assert_eq!(all, expected, "{name}");
    }
}
