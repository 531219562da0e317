//! Speech: frames become segments, segments become words, words become utterances.
//!
//! In: frames of each leg, and the answers of the engines behind the ports. Out: utterances and
//! rejected texts. No model is run here; [`crate::engine`] does that.

mod ports;

pub use ports::{
    EngineError, Heard, HeardWord, Request, SpeakerEmbedder, Transcriber, VAD_FRAME_SAMPLES, Vad,
    WINDOW_MS_MAX,
};
