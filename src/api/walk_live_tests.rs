//! What the walk puts in place of a call that goes on, and of an alert.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use super::live::{Arrival, LiveCall};
use super::walk_tests::{Walk, belongs};
use crate::store::alerts::{self, AlertRow};
use crate::store::live::{self, LiveRow};
use crate::store::now_us;

impl Walk {
    /// A tenant's call that goes on.
    pub(super) fn goes_on(&self, mark: &'static str) -> Arc<LiveCall> {
        let arrival = Arrival {
            id: uuid::Uuid::now_v7().to_string(),
            source: mark.into(),
            native_id: mark.into(),
            started_us: now_us(),
            handles: BTreeMap::new(),
            connector: None,
            belongs: belongs(mark),
        };
        let floor = &self.world.state.ports.floor;
        // One at a time: there is room for so many only.
        for old in floor.all().iter().filter(|call| call.source == mark).skip(20) {
            floor.leave(&old.id);
        }
        floor.enter(arrival).unwrap().0
    }

    /// What was found in a tenant's call.
    pub(super) async fn alert(&self, mark: &'static str) -> String {
        let (id, call) = (uuid::Uuid::now_v7().to_string(), uuid::Uuid::now_v7().to_string());
        let row = LiveRow {
            id: call.clone(),
            source: mark.into(),
            native_id: call.clone(),
            belongs: belongs(mark),
            started_us: now_us(),
        };
        let alert = AlertRow {
            id: id.clone(),
            call_id: call,
            at_us: now_us(),
            rubric: "r".into(),
            version: 1,
            criterion: "c".into(),
            title: mark.into(),
            severity: "major".into(),
            confidence_milli: 1,
            leg: None,
            start_ms: None,
            end_ms: None,
            quote: None,
            held_back: None,
            acknowledged_by: None,
            acknowledged_us: None,
            escalated_us: None,
            right: None,
            note: None,
            withdrawn_us: None,
            withdrawn_why: None,
        };
        let tx = self.world.state.store.begin().await.unwrap();
        live::begin(&tx, &row).await.unwrap();
        alerts::raise(&tx, &alert, "{}").await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}
