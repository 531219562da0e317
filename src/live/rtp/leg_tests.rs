//! Legs under the faults of real networks.

use proptest::prelude::*;

use super::super::codec::Codec;
use super::super::send::{FRAME_SAMPLES, G711, Packetiser};
use super::*;

const RATE: u64 = 8_000;

fn formats() -> Vec<(u8, Format)> {
    vec![
        (8, Format::Audio(Codec::Pcma)),
        (0, Format::Audio(Codec::Pcmu)),
        (9, Format::Audio(Codec::G722)),
        (13, Format::Comfort),
        (101, Format::Keys),
    ]
}

fn leg() -> Leg {
    let mut leg = Leg::new(LegId(0), 8_000);
    leg.describe(formats(), None);
    leg
}

/// 100 ms of a tone at the begin of each second of the call, silence between.
fn beep(sample: u64) -> i16 {
    if sample % RATE < RATE / 10 { ((sample as f32 * 0.6).sin() * 9_000.0) as i16 } else { 0 }
}

/// Draws without a seed from outside: the same run each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

/// A way through the network.
#[derive(Debug, Clone, Copy, Default)]
struct Net {
    drift_ppm: i64,
    jitter_ms: u64,
    loss_percent: u64,
    delay_ms: u64,
    /// SSRC changes after so many packets.
    new_sender_at: Option<u64>,
    garbage: bool,
}

/// Sends `seconds` of beeps through the network from 0.3 s of the call on; the events.
fn through(net: Net, seconds: u64, seed: u64) -> (Vec<Ingest>, Leg) {
    let mut dice = Dice(seed);
    let mut sender = Packetiser::new(G711::Alaw, 0x11, 65_000, u32::MAX - 8_000);
    let mut arrivals = Vec::new();
    for n in 0..seconds * 50 {
        if net.new_sender_at == Some(n) {
            sender = Packetiser::new(G711::Alaw, 0x22, 5, 77_000);
        }
        let first = n * FRAME_SAMPLES as u64;
        let pcm: Vec<_> = (first..first + FRAME_SAMPLES as u64).map(beep).collect();
        let bytes = sender.packet(&pcm);
        // A packet leaves when its last sample has been spoken, by the sender's clock.
        let spoken_us = (n + 1) * 20_000;
        let gained_us = spoken_us as i64 * net.drift_ppm / 1_000_000;
        let sent_us = (300_000 + spoken_us as i64 - gained_us) as u64;
        let late_us = net.delay_ms * 1_000 + dice.below(net.jitter_ms * 1_000 + 1);
        if dice.below(100) >= net.loss_percent {
            arrivals.push((sent_us + late_us, bytes));
        }
        if net.garbage && n % 7 == 0 {
            arrivals.push((sent_us, (0..dice.below(40)).map(|_| dice.below(256) as u8).collect()));
        }
    }
    arrivals.sort_by_key(|(at_us, _)| *at_us);
    let (mut leg, mut out) = (leg(), Vec::new());
    for (now_us, bytes) in arrivals {
        while let Some(due) = leg.deadline_us().filter(|due| *due < now_us) {
            leg.tick(due, &mut out);
        }
        leg.push(now_us, &bytes, &mut out);
    }
    leg.finish(&mut out);
    in_order(&out);
    (out, leg)
}

/// Audio in order, never twice; gaps where none is.
#[track_caller]
fn in_order(events: &[Ingest]) {
    let mut end = 0;
    for event in events {
        let (from, to) = match event {
            Ingest::Audio { at, pcm, .. } => (*at, at + pcm.len() as u64),
            Ingest::Gap { from, to, .. } => (*from, *to),
            _ => continue,
        };
        assert!(from >= end && to > from, "{from}..{to} after {end}");
        end = to;
    }
}

fn audio(events: &[Ingest]) -> Vec<i16> {
    let mut all = Vec::new();
    for event in events {
        if let Ingest::Audio { at, pcm, .. } = event {
            all.resize(*at as usize, 0);
            all.extend_from_slice(pcm);
        }
    }
    all
}

/// Where each beep begins, in milliseconds.
fn beeps_ms(pcm: &[i16]) -> Vec<f64> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(loud) = pcm.get(at..).and_then(|r| r.iter().position(|s| s.abs() > 3_000)) {
        found.push((at + loud) as f64 / 8.0);
        at += loud + 4_000;
    }
    found
}

/// All beeps from the given one on lie within so many milliseconds of where they were spoken by a perfect clock.
#[track_caller]
fn check(net: Net, seconds: u64, from: usize, within_ms: f64) -> (Vec<Ingest>, Leg) {
    let (events, leg) = through(net, seconds, 7);
    let beeps = beeps_ms(&audio(&events));
    assert!(beeps.len() >= (seconds as usize * 9) / 10, "{net:?}: {} beeps", beeps.len());
    for at in beeps.iter().skip(from) {
        // By the call's clock: the sender's second is shorter or longer.
        let second = 1_000.0 - net.drift_ppm as f64 / 1_000.0;
        let nearest = ((at - 300.0) / second).round();
        let off = at - 300.0 - nearest * second - net.delay_ms as f64;
        assert!(
            (-within_ms..within_ms).contains(&off),
            "{net:?}: a beep at {at} ms is {off} ms off"
        );
    }
    (events, leg)
}

#[test]
fn a_clean_stream_comes_through_whole() {
    let (events, leg) = check(Net::default(), 10, 0, 1.0);
    assert_eq!(leg.quality(), Quality { received: 500, ..Quality::default() });
    assert!(events.iter().all(|e| matches!(e, Ingest::Audio { concealed: false, .. })));
    let sum: usize =
        events.iter().map(|e| if let Ingest::Audio { pcm, .. } = e { pcm.len() } else { 0 }).sum();
    assert_eq!(sum, 80_000);
}

#[test]
fn loss_is_concealed_and_time_goes_on() {
    let (events, leg) = check(Net { loss_percent: 5, ..Net::default() }, 60, 0, 25.0);
    let quality = leg.quality();
    assert_eq!(quality.received + quality.lost, 3_000);
    assert!((100..200).contains(&quality.lost), "{quality:?}");
    assert!(events.iter().any(|e| matches!(e, Ingest::Audio { concealed: true, .. })));
}

#[test]
fn jitter_and_reordering_are_waited_for() {
    let (_, leg) = check(Net { jitter_ms: 200, ..Net::default() }, 60, 8, 12.0);
    let quality = leg.quality();
    assert!(quality.late + quality.lost < 30, "{quality:?}");
    assert!((40.0..90.0).contains(&quality.jitter_ms), "{quality:?}");
    check(Net { jitter_ms: 200, loss_percent: 5, delay_ms: 80, ..Net::default() }, 60, 8, 20.0);
}

#[test]
fn half_an_hour_of_drift_leaves_legs_aligned() {
    for drift_ppm in [200, -200] {
        check(Net { drift_ppm, jitter_ms: 40, ..Net::default() }, 1_800, 3, 10.0);
    }
}

#[test]
fn a_replaced_sender_is_followed_and_garbage_is_not() {
    let net = Net { new_sender_at: Some(500), garbage: true, ..Net::default() };
    let (events, leg) = check(net, 30, 0, 5.0);
    // 49 packets until it is believed.
    assert_eq!(leg.quality().received, 1_500 - 49);
    assert!(leg.refused() >= 49 + 150);
    assert!(events.iter().any(|e| matches!(e, Ingest::Gap { .. })));
}

/// Feeds packets `(arrival ms, packet)`, then ends.
fn feed(leg: &mut Leg, packets: &[(u64, Vec<u8>)]) -> Vec<Ingest> {
    let mut out = Vec::new();
    for (ms, bytes) in packets {
        leg.tick(ms * 1_000, &mut out);
        leg.push(ms * 1_000, bytes, &mut out);
    }
    leg.finish(&mut out);
    in_order(&out);
    out
}

#[test]
fn silence_not_sent_is_no_loss() {
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let mut packets: Vec<_> = (5..25).map(|n| (n * 20, sender.packet(&[500; 160]))).collect();
    sender.skip(8_000);
    packets.push((25 * 20 + 1_000, sender.packet(&[500; 160])));
    let mut leg = leg();
    let out = feed(&mut leg, &packets);
    let gaps: Vec<_> = out.iter().filter(|e| matches!(e, Ingest::Gap { .. })).collect();
    let [Ingest::Gap { from, to, cause: GapCause::Dtx, .. }] = gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((to - from, leg.quality().lost), (8_000, 0));
}

#[test]
fn a_sender_that_stops_its_clock_on_hold_is_placed_anew() {
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let mut packets: Vec<_> = (1..=50).map(|n| (n * 20, sender.packet(&[500; 160]))).collect();
    packets.extend((1..=50).map(|n| (31_000 + n * 20, sender.packet(&[700; 160]))));
    let mut leg = leg();
    leg.set_held(true);
    let out = feed(&mut leg, &packets);
    let pcm = audio(&out);
    let resumed = pcm.iter().position(|s| *s > 600).unwrap();
    assert!((247_000..249_000).contains(&resumed), "{resumed}");
    assert!(out.iter().any(|e| matches!(e, Ingest::Gap { cause: GapCause::Paused, .. })));
}

#[test]
fn long_loss_is_silence_after_200_ms() {
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let mut packets: Vec<_> = (1..=50).map(|n| (n * 20, sender.packet(&[5_000; 160]))).collect();
    packets.drain(20..40);
    let mut leg = leg();
    let out = feed(&mut leg, &packets);
    let made = out.iter().filter(|e| matches!(e, Ingest::Audio { concealed: true, .. })).count();
    let lost = out.iter().find_map(|e| match e {
        Ingest::Gap { from, to, cause: GapCause::Loss, .. } => Some(to - from),
        _ => None,
    });
    assert_eq!((made, lost, leg.quality().lost), (10, Some(1_600), 20));
}

#[test]
fn keys_of_another_sender_do_not_move_the_lock() {
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let mut keys = Packetiser::new(G711::Alaw, 9, 500, 500);
    let mut packets = Vec::new();
    for n in 0..100u64 {
        packets.push((n * 20, sender.packet(&[500; 160])));
        if n % 20 == 10 {
            packets.extend(keys.key('5', 101).into_iter().map(|bytes| (n * 20, bytes)));
        }
    }
    // And one within the stream.
    packets.extend(
        sender.key('#', 101).into_iter().enumerate().map(|(n, b)| (2_000 + n as u64 * 20, b)),
    );
    packets.push((2_140, sender.packet(&[500; 160])));
    let mut leg = leg();
    let out = feed(&mut leg, &packets);
    let told: String = out
        .iter()
        .filter_map(|e| if let Ingest::Dtmf { digit, .. } = e { Some(*digit) } else { None })
        .collect();
    assert_eq!(told, "55555#");
    assert_eq!((leg.quality().received, leg.quality().lost, leg.refused()), (108, 0, 0));
}

#[test]
fn a_codec_of_another_rate_is_brought_to_the_legs() {
    use audio_codec::Encoder as _;
    let mut sender = Packetiser::new(G711::Alaw, 1, 1, 1);
    let mut packets: Vec<_> = (1..=50).map(|n| (n * 20, sender.packet(&[500; 160]))).collect();
    let mut g722 = audio_codec::g722::G722Encoder::new();
    packets.extend((51..=100).map(|n| {
        let mut bytes = sender.packet(&[0; 160]);
        bytes[1] = 9;
        bytes.truncate(12);
        bytes.extend(g722.encode(&[700; 320]));
        (n * 20, bytes)
    }));
    let mut leg = leg();
    let out = feed(&mut leg, &packets);
    assert_eq!(audio(&out).len(), 16_000);
}

proptest! {
    #[test]
    fn any_datagrams_do_no_harm(
        packets in prop::collection::vec((0u64..400, prop::collection::vec(any::<u8>(), 0..40), any::<u16>(), any::<u32>(), 0u32..3, any::<bool>()), 0..150)
    ) {
        let mut leg = leg();
        let mut now_ms = 0;
        let mut out = Vec::new();
        for (later_ms, rest, seq, timestamp, ssrc, wild) in packets {
            now_ms += later_ms;
            let mut bytes = vec![0x80, 8];
            bytes.extend(seq.to_be_bytes());
            bytes.extend(timestamp.to_be_bytes());
            bytes.extend(ssrc.to_be_bytes());
            bytes.extend(&rest);
            leg.push(now_ms * 1_000, if wild { &rest } else { &bytes }, &mut out);
            leg.tick(now_ms * 1_000, &mut out);
        }
        leg.finish(&mut out);
        in_order(&out);
    }
}
