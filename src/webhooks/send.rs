//! One try to tell a webhook something.
//!
//! In: a webhook and a message. Out: that it was heard, or why not. No redirects, no proxy of the environment: both
//! would go around the guard.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use serde_json::Value;

use super::form::Told;
use super::guard::{Guard, GuardError};
use super::sign;
use crate::store::webhooks::{Form, Webhook};

/// How long one try may take.
const TRY: Duration = Duration::from_secs(15);

/// Bytes of an answer that are looked at.
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was heard; HTTP status.
    Heard(u16),
    /// It was not; the status, if there was one, and why, without anything secret.
    Not { status: Option<u16>, why: String },
    /// The receiver says that it will never hear anything again (410).
    Gone,
}

/// Sends messages.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    client: Client,
    guard: Guard,
}

impl Sender {
    /// # Errors
    /// When there is no TLS to be had.
    pub(super) fn new(guard: Guard) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TRY)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("lingting/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(std::sync::Arc::new(guard.clone()))
            .build()?;
        Ok(Self { client, guard })
    }

    /// Tells it once.
    pub(super) async fn send(
        &self,
        hook: &Webhook,
        id: &str,
        told: &Told<'_>,
        now_us: i64,
    ) -> Sent {
        let not = |why: String| Sent::Not { status: None, why };
        let mut url = match self.guard.check(&hook.url) {
            Ok(url) => url,
            Err(error) => return not(error.to_string()),
        };
        let at_s = now_us / 1_000_000;
        let signed = !hook.secret.is_empty();
        let feishu =
            (hook.form == Form::Feishu && signed).then(|| (at_s, sign::feishu(&hook.secret, at_s)));
        let body = told.body(hook.form, feishu);
        if hook.form == Form::DingTalk && signed {
            let at_ms = now_us / 1000;
            url.query_pairs_mut()
                .append_pair("timestamp", &at_ms.to_string())
                .append_pair("sign", &sign::dingtalk(&hook.secret, at_ms));
        }
        let mut request = self.client.post(url).header(header::CONTENT_TYPE, "application/json");
        if hook.form == Form::Standard {
            let id = format!("msg_{id}");
            let Some(signature) = sign::standard(&hook.secret, &id, at_s, &body) else {
                return not("the webhook's secret is none of the Standard Webhooks scheme".into());
            };
            request = request
                .header("webhook-id", id)
                .header("webhook-timestamp", at_s.to_string())
                .header("webhook-signature", signature);
        }
        match request.body(body).send().await {
            Ok(response) => heard(hook.form, response).await,
            Err(error) => not(without_url(error)),
        }
    }
}

async fn heard(form: Form, response: reqwest::Response) -> Sent {
    let status = response.status();
    let not = |why: String| Sent::Not { status: Some(status.as_u16()), why };
    if status == StatusCode::GONE {
        return Sent::Gone;
    }
    if !status.is_success() {
        return not(format!("the receiver answered {status}"));
    }
    if form == Form::Standard {
        return Sent::Heard(status.as_u16());
    }
    // The platforms answer 200 to everything, and say what is wrong inside.
    let answer = match start_of(response).await {
        Ok(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap_or_default(),
        Err(error) => return not(without_url(error)),
    };
    let code = ["errcode", "code", "StatusCode"].into_iter().find_map(|key| answer[key].as_i64());
    match code {
        Some(0) => Sent::Heard(status.as_u16()),
        Some(code) => {
            let said = ["errmsg", "msg"].into_iter().find_map(|key| answer[key].as_str());
            let said: String = said.unwrap_or_default().chars().take(200).collect();
            not(format!("the platform answered {code}: {said}"))
        }
        None => not("the platform's answer has no code".into()),
    }
}

async fn start_of(mut response: reqwest::Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = ANSWER_BYTES_MAX - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(bytes)
}

/// Why, to the bottom, without the URL: platforms put their secret into it.
fn without_url(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        if let Some(guard) = source.downcast_ref::<GuardError>() {
            return guard.to_string();
        }
        cause = source;
    }
    if error.is_timeout() {
        "the receiver did not answer in time".into()
    } else {
        cause.to_string()
    }
}
