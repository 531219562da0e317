//! A scripted Asterisk that also dials our AudioSocket server, as externalMedia does.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::super::audiosocket::{self, AudioSocketConfig, Pairing};
use super::super::event::{EndCause, Ingest, LegRole};
use super::super::tape::{Tape, Taped};
use super::*;
use crate::pbx::fake::{FakeAri, event, parameter};

const SECOND: Duration = Duration::from_secs(2);

struct Pbx {
    fake: FakeAri,
    tape: Arc<Tape>,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<Result<(), AriError>>,
}

/// One connection of externalMedia: its UUID, five frames of silence, and on until the PBX is told to end it.
async fn media(address: String, id: uuid::Uuid) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let frame = |kind: u8, payload: &[u8]| {
        [&[kind, (payload.len() >> 8) as u8, payload.len() as u8], payload].concat()
    };
    stream.write_all(&frame(0x01, id.as_bytes())).await.unwrap();
    while stream.write_all(&frame(0x12, &[1; 640])).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn pbx(refused: &'static str) -> Pbx {
    let script = move |request: &str| {
        if !refused.is_empty() && request.contains(refused) {
            return (404, Vec::new());
        }
        if let (Some(host), Some(id)) =
            (parameter(request, "external_host"), parameter(request, "data"))
        {
            tokio::spawn(media(host, id.parse().unwrap()));
        }
        let path = request.split(['?', ' ']).nth(1).unwrap_or_default();
        let snoop = path.split_once("/snoop/").map(|(_, id)| id.to_owned());
        let arrived = snoop.or_else(|| parameter(request, "channelId"));
        (200, arrived.iter().map(|id| event("StasisStart", id)).collect())
    };
    let (fake, ari) = FakeAri::serve(Arc::new(script)).await;
    let (tape, stop, announced) =
        (Tape::new(2), CancellationToken::new(), Announcements::default());
    let listener = audiosocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let audiosocket = listener.local_addr().unwrap().to_string();
    let sockets = AudioSocketConfig { pairing: Pairing::Announced, ..Default::default() };
    tokio::spawn(audiosocket::serve(
        listener,
        sockets,
        announced.clone(),
        tape.clone(),
        stop.clone(),
    ));
    let config = AsteriskConfig {
        source: "pbx".into(),
        ari,
        endpoints: vec!["PJSIP/10*".into(), "SIP/7".into()],
        audiosocket,
        taps_max: 1,
        ..AsteriskConfig::default()
    };
    let serving = tokio::spawn(serve(config, announced, stop.clone()));
    assert!(fake.until(|asked| asked.iter().any(|a| a == "GET /ari/channels")).await);
    Pbx { fake, tape, stop, serving }
}

fn channel(kind: &str, id: &str, name: &str, state: &str) -> Value {
    json!({ "type": kind, "channel": { "id": id, "name": name, "state": state,
        "caller": { "name": "", "number": "1001" }, "connected": { "name": "", "number": "19900001111" } } })
}

fn bridged(asked: &[String]) -> bool {
    asked.iter().filter(|asked| asked.contains("addChannel")).count() == 2
}

fn both_heard(calls: &[Taped]) -> bool {
    calls.first().is_some_and(|call| !call.audio(0).is_empty() && !call.audio(1).is_empty())
}

fn removed(asked: &[String]) -> bool {
    let parts = ["channels/ID-media-", "channels/ID-snoop-", "bridges/ID-bridge-"];
    let wanted = |part: &&str| {
        ["in", "out"].iter().all(|side| asked.contains(&format!("DELETE /ari/{part}{side}")))
    };
    parts.iter().all(wanted)
}

#[tokio::test]
async fn an_agents_channel_is_tapped_once_it_is_answered() {
    let pbx = pbx("").await;
    let name = "PJSIP/1001-0000002a";
    pbx.fake.tell(&channel("ChannelCreated", "17.1", name, "Down"));
    pbx.fake.tell(&channel("ChannelCreated", "17.2", "PJSIP/trunk-0000002b", "Up"));
    pbx.fake.tell(&channel("ChannelStateChange", "17.1", name, "Ringing"));
    pbx.fake.tell(&channel("ChannelStateChange", "17.1", name, "Up"));
    pbx.fake.tell(&channel("ChannelStateChange", "17.1", name, "Up"));
    assert!(pbx.fake.until(bridged).await);
    assert!(pbx.tape.until(SECOND, both_heard).await);
    let asked = pbx.fake.asked();
    let masked: Vec<_> =
        asked.iter().map(|line| line.split("&external_host").next().unwrap().to_owned()).collect();
    assert_eq!(
        masked,
        [
            "GET /ari/events?app=lingting&subscribeAll=true",
            "GET /ari/channels",
            "POST /ari/channels/17.1/snoop/ID-snoop-out?spy=out&app=lingting&appArgs=tap%2Cout",
            "POST /ari/channels/17.1/snoop/ID-snoop-in?spy=in&app=lingting&appArgs=tap%2Cin",
            "POST /ari/channels/externalMedia?app=lingting&channelId=ID-media-out",
            "POST /ari/bridges?type=mixing&bridgeId=ID-bridge-out",
            "POST /ari/channels/externalMedia?app=lingting&channelId=ID-media-in",
            "POST /ari/bridges?type=mixing&bridgeId=ID-bridge-in",
            "POST /ari/bridges/ID-bridge-out/addChannel?channel=ID-snoop-out%2CID-media-out",
            "POST /ari/bridges/ID-bridge-in/addChannel?channel=ID-snoop-in%2CID-media-in",
        ]
    );
    assert!(asked[4].contains("&encapsulation=audiosocket&transport=tcp&format=slin16&data="));

    let call = pbx.tape.calls().remove(0);
    let fact = |key: &str| call.start.facts.get(key).unwrap_or_default().to_owned();
    assert_eq!(fact("agent.id"), "1001");
    assert_eq!(fact("customer.number"), "19900001111");
    assert_eq!(fact("direction"), "inbound");
    assert_eq!(call.start.handles["asterisk.channel"], name);
    let mut roles: Vec<_> = call
        .events()
        .iter()
        .filter_map(|event| match event {
            Ingest::LegJoined { role, rate_hz: 16_000, .. } => Some(format!("{role:?}")),
            _ => None,
        })
        .collect();
    roles.sort();
    assert_eq!(roles, [format!("{:?}", LegRole::Agent), format!("{:?}", LegRole::Customer)]);

    pbx.fake.tell(&channel("ChannelDestroyed", "17.1", name, "Up"));
    assert!(pbx.fake.until(removed).await);
    pbx.stop.cancel();
    pbx.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_ends_a_tap_leaves_nothing_behind() {
    for what in ["part", "stop", "refused bridge", "refused snoop"] {
        let pbx = pbx(match what {
            "refused bridge" => "addChannel",
            "refused snoop" => "spy=in",
            _ => "",
        })
        .await;
        pbx.fake.tell(&channel("ChannelStateChange", "17.1", "SIP/7-0000002a", "Up"));
        if !what.starts_with("refused") {
            assert!(pbx.fake.until(bridged).await, "{what}");
        }
        match what {
            "part" => {
                let asked = pbx.fake.snoops();
                pbx.fake.tell(&event("StasisEnd", &asked[0]));
            }
            "stop" => {
                pbx.stop.cancel();
                pbx.serving.await.unwrap().unwrap();
            }
            _ => {}
        }
        assert!(pbx.fake.until(removed).await, "{what}");
        if what == "stop" {
            assert!(pbx.tape.until(SECOND, |calls| calls[0].is_over()).await);
            let last = pbx.tape.calls()[0].events().last().cloned();
            assert_eq!(last, Some(Ingest::Ended(EndCause::Shutdown)));
        }
    }
}

#[tokio::test]
async fn no_more_channels_are_tapped_than_are_allowed() {
    let pbx = pbx("").await;
    pbx.fake.tell(&channel("ChannelCreated", "17.1", "PJSIP/1001-1", "Up"));
    pbx.fake.tell(&channel("ChannelCreated", "17.2", "PJSIP/1002-2", "Up"));
    assert!(pbx.tape.until(SECOND, both_heard).await);
    assert!(!pbx.fake.asked().iter().any(|asked| asked.contains("/17.2/")));
    // The connection breaks: the tap goes on, and the events are asked for again.
    pbx.fake.hang_up();
    let again = |asked: &[String]| asked.iter().filter(|a| a.contains("/events")).count() == 2;
    assert!(pbx.fake.until(again).await);
    assert!(!pbx.tape.calls()[0].is_over());
}

#[test]
fn endpoints_are_those_of_the_configuration() {
    let agents = ["PJSIP/10*".to_owned(), "SIP/7".into(), "*".into()];
    for (name, expected) in [
        ("PJSIP/1001-0000002a", Some("PJSIP/1001")),
        ("SIP/7-1", Some("SIP/7")),
        ("SIP/77-1", None),
        ("PJSIP/trunk-a-1", None),
        ("Snoop/17.1-00000001", None),
        ("PJSIP", None),
    ] {
        assert_eq!(endpoint(&agents, name), expected, "{name}");
    }
}
