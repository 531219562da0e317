//! SIP (RFC 3261), the answering half: what a recording server needs of it and no more.
//!
//! In: requests over UDP, TCP and TLS. Out: replies. We call nobody; a dialog is always begun by the peer.

pub mod message;
