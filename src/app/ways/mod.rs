//! Ways in for live calls, as set by whoever runs the service: `[[live]]`.
//!
//! In: the tables as written. Out: ways that can be opened, or what is wrong with which key. Nothing is opened here.

mod connector;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::live::asterisk::AsteriskConfig;
use crate::live::audiohook::AudioHookSource;
use crate::live::audiosocket::{AudioSocketConfig, Pairing};
use crate::live::l16::L16Source;
use crate::live::media_stream::MediaStreamSource;
use crate::live::rtpengine::RtpengineConfig;
use crate::live::siprec::{RoleRules, SiprecConfig};
use crate::live::{Facts, LegRole};
use crate::pbx::ari::AriConfig;

use connector::RawConnector;

pub use connector::Connector;

/// A secret in a path must be at least this long: it is all that keeps strangers out.
const TOKEN_CHARS_MIN: usize = 16;

/// Seconds that a way may be idle.
const IDLE_S_MAX: u64 = 86_400;

/// A way in as written. Which keys belong together is told by [`Way::new`].
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLive {
    /// See [`KINDS`].
    kind: String,
    /// Its name in paths and lists; stays as long as the way.
    name: String,
    token: Option<String>,
    auth_token: Option<String>,
    public_url: Option<String>,
    bearer: Option<String>,
    swap_roles: Option<bool>,
    rate_hz: Option<u32>,
    channels: Option<usize>,
    legs: Option<Vec<String>>,
    listen: Option<String>,
    peers: Option<Vec<IpAddr>>,
    pairing: Option<String>,
    api_key: Option<String>,
    client_secret: Option<String>,
    organization_id: Option<String>,
    idle_s: Option<u64>,
    udp: Option<String>,
    tcp: Option<String>,
    tls: Option<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    ip: Option<IpAddr>,
    told_ip: Option<IpAddr>,
    rtp_ports: Option<(u16, u16)>,
    allow: Option<Vec<String>>,
    agents: Option<Vec<String>>,
    plain: Option<bool>,
    control: Option<String>,
    ari_url: Option<String>,
    ari_user: Option<String>,
    ari_password: Option<String>,
    endpoints: Option<Vec<String>>,
    audiosocket: Option<String>,
    format: Option<String>,
    connector: Option<RawConnector>,
    vendor: Option<String>,
    client: Option<String>,
    project: Option<String>,
    queue: Option<String>,
    team: Option<String>,
    language: Option<String>,
    direction: Option<String>,
}

/// The kinds there are.
const KINDS: &str = "siprec, media-stream, l16, audiosocket, asterisk, audiohook, rtpengine";

/// Why a way cannot be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("live `{name}`: `{key}` {why}")]
pub struct WayError {
    /// Which way.
    pub name: String,
    /// Which key.
    pub key: &'static str,
    /// What is wrong, and what to write.
    pub why: String,
}

/// A way in.
#[derive(Clone)]
pub struct Way {
    /// Its name.
    pub name: String,
    /// What its calls are where they do not say otherwise.
    pub facts: Facts,
    /// How a supervisor is put on its calls.
    pub connector: Option<Connector>,
    /// What it speaks.
    pub speaks: Speaks,
}

/// Secrets stand in it.
impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Way({})", self.name)
    }
}

/// What a way speaks.
#[derive(Clone)]
pub enum Speaks {
    /// WebSocket media streams of carriers.
    MediaStream(MediaStreamSource),
    /// WebSocket streams of PBXs.
    L16(L16Source),
    /// Asterisk's AudioSocket, on an address of its own.
    AudioSocket(SocketAddr, AudioSocketConfig),
    /// Asterisk's channels tapped by ARI, over AudioSocket on an address of ours.
    Asterisk(SocketAddr, AudioSocketConfig, AsteriskConfig),
    /// Genesys AudioHook.
    AudioHook(AudioHookSource),
    /// Recording sessions of session border controllers and PBXs (RFC 7866).
    Siprec(Box<SiprecConfig>),
    /// Calls that an rtpengine carries.
    Rtpengine(RtpengineConfig),
}

impl Way {
    /// All ways, each with a name of its own.
    ///
    /// # Errors
    /// [`WayError`] for the first that cannot be.
    pub(super) fn all(raw: &[RawLive]) -> Result<Vec<Self>, WayError> {
        let mut ways: Vec<Self> = Vec::new();
        for one in raw {
            let way = Self::new(one)?;
            if ways.iter().any(|other| other.name == way.name) {
                return Err(one.wrong("name", "is another way's name"));
            }
            ways.push(way);
        }
        Ok(ways)
    }

    fn new(raw: &RawLive) -> Result<Self, WayError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if raw.name.is_empty() || !raw.name.chars().all(plain) {
            return Err(
                raw.wrong("name", "must be letters, digits, - and _: it stands in addresses")
            );
        }
        let speaks = match raw.kind.as_str() {
            "media-stream" => Speaks::MediaStream(raw.media_stream()?),
            "l16" => Speaks::L16(raw.l16()?),
            "audiosocket" => {
                let (listen, config) = raw.audio_socket()?;
                Speaks::AudioSocket(listen, config)
            }
            "audiohook" => Speaks::AudioHook(raw.audio_hook()?),
            "asterisk" => {
                let (listen, config) = raw.audio_socket()?;
                let config = AudioSocketConfig { pairing: Pairing::Announced, ..config };
                Speaks::Asterisk(listen, config, raw.asterisk()?)
            }
            "siprec" => Speaks::Siprec(Box::new(raw.siprec()?)),
            "rtpengine" => Speaks::Rtpengine(raw.rtpengine()?),
            _ => return Err(raw.wrong("kind", format!("must be one of {KINDS}"))),
        };
        let connector = raw.connector.as_ref().map(RawConnector::valid).transpose();
        let connector = connector.map_err(|why| raw.wrong("connector", why))?;
        Ok(Self { name: raw.name.clone(), facts: raw.facts(), connector, speaks })
    }
}

impl RawLive {
    fn wrong(&self, key: &'static str, why: impl Into<String>) -> WayError {
        WayError { name: self.name.clone(), key, why: why.into() }
    }

    fn must(&self, key: &'static str, value: &Option<String>) -> Result<String, WayError> {
        value.clone().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong(key, "is missing"))
    }

    fn token(&self) -> Result<String, WayError> {
        let token = self.must("token", &self.token)?;
        if token.len() < TOKEN_CHARS_MIN || !token.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(
                self.wrong("token", "must be at least 16 letters and digits that nobody guesses")
            );
        }
        Ok(token)
    }

    fn idle(&self, default: Duration) -> Result<Duration, WayError> {
        match self.idle_s {
            None => Ok(default),
            Some(s) if (1..=IDLE_S_MAX).contains(&s) => Ok(Duration::from_secs(s)),
            Some(_) => Err(self.wrong("idle_s", "must be from 1 to 86400 seconds")),
        }
    }

    fn roles(&self) -> Result<Vec<LegRole>, WayError> {
        let role = |word: &String| match word.as_str() {
            "agent" => Ok(LegRole::Agent),
            "customer" => Ok(LegRole::Customer),
            "bot" => Ok(LegRole::Bot),
            "mixed" => Ok(LegRole::Mixed),
            "unknown" => Ok(LegRole::Unknown),
            _ => Err(self.wrong("legs", "are agent, customer, bot, mixed or unknown")),
        };
        self.legs.iter().flatten().map(role).collect()
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for (key, value) in [
            ("vendor", &self.vendor),
            ("client", &self.client),
            ("project", &self.project),
            ("queue", &self.queue),
            ("team", &self.team),
            ("language", &self.language),
            ("direction", &self.direction),
        ] {
            facts.set(key, value.as_deref().unwrap_or_default());
        }
        facts
    }

    fn media_stream(&self) -> Result<MediaStreamSource, WayError> {
        let default = MediaStreamSource::default();
        Ok(MediaStreamSource {
            name: self.name.clone(),
            token: self.token()?,
            auth_token: self.auth_token.clone(),
            public_url: self.public_url.clone(),
            bearer: self.bearer.clone(),
            swap_roles: self.swap_roles.unwrap_or(default.swap_roles),
            idle: self.idle(default.idle)?,
            ..default
        })
    }

    fn l16(&self) -> Result<L16Source, WayError> {
        let default = L16Source::default();
        Ok(L16Source {
            name: self.name.clone(),
            token: self.token()?,
            rate_hz: self.rate_hz,
            channels: self.channels,
            roles: self.roles()?,
            idle: self.idle(default.idle)?,
        })
    }

    fn audio_socket(&self) -> Result<(SocketAddr, AudioSocketConfig), WayError> {
        let listen = self.must("listen", &self.listen)?.parse();
        let listen = listen.map_err(|_| {
            self.wrong("listen", "must be an address and a port, such as 127.0.0.1:9092")
        })?;
        let pairing = match self.pairing.as_deref().unwrap_or("last-digit") {
            "announced" => Pairing::Announced,
            "last-digit" => Pairing::LastDigit,
            "single" => Pairing::Single,
            _ => return Err(self.wrong("pairing", "must be announced, last-digit or single")),
        };
        let default = AudioSocketConfig::default();
        let config = AudioSocketConfig {
            source: self.name.clone(),
            pairing,
            peers: self.peers.clone().unwrap_or_default(),
            idle: self.idle(default.idle)?,
            ..default
        };
        Ok((listen, config))
    }

    fn address(
        &self,
        key: &'static str,
        text: &Option<String>,
    ) -> Result<Option<SocketAddr>, WayError> {
        let wrong = |_| self.wrong(key, "must be an address and a port, such as 0.0.0.0:5060");
        text.as_ref().map(|text| text.parse().map_err(wrong)).transpose()
    }

    fn siprec(&self) -> Result<SiprecConfig, WayError> {
        let default = SiprecConfig::default();
        let config = SiprecConfig {
            name: self.name.clone(),
            udp: self.address("udp", &self.udp)?,
            tcp: self.address("tcp", &self.tcp)?,
            tls: self.address("tls", &self.tls)?,
            tls_certificate: self.tls_certificate.clone(),
            tls_key: self.tls_key.clone(),
            ip: self.ip,
            told_ip: self.told_ip,
            rtp_ports: self.rtp_ports.or(default.rtp_ports),
            allow: self.allow.clone().unwrap_or_default(),
            roles: RoleRules {
                agents: self.agents.clone().unwrap_or_default(),
                swapped: self.swap_roles.unwrap_or_default(),
            },
            plain: self.plain.unwrap_or_default(),
            silence_s_max: self.idle(Duration::from_secs(default.silence_s_max))?.as_secs(),
            ..default
        };
        if config.udp.is_none() && config.tcp.is_none() && config.tls.is_none() {
            return Err(
                self.wrong("tcp", "is missing: name where SIP is taken, by udp, tcp or tls")
            );
        }
        if config.tls.is_some() && (config.tls_certificate.is_none() || config.tls_key.is_none()) {
            return Err(self.wrong("tls_certificate", "and `tls_key` are needed with tls"));
        }
        Ok(config)
    }

    fn rtpengine(&self) -> Result<RtpengineConfig, WayError> {
        let default = RtpengineConfig::default();
        Ok(RtpengineConfig {
            name: self.name.clone(),
            control: self.address("control", &self.control)?.unwrap_or(default.control),
            ip: self.ip.unwrap_or(default.ip),
            rtp_ports: self.rtp_ports.or(default.rtp_ports),
            swapped: self.swap_roles.unwrap_or_default(),
            silence_s_max: self.idle(Duration::from_secs(default.silence_s_max))?.as_secs(),
            ..default
        })
    }

    fn asterisk(&self) -> Result<AsteriskConfig, WayError> {
        let default = AsteriskConfig::default();
        let endpoints = self.endpoints.clone().unwrap_or_default();
        if endpoints.is_empty() {
            return Err(self.wrong("endpoints", "are missing: the agents', such as PJSIP/10*"));
        }
        Ok(AsteriskConfig {
            source: self.name.clone(),
            ari: AriConfig {
                url: self.must("ari_url", &self.ari_url)?,
                user: self.must("ari_user", &self.ari_user)?,
                password: self.must("ari_password", &self.ari_password)?,
                ..default.ari
            },
            endpoints,
            audiosocket: self.must("audiosocket", &self.audiosocket)?,
            format: self.format.clone().unwrap_or(default.format),
            ..default
        })
    }

    fn audio_hook(&self) -> Result<AudioHookSource, WayError> {
        let default = AudioHookSource::default();
        Ok(AudioHookSource {
            name: self.name.clone(),
            api_key: self.must("api_key", &self.api_key)?,
            client_secret: self.must("client_secret", &self.client_secret)?,
            public_host: self.public_url.clone(),
            organization_id: self.organization_id.clone(),
            idle: self.idle(default.idle)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        live: Vec<RawLive>,
    }

    fn read(toml: &str) -> Result<Vec<Way>, String> {
        let file: File = toml::from_str(toml).map_err(|e| e.to_string())?;
        Way::all(&file.live).map_err(|e| e.to_string())
    }

    #[test]
    fn mistakes_name_the_way_and_the_key() {
        let token = "token = 'abcdefghijklmnop'";
        for (toml, told) in [
            ("[[live]]\nkind = 'fax'\nname = 'a'", "`kind` must be one of siprec"),
            ("[[live]]\nkind = 'l16'\nname = 'a'", "live `a`: `token` is missing"),
            ("[[live]]\nkind = 'l16'\nname = 'a'\ntoken = 'short'", "`token` must be at least 16"),
            (&format!("[[live]]\nkind = 'l16'\nname = 'a/b'\n{token}"), "`name` must be"),
            (
                &format!("[[live]]\nkind = 'l16'\nname = 'a'\n{token}\nlegs = ['boss']"),
                "`legs` are",
            ),
            (&format!("[[live]]\nkind = 'l16'\nname = 'a'\n{token}\nidle_s = 0"), "`idle_s`"),
            ("[[live]]\nkind = 'audiosocket'\nname = 'a'\nlisten = 'here'", "`listen` must be"),
            ("[[live]]\nkind = 'audiohook'\nname = 'a'", "`api_key` is missing"),
            ("[[live]]\nkind = 'l16'\nname = 'a'\nport = 5", "unknown field"),
        ] {
            let error = read(toml).map(|_| ()).unwrap_err();
            assert!(error.contains(told), "{toml}: {error}");
        }
        let two = format!("[[live]]\nkind = 'l16'\nname = 'a'\n{token}\n").repeat(2);
        assert!(read(&two).map(|_| ()).unwrap_err().contains("another way's name"));
    }

    #[test]
    fn a_way_knows_what_its_calls_are() {
        let toml = "[[live]]\nkind = 'media-stream'\nname = 'twilio'\ntoken = 'abcdefghijklmnop'\nvendor = '卓信'\nlanguage = 'zh'";
        let ways = read(toml).unwrap();
        assert_eq!(ways[0].facts.get("vendor"), Some("卓信"));
        assert!(matches!(&ways[0].speaks, Speaks::MediaStream(source) if source.name == "twilio"));
    }
}
