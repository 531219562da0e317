//! Connections that are expected.
//!
//! In: what ARI, AMI or an operator says of a connection before it comes, by its UUID. Out: the call and the leg it
//! belongs to, once. AudioSocket knows no password: a UUID that nobody announced is turned away.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::super::event::{CallStart, LegRole};

/// Connections expected at a time.
pub const ANNOUNCED_MAX: usize = 10_000;

/// How long a connection is expected: Asterisk dials at once.
pub const ANNOUNCED_FOR: Duration = Duration::from_secs(60);

/// What is known of a connection before it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedLeg {
    /// Its call; two connections that name the same key are two legs of one call.
    pub start: CallStart,
    /// Whose voice it carries.
    pub role: LegRole,
}

/// Connections that are expected; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Announcements(Arc<Mutex<BTreeMap<Uuid, (Instant, AnnouncedLeg)>>>);

impl Announcements {
    /// Expects a connection from now on; `false`: too many are expected already.
    pub fn announce(&self, id: Uuid, leg: AnnouncedLeg) -> bool {
        let now = Instant::now();
        let mut expected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if expected.len() >= ANNOUNCED_MAX {
            expected.retain(|_, (until, _)| *until > now);
        }
        let room = expected.len() < ANNOUNCED_MAX;
        if room {
            expected.insert(id, (now + ANNOUNCED_FOR, leg));
        }
        room
    }

    /// Expects it no longer.
    pub fn withdraw(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Takes what was announced.
    pub(super) fn take(&self, id: Uuid) -> Option<AnnouncedLeg> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        taken.filter(|(until, _)| *until > Instant::now()).map(|(_, leg)| leg)
    }
}
