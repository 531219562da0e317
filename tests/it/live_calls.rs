//! Live calls end to end, with real models: played over a real media stream, heard while they go on, analysed when they are over.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lingting::domain::Scope;
use lingting::store::Store;
use lingting::store::alerts::AlertFilter;
use lingting::store::ledger::{self, Filter};
use lingting::store::list::CallFilter;
use lingting::wire::report::Report;

const TOKEN: &str = "abcdefghijklmnop1234";

fn lingting() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lingting"));
    command.env("LC_ALL", "C.UTF-8").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A service that is stopped with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path) -> (Serving, String) {
    let config = format!(
        "data = '{}'\nlisten = '127.0.0.1:0'\n[[live]]\nkind = 'media-stream'\nname = 'demo'\ntoken = '{TOKEN}'\n",
        folder.join("data").display()
    );
    fs::write(folder.join("lingting.toml"), config).unwrap();
    let mut child =
        lingting().args(["serve", "--config"]).arg(folder.join("lingting.toml")).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let at = loop {
        let line = lines.next().expect("the service says where it is").unwrap();
        if let Some((_, at)) = line.split_once("http://") {
            break at.to_owned();
        }
    };
    // Whoever writes to a closed pipe is killed.
    std::thread::spawn(move || lines.for_each(drop));
    (Serving(child), at)
}

/// What was found, by rubric and criterion: verdict and where.
fn findings(report: &Report) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for card in &report.scorecards {
        for finding in &card.findings {
            let evidence = serde_json::to_string(&finding.evidence).unwrap();
            let found = format!("{} {evidence}", finding.verdict);
            all.insert((card.rubric.clone(), finding.criterion.clone()), found);
        }
    }
    all
}

fn said(report: &Report) -> Vec<String> {
    report.transcript.utterances.iter().map(|one| one.text.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_call_comes_to_what_its_recording_comes_to() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, at) = serve(folder.path());
    let to = format!("ws://{at}/live/media-stream/demo/{TOKEN}");
    let played = lingting()
        .args(["simulate", "tests/calls/zh-H4.ogg", "tests/calls/en-XE2.mp3", "--at-once", "2"])
        .args(["--speed", "4", "--to", &to, "--json"])
        .output()
        .unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));

    let file = folder.path().join("data/lingting.db");
    let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let begun = Instant::now();
    while store.count(&CallFilter::default(), &Scope::All).await.unwrap() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(120), "the calls are not analysed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let raised = store.alerts(&AlertFilter::default(), &Scope::All, 100).await.unwrap();
    let raised: Vec<&str> = raised.iter().map(|alert| alert.criterion.as_str()).collect();
    assert!(raised.contains(&"no_disclosure_without_verification"), "{raised:?}");
    assert!(raised.contains(&"no_forbidden_phrase"), "{raised:?}");

    for entry in ledger::list(&store, &Filter::default(), 10).await.unwrap() {
        let id = entry.call_id.unwrap();
        let live = store.report(&id).await.unwrap().unwrap();
        assert!(!live.transcript.utterances.is_empty());
        // All that was to be recognised was recognised while the call went on: the windows were the same.
        assert_eq!(live.timings.asr_s, 0.0, "{id}");
        // The recording by itself, analysed elsewhere, comes to the same.
        let call = store.call(&id).await.unwrap().unwrap();
        let own = folder.path().join("again");
        fs::create_dir_all(&own).unwrap();
        let blob = find(&folder.path().join("data/blobs"), call.source.as_deref().unwrap());
        fs::copy(blob, own.join(format!("{id}.wav"))).unwrap();
        fs::write(own.join(format!("{id}.call.json")), entry.facts.unwrap()).unwrap();
        let out = folder.path().join("out");
        let analysed = lingting().arg("analyze").arg(&own).arg("--out").arg(&out).output().unwrap();
        assert!(analysed.status.success(), "{}", String::from_utf8_lossy(&analysed.stderr));
        let text = fs::read_to_string(out.join(format!("{id}.json"))).unwrap();
        let again: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(said(&again), said(&live));
        assert_eq!(findings(&again), findings(&live));
    }
}

/// The file of a blob, wherever below a folder.
fn find(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap().to_string_lossy().contains(name) {
                return path;
            }
        }
    }
    panic!("no blob {name}");
}
