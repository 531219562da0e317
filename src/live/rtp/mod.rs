//! Audio over RTP (RFC 3550): what SIPREC, the rtpengine tap and bare RTP have in common.
//!
//! In: datagrams with the time they arrived. Out: a leg's samples in order on the leg's own clock, what is missing, keys
//! pressed, and how well it all arrives. No socket is opened here and no clock read.

mod clock;
pub mod codec;
mod conceal;
pub mod dtmf;
mod leg;
pub mod packet;
pub mod ports;
mod reorder;
pub mod send;
mod sender;
pub mod srtp;
mod voice;

pub use codec::{Codec, Decoder, Format, Undecodable};
pub use leg::Leg;
pub use packet::{Packet, PacketError};
