//! Decoding held against ffmpeg and sox, on files that they make here and now.
//!
//! Needs ffmpeg and sox, which `scripts/test` installs; without them these tests fail and say so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lingting::domain::ProblemKind;
use lingting::ingest::{Input, Recording};

/// Runs a tool, which must be there and succeed.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program} is needed for this test: {e}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    output.stdout
}

fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Two legs of 3.217 s at 8 kHz: a sweep and noise bursts, so that a shift of one sample shows.
fn source(folder: &Path) -> PathBuf {
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

fn open(path: &Path) -> Recording {
    let input = Input { files: vec![path.to_owned()], sidecar: None, stem: "x".into() };
    Recording::open(&input).unwrap_or_else(|e| panic!("{e}"))
}

fn legs(recording: &mut Recording) -> Vec<Vec<f32>> {
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
    let Some(corpus) = std::env::var_os("LINGTING_CORPUS").map(PathBuf::from) else { return };
    let inputs = lingting::ingest::scan(&[corpus.join("calls")]);
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
