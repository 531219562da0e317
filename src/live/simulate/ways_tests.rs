//! What is played comes in through the real ways in as it was: facts, parties, samples, holes.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::tally::Tally;
use super::*;
use crate::live::media_stream::{self, MediaStreamConfig, MediaStreamSource};
use crate::live::siprec::{self, RoleRules, SiprecConfig};
use crate::live::tape::{Tape, Taped};
use crate::live::{EndCause, Facts, Ingest, LegRole, rtp};

const FAST: Pace = Pace { speed: 10.0, drift_ppm: 0.0 };

/// Frames of each leg: two seconds.
const FRAMES: usize = 100;

/// Two seconds, the agent on the first leg; noise, so that no frame is like another.
fn spoken(codec: Codec) -> Arc<Reel> {
    let mut info = crate::domain::CallInfo::unknown(crate::domain::CallId::new("c").unwrap());
    info.legs = Some(vec![crate::domain::Party::Agent, crate::domain::Party::Customer]);
    info.agent_id = Some("3105".into());
    info.team = Some("team 3".into());
    info.customer_number = Some(String::from("19900001111").into());
    let noise = |mut state: u32| -> Vec<f32> {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1u32 << 24) as f32 - 0.5) * 0.6
        };
        (0..FRAMES * 320).map(|_| next()).collect()
    };
    let mut maker = ReelMaker::new(codec, 2);
    assert!(maker.push(&[noise(1), noise(2)]));
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

/// What each frame of a leg of the reel sounds like to whoever hears all of them.
fn decoded(reel: &Reel, leg: usize, codec: rtp::Codec) -> Vec<Vec<i16>> {
    let mut decoder = rtp::Decoder::new(codec);
    let frame = |bytes: &[u8]| {
        let mut out = Vec::new();
        decoder.decode(bytes, &mut out).unwrap();
        out
    };
    reel.legs[leg].frames.iter().map(|bytes| &bytes[..]).map(frame).collect()
}

/// How many frames are heard to the sample, in the order in which they were sent.
fn in_order(heard: &[i16], sent: &[Vec<i16>]) -> usize {
    let (mut from, mut count) = (0, 0);
    for frame in sent {
        if let Some(at) = heard[from..].windows(frame.len()).position(|window| window == frame) {
            (from, count) = (from + at + frame.len(), count + 1);
        }
    }
    count
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
        assert_eq!(
            call.audio(leg as u8),
            decoded(&reel, own, rtp::Codec::Pcmu).concat(),
            "{role:?}"
        );
    }
    assert_eq!(roles(&call).len(), 2);
}

/// Frames of a whole call that are heard to the sample: not up to five at its end, which is hung up before the last were due, and
/// not a few in which the receiver's clock left out a sample or put one in.
const WHOLE: usize = FRAMES - 10;

/// Calls made until one is whole. A machine that builds at the same time sends late and hears late, and a receiver of RTP waits for
/// a quarter of a second at most; on loopback nothing else takes frames away.
const TRIES: usize = 10;

/// A receiver of RTP goes by its own clock: played at real pace, all codecs and transports at once.
#[tokio::test]
async fn over_siprec_all_comes_in_as_it_was_in_every_codec() {
    tokio::join!(
        over_siprec(Codec::Alaw, rtp::Codec::Pcma, "tcp"),
        over_siprec(Codec::Ulaw, rtp::Codec::Pcmu, "udp"),
        over_siprec(Codec::G722, rtp::Codec::G722, "tcp"),
        over_siprec(Codec::Opus, rtp::Codec::Opus, "udp"),
    );
}

async fn over_siprec(codec: Codec, heard_as: rtp::Codec, transport: &str) {
    let reel = spoken(codec);
    let sent = [0, 1].map(|leg| decoded(&reel, leg, heard_as));
    let mut best = 0;
    for _ in 0..TRIES {
        let heard = siprec_call(&reel, transport).await;
        let most = 2 * codec.rate_hz() as usize;
        for leg in &heard {
            // Up to 100 ms at the end may be cut: the call was hung up.
            assert!(leg.len() + most / 20 >= most, "{codec:?} {}", leg.len());
        }
        // Both legs are whole in the same call.
        let whole = heard.iter().zip(&sent).map(|(heard, sent)| in_order(heard, sent)).min();
        best = best.max(whole.unwrap_or(0));
        if best >= WHOLE {
            return;
        }
    }
    panic!("{codec:?}: {best} frames of {FRAMES} at best");
}

/// Plays a call; what is heard of its legs.
async fn siprec_call(reel: &Arc<Reel>, transport: &str) -> [Vec<i16>; 2] {
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
    let outcome = played(Target::parse(&target).unwrap(), reel, Pace::REAL).await;
    assert!(outcome.all_well(), "{:?} {outcome:?}", reel.codec);
    let (call, facts) = ended(&tape).await;
    assert_eq!(call.events().last(), Some(&Ingest::Ended(EndCause::Normal)), "{:?}", reel.codec);
    assert_eq!(facts.get("agent.id"), Some("3105"), "{:?}", reel.codec);
    assert_eq!(roles(&call), [LegRole::Agent, LegRole::Customer], "{:?}", reel.codec);
    stop.cancel();
    serving.await.unwrap().unwrap();
    [call.audio(0), call.audio(1)]
}
