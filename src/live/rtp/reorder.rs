//! Puts packets back into order.
//!
//! In: packets by their unwrapped numbers, with the time they arrived. Out: the same in order, each once, with how many are missing
//! before it. A packet whose turn it is never waits; one that came too early waits for those before it, 60 ms at first, and
//! up to 240 ms where they keep coming late.

use std::collections::BTreeMap;

/// How long a packet waits for those before it, at first, in microseconds.
pub(super) const WAIT_US: u64 = 60_000;
/// How long it waits at most.
pub(super) const WAIT_MAX_US: u64 = 240_000;
/// How much longer after each packet that came too late.
const WAIT_STEP_US: u64 = 20_000;
/// Each so often, a wait that was longer than needed gets a step shorter.
const CALM_US: u64 = 10_000_000;
/// Packets that wait at most; then the oldest is let out.
const HELD_MAX: usize = 128;
/// Numbers behind the next one of which it is known whether they came.
const HISTORY: u64 = u64::BITS as u64;

/// What a packet is, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is its turn.
    Next,
    /// Others come before it.
    Early,
    /// Its turn is over.
    Late,
    /// It came before.
    Duplicate,
}

/// A packet let out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Out<T> {
    /// The packet.
    pub(super) item: T,
    /// Packets before it that did not come.
    pub(super) lost: u64,
}

/// The buffer of one stream.
#[derive(Debug)]
pub(super) struct Reorder<T> {
    next: Option<i64>,
    held: BTreeMap<i64, (u64, T)>,
    /// Which of the numbers before `next` came: bit 0 for the one just before.
    came: u64,
    wait_us: u64,
    /// The longest that was really waited for one that came, lately.
    waited_us: u64,
    calm_since_us: u64,
    /// Nothing is let out before.
    closed_until_us: u64,
}

impl<T> Reorder<T> {
    /// A buffer that lets nothing out until `closed_until_us`.
    pub(super) fn new(closed_until_us: u64) -> Self {
        let held = BTreeMap::new();
        let calm_since_us = closed_until_us;
        Self {
            next: None,
            held,
            came: 0,
            wait_us: WAIT_US,
            waited_us: 0,
            calm_since_us,
            closed_until_us,
        }
    }

    /// Where a packet stands. One that is next is to be played at once, and is taken as let out; an early one is to be held
    /// by [`Reorder::hold`].
    pub(super) fn arrive(&mut self, seq: i64, now_us: u64) -> Place {
        if self.held.contains_key(&seq) {
            return Place::Duplicate;
        }
        let Some(next) = self.next else { return Place::Early };
        if seq < next {
            let back = (next - 1 - seq) as u64;
            if back < HISTORY && self.came >> back & 1 == 1 {
                return Place::Duplicate;
            }
            if back < HISTORY {
                self.came |= 1 << back;
            }
            self.wait_us = (self.wait_us + WAIT_STEP_US).min(WAIT_MAX_US);
            self.waited_us = self.wait_us;
            return Place::Late;
        }
        if seq > next || now_us < self.closed_until_us {
            return Place::Early;
        }
        if let Some(first_us) = self.first_us() {
            self.waited_us = self.waited_us.max(now_us.saturating_sub(first_us));
        }
        self.advance(seq);
        if now_us.saturating_sub(self.calm_since_us) > CALM_US {
            if self.waited_us + WAIT_STEP_US < self.wait_us {
                self.wait_us = (self.wait_us - WAIT_STEP_US).max(WAIT_US);
            }
            (self.waited_us, self.calm_since_us) = (0, now_us);
        }
        Place::Next
    }

    /// Keeps an early packet.
    pub(super) fn hold(&mut self, seq: i64, now_us: u64, item: T) {
        self.held.insert(seq, (now_us, item));
    }

    /// The next packet whose turn has come.
    pub(super) fn pop(&mut self, now_us: u64) -> Option<Out<T>> {
        let (seq, _) = self.held.first_key_value()?;
        let seq = *seq;
        let next = self.next.unwrap_or(seq);
        let due = self.deadline_us().is_some_and(|due| due <= now_us);
        if !due && self.held.len() <= HELD_MAX {
            return None;
        }
        let (_, item) = self.held.remove(&seq)?;
        let lost = seq.saturating_sub(next).max(0) as u64;
        self.advance(seq);
        Some(Out { item, lost })
    }

    /// The next packet, whether its turn has come or not: at the end.
    pub(super) fn flush(&mut self) -> Option<Out<T>> {
        self.closed_until_us = 0;
        self.pop(u64::MAX)
    }

    /// When [`Reorder::pop`] will give something, if nothing comes before.
    pub(super) fn deadline_us(&self) -> Option<u64> {
        let (seq, (arrived_us, _)) = self.held.first_key_value()?;
        if self.next.is_none_or(|next| *seq <= next) {
            return Some(self.closed_until_us.max(*arrived_us));
        }
        Some((self.first_us()? + self.wait_us).max(self.closed_until_us))
    }

    /// When the first of those held came.
    fn first_us(&self) -> Option<u64> {
        self.held.values().map(|(arrived_us, _)| *arrived_us).min()
    }

    fn advance(&mut self, seq: i64) {
        let steps = seq.saturating_sub(self.next.unwrap_or(seq)).max(0) as u64 + 1;
        self.came = if steps < HISTORY { self.came << steps | 1 } else { 1 };
        self.next = Some(seq.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plays arrivals `(ms, number)`; tells `number+lost` in the order they are let out.
    fn play(arrivals: &[(u64, i64)]) -> (Vec<(i64, u64)>, Vec<Place>) {
        let mut buffer = Reorder::new(0);
        let (mut out, mut odd) = (Vec::new(), Vec::new());
        for (ms, seq) in arrivals {
            let now_us = ms * 1_000;
            while let Some(due) = buffer.deadline_us().filter(|due| *due <= now_us) {
                out.extend(buffer.pop(due).map(|o| (o.item, o.lost)));
            }
            match buffer.arrive(*seq, now_us) {
                Place::Next => out.push((*seq, 0)),
                Place::Early => buffer.hold(*seq, now_us, *seq),
                place => odd.push(place),
            }
            while let Some(o) = buffer.pop(now_us) {
                out.push((o.item, o.lost));
            }
        }
        while let Some(o) = buffer.flush() {
            out.push((o.item, o.lost));
        }
        (out, odd)
    }

    #[test]
    fn order_loss_and_lateness() {
        let (out, odd) = play(&[(0, 5), (20, 6), (40, 8), (45, 7), (60, 7), (80, 9)]);
        assert_eq!(out, [(5, 0), (6, 0), (7, 0), (8, 0), (9, 0)]);
        assert_eq!(odd, [Place::Duplicate]);
        // 7 comes 80 ms after 8: too late at 60 ms, but those after it are waited for longer.
        let arrivals = [(0, 6), (40, 8), (60, 9), (120, 7), (140, 11), (215, 10), (216, 10)];
        let (out, odd) = play(&arrivals);
        assert_eq!(out, [(6, 0), (8, 1), (9, 0), (10, 0), (11, 0)]);
        assert_eq!(odd, [Place::Late, Place::Duplicate]);
    }

    proptest! {
        /// Any order within the window gives the same output.
        #[test]
        fn order_does_not_matter_within_the_window(
            delays in prop::collection::vec(0u64..58, 1..80),
            twice in prop::collection::vec(any::<bool>(), 80),
        ) {
            let mut arrivals: Vec<_> = delays
                .iter()
                .enumerate()
                .flat_map(|(ix, delay)| {
                    let one = (ix as u64 * 20 + delay, ix as i64);
                    let again = twice[ix].then_some((one.0 + 1, one.1));
                    std::iter::once(one).chain(again)
                })
                .collect();
            // The first is not waited for: it must come first.
            arrivals[0].0 = 0;
            arrivals.sort();
            let (out, odd) = play(&arrivals);
            let expected: Vec<_> = (0..delays.len() as i64).map(|n| (n, 0)).collect();
            prop_assert_eq!(out, expected);
            prop_assert!(odd.iter().all(|place| *place == Place::Duplicate));
        }

        /// Whatever comes whenever, it goes out in order, each once, and what is lost is counted.
        #[test]
        fn nothing_goes_out_twice_or_back(arrivals in prop::collection::vec((0u64..3_000, 0i64..150), 0..200)) {
            let mut arrivals = arrivals;
            arrivals.sort();
            let (out, _) = play(&arrivals);
            let mut next = out.first().map_or(0, |(seq, _)| *seq);
            for (seq, lost) in out {
                prop_assert_eq!(seq, next + lost as i64);
                next = seq + 1;
            }
        }
    }
}
