//! SIP (RFC 3261), the answering half: what a recording server needs of it and no more.
//!
//! In: requests over UDP, TCP and TLS. Out: replies. We call nobody; a dialog is always begun by the peer. It is our own for its limits: the
//! stacks at hand cut datagrams at 8 kB and have no say in what a message may weigh.

pub mod dialog;
pub mod frame;
pub mod listen;
pub mod message;

/// Reads any bytes as one message and as a stream of them, and answers, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    use self::message::{Message, parameter, reply, uri, user_and_host};
    let now = std::time::Instant::now();
    if let Ok(mut message) = Message::parse(bytes) {
        message.stamp(([127, 0, 0, 1], 5_060).into());
        for (_, value) in message.all() {
            let _ = (parameter(value, "tag"), user_and_host(uri(value)));
        }
        let mut dialog = dialog::Dialog::new(&message, "t".into());
        dialog.refresh(&message, now);
        let _ = dialog.repeat(&message);
        let told = dialog.reply(&message, 200, &[], b"v=0", now);
        // An answer has all that Vias and routes tell, and headers of its own: too many are no message.
        let many = message.all().count() > 200;
        assert!(many || Message::parse(&told).is_ok(), "an answer of ours is a message");
        let _ = (dialog.acknowledge(&message), dialog.bye("tcp", "h:1", "b"));
        let _ = reply(&message, 503, None, &[("Retry-After", "1")], b"");
    }
    let mut framer = frame::Framer::default();
    for piece in bytes.chunks(41) {
        framer.push(piece);
        while let Ok(Some(framed)) = framer.next_message() {
            if matches!(framed, frame::Framed::TooLarge(_)) {
                return;
            }
        }
    }
}
