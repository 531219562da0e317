//! The guard: a webhook must not make this service knock at doors of its own network.
//!
//! In: a URL, and what its name resolves to. Out: leave, or why not. Addresses that are not public are refused, at
//! the moment of connecting, so that a name that changes its address gains nothing; hosts that the
//! configuration names may be private, and plain http.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why a URL is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Not a URL.
    #[error("not a URL")]
    Malformed,
    /// Plain http, or something else altogether.
    #[error("a webhook's URL begins with https://")]
    Scheme,
    /// User and password in it.
    #[error("a webhook's URL holds no user or password")]
    Credentials,
    /// An address of this network.
    #[error("{0} is not a public address; the configuration can allow its host")]
    Private(String),
}

/// What may be called.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<Vec<String>>,
}

impl Guard {
    /// A guard that lets these hosts (names or addresses, as they stand in URLs) be private.
    pub fn new(allowed: Vec<String>) -> Self {
        Self { allowed: Arc::new(allowed.iter().map(|host| host.to_lowercase()).collect()) }
    }

    /// Reads a URL and says what can be said of it before its name is resolved.
    ///
    /// # Errors
    /// [`GuardError`].
    pub fn check(&self, url: &str) -> Result<Url, GuardError> {
        let url = Url::parse(url).map_err(|_| GuardError::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(GuardError::Credentials);
        }
        let host = url.host().ok_or(GuardError::Malformed)?;
        let allowed = self.allows(url.host_str().unwrap_or_default());
        match url.scheme() {
            "https" => {}
            "http" if allowed => {}
            _ => return Err(GuardError::Scheme),
        }
        let address = match host {
            Host::Ipv4(v4) => Some(IpAddr::V4(v4)),
            Host::Ipv6(v6) => Some(IpAddr::V6(v6)),
            Host::Domain(_) => None,
        };
        match address.filter(|address| !allowed && !is_public(*address)) {
            Some(address) => Err(GuardError::Private(address.to_string())),
            None => Ok(url),
        }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.iter().any(|allowed| *allowed == host.to_lowercase())
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allows(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let private = found.iter().find(|address| !allowed && !is_public(address.ip()));
            if private.is_some() {
                // One private address is enough: the next try could pick it.
                return Err(Box::from(GuardError::Private(name.as_str().to_owned())));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the open internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by providers, protocol assignments, 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let part = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match part {
        // NAT64 and 6to4 hold an address of the old kind.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        // Teredo, benchmarks, documentation.
        [0x2001, 0 | 2 | 0xdb8, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::a00:1", false),
            ("2002:a00:1::", false),
            ("2606:4700::1111", true),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn urls_are_looked_at_before_they_are_called() {
        let guard = Guard::new(vec!["hooks.local".into(), "127.0.0.1".into()]);
        let private = |address: &str| Err(GuardError::Private(address.into()));
        for (url, checked) in [
            ("https://example.com/x", Ok(())),
            ("http://example.com/x", Err(GuardError::Scheme)),
            ("http://hooks.local/x", Ok(())),
            ("http://127.0.0.1:8080/x", Ok(())),
            ("https://127.0.0.2/x", private("127.0.0.2")),
            // All the same address, in other clothes.
            ("https://0x7f.0.0.2/", private("127.0.0.2")),
            ("https://2130706434/", private("127.0.0.2")),
            ("https://[::ffff:7f00:2]/", private("::ffff:127.0.0.2")),
            ("file:///etc/passwd", Err(GuardError::Malformed)),
            ("https://user:pass@example.com/", Err(GuardError::Credentials)),
            ("example.com", Err(GuardError::Malformed)),
        ] {
            assert_eq!(guard.check(url).map(|_| ()), checked, "{url}");
        }
    }
}
