//! What is played comes in through the real ways in as it was: facts, parties, samples, holes.

use std::sync::Arc;
use std::time::Duration;

use audio_codec::{CodecType, create_decoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tally::Tally;
use super::*;
use crate::live::media_stream::{self, MediaStreamConfig, MediaStreamSource};
use crate::live::siprec::{self, RoleRules, SiprecConfig};
use crate::live::tape::{Tape, Taped};
use crate::live::{EndCause, Facts, Ingest, LegRole};

const FAST: Pace = Pace { speed: 10.0, drift_ppm: 0.0 };

/// Two seconds, the agent on the first leg; each leg a tone of its own.
fn spoken(codec: Codec) -> Arc<Reel> {
    let mut info = crate::domain::CallInfo::unknown(crate::domain::CallId::new("c").unwrap());
    info.legs = Some(vec![crate::domain::Party::Agent, crate::domain::Party::Customer]);
    info.agent_id = Some("3105".into());
    info.team = Some("team 3".into());
    info.customer_number = Some(String::from("19900001111").into());
    let tone = |hz: f32| -> Vec<f32> {
        (0..32_000)
            .map(|n| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin() * 0.4)
            .collect()
    };
    let mut maker = ReelMaker::new(codec, 2);
    assert!(maker.push(&[tone(440.0), tone(700.0)]));
    Arc::new(maker.finish("a.wav".into(), &info, false).unwrap())
}

async fn played(target: Target, reel: &Arc<Reel>, pace: Pace) -> Outcome {
    let desk = Desk::new(Tally::new(pace, Duration::from_secs(1), false));
    let simulation = Simulation {
        target,
        reels: vec![Arc::clone(reel)],
        at_once: 1,
        calls: Some(1),
        lasts: None,
        pace,
        faults: Faults::default(),
    };
    Arc::new(simulation).run(&desk, &CancellationToken::new()).await;
    let tally = desk.tally();
    tally.outcome(desk.now())
}

/// The call on tape once it is over, with the facts that came later.
async fn ended(tape: &Tape) -> (Taped, Facts) {
    let over = async {
        loop {
            if let Some(call) = tape.calls().into_iter().next()
                && matches!(call.events().last(), Some(Ingest::Ended(_)))
            {
                return call;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let call = tokio::time::timeout(Duration::from_secs(5), over).await.unwrap();
    let mut facts = call.start.facts.clone();
    for event in call.events() {
        if let Ingest::Known(more) = event {
            facts.merge(&more);
        }
    }
    (call, facts)
}

/// The role of each leg, by its number.
fn roles(call: &Taped) -> Vec<LegRole> {
    let mut roles = Vec::new();
    for event in call.events() {
        match event {
            Ingest::LegJoined { role, .. } => roles.push(role),
            Ingest::LegUpdated { leg, role } => roles[usize::from(leg.0)] = role,
            _ => {}
        }
    }
    roles
}

/// What a leg of the reel sounds like when it is decoded whole.
fn decoded(reel: &Reel, leg: usize, kind: CodecType) -> Vec<i16> {
    let mut decoder = create_decoder(kind);
    reel.legs[leg].frames.iter().flat_map(|frame| decoder.decode(frame)).collect()
}

#[tokio::test]
async fn over_a_media_stream_all_comes_in_as_it_was() {
    let tape = Tape::new(1);
    let stop = CancellationToken::new();
    let source = MediaStreamSource {
        name: "demo".into(),
        token: "t0k".into(),
        ..MediaStreamSource::default()
    };
    let config = MediaStreamConfig { sources: vec![source] };
    let router = media_stream::router(config, tape.clone(), stop.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("ws://{}/live/media-stream/demo", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let reel = spoken(Codec::Ulaw);
    let wrong = Target::parse(&format!("{base}/wrong")).unwrap();
    assert_eq!(played(wrong, &reel, FAST).await.calls.refused, 1);

    let target = Target::parse(&format!("{base}/t0k")).unwrap();
    let outcome = played(target, &reel, FAST).await;
    assert!(outcome.all_well(), "{outcome:?}");
    let (call, facts) = ended(&tape).await;
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)));
    assert_eq!((facts.get("agent.id"), facts.get("team")), (Some("3105"), Some("team 3")));
    assert_eq!(facts.get("customer.number"), Some("19900001111"));
    for (leg, role) in roles(&call).into_iter().enumerate() {
        let own = if role == LegRole::Agent { 0 } else { 1 };
        assert_eq!(call.audio(leg as u8), decoded(&reel, own, CodecType::PCMU), "{role:?}");
    }
    assert_eq!(roles(&call).len(), 2);
}

/// A receiver of RTP goes by its own clock: played at real pace, all codecs and transports at once.
#[tokio::test]
async fn over_siprec_all_comes_in_as_it_was_in_every_codec() {
    tokio::join!(
        over_siprec(Codec::Alaw, CodecType::PCMA, "tcp"),
        over_siprec(Codec::Ulaw, CodecType::PCMU, "udp"),
        over_siprec(Codec::G722, CodecType::G722, "tcp"),
        over_siprec(Codec::Opus, CodecType::Opus, "udp"),
    );
}

async fn over_siprec(codec: Codec, kind: CodecType, transport: &str) {
    let local = Some("127.0.0.1:0".parse().unwrap());
    let config = SiprecConfig {
        udp: local,
        tcp: local,
        ip: Some("127.0.0.1".parse().unwrap()),
        rtp_ports: None,
        roles: RoleRules { agents: vec!["31*".into()], swapped: false },
        ..SiprecConfig::default()
    };
    let (tape, stop) = (Tape::new(1), CancellationToken::new());
    let bound = siprec::bind(config).await.unwrap();
    let [udp, tcp, _] = bound.addresses();
    let address = if transport == "udp" { udp } else { tcp };
    let serving = tokio::spawn(bound.serve(tape.clone(), stop.clone()));
    let target = format!("sip:{};transport={transport}", address.unwrap());
    let reel = spoken(codec);
    let outcome = played(Target::parse(&target).unwrap(), &reel, Pace::REAL).await;
    assert!(outcome.all_well(), "{codec:?} {outcome:?}");
    let (call, facts) = ended(&tape).await;
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)), "{codec:?}");
    assert_eq!(facts.get("agent.id"), Some("3105"), "{codec:?}");
    assert_eq!(roles(&call), [LegRole::Agent, LegRole::Customer], "{codec:?}");
    for leg in 0..2 {
        let (heard, sent) = (call.audio(leg), decoded(&reel, usize::from(leg), kind));
        let most = 2 * codec.rate_hz() as usize;
        // Up to 100 ms at the end may be cut: the call was hung up.
        assert!(heard.len() + most / 20 >= most, "{codec:?} {}", heard.len());
        // A busy machine makes holes; between them it sounds as it was sent.
        let some = match codec {
            // The same to the sample, within some frame: the receiver's clock may leave out single samples.
            Codec::Alaw | Codec::Ulaw => sent
                .chunks_exact(160)
                .skip(20)
                .any(|frame| heard.windows(frame.len()).any(|window| window == frame)),
            // These go by what came before, as far as they remember it: 100 ms of the tone.
            Codec::G722 | Codec::Opus => heard.chunks_exact(1_600).any(|window| {
                let turns = window.windows(2).filter(|two| (two[0] < 0) != (two[1] < 0)).count();
                turns.abs_diff(if leg == 0 { 88 } else { 140 }) <= 4
            }),
        };
        assert!(some, "{codec:?}");
    }
    stop.cancel();
    serving.await.unwrap().unwrap();
}
