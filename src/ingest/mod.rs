//! Recorded calls in: files and folders become inputs, inputs become recordings that can be decoded.
//!
//! In: paths from the command line. Out: [`Inputs`], and for each a [`Recording`] with what is known
//! about the call and its audio. Files are only read. Whatever fails names its file and the remedy,
//! and stops nothing else.

#[cfg(feature = "service")]
pub mod bucket;
pub mod chat;
mod error;
pub mod ffmpeg;
mod recording;
mod scan;
mod sides;
#[cfg(feature = "service")]
pub mod source;
#[cfg(feature = "service")]
pub mod spool;
#[cfg(feature = "service")]
pub mod watch;

pub use chat::{Chat, is_chat};
pub use error::OpenError;
pub use ffmpeg::Ffmpeg;
pub use recording::{CallFiles, Recording, call_id};
pub use scan::{Input, Inputs, NoRecording, PLAYBACK_SUFFIX, REDACTED_SUFFIX, ScanError, scan};
pub use sides::{common_stem, leg_order, tells_side};
