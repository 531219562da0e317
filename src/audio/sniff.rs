//! What a file is, told by its first bytes.
//!
//! In: the head of a file, and its extension. Out: a [`Kind`]. The extension counts for nothing,
//! except where a format has no mark of its own (raw telephone audio), and then only when the bytes
//! are no known container and no text.

use super::raw::RawForm;

/// How many bytes [`sniff`] wants to see, if there are so many.
pub const HEAD_BYTES: usize = 16 * 1024;

/// A container that symphonia reads, and how ffmpeg calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// MPEG audio, layers 1 to 3.
    Mp3,
    /// FLAC.
    Flac,
    /// Ogg: Vorbis, Opus, FLAC, Speex.
    Ogg,
    /// MP4, M4A, 3GP.
    Mp4,
    /// Matroska, WebM.
    Mkv,
    /// AAC in ADTS frames.
    Adts,
    /// AIFF and AIFF-C.
    Aiff,
    /// Apple's Core Audio Format.
    Caf,
}

impl Container {
    /// The name people know, and the extension that symphonia's probe may use as a hint.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Container::Mp3 => ("MP3", "mp3"),
            Container::Flac => ("FLAC", "flac"),
            Container::Ogg => ("Ogg", "ogg"),
            Container::Mp4 => ("MP4", "m4a"),
            Container::Mkv => ("WebM/Matroska", "mkv"),
            Container::Adts => ("AAC", "aac"),
            Container::Aiff => ("AIFF", "aiff"),
            Container::Caf => ("CAF", "caf"),
        }
    }

    /// The name of ffmpeg's demuxer.
    pub const fn demuxer(self) -> &'static str {
        match self {
            Container::Mp3 => "mp3",
            Container::Flac => "flac",
            Container::Ogg => "ogg",
            Container::Mp4 => "mov",
            Container::Mkv => "matroska",
            Container::Adts => "aac",
            Container::Aiff => "aiff",
            Container::Caf => "caf",
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RIFF/WAVE, RF64 or BW64: read by [`super::wav_header`].
    Wav,
    /// Sun `.au`: read by [`super::raw`].
    Au,
    /// A container of symphonia's.
    Container(Container),
    /// Raw samples, by extension.
    Raw(RawForm),
    /// Something only ffmpeg reads.
    Ffmpeg {
        /// The name people know.
        codec: &'static str,
        /// The name of ffmpeg's demuxer.
        demuxer: &'static str,
    },
    /// Nothing in it.
    Empty,
    /// Letters, not sound.
    Text,
    /// None of these.
    Unknown,
}

/// Tells what a file is from its first bytes (up to [`HEAD_BYTES`]) and its extension.
pub fn sniff(head: &[u8], extension: &str) -> Kind {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|h| h.starts_with(magic));
    let ffmpeg = |codec, demuxer| Kind::Ffmpeg { codec, demuxer };
    match () {
        () if head.is_empty() => Kind::Empty,
        () if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64")) && at(8, b"WAVE") => Kind::Wav,
        () if at(0, b".snd") => Kind::Au,
        () if at(0, b"fLaC") => Kind::Container(Container::Flac),
        () if at(0, b"OggS") => Kind::Container(Container::Ogg),
        () if at(4, b"ftyp") => Kind::Container(Container::Mp4),
        () if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) => Kind::Container(Container::Mkv),
        () if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => {
            Kind::Container(Container::Aiff)
        }
        () if at(0, b"caff") => Kind::Container(Container::Caf),
        () if at(0, b"ID3") => Kind::Container(Container::Mp3),
        () if at(0, b"#!AMR") => ffmpeg("AMR", "amr"),
        () if at(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) => ffmpeg("WMA", "asf"),
        () if adts(head) => Kind::Container(Container::Adts),
        () if mpeg_audio(head) => Kind::Container(Container::Mp3),
        () if is_text(head) => Kind::Text,
        () => by_extension(extension),
    }
}

fn by_extension(extension: &str) -> Kind {
    match extension.to_ascii_lowercase().as_str() {
        "gsm" => Kind::Ffmpeg { codec: "GSM 6.10", demuxer: "gsm" },
        "g729" => Kind::Ffmpeg { codec: "G.729", demuxer: "g729" },
        "g722" => Kind::Ffmpeg { codec: "G.722", demuxer: "g722" },
        other => RawForm::of_extension(other).map_or(Kind::Unknown, Kind::Raw),
    }
}

/// Where in the head the search for a first MPEG frame ends: some recorders write junk before it.
const MPEG_JUNK_BYTES_MAX: usize = 4096;

/// Three frames in a row with one version, layer and rate; or fewer, if they end the file. A µ-law
/// file is full of bytes that look like one frame; it never holds three that fit.
fn mpeg_audio(head: &[u8]) -> bool {
    (0..head.len().min(MPEG_JUNK_BYTES_MAX)).any(|start| {
        let mut at = start;
        let mut frames = 0;
        while let Some(len) = head.get(at..).and_then(mpeg_frame_bytes) {
            if frames > 0
                && (head[at + 1], head[at + 2] & 0x0c) != (head[start + 1], head[start + 2] & 0x0c)
            {
                break;
            }
            frames += 1;
            at += len;
            if frames == 3 {
                return true;
            }
        }
        // The whole of a very short file, which starts with a frame.
        start == 0 && frames > 0 && at >= head.len() && head.len() < HEAD_BYTES
    })
}

/// Length of the MPEG audio frame that starts here; `None` when none does.
fn mpeg_frame_bytes(bytes: &[u8]) -> Option<usize> {
    let &[b0, b1, b2, _, ..] = bytes else { return None };
    let (version, layer) = (b1 >> 3 & 3, b1 >> 1 & 3);
    let (rate_ix, bitrate_ix) = (usize::from(b2 >> 2 & 3), usize::from(b2 >> 4));
    if b0 != 0xff || b1 & 0xe0 != 0xe0 || version == 1 || layer == 0 || rate_ix == 3 {
        return None;
    }
    if bitrate_ix == 0 || bitrate_ix == 15 {
        return None;
    }
    const KBPS: [[usize; 14]; 5] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let (one, three) = (version == 3, layer == 1);
    let row = match (one, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let rate = [44_100, 48_000, 32_000][rate_ix] >> [2, 0, 1, 0][usize::from(version)];
    let bits = KBPS[row][bitrate_ix - 1] * 1000;
    let padding = usize::from(b2 >> 1 & 1);
    Some(match layer {
        3 => (12 * bits / rate + padding) * 4,
        _ if three && !one => 72 * bits / rate + padding,
        _ => 144 * bits / rate + padding,
    })
}

fn adts(head: &[u8]) -> bool {
    let frame = |at: usize| match head.get(at..) {
        Some([0xff, b1, b2, b3, b4, b5, ..]) if b1 & 0xf6 == 0xf0 && (b2 >> 2 & 15) < 13 => {
            let len = usize::from(b3 & 3) << 11 | usize::from(*b4) << 3 | usize::from(b5 >> 5);
            (len > 7).then_some(at + len)
        }
        _ => None,
    };
    frame(0).and_then(frame).is_some()
}

/// UTF-8 without control characters, or UTF-16 by its mark. Four different bytes at least, for an
/// idle A-law line is a file of one letter.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return head.len() >= 4
            && head.chunks_exact(2).take(64).filter(|c| c.contains(&0)).count() > 8;
    }
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character cut at the head's end is no flaw.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let mut seen = std::collections::BTreeSet::new();
    seen.extend(valid.bytes().take(4096));
    seen.len() >= 4 && !valid.chars().any(|c| c.is_control() && !"\t\r\n\u{c}\u{1b}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &[u8], extension: &str, wanted: Kind) {
        assert_eq!(sniff(head, extension), wanted);
    }

    #[test]
    fn content_counts_before_the_extension() {
        check(b"", "wav", Kind::Empty);
        check(b"RIFF\0\0\0\0WAVEfmt ", "mp3", Kind::Wav);
        check(b"RF64\0\0\0\0WAVEds64", "ul", Kind::Wav);
        check(b"fLaC\0\0\0\x22", "wav", Kind::Container(Container::Flac));
        check(b"\0\0\0\x20ftypM4A ", "wav", Kind::Container(Container::Mp4));
        check(b"#!AMR\n", "wav", Kind::Ffmpeg { codec: "AMR", demuxer: "amr" });
        check("您好，这里是客服".as_bytes(), "wav", Kind::Text);
        check(b"{\"call_id\": 1}", "ul", Kind::Text);
        check(&[0x80, 1, 2, 3], "wav", Kind::Unknown);
    }

    #[test]
    fn raw_audio_goes_by_extension() {
        let law = |codec, rate_hz| Kind::Raw(RawForm { codec, rate_hz });
        use super::super::raw::Samples::*;
        check(&[0xff, 0xfb, 0x7e, 0xff, 0x7f], "ul", law(Mulaw, 8_000));
        check(&[0xff; 4096], "ULAW", law(Mulaw, 8_000));
        check(&[0x55; 4096], "al", law(Alaw, 8_000));
        check(&[0xd5, 0x55, 0x54, 0xd4], "alaw", law(Alaw, 8_000));
        check(&[0; 64], "sln", law(S16Le, 8_000));
        check(&[0; 64], "sln16", law(S16Le, 16_000));
        check(&[0; 64], "gsm", Kind::Ffmpeg { codec: "GSM 6.10", demuxer: "gsm" });
    }

    #[test]
    fn three_fitting_frames_are_mpeg_audio() {
        // MPEG 2.5 layer 3, 8 kHz, 32 kbit/s: 72 × 32000 / 8000 = 288 bytes.
        let mut frame = vec![0u8; 288];
        frame[..4].copy_from_slice(&[0xff, 0xe3, 0x48, 0xc4]);
        check(&frame.repeat(3), "wav", Kind::Container(Container::Mp3));
        let mut junk = vec![0u8; 100];
        junk.extend(frame.repeat(3));
        check(&junk, "wav", Kind::Container(Container::Mp3));
        check(&frame, "wav", Kind::Container(Container::Mp3));
    }
}
