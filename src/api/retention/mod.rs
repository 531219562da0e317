//! Retention: rules, holds, what is due, runs, certificates.
//!
//! In: what administrators write and confirm. Out: what would go, and what went. Nothing is deleted here: an order is
//! handed on, and only for a list that somebody has seen, told by its digest.

mod certificates;
mod holds;
mod rules;
mod runs;
#[cfg(test)]
mod tests;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use crate::store::audit::Deed;
use crate::store::list::Column;
use crate::store::retention::Of;
use crate::store::{Tx, now_us};

/// Characters of a name, of a reason, of a column's value.
const NAME_CHARS_MAX: usize = 100;
const REASON_CHARS_MAX: usize = 500;
const VALUE_CHARS_MAX: usize = 200;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(rules::rules, rules::add_rule))
        .routes(routes!(rules::rule, rules::change_rule, rules::end_rule))
        .routes(routes!(holds::holds, holds::add_hold))
        .routes(routes!(holds::hold))
        .routes(routes!(holds::release_hold))
        .routes(routes!(runs::due))
        .routes(routes!(runs::run_state, runs::run))
        .routes(routes!(certificates::certificates))
        .routes(routes!(certificates::certificate))
}

/// Reads columns and values.
fn of(of: Of) -> Result<Of, ApiError> {
    for (column, value) in &of {
        if Column::parse(column).is_none() {
            let all = Column::ALL.map(Column::name).join(", ");
            return Err(ApiError::invalid(
                format!("calls are told by {all}"),
                format!("通话条件应取自 {all}"),
            ));
        }
        super::extract::text(column, value, VALUE_CHARS_MAX)?;
    }
    Ok(of)
}

async fn audit(
    tx: &Tx,
    caller: &Caller,
    action: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), ApiError> {
    let detail = detail.to_string();
    let deed = Deed { actor: caller.id(), action, object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    Ok(())
}
