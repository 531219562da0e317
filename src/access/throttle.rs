//! Throttling of log-ins: each failure makes the next try wait longer, by login and by address.
//!
//! In: who tries, when, and how it went. Out: how long to wait. In memory: a restart forgives, which costs an
//! attacker a restart.

use std::collections::BTreeMap;

/// How much patience there is.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    /// Failures that cost nothing: people mistype.
    pub free: u32,
    /// Wait after the first failure that costs, doubled with each further one.
    pub wait_ms: u64,
    /// The longest wait.
    pub wait_ms_max: u64,
}

/// Keys remembered. At the limit the one that failed longest ago is forgotten.
const KEYS_MAX: usize = 10_000;

/// After so long without a failure, a key is as good as new.
const FORGET_MS: u64 = 3_600_000;

#[derive(Debug, Clone, Copy)]
struct Failed {
    count: u32,
    last_ms: u64,
}

/// Who failed how often.
#[derive(Debug)]
pub struct Throttle {
    tries: Tries,
    failed: BTreeMap<String, Failed>,
}

impl Throttle {
    /// Nobody has failed.
    pub fn new(tries: Tries) -> Self {
        Self { tries, failed: BTreeMap::new() }
    }

    /// Milliseconds until the key may try again; `None` when it may now.
    pub fn wait_ms(&self, key: &str, now_ms: u64) -> Option<u64> {
        let failed = self.failed.get(key)?;
        let costing = failed.count.checked_sub(self.tries.free).filter(|over| *over > 0)?;
        let doubled = self.tries.wait_ms.saturating_mul(1 << (costing - 1).min(32));
        let until_ms = failed.last_ms.saturating_add(doubled.min(self.tries.wait_ms_max));
        until_ms.checked_sub(now_ms).filter(|left| *left > 0)
    }

    /// It failed. Counted before the answer is known, so that many tries at once count as many.
    pub fn failed(&mut self, key: &str, now_ms: u64) {
        if self.failed.len() >= KEYS_MAX && !self.failed.contains_key(key) {
            self.failed.retain(|_, failed| now_ms.saturating_sub(failed.last_ms) < FORGET_MS);
            let stalest = self.failed.iter().min_by_key(|(_, failed)| failed.last_ms);
            let stalest = stalest.map(|(key, _)| key.clone());
            if let Some(key) = stalest.filter(|_| self.failed.len() >= KEYS_MAX) {
                self.failed.remove(&key);
            }
        }
        let failed = self.failed.entry(key.to_owned()).or_insert(Failed { count: 0, last_ms: 0 });
        if now_ms.saturating_sub(failed.last_ms) >= FORGET_MS {
            failed.count = 0;
        }
        *failed = Failed { count: failed.count.saturating_add(1), last_ms: now_ms };
    }

    /// One try less: it did not fail.
    pub fn undo(&mut self, key: &str) {
        if let Some(failed) = self.failed.get_mut(key) {
            failed.count = failed.count.saturating_sub(1);
        }
    }

    /// It went well: all is forgiven.
    pub fn succeeded(&mut self, key: &str) {
        self.failed.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIES: Tries = Tries { free: 3, wait_ms: 1000, wait_ms_max: 8000 };

    #[test]
    fn the_wait_doubles_after_the_free_tries() {
        let mut throttle = Throttle::new(TRIES);
        let mut waits = Vec::new();
        for _ in 0..8 {
            throttle.failed("wang", 5000);
            waits.push(throttle.wait_ms("wang", 5000).unwrap_or(0));
        }
        assert_eq!(waits, [0, 0, 0, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(throttle.wait_ms("wang", 12_999), Some(1));
        assert_eq!(throttle.wait_ms("wang", 13_000), None);
        assert_eq!(throttle.wait_ms("li", 5000), None);
        throttle.succeeded("wang");
        assert_eq!(throttle.wait_ms("wang", 5000), None);
    }

    #[test]
    fn an_hour_forgives_and_memory_is_bounded() {
        let mut throttle = Throttle::new(TRIES);
        for _ in 0..8 {
            throttle.failed("wang", 0);
        }
        throttle.failed("wang", FORGET_MS);
        assert_eq!(throttle.wait_ms("wang", FORGET_MS), None);
        for key in 0..KEYS_MAX as u64 + 10 {
            throttle.failed(&key.to_string(), FORGET_MS + key);
        }
        assert_eq!(throttle.failed.len(), KEYS_MAX);
    }
}
