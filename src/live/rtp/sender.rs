//! Which sender a leg listens to, and its numbers without their wrapping.
//!
//! In: SSRCs, sequence numbers and timestamps as they come. Out: whether a packet counts, and numbers that only grow. A stranger's
//! packets on our port do not disturb a call; a sender that was really replaced is followed.

/// Packets of a new sender before it is believed.
const RIVAL_PACKETS: u32 = 50;
/// Packets without the old sender before the new one is believed.
const ABSENT_PACKETS: u32 = 30;
/// Packets of the old sender after which a new description no longer excuses a new sender.
const OPEN_PACKETS: u32 = 100;

/// Whose a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The sender we listen to.
    Ours,
    /// A sender that we listen to from now on.
    New,
    /// Somebody else's.
    Foreign,
}

/// The lock on one sender.
#[derive(Debug, Default)]
pub(super) struct Lock {
    current: Option<u32>,
    /// Packets for which a new sender is still believed at once.
    open: u32,
    rival: Option<u32>,
    rival_packets: u32,
    absent_packets: u32,
}

impl Lock {
    /// The sender we listen to.
    pub(super) fn current(&self) -> Option<u32> {
        self.current
    }

    /// The session was described anew: another sender is believed at once.
    pub(super) fn open(&mut self) {
        self.open = OPEN_PACKETS;
    }

    /// Takes a packet of speech.
    pub(super) fn push(&mut self, ssrc: u32) -> Whose {
        if self.current == Some(ssrc) {
            self.absent_packets = 0;
            self.open = self.open.saturating_sub(1);
            return Whose::Ours;
        }
        self.absent_packets = self.absent_packets.saturating_add(1);
        if self.rival != Some(ssrc) {
            (self.rival, self.rival_packets) = (Some(ssrc), 0);
        }
        self.rival_packets = self.rival_packets.saturating_add(1);
        let proven = self.rival_packets >= RIVAL_PACKETS && self.absent_packets >= ABSENT_PACKETS;
        if self.current.is_none() || self.open > 0 || proven {
            *self = Self { current: Some(ssrc), ..Self::default() };
            return Whose::New;
        }
        Whose::Foreign
    }
}

/// Sequence numbers further than this from the last are another beginning (RFC 3550, A.1).
pub(super) const SEQ_JUMP_MAX: i64 = 3_000;

/// Numbers of one stream, unwrapped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unwrap {
    seq: i64,
    timestamp: i64,
}

impl Unwrap {
    /// From a first packet's numbers.
    pub(super) fn new(seq: u16, timestamp: u32) -> Self {
        Self { seq: i64::from(seq), timestamp: i64::from(timestamp) }
    }

    /// A packet's numbers, each the nearest to the highest so far that it may stand for.
    pub(super) fn look(&self, seq: u16, timestamp: u32) -> (i64, i64) {
        let seq_step = i64::from(seq.wrapping_sub(self.seq as u16) as i16);
        let time_step = i64::from(timestamp.wrapping_sub(self.timestamp as u32) as i32);
        (self.seq.saturating_add(seq_step), self.timestamp.saturating_add(time_step))
    }

    /// Whether a number is too far away to be of the same stream.
    pub(super) fn is_jump(&self, seq: i64) -> bool {
        self.seq.abs_diff(seq) > SEQ_JUMP_MAX as u64
    }

    /// Takes a packet's numbers.
    pub(super) fn take(&mut self, (seq, timestamp): (i64, i64)) {
        if seq > self.seq {
            self.seq = seq;
            self.timestamp = timestamp;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: impl Fn(&mut Lock), packets: &[(u32, u32)], switches_at: Option<u32>) {
        let mut lock = Lock::default();
        assert_eq!(lock.push(1), Whose::New);
        before(&mut lock);
        let mut count = 0;
        for ssrc in packets.iter().flat_map(|(ssrc, times)| (0..*times).map(move |_| *ssrc)) {
            count += 1;
            if lock.push(ssrc) == Whose::New {
                assert_eq!(Some(count), switches_at);
                return;
            }
        }
        assert_eq!(switches_at, None);
    }

    #[test]
    fn a_new_sender_must_prove_itself() {
        check(|_| {}, &[(2, 49)], None);
        check(|_| {}, &[(2, 60)], Some(50));
        // The old one is still there: no switch until it has been away for 30 packets.
        check(|_| {}, &[(2, 25), (1, 1), (2, 25), (1, 1), (2, 29), (2, 5)], Some(82));
        check(|_| {}, &[(2, 25), (3, 25), (2, 49)], None);
        check(Lock::open, &[(2, 1)], Some(1));
        check(Lock::open, &[(1, 10), (2, 1)], Some(11));
        check(Lock::open, &[(1, 200), (2, 1)], None);
    }

    #[test]
    fn numbers_wrap_forward_and_back() {
        let mut numbers = Unwrap::new(65_534, u32::MAX - 100);
        for (seq, timestamp, expected) in [
            (65_535, u32::MAX, (65_535, i64::from(u32::MAX))),
            (1, 159, (65_537, i64::from(u32::MAX) + 160)),
            (0, 79, (65_536, i64::from(u32::MAX) + 80)),
        ] {
            let told = numbers.look(seq, timestamp);
            assert_eq!(told, expected);
            numbers.take(told);
        }
        assert!(numbers.is_jump(numbers.look(10_000, 0).0));
        assert!(!numbers.is_jump(numbers.look(200, 0).0));
    }
}
