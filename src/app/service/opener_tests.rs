//! The open data beside the store: the same calls, moved with them, gone with them, and read by another program.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::opener::{Opener, rebuild_lake};
use super::tests::{enter_with, until_ended};
use super::{LAKE, Service};
use crate::app::config::Config;
use crate::domain::Scope;
use crate::lake::{Day, Lake, tables};
use crate::rubric::built_in;
use crate::store::calls::{CallRow, NewCall, put};
use crate::store::decisions::{Decision, decide};
use crate::store::fixture::execute;
use crate::store::list::{CallFilter, Sort};
use crate::store::{EventKind, Store, now_us};

/// The interpreter that has DuckDB.
const PYTHON: &str = "LINGTING_DUCKDB_PYTHON";

const NUMBER: &str = "19900001121";

/// A chat of its own for each number, on one of three days.
fn chat(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("chat-{number}.csv"));
    let day = 1 + number % 3;
    let text = format!(
        "time,speaker,text\n2026-11-0{day}T10:00:0{number}+08:00,坐席,您好，很高兴为您服务，请问有什么可以帮您？\n\
         2026-11-0{day}T10:00:20+08:00,客户,我的手机号是{NUMBER}，订单一直没有收到，我要投诉\n\
         2026-11-0{day}T10:00:50+08:00,坐席,这个我也不知道，你自己去查吧\n"
    );
    fs::write(&path, text).unwrap();
    path
}

/// All rows of all tables as text, by table and day.
fn all(lake: &Lake) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in tables() {
        for day in lake.days().unwrap() {
            let path = lake.root().join(table.name).join(format!("day={day}/part-0.parquet"));
            let Ok(file) = File::open(path) else { continue };
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            assert_eq!(reader.schema().fields(), table.schema.fields());
            let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
            for batch in reader.build().unwrap() {
                writer.write(&plain(batch.unwrap())).unwrap();
            }
            writer.finish().unwrap();
            let text = String::from_utf8(writer.into_inner()).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            all.insert(format!("{}/{day}", table.name), lines);
        }
    }
    all
}

/// Times as numbers: arrow writes those of a zone only with the zones that DataFusion brings.
fn plain(batch: RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let column = match field.data_type() {
            DataType::Timestamp(..) => cast(column, &DataType::Int64).unwrap(),
            _ => Arc::clone(column),
        };
        (field.name().clone(), column)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

fn count(all: &BTreeMap<String, Vec<String>>, table: &str) -> usize {
    let of = |key: &&String| key.split('/').next() == Some(table);
    all.keys().filter(of).map(|key| all[key].len()).sum()
}

async fn calls(store: &Store) -> Vec<CallRow> {
    let filter = CallFilter { sort: Sort::Time, limit: 500, ..CallFilter::default() };
    store.list(&filter, &Scope::All).await.unwrap()
}

/// A store of six chats on three days, one of them decided on, and its open data as the service left it.
async fn served(folder: &Path) -> (Store, Lake) {
    let config = Config::under(&folder.join("data"));
    let service = Service::start(config.clone(), built_in().unwrap()).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..6 {
        // Early morning in China is the day before in UTC.
        let day = 1 + number % 3;
        let facts = format!(
            r#"{{"client":"小鹿生鲜","started_at":"2026-11-0{day}T07:00:00+08:00","customer":{{"number":"{NUMBER}"}}}}"#
        );
        ids.push(enter_with(&service, &chat(folder, number), &facts).await);
    }
    until_ended(&service, &ids).await;
    let call = calls(&service.store).await.remove(0);
    let finding = service.store.findings(&call.id).await.unwrap().remove(0);
    let decision = Decision {
        id: "1".into(),
        call_id: call.id.clone(),
        rubric: finding.rubric,
        criterion: finding.criterion,
        machine_verdict: finding.verdict,
        decision: "overturn".into(),
        verdict: "met".into(),
        comment: "柳如是说了".into(),
        by: "somebody".into(),
        at_us: now_us(),
    };
    let tx = service.store.begin().await.unwrap();
    decide(&tx, &decision, call.rev, &[]).await.unwrap();
    tx.append(now_us(), EventKind::FileFailed, None, r#"{"why":"柳如是.wav"}"#).await.unwrap();
    tx.commit().await.unwrap();
    service.end().await.unwrap();
    let store = Store::open(&config.store).await.unwrap();
    (store, Lake::open(&config.data.join(LAKE)).unwrap())
}

/// Lets the open data follow until everything that happened is in it.
async fn follow(store: &Store, lake: &Lake) {
    let stop = CancellationToken::new();
    let opener = Opener::new(store.clone(), lake.clone(), Duration::from_millis(5));
    let (runtime, stopped) = (Handle::current(), stop.clone());
    let task = tokio::task::spawn_blocking(move || opener.run(&runtime, &stopped));
    let (begun, last) = (Instant::now(), store.last_seq().await.unwrap());
    while store.follower("lake").await.unwrap() < last {
        assert!(begun.elapsed() < Duration::from_secs(20), "the open data does not follow");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_data_says_what_the_store_says() {
    let folder = tempfile::tempdir().unwrap();
    let (store, lake) = served(folder.path()).await;
    let first = all(&lake);
    let rows = calls(&store).await;
    let (mut findings, mut cards, mut utterances) = (0, 0, 0);
    // The rubrics that came with the service, and the file that failed.
    let mut events = store.events_of_no_call(0, None, 100).await.unwrap().len();
    for row in &rows {
        findings += store.findings(&row.id).await.unwrap().len();
        cards += store.cards(&row.id).await.unwrap().len();
        utterances += store.report(&row.id).await.unwrap().unwrap().transcript.utterances.len();
        events += store.events_of(&row.id).await.unwrap().len();
        let day = &first[&format!("calls/{}", Day::of_us(row.started_us))];
        assert!(day.iter().any(|line| line.contains(&row.id)), "{day:?}");
    }
    for (table, expected) in [
        ("calls", 6),
        ("measures", 6),
        ("findings", findings),
        ("scorecards", cards),
        ("utterances", utterances),
        ("events", events),
    ] {
        assert!(expected > 0, "{table}");
        assert_eq!(count(&first, table), expected, "{table}");
    }
    let whole = format!("{first:?}");
    for hidden in [NUMBER, "柳如是", "chat-0.csv"] {
        assert!(!whole.contains(hidden), "{hidden} is in the open data");
    }
    assert!(whole.contains("我要投诉") && whole.contains("overturn"));
    // Made again, it is the same; so it is when somebody deleted it.
    assert_eq!(rebuild_lake(&store, &lake, |_| ()).await.unwrap(), 6);
    assert_eq!(all(&lake), first);
    fs::remove_dir_all(lake.root()).unwrap();
    let lake = Lake::open(lake.root()).unwrap();
    // The cursor says that all is done, the folder that nothing is.
    let tx = store.begin().await.unwrap();
    tx.append(rows[0].started_us, EventKind::RubricPublished, None, "{}").await.unwrap();
    tx.commit().await.unwrap();
    follow(&store, &lake).await;
    assert!(lake.is_current());
    assert_eq!(count(&all(&lake), "events"), events + 1);
    assert_eq!(count(&all(&lake), "calls"), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_moves_with_its_time_and_goes_when_it_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, lake) = served(folder.path()).await;
    let mut rows = calls(&store).await;
    // Analysed again, it began on another day.
    let mut moved = rows.remove(0);
    let was = Day::of_us(moved.started_us);
    moved.started_us += 30 * 86_400_000_000;
    let report = store.report(&moved.id).await.unwrap().unwrap();
    let cards = store.cards(&moved.id).await.unwrap();
    let findings = store.findings(&moved.id).await.unwrap();
    let new = NewCall {
        row: &moved,
        report: &report,
        settings: "",
        peaks: &[],
        cards: &cards,
        findings: &findings,
    };
    let deleted = rows.remove(0).id;
    let tx = store.begin().await.unwrap();
    put(&tx, &new).await.unwrap();
    tx.append(now_us(), EventKind::CallDeleted, Some(&deleted), "{}").await.unwrap();
    tx.commit().await.unwrap();
    execute(&store, &format!("UPDATE call SET deleted_us = 1 WHERE id = '{deleted}'")).await;
    follow(&store, &lake).await;
    let followed = all(&lake);
    let with = |id: &str| -> Vec<&String> {
        let has = |lines: &Vec<String>| lines.iter().any(|line| line.contains(id));
        followed.iter().filter(|(_, lines)| has(lines)).map(|(key, _)| key).collect()
    };
    assert_eq!(with(&deleted), Vec::<&String>::new());
    let now = Day::of_us(moved.started_us).to_string();
    assert!(was.to_string() != now);
    let places = with(&moved.id);
    assert!(places.len() == 6 && places.iter().all(|key| key.ends_with(&now)), "{places:?}");
    rebuild_lake(&store, &lake, |_| ()).await.unwrap();
    assert_eq!(all(&lake), followed);
}

/// What DuckDB finds in the files: counts by table, and some values.
const READ: &str = r#"
import duckdb, json, sys
root = sys.argv[1]
db = duckdb.connect()
for table in ["calls", "scorecards", "findings", "utterances", "measures", "events"]:
    db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{root}/{table}/*/*.parquet', hive_partitioning = true)")
def one(sql): return db.execute(sql).fetchone()[0]
print(json.dumps({
    "counts": {t: one(f"SELECT count(*) FROM {t}") for t in ["calls", "findings", "scorecards", "utterances", "measures", "events"]},
    "duration_ms": one("SELECT CAST(sum(duration_ms) AS BIGINT) FROM calls"),
    "days": [str(r[0]) for r in db.execute("SELECT DISTINCT day FROM calls ORDER BY day").fetchall()],
    "in_their_day": one("SELECT count(*) FROM calls WHERE CAST(started_at AT TIME ZONE 'UTC' AS DATE) = day"),
    "started": {r[0]: r[1] for r in db.execute("SELECT call_id, epoch_us(started_at) FROM calls").fetchall()},
    "failed": one("SELECT count(*) FROM findings JOIN calls USING (call_id) WHERE findings.verdict = 'not_met'"),
    "decided": one("SELECT count(*) FROM findings WHERE human_verdict = 'met' AND decided_at IS NOT NULL"),
    "said": one("SELECT count(*) FROM utterances WHERE text_redacted LIKE '%我要投诉%' AND party = 'customer'"),
}))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn another_program_reads_the_same() {
    let Some(python) = std::env::var_os(PYTHON) else {
        assert!(
            std::env::var_os("LINGTING_SAMPLES").is_none(),
            "the whole test run installs DuckDB and sets {PYTHON}"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, lake) = served(folder.path()).await;
    let read = std::process::Command::new(python).args(["-c", READ]).arg(lake.root()).output();
    let read = read.unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let told: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let rows = calls(&store).await;
    for (table, lines) in ["calls", "findings", "scorecards", "utterances", "measures", "events"]
        .map(|t| (t, count(&all(&lake), t)))
    {
        assert_eq!(told["counts"][table], lines, "{table}");
    }
    assert_eq!(told["counts"]["calls"], rows.len());
    assert_eq!(told["in_their_day"], rows.len());
    assert_eq!(told["days"], serde_json::json!(["2026-10-31", "2026-11-01", "2026-11-02"]));
    assert_eq!(told["duration_ms"], rows.iter().map(|row| row.duration_ms).sum::<i64>());
    let mut failed = 0;
    for row in &rows {
        assert_eq!(told["started"][&row.id], row.started_us);
        let findings = store.findings(&row.id).await.unwrap();
        failed += findings.iter().filter(|one| one.verdict == "not_met").count();
    }
    assert_eq!(
        (&told["failed"], &told["decided"], &told["said"]),
        (&failed.into(), &1.into(), &6.into())
    );
}
