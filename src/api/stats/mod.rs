//! Figures over many calls: today at a glance, compliance, distributions, an agent's own page, coverage.
//!
//! In: the parameters of the call list. Out: counts, shares with their intervals, and with each group the parameters
//! that list its calls. Shares are of findings by what holds: people's word before the machine's.

mod agent;
mod compliance;
mod coverage;
mod distribution;
mod overview;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use super::review::ShareBody;
use crate::domain::Share;
use crate::store::figures::{By, Every};
use crate::store::list::Column;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(compliance::compliance))
        .routes(routes!(distribution::distribution))
        .routes(routes!(agent::agent))
        .routes(routes!(coverage::coverage))
}

/// Minutes by which local clocks are ahead of UTC at most.
const OFFSET_MIN_MAX: i64 = 14 * 60;

/// Whose days.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Clock {
    /// By how many minutes local clocks are ahead of UTC: where days and weeks begin. 480 in China.
    #[param(minimum = -840, maximum = 840, default = 0)]
    offset_min: Option<i64>,
}

impl Clock {
    /// Microseconds.
    fn offset_us(self) -> Result<i64, ApiError> {
        match self.offset_min.unwrap_or(0) {
            minutes if minutes.abs() <= OFFSET_MIN_MAX => Ok(minutes * 60_000_000),
            _ => Err(ApiError::invalid(
                "`offset_min` is -840 to 840 minutes",
                "`offset_min` 应为 -840 至 840 分钟",
            )),
        }
    }
}

/// Findings by what holds. What the machine found not to apply was never a finding; what people found so is one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FindingCounts)]
struct Counts {
    met: i64,
    not_met: i64,
    undetermined: i64,
    not_applicable: i64,
    /// Met, of what was met or not met; with its 95 % interval.
    compliance: ShareBody,
}

impl Counts {
    fn of([met, not_met, undetermined, not_applicable]: [i64; 4]) -> Self {
        let compliance = ShareBody::of(share(met, met + not_met));
        Self { met, not_met, undetermined, not_applicable, compliance }
    }
}

fn share(right: i64, of: i64) -> Share {
    Share { of: of.unsigned_abs(), right: right.unsigned_abs() }
}

/// What can be grouped by, with the parameter that lists such calls.
const GROUPS: [(&str, By); 13] = [
    ("client", By::Column(Column::Client)),
    ("vendor", By::Column(Column::Vendor)),
    ("project", By::Column(Column::Project)),
    ("team", By::Column(Column::Team)),
    ("agent", By::Column(Column::Agent)),
    ("queue", By::Column(Column::Queue)),
    ("direction", By::Column(Column::Direction)),
    ("language", By::Column(Column::Language)),
    ("kind", By::Column(Column::Kind)),
    ("criterion", By::Criterion),
    ("hour", By::Time(Every::Hour)),
    ("day", By::Time(Every::Day)),
    ("week", By::Time(Every::Week)),
];

fn by(name: &str) -> Result<By, ApiError> {
    let found = GROUPS.iter().find(|(known, _)| *known == name).map(|(_, by)| *by);
    found.ok_or_else(|| {
        let names = GROUPS.map(|(name, _)| name).join(", ");
        ApiError::invalid(
            format!("groups are by one of {names}"),
            format!("分组方式应为 {names} 之一"),
        )
    })
}

/// The mean of so many, to hundredths.
fn mean(sum: f64, of: i64) -> Option<f64> {
    (of > 0).then(|| (sum / of as f64 * 100.0).round() / 100.0)
}
