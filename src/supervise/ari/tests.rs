//! A scripted Asterisk: what it is asked, in order, and that nothing is left when anything fails.

use tokio::time::timeout;

use super::*;
use crate::pbx::fake::{FakeAri, event, parameter};

/// Answers all, and tells of channels that arrive; the script may say otherwise for some requests.
async fn pbx(
    other: impl Fn(&str) -> Option<(u16, Vec<serde_json::Value>)> + Send + Sync + 'static,
) -> (FakeAri, AriSupervise) {
    let script = move |request: &str| {
        if let Some(answer) = other(request) {
            return answer;
        }
        let path = request.split(['?', ' ']).nth(1).unwrap_or_default();
        let snoop = path.split_once("/snoop/").map(|(_, id)| id.to_owned());
        let arrived = snoop.or_else(|| parameter(request, "channelId"));
        (200, arrived.iter().map(|id| event("StasisStart", id)).collect())
    };
    let (fake, ari) = FakeAri::serve(Arc::new(script)).await;
    let config = AriSuperviseConfig { ari, ring: Duration::from_secs(2), ..Default::default() };
    (fake, AriSupervise::new(config).unwrap())
}

fn joining(mode: Mode) -> Joining {
    let handles = BTreeMap::from([("asterisk.channel".into(), "PJSIP/1001-0000002a".into())]);
    Joining { handles, telephone: "PJSIP/sup100".into(), mode }
}

const JOINED: [&str; 5] = [
    "GET /ari/events?app=ID&subscribeAll=false",
    "POST /ari/channels/PJSIP%2F1001-0000002a/snoop/ID-snoop-1?spy=both&whisper=WHISPER&app=ID",
    "POST /ari/channels?endpoint=PJSIP%2Fsup100&app=ID&callerId=Monitor&channelId=ID-phone&timeout=2",
    "POST /ari/bridges?type=mixing&bridgeId=ID-bridge",
    "POST /ari/bridges/ID-bridge/addChannel?channel=ID-snoop-1%2CID-phone",
];

fn joined_with(whisper: &str) -> Vec<String> {
    JOINED.iter().map(|line| line.replace("WHISPER", whisper)).collect()
}

const REMOVED: [&str; 3] = [
    "DELETE /ari/channels/ID-phone",
    "DELETE /ari/channels/ID-snoop-1",
    "DELETE /ari/bridges/ID-bridge",
];

#[tokio::test]
async fn a_supervisor_joins_changes_and_leaves() {
    for (mode, whisper) in [(Mode::Listen, "none"), (Mode::Coach, "out"), (Mode::Barge, "both")] {
        let (fake, connector) = pbx(|_| None).await;
        let joined = connector.join(&joining(mode)).await.unwrap();
        assert_eq!(fake.asked(), joined_with(whisper));
        connector.leave(&joined).await.unwrap();
        assert_eq!(fake.asked()[5..], REMOVED);
        // One who has left cannot leave again, but may ask to.
        connector.leave(&joined).await.unwrap();
        assert!(connector.change(&joined, Mode::Coach).await.is_err());
    }
}

#[tokio::test]
async fn the_new_snoop_is_there_before_the_old_one_goes() {
    let (fake, connector) = pbx(|_| None).await;
    let joined = connector.join(&joining(Mode::Listen)).await.unwrap();
    let changed = connector.change(&joined, Mode::Coach).await.unwrap();
    assert_eq!(changed.0["mode"], "coach");
    assert_eq!(
        fake.asked()[5..],
        [
            "POST /ari/channels/PJSIP%2F1001-0000002a/snoop/ID-snoop-2?spy=both&whisper=out&app=ID",
            "POST /ari/bridges/ID-bridge/addChannel?channel=ID-snoop-2",
            "DELETE /ari/channels/ID-snoop-1",
        ]
    );
    // The old one's end is not the end.
    fake.tell(&event("StasisEnd", &joined.0["ari.snoop"]));
    let same = connector.change(&changed, Mode::Coach).await.unwrap();
    assert_eq!(same, changed);
    connector.leave(&changed).await.unwrap();
    assert!(fake.asked().contains(&"DELETE /ari/channels/ID-snoop-2".to_owned()));
}

#[tokio::test]
async fn a_change_that_fails_leaves_the_mode_as_it_was() {
    let refuse = |request: &str| request.contains("snoop-2?").then(|| (400, Vec::new()));
    let (fake, connector) = pbx(refuse).await;
    let joined = connector.join(&joining(Mode::Listen)).await.unwrap();
    let error = connector.change(&joined, Mode::Barge).await.unwrap_err();
    assert_eq!(error.to_string(), "the PBX refused: no such thing");
    assert_eq!(fake.asked().last().unwrap(), "DELETE /ari/channels/ID-snoop-2");
    let changed = connector.change(&joined, Mode::Coach).await.unwrap();
    assert_eq!(changed.0["mode"], "coach");
}

#[tokio::test]
async fn a_join_that_fails_leaves_nobody_on_the_call() {
    type Fails = fn(&str) -> Option<(u16, Vec<serde_json::Value>)>;
    let no_agent: Fails = |request| request.contains("/snoop/").then(|| (404, Vec::new()));
    let no_phone: Fails = |request| request.contains("endpoint=").then(|| (400, Vec::new()));
    let no_bridge: Fails = |request| request.contains("addChannel").then(|| (409, Vec::new()));
    let busy: Fails = |request| {
        let id = request.contains("endpoint=").then(|| parameter(request, "channelId"))??;
        let mut event = event("ChannelDestroyed", &id);
        event["cause_txt"] = "User busy".into();
        Some((200, vec![event]))
    };
    for (fails, expected) in [
        (no_agent, "the PBX refused: no such thing"),
        (no_phone, "the PBX refused: no such thing"),
        (no_bridge, "the PBX refused: no such thing"),
        (busy, "the PBX refused: User busy"),
    ] {
        let (fake, connector) = pbx(fails).await;
        let error = connector.join(&joining(Mode::Listen)).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        let asked = fake.asked();
        assert_eq!(asked[asked.len() - 3..], REMOVED);
    }
    // Nobody answers in time.
    let silent: Fails = |request| request.contains("endpoint=").then(|| (200, Vec::new()));
    let (fake, mut connector) = pbx(silent).await;
    connector.config.ring = Duration::from_millis(1);
    let asking = connector.join(&joining(Mode::Listen)).await.unwrap_err();
    assert_eq!(asking.to_string(), "the PBX refused: nobody answered in time");
    let asked = fake.asked();
    assert_eq!(asked[asked.len() - 3..], REMOVED);
}

#[tokio::test]
async fn when_any_part_goes_all_go() {
    for part in ["ari.supervisor", "ari.snoop", "connection", "asker"] {
        let (fake, connector) = pbx(|_| None).await;
        let joining = joining(Mode::Barge);
        if part == "asker" {
            assert!(timeout(Duration::ZERO, connector.join(&joining)).await.is_err());
        } else {
            let joined = connector.join(&joining).await.unwrap();
            match part {
                "connection" => fake.hang_up(),
                part => fake.tell(&event("StasisEnd", &joined.0[part])),
            }
        }
        let removed = |asked: &[String]| REMOVED.iter().all(|line| asked.iter().any(|a| a == line));
        assert!(fake.until(removed).await, "{part}");
    }
}

#[tokio::test]
async fn nothing_is_asked_that_could_be_two_things() {
    let (fake, connector) = pbx(|_| None).await;
    let bad = Joining { telephone: "PJSIP/1&PJSIP/2".into(), ..joining(Mode::Listen) };
    assert!(matches!(connector.join(&bad).await, Err(SuperviseError::Unfit("telephone"))));
    let mut bad = joining(Mode::Listen);
    bad.handles.insert("asterisk.channel".into(), "../bridges".into());
    assert!(matches!(connector.join(&bad).await, Err(SuperviseError::Unfit("channel"))));
    assert_eq!(fake.asked(), [""; 0]);
}

#[tokio::test]
async fn a_pbx_that_is_away_or_does_not_know_us_is_told_of() {
    let (_, connector) = pbx(|_| None).await;
    let ari = AriConfig { password: "wrong".into(), ..connector.config.ari.clone() };
    let wrong = AriSupervise::new(AriSuperviseConfig { ari, ..Default::default() }).unwrap();
    assert!(matches!(wrong.join(&joining(Mode::Listen)).await, Err(SuperviseError::Refused(_))));
    let ari = AriConfig { url: "http://127.0.0.1:1".into(), ..AriConfig::default() };
    let nobody = AriSupervise::new(AriSuperviseConfig { ari, ..Default::default() }).unwrap();
    assert!(matches!(nobody.join(&joining(Mode::Listen)).await, Err(SuperviseError::Away(_))));
}
