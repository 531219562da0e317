//! SIP (RFC 3261), the answering half: what a recording server needs of it and no more.
//!
//! In: requests over UDP, TCP and TLS. Out: replies. We call nobody; a dialog is always begun by the peer. It is our own for its limits: the
//! stacks at hand cut datagrams at 8 kB and have no say in what a message may weigh.

pub mod dialog;
pub mod frame;
pub mod listen;
pub mod message;
