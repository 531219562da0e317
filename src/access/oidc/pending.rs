//! What is remembered of log-ins under way: in memory, so many, so long, once.
//!
//! In: a log-in that begins; a browser that comes back. Out: what it began with, if it is the same browser and in
//! time. Kept by the state's hash; the browser is known by the hash of its cookie.

use std::collections::{BTreeMap, VecDeque};

use url::Url;

use crate::access::{Secret, same};

/// How long somebody may take at the provider, in seconds.
pub const KEPT_S: u64 = 600;

/// Log-ins under way. Of more, the oldest are forgotten: who floods us throws out few who type their password.
const PENDING_MAX: usize = 10_000;

/// Characters of the path to go to afterwards.
const NEXT_CHARS: usize = 1_000;

/// A log-in under way.
#[derive(Debug)]
pub struct Begun {
    /// Hash of the cookie that the browser got.
    pub(super) browser: String,
    /// What the ID token must say again.
    pub(super) nonce: Secret,
    /// What proves to the provider that who asks with the code is who began.
    pub(super) verifier: Secret,
    /// Where to go afterwards: a path of ours.
    pub next: String,
}

/// All log-ins under way.
#[derive(Debug, Default)]
pub(super) struct Pending {
    begun: BTreeMap<String, (u64, Begun)>,
    /// In the order in which they end.
    order: VecDeque<(u64, String)>,
}

impl Pending {
    pub(super) fn add(&mut self, state: &Secret, begun: Begun, now_ms: u64) {
        while let Some((until_ms, _)) = self.order.front() {
            if *until_ms > now_ms && self.order.len() < PENDING_MAX {
                break;
            }
            if let Some((_, state)) = self.order.pop_front() {
                self.begun.remove(&state);
            }
        }
        let until_ms = now_ms + KEPT_S * 1000;
        self.order.push_back((until_ms, state.hash()));
        self.begun.insert(state.hash(), (until_ms, begun));
    }

    /// Gives it out, once; also to the wrong browser: a state that somebody else has is burnt.
    pub(super) fn take(
        &mut self,
        state: &Secret,
        browser: Option<&str>,
        now_ms: u64,
    ) -> Result<Begun, &'static str> {
        let (until_ms, begun) = self.begun.remove(&state.hash()).ok_or("unknown state")?;
        if now_ms >= until_ms {
            return Err("too late");
        }
        let is = browser.is_some_and(|cookie| same(&Secret::given(cookie).hash(), &begun.browser));
        if is { Ok(begun) } else { Err("another browser") }
    }
}

/// Reads where to go afterwards: only a path of ours, as browsers understand it. `None`: it leads elsewhere.
pub fn local_path(next: &str) -> Option<String> {
    let base = Url::parse("http://local.invalid/").expect("a URL");
    if !next.starts_with('/') || next.chars().count() > NEXT_CHARS || next.contains('\\') {
        return None;
    }
    let url = base.join(next).ok().filter(|url| url.origin() == base.origin())?;
    let path = url[url::Position::BeforePath..].to_owned();
    // `/.//host` becomes `//host`, which is another host's.
    (!path.starts_with("//")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(browser: &str) -> Begun {
        let [nonce, verifier] = std::array::from_fn(|_| Secret::draw(""));
        Begun { browser: Secret::given(browser).hash(), nonce, verifier, next: "/".into() }
    }

    #[test]
    fn once_in_time_and_to_the_same_browser() {
        for (browser, after_ms, told) in [
            (Some("a"), 0, Ok(())),
            (Some("a"), KEPT_S * 1000 - 1, Ok(())),
            (Some("a"), KEPT_S * 1000, Err("too late")),
            (Some("b"), 0, Err("another browser")),
            (None, 0, Err("another browser")),
        ] {
            let (mut pending, state) = (Pending::default(), Secret::draw(""));
            pending.add(&state, begun("a"), 5);
            let taken = pending.take(&state, browser, 5 + after_ms).map(|_| ());
            assert_eq!(taken, told, "{browser:?} after {after_ms} ms");
            let again = pending.take(&state, Some("a"), 5).map(|_| ());
            assert_eq!(again, Err("unknown state"));
        }
    }

    #[test]
    fn no_more_than_so_many_are_kept_and_none_for_ever() {
        let mut pending = Pending::default();
        let states: Vec<Secret> = (0..=PENDING_MAX).map(|_| Secret::draw("")).collect();
        for state in &states {
            pending.add(state, begun("a"), 0);
        }
        assert_eq!((pending.begun.len(), pending.order.len()), (PENDING_MAX, PENDING_MAX));
        assert!(pending.take(&states[0], Some("a"), 0).is_err(), "the oldest went");
        assert!(pending.take(&states[1], Some("a"), 0).is_ok());
        pending.add(&states[0], begun("a"), KEPT_S * 1000);
        assert_eq!((pending.begun.len(), pending.order.len()), (1, 1));
    }

    #[test]
    fn afterwards_leads_nowhere_else() {
        for (next, path) in [
            ("/", Some("/")),
            ("/calls?risk=high#a", Some("/calls?risk=high#a")),
            ("/通话", Some("/%E9%80%9A%E8%AF%9D")),
            ("", None),
            ("calls", None),
            ("https://evil.test/", None),
            ("//evil.test/", None),
            ("/\\evil.test/", None),
            ("/\t/evil.test/", None),
            ("/.//evil.test/", None),
            ("/x/..//evil.test/", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(local_path(next).as_deref(), path, "{next:?}");
        }
        assert_eq!(local_path(&format!("/{}", "x".repeat(NEXT_CHARS))), None);
    }
}
