//! Any other PBX: a signed request to a program of the site's own.
//!
//! In: what is to be done. Out: `POST {"action","id","handles","telephone","mode"}`, signed as Standard Webhooks are. The
//! program answers 2xx when it is done; any other status is a refusal, with `{"error": "why"}` if it likes. It may name what it made
//! under `{"joined": {…}}`: that comes back with `change` and `leave`, beside the `id`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use super::strict::telephone;
use super::{Joined, Joining, Mode, Supervise, SuperviseError, new_id, to_the_end};

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Things that an answer may name.
const NAMED_MAX: usize = 32;

/// Where the program is.
#[derive(Clone)]
pub struct WebhookConfig {
    /// Its address.
    pub url: String,
    /// Signs the requests; `whsec_` and base64, or any text.
    pub secret: String,
    /// Whether it can coach.
    pub coach: bool,
    /// Whether it can barge.
    pub barge: bool,
    /// What an answer may take, the ringing included.
    pub timeout: Duration,
}

impl Default for WebhookConfig {
    /// Listening only; 45 seconds.
    fn default() -> Self {
        Self {
            url: String::new(),
            secret: String::new(),
            coach: false,
            barge: false,
            timeout: Duration::from_secs(45),
        }
    }
}

/// The connector.
pub struct WebhookSupervise {
    caller: Caller,
    can: &'static [Mode],
}

impl WebhookSupervise {
    /// A connector; nothing is sent yet.
    ///
    /// # Errors
    /// The address cannot be read, or the secret is empty.
    pub fn new(config: WebhookConfig) -> Result<Self, SuperviseError> {
        let url =
            Url::parse(&config.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| SuperviseError::Away("its address cannot be read".into()))?;
        if config.secret.is_empty() {
            return Err(SuperviseError::Away("it has no secret".into()));
        }
        let http = Client::builder().redirect(Policy::none()).timeout(config.timeout).no_proxy();
        let http = http.build().map_err(away)?;
        let key = config.secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
        let key = key.unwrap_or_else(|| config.secret.clone().into_bytes());
        let can: &[Mode] = match (config.coach, config.barge) {
            (true, true) => &Mode::ALL,
            (true, false) => &[Mode::Listen, Mode::Coach],
            (false, true) => &[Mode::Listen, Mode::Barge],
            (false, false) => &[Mode::Listen],
        };
        Ok(Self { caller: Caller { http, url, key }, can })
    }

    fn able(&self, mode: Mode) -> Result<(), SuperviseError> {
        if self.can.contains(&mode) { Ok(()) } else { Err(SuperviseError::Unable(mode)) }
    }
}

fn away(error: reqwest::Error) -> SuperviseError {
    SuperviseError::Away(error.without_url().to_string())
}

#[derive(Clone)]
struct Caller {
    http: Client,
    url: Url,
    key: Vec<u8>,
}

impl Caller {
    async fn post(&self, body: &Value) -> Result<BTreeMap<String, String>, SuperviseError> {
        let (id, body) = (new_id("request"), body.to_string());
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_s = since.as_secs().to_string();
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", &at_s)
            .header("webhook-signature", sign(&self.key, &id, &at_s, &body))
            .body(body);
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(away)? {
            if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(SuperviseError::Away("the answer is too long".into()));
            }
            bytes.extend_from_slice(&piece);
        }
        let told: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if !status.is_success() {
            let why = told.get("error").and_then(Value::as_str);
            let why = why.or(status.canonical_reason()).unwrap_or_default();
            return Err(SuperviseError::Refused(why.chars().take(200).collect()));
        }
        let named = told.get("joined").and_then(Value::as_object).into_iter().flatten();
        let text =
            |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Ok(named.filter_map(text).take(NAMED_MAX).collect())
    }

    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError> {
        let id = joined.0.get("webhook.id").ok_or(SuperviseError::NoHandle("webhook.id"))?;
        self.post(&json!({ "action": "leave", "id": id, "joined": joined.0 })).await.map(drop)
    }
}

/// `webhook-signature` (standardwebhooks.com): over id, time in seconds, and body.
fn sign(key: &[u8], id: &str, at_s: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(format!("{id}.{at_s}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[async_trait]
impl Supervise for WebhookSupervise {
    fn can(&self) -> &'static [Mode] {
        self.can
    }

    fn handles(&self) -> &'static [&'static str] {
        &[]
    }

    async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError> {
        self.able(joining.mode)?;
        let id = new_id("sup");
        let body = json!({
            "action": "join",
            "id": id,
            "handles": joining.handles,
            "telephone": telephone(joining)?,
            "mode": joining.mode.as_str(),
        });
        let (caller, undo, mode) = (self.caller.clone(), self.caller.clone(), joining.mode);
        let left = move |joined: Joined| async move {
            if let Err(error) = undo.leave(&joined).await {
                tracing::error!(%error, "a supervisor may still be on a call");
            }
        };
        let after = left.clone();
        to_the_end(
            async move {
                let noted = |mut named: BTreeMap<String, String>| {
                    named.insert("webhook.id".into(), id.clone());
                    named.insert("mode".into(), mode.as_str().into());
                    Joined(named)
                };
                match caller.post(&body).await {
                    Ok(named) => Ok(noted(named)),
                    Err(error) => {
                        if matches!(error, SuperviseError::Away(_)) {
                            // It may have been done all the same.
                            after(noted(BTreeMap::new())).await;
                        }
                        Err(error)
                    }
                }
            },
            left,
        )
        .await
    }

    async fn change(&self, joined: &Joined, mode: Mode) -> Result<Joined, SuperviseError> {
        self.able(mode)?;
        let id = joined.0.get("webhook.id").ok_or(SuperviseError::NoHandle("webhook.id"))?;
        let body =
            json!({ "action": "change", "id": id, "joined": joined.0, "mode": mode.as_str() });
        let mut changed = joined.0.clone();
        let named = self.caller.post(&body).await?;
        changed.extend(named.into_iter().filter(|(name, _)| name != "webhook.id"));
        changed.insert("mode".into(), mode.as_str().into());
        Ok(Joined(changed))
    }

    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError> {
        self.caller.leave(joined).await
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
