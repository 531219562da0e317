//! What happens to a call besides what is said: held, paused, audio lost.
//!
//! In: the line's words and supervisors' orders. Out: the call's state on the floor, and rows of its timeline.

use std::sync::atomic::Ordering;

use super::recorder::Recorder;
use crate::api::live::Order;
use crate::api::live::bodies::CallState;
use crate::live::{Command, LegId};
use crate::store::{live, now_us};

impl Recorder {
    pub(super) async fn order(&mut self, order: Order) {
        match order {
            Order::Pause if !self.paused => {
                let _ = self.ends.commands.try_send(Command::Pause);
                self.begin(None, "paused").await;
            }
            Order::Resume if self.paused => {
                let _ = self.ends.commands.try_send(Command::Resume);
                // Who is on hold stays there.
                self.end(|_, kind| kind == "paused").await;
            }
            Order::Pause | Order::Resume => {}
        }
    }

    fn at_ms(&self) -> i64 {
        i64::try_from(self.call.now_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }

    /// A hold or a pause begins; one that goes on already is one.
    pub(super) async fn begin(&mut self, leg: Option<LegId>, kind: &'static str) {
        if self.open.iter().any(|(_, of, what)| *of == leg && *what == kind) {
            return;
        }
        let id = uuid::Uuid::now_v7().to_string();
        self.open.push((id.clone(), leg, kind));
        self.tell_state();
        self.note(id, kind).await;
    }

    /// Puts on the timeline that something begins to be so.
    async fn note(&self, id: String, kind: &str) {
        let event = live::LiveEvent {
            id,
            call_id: self.call.id.clone(),
            kind: kind.into(),
            start_ms: self.at_ms(),
            end_ms: None,
            at_us: now_us(),
            ended_us: None,
            person: None,
            reason: None,
        };
        let kept = async {
            let tx = self.hub.store.begin().await?;
            live::begin_event(&tx, &event).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, call = self.call.id, kind, "what happened to a call could not be written down");
        }
    }

    /// What was held or paused goes on, or is gone: one leg, or all.
    pub(super) async fn end_of(&mut self, leg: Option<LegId>) {
        self.end(|of, _| leg.is_none() || of == leg).await;
    }

    /// Some holds and pauses are over, told by their leg and kind.
    async fn end(&mut self, is_over: impl Fn(Option<LegId>, &str) -> bool) {
        let (over, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|(_, leg, kind)| is_over(*leg, kind));
        self.open = open;
        if over.is_empty() {
            return;
        }
        self.tell_state();
        let end_ms = self.at_ms();
        let kept = async {
            let tx = self.hub.store.begin().await?;
            for (id, _, _) in &over {
                live::end_event(&tx, id, end_ms, now_us()).await?;
            }
            tx.commit().await
        };
        if let Err(error) = kept.await {
            tracing::error!(%error, call = self.call.id, "the end of a hold could not be written down");
        }
    }

    /// Takes the state from what goes on: nothing is kept of a call while any part of it is paused.
    fn tell_state(&mut self) {
        let is = |kind: &str| self.open.iter().any(|(_, _, what)| *what == kind);
        self.paused = is("paused");
        let state = match (is("paused"), is("held")) {
            (true, _) => CallState::Paused,
            (false, true) => CallState::Held,
            (false, false) => CallState::Live,
        };
        self.call.paint(|picture| picture.state = state);
    }

    /// Audio was lost: shown, counted, and put on the timeline from its first moment on.
    pub(super) async fn tell_lost(&mut self) {
        let lost_ms = self.lost_ms;
        let before = std::mem::replace(&mut self.call.picture().lost_ms, lost_ms);
        if lost_ms <= before {
            return;
        }
        metrics::counter!("lingting_live_audio_lost_ms_total").increment(lost_ms - before);
        self.call.paint(|_| ());
        if self.lost.is_some() {
            return;
        }
        let id = uuid::Uuid::now_v7().to_string();
        self.lost = Some(id.clone());
        self.note(id, "lost").await;
    }
}
