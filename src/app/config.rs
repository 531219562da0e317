//! The service's configuration: one TOML file, every key optional, unknown ones refused.
//!
//! In: `lingting.toml`, and the environment (`LINGTING_LISTEN=…`, tables by two underscores:
//! `LINGTING_ENGINE__MODEL=…`). Out: a [`Config`] that can be used, or an error that names the key, the
//! file it came from and the remedy. Nothing is opened here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use serde::Deserialize;

use crate::access::oidc::{OidcConfig, RawOidc};
use crate::blobs::BlobsConfig;
use crate::ingest::source::{After, RawSource, Source, SourceError};

/// Calls that may go on at a time, where nobody says so: what two cores receive and record with ease.
const LIVE_CALLS_MAX: usize = 200;

/// As written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    data: Option<PathBuf>,
    listen: Option<String>,
    public_url: Option<String>,
    #[serde(default)]
    trusted_proxies: Vec<std::net::IpAddr>,
    #[serde(default)]
    webhook_hosts: Vec<String>,
    store: Option<String>,
    blobs: Option<BlobsConfig>,
    #[serde(default)]
    keep_source: Option<bool>,
    #[serde(default)]
    engine: Engine,
    #[serde(default)]
    rubrics: Vec<PathBuf>,
    #[serde(default)]
    source: Vec<RawSource>,
    oidc: Option<RawOidc>,
    retention_hour: Option<u8>,
    live_calls_max: Option<usize>,
    #[cfg(feature = "live")]
    #[serde(default)]
    live: Vec<crate::app::ways::RawLive>,
}

/// The recogniser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// `auto`, `ct2` or `whisper`.
    pub engine: String,
    /// A model's name or path.
    pub model: String,
    /// Where models lie; absent: the user's data folder.
    pub models: Option<PathBuf>,
    /// Recognisers side by side; 0: one a core.
    pub workers: usize,
    /// Calls side by side; 0: one a core.
    pub calls: usize,
    /// Hypotheses kept while decoding.
    pub beam: usize,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            engine: "auto".into(),
            model: "whisper-base-ct2".into(),
            models: None,
            workers: 0,
            calls: 0,
            beam: 1,
        }
    }
}

/// Ready to be used.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everything that is kept on this machine lies under it.
    pub data: PathBuf,
    /// Where the API and the pages are served.
    pub listen: SocketAddr,
    /// As browsers and webhooks see it, without a slash at the end; absent: as each request says.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Hosts that webhooks may call though they are private, or by plain http.
    pub webhook_hosts: Vec<String>,
    /// URL of the database.
    pub store: String,
    /// Where audio and clear texts are kept.
    pub blobs: BlobsConfig,
    /// Keep recordings as they came, besides what is played of them.
    pub keep_source: bool,
    /// The recogniser.
    pub engine: Engine,
    /// Rubric files; empty: the built-in packs.
    pub rubrics: Vec<PathBuf>,
    /// Where recordings come from by themselves.
    pub sources: Vec<Source>,
    /// Log-in through the company's own provider.
    pub oidc: Option<OidcConfig>,
    /// At which hour, 0 to 23 by this machine's clock, retention rules are carried out every day; absent, they wait
    /// for a person.
    pub retention_hour: Option<u8>,
    /// Calls that may go on at a time; the next is refused, so that its sender can try another.
    pub live_calls_max: usize,
    /// Ways in for live calls.
    #[cfg(feature = "live")]
    pub live: Vec<crate::app::ways::Way>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not readable, not TOML, an unknown key, a value of the wrong type.
    #[error("{0}")]
    Figment(Box<figment::Error>),
    /// The file named is not there.
    #[error("{}: there is no such file; name another with --config, or leave it out", .0.display())]
    Missing(PathBuf),
    /// A source that cannot be.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A way in for live calls that cannot be.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Way(#[from] crate::app::ways::WayError),
    /// A value that cannot be.
    #[error("`{key}`: {why}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong, and what would be right.
        why: String,
    },
}

fn wrong(key: &'static str, why: impl Into<String>) -> ConfigError {
    ConfigError::Value { key, why: why.into() }
}

impl Config {
    /// All defaults, with everything under `data`.
    pub fn under(data: &Path) -> Self {
        valid(Raw { data: Some(data.to_owned()), ..Raw::default() }).expect("defaults can be used")
    }

    /// Reads the file, if one is named, and the environment; `data` wins over what they say.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        // Only what a configuration has: other variables of ours are for other commands.
        let keys = [
            "data",
            "listen",
            "public_url",
            "store",
            "keep_source",
            "engine",
            "blobs",
            "oidc",
            "retention_hour",
            "live_calls_max",
        ];
        let ours = move |key: &figment::value::UncasedStr| {
            keys.iter().any(|ours| {
                key.as_str().split("__").next().is_some_and(|k| k.eq_ignore_ascii_case(ours))
            })
        };
        let mut raw: Raw = figment
            .merge(Env::prefixed("LINGTING_").filter(ours).split("__"))
            .extract()
            .map_err(|e| ConfigError::Figment(Box::new(e)))?;
        raw.data = data.map(Path::to_owned).or(raw.data);
        valid(raw)
    }
}

fn valid(raw: Raw) -> Result<Config, ConfigError> {
    let data = match raw.data {
        Some(data) => data,
        None => {
            default_data().ok_or_else(|| wrong("data", "no home folder here; name a folder"))?
        }
    };
    let listen = raw.listen.unwrap_or_else(|| "127.0.0.1:8600".into());
    let listen: SocketAddr = listen
        .parse()
        .map_err(|_| wrong("listen", "must be an address and a port, such as 127.0.0.1:8600"))?;
    let public_url = raw.public_url.map(|url| url.trim_end_matches('/').to_owned());
    let http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    if public_url.as_ref().is_some_and(|url| !http(url)) {
        return Err(wrong("public_url", "must begin with http:// or https://"));
    }
    if !["auto", "ct2", "whisper"].contains(&raw.engine.engine.as_str()) {
        return Err(wrong("engine.engine", "must be auto, ct2 or whisper"));
    }
    if !(1..=10).contains(&raw.engine.beam) {
        return Err(wrong("engine.beam", "must be from 1 to 10"));
    }
    let store =
        raw.store.unwrap_or_else(|| format!("sqlite:{}", data.join("lingting.db").display()));
    let blobs = raw.blobs.unwrap_or_else(|| BlobsConfig {
        url: data.join("blobs").display().to_string(),
        endpoint: None,
        region: None,
        access_key_id: None,
        secret_access_key: None,
        key_file: None,
    });
    let sources = Source::all(&raw.source)?;
    let keep_source = raw.keep_source.unwrap_or(true);
    let deletes =
        |source: &Source| matches!(source, Source::Folder(folder) if folder.after == After::Delete);
    // A recording that is deleted and was not kept would be lost.
    if !keep_source && sources.iter().any(deletes) {
        return Err(wrong("keep_source", "must be true while a source has after = \"delete\""));
    }
    if raw.retention_hour.is_some_and(|hour| hour > 23) {
        return Err(wrong(
            "retention_hour",
            "must be from 0 to 23; leave it out to delete by hand",
        ));
    }
    let live_calls_max = raw.live_calls_max.unwrap_or(LIVE_CALLS_MAX);
    if !(1..=10_000).contains(&live_calls_max) {
        return Err(wrong("live_calls_max", "must be from 1 to 10000"));
    }
    let oidc = raw.oidc.map(|raw| raw.valid(public_url.as_deref())).transpose();
    let oidc = oidc.map_err(|(key, why)| wrong(key, why))?;
    Ok(Config {
        data,
        listen,
        public_url,
        trusted_proxies: raw.trusted_proxies,
        webhook_hosts: raw.webhook_hosts,
        store,
        blobs,
        keep_source,
        engine: raw.engine,
        rubrics: raw.rubrics,
        sources,
        oidc,
        retention_hour: raw.retention_hour,
        live_calls_max,
        #[cfg(feature = "live")]
        live: crate::app::ways::Way::all(&raw.live)?,
    })
}

fn default_data() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share"));
    let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home)?;
    Some(base.join("lingting/service"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Config, String> {
        let raw = Figment::from(Toml::string(toml)).extract::<Raw>();
        raw.map_err(|e| e.to_string()).and_then(|raw| valid(raw).map_err(|e| e.to_string()))
    }

    #[test]
    fn mistakes_name_the_key() {
        for (toml, told) in [
            ("lisen = '127.0.0.1:1'", "lisen"),
            ("listen = 'here'", "listen"),
            ("public_url = 'qa.example'", "public_url"),
            ("[engine]\nbeam = 0", "beam"),
            ("[engine]\nengine = 'kaldi'", "engine"),
            ("data = 5", "data"),
            ("retention_hour = 24", "retention_hour"),
            ("public_url = 'https://qa'\n[oidc]\nisuer = 'https://login'", "isuer"),
            (
                "[oidc]\nissuer = 'https://login'\nclient_id = 'a'\nclient_secret = 'b'",
                "public_url",
            ),
            (
                "keep_source = false\n[[source]]\nkind = 'folder'\nname = 'a'\npath = '/x'\nafter = 'delete'",
                "keep_source",
            ),
            ("[[source]]\nkind = 'folder'\nname = 'pbx'", "path"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(told), "{toml}: {error}");
        }
    }

    #[test]
    fn all_lies_under_data_unless_it_is_said_otherwise() {
        let config =
            read("data = '/srv/lt'\nlisten = '0.0.0.0:80'\npublic_url = 'https://qa/'").unwrap();
        assert_eq!(config.store, "sqlite:/srv/lt/lingting.db");
        assert_eq!(config.blobs.url, "/srv/lt/blobs");
        assert_eq!(config.public_url.as_deref(), Some("https://qa"));
        assert_eq!(read("store = 'postgres://x/y'").unwrap().store, "postgres://x/y");
    }
}
