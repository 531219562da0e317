//! The ledger held to its promise: one state a file, and totals that reconcile, whatever happens in which order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::fixture::Stores;
use super::ledger::*;
use super::{Store, StoreError, Tx};

fn file(path: &str, size: u64, modified_us: i64) -> Sighting {
    Sighting { source: "pbx".into(), path: path.into(), size, modified_us }
}

async fn count(store: &Store) -> i64 {
    totals(store).await.unwrap().iter().map(|total| total.files).sum()
}

async fn jobs(store: &Store) -> Vec<(String, String, i64)> {
    store.job_counts().await.unwrap()
}

#[tokio::test]
async fn a_growing_file_is_one_entry_and_a_rewritten_one_two() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        let first = see(&tx, &file("a.wav", 10, 1), 100).await.unwrap();
        let grown = see(&tx, &file("a.wav", 20, 2), 200).await.unwrap();
        assert_eq!((&grown.id, grown.file.size, grown.seen_us), (&first.id, 20, 100), "{name}");
        settle(&tx, &first.id, Some("{}"), 1, 300).await.unwrap();
        let again = see(&tx, &file("a.wav", 20, 2), 400).await.unwrap();
        assert_eq!((&again.id, again.state, again.changed_us), (&first.id, FileState::Stable, 300));
        let other = see(&tx, &file("a.wav", 30, 3), 500).await.unwrap();
        assert_ne!(other.id, first.id, "{name}");
        // It becomes again what it was: there is no third.
        see(&tx, &file("a.wav", 20, 2), 600).await.unwrap();
        assert_eq!(entry(&tx, &other.id).await.unwrap().state, FileState::Skipped, "{name}");
        tx.commit().await.unwrap();
        assert_eq!(count(store).await, 2, "{name}");
        assert_eq!(jobs(store).await, [("analyse".into(), "ready".into(), 1)], "{name}");
    }
}

#[tokio::test]
async fn a_file_goes_its_way_and_its_call_keeps_its_id() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        let id = see(&tx, &file("a.wav", 10, 1), 1).await.unwrap().id;
        assert!(matches!(claim(&tx, &id, 2).await, Err(StoreError::Conflict(_))), "{name}");
        settle(&tx, &id, None, 0, 3).await.unwrap();
        assert!(settle(&tx, &id, None, 0, 3).await.is_err(), "{name}: once");
        let first = claim(&tx, &id, 4).await.unwrap();
        fail(&tx, &id, &"x".repeat(900), true, 5).await.unwrap();
        assert_eq!(entry(&tx, &id).await.unwrap().why.map(|why| why.len()), Some(500));
        let second = claim(&tx, &id, 6).await.unwrap();
        assert!(first.call_id.is_some() && second.call_id == first.call_id, "{name}");
        assert_eq!((second.attempts, second.why), (2, None), "{name}");
        give_back(&tx, &id, 7).await.unwrap();
        assert_eq!(claim(&tx, &id, 8).await.unwrap().attempts, 2, "{name}");
        done(&tx, &id, "abc", 9).await.unwrap();
        for ended in [claim(&tx, &id, 9).await.map(drop), retry(&tx, &id, 9).await] {
            assert!(matches!(ended, Err(StoreError::Conflict(_))), "{name}");
        }
        assert_eq!(entry(&tx, &id).await.unwrap().sha256.as_deref(), Some("abc"));
        assert!(matches!(done(&tx, "none", "abc", 9).await, Err(StoreError::NotFound(_))));
        tx.commit().await.unwrap();
        assert_eq!(
            store.last_seq().await.unwrap(),
            0,
            "{name}: a failure that is tried again is no news"
        );
    }
}

#[tokio::test]
async fn what_vanished_and_comes_back_is_the_same_file() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        let id = see(&tx, &file("a.wav", 10, 1), 1).await.unwrap().id;
        gone(&tx, &id, 2).await.unwrap();
        let back = see(&tx, &file("a.wav", 10, 1), 3).await.unwrap();
        assert_eq!((back.id, back.state, back.why), (id, FileState::Seen, None), "{name}");
    }
}

#[tokio::test]
async fn poison_and_failures_are_told_and_can_begin_again() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        let folder = see(&tx, &file("a.wav", 10, 1), 1).await.unwrap().id;
        let upload = Sighting { source: UPLOAD.into(), ..file("b.wav", 10, 1) };
        let upload = see(&tx, &upload, 1).await.unwrap().id;
        for id in [&folder, &upload] {
            settle(&tx, id, None, 0, 2).await.unwrap();
        }
        tx.commit().await.unwrap();
        // Workers that die again and again.
        for at in 1..20 {
            store.claim(ANALYSE, "dead", 1, 0, at * 10).await.unwrap();
        }
        let tx = store.begin().await.unwrap();
        assert_eq!(follow_jobs(&tx, 300).await.unwrap(), 2, "{name}");
        assert_eq!(follow_jobs(&tx, 300).await.unwrap(), 0, "{name}");
        tx.commit().await.unwrap();
        assert_eq!(store.events_after(0, 9).await.unwrap().len(), 2, "{name}");
        let tx = store.begin().await.unwrap();
        retry(&tx, &folder, 400).await.unwrap();
        retry(&tx, &upload, 400).await.unwrap();
        assert_eq!(entry(&tx, &folder).await.unwrap().state, FileState::Seen, "{name}");
        assert_eq!(entry(&tx, &upload).await.unwrap().state, FileState::Stable, "{name}");
        settle(&tx, &folder, None, 0, 500).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(jobs(store).await, [("analyse".into(), "ready".into(), 2)], "{name}");
    }
}

#[tokio::test]
async fn the_other_side_of_a_call_that_was_sent_in_never_becomes_a_call_of_its_own() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        let sent = |path: &str| Sighting { source: UPLOAD.into(), ..file(path, 10, 1) };
        let first = see(&tx, &sent("a-in.wav"), 1).await.unwrap().id;
        settle(&tx, &first, None, 0, 2).await.unwrap();
        join(&tx, &sent("a-out.wav"), &first, 3).await.unwrap();
        join(&tx, &sent("a-out.wav"), &first, 4).await.unwrap();
        let other = of_path(&tx, UPLOAD, "a-out.wav").await.unwrap().unwrap();
        assert_eq!(other.state, FileState::Skipped, "{name}");
        assert!(other.why.unwrap().ends_with(&first), "{name}");
        assert!(matches!(retry(&tx, &other.id, 5).await, Err(StoreError::Conflict(_))), "{name}");
        tx.commit().await.unwrap();
        assert_eq!(count(store).await, 2, "{name}");
        assert_eq!(jobs(store).await, [("analyse".into(), "ready".into(), 1)], "{name}");
    }
}

#[tokio::test]
async fn pages_show_each_entry_once_and_backlog_is_told_from_news() {
    for (name, store) in Stores::new().await.each() {
        let tx = store.begin().await.unwrap();
        for ix in 0..25 {
            let id = see(&tx, &file(&format!("{ix}.wav"), 1, 1), ix).await.unwrap().id;
            if ix % 2 == 0 {
                settle(&tx, &id, None, 0, ix).await.unwrap();
            }
        }
        assert_eq!(first_scan_us(&tx, "pbx", 77).await.unwrap(), 77);
        assert_eq!(first_scan_us(&tx, "pbx", 99).await.unwrap(), 77, "{name}");
        tx.commit().await.unwrap();
        let mut filter = Filter { state: Some(FileState::Stable), ..Filter::default() };
        let mut paths = Vec::new();
        loop {
            let page = list(store, &filter, 5).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.before = Some(last.id.clone());
            paths.extend(page.into_iter().map(|entry| entry.file.path));
        }
        let wanted: Vec<_> =
            (0..25).rev().filter(|n| n % 2 == 0).map(|n| format!("{n}.wav")).collect();
        assert_eq!(paths, wanted, "{name}");
        let none = Filter { source: Some("other".into()), ..Filter::default() };
        assert!(list(store, &none, 5).await.unwrap().is_empty(), "{name}");
    }
}

/// What can happen to a file.
#[derive(Debug, Clone, Copy)]
enum Step {
    See(u64),
    Settle,
    Claim,
    GiveBack,
    Done,
    Skip,
    Gone,
    Fail(bool),
    Quarantine,
    Retry,
}

async fn take(
    tx: &Tx,
    step: Step,
    path: &str,
    id: Option<&String>,
) -> Result<Option<String>, StoreError> {
    if let Step::See(size) = step {
        return see(tx, &file(path, size, 1), 1).await.map(|entry| Some(entry.id));
    }
    let Some(id) = id else { return Ok(None) };
    match step {
        Step::See(_) => {}
        Step::Settle => settle(tx, id, None, 0, 1).await?,
        Step::Claim => drop(claim(tx, id, 1).await?),
        Step::GiveBack => give_back(tx, id, 1).await?,
        Step::Done => done(tx, id, "abc", 1).await?,
        Step::Skip => skip(tx, id, "no recording", 1).await?,
        Step::Gone => gone(tx, id, 1).await?,
        Step::Fail(again) => fail(tx, id, "broken", again, 1).await?,
        Step::Quarantine => quarantine(tx, id, "poison", 1).await?,
        Step::Retry => retry(tx, id, 1).await?,
    }
    Ok(None)
}

#[tokio::test]
async fn totals_reconcile_whatever_happens_in_which_order() {
    let step = prop_oneof![
        3 => (1_u64..4).prop_map(Step::See),
        3 => Just(Step::Settle),
        3 => Just(Step::Claim),
        1 => Just(Step::GiveBack),
        1 => Just(Step::Done),
        1 => Just(Step::Skip),
        1 => Just(Step::Gone),
        1 => any::<bool>().prop_map(Step::Fail),
        1 => Just(Step::Quarantine),
        1 => Just(Step::Retry),
    ];
    let steps = proptest::collection::vec((0_usize..6, step), 400);
    let steps = steps.new_tree(&mut TestRunner::deterministic()).unwrap().current();
    for (name, store) in Stores::new().await.each() {
        // Each content of each path is one file, and nothing else is.
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        let mut newest: BTreeMap<usize, String> = BTreeMap::new();
        let mut refused = 0;
        for (which, step) in &steps {
            let tx = store.begin().await.unwrap();
            let path = format!("{which}.wav");
            match take(&tx, *step, &path, newest.get(which)).await {
                Ok(Some(id)) => {
                    files.insert(id.clone(), path);
                    newest.insert(*which, id);
                }
                Ok(None) => {}
                Err(StoreError::Conflict(_)) => refused += 1,
                Err(error) => panic!("{name}: {step:?}: {error}"),
            }
            tx.commit().await.unwrap();
        }
        assert!(refused > 20 && files.len() > 8, "{name}: {refused} {}", files.len());
        let totals = totals(store).await.unwrap();
        let mut by_state: BTreeMap<FileState, i64> = BTreeMap::new();
        for (id, path) in &files {
            let entry = entry(store, id).await.unwrap();
            assert_eq!(&entry.file.path, path);
            *by_state.entry(entry.state).or_default() += 1;
            let told = matches!(
                entry.state,
                FileState::Skipped | FileState::Failed | FileState::Quarantined
            );
            assert_eq!(entry.why.is_some(), told, "{name}: {entry:?}");
        }
        assert_eq!(totals.iter().map(|t| t.files).sum::<i64>(), files.len() as i64, "{name}");
        let told: BTreeMap<_, _> = totals.iter().map(|t| (t.state, t.files)).collect();
        assert_eq!(told, by_state, "{name}");
    }
}
