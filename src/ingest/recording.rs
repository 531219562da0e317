//! One call, opened: what is known about it, and its audio.
//!
//! In: an [`Input`]. Out: [`CallFiles`], which are read, and of them a [`Recording`], which gives blocks
//! of 16 kHz like a [`Decoder`], whether the call is one file or two, and whoever decodes it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::OpenError;
use super::ffmpeg::{Ffmpeg, Running};
use super::scan::{Input, extension_of, read_sidecar};
use crate::audio::{BLOCK_SAMPLES, Block, DecodeError, Decoder, Format, Piped, SAMPLE_RATE_HZ};
use crate::domain::{AudioTime, CallId, CallInfo, IdError, LegIx, Problem, ProblemKind};
use crate::wire::sidecar::parse_sidecar;

/// How much the two files of a call may differ in length unremarked, in milliseconds.
const DIFFER_MS_MAX: u64 = 1_000;

/// One call that is ready to be heard, from its first sample to its last, once.
pub struct Recording {
    /// What is known about the call. `legs` is as many as there are channels, or absent.
    pub info: CallInfo,
    /// Whether the call's id is taken from the file's name, because no sidecar gives one.
    pub named_by_file: bool,
    /// The file's name without its folder; two files' names joined by ` + `.
    pub file: String,
    /// Of the content, in lower-case hex; of two files, of both contents in leg order.
    pub sha256: String,
    /// The same of the sidecar; empty without one.
    pub sidecar_sha256: String,
    format: Format,
    parts: Vec<Part>,
    problems: Vec<Problem>,
    emitted: u64,
    /// The only leg that is given, where all hold one signal.
    only: Option<LegIx>,
}

/// One file of the call.
struct Part {
    path: PathBuf,
    decoder: Decoder,
    ffmpeg: Option<Running>,
    samples: u64,
    ended: bool,
}

/// The files of a call and what is known about it, before its audio is opened: enough to tell whether it was
/// analysed before.
pub struct CallFiles {
    /// What is known about the call.
    pub info: CallInfo,
    /// As of a [`Recording`].
    pub named_by_file: bool,
    /// As of a [`Recording`].
    pub file: String,
    /// As of a [`Recording`].
    pub sha256: String,
    /// As of a [`Recording`].
    pub sidecar_sha256: String,
    paths: Vec<PathBuf>,
}

impl CallFiles {
    /// Reads the files of a call, and its sidecar.
    ///
    /// # Errors
    /// [`OpenError`], for this call alone.
    pub fn read(input: &Input) -> Result<Self, OpenError> {
        let paths = input.files.clone();
        let first = paths.first().cloned().unwrap_or_default();
        if !(1..=2).contains(&paths.len()) {
            return Err(OpenError::TooManyFiles { path: first, files: paths.len() });
        }
        let Known { info, named_by_file, sidecar_sha256 } = read_info(input, &first)?;
        let mut hash = Sha256::new();
        for path in &paths {
            digest(path, &mut hash)?;
        }
        let names = paths.iter().map(|f| f.file_name().unwrap_or_default().to_string_lossy());
        let file = names.collect::<Vec<_>>().join(" + ");
        Ok(Self { info, named_by_file, file, sha256: hex(hash), sidecar_sha256, paths })
    }

    /// Opens their audio.
    ///
    /// # Errors
    /// [`OpenError`], for this call alone.
    pub fn open(self) -> Result<Recording, OpenError> {
        Recording::of(self, Ffmpeg::find())
    }
}

impl Recording {
    /// Opens the files of a call, and its sidecar.
    ///
    /// # Errors
    /// [`OpenError`], for this call alone.
    pub fn open(input: &Input) -> Result<Self, OpenError> {
        Self::open_with(input, Ffmpeg::find())
    }

    /// The same with a given ffmpeg, or without one.
    ///
    /// # Errors
    /// As for [`Recording::open`].
    pub fn open_with(input: &Input, ffmpeg: Option<&Ffmpeg>) -> Result<Self, OpenError> {
        Self::of(CallFiles::read(input)?, ffmpeg)
    }

    fn of(files: CallFiles, ffmpeg: Option<&Ffmpeg>) -> Result<Self, OpenError> {
        let mut parts = Vec::new();
        let mut formats = Vec::new();
        for path in &files.paths {
            let (part, format) = open_part(path, ffmpeg)?;
            parts.push(part);
            formats.push(format);
        }
        if formats.len() == 2
            && let Some(ix) = formats.iter().position(|f| f.channels != 1)
        {
            let (path, channels) = (files.paths[ix].clone(), formats[ix].channels);
            return Err(OpenError::PairNotMono { path, channels });
        }
        let mut format = formats.swap_remove(0);
        format.channels = parts.iter().map(|p| p.decoder.format().channels).sum();
        let mut problems = Vec::new();
        let mut info = files.info;
        check_legs(&mut info, format.channels, &mut problems);
        Ok(Self {
            info,
            named_by_file: files.named_by_file,
            file: files.file,
            sha256: files.sha256,
            sidecar_sha256: files.sidecar_sha256,
            format,
            parts,
            problems,
            emitted: 0,
            only: None,
        })
    }

    /// From its first sample again, as a call on one leg: both hold one signal, of which `leg` has all. `why` is told with
    /// the recording's other problems. Whoever the sidecar puts on which leg, they are together on this one.
    ///
    /// # Errors
    /// [`OpenError`] when a file can no longer be opened.
    pub fn fold(&mut self, leg: LegIx, why: Problem) -> Result<(), OpenError> {
        for part in &mut self.parts {
            (*part, _) = open_part(&part.path, Ffmpeg::find())?;
        }
        // What the sidecar gets wrong stays wrong; all else is told anew.
        self.problems.retain(|one| one.kind == ProblemKind::SidecarMismatch);
        self.problems.push(why);
        (self.info.legs, self.format.channels) = (None, 1);
        (self.only, self.emitted) = (Some(leg), 0);
        Ok(())
    }

    /// The recording's form; of two files, the first's with both channels.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// What is wrong with the recording; complete once [`Recording::next_block`] has returned `None`.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(self.parts.iter().flat_map(|p| p.decoder.problems()))
    }

    /// Decoded so far, in milliseconds.
    pub fn decoded_ms(&self) -> u64 {
        AudioTime::from_samples(self.emitted, SAMPLE_RATE_HZ).ms()
    }

    /// The next half second of all legs, or what is left; `None` at the end. Where one of two files
    /// is over, its leg is silent.
    ///
    /// # Errors
    /// [`OpenError`] when a file can no longer be read.
    pub fn next_block(&mut self) -> Result<Option<Block>, OpenError> {
        let mut legs = Vec::new();
        for part in &mut self.parts {
            match part.next(&mut self.problems)? {
                Some(block) => legs.extend(block.legs),
                None => legs.extend(std::iter::repeat_n(
                    Vec::new(),
                    usize::from(part.decoder.format().channels),
                )),
            }
        }
        // Only a last block is shorter than BLOCK_SAMPLES, so the legs cannot come apart.
        let samples = legs.iter().map(Vec::len).max().unwrap_or(0);
        debug_assert!(samples <= BLOCK_SAMPLES);
        if samples == 0 {
            self.compare_lengths();
            return Ok(None);
        }
        for leg in &mut legs {
            leg.resize(samples, 0.0);
        }
        if let Some(only) = self.only {
            legs = legs.into_iter().skip(only.ix()).take(1).collect();
        }
        let at = AudioTime::from_samples(self.emitted, SAMPLE_RATE_HZ);
        self.emitted += samples as u64;
        Ok(Some(Block { at, legs }))
    }

    fn compare_lengths(&mut self) {
        let [first, second] = &self.parts[..] else { return };
        let ms = |part: &Part| AudioTime::from_samples(part.samples, SAMPLE_RATE_HZ).ms();
        let known =
            |p: &Problem| p.kind == ProblemKind::SidecarMismatch && p.detail.contains("ms long");
        if ms(first).abs_diff(ms(second)) > DIFFER_MS_MAX && !self.problems.iter().any(known) {
            let detail = format!("the call's files are {} and {} ms long", ms(first), ms(second));
            self.problems.push(mismatch(detail));
        }
    }
}

impl Part {
    fn next(&mut self, problems: &mut Vec<Problem>) -> Result<Option<Block>, OpenError> {
        let read = self.decoder.next_block();
        let block = read.map_err(|source| OpenError::Decode { path: self.path.clone(), source })?;
        match &block {
            Some(block) => self.samples += block.legs[0].len() as u64,
            None if !self.ended => {
                self.ended = true;
                if let Some(detail) = self.ffmpeg.as_mut().and_then(Running::finish) {
                    let kind = ProblemKind::CorruptData;
                    problems.push(Problem { kind, leg: None, span: None, detail });
                }
            }
            None => {}
        }
        Ok(block)
    }
}

/// The id that a call will have, without opening its audio.
///
/// # Errors
/// [`OpenError`] when the sidecar is unusable or the name is no id.
pub fn call_id(input: &Input) -> Result<CallId, OpenError> {
    let first = input.files.first().cloned().unwrap_or_default();
    read_info(input, &first).map(|known| known.info.call_id)
}

pub(super) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is known about a call before its content is.
pub(super) struct Known {
    pub(super) info: CallInfo,
    pub(super) named_by_file: bool,
    pub(super) sidecar_sha256: String,
}

/// The sidecar's word with its digest, or the file's name.
pub(super) fn read_info(input: &Input, first: &Path) -> Result<Known, OpenError> {
    let stem = stem_id(&input.stem)
        .map_err(|source| OpenError::Name { path: first.to_owned(), source })?;
    let Some(path) = &input.sidecar else {
        let (info, sidecar_sha256) = (CallInfo::unknown(stem), String::new());
        return Ok(Known { info, named_by_file: true, sidecar_sha256 });
    };
    let text = read_sidecar(path)
        .map_err(|source| OpenError::SidecarUnreadable { path: path.clone(), source })?;
    let sidecar = parse_sidecar(&text, &stem)
        .map_err(|source| OpenError::Sidecar { path: path.clone(), source })?;
    let sidecar_sha256 = hex(Sha256::new_with_prefix(&text));
    Ok(Known { info: sidecar.info, named_by_file: !sidecar.names_call, sidecar_sha256 })
}

/// A call's id from a file's stem; what no file name on some system may hold becomes `_`.
fn stem_id(stem: &str) -> Result<CallId, IdError> {
    let safe: String = stem
        .chars()
        .map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c })
        .collect();
    CallId::new(safe.trim_start_matches('.'))
}

/// A sidecar with too many or too few legs knows another recording: its parties are not believed.
fn check_legs(info: &mut CallInfo, channels: u16, problems: &mut Vec<Problem>) {
    if let Some(legs) = info.legs.as_ref().map(Vec::len).filter(|n| *n != usize::from(channels)) {
        info.legs = None;
        problems.push(mismatch(format!(
            "the sidecar names {legs} legs, the recording has {channels} channels"
        )));
    }
}

fn mismatch(detail: String) -> Problem {
    Problem { kind: ProblemKind::SidecarMismatch, leg: None, span: None, detail }
}

fn digest(path: &Path, hash: &mut Sha256) -> Result<(), OpenError> {
    let mut file = open_file(path)?;
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(OpenError::Unreadable { path: path.to_owned(), source }),
        }
    }
}

pub(super) fn open_file(path: &Path) -> Result<File, OpenError> {
    let unreadable = |source| OpenError::Unreadable { path: path.to_owned(), source };
    // Looked at first: opening a pipe would wait for a writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(OpenError::NotAFile { path: path.to_owned() });
    }
    File::open(path).map_err(unreadable)
}

fn open_part(path: &Path, ffmpeg: Option<&Ffmpeg>) -> Result<(Part, Format), OpenError> {
    let part =
        |decoder, ffmpeg| Part { path: path.to_owned(), decoder, ffmpeg, samples: 0, ended: false };
    match Decoder::new(Box::new(open_file(path)?), &extension_of(path)) {
        Ok(decoder) => {
            let format = decoder.format().clone();
            Ok((part(decoder, None), format))
        }
        Err(DecodeError::NeedsFfmpeg { codec, demuxer }) => {
            let Some(ffmpeg) = ffmpeg else {
                return Err(OpenError::NoFfmpeg { path: path.to_owned(), codec });
            };
            let (decoder, running) = by_ffmpeg(path, ffmpeg, &codec, demuxer)?;
            let format = Format { codec, ..decoder.format().clone() };
            Ok((part(decoder, Some(running)), format))
        }
        Err(source) => Err(OpenError::Decode { path: path.to_owned(), source }),
    }
}

fn by_ffmpeg(
    path: &Path,
    ffmpeg: &Ffmpeg,
    codec: &str,
    demuxer: &str,
) -> Result<(Decoder, Running), OpenError> {
    let failed = |why| OpenError::Ffmpeg { path: path.to_owned(), codec: codec.to_owned(), why };
    let mut running = ffmpeg.start(open_file(path)?, demuxer).map_err(|e| failed(e.to_string()))?;
    let output = running.take_output().ok_or_else(|| failed("no output".to_owned()))?;
    match Decoder::new(Box::new(Piped::new(output)), "wav") {
        Ok(decoder) => Ok((decoder, running)),
        Err(source @ DecodeError::TooManyChannels { .. }) => {
            Err(OpenError::Decode { path: path.to_owned(), source })
        }
        Err(error) => Err(failed(running.finish().unwrap_or_else(|| error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::scan;
    use super::*;
    use crate::audio::fixture::{Wave, tone};
    use crate::domain::Party;

    /// A folder with these files, scanned.
    fn folder(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, Vec<Input>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let inputs = scan(&[folder.path().to_owned()], None);
        assert!(inputs.failed.is_empty(), "{:?}", inputs.failed);
        (folder, inputs.calls)
    }

    fn mono(ms: usize) -> Vec<u8> {
        Wave::pcm16(1, 8_000, &tone(8_000, 440.0, ms * 8)).bytes()
    }

    fn read(recording: &mut Recording) -> Vec<Vec<f32>> {
        let mut legs = vec![Vec::new(); usize::from(recording.format().channels)];
        while let Some(block) = recording.next_block().unwrap() {
            assert_eq!(block.at.ms(), legs[0].len() as u64 / 16);
            for (leg, piece) in legs.iter_mut().zip(block.legs) {
                leg.extend(piece);
            }
        }
        assert!(recording.next_block().unwrap().is_none());
        legs
    }

    #[test]
    fn two_files_are_one_call_and_the_shorter_is_padded() {
        let sidecar = br#"{"call_id": "c1", "legs": ["customer", "agent"]}"#.to_vec();
        let (_folder, inputs) = folder(&[
            ("c-in.wav", mono(700)),
            ("c-out.wav", mono(2_900)),
            ("c.call.json", sidecar),
        ]);
        let mut recording = Recording::open(&inputs[0]).unwrap();
        assert_eq!(recording.file, "c-in.wav + c-out.wav");
        assert_eq!(recording.info.call_id.as_str(), "c1");
        assert_eq!(recording.info.legs, Some(vec![Party::Customer, Party::Agent]));
        let legs = read(&mut recording);
        assert_eq!((legs[0].len(), legs[1].len()), (46_400, 46_400));
        assert!(legs[0][11_200..].iter().all(|s| *s == 0.0) && recording.decoded_ms() == 2_900);
        let problems: Vec<_> = recording.problems().collect();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].detail, "the call's files are 700 and 2900 ms long");
        let mut both = mono(700);
        both.extend(mono(2_900));
        let hex: String = Sha256::digest(&both).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(recording.sha256, hex);
    }

    #[test]
    fn a_sidecar_for_another_recording_is_not_believed() {
        let sidecar = br#"{"legs": ["agent", "customer"]}"#.to_vec();
        let (_folder, inputs) = folder(&[("m.wav", mono(100)), ("m.call.json", sidecar)]);
        let mut recording = Recording::open(&inputs[0]).unwrap();
        assert_eq!(recording.info.legs, None);
        read(&mut recording);
        let kinds: Vec<_> = recording.problems().map(|p| p.kind).collect();
        assert_eq!(kinds, [ProblemKind::SidecarMismatch]);
    }

    /// Opens the only call of a folder and compares the error, the folder's name taken out.
    #[track_caller]
    fn check(files: &[(&str, Vec<u8>)], wanted: &str) {
        let (folder, inputs) = folder(files);
        let error = Recording::open_with(&inputs[0], None).err().expect("must fail").to_string();
        let error = error.replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(error, wanted);
    }

    #[test]
    fn every_failure_names_its_file_and_the_remedy() {
        check(
            &[("a.wav", vec![])],
            "a.wav: the file is empty (0 bytes): the recorder wrote nothing; export the recording again",
        );
        check(
            &[("a.wav", b"Dear Sir or Madam".to_vec())],
            "a.wav: this is text, not audio, whatever its name says; export the recording again",
        );
        check(
            &[("a.wav", mono(9)), ("a.call.json", b"{\n \"rings\": two}".to_vec())],
            "a.call.json: line 2, column 12: expected ident; mend it, or remove it to analyse the recording without it",
        );
        check(
            &[("a.wav", Wave::of(0x31, 0, 1, 8_000, vec![0; 650]).bytes())],
            "a.wav: GSM 6.10 in WAV is decoded by ffmpeg, which is not installed: apt-get install ffmpeg",
        );
        check(
            &[("a-in.wav", mono(9)), ("a-out.wav", Wave::pcm16(2, 8_000, &[0; 80]).bytes())],
            "a-out.wav: it is one of two files of a call and has 2 channels: each must be mono",
        );
        check(
            &[("a.wav", Wave::pcm16(8, 8_000, &[0; 80]).bytes())],
            "a.wav: the recording has 8 channels; one (mixed) or two (one a party) are understood: split it into a file for each call",
        );
    }

    #[test]
    fn what_a_call_is_known_by_needs_no_decoder() {
        let (_folder, inputs) = folder(&[("a.g722", vec![0x81; 640])]);
        let files = CallFiles::read(&inputs[0]).unwrap();
        assert_eq!((files.file.as_str(), files.info.call_id.as_str()), ("a.g722", "a"));
        assert_eq!(files.sha256, hex(Sha256::new_with_prefix([0x81u8; 640])));
        assert!(matches!(Recording::of(files, None).err(), Some(OpenError::NoFfmpeg { .. })));
    }

    #[test]
    fn folders_and_missing_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let input = |path: PathBuf| Input { files: vec![path], sidecar: None, stem: "x".into() };
        let open = |path| Recording::open_with(&input(path), None).err().expect("must fail");
        assert!(matches!(open(folder.path().to_owned()), OpenError::NotAFile { .. }));
        assert!(matches!(open(folder.path().join("gone.wav")), OpenError::Unreadable { .. }));
    }

    #[test]
    fn any_file_name_names_a_call() {
        assert_eq!(stem_id("in-2026:11:21 <a>").unwrap().as_str(), "in-2026_11_21 _a_");
        assert!(stem_id("").is_err());
    }

    /// Whatever the names look like: a pair goes by the stem it was found under, and a site may call a call by its file.
    #[test]
    fn whether_a_call_is_named_by_its_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("agent.wav"), mono(100)).unwrap();
        fs::write(path("13800138000.wav"), mono(100)).unwrap();
        fs::write(path("none.json"), r#"{"team": "3", "call_id": null}"#).unwrap();
        fs::write(path("own.json"), r#"{"call_id": "13800138000"}"#).unwrap();
        let pair = || vec![path("agent.wav"), path("13800138000.wav")];
        for (files, sidecar, named_by_file) in [
            (pair(), None, true),
            (pair(), Some("none.json"), true),
            (pair(), Some("own.json"), false),
            (vec![path("13800138000.wav")], Some("own.json"), false),
        ] {
            let sidecar = sidecar.map(path);
            let input = Input { files, sidecar, stem: "13800138000".into() };
            let recording = Recording::open(&input).unwrap();
            assert_eq!(recording.info.call_id.as_str(), "13800138000", "{input:?}");
            assert_eq!(recording.named_by_file, named_by_file, "{input:?}");
        }
    }
}
