//! The columns as they are committed, days that are written, and questions.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::files::described;
use super::*;

fn committed(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, now).unwrap();
    }
    let then = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        then == now,
        "{file} is not what the code says; look at the difference that \
         `UPDATE=1 cargo test --lib lake::tests` makes: who reads the files relies on these columns"
    );
}

#[test]
fn the_columns_are_the_committed_ones() {
    committed("schemas/lake.json", &described());
}

#[test]
fn the_document_lists_every_column() {
    const FROM: &str = "<!-- columns: written by a test -->\n";
    const TO: &str = "<!-- end of columns -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPEN-DATA.md");
    let text = fs::read_to_string(path).unwrap();
    let (head, rest) = text.split_once(FROM).unwrap();
    let (_, tail) = rest.split_once(TO).unwrap();
    let mut columns = String::new();
    for table in tables() {
        columns += &format!("\n### {}\n\n{}\n\n", table.name, table.about);
        columns += "| column | type | null | what it is |\n| --- | --- | --- | --- |\n";
        for field in table.schema.fields() {
            let null = if field.is_nullable() { "yes" } else { "" };
            let about = &field.metadata()["doc"];
            columns +=
                &format!("| `{}` | {} | {null} | {about} |\n", field.name(), field.data_type());
        }
    }
    committed("docs/OPEN-DATA.md", &format!("{head}{FROM}{columns}\n{TO}{tail}"));
}

#[test]
fn every_column_says_what_it_is_and_its_unit() {
    for table in tables() {
        assert!(!table.about.is_empty(), "{}", table.name);
        for field in table.schema.fields() {
            let about = &field.metadata()["doc"];
            assert!(!about.is_empty(), "{}.{}", table.name, field.name());
            // Times within a call are milliseconds, figures of text and sound have their units.
            let name = field.name().as_str();
            let timed = ["start", "end", "duration", "silence", "hold", "talk", "response"];
            let count = name.ends_with("_count") || field.data_type().is_nested();
            if field.data_type().is_integer() && timed.iter().any(|word| name.starts_with(word)) {
                assert!(name.ends_with("_ms") || count, "{}.{name}", table.name);
            }
        }
    }
}

/// A call of one utterance.
fn call(id: &str, started_us: i64, said: &str) -> CallRows {
    CallRows {
        call: CallRow {
            call_id: id.into(),
            external_id: format!("{id}-outside"),
            kind: "call".into(),
            direction: None,
            client: Some("小鹿生鲜".into()),
            vendor: None,
            project: None,
            team: None,
            queue: None,
            agent: None,
            customer_masked: Some("199****6136".into()),
            language: "zh".into(),
            started_at: Utc(started_us),
            received_at: Utc(started_us),
            analysed_at: Utc(started_us),
            duration_ms: 61_000,
            verdict: "fail".into(),
            score_points: Some(87.5),
            risk_permille: 640,
            problems: vec!["clipping".into(), "truncated".into()],
            review_state: "open".into(),
            held: false,
            codec: "pcm_alaw".into(),
            sample_rate_hz: 8000,
            channel_count: 2,
            engine: "none".into(),
            model: "none".into(),
            tool_version: "0".into(),
            rev: 1,
        },
        scorecards: Vec::new(),
        findings: Vec::new(),
        utterances: vec![UtteranceRow {
            call_id: id.into(),
            utterance: 0,
            leg: 0,
            speaker: 0,
            party: "customer".into(),
            start_ms: 0,
            end_ms: 900,
            text_redacted: said.into(),
            confidence: 0.9,
            rate_per_min: None,
            loudness_dbfs: Some(-31.5),
        }],
        measures: MeasureRow {
            call_id: id.into(),
            talk_agent_ms: None,
            talk_customer_ms: Some(900),
            silence_count: 0,
            silence_ms: 0,
            silence_longest_ms: 0,
            hold_count: 0,
            hold_ms: 0,
            overtalk_agent_count: 0,
            overtalk_customer_count: 0,
            rate_agent_per_min: None,
            rate_customer_per_min: None,
            response_first_ms: None,
            response_average_ms: None,
            response_longest_ms: None,
            utterance_count: 1,
            pii_count: 0,
            recognise_ms: 0,
            analyse_ms: 0,
        },
        events: Vec::new(),
    }
}

/// 2026-11-04 12:00 UTC.
const NOON_US: i64 = 1_793_793_600_000_000;

fn write(lake: &Lake, day: Day, ids: &[&str]) {
    let turn = lake.turn().unwrap();
    let mut writer = turn.begin(day).unwrap();
    for id in ids {
        writer.put(call(id, day.span_us().0 + 1, "我要投诉")).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_day_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(&folder.path().join("lake")).unwrap();
    let day = Day::of_us(NOON_US);
    write(&lake, day, &["a", "b"]);
    let file = lake.root().join("calls/day=2026-11-04/part-0.parquet");
    let before = fs::read(&file).unwrap();
    let turn = lake.turn().unwrap();
    assert!(matches!(lake.turn(), Err(LakeError::Busy(_))));
    let mut killed = turn.begin(day).unwrap();
    // More than a batch, so that something of it is on disk already.
    for n in 0..9000 {
        killed.put(call(&n.to_string(), NOON_US, "您好")).unwrap();
    }
    drop(killed);
    assert!(lake.root().join(".unfinished").exists());
    assert_eq!(fs::read(&file).unwrap(), before);
    drop(turn);
    drop(lake.turn().unwrap());
    assert!(!lake.root().join(".unfinished").exists());
    // A day without calls has no files.
    assert_eq!(lake.days().unwrap(), [day]);
    write(&lake, day, &[]);
    assert_eq!(lake.days().unwrap(), []);
}

#[cfg(feature = "analytics")]
mod sql {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    const LIMITS: SqlLimits = SqlLimits {
        time: Duration::from_secs(30),
        rows: 1000,
        answer_bytes: 16 << 20,
        memory_bytes: 64 << 20,
        disk_bytes: 64 << 20,
        threads: 1,
    };

    fn lake(folder: &Path) -> Lake {
        let lake = Lake::open(folder).unwrap();
        write(&lake, Day::of_us(NOON_US), &["a", "b"]);
        write(&lake, Day::of_us(NOON_US + 86_400_000_000), &["c"]);
        lake
    }

    async fn text(lake: &Lake, sql: &str, form: Form) -> String {
        let answer = lake.ask(sql, LIMITS).await.unwrap();
        let mut out = Vec::new();
        answer.write(form, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn questions_are_answered_in_three_forms() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path());
        for (sql, expected) in [
            ("SELECT count(*) FROM calls", "[[3]]"),
            (
                "SELECT day, count(*) FROM calls GROUP BY day ORDER BY day",
                r#"[["2026-11-04",2],["2026-11-05",1]]"#,
            ),
            ("SELECT call_id FROM calls WHERE day = '2026-11-05'", r#"[["c"]]"#),
            (
                "SELECT started_at FROM calls WHERE call_id = 'a'",
                r#"[["2026-11-04T00:00:00.000001Z"]]"#,
            ),
            (
                "SELECT text_redacted, loudness_dbfs, rate_per_min FROM utterances JOIN calls c USING (call_id) WHERE c.call_id = 'c'",
                r#"[["我要投诉",-31.5,null]]"#,
            ),
            ("SELECT count(*) FROM calls WHERE 'clipping' = ANY(problems)", "[[3]]"),
            ("SELECT 1 WHERE false", "[]"),
            ("SELECT count(*) FROM scorecards", "[[0]]"),
        ] {
            assert_eq!(text(&lake, sql, Form::JsonRows).await, expected, "{sql}");
        }
        let sql = "SELECT call_id, problems, held FROM calls ORDER BY call_id LIMIT 1";
        assert_eq!(
            text(&lake, sql, Form::Csv).await,
            "call_id,problems,held\na,\"[clipping, truncated]\",false\n"
        );
        assert_eq!(
            text(&lake, "SELECT call_id FROM calls WHERE false", Form::Csv).await,
            "call_id\n"
        );
        assert_eq!(
            text(&lake, sql, Form::Json).await,
            r#"[{"call_id":"a","problems":["clipping","truncated"],"held":false}]"#
        );
        assert!(text(&lake, sql, Form::Table).await.contains("| a       |"));
        for sql in ["SHOW TABLES", "DESCRIBE calls", "EXPLAIN SELECT * FROM calls"] {
            assert!(lake.ask(sql, LIMITS).await.unwrap().rows() > 0, "{sql}");
        }
    }

    #[tokio::test]
    async fn nothing_can_be_changed_or_read_besides() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(&folder.path().join("lake"));
        let outside = folder.path().join("other.csv");
        fs::write(&outside, "secret\n1\n").unwrap();
        let outside = outside.display();
        for sql in [
            "DROP TABLE calls".to_owned(),
            "CREATE TABLE x AS SELECT 1".into(),
            "CREATE VIEW x AS SELECT 1".into(),
            "INSERT INTO calls SELECT * FROM calls".into(),
            "DELETE FROM calls".into(),
            "UPDATE calls SET held = true".into(),
            "TRUNCATE calls".into(),
            "SET datafusion.execution.batch_size = 1".into(),
            "RESET datafusion.execution.batch_size".into(),
            "PREPARE x AS SELECT 1".into(),
            "BEGIN".into(),
            "SELECT 1; DROP TABLE calls".into(),
            format!("COPY calls TO '{outside}'"),
            format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{outside}'"),
            format!("EXPLAIN ANALYZE COPY calls TO '{outside}'"),
            "EXPLAIN ANALYZE INSERT INTO calls SELECT * FROM calls".into(),
            format!("SELECT * FROM '{outside}'"),
            format!("SELECT * FROM \"file://{outside}\""),
            format!("SELECT * FROM read_csv('{outside}')"),
            "SELECT repeat('x', 1000000000)".into(),
            "SELECT x FROM calls".into(),
            "SELEC".into(),
            String::new(),
        ] {
            let error = lake.ask(&sql, LIMITS).await.unwrap_err();
            assert!(
                matches!(error, SqlError::Changes | SqlError::Statement(_)),
                "{sql}: {error:?}"
            );
        }
        assert_eq!(fs::read_to_string(folder.path().join("other.csv")).unwrap(), "secret\n1\n");
        assert_eq!(text(&lake, "SELECT count(*) FROM calls", Form::JsonRows).await, "[[3]]");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_question_takes_more_than_its_limits() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path());
        let endless = "SELECT count(*) FROM range(0, 1000000000000) a WHERE a.value % 7 = 8";
        let begun = Instant::now();
        let short = SqlLimits { time: Duration::from_millis(300), ..LIMITS };
        assert!(matches!(lake.ask(endless, short).await, Err(SqlError::Time(_))));
        let crossed = "SELECT sum(a.value * b.value) FROM range(0, 1000000) a, range(0, 1000000) b \
                       WHERE a.value + b.value > 3";
        assert!(matches!(lake.ask(crossed, short).await, Err(SqlError::Statement(_))));
        let paired = "SELECT sum(a.value * b.value) FROM range(0, 1000000000) a, \
                      (SELECT row_number() OVER () AS value FROM calls) b WHERE a.value + b.value > 3";
        // With room to spill, time is the limit; without, room is, and it is told as that.
        let roomy = SqlLimits { memory_bytes: 1 << 30, disk_bytes: 8 << 30, ..short };
        let answer = lake.ask(paired, roomy).await;
        assert!(matches!(answer, Err(SqlError::Time(_))), "{answer:?}");
        let patient = SqlLimits { disk_bytes: 1 << 20, ..LIMITS };
        let answer = lake.ask(paired, patient).await;
        assert!(matches!(answer, Err(SqlError::Memory)), "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        let many = lake.ask("SELECT value FROM range(0, 100000)", LIMITS).await.unwrap();
        assert!(many.more && many.rows() == 1000);
        let exact = lake.ask("SELECT value FROM range(0, 1000)", LIMITS).await.unwrap();
        assert!(!exact.more && exact.rows() == 1000);
        let few = SqlLimits { rows: 1_000_000, answer_bytes: 1 << 20, ..LIMITS };
        let cut = lake.ask("SELECT value FROM range(0, 1000000)", few).await.unwrap();
        assert!(cut.more && cut.rows() < 200_000, "{}", cut.rows());
        let tight = SqlLimits { memory_bytes: 1 << 20, disk_bytes: 1 << 20, ..LIMITS };
        let sorted = "SELECT array_agg(value) FROM range(0, 3000000)";
        assert!(matches!(lake.ask(sorted, tight).await, Err(SqlError::Memory)));
        let long = format!("SELECT '{}'", "x".repeat(30_000));
        assert!(matches!(lake.ask(&long, LIMITS).await, Err(SqlError::Statement(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_question_sees_a_day_before_or_after_and_never_between() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path());
        let writing = lake.clone();
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let writer = std::thread::spawn(move || {
            let day = Day::of_us(NOON_US);
            for n in 0..12 {
                let ids: &[&str] = if n % 2 == 0 { &["a", "b", "d"] } else { &["a"] };
                write(&writing, day, ids);
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let (mut asked, begun) = (0, Instant::now());
        while written.load(Ordering::SeqCst) < 12 {
            let sql =
                "SELECT (SELECT count(*) FROM calls) AS c, (SELECT count(*) FROM utterances) AS u";
            let rows = text(&lake, sql, Form::JsonRows).await;
            assert!(["[[3,3]]", "[[4,4]]", "[[2,2]]"].contains(&rows.as_str()), "{rows}");
            asked += 1;
            assert!(begun.elapsed() < Duration::from_secs(60), "who asks keeps the writer waiting");
        }
        writer.join().unwrap();
        assert!(asked > 3, "{asked}");
    }
}
