//! A bucket as a source, on a real S3 server where one is running (`LINGTING_S3_TEST_URL`).

use super::super::source::{RawSource, Source};
use super::*;

const S: i64 = 1_000_000;

fn told(objects: &mut Objects, all: Vec<Happening>) -> Vec<String> {
    let name = |file: &Seen| file.path.file_name().unwrap().to_string_lossy().into_owned();
    let mut told = Vec::new();
    for happening in all {
        let (file, text) = match &happening {
            Happening::Seen(file) => (None, format!("seen {}", name(file))),
            Happening::Gone(file) => (None, format!("gone {}", name(file))),
            Happening::NoRecording { file, why } => {
                (Some(file), format!("none {}: {why}", name(file)))
            }
            Happening::Unusable { file, why } => {
                (Some(file), format!("unusable {}: {why}", name(file)))
            }
            Happening::Complete { file, facts, .. } => (
                Some(file),
                format!("complete {} {}", name(file), facts.as_deref().unwrap_or_default()),
            ),
            Happening::Trouble { why, .. } => (None, why.clone()),
        };
        if let Some(file) = file {
            objects.settled(file);
        }
        told.push(text);
    }
    told.sort();
    told
}

#[tokio::test]
async fn a_prefix_is_looked_through_and_hints_come_first() {
    let Ok(endpoint) = std::env::var("LINGTING_S3_TEST_URL") else { return };
    let name = format!("calls-{}", uuid::Uuid::now_v7());
    let raw = format!(
        "kind = \"bucket\"\nname = \"s3\"\nurl = \"s3://{name}/in/here/\"\nendpoint = \"{endpoint}\"\nregion = \"us-east-1\"\n\
         access_key_id = \"test\"\nsecret_access_key = \"test\"\npreset = \"vicidial\"\ntimezone = \"+08:00\"\nclient = \"Deer\""
    );
    let raw: RawSource = toml::from_str(&raw).unwrap();
    let Source::Bucket(bucket) = Source::new(&raw).unwrap() else { panic!("a bucket") };
    let mut objects = Objects::open(bucket).unwrap();
    assert!(objects.scan(0).await.is_err(), "there is no such bucket");
    let made = reqwest::Client::new().put(format!("{endpoint}/{name}")).send().await;
    assert!(made.unwrap().status().is_success());
    let store = Arc::clone(&objects.store);
    let put = async |key: &str, text: &str| {
        store.put(&Path::parse(key).unwrap(), text.to_owned().into()).await.unwrap();
    };
    put("in/here/a.wav", "RIFF").await;
    put("in/here/a-1.wav", "RIFF").await;
    put("in/here/a.call.json", r#"{"team": "3"}"#).await;
    put("in/here/2026/20260315-101530_5550100123_6666-all.mp3", "x").await;
    put("in/here/notes.pdf", "x").await;
    put("in/here/chat.csv", "time,sender,text\n2026-03-15 10:00:00,agent,hello\n").await;
    put("in/here/.hidden.wav", "x").await;
    put("elsewhere/b.wav", "x").await;

    let first = objects.scan(0).await.unwrap();
    let first = told(&mut objects, first);
    let call = "20260315-101530_5550100123_6666-all.mp3";
    assert_eq!(
        first,
        [
            r#"complete a.wav {"team":"3","client":"Deer"}"#.to_owned(),
            "none notes.pdf: no recording, by its ending".to_owned(),
            format!("seen {call}"),
            "seen a-1.wav".to_owned(),
            "seen a.wav".to_owned(),
            "seen notes.pdf".to_owned(),
        ]
    );
    put("in/here/new one.wav", "x").await;
    let hinted = objects.hint(&name, "in/here/new one.wav", S).await.unwrap();
    assert_eq!(told(&mut objects, hinted), ["seen new one.wav"]);
    for (bucket, key) in [
        (name.as_str(), "elsewhere/b.wav"),
        ("other", "in/here/a.wav"),
        (&name, "in/here/gone.wav"),
    ] {
        assert_eq!(objects.hint(bucket, key, S).await.unwrap(), []);
    }
    store.delete(&Path::from("in/here/new one.wav")).await.unwrap();
    let rest = objects.scan(30 * S).await.unwrap();
    let complete = format!(
        r#"complete {call} {{"started_at":"2026-03-15T10:15:30+08:00","customer":{{"number":"5550100123"}},"agent":{{"id":"6666"}},"client":"Deer"}}"#
    );
    assert_eq!(
        told(&mut objects, rest),
        [
            &complete,
            r#"complete a-1.wav {"client":"Deer"}"#,
            r#"complete chat.csv {"client":"Deer"}"#,
            "gone new one.wav"
        ]
    );
    assert!(!objects.is_waiting());
    assert_eq!(objects.scan(99 * S).await.unwrap(), []);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("a.wav");
    objects.fetch(&format!("s3://{name}/in/here/a.wav"), &to).await.unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), b"RIFF");
}
