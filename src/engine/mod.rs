//! The ports of [`crate::speech`] made real: voice activity, recognition, speaker embedding.
//!
//! In: samples. Out: probabilities, words, vectors. One file an engine; none knows calls or rubrics.

#[cfg(any(feature = "ct2", feature = "whisper"))]
mod heard_words;
#[cfg(any(feature = "ct2", feature = "onnx"))]
mod log_mel;
#[cfg(feature = "onnx")]
mod lstm_graph;
#[cfg(feature = "onnx")]
mod onnx_graph;
#[cfg(feature = "onnx")]
mod silero_graph;
#[cfg(feature = "onnx")]
mod torch_file;
#[cfg(feature = "ct2")]
mod vocabulary;

#[cfg(feature = "ct2")]
pub mod ct2;
pub mod models;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod pool;
#[cfg(feature = "onnx")]
pub mod silero;
#[cfg(feature = "onnx")]
pub mod speaker;
#[cfg(feature = "whisper")]
pub mod whisper_cpp;

#[cfg(all(test, any(feature = "whisper", feature = "ct2")))]
pub(crate) mod conformance;
