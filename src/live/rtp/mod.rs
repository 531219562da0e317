//! Audio over RTP (RFC 3550): what SIPREC, the rtpengine tap and bare RTP have in common.
//!
//! In: datagrams with the time they arrived. Out: a leg's samples in order on the leg's own clock, what is missing, keys
//! pressed, and how well it all arrives. No socket is opened here and no clock read.

pub mod codec;
pub mod dtmf;
pub mod packet;
pub mod send;

pub use codec::{Codec, Decoder, Undecodable};
pub use packet::{Packet, PacketError};
