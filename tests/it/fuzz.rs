//! Golden inputs of every parser of bytes from the network, bent: nothing panics, nothing hangs.
//!
//! The same functions are the targets of `fuzz/`. `FUZZ_CASES=20000` tries more of each; `FUZZ_CORPUS=fuzz/corpus` writes the golden
//! inputs where libFuzzer begins.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lingting::live;
use lingting::supervise;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// A parser: what it comes to is nobody's business here.
type Take = fn(&[u8]);

/// What takes bytes, by the name of its target.
const TARGETS: &[(&str, Take)] = &[
    ("ami", supervise::fuzz_ami),
    ("audio", lingting::audio::fuzz),
    ("audiohook", live::audiohook::fuzz),
    ("audiosocket", live::audiosocket::fuzz),
    ("esl", supervise::fuzz_esl),
    ("l16", live::l16::fuzz),
    ("media_stream", live::media_stream::fuzz),
    ("rtp", live::rtp::fuzz),
    ("rtpengine", live::rtpengine::fuzz),
    ("sip", live::sip::fuzz),
    ("siprec", live::siprec::fuzz),
    ("sse", live::simulate::fuzz),
];

/// Cases of each target in an ordinary run.
const CASES: u32 = 300;

/// No input may take longer: a machine that builds at the same time is slow.
const CASE_MAX: Duration = Duration::from_secs(5);

/// A piece of an input that is made of them.
fn piece(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind][..], &(bytes.len() as u16).to_le_bytes(), bytes].concat()
}

fn texts(all: &[&str]) -> Vec<u8> {
    all.iter().flat_map(|text| piece(0, text.as_bytes())).collect()
}

/// RTP packets, 20 ms apart.
fn packets(payload_type: u8, payload: &[u8], ticks: u32) -> Vec<u8> {
    let packet = |n: u32| {
        let packet = live::rtp::Packet {
            marker: n == 0,
            payload_type,
            seq: 65_530u16.wrapping_add(n as u16),
            timestamp: n.wrapping_mul(ticks),
            ssrc: 7,
            payload,
        };
        piece(20, &packet.write())
    };
    (0..12).flat_map(packet).collect()
}

fn wav(coding: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".to_vec();
    out.extend(coding.to_le_bytes());
    out.extend([2, 0, 0x40, 0x1f, 0, 0, 0, 0x7d, 0, 0, 4, 0]);
    out.extend(bits.to_le_bytes());
    out.extend(b"data\xff\xff\xff\xff");
    out.extend(data);
    out
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/live/siprec/fixtures");
    let mut all: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "sip"));
    all.sort();
    // Editors write the lines of these; the wire ends them with CRLF.
    let wire = |path| fs::read_to_string(path).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
    all.into_iter().map(|path| wire(path).into_bytes()).collect()
}

/// Golden inputs of a target.
fn golden(target: &str) -> Vec<Vec<u8>> {
    let long = "a".repeat(300);
    match target {
        "ami" => vec![
            b"Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nActionID: 1\r\nMessage: ok\r\n\r\n\
              Event: OriginateResponse\r\nActionID: 1\r\nResponse: Failure\r\nReason: 3\r\n\r\n"
                .to_vec(),
        ],
        "audio" => vec![
            wav(1, 16, &[1, 2, 3, 4].repeat(200)),
            wav(6, 8, &[0xd5; 400]),
            wav(0x31, 0, &[9; 130]),
            [&b".snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\x01\0\0\x1f\x40\0\0\0\x01"[..], &[0x7f; 400]].concat(),
            [&b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01"[..], &[0; 60]].concat(),
            [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat().repeat(3),
            b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42\0\0\0\x10moov\0\0\0\x08mvhd\0\0\0\x08mdat".to_vec(),
        ],
        "audiohook" => {
            let message = |seq: u32, kind: &str, parameters: &str| {
                format!(
                    r#"{{"version":"2","type":"{kind}","seq":{seq},"serverseq":{},"id":"","position":"PT1.5S","parameters":{parameters}}}"#,
                    seq - 1
                )
            };
            let open = message(
                1,
                "open",
                r#"{"organizationId":"","conversationId":"c","participant":{"id":"p","ani":"tel:+19900001111","aniName":"A","dnis":"tel:+100"},"media":[{"type":"audio","format":"PCMU","channels":["external","internal"],"rate":8000},{"type":"audio","format":"L16","channels":["external"],"rate":8000}],"language":"zh-CN","customConfig":{"queue":"x"}}"#,
            );
            let ping = message(2, "ping", r#"{"rtt":"PT0.1S"}"#);
            let paused = message(3, "paused", "{}");
            let resumed = message(4, "resumed", r#"{"start":"PT2S","discarded":"PT3.25S"}"#);
            let close = message(5, "close", r#"{"reason":"end"}"#);
            let all = [
                texts(&[&open, &ping]),
                piece(1, &[0xff; 320]),
                texts(&[&paused, &resumed]),
                piece(1, &[0x7f; 641]),
                texts(&[&close]),
            ];
            vec![all.concat()]
        }
        "audiosocket" => vec![
            [&[1, 0, 16][..], &[7; 16], &[0x10, 1, 64], &[1; 320], &[3, 0, 1, b'5'], &[0, 0, 0]].concat(),
            [&[0xff, 0, 1, 2][..], &[0x12, 2, 128], &[3; 640]].concat(),
        ],
        "esl" => vec![
            b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n\
              Content-Type: text/event-plain\nContent-Length: 69\n\n\
              Event-Name: BACKGROUND_JOB\nJob-UUID: j1\nContent-Length: 16\n\n-ERR NO_ANSWER\n\n"
                .to_vec(),
        ],
        "l16" => vec![
            [texts(&[r#"{"sampleRate":16000,"mixType":"stereo","callSid":"c","agent":"7"}"#]), piece(1, &[5; 641]), texts(&[r#"{"event":"dtmf","digit":"5"}"#, r#"{"muted":true}"#])].concat(),
            [texts(&["MEDIA_START connection_id:x channel:WebSocket/y format:slin16 optimal_frame_size:640"]), piece(1, &[1; 640]), texts(&["DTMF_END digit:5"])].concat(),
            [texts(&[r#"{"event":"websocket:connected","content-type":"audio/l16;rate=8000"}"#]), piece(1, &[2; 320])].concat(),
        ],
        "media_stream" => {
            let start = |encoding: &str, rate: u32| {
                format!(r#"{{"event":"start","streamSid":"MZ1","start":{{"callSid":"CA1","tracks":["inbound","outbound"],"customParameters":{{"agent":"7"}},"mediaFormat":{{"encoding":"{encoding}","sampleRate":{rate},"channels":1}}}}}}"#)
            };
            let media = |track: &str, chunk: u32| {
                format!(r#"{{"event":"media","media":{{"track":"{track}","chunk":"{chunk}","timestamp":"{}","payload":"/////w=="}}}}"#, 20 * chunk)
            };
            let call = |start: &str| {
                let (one, two, three) = (media("inbound", 1), media("outbound", 1), media("inbound", 3));
                let key = r#"{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"5"}}"#;
                texts(&[start, &one, &two, &three, key, r#"{"event":"stop"}"#])
            };
            let telnyx = r#"{"event":"start","stream_id":"S1","start":{"call_session_id":"CS1","client_state":"eyJhZ2VudCI6IjcifQ==","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}}}"#;
            let exotel = r#"{"event":"start","stream_sid":"S3","start":{"call_sid":"E1","media_format":{"encoding":"audio/x-raw","sample_rate":"8000"}}}"#;
            let mut all: Vec<_> = ["audio/x-mulaw", "audio/x-l16", "G722", "OPUS", "PCMA"]
                .map(|encoding| call(&start(encoding, 8_000)))
                .into();
            all.extend([call(telnyx), call(exotel)]);
            all
        }
        "rtp" => vec![
            packets(0, &[0x7f; 160], 160),
            packets(8, &[0xd5; 160], 160),
            packets(9, &[3; 160], 160),
            packets(111, &[0x78, 1, 2, 3, 4, 5, 6, 7], 960),
            packets(101, &[5, 0x8a, 3, 0x20], 0),
            packets(13, &[60], 160),
            piece(20, &[&[0x9f, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1][..], &[0xbe, 0xde, 0, 1], &[1; 100]].concat()),
        ],
        "rtpengine" => vec![
            br#"c {"result":"ok","calls":["a","b"],"totals":{"RTP":{"packets":5}},"tags":{"x":{"tag":"x"}}}"#.to_vec(),
            br#"c {"result":"error","error-reason":"Unknown call-id"}"#.to_vec(),
        ],
        "sip" | "siprec" => {
            let mut all = fixtures();
            all.push(format!("SIP/2.0 200 OK\r\nv: SIP/2.0/TCP h:1;branch=z9hG4bK{long};rport\r\nf: \"A\" <sip:a@h>;tag=f\r\nt: <sip:b@h>;tag=t\r\ni: c\r\nCSeq: 1 INVITE\r\nSession-Expires: 90;refresher=uac\r\nl: 0\r\n\r\n").into_bytes());
            all
        }
        "sse" => vec![
            b"\xef\xbb\xbf: hello\nid: 7\nevent: utterance\ndata: {\"a\":1}\ndata:b\r\n\r\nretry: 10\rdata\r\r".to_vec(),
        ],
        other => panic!("{other} has no golden input"),
    }
}

/// One way to bend an input.
#[derive(Debug, Clone)]
enum Bend {
    /// Changes a byte.
    Flip(usize, u8),
    /// Leaves a stretch out.
    Cut(usize, usize),
    /// Says a stretch again, so many times.
    Repeat(usize, usize, usize),
    /// Puts another input's stretch in.
    Splice(usize, usize, usize, usize),
    /// Puts in what parsers stumble over.
    Insert(usize, usize),
    /// Swaps two lines.
    Swap(usize, usize),
}

const STUMBLES: &[&[u8]] = &[
    b"0",
    b"-1",
    b"99999999999999999999",
    b"4294967296",
    b"65535",
    b"\0",
    b"\xff\xfe",
    b"\r\n\r\n",
    b"\r\n ",
    b"\"",
    b";",
    b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
    b"&#x110000;",
    b"[[[[[[[[[[[[[[[[",
    "\u{feff}\u{202e}".as_bytes(),
    &[0xff; 40],
];

fn bend() -> impl Strategy<Value = Bend> {
    let at = any::<usize>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Bend::Flip(at, byte)),
        (at(), at()).prop_map(|(from, count)| Bend::Cut(from, count)),
        (at(), at(), 1..6usize).prop_map(|(from, count, times)| Bend::Repeat(from, count, times)),
        (at(), at(), at(), at())
            .prop_map(|(to, of, from, count)| Bend::Splice(to, of, from, count)),
        (at(), at()).prop_map(|(at, what)| Bend::Insert(at, what)),
        (at(), at()).prop_map(|(one, other)| Bend::Swap(one, other)),
    ]
}

/// A stretch of some bytes: most are short.
fn stretch(bytes: &[u8], from: usize, count: usize) -> std::ops::Range<usize> {
    let from = from % (bytes.len() + 1);
    let most = if count.is_multiple_of(4) { bytes.len() } else { 24 };
    from..(from + count / 4 % (most + 1)).min(bytes.len())
}

fn bent(golden: &[Vec<u8>], first: usize, bends: &[Bend]) -> Vec<u8> {
    /// Longer ones only take longer.
    const BYTES_MAX: usize = 64 * 1024;
    let mut bytes = golden[first % golden.len()].clone();
    for bend in bends {
        let end = bytes.len() + 1;
        match bend {
            Bend::Flip(at, byte) => {
                let at = at % end;
                bytes.get_mut(at).into_iter().for_each(|known| *known ^= byte);
            }
            Bend::Cut(from, count) => drop(bytes.drain(stretch(&bytes, *from, *count))),
            Bend::Repeat(from, count, times) => {
                let range = stretch(&bytes, *from, *count);
                let more = bytes[range.clone()].repeat(*times);
                bytes.splice(range.end..range.end, more);
            }
            Bend::Splice(to, of, from, count) => {
                let other = &golden[of % golden.len()];
                let more = other[stretch(other, *from, *count)].to_vec();
                bytes.splice(to % end..to % end, more);
            }
            Bend::Insert(at, what) => {
                bytes.splice(at % end..at % end, STUMBLES[what % STUMBLES.len()].to_vec());
            }
            Bend::Swap(one, other) => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let (one, other) = (one % lines.len(), other % lines.len());
                    lines.swap(one, other);
                }
                bytes = lines.concat();
            }
        }
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn cases() -> u32 {
    std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

#[track_caller]
fn check(targets: &[&str]) {
    for (name, take) in TARGETS.iter().filter(|(name, _)| targets.contains(name)) {
        let golden = golden(name);
        golden.iter().for_each(|bytes| take(bytes));
        take(b"");
        // Other ones with each run by hand; the same ones in an ordinary run.
        let seed = if cases() == CASES { RngSeed::Fixed(6) } else { RngSeed::Random };
        let config = Config {
            cases: cases(),
            rng_seed: seed,
            failure_persistence: None,
            ..Config::default()
        };
        let inputs = (any::<usize>(), prop::collection::vec(bend(), 1..8));
        let inputs = inputs.prop_map(|(first, bends)| bent(&golden, first, &bends));
        let tried = TestRunner::new(config).run(&inputs, |bytes| {
            let begun = Instant::now();
            take(&bytes);
            prop_assert!(begun.elapsed() < CASE_MAX, "it hangs");
            Ok(())
        });
        if let Err(error) = tried {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn bent_signalling_does_no_harm() {
    check(&["sip", "siprec", "rtpengine"]);
}

#[test]
fn bent_frames_and_packets_do_no_harm() {
    check(&["audiohook", "audiosocket", "l16", "media_stream", "rtp"]);
}

#[test]
fn bent_answers_do_no_harm() {
    check(&["ami", "esl", "sse"]);
}

#[test]
fn bent_recordings_do_no_harm() {
    check(&["audio"]);
}

#[test]
fn every_target_is_one_of_the_fuzzers_too_and_its_corpus_can_be_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut named: Vec<&str> =
        manifest.lines().filter_map(|line| line.strip_prefix("name = \"")).collect();
    named.retain(|name| *name != "lingting-fuzz\"");
    let own: Vec<String> = TARGETS.iter().map(|(name, _)| format!("{name}\"")).collect();
    assert_eq!(named, own);
    for (name, _) in TARGETS {
        assert!(folder.join(format!("fuzz_targets/{name}.rs")).exists(), "{name}");
    }
    let Ok(corpus) = std::env::var("FUZZ_CORPUS") else { return };
    for (name, _) in TARGETS {
        let folder = Path::new(&corpus).join(name);
        fs::create_dir_all(&folder).unwrap();
        for (n, bytes) in golden(name).iter().enumerate() {
            fs::write(folder.join(format!("golden-{n}")), bytes).unwrap();
        }
    }
}
