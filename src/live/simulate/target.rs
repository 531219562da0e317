//! Where calls are played to.
//!
//! In: what was typed after `--to`. Out: a [`Target`], or what is wrong with it and how it is written.

use std::fmt;

/// How a target is written, for errors.
const FORMS: &str = "ws://HOST:PORT/live/media-stream/SOURCE/TOKEN or sip:HOST:PORT;transport=tcp";

/// The port of SIP where none is named (RFC 3261, 19.1.2).
const SIP_PORT: u16 = 5_060;

/// A service's way in.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A media stream in Twilio's dialect: the whole URL.
    MediaStream(String),
    /// A SIPREC recording server.
    Siprec(SipTarget),
}

/// A recording server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipTarget {
    /// The user part of the URI, where one is named.
    pub user: Option<String>,
    /// A name or an address; IPv6 in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What carries the signalling.
    pub transport: Transport,
}

/// What carries SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Streams: for offers of any size.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// As in a URI's `transport`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }
}

impl SipTarget {
    /// `host:port`, to connect to.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URI that is called.
    pub fn uri(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        format!("sip:{user}{}:{};transport={}", self.host, self.port, self.transport.as_str())
    }
}

/// A stream's URL ends in the token that lets calls in.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::MediaStream(_) => f.write_str("MediaStream"),
            Target::Siprec(target) => target.fmt(f),
        }
    }
}

/// Why what was typed is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither of the two forms.
    #[error("it begins with neither ws://, wss:// nor sip:; write {FORMS}")]
    Scheme,
    /// No host.
    #[error("it names no host; write {FORMS}")]
    Host,
    /// Not a number.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// A URL without the way in.
    #[error(
        "the path must be /live/media-stream/SOURCE/TOKEN, as the service's configuration has it"
    )]
    Path,
    /// Not `tcp` or `udp`.
    #[error("transport must be tcp or udp; put a proxy before a service that takes TLS only")]
    Transport,
    /// SIPS or a parameter that means nothing here.
    #[error("only the parameter transport= is known; write {FORMS}")]
    Parameter,
}

impl TargetError {
    /// The same in Chinese.
    pub fn zh(self) -> String {
        match self {
            TargetError::Scheme => format!("应以 ws://、wss:// 或 sip: 开头；写法：{FORMS}"),
            TargetError::Host => format!("未写主机；写法：{FORMS}"),
            TargetError::Port => "端口应为 1 到 65535 的数字".into(),
            TargetError::Path => {
                "路径应为 /live/media-stream/SOURCE/TOKEN，与服务的配置一致".into()
            }
            TargetError::Transport => {
                "transport 只能是 tcp 或 udp；服务只收 TLS 时请在其前加代理".into()
            }
            TargetError::Parameter => format!("只认参数 transport=；写法：{FORMS}"),
        }
    }
}

impl Target {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`TargetError`], with the forms that are taken.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("ws://").or_else(|| text.strip_prefix("wss://")) {
            return media_stream(text, rest);
        }
        text.strip_prefix("sip:").ok_or(TargetError::Scheme).and_then(sip).map(Target::Siprec)
    }
}

fn media_stream(text: &str, rest: &str) -> Result<Target, TargetError> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, _) = host_and_port(authority, 80)?;
    if host.is_empty() {
        return Err(TargetError::Host);
    }
    // A proxy may put something before it.
    let named = |after: &str| after.split('/').filter(|part| !part.is_empty()).count() >= 2;
    match path.split_once("live/media-stream/") {
        Some((_, after)) if named(after) => Ok(Target::MediaStream(text.to_owned())),
        _ => Err(TargetError::Path),
    }
}

fn sip(rest: &str) -> Result<SipTarget, TargetError> {
    let mut parts = rest.split(';');
    let address = parts.next().unwrap_or_default();
    let mut transport = Transport::Tcp;
    for part in parts {
        match part.split_once('=') {
            Some(("transport", "tcp")) => transport = Transport::Tcp,
            Some(("transport", "udp")) => transport = Transport::Udp,
            Some(("transport", _)) => return Err(TargetError::Transport),
            _ => return Err(TargetError::Parameter),
        }
    }
    let (user, address) = match address.split_once('@') {
        Some((user, address)) => (Some(user.to_owned()), address),
        None => (None, address),
    };
    let clean = |text: &str| !text.contains(|c: char| c.is_control() || " <>\"".contains(c));
    let (host, port) = host_and_port(address, SIP_PORT)?;
    if host.is_empty() || !clean(rest) {
        return Err(TargetError::Host);
    }
    Ok(SipTarget { user, host: host.to_owned(), port, transport })
}

fn host_and_port(authority: &str, or: u16) -> Result<(&str, u16), TargetError> {
    // The colons of an IPv6 address stand in brackets.
    let after_host = authority.rfind(']').map_or(0, |at| at + 1);
    match authority.get(after_host..).unwrap_or_default().split_once(':') {
        Some((before, port)) => {
            let port = port.parse().ok().filter(|port| *port > 0).ok_or(TargetError::Port)?;
            Ok((authority.get(..after_host + before.len()).unwrap_or_default(), port))
        }
        None => Ok((authority, or)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: Result<&str, TargetError>) {
        let found = Target::parse(text).map(|target| match target {
            Target::MediaStream(url) => url,
            Target::Siprec(target) => target.uri(),
        });
        assert_eq!(found.as_deref(), wanted.as_ref().map(|text| *text), "{text}");
    }

    #[test]
    fn both_forms_are_read_and_mistakes_are_named() {
        let url = "ws://127.0.0.1:8600/live/media-stream/demo/s3cret";
        check(url, Ok(url));
        let url = "wss://[::1]:8600/behind/live/media-stream/demo/s3cret";
        check(url, Ok(url));
        check("sip:127.0.0.1:5080", Ok("sip:127.0.0.1:5080;transport=tcp"));
        check("sip:srs@pbx;transport=udp", Ok("sip:srs@pbx:5060;transport=udp"));
        check("sip:[::1]:5070;transport=tcp", Ok("sip:[::1]:5070;transport=tcp"));
        check("127.0.0.1:5080", Err(TargetError::Scheme));
        check("sips:127.0.0.1", Err(TargetError::Scheme));
        check("ws://127.0.0.1:8600/", Err(TargetError::Path));
        check("ws://127.0.0.1:8600/live/media-stream/demo", Err(TargetError::Path));
        check("ws:///live/media-stream/demo/x", Err(TargetError::Host));
        check("ws://h:x/live/media-stream/demo/x", Err(TargetError::Port));
        check("sip:", Err(TargetError::Host));
        check("sip:a\r\nVia: b", Err(TargetError::Port));
        check("sip:h:0", Err(TargetError::Port));
        check("sip:h:70000", Err(TargetError::Port));
        check("sip:h;transport=tls", Err(TargetError::Transport));
        check("sip:h;lr", Err(TargetError::Parameter));
    }

    #[test]
    fn a_target_does_not_print_its_token() {
        let target = Target::parse("ws://h/live/media-stream/demo/s3cret").unwrap();
        assert!(!format!("{target:?}").contains("s3cret"));
    }
}
