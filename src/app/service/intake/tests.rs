//! Files put into a real folder, and into a real bucket, become calls of a real service. Chats: they need no model.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest as _, Sha256};

use super::*;
use crate::app::config::Config;
use crate::app::service::Service;
use crate::domain::{Belongs, Scope};
use crate::ingest::source::RawSource;
use crate::rubric::built_in;
use crate::store::fixture;
use crate::store::ledger::{FileState, Filter};
use crate::store::list::CallFilter;

fn chat(number: usize) -> String {
    format!(
        "time,speaker,text\n2026-11-01T10:00:00+08:00,坐席,您好，请问有什么可以帮您？\n\
         2026-11-01T10:00:20+08:00,客户,我的订单{number}一直没有收到\n"
    )
}

async fn service(data: &Path, source: &str) -> Service {
    let raw: RawSource = toml::from_str(source).unwrap();
    let mut config = Config::under(data);
    config.sources = Source::all(&[raw]).unwrap();
    Service::start(config, built_in().unwrap()).await.unwrap()
}

async fn by_path(service: &Service) -> BTreeMap<String, Entry> {
    let all = ledger::list(&service.store, &Filter::default(), 1_000).await.unwrap();
    let name = |entry: &Entry| {
        path_of(&entry.file.path).file_name().unwrap().to_string_lossy().into_owned()
    };
    all.into_iter().map(|entry| (name(&entry), entry)).collect()
}

/// Waits until so many files have ended.
async fn ended(service: &Service, wanted: usize) -> BTreeMap<String, Entry> {
    let begun = Instant::now();
    loop {
        let all = by_path(service).await;
        let open = |entry: &&Entry| {
            matches!(entry.state, FileState::Seen | FileState::Stable | FileState::Claimed)
        };
        if all.len() >= wanted && !all.values().any(|entry| open(&entry)) {
            return all;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{all:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_a_folder_becomes_calls_and_is_moved_away() {
    let folder = tempfile::tempdir().unwrap();
    let (data, spool) = (folder.path().join("data"), folder.path().join("in"));
    fs::create_dir_all(spool.join("2026/11")).unwrap();
    fs::write(spool.join("old.csv"), chat(1)).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options()
        .append(true)
        .open(spool.join("old.csv"))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let source = format!(
        "kind = \"folder\"\nname = \"chats\"\npath = \"{}\"\nsettle_s = 1\nsidecar_wait_s = 1\nafter = \"move\"\n\
         move_to = \"done\"\nclient = \"小鹿生鲜\"",
        spool.display()
    );
    let service = service(&data, &source).await;
    while by_path(&service).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fs::write(spool.join("2026/11/new.csv"), chat(2)).unwrap();
    fs::write(spool.join("2026/11/new.call.json"), r#"{"team": "组1"}"#).unwrap();
    fs::write(spool.join("copy.csv"), chat(2)).unwrap();
    fs::write(spool.join("broken.csv"), "time,speaker,text\nnoon,坐席\n").unwrap();
    fs::write(spool.join("notes.txt"), "lunch at noon").unwrap();
    let all = ended(&service, 5).await;

    let state = |name: &str| (all[name].state, all[name].why.clone().unwrap_or_default());
    assert_eq!(state("old.csv").0, FileState::Done);
    let pair = [state("new.csv"), state("copy.csv")];
    let skipped = pair.iter().find(|(state, _)| *state == FileState::Skipped).unwrap();
    assert!(skipped.1.starts_with(ledger::DUPLICATE), "{skipped:?}");
    assert!(pair.iter().any(|(state, _)| *state == FileState::Done), "{pair:?}");
    assert_eq!(state("broken.csv").0, FileState::Failed);
    assert_eq!(state("notes.txt").0, FileState::Skipped);
    let filter = CallFilter { limit: 10, ..CallFilter::default() };
    let calls = service.store.list(&filter, &Scope::All).await.unwrap();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.belongs.client.as_deref() == Some("小鹿生鲜")));
    // What is kept has gone, what is not is still where it was.
    let begun = Instant::now();
    while spool.join("old.csv").exists() || spool.join("2026/11/new.csv").exists() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for moved in
        ["done/old.csv", "done/2026/11/new.csv", "done/2026/11/new.call.json", "done/copy.csv"]
    {
        assert!(spool.join(moved).exists(), "{moved}");
    }
    assert!(spool.join("broken.csv").exists() && spool.join("notes.txt").exists());
    // Backlog was told from news.
    let lanes = service.store.jobs("done", None, 10).await.unwrap();
    let lane = |name: &str| lanes.iter().find(|job| job.job.key == all[name].id).unwrap().lane;
    assert_eq!((lane("old.csv"), lane("new.csv")), (1, 0));

    // Mended under the same name it is another file; by hand the first is tried again.
    fs::write(spool.join("broken.csv"), chat(3)).unwrap();
    let begun = Instant::now();
    while service.store.count(&CallFilter::default(), &Scope::All).await.unwrap() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let tx = service.store.begin().await.unwrap();
    ledger::retry(&tx, &all["notes.txt"].id, 1).await.unwrap();
    tx.commit().await.unwrap();
    service.end().await.unwrap();
}

/// A tenth of a second in one channel, at one level.
fn mono(level: i16) -> Vec<u8> {
    let samples: Vec<u8> = std::iter::repeat_n(level.to_le_bytes(), 800).flatten().collect();
    let bytes = u32::try_from(samples.len()).unwrap();
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        wav.extend(half.to_le_bytes());
    }
    for whole in [8_000_u32, 16_000] {
        wav.extend(whole.to_le_bytes());
    }
    for half in [2_u16, 16] {
        wav.extend(half.to_le_bytes());
    }
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples);
    wav
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_that_were_sent_as_one_call_are_one_content_and_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::under(folder.path());
    let sent = folder.path().join("uploads/u1");
    let (first, second) = (sent.join("7-in.wav"), sent.join("7-out.wav"));
    let put = || {
        fs::create_dir_all(&sent).unwrap();
        fs::write(&first, mono(100)).unwrap();
        fs::write(&second, mono(200)).unwrap();
    };
    let service = Service::start(config.clone(), built_in().unwrap()).await.unwrap();
    put();
    // They are a call already, by both contents in the order of legs: no engine is needed to know it.
    let digest = Sha256::new_with_prefix([mono(100), mono(200)].concat()).finalize();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    fixture::call(&service.store, "c1", &Belongs::default(), "x", None).await;
    let known = format!("UPDATE call SET sha256 = '{digest}' WHERE id = 'c1'");
    fixture::execute(&service.store, &known).await;

    // The side that is heard second had come first.
    let sighting = |path: &Path| ledger::Sighting {
        source: UPLOAD.into(),
        path: path.display().to_string(),
        size: fs::metadata(path).unwrap().len(),
        modified_us: 1,
    };
    let tx = service.store.begin().await.unwrap();
    let seen = ledger::see(&tx, &sighting(&second), 1).await.unwrap();
    let facts = r#"{"files": ["7-in.wav", "7-out.wav"]}"#;
    ledger::settle(&tx, &seen.id, Some(facts), 0, 1).await.unwrap();
    ledger::join(&tx, &sighting(&first), &seen.id, 1).await.unwrap();
    let entry = ledger::entry(&tx, &seen.id).await.unwrap();
    let opened = service.intake.open(&entry).await.unwrap();
    assert_eq!(opened.files, [first.clone(), second.clone()]);
    assert_eq!(opened.stem, "7");
    tx.commit().await.unwrap();
    let all = ended(&service, 2).await;
    let why = all["7-out.wav"].why.clone();
    assert_eq!(why.as_deref(), Some("duplicate of call c1"), "{all:?}");
    let begun = Instant::now();
    while sent.exists() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.end().await.unwrap();

    // A process that is killed before they went leaves them to the next.
    put();
    let service = Service::start(config, built_in().unwrap()).await.unwrap();
    assert!(!sent.exists());
    service.end().await.unwrap();
}

/// Killed in the middle of a step: what nobody can go on with goes, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_uploads_goes_unless_something_may_come_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::under(folder.path());
    let spool = folder.path().join("uploads");
    let service = Service::start(config.clone(), built_in().unwrap()).await.unwrap();
    let tx = service.store.begin().await.unwrap();
    let open = uploads::Upload {
        id: "open".into(),
        person: "p".into(),
        name: "x-in.wav".into(),
        size: 2,
        other: Some(uploads::OtherFile { name: "x-out.wav".into(), size: 1 }),
        received: 2,
        facts: None,
        ledger: None,
        created_us: 1,
        changed_us: 1,
    };
    uploads::add(&tx, &open).await.unwrap();
    // Also of a service whose data lay elsewhere before.
    for path in [spool.join("entered/x.wav"), PathBuf::from("/before/uploads/moved/x.wav")] {
        let path = path.display().to_string();
        let file = ledger::Sighting { source: UPLOAD.into(), path, size: 1, modified_us: 1 };
        ledger::see(&tx, &file, 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    service.end().await.unwrap();
    let kept = ["entered/x.wav", "moved/x.wav", "open.part", "open/x-out.wav"];
    let gone = ["half.part", "half/x-out.wav", "lost.part", "lost.rest.part", "open.rest.part"];
    for name in kept.iter().chain(&gone).chain(&["whole/x.wav"]) {
        let path = spool.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    fs::create_dir_all(spool.join("empty")).unwrap();

    let service = Service::start(config, built_in().unwrap()).await.unwrap();
    assert!(kept.iter().all(|name| spool.join(name).exists()), "{:?}", fs::read_dir(&spool));
    let left = fs::read_dir(&spool).unwrap().flatten();
    let mut left: Vec<_> = left.map(|entry| entry.file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["entered", "moved", "open", "open.part"]);
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_put_in_the_place_of_a_file_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, spool) = (folder.path().join("data"), folder.path().join("in"));
    fs::create_dir_all(&spool).unwrap();
    let secret = folder.path().join("secret.csv");
    fs::write(&secret, chat(9)).unwrap();
    fs::write(spool.join("a.csv"), chat(9)).unwrap();
    let source =
        format!("kind = \"folder\"\nname = \"x\"\npath = \"{}\"\nsettle_s = 3600", spool.display());
    let service = service(&data, &source).await;
    let path = spool.join("a.csv");
    let size = fs::metadata(&path).unwrap().len();
    let file = ledger::Sighting {
        source: "x".into(),
        path: path.display().to_string(),
        size,
        modified_us: 1,
    };
    let tx = service.store.begin().await.unwrap();
    let id = ledger::see(&tx, &file, 1).await.unwrap().id;
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&secret, &path).unwrap();
    ledger::settle(&tx, &id, None, 0, 1).await.unwrap();
    tx.commit().await.unwrap();
    let all = ended(&service, 1).await;
    assert_eq!(all["a.csv"].state, FileState::Failed);
    assert_eq!(all["a.csv"].why.as_deref(), Some("the file is a link out of its folder"));
    service.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_a_bucket_becomes_calls() {
    let Ok(endpoint) = std::env::var("LINGTING_S3_TEST_URL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let name = format!("calls-{}", uuid::Uuid::now_v7());
    let http = reqwest::Client::new();
    let put = async |key: &str, text: String| {
        let put = http.put(format!("{endpoint}/{name}/{key}")).body(text).send().await.unwrap();
        assert!(put.status().is_success());
    };
    put("", String::new()).await;
    put("in/a.csv", chat(1)).await;
    put("in/a.call.json", r#"{"team": "组1"}"#.into()).await;
    put("out/b.csv", chat(2)).await;
    let source = format!(
        "kind = \"bucket\"\nname = \"s3\"\nurl = \"s3://{name}/in\"\nendpoint = \"{endpoint}\"\nregion = \"us-east-1\"\n\
         access_key_id = \"test\"\nsecret_access_key = \"test\"\nsidecar_wait_s = 0\nscan_s = 3600"
    );
    let service = service(&folder.path().join("data"), &source).await;
    let all = ended(&service, 1).await;
    assert_eq!((all.len(), all["a.csv"].state), (1, FileState::Done), "{all:?}");
    put("in/hinted.csv", chat(3)).await;
    service.intake.hints().send((name.clone(), "in/hinted.csv".into())).unwrap();
    assert_eq!(ended(&service, 2).await["hinted.csv"].state, FileState::Done);
    service.end().await.unwrap();
}
