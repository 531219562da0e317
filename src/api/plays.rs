//! Who listens to what: one row of the audit log for one listening, however many ranges a player asks for.
//!
//! In: that somebody asks for audio of a call. Out: whether this begins a listening. A start of the file is not what
//! tells: who asks from the second byte on listens too.

use std::collections::BTreeMap;

/// A listening has ended when nothing was asked for during this time.
const SILENT_US: i64 = 15 * 60 * 1_000_000;

/// Listenings that are remembered. At the limit the longest silent is forgotten, and its next range is put on record again.
const LISTENINGS_MAX: usize = 4096;

/// Who, which call, and as what: muted, or in clear for which reason.
type Key = (String, String, String);

/// The listenings under way.
#[derive(Debug, Default)]
pub(super) struct Plays(BTreeMap<Key, i64>);

impl Plays {
    /// Whether a listening begins with this request; it goes on with each.
    pub(super) fn begins(&mut self, person: &str, call: &str, how: &str, now_us: i64) -> bool {
        let key = (person.to_owned(), call.to_owned(), how.to_owned());
        let before = self.0.insert(key, now_us);
        if self.0.len() > LISTENINGS_MAX {
            self.0.retain(|_, asked_us| now_us - *asked_us <= SILENT_US);
        }
        if self.0.len() > LISTENINGS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, asked_us)| **asked_us);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|key| self.0.remove(&key));
        }
        before.is_none_or(|asked_us| now_us - asked_us > SILENT_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_US: i64 = 60_000_000;

    #[test]
    fn a_listening_is_one_until_it_was_silent() {
        let mut plays = Plays::default();
        for (person, call, how, minute, begins) in [
            ("wang", "c1", "muted", 0, true),
            ("wang", "c1", "muted", 14, false),
            ("wang", "c1", "muted", 28, false),
            ("wang", "c1", "muted", 44, true),
            ("wang", "c2", "muted", 44, true),
            ("li", "c1", "muted", 44, true),
            ("wang", "c1", "clear: a complaint", 44, true),
            ("wang", "c1", "clear: another", 44, true),
            ("wang", "c1", "clear: a complaint", 45, false),
        ] {
            assert_eq!(
                plays.begins(person, call, how, minute * MINUTE_US),
                begins,
                "{person} {call} {how} {minute}"
            );
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut plays = Plays::default();
        for n in 0..LISTENINGS_MAX + 100 {
            assert!(plays.begins("wang", &n.to_string(), "muted", i64::try_from(n).unwrap()));
        }
        assert_eq!(plays.0.len(), LISTENINGS_MAX);
        assert!(plays.begins("wang", "0", "muted", MINUTE_US), "the oldest was forgotten");
    }
}
