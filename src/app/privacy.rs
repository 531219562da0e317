//! What of a call may be shown: its report in clear and masked, its audio with secrets muted.
//!
//! In: a call heard to its end, and what the user asked for. Out: the reports to write, and what was
//! muted. A card's security code survives no choice (PCI DSS 3.3.1).

use std::io::{Read as _, Seek as _};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::drive::{Driven, PEAKS_PER_S};
use crate::audio::playback::Band;
use crate::audio::redact::{Mute, RedactError, mutes, redact};
use crate::domain::{CallInfo, EndedCall};
use crate::text::pii::{Conceal, conceal};
use crate::wire::redaction::{Muted, REDACTION_SCHEMA, RedactedAudio, Redaction};
use crate::wire::report::{Private, Report, Source};

/// What becomes of personal data in the JSON report. Pages and tables show it masked always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PiiMode {
    /// Masked; the clear texts go into a private file beside it.
    #[default]
    Mask,
    /// In clear.
    Keep,
    /// Masked, and the clear texts are written nowhere.
    Drop,
}

/// The forms of one report.
pub(super) struct Reports {
    /// For the JSON file.
    pub(super) json: Report,
    /// For people.
    pub(super) masked: Report,
    /// For the private file, if there is to be one.
    pub(super) private: Option<Private>,
}

/// Makes a call's reports.
pub(super) fn reports(info: &CallInfo, source: Source, driven: &Driven, mode: PiiMode) -> Reports {
    let form = |what| {
        let (mut info, mut ended) = (info.clone(), driven.ended.clone());
        let mut cards = driven.scorecards.clone();
        conceal(&mut info, &mut ended, &mut cards, what);
        Report::new(&info, source.clone(), &ended, &cards, driven.timings)
    };
    let clear = form(Conceal::NeverKept);
    let mut masked = form(Conceal::All);
    masked.masked = true;
    let private = match mode {
        PiiMode::Mask => Private::between(&clear, &masked),
        PiiMode::Keep | PiiMode::Drop => None,
    };
    let json = if mode == PiiMode::Keep { clear } else { masked.clone() };
    Reports { json, masked, private }
}

/// Mutes the playback audio: all personal data if `all`, else only what nobody may keep. Gives the
/// stretches that are mute now.
///
/// # Errors
/// [`RedactError`]; then the audio must not be shown.
pub(super) fn mute(
    audio: &mut NamedTempFile,
    ended: &EndedCall,
    all: bool,
) -> Result<Vec<Mute>, RedactError> {
    let mutes = mutes(ended, |pii| all || pii.kind.is_never_kept());
    if !mutes.is_empty() {
        redact(audio.as_file_mut(), &mutes)?;
    }
    Ok(mutes)
}

/// Flattens the waveform where the audio is mute.
pub(super) fn flatten(peaks: &mut [Vec<u8>], mutes: &[Mute]) {
    let column = |ms: u64| (ms * u64::from(PEAKS_PER_S) / 1000) as usize;
    for mute in mutes {
        let Some(leg) = peaks.get_mut(mute.leg.ix()) else { continue };
        let end = (column(mute.span.end().ms()) + 1).min(leg.len());
        let start = column(mute.span.start().ms()).min(end);
        leg[start..end].fill(0);
    }
}

/// The timeline of what was muted.
///
/// # Errors
/// When the audio cannot be read again.
pub(super) fn timeline(
    report: &Report,
    audio: &mut NamedTempFile,
    file: Option<String>,
    mutes: &[Mute],
) -> std::io::Result<Redaction> {
    let mut hash = Sha256::new();
    audio.rewind()?;
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match audio.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    let muted = |mute: &Mute| Muted {
        leg: mute.leg.0,
        start_s: mute.span.start().secs_f64(),
        end_s: mute.span.end().secs_f64(),
        kind: mute.kind.as_str().to_owned(),
        masked: mute.masked.clone(),
        why: mute.why.as_str().to_owned(),
    };
    Ok(Redaction {
        schema: REDACTION_SCHEMA.to_owned(),
        call_id: report.call.call_id.clone(),
        source_sha256: report.call.source.sha256.clone(),
        audio: RedactedAudio {
            file,
            sha256: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            codec: "pcm_mulaw".to_owned(),
            sample_rate_hz: Band::of_source(report.media.sample_rate_hz).rate_hz(),
            channels: report.media.channels,
        },
        muted: mutes.iter().map(muted).collect(),
    })
}
