//! Stores for tests: SQLite in a folder that goes away, and PostgreSQL where one was started.
//!
//! In: `LINGTING_POSTGRES_TEST_URL`, a server on which databases may be made. Out: each store empty.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use super::Store;
use super::db::{params, run};

/// The name of the variable with the test server's URL, without a database.
const SERVER: &str = "LINGTING_POSTGRES_TEST_URL";

/// Stores that are empty and stay while this lives.
pub(crate) struct Stores {
    all: Vec<(&'static str, Store)>,
    _folder: tempfile::TempDir,
}

impl Stores {
    /// One on each database there is.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let sqlite = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let mut all = vec![("sqlite", sqlite)];
        match std::env::var(SERVER) {
            Ok(server) => all.push(("postgres", postgres(&server).await)),
            Err(_) => assert!(
                std::env::var_os("LINGTING_SAMPLES").is_none(),
                "the whole test run starts PostgreSQL and sets {SERVER}"
            ),
        }
        Self { all, _folder: folder }
    }

    /// The stores with their names.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &Store)> {
        self.all.iter().map(|(name, store)| (*name, store))
    }
}

/// A database of its own on the server.
async fn postgres(server: &str) -> Store {
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let base = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&base, &format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    base.close().await.unwrap();
    Store::open(&format!("{server}/{name}")).await.unwrap()
}

/// Puts a row in from outside, as a test may and the program never does.
pub(crate) async fn execute(store: &Store, sql: &str) {
    run(store, sql, params![]).await.unwrap();
}

/// A call that belongs there, analysed: with a report of one utterance and one finding, and the blob of its audio.
pub(crate) async fn call(
    store: &Store,
    id: &str,
    belongs: &crate::domain::Belongs,
    said: &str,
    audio: Option<String>,
) {
    use super::calls::{CallRow, FindingRow, NewCall, put};
    let report = serde_json::json!({
        "schema": crate::wire::report::SCHEMA, "tool": {"name": "lingting", "version": "0"},
        "call": {
            "call_id": id, "client": belongs.client, "vendor": belongs.vendor,
            "project": belongs.project, "team": belongs.team,
            "source": {"file": format!("{id}.wav"), "sha256": format!("sha256 of {id}")},
        },
        "media": {
            "duration_s": 2.0, "codec": "pcm_s16le", "sample_rate_hz": 8000, "channels": 1,
            "legs": [], "problems": [],
        },
        "transcript": {
            "language": "zh", "engine": {"name": "none", "model": "none", "sha256": ""},
            "utterances": [{
                "id": 0, "leg": 0, "speaker": 0, "party": "agent", "start_s": 0.0, "end_s": 1.0,
                "text": said, "confidence": 1.0, "words": [],
            }],
            "rejected": [],
        },
        "conversation": {
            "talk_s": {}, "silences": [], "overtalk": [], "rate_per_min": {}, "holds": [],
        },
        "scorecards": [], "pii": [], "masked": true,
        "timings": {"decode_s": 0.0, "vad_s": 0.0, "asr_s": 0.0, "score_s": 0.0, "total_s": 0.0},
    });
    let report = crate::wire::report::Report::from_json(&report.to_string()).unwrap();
    let row = CallRow {
        id: id.into(),
        external_id: format!("{id}-outside"),
        sha256: format!("sha256 of {id}"),
        kind: "call".into(),
        file: format!("{id}.wav"),
        direction: Some("inbound".into()),
        belongs: belongs.clone(),
        queue: None,
        customer: Some("199****6136".into()),
        language: "zh".into(),
        started_us: 1,
        received_us: 1,
        analysed_us: 1,
        duration_ms: 2000,
        verdict: "pass".into(),
        score_milli: Some(100_000),
        risk: 10,
        problems: Vec::new(),
        measures: "{}".into(),
        source: None,
        audio: audio.clone(),
        redacted_audio: audio,
        private: None,
        rev: 0,
        review_state: "open".into(),
        assigned_to: None,
        held: false,
    };
    let finding = FindingRow {
        rubric: "walk".into(),
        criterion: "greeting".into(),
        title: "Greeting".into(),
        verdict: "met".into(),
        severity: "minor".into(),
        weight_milli: 1000,
        points_milli: 1000,
        confidence_milli: 1000,
        leg: Some(0),
        start_ms: Some(0),
        end_ms: Some(1000),
        quote: Some(said.into()),
    };
    let new = NewCall {
        row: &row,
        report: &report,
        settings: "",
        peaks: &[],
        cards: &[],
        findings: &[finding],
    };
    let tx = store.begin().await.unwrap();
    put(&tx, &new).await.unwrap();
    tx.commit().await.unwrap();
}
