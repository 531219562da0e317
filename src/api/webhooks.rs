//! Webhooks: who is told what, and what became of it.
//!
//! In: what administrators write. Out: webhooks without their secrets, and the log of deliveries. A webhook sees no
//! more than its maker, and is seen only by who sees all that it sees.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::etag::{ETag, IfMatch};
use super::extract::{Json, Path, at, text};
use super::idempotent::ShownOnce;
use super::page::{Page, PageQuery};
use crate::access::Action;
use crate::domain::Scope;
use crate::store::audit::Deed;
use crate::store::webhooks::{Delivery, Form, Webhook, delivery_of, webhook_of};
use crate::store::{Conn, EventKind, Tx, now_us};
use crate::webhooks::{GuardError, new_secret, opened, sealed};
use crate::wire::ScopeBody;

/// Characters of a URL, of a secret.
const URL_CHARS_MAX: usize = 2000;
const SECRET_CHARS_MAX: usize = 200;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(one, change, remove))
        .routes(routes!(deliveries))
        .routes(routes!(resend))
}

/// A webhook, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookBody {
    id: String,
    /// What it is for.
    name: String,
    /// Where to; what stands behind `?` is hidden, because chat platforms put their secret there.
    url: String,
    /// `standard`, `dingtalk`, `feishu`, `wecom`.
    form: &'static str,
    /// What it is told.
    kinds: Vec<&'static str>,
    /// Of which calls.
    scope: ScopeBody,
    /// Whether it is told anything.
    active: bool,
    /// Failures since something last went through.
    failures: i64,
    /// Why it was switched off by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    created: String,
}

impl WebhookBody {
    fn of(hook: &Webhook) -> Self {
        let url = match hook.url.split_once('?') {
            Some((bare, _)) => format!("{bare}?…"),
            None => hook.url.clone(),
        };
        Self {
            id: hook.id.clone(),
            name: hook.name.clone(),
            url,
            form: hook.form.as_str(),
            kinds: hook.kinds.iter().map(|kind| kind.as_str()).collect(),
            scope: ScopeBody::from(&hook.scope),
            active: hook.active,
            failures: hook.failures,
            why: hook.why.clone(),
            created: at(hook.created_us),
        }
    }
}

/// A webhook that the caller may see.
async fn visible(on: &impl Conn, caller: &Caller, id: &str) -> Result<Webhook, ApiError> {
    let hook = webhook_of(on, id).await?;
    let hook = hook.filter(|hook| caller.scope().covers(&hook.scope));
    hook.ok_or_else(|| ApiError::not_found("webhook", "回调不存在"))
}

/// A webhook as its people may see it. One whose key is missing shows no URL.
fn shown(state: &ApiState, hook: &Webhook) -> Webhook {
    opened(&state.ports.blobs, hook.clone()).unwrap_or_else(|error| {
        tracing::error!(%error, webhook = hook.id, "its URL cannot be shown");
        Webhook { url: "?".into(), secret: String::new(), ..hook.clone() }
    })
}

fn url_of(state: &ApiState, url: &str) -> Result<String, ApiError> {
    let url = text("url", url, URL_CHARS_MAX)?;
    state.settings.webhook_guard.check(&url).map_err(|error| {
        let zh = match error {
            GuardError::Malformed => "回调地址不是有效的 URL",
            GuardError::Scheme => "回调地址应以 https:// 开头",
            GuardError::Credentials => "回调地址不能包含用户名和密码",
            GuardError::Private(_) => "回调地址不是公网地址，需在配置中允许该主机",
        };
        ApiError::invalid(error.to_string(), zh)
    })?;
    Ok(url)
}

fn kinds_of(words: &[String]) -> Result<Vec<EventKind>, ApiError> {
    let mut kinds = Vec::new();
    for word in words {
        let kind = EventKind::parse(word).ok_or_else(|| {
            let all = EventKind::ALL.map(EventKind::as_str).join(", ");
            ApiError::invalid(format!("`kinds` are some of {all}"), format!("`kinds` 应取自 {all}"))
        })?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    match kinds.is_empty() {
        true => Err(ApiError::invalid("`kinds` names at least one", "`kinds` 至少一项")),
        false => Ok(kinds),
    }
}

fn scope_of(caller: &Caller, body: ScopeBody) -> Result<Scope, ApiError> {
    let scope = Scope::from(body);
    if caller.scope().covers(&scope) {
        return Ok(scope);
    }
    Err(ApiError::invalid("the scope is wider than your own", "数据范围超出您本人的范围"))
}

/// A secret that fits the form; `None`: one of ours.
fn secret_of(form: Form, given: Option<String>) -> Result<String, ApiError> {
    match (form, given) {
        (Form::Standard, None) => Ok(new_secret()),
        (Form::Standard, Some(_)) => Err(ApiError::invalid(
            "the secret of a `standard` webhook is drawn here; leave it out",
            "standard 回调的密钥由系统生成，请勿填写",
        )),
        (Form::WeCom, Some(_)) => Err(ApiError::invalid(
            "a `wecom` webhook has no secret but its URL",
            "企业微信回调除地址外没有密钥",
        )),
        (_, Some(given)) => text("secret", &given, SECRET_CHARS_MAX),
        (_, None) => Ok(String::new()),
    }
}

/// List webhooks.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhooks", params(PageQuery),
    extensions(("x-action" = json!(Action::WebhooksRead.as_str()))),
    responses((status = 200, body = Page<WebhookBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: PageQuery,
) -> Result<Json<Page<WebhookBody>>, ApiError> {
    let (limit, after) = (query.limit()?, query.after::<String>()?.unwrap_or_default());
    // There are 100 at most: all of them are looked at.
    let mut found = state.store.webhooks(&after, u32::MAX).await?;
    found.retain(|hook| caller.scope().covers(&hook.scope));
    found.truncate(limit as usize + 1);
    let page = Page::of(found, limit, |hook| hook.id.clone());
    Ok(Json(page.map(|hook| WebhookBody::of(&shown(&state, &hook)))))
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    /// What it is for.
    name: String,
    /// Where to.
    #[schema(example = "https://example.com/hook")]
    url: String,
    /// `standard`, `dingtalk`, `feishu`, `wecom`.
    #[schema(example = "standard")]
    form: String,
    /// The secret that 钉钉 or 飞书 gave you. The one of a `standard` webhook is drawn here.
    #[schema(format = Password)]
    secret: Option<String>,
    /// What it is to be told: `call.analysed`, `finding.decided`, …
    #[schema(example = json!(["call.analysed"]))]
    kinds: Vec<String>,
    /// Of which calls: no more than you see.
    scope: ScopeBody,
}

/// A webhook just made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeWebhook {
    #[serde(flatten)]
    webhook: WebhookBody,
    /// What messages are signed with; `standard` webhooks only. Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Make a webhook.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    extensions(("x-action" = json!(Action::WebhooksWrite.as_str()))),
    responses((status = 201, body = MadeWebhook)),
)]
async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewWebhook>,
) -> Result<Response, ApiError> {
    let form = Form::parse(&body.form).ok_or_else(|| {
        let all = Form::ALL.map(Form::as_str).join(", ");
        ApiError::invalid(format!("`form` is one of {all}"), format!("`form` 应为 {all} 之一"))
    })?;
    let new = Webhook {
        id: String::new(),
        name: text("name", &body.name, 100)?,
        url: url_of(&state, &body.url)?,
        form,
        secret: secret_of(form, body.secret)?,
        kinds: kinds_of(&body.kinds)?,
        scope: scope_of(&caller, body.scope)?,
        active: true,
        failures: 0,
        why: None,
        rev: 0,
        created_us: now_us(),
    };
    let tx = state.store.begin().await?;
    let clear = new.secret.clone();
    let kept = sealed(&state.ports.blobs, new).map_err(ApiError::internal)?;
    let hook = shown(&state, &tx.add_webhook(&kept).await?);
    audit(&tx, &caller, &hook, "webhook.add").await?;
    tx.commit().await?;
    let secret = (form == Form::Standard).then_some(clear);
    let made = MadeWebhook { webhook: WebhookBody::of(&hook), secret };
    let place = [("location", format!("/api/v1/webhooks/{}", hook.id))];
    let mut response = (StatusCode::CREATED, place, ETag(hook.rev), Json(made)).into_response();
    response.extensions_mut().insert(ShownOnce);
    Ok(response)
}

async fn audit(tx: &Tx, caller: &Caller, hook: &Webhook, action: &str) -> Result<(), ApiError> {
    let object = format!("webhook/{}", hook.id);
    let host = url::Url::parse(&hook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let detail = serde_json::json!({
        "host": host, "form": hook.form.as_str(), "active": hook.active, "scope": ScopeBody::from(&hook.scope),
    });
    let detail = detail.to_string();
    let deed = Deed { actor: caller.id(), action, object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    Ok(())
}

/// See a webhook.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = String, Path)),
    extensions(("x-action" = json!(Action::WebhooksRead.as_str()))),
    responses((status = 200, body = WebhookBody)),
)]
async fn one(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let hook = visible(&state.store, &caller, &id).await?;
    Ok((ETag(hook.rev), Json(WebhookBody::of(&shown(&state, &hook)))).into_response())
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookChange {
    /// What it is for.
    name: Option<String>,
    /// Where to.
    #[schema(example = "https://example.com/hook")]
    url: Option<String>,
    /// The secret that 钉钉 or 飞书 gave you.
    #[schema(format = Password)]
    secret: Option<String>,
    /// What it is to be told.
    kinds: Option<Vec<String>>,
    /// Of which calls.
    scope: Option<ScopeBody>,
    /// Whether it is to be told anything.
    active: Option<bool>,
}

/// Change a webhook. Its failures are forgiven.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", request_body = WebhookChange,
    params(("webhook_id" = String, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    extensions(("x-action" = json!(Action::WebhooksWrite.as_str()))),
    responses((status = 200, body = WebhookBody)),
)]
async fn change(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    Json(body): Json<WebhookChange>,
) -> Result<Response, ApiError> {
    let tx = state.store.begin().await?;
    let mut hook = visible(&tx, &caller, &id).await?;
    if_match.check(hook.rev)?;
    if let Some(name) = body.name {
        hook.name = text("name", &name, 100)?;
    }
    if let Some(url) = body.url {
        hook.url = url_of(&state, &url)?;
    }
    if body.secret.is_some() {
        hook.secret = secret_of(hook.form, body.secret)?;
    }
    if let Some(kinds) = body.kinds {
        hook.kinds = kinds_of(&kinds)?;
    }
    if let Some(scope) = body.scope {
        hook.scope = scope_of(&caller, scope)?;
    }
    hook.active = body.active.unwrap_or(hook.active);
    // What was not named is sealed already, and stays so when its key is missing.
    let kept = sealed(&state.ports.blobs, hook).map_err(ApiError::internal)?;
    tx.change_webhook(&kept).await?;
    let hook = shown(&state, &Webhook { rev: kept.rev + 1, failures: 0, why: None, ..kept });
    audit(&tx, &caller, &hook, "webhook.change").await?;
    tx.commit().await?;
    Ok((ETag(hook.rev), Json(WebhookBody::of(&hook))).into_response())
}

/// Remove a webhook, with the log of its deliveries.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = String, Path)),
    extensions(("x-action" = json!(Action::WebhooksWrite.as_str()))),
    responses((status = 204, description = "Removed")),
)]
async fn remove(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    let hook = visible(&tx, &caller, &id).await?;
    tx.remove_webhook(&hook.id).await?;
    audit(&tx, &caller, &shown(&state, &hook), "webhook.remove").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One event for one webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryBody {
    /// The receiver sees it as `msg_…` in `webhook-id`, the same with every try.
    id: String,
    /// The event's place in the log.
    event: i64,
    /// `due`, `done`, `failed`.
    state: &'static str,
    /// Tries so far.
    attempts: i64,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// What the receiver answered last, HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    created: String,
    changed: String,
}

impl DeliveryBody {
    fn of(delivery: Delivery) -> Self {
        let state = delivery.state.as_str();
        Self {
            id: delivery.id,
            event: delivery.event_seq,
            state,
            attempts: delivery.attempts,
            next: (state == "due").then(|| at(delivery.next_us)),
            status: delivery.status,
            why: delivery.why,
            created: at(delivery.created_us),
            changed: at(delivery.changed_us),
        }
    }
}

/// List what a webhook was sent, or is to be, the newest first. Kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    params(("webhook_id" = String, Path), PageQuery),
    extensions(("x-action" = json!(Action::WebhooksRead.as_str()))),
    responses((status = 200, body = Page<DeliveryBody>)),
)]
async fn deliveries(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    query: PageQuery,
) -> Result<Json<Page<DeliveryBody>>, ApiError> {
    let hook = visible(&state.store, &caller, &id).await?;
    let (limit, before) = (query.limit()?, query.after::<String>()?);
    let found = state.store.deliveries(&hook.id, before.as_deref(), limit + 1).await?;
    let page = Page::of(found, limit, |delivery| delivery.id.clone());
    Ok(Json(page.map(DeliveryBody::of)))
}

/// Send a delivery again.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", tag = "webhooks",
    params(("webhook_id" = String, Path), ("delivery_id" = String, Path)),
    extensions(("x-action" = json!(Action::WebhooksWrite.as_str()))),
    responses((status = 202, description = "It will be")),
)]
async fn resend(
    State(state): State<ApiState>,
    caller: Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    let hook = visible(&tx, &caller, &id).await?;
    let delivery = delivery_of(&tx, &delivery).await?.filter(|found| found.webhook == hook.id);
    let delivery = delivery.ok_or_else(|| ApiError::not_found("delivery", "发送记录不存在"))?;
    tx.resend(&delivery.id, now_us()).await?;
    let object = format!("webhook/{}", hook.id);
    let detail = serde_json::json!({ "delivery": delivery.id }).to_string();
    let deed =
        Deed { actor: caller.id(), action: "webhook.resend", object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}
