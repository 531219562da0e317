//! A service that is killed again and again loses no call and doubles none (law 9).

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lingting::domain::Scope;
use lingting::rubric::built_in;
use lingting::store::ledger::{FileState, totals};
use lingting::store::list::CallFilter;
use lingting::store::{EventKind, Store};

const CALLS: usize = 60;
const KILLS: u32 = 20;

/// Chats of some length, each with words of its own.
fn batch(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for number in 0..CALLS {
        let mut text = String::from("time,speaker,text\n");
        for turn in 0..120 {
            let (who, said) = match turn % 4 {
                0 => ("坐席", "您好，很高兴为您服务，请问有什么可以帮您？".to_owned()),
                1 => {
                    ("客户", format!("我的订单{number}一直没有收到，已经等了{turn}天了，我要投诉"))
                }
                2 => ("坐席", "这个我也不知道，你自己去查吧，系统就是这样".to_owned()),
                _ => ("客户", format!("那你给我一个说法，第{turn}次问了")),
            };
            let at = format!("2026-11-01T10:{:02}:{:02}+08:00", turn / 2, turn % 2 * 30);
            text += &format!("{at},{who},{said}\n");
        }
        fs::write(folder.join(format!("chat-{number:02}.csv")), text).unwrap();
    }
}

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        batch(&folder.path().join("in"));
        let config = format!(
            "data = '{0}/data'\nlisten = '127.0.0.1:0'\n[engine]\ncalls = 2\n[[source]]\nkind = 'folder'\n\
             name = 'chats'\npath = '{0}/in'\nsettle_s = 1\nsidecar_wait_s = 0\nclient = '小鹿生鲜'\n",
            folder.path().display()
        );
        fs::write(folder.path().join("lingting.toml"), config).unwrap();
        Self { folder }
    }

    fn serve(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_lingting"))
            .args(["serve", "--config"])
            .arg(self.folder.path().join("lingting.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    async fn store(&self) -> Store {
        let file = self.folder.path().join("data/lingting.db");
        Store::open(&format!("sqlite:{}", file.display())).await.unwrap()
    }

    /// Calls in the store.
    async fn calls(&self) -> i64 {
        if !self.folder.path().join("data/lingting.db").exists() {
            return 0;
        }
        self.store().await.count(&CallFilter::default(), &Scope::All).await.unwrap()
    }

    /// Waits until so many calls are in the store.
    async fn done(&self, calls: i64) {
        let begun = Instant::now();
        while self.calls().await < calls {
            assert!(begun.elapsed() < Duration::from_secs(60), "no {calls} calls within a minute");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Lets the service work until every file has ended.
    async fn finish(&self) {
        let mut service = self.serve();
        let begun = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            if begun.elapsed() > Duration::from_secs(120) || service.try_wait().unwrap().is_some() {
                let _ = service.kill();
                let mut said = String::new();
                service.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("the service did not finish:\n{said}");
            }
            if !self.folder.path().join("data/lingting.db").exists() {
                continue;
            }
            let store = self.store().await;
            let all = totals(&store).await.unwrap();
            let ended = all.iter().filter(|t| t.state == FileState::Done).map(|t| t.files);
            if ended.sum::<i64>() == CALLS as i64 {
                break;
            }
        }
        service.kill().unwrap();
        service.wait().unwrap();
    }

    /// What is known of each call: everything but the times at which it was done.
    async fn results(&self) -> BTreeMap<String, String> {
        let store = self.store().await;
        let filter = CallFilter { limit: 500, ..CallFilter::default() };
        let mut results = BTreeMap::new();
        for call in store.list(&filter, &Scope::All).await.unwrap() {
            let mut report = store.report(&call.id).await.unwrap().unwrap();
            report.timings = lingting::wire::report::Timings::default();
            let cards = store.cards(&call.id).await.unwrap();
            let findings = store.findings(&call.id).await.unwrap().len();
            assert_eq!(call.rev, 1, "{}: analysed more than once", call.external_id);
            let all = format!("{}\n{cards:?}\n{findings}\n{}", call.risk, report.to_json());
            assert!(results.insert(call.external_id, all).is_none(), "a call was doubled");
        }
        results
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_twenty_times_ends_like_one_left_alone() {
    let (quiet, killed) = (Site::new(), Site::new());
    quiet.finish().await;
    let expected = quiet.results().await;
    assert_eq!(expected.len(), CALLS);

    let mut state = 20_261_122u64;
    let mut draw = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    // The first are killed while they start, the others when they are a little further than the one before.
    let mut progress = Vec::new();
    for kill in 0..KILLS {
        let mut service = killed.serve();
        if kill > 2 {
            killed.done(i64::from(kill - 2) * CALLS as i64 / i64::from(KILLS)).await;
        }
        tokio::time::sleep(Duration::from_millis(draw(150))).await;
        // SIGKILL: nothing can be put in order.
        service.kill().unwrap();
        service.wait().unwrap();
        progress.push(killed.calls().await);
    }
    let between = progress.iter().filter(|n| (1..CALLS as i64).contains(n)).count();
    assert!(between > 5, "too few kills fell into the work: {progress:?}");
    killed.finish().await;
    let results = killed.results().await;
    assert_eq!(results.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (call, result) in &results {
        assert_eq!(result, &expected[call], "{call}");
    }
    let store = killed.store().await;
    let all = totals(&store).await.unwrap();
    assert_eq!(all.iter().map(|total| total.files).sum::<i64>(), CALLS as i64, "{all:?}");
    let events = store.events_after(0, 1000).await.unwrap();
    let told = |kind| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(told(EventKind::CallAnalysed), CALLS, "events are told once");
    // The built-in rubrics enter at the first start, however often that is killed.
    assert_eq!(told(EventKind::RubricPublished), built_in().unwrap().len());
}
