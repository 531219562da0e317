//! How a supervisor is put on the calls of a way: `[live.connector]`.
//!
//! In: the table as written. Out: a connector, or what is wrong with it. Nothing is sent here.

use std::sync::Arc;

use serde::Deserialize;

use crate::pbx::ari::AriConfig;
use crate::supervise::{
    AmiConfig, AmiSupervise, AriSupervise, AriSuperviseConfig, EslConfig, EslSupervise, Supervise,
    WebhookConfig, WebhookSupervise,
};

/// As written.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConnector {
    /// `ari`, `ami`, `freeswitch` or `webhook`.
    kind: String,
    url: Option<String>,
    address: Option<String>,
    user: Option<String>,
    password: Option<String>,
    secret: Option<String>,
    caller_id: Option<String>,
    coach: Option<bool>,
    barge: Option<bool>,
}

/// A connector that can be used.
#[derive(Clone)]
pub struct Connector(pub Arc<dyn Supervise>);

fn must(key: &str, value: &Option<String>) -> Result<String, String> {
    let given = value.clone().filter(|text| !text.is_empty());
    given.ok_or_else(|| format!("needs `{key}`"))
}

impl RawConnector {
    pub(super) fn valid(&self) -> Result<Connector, String> {
        let connector: Arc<dyn Supervise> = match self.kind.as_str() {
            "ari" => {
                let default = AriSuperviseConfig::default();
                let config = AriSuperviseConfig {
                    ari: AriConfig {
                        url: must("url", &self.url)?,
                        user: must("user", &self.user)?,
                        password: must("password", &self.password)?,
                        ..default.ari
                    },
                    caller_id: self.caller_id.clone().unwrap_or(default.caller_id),
                    ..default
                };
                Arc::new(AriSupervise::new(config).map_err(|error| error.to_string())?)
            }
            "ami" => {
                let default = AmiConfig::default();
                Arc::new(AmiSupervise::new(AmiConfig {
                    address: must("address", &self.address)?,
                    user: must("user", &self.user)?,
                    secret: must("secret", &self.secret)?,
                    caller_id: self.caller_id.clone().unwrap_or(default.caller_id),
                    ..default
                }))
            }
            "freeswitch" => {
                let default = EslConfig::default();
                Arc::new(EslSupervise::new(EslConfig {
                    address: must("address", &self.address)?,
                    password: must("password", &self.password)?,
                    caller_id: self.caller_id.clone().unwrap_or(default.caller_id),
                    ..default
                }))
            }
            "webhook" => {
                let config = WebhookConfig {
                    url: must("url", &self.url)?,
                    secret: must("secret", &self.secret)?,
                    coach: self.coach.unwrap_or_default(),
                    barge: self.barge.unwrap_or_default(),
                    ..WebhookConfig::default()
                };
                Arc::new(WebhookSupervise::new(config).map_err(|error| error.to_string())?)
            }
            _ => return Err("`kind` must be ari, ami, freeswitch or webhook".into()),
        };
        Ok(Connector(connector))
    }
}
