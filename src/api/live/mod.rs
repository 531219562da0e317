//! Calls while they go on: the wall, live text, listening in, joining, alerts.
//!
//! In: requests of supervisors. Out: what the [`Floor`] shows, by scope; orders to calls. Whoever hears or joins a call gives a reason,
//! and is on record with every interval: in the audit log and on the call's timeline.

mod alerts;
pub mod bodies;
mod calls;
mod floor;
mod held;
mod joins;
mod listen;
mod listened;
mod policy;
mod stream;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

pub use floor::{
    Alerts, Arrival, Change, Floor, Frame, Hidden, LiveCall, Load, OpenAlert, Order, Picture, Told,
};
pub(in crate::api) use joins::Joins;
pub use policy::{Policy, QuietHours};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;

/// Characters of a reason, a note.
const REASON_CHARS_MAX: usize = 500;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(calls::router())
        .merge(stream::router())
        .merge(listen::router())
        .merge(joins::router())
        .merge(alerts::router())
        .merge(policy::router())
}

/// A call that goes on and that the caller sees.
fn visible(state: &ApiState, caller: &Caller, id: &str) -> Result<Arc<LiveCall>, ApiError> {
    let call = state.ports.floor.call(id).filter(|call| caller.sees(&call.belongs()));
    call.ok_or_else(|| ApiError::not_found("call that goes on", "该通话不存在或已结束"))
}
