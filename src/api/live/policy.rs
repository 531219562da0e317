//! When alerts are told: how grave, how often, at which hours, and when they are told further.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::Json;
use crate::store::audit::Deed;
use crate::store::{Store, StoreError, now_us, settings};

/// Its key among the settings.
const KEY: &str = "alerts";

/// Hours of a day in which alerts are kept and nobody is told, critical ones excepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `22:00`, by the clock of the service's machine.
    pub from: String,
    /// `07:00`.
    pub to: String,
}

/// When alerts are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertPolicy)]
pub struct Policy {
    /// Criteria of at least this severity raise alerts: `minor`, `major`, `critical`.
    pub severity_min: String,
    /// The same criterion about the same agent is told again after so many seconds at the earliest.
    pub cool_down_s: u32,
    /// Alerts of one team that are told in ten minutes; further ones only when they are critical.
    pub budget_per_10_min: u32,
    /// When nobody is told, critical ones excepted.
    pub quiet_hours: Option<QuietHours>,
    /// An alert that nobody takes on for so many seconds is told further; 0: never.
    pub escalate_after_s: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            severity_min: "major".into(),
            cool_down_s: 60,
            budget_per_10_min: 30,
            quiet_hours: None,
            escalate_after_s: 60,
        }
    }
}

impl Policy {
    /// The one that holds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        match settings::get(store, KEY).await? {
            None => Ok(Self::default()),
            Some(text) => serde_json::from_str(&text)
                .map_err(|why| StoreError::damaged("policy of alerts", why)),
        }
    }

    /// How grave a finding must be, from 0.
    pub fn grave_min(&self) -> u8 {
        match self.severity_min.as_str() {
            "minor" => 1,
            "critical" => 3,
            _ => 2,
        }
    }

    /// Whether these are quiet hours, at a minute of the day.
    pub fn is_quiet(&self, minute: u32) -> bool {
        let Some(hours) = &self.quiet_hours else { return false };
        let (Some(from), Some(to)) = (minute_of(&hours.from), minute_of(&hours.to)) else {
            return false;
        };
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }

    fn check(&self) -> Result<(), ApiError> {
        if !["minor", "major", "critical"].contains(&self.severity_min.as_str()) {
            return Err(ApiError::invalid(
                "`severity_min` is minor, major or critical",
                "`severity_min` 应为 minor、major 或 critical",
            ));
        }
        let hours = self.quiet_hours.iter().flat_map(|hours| [&hours.from, &hours.to]);
        if hours.into_iter().any(|text| minute_of(text).is_none()) {
            return Err(ApiError::invalid("hours are written as 22:00", "时间应写作 22:00"));
        }
        if self.cool_down_s > 86_400 || self.escalate_after_s > 86_400 {
            return Err(ApiError::invalid("at most a day (86400 s)", "最多一天（86400 秒）"));
        }
        Ok(())
    }
}

fn minute_of(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read, write))
}

/// When alerts are told.
#[utoipa::path(
    get, path = "/api/v1/alerts/policy", tag = "live",
    extensions(("x-action" = json!(Action::LiveRead.as_str()))),
    responses((status = 200, body = Policy)),
)]
async fn read(State(state): State<ApiState>) -> Result<Json<Policy>, ApiError> {
    Ok(Json(Policy::read(&state.store).await?))
}

/// Set when alerts are told.
#[utoipa::path(
    put, path = "/api/v1/alerts/policy", tag = "live", request_body = Policy,
    extensions(("x-action" = json!(Action::AlertsPolicy.as_str()))),
    responses((status = 200, body = Policy)),
)]
async fn write(
    State(state): State<ApiState>,
    caller: Caller,
    Json(policy): Json<Policy>,
) -> Result<Json<Policy>, ApiError> {
    policy.check()?;
    let text = serde_json::to_string(&policy).expect("plain values");
    let tx = state.store.begin().await?;
    settings::set(&tx, KEY, &text).await?;
    let deed =
        Deed { actor: caller.id(), action: "alerts.policy", object: "alerts", detail: &text };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(Json(policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let policy = |from: &str, to: &str| Policy {
            quiet_hours: Some(QuietHours { from: from.into(), to: to.into() }),
            ..Policy::default()
        };
        for (from, to, minute, quiet) in [
            ("22:00", "07:00", 23 * 60, true),
            ("22:00", "07:00", 6 * 60 + 59, true),
            ("22:00", "07:00", 7 * 60, false),
            ("12:00", "13:30", 13 * 60, true),
            ("12:00", "13:30", 14 * 60, false),
        ] {
            assert_eq!(policy(from, to).is_quiet(minute), quiet, "{from} {to} {minute}");
        }
        assert!(policy("25:00", "07:00").check().is_err());
        assert!(Policy { severity_min: "grave".into(), ..Policy::default() }.check().is_err());
        assert!(Policy::default().check().is_ok());
    }
}
