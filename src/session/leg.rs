//! One leg of a call: samples become windows of speech.
//!
//! In: blocks of samples, and what is known of the recording so far. Out: windows. Speech that is a
//! tone, music, or the other leg heard through is left out and remembered.

use crate::audio::SAMPLE_RATE_HZ;
use crate::audio::sanity::Sanity;
use crate::domain::{AudioTime, LegIx, Span};
use crate::speech::{
    Diarizer, EngineError, Packer, Segment, Segmenter, SpeakerEmbedder, SpeechTrack,
    VAD_FRAME_SAMPLES, Vad, Window,
};

use super::SessionConfig;

/// A segment is a tone or music when so much of it is.
const NON_SPEECH_SHARE_MIN: f64 = 0.6;

pub(super) struct LegStage {
    leg: LegIx,
    vad: Box<dyn Vad>,
    segmenter: Segmenter,
    packer: Packer,
    embedder: Option<Box<dyn SpeakerEmbedder>>,
    /// The voices heard, where they are to be told apart.
    pub(super) diarizer: Diarizer,
    /// The last, unfinished voice-activity frame of the call.
    rest: Vec<f32>,
    /// How likely speech was, over the whole call.
    pub(super) track: SpeechTrack,
    /// Speech that was kept.
    pub(super) speech: Vec<Span>,
}

impl LegStage {
    pub(super) fn new(
        leg: LegIx,
        vad: Box<dyn Vad>,
        embedder: Option<Box<dyn SpeakerEmbedder>>,
        config: &SessionConfig,
    ) -> Self {
        Self {
            leg,
            vad,
            segmenter: Segmenter::new(leg, config.segmenter.clone()),
            packer: Packer::new(config.window_ms),
            embedder,
            diarizer: Diarizer::new(),
            rest: Vec::new(),
            track: SpeechTrack::default(),
            speech: Vec::new(),
        }
    }

    /// Takes a block: whole frames, except for the last block of a call.
    pub(super) fn push(
        &mut self,
        block: &[f32],
        sanity: &Sanity,
        config: &SessionConfig,
    ) -> Result<Vec<Window>, EngineError> {
        let (frames, rest) = block.split_at(block.len() / VAD_FRAME_SAMPLES * VAD_FRAME_SAMPLES);
        let probabilities = self.vad.probabilities(frames)?;
        self.track.push(&probabilities);
        self.rest.extend_from_slice(rest);
        let segments = self.segmenter.push(frames, &probabilities);
        self.take_all(segments, sanity, config)
    }

    /// Which leg.
    pub(super) fn leg(&self) -> LegIx {
        self.leg
    }

    /// Speech that is yet to become a window starts at or after this.
    pub(super) fn complete(&self) -> AudioTime {
        let open = self.segmenter.complete();
        self.packer.waiting_from().map_or(open, |from| from.min(open))
    }

    /// The speech that goes on now.
    pub(super) fn open_speech(&self) -> Option<(AudioTime, &[f32])> {
        self.segmenter.open_speech()
    }

    /// Where that lies, as far as it goes.
    pub(super) fn open_span(&self) -> Option<Span> {
        let (start, samples) = self.open_speech()?;
        Span::new(start, start.plus_ms(samples.len() as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)))
    }

    /// The call has ended.
    pub(super) fn finish(
        &mut self,
        sanity: &Sanity,
        config: &SessionConfig,
    ) -> Result<Vec<Window>, EngineError> {
        let rest = std::mem::take(&mut self.rest);
        let last = self.segmenter.finish(&rest);
        let mut windows = self.take_all(last, sanity, config)?;
        windows.extend(self.packer.finish());
        Ok(windows)
    }

    fn take_all(
        &mut self,
        segments: impl IntoIterator<Item = Segment>,
        sanity: &Sanity,
        config: &SessionConfig,
    ) -> Result<Vec<Window>, EngineError> {
        let mut windows = Vec::new();
        for segment in segments {
            windows.extend(self.take(segment, sanity, config)?);
        }
        Ok(windows)
    }

    fn take(
        &mut self,
        segment: Segment,
        sanity: &Sanity,
        config: &SessionConfig,
    ) -> Result<Vec<Window>, EngineError> {
        let mut windows = Vec::new();
        if is_tone(sanity, self.leg, segment.span) {
            return Ok(windows);
        }
        let whole = segment.span;
        for span in sanity.own_parts(self.leg, whole, config.crosstalk_min) {
            let on = config.segmenter.on;
            if span != whole && self.track.speech_ms(span, on) < config.segmenter.speech_ms_min {
                continue;
            }
            let part = segment.part(span);
            self.speech.push(span);
            if let Some(embedder) = self.embedder.as_mut() {
                self.diarizer.push(&part, embedder.as_mut())?;
            }
            windows.extend(self.packer.push(part));
        }
        Ok(windows)
    }
}

/// Whether a stretch of a leg is a tone or music, which voice activity may take for speech.
pub(super) fn is_tone(sanity: &Sanity, leg: LegIx, span: Span) -> bool {
    let parts = sanity.non_speech(leg, span).into_iter();
    let ms: u64 = parts.map(|part| part.overlap_ms(span)).sum();
    ms as f64 >= NON_SPEECH_SHARE_MIN * span.len_ms() as f64
}
