//! The service from file to search, over a real store and a real index, with chats: they need no engine.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::domain::Scope;
use crate::rubric::built_in;
use crate::search::{Request, parse};
use crate::store::ledger::{self, FileState, Sighting};
use crate::store::list::CallFilter;
use crate::store::now_us;

fn config(data: &Path) -> Config {
    Config::under(data)
}

/// A chat of its own for each number.
fn chat(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("chat-{number}.csv"));
    let text = format!(
        "time,speaker,text\n2026-11-01T10:00:00+08:00,坐席,您好，很高兴为您服务，请问有什么可以帮您？\n\
         2026-11-01T10:00:20+08:00,客户,我的订单{number}一直没有收到，我要投诉\n\
         2026-11-01T10:00:50+08:00,坐席,这个我也不知道，你自己去查吧\n"
    );
    fs::write(&path, text).unwrap();
    path
}

async fn enter(service: &Service, path: &Path) -> String {
    enter_with(service, path, r#"{"client":"小鹿生鲜","team":"组1"}"#).await
}

/// Enters a file with what came with it.
pub(super) async fn enter_with(service: &Service, path: &Path, facts: &str) -> String {
    let meta = fs::metadata(path).unwrap();
    let file = Sighting {
        source: "test".into(),
        path: path.display().to_string(),
        size: meta.len(),
        modified_us: 1,
    };
    let tx = service.store.begin().await.unwrap();
    let entry = ledger::see(&tx, &file, now_us()).await.unwrap();
    ledger::settle(&tx, &entry.id, Some(facts), 0, now_us()).await.unwrap();
    tx.commit().await.unwrap();
    service.wake.notify_one();
    entry.id
}

pub(super) async fn until_ended(service: &Service, ids: &[String]) {
    let begun = Instant::now();
    for id in ids {
        loop {
            let entry = ledger::entry(&service.store, id).await.unwrap();
            if !matches!(entry.state, FileState::Seen | FileState::Stable | FileState::Claimed) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{entry:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn found(service: &Service, query: &str) -> u64 {
    let mut request = Request::new(Scope::All);
    request.query = Some(parse(query).unwrap());
    let index = service.index.clone();
    tokio::task::spawn_blocking(move || index.count(&request).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_a_call_that_is_found_and_its_copy_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let service =
        Service::start(config(&folder.path().join("data")), built_in().unwrap()).await.unwrap();
    let first = enter(&service, &chat(folder.path(), 1)).await;
    let broken = folder.path().join("broken.csv");
    fs::write(&broken, "time,speaker,text\nnoon,坐席\n").unwrap();
    let broken = enter(&service, &broken).await;
    until_ended(&service, &[first.clone(), broken.clone()]).await;
    let copy = folder.path().join("copy.csv");
    fs::copy(chat(folder.path(), 1), &copy).unwrap();
    let copy = enter(&service, &copy).await;
    until_ended(&service, std::slice::from_ref(&copy)).await;

    let calls = service.store.list(&CallFilter::default(), &Scope::All).await.unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].belongs.client.as_deref(), Some("小鹿生鲜"));
    assert_eq!(calls[0].kind, "chat");
    assert!(calls[0].risk > 0);
    let state = async |id: &str| ledger::entry(&service.store, id).await.unwrap();
    assert_eq!(state(&first).await.state, FileState::Done);
    let failed = state(&broken).await;
    assert_eq!(failed.state, FileState::Failed);
    assert!(failed.why.unwrap().contains("broken.csv"));
    let skipped = state(&copy).await;
    assert_eq!(skipped.state, FileState::Skipped);
    assert!(skipped.why.unwrap().contains(&calls[0].id));

    let begun = Instant::now();
    while found(&service, "没有收到").await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(2), "not found within two seconds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(found(&service, "退货").await, 0);
    let findings = service.store.findings(&calls[0].id).await.unwrap();
    assert!(findings.iter().any(|one| one.verdict == "not_met"));
    let report = service.store.report(&calls[0].id).await.unwrap().unwrap();
    assert!(report.masked);
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_an_end_is_done_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rubrics = || built_in().unwrap();
    let service = Service::start(config(&data), rubrics()).await.unwrap();
    assert!(matches!(Service::start(config(&data), rubrics()).await, Err(ServeError::Busy(_))));
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(enter(&service, &chat(folder.path(), number)).await);
    }
    service.end().await.unwrap();
    let service = Service::start(config(&data), rubrics()).await.unwrap();
    until_ended(&service, &ids).await;
    assert_eq!(service.store.count(&CallFilter::default(), &Scope::All).await.unwrap(), 20);
    let begun = Instant::now();
    while found(&service, "投诉").await < 20 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (store, index) = (service.store.clone(), service.index.path().to_owned());
    service.stop.cancel();
    // The index made anew says the same.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(rebuild(&store, &index, |_| ()).await.unwrap(), 20);
    let again = SearchIndex::open(&index).unwrap();
    assert_eq!(again.calls(), 20);
    assert_eq!(again.cursor().unwrap(), store.last_seq().await.unwrap());
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_serving_restores_to_the_same_calls() {
    let folder = tempfile::tempdir().unwrap();
    let (data, kept) = (folder.path().join("data"), folder.path().join("kept"));
    let service = Service::start(config(&data), built_in().unwrap()).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(enter(&service, &chat(folder.path(), number)).await);
    }
    until_ended(&service, &ids).await;
    let note = back_up(&config(&data), &kept).await.unwrap();
    assert_eq!(note.seq, service.store.last_seq().await.unwrap());
    assert!(note.blobs >= 5);
    assert!(matches!(back_up(&config(&data), &kept).await, Err(BackupError::Occupied(_))));
    let calls = service.store.list(&CallFilter::default(), &Scope::All).await.unwrap();
    service.end().await.unwrap();

    assert!(matches!(restore(&kept, &config(&data)), Err(BackupError::Occupied(_))));
    let again = folder.path().join("again");
    assert_eq!(restore(&kept, &config(&again)).unwrap(), note);
    let service = Service::start(config(&again), built_in().unwrap()).await.unwrap();
    assert!(service.store.list(&CallFilter::default(), &Scope::All).await.unwrap() == calls);
    let name = crate::blobs::BlobName::parse(calls[0].source.as_deref().unwrap()).unwrap();
    assert!(service.blobs.size(&name).await.unwrap() > 0);
    let begun = Instant::now();
    while found(&service, "没有收到").await < 5 {
        assert!(begun.elapsed() < Duration::from_secs(5), "the index is not made again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.end().await.unwrap();
    // One byte is enough to be no backup.
    let database = kept.join("lingting.db");
    let mut bytes = fs::read(&database).unwrap();
    bytes[100] ^= 1;
    fs::write(&database, bytes).unwrap();
    let third = folder.path().join("third");
    assert!(matches!(restore(&kept, &config(&third)), Err(BackupError::Broken { .. })));
    assert!(!third.exists());
}
