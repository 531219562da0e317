//! Retention rules.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NAME_CHARS_MAX, audit, of};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::etag::{ETag, IfMatch};
use crate::api::extract::{Json, Path, at, text};
use crate::api::{ApiState, Caller};
use crate::store::Conn;
use crate::store::now_us;
use crate::store::retention::{self, Goes, Of, RetentionRule, RuleBody};

/// Days that a rule may wait: a century.
const DAYS_MAX: u32 = 36_500;

/// Rules at most.
const RULES_MAX: usize = 100;

/// A retention rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionRule)]
pub(super) struct RuleShown {
    id: String,
    /// What people call it.
    name: String,
    /// Which calls: columns and the values they have; none: all calls.
    #[schema(value_type = Object)]
    of: Of,
    /// Days after the call began.
    after_days: u32,
    /// `audio` (recordings), `clear_text` (also what was said in clear), `all`.
    goes: &'static str,
    created: String,
    /// Counts every change; the ETag.
    rev: i64,
}

impl RuleShown {
    pub(super) fn of(rule: RetentionRule) -> Self {
        Self {
            id: rule.id,
            name: rule.name,
            of: rule.rule.of,
            after_days: rule.rule.after_days,
            goes: rule.rule.goes.as_str(),
            created: at(rule.created_us),
            rev: rule.rev,
        }
    }

    fn answer(rule: RetentionRule, status: StatusCode) -> Response {
        (status, ETag(rule.rev), Json(Self::of(rule))).into_response()
    }
}

/// The rules in force, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionRules)]
pub(super) struct RulesShown {
    items: Vec<RuleShown>,
    /// At which hour of the day, by the service's clock, they are carried out by themselves; absent, they wait for a
    /// person. Set in the configuration: `retention_hour`.
    #[serde(skip_serializing_if = "Option::is_none")]
    hour: Option<u8>,
}

/// A rule as people write it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRetentionRule {
    /// What people call it.
    name: String,
    /// Which calls: `client`, `vendor`, `project`, `team`, `agent`, `queue`, `direction`, `language`, `verdict`,
    /// `review_state`, `assigned_to`, `kind` and their values; none: all calls.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"client": "walk"}))]
    of: Of,
    /// Days after the call began.
    #[schema(minimum = 1, maximum = 36500)]
    after_days: u32,
    /// `audio` (recordings), `clear_text` (also what was said in clear), `all`.
    #[schema(example = "audio")]
    goes: String,
}

impl NewRetentionRule {
    fn valid(self) -> Result<(String, RuleBody), ApiError> {
        let goes = Goes::parse(&self.goes).ok_or_else(|| {
            let all = Goes::ALL.map(Goes::as_str).join(", ");
            ApiError::invalid(format!("`goes` is one of {all}"), format!("`goes` 应为 {all} 之一"))
        })?;
        if !(1..=DAYS_MAX).contains(&self.after_days) {
            return Err(ApiError::invalid(
                "`after_days` is 1 to 36500",
                "`after_days` 应为 1 至 36500",
            ));
        }
        let name = text("name", &self.name, NAME_CHARS_MAX)?;
        Ok((name, RuleBody { of: of(self.of)?, after_days: self.after_days, goes }))
    }
}

/// What is to be otherwise; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetentionRuleChange {
    /// What people call it.
    name: Option<String>,
    /// Which calls.
    #[schema(value_type = Option<Object>)]
    of: Option<Of>,
    /// Days after the call began.
    #[schema(minimum = 1, maximum = 36500)]
    after_days: Option<u32>,
    /// `audio`, `clear_text`, `all`.
    #[schema(example = "audio")]
    goes: Option<String>,
}

async fn found(on: &impl Conn, id: &str) -> Result<RetentionRule, ApiError> {
    let rule = retention::rule_of(on, id).await?;
    rule.ok_or_else(|| ApiError::not_found("rule", "规则不存在"))
}

fn detail(rule: &RetentionRule) -> serde_json::Value {
    serde_json::json!({ "name": rule.name, "rule": rule.rule })
}

/// List the retention rules.
#[utoipa::path(
    get, path = "/api/v1/retention/rules", tag = "retention",
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = RulesShown)),
)]
pub(super) async fn rules(State(state): State<ApiState>) -> Result<Json<RulesShown>, ApiError> {
    let rules = retention::rules(&state.store).await?;
    let hour = state.ports.keeper.hour;
    Ok(Json(RulesShown { items: rules.into_iter().map(RuleShown::of).collect(), hour }))
}

/// Keep a rule. It deletes nothing before it is carried out.
#[utoipa::path(
    post, path = "/api/v1/retention/rules", tag = "retention", request_body = NewRetentionRule,
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 201, body = RuleShown)),
)]
pub(super) async fn add_rule(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewRetentionRule>,
) -> Result<Response, ApiError> {
    let (name, body) = body.valid()?;
    let tx = state.store.begin().await?;
    if retention::rules(&tx).await?.len() >= RULES_MAX {
        return Err(ApiError::conflict("there are 100 rules: end one first", "规则已达 100 条"));
    }
    let rule = tx.add_retention(&name, &body, now_us()).await?;
    let object = format!("rule/{}", rule.id);
    audit(&tx, &caller, "retention.rule.add", &object, detail(&rule)).await?;
    tx.commit().await?;
    let place = [("location", format!("/api/v1/retention/rules/{}", rule.id))];
    Ok((place, RuleShown::answer(rule, StatusCode::CREATED)).into_response())
}

/// See a rule.
#[utoipa::path(
    get, path = "/api/v1/retention/rules/{rule_id}", tag = "retention", params(("rule_id" = String, Path)),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = RuleShown)),
)]
pub(super) async fn rule(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Ok(RuleShown::answer(found(&state.store, &id).await?, StatusCode::OK))
}

/// Change a rule.
#[utoipa::path(
    patch, path = "/api/v1/retention/rules/{rule_id}", tag = "retention", request_body = RetentionRuleChange,
    params(("rule_id" = String, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = RuleShown)),
)]
pub(super) async fn change_rule(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    Json(body): Json<RetentionRuleChange>,
) -> Result<Response, ApiError> {
    let tx = state.store.begin().await?;
    let old = found(&tx, &id).await?;
    if_match.check(old.rev)?;
    let was = old.rule.clone();
    let whole = NewRetentionRule {
        name: body.name.unwrap_or(old.name),
        of: body.of.unwrap_or(old.rule.of),
        after_days: body.after_days.unwrap_or(old.rule.after_days),
        goes: body.goes.unwrap_or_else(|| old.rule.goes.as_str().to_owned()),
    };
    let (name, rule) = whole.valid()?;
    let rule = RetentionRule { id, name, rule, rev: old.rev, created_us: old.created_us };
    tx.change_retention(&rule).await?;
    let mut detail = detail(&rule);
    detail["was"] = serde_json::json!(was);
    audit(&tx, &caller, "retention.rule.change", &format!("rule/{}", rule.id), detail).await?;
    tx.commit().await?;
    Ok(RuleShown::answer(RetentionRule { rev: rule.rev + 1, ..rule }, StatusCode::OK))
}

/// End a rule. Certificates go on naming it.
#[utoipa::path(
    delete, path = "/api/v1/retention/rules/{rule_id}", tag = "retention",
    params(("rule_id" = String, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 204, description = "It is no longer in force")),
)]
pub(super) async fn end_rule(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    let rule = found(&tx, &id).await?;
    if_match.check(rule.rev)?;
    tx.end_retention(&id).await?;
    audit(&tx, &caller, "retention.rule.end", &format!("rule/{id}"), detail(&rule)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
