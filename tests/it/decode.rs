//! Decoding held against ffmpeg and sox, on files that they make here and now.
//!
//! Needs ffmpeg and sox, which `scripts/test` installs; without them these tests fail and say so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lingting::domain::ProblemKind;
use lingting::ingest::{Input, Recording};

/// Runs a tool, which must be there and succeed.
#[track_caller]
pub(crate) fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} is needed for this test: {e}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    output.stdout
}

pub(crate) fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Two legs of 3.217 s at 8 kHz: a sweep and noise bursts, so that a shift of one sample shows.
pub(crate) fn source(folder: &Path) -> PathBuf {
    let path = folder.join("source.wav");
    run(
        "sox",
        &[
            "-R",
            "-n",
            "-r",
            "8000",
            "-c",
            "2",
            "-b",
            "16",
            path_text(&path),
            "synth",
            "3.217",
            "sine",
            "300-3000",
            "pinknoise",
            "gain",
            "-6",
        ],
    );
    path
}

pub(crate) fn open(path: &Path) -> Recording {
    let input = Input { files: vec![path.to_owned()], sidecar: None, stem: "x".into() };
    Recording::open(&input).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn legs(recording: &mut Recording) -> Vec<Vec<f32>> {
    let mut legs = vec![Vec::new(); usize::from(recording.format().channels)];
    while let Some(block) = recording.next_block().unwrap_or_else(|e| panic!("{e}")) {
        assert_eq!(block.at.ms(), legs[0].len() as u64 / 16);
        for (leg, piece) in legs.iter_mut().zip(block.legs) {
            leg.extend(piece);
        }
    }
    legs
}

/// Where `b` lies on `a`, in samples, by correlation over ±200 ms, and how well it fits there.
fn shift(a: &[f32], b: &[f32]) -> (i64, f64) {
    let at = |lag: i64| {
        let (mut ab, mut aa, mut bb) = (0.0f64, 0.0f64, 0.0f64);
        for (i, x) in a.iter().enumerate().skip(8_000).take(24_000) {
            let Some(y) = usize::try_from(i as i64 + lag).ok().and_then(|j| b.get(j)) else {
                continue;
            };
            ab += f64::from(x * y);
            aa += f64::from(x * x);
            bb += f64::from(y * y);
        }
        ab / (aa * bb).sqrt().max(1e-9)
    };
    (-3_200..=3_200).map(|lag| (lag, at(lag))).max_by(|x, y| x.1.total_cmp(&y.1)).unwrap()
}

/// Encodes with ffmpeg, decodes here, and holds length, place and form against the source.
#[track_caller]
fn check(
    name: &str,
    arguments: &[&str],
    codec: &str,
    length_off_ms: i64,
    shift_max: i64,
    fit: f64,
) {
    let folder = tempfile::tempdir().unwrap();
    let wav = source(folder.path());
    let wanted = legs(&mut open(&wav));
    let coded = folder.path().join(name);
    let mut words = vec!["-v", "error", "-y", "-i", path_text(&wav)];
    words.extend(arguments);
    words.push(path_text(&coded));
    run("ffmpeg", &words);
    let mut recording = open(&coded);
    let got = legs(&mut recording);
    let problems: Vec<_> = recording.problems().cloned().collect();
    assert_eq!(problems, [], "{name}");
    assert_eq!(recording.format().codec, codec, "{name}");
    let off_ms = (got[0].len() as i64 - wanted[0].len() as i64) / 16;
    assert!(off_ms.abs() <= length_off_ms, "{name}: {off_ms} ms too long");
    let (lag, how) = shift(&wanted[0], &got[0]);
    assert!(lag.abs() <= shift_max && how >= fit, "{name}: shifted by {lag} samples, fit {how:.3}");
}

#[test]
fn lossless_forms_come_out_to_the_sample() {
    for (name, arguments, codec) in [
        ("a.flac", &["-c:a", "flac"][..], "flac"),
        ("alac.m4a", &["-c:a", "alac"], "alac"),
        ("a.aiff", &["-c:a", "pcm_s16be"], "pcm_s16be"),
        ("a.caf", &["-c:a", "pcm_s16le"], "pcm_s16le"),
        ("a.au", &["-c:a", "pcm_s16be"], "pcm_s16be"),
        ("s24.wav", &["-c:a", "pcm_s24le"], "pcm_s24le"),
        ("float.wav", &["-c:a", "pcm_f32le"], "pcm_f32le"),
        ("rf64.wav", &["-c:a", "pcm_s16le", "-rf64", "always"], "pcm_s16le"),
    ] {
        check(name, arguments, codec, 0, 0, 0.99999);
    }
}

#[test]
fn telephone_codings_come_out_in_place() {
    for (name, arguments, codec) in [
        ("alaw.wav", &["-c:a", "pcm_alaw"][..], "pcm_alaw"),
        ("mulaw.wav", &["-c:a", "pcm_mulaw"], "pcm_mulaw"),
        ("law.au", &["-c:a", "pcm_alaw"], "pcm_alaw"),
        ("ima.wav", &["-c:a", "adpcm_ima_wav"], "adpcm_ima_wav"),
        ("ms.wav", &["-c:a", "adpcm_ms"], "adpcm_ms"),
    ] {
        check(name, arguments, codec, 130, 0, 0.98);
    }
}

#[test]
fn lossy_forms_are_not_shifted() {
    for (name, arguments, codec, fit) in [
        ("a.mp3", &["-c:a", "libmp3lame", "-b:a", "64k"][..], "mp3", 0.9),
        ("a.m4a", &["-c:a", "aac", "-b:a", "96k"], "aac", 0.9),
        ("vorbis.ogg", &["-c:a", "libvorbis", "-b:a", "64k"], "vorbis", 0.9),
        ("48k.mp3", &["-ar", "48000", "-c:a", "libmp3lame", "-b:a", "128k"], "mp3", 0.9),
    ] {
        check(name, arguments, codec, 1, 2, fit);
    }
    // The length is the container's: MP3 in WAV and ADTS have no word for padding.
    check("mp3.wav", &["-c:a", "libmp3lame", "-b:a", "64k"], "mp3", 200, 2, 0.9);
    check("a.aac", &["-c:a", "aac", "-b:a", "96k"], "aac", 200, 2, 0.9);
}

#[cfg(feature = "opus")]
#[test]
fn opus_is_not_shifted() {
    check("a.ogg", &["-c:a", "libopus", "-b:a", "48k"], "opus", 8, 2, 0.9);
    check("a.webm", &["-c:a", "libopus", "-b:a", "48k"], "opus", 21, 2, 0.9);
}

#[test]
fn ffmpeg_takes_what_is_not_decoded_here() {
    let folder = tempfile::tempdir().unwrap();
    let wav = source(folder.path());
    let wanted = legs(&mut open(&wav));
    for (name, codec) in [("gsm.wav", "GSM 6.10 in WAV"), ("raw.gsm", "GSM 6.10")] {
        let coded = folder.path().join(name);
        // Whole blocks of 320 samples: sox leaves the last one of a WAV unfinished.
        let mut words = vec![path_text(&wav), "-c", "1"];
        if name == "gsm.wav" {
            words.extend(["-e", "gsm-full-rate"]);
        }
        words.extend([path_text(&coded), "remix", "1", "trim", "0", "3.2"]);
        run("sox", &words);
        let mut recording = open(&coded);
        let got = legs(&mut recording);
        assert_eq!(recording.format().codec, codec);
        let problems: Vec<_> = recording.problems().collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
        let off = got[0].len() as i64 - wanted[0].len() as i64;
        assert!(off.abs() <= 20 * 32, "{name}: {off}");
    }
    let input =
        Input { files: vec![folder.path().join("gsm.wav")], sidecar: None, stem: "x".into() };
    let error = Recording::open_with(&input, None).err().unwrap().to_string();
    assert!(error.contains("gsm.wav: GSM 6.10 in WAV") && error.contains("apt-get install ffmpeg"));
}

#[test]
fn what_is_cut_off_is_read_to_its_end_and_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let wav = source(folder.path());
    let cases: &[(&str, &[&str])] = &[
        ("cut.wav", &["-c:a", "pcm_alaw"]),
        ("cut.mp3", &["-c:a", "libmp3lame", "-b:a", "32k"]),
        ("cut.flac", &["-c:a", "flac"]),
        ("cut.ogg", &["-c:a", "libvorbis"]),
        ("cut.m4a", &["-c:a", "aac", "-movflags", "+faststart"]),
    ];
    for (name, arguments) in cases {
        let path = folder.path().join(name);
        let mut words = vec!["-v", "error", "-y", "-stream_loop", "3", "-i", path_text(&wav)];
        words.extend(*arguments);
        words.push(path_text(&path));
        run("ffmpeg", &words);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() * 6 / 10]).unwrap();
        let mut recording = open(&path);
        let samples = legs(&mut recording)[0].len();
        let seconds = samples as f64 / 16_000.0;
        assert!((5.5..10.0).contains(&seconds), "{name}: {seconds} s");
        let kinds: Vec<_> = recording.problems().map(|p| p.kind).collect();
        assert_eq!(kinds, [ProblemKind::Truncated], "{name}");
    }
}

/// The corpus is no part of the project: set LINGTING_CORPUS to its folder to hold all of it against
/// ffmpeg and its own truth.
#[test]
fn the_corpus_keeps_its_lengths() {
    let Some(corpus) = std::env::var_os("LINGTING_CORPUS").map(PathBuf::from) else {
        println!("not run: LINGTING_CORPUS is not set");
        return;
    };
    let inputs = lingting::ingest::scan(&[corpus.join("calls")], None);
    assert_eq!(inputs.failed.len(), 0);
    for input in &inputs.calls {
        let mut recording = Recording::open(input).unwrap_or_else(|e| panic!("{e}"));
        let id = recording.info.call_id.to_string();
        let got = legs(&mut recording);
        let truth: serde_json::Value =
            serde_json::from_slice(&fs::read(corpus.join(format!("truth/{id}.json"))).unwrap())
                .unwrap();
        let seconds = got[0].len() as f64 / 16_000.0;
        let off_ms = (seconds - truth["duration"].as_f64().unwrap()) * 1000.0;
        let problems: Vec<_> = recording.problems().collect();
        println!("{id} {} {seconds:.3} s, {off_ms:+.1} ms {problems:?}", recording.format().codec);
        assert!(off_ms.abs() <= 20.0, "{id}: {off_ms:+.1} ms");
        assert!(problems.is_empty(), "{id}: {problems:?}");
    }
}

/// Set LINGTING_RECORDINGS to any folder to hold all recordings in it against ffmpeg: length for all,
/// every sample for those that are lossless and at 16 kHz.
#[test]
fn any_folder_comes_out_as_ffmpeg_has_it() {
    let Some(folder) = std::env::var_os("LINGTING_RECORDINGS").map(PathBuf::from) else {
        println!("not run: LINGTING_RECORDINGS is not set");
        return;
    };
    let inputs = lingting::ingest::scan(&[folder], None);
    assert_eq!(inputs.failed.len(), 0);
    let mut exact = 0;
    for input in &inputs.calls {
        let mut recording = Recording::open(input).unwrap_or_else(|e| panic!("{e}"));
        let got = legs(&mut recording);
        let path = path_text(&input.files[0]);
        let bytes =
            run("ffmpeg", &["-v", "error", "-i", path, "-map", "0:a:0", "-f", "s16le", "-"]);
        let samples: Vec<i16> =
            bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        let format = recording.format();
        let frames = samples.len() / usize::from(format.channels);
        let wanted_ms = frames as f64 * 1000.0 / f64::from(format.sample_rate_hz);
        let off_ms = got[0].len() as f64 / 16.0 - wanted_ms;
        assert!(off_ms.abs() <= 20.0, "{path}: {off_ms:+.1} ms");
        if format.sample_rate_hz == 16_000
            && (format.codec == "flac" || format.codec.starts_with("pcm"))
        {
            exact += 1;
            for (at, frame) in samples.chunks_exact(got.len()).enumerate() {
                for (leg, wanted) in got.iter().zip(frame) {
                    assert!(
                        (leg[at] * 32_768.0 - f32::from(*wanted)).abs() < 1.0,
                        "{path} at {at}"
                    );
                }
            }
        }
    }
    println!(
        "{} recordings as long as ffmpeg has them, {exact} equal to the sample",
        inputs.calls.len()
    );
}

#[test]
fn ffmpeg_is_fenced_in_and_reports_what_it_cannot_read() {
    let ffmpeg = lingting::ingest::Ffmpeg::find().expect("ffmpeg is needed for this test");
    let folder = tempfile::tempdir().unwrap();
    // A playlist that names another file: only the forced demuxer looks at it, and finds no WMA.
    let trap = folder.path().join("trap.wma");
    let mut bytes = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11".to_vec();
    bytes.extend(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n");
    fs::write(&trap, bytes).unwrap();
    let input = Input { files: vec![trap.clone()], sidecar: None, stem: "x".into() };
    let error = Recording::open_with(&input, Some(ffmpeg)).err().expect("must fail").to_string();
    assert!(error.contains("trap.wma: WMA was given to ffmpeg, which says: "), "{error}");
    // A child whose reader goes away does not stay.
    let wav = folder.path().join("long.wav");
    run("sox", &["-n", "-r", "8000", "-c", "1", path_text(&wav), "synth", "120", "sine", "400"]);
    let running = ffmpeg.start(fs::File::open(&wav).unwrap(), "wav").unwrap();
    let process = running.id();
    drop(running);
    assert!(!Path::new(&format!("/proc/{process}")).exists());
}

/// Small numbers that look like chance and are the same every time.
fn chance(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

#[test]
fn broken_files_of_every_form_end_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let wav = source(folder.path());
    let forms: &[(&str, &[&str])] = &[
        ("a.mp3", &["-c:a", "libmp3lame"]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.ogg", &["-c:a", "libvorbis"]),
        ("b.ogg", &["-c:a", "libopus"]),
        ("a.webm", &["-c:a", "libopus"]),
        ("a.m4a", &["-c:a", "aac"]),
        ("b.m4a", &["-c:a", "alac"]),
        ("a.aac", &["-c:a", "aac"]),
        ("a.aiff", &["-c:a", "pcm_s16be"]),
        ("a.caf", &["-c:a", "pcm_s16le"]),
        ("a.wav", &["-c:a", "adpcm_ms"]),
    ];
    let mut seed = 7;
    for (name, arguments) in forms {
        let path = folder.path().join(name);
        let mut words = vec!["-v", "error", "-y", "-i", path_text(&wav), "-t", "0.6"];
        words.extend(*arguments);
        words.push(path_text(&path));
        run("ffmpeg", &words);
        let whole = fs::read(&path).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            // Headers are hit more often than the rest.
            let reach = if round % 2 == 0 { bytes.len().min(300) } else { bytes.len() };
            for _ in 0..1 + chance(&mut seed) % 6 {
                let at = chance(&mut seed) % reach;
                bytes[at] = chance(&mut seed) as u8;
            }
            if round % 3 == 0 {
                bytes.truncate(chance(&mut seed) % bytes.len());
            }
            let source = std::io::Cursor::new(bytes);
            let Ok(mut decoder) = lingting::audio::Decoder::new(Box::new(source), "") else {
                continue;
            };
            let mut samples = 0;
            while let Ok(Some(block)) = decoder.next_block() {
                samples += block.legs[0].len();
            }
            assert!(samples < 16_000 * 3_600, "{name}: {samples} samples out of 0.6 s");
        }
    }
}

/// An hour-long A-law stereo WAV that is nowhere stored.
struct Endless {
    at: u64,
    bytes: u64,
}

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut header =
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x06\0\x02\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x08\0data"
                .to_vec();
        header.extend(u32::try_from(self.bytes - 44).unwrap().to_le_bytes());
        let left = usize::try_from(self.bytes - self.at).unwrap();
        let n = buffer.len().min(left);
        for (byte, at) in buffer[..n].iter_mut().zip(self.at..) {
            *byte = header
                .get(at as usize)
                .copied()
                .unwrap_or((at.wrapping_mul(2_654_435_761) >> 16) as u8);
        }
        self.at += n as u64;
        Ok(n)
    }
}

impl std::io::Seek for Endless {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let std::io::SeekFrom::Start(at) = to else {
            return Err(std::io::ErrorKind::Unsupported.into());
        };
        self.at = at;
        Ok(at)
    }
}

impl lingting::audio::MediaSource for Endless {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes)
    }
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn three_hours_need_no_more_memory_than_three_minutes() {
    // In a process of its own: what other tests hold meanwhile is not to be counted.
    const ALONE: &str = "LINGTING_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "decode::three_hours_need_no_more_memory_than_three_minutes";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let out = again.args([name, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let source = Endless { at: 0, bytes: 44 + 3 * 3_600 * 16_000 };
    let started = std::time::Instant::now();
    let mut decoder = lingting::audio::Decoder::new(Box::new(source), "wav").unwrap();
    let (mut samples, mut early_kib, mut most_kib) = (0u64, 0, 0);
    while let Some(block) = decoder.next_block().unwrap() {
        samples += block.legs[0].len() as u64;
        if samples == 16_000 * 180 {
            early_kib = resident_kib();
        }
        if samples % (16_000 * 600) == 0 {
            most_kib = most_kib.max(resident_kib());
        }
    }
    assert_eq!(samples, 3 * 3_600 * 16_000);
    println!(
        "3 h of stereo A-law: {:.1} s, {early_kib} to {most_kib} KiB",
        started.elapsed().as_secs_f64()
    );
    // The audio itself is 1.4 GB.
    assert!(most_kib < early_kib + 10 * 1024, "{early_kib} KiB grew to {most_kib} KiB");
}

#[test]
fn the_sidecar_schema_agrees_with_what_is_read() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/sidecar.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let stem = lingting::domain::CallId::new("x").unwrap();
    for (text, good) in [
        ("{}", true),
        (
            r#"{"call_id": "zh-E5", "direction": "inbound", "agent": {"id": 7}, "legs": ["agent", "customer"]}"#,
            true,
        ),
        (
            r#"{"anything": [1, 2], "ring_s": 5.5, "rings": 2, "language": "zh-CN", "files": ["a.wav"]}"#,
            true,
        ),
        (r#"{"customer": {"number": 19900006136}, "direction": null}"#, true),
        (r#"{"call_id": "../x"}"#, false),
        (r#"{"direction": "sideways"}"#, false),
        (r#"{"legs": ["boss"]}"#, false),
        (r#"{"ring_s": -1}"#, false),
        (r#"{"rings": 1.5}"#, false),
        (r#"{"language": "中文"}"#, false),
        (r#"[]"#, false),
    ] {
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(schema.is_valid(&value), good, "schema: {text}");
        let read = lingting::wire::sidecar::parse_sidecar(text, &stem);
        assert_eq!(read.is_ok(), good, "reader: {text}");
    }
}
