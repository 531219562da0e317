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

use super::LegId;
use super::pieces::pieces;

pub use codec::{Codec, Decoder, Format, Undecodable};
pub use leg::Leg;
pub use packet::{Packet, PacketError};

/// Takes any datagrams as one leg's, plain and encrypted, and any payloads in each codec, for a fuzzer: a piece's kind says how many
/// milliseconds after the one before it comes.
pub fn fuzz(bytes: &[u8]) {
    let formats = vec![
        (0, Format::Audio(Codec::Pcmu)),
        (8, Format::Audio(Codec::Pcma)),
        (9, Format::Audio(Codec::G722)),
        (11, Format::Audio(Codec::L16 { rate_hz: 8_000 })),
        (111, Format::Audio(Codec::Opus)),
        (13, Format::Comfort),
        (101, Format::Keys),
    ];
    let key = "1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let security = srtp::Key::choose(&[key.into()]).and_then(|key| srtp::Srtp::new(key).ok());
    let (mut plain, mut sealed) = (Leg::new(LegId(0), 8_000), Leg::new(LegId(1), 16_000));
    plain.describe(formats.clone(), None);
    sealed.describe(formats.clone(), security);
    let (mut now_us, mut out) = (0, Vec::new());
    for (ms, piece) in pieces(bytes) {
        now_us += 1_000 * u64::from(ms);
        for leg in [&mut plain, &mut sealed] {
            leg.push(now_us, piece, &mut out);
            leg.tick(now_us + 500, &mut out);
        }
        out.clear();
    }
    [plain, sealed].iter_mut().for_each(|leg| leg.finish(&mut out));
    let mut samples = Vec::new();
    for format in formats {
        let (_, Format::Audio(codec)) = format else { continue };
        let mut decoder = Decoder::new(codec);
        for (_, piece) in pieces(bytes) {
            let _ = decoder.decode(piece, &mut samples);
            // What follows the header of a packet.
            let _ =
                decoder.decode(piece.get(packet::HEADER_BYTES..).unwrap_or_default(), &mut samples);
        }
    }
}
