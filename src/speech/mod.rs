//! Speech: frames become segments, segments become words, words become utterances.
//!
//! In: frames of each leg, and the answers of the engines behind the ports. Out: utterances and
//! rejected texts. No model is run here; [`crate::engine`] does that.

mod attribute;
mod cluster;
mod diarize;
mod loops;
mod ports;
mod segment;
mod support;
mod window;

pub use attribute::{Run, attribute};
pub use diarize::{Diarization, Diarizer, Turn};
pub use loops::looped;

pub use ports::{
    EngineError, Heard, HeardWord, Request, SpeakerEmbedder, Transcriber, VAD_FRAME_SAMPLES, Vad,
    WINDOW_MS_MAX,
};
pub use segment::{Segment, Segmenter, SegmenterConfig};
pub use support::{Judged, SpeechTrack, SupportConfig, judge};
pub use window::{Packer, Piece, Window, is_silent};
