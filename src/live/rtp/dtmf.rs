//! Keys pressed, as telephone events (RFC 4733, 2.5).
//!
//! In: payloads with their timestamps. Out: each key once, on the first packet that says it has ended. Which key it was
//! stands in no log: the digits may be a card's.

/// The key of an event code (RFC 4733, 3.2).
pub fn digit_of(event: u8) -> Option<char> {
    "0123456789*#ABCD".chars().nth(usize::from(event))
}

/// The event code of a key.
pub fn event_of(digit: char) -> Option<u8> {
    let at = "0123456789*#ABCD".chars().position(|known| known == digit.to_ascii_uppercase());
    at.and_then(|at| u8::try_from(at).ok())
}

/// Events that ended lately, so that their repeats are known.
const RECENT_MAX: usize = 8;

/// Tells repeats from new keys.
#[derive(Debug, Default)]
pub struct Keys {
    ended: std::collections::VecDeque<(u32, u32)>,
}

impl Keys {
    /// Takes an event's packet; the key, if this packet is the first that says it has ended.
    pub fn push(&mut self, ssrc: u32, timestamp: u32, payload: &[u8]) -> Option<char> {
        let &[event, flags, ..] = payload else { return None };
        let digit = digit_of(event)?;
        if payload.len() < 4 || flags & 0x80 == 0 || self.ended.contains(&(ssrc, timestamp)) {
            return None;
        }
        if self.ended.len() >= RECENT_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back((ssrc, timestamp));
        Some(digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_once_when_it_ends() {
        let mut keys = Keys::default();
        let mut told = Vec::new();
        for (timestamp, payload) in [
            (100, &[1, 10, 0, 160][..]),
            (100, &[1, 0x8a, 3, 32]),
            (100, &[1, 0x8a, 3, 32]),
            (900, &[1, 0x8a, 3, 32]),
            (1_700, &[11, 0x8a, 3, 32]),
            (2_500, &[16, 0x8a, 3, 32]),
            (2_500, &[1, 0x8a]),
            (2_500, &[]),
        ] {
            told.extend(keys.push(7, timestamp, payload));
        }
        assert_eq!(told, ['1', '1', '#']);
        assert!("0123456789*#ABCD".chars().all(|c| event_of(c).and_then(digit_of) == Some(c)));
    }
}
