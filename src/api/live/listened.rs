//! That somebody listens in, on record: on the call's timeline, in the audit log, and among those who take part.
//!
//! In: who, to which call, and why. Out: rows from the first second of a listening to its last.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::bodies::Supervisor;
use super::floor::LiveCall;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::extract::at;
use crate::store::audit::Deed;
use crate::store::{StoreError, live, now_us};
use crate::supervise::Mode;

/// A listening on record.
pub(super) struct Listening {
    event: String,
    person: String,
    since: String,
}

impl Listening {
    pub(super) async fn begin(
        state: &ApiState,
        caller: &Caller,
        call: &Arc<LiveCall>,
        reason: &str,
    ) -> Result<Self, StoreError> {
        let (now_us, id) = (now_us(), uuid::Uuid::now_v7().to_string());
        let tx = state.store.begin().await?;
        let event = live::LiveEvent {
            id: id.clone(),
            call_id: call.id.clone(),
            kind: Mode::Listen.as_str().into(),
            start_ms: now_ms(call),
            end_ms: None,
            at_us: now_us,
            ended_us: None,
            person: Some(caller.id().into()),
            reason: Some(reason.into()),
        };
        live::begin_event(&tx, &event).await?;
        let detail = serde_json::json!({
            "listening": id, "reason": reason, "at_ms": event.start_ms, "from": caller.address.to_string(),
        });
        audit(&tx, caller.id(), "live.listen", call, &detail).await?;
        tx.commit().await?;
        let since = at(now_us);
        let supervisor = Supervisor {
            person: caller.id().into(),
            name: caller.person.name.clone(),
            mode: Mode::Listen.as_str().into(),
            since: since.clone(),
            join_id: None,
        };
        call.paint(|picture| picture.supervisors.push(supervisor));
        Ok(Self { event: id, person: caller.id().into(), since })
    }

    pub(super) async fn end(self, state: &ApiState, call: &Arc<LiveCall>) {
        call.paint(|picture| {
            let own = |one: &Supervisor| {
                one.person == self.person && one.since == self.since && one.join_id.is_none()
            };
            if let Some(place) = picture.supervisors.iter().position(own) {
                picture.supervisors.remove(place);
            }
        });
        let ended = async {
            let tx = state.store.begin().await?;
            let end_ms = now_ms(call);
            live::end_event(&tx, &self.event, end_ms, now_us()).await?;
            let detail = serde_json::json!({ "listening": self.event, "to_ms": end_ms });
            audit(&tx, &self.person, "live.listen_ended", call, &detail).await?;
            tx.commit().await
        };
        if let Err(error) = ended.await {
            tracing::error!(%error, "the end of a listening could not be written down");
        }
    }
}

/// Where a call is, in milliseconds.
pub(super) fn now_ms(call: &LiveCall) -> i64 {
    i64::try_from(call.now_ms.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
}

/// Puts a deed on record.
pub(super) async fn audit(
    tx: &crate::store::Tx,
    actor: &str,
    action: &str,
    call: &LiveCall,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    let (object, detail) = (format!("call/{}", call.id), detail.to_string());
    tx.audit(now_us(), &Deed { actor, action, object: &object, detail: &detail }).await.map(drop)
}
