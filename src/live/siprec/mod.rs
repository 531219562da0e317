//! SIPREC (RFC 7245, 7865, 7866): a session border controller sends us a copy of each call.
//!
//! In: SIP requests with session descriptions and recording metadata, and the RTP they announce. Out: calls on the
//! [`Exchange`](crate::live::Exchange), with what the metadata tells of the parties. We never send media, and never reject a call
//! because its metadata is odd: the field is full of dialects.

pub mod metadata;
pub mod multipart;
pub mod offer;
pub mod picture;
pub mod sdp;
