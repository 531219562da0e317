//! SIPREC (RFC 7245, 7865, 7866): a session border controller sends us a copy of each call.
//!
//! In: SIP requests with session descriptions and recording metadata, and the RTP they announce. Out: calls on the
//! [`Exchange`], with what the metadata tells of the parties. We never send media, and never reject a call
//! because its metadata is odd: the field is full of dialects.

pub mod acl;
mod call;
pub(super) mod legs;
pub mod metadata;
pub mod multipart;
pub mod offer;
pub mod picture;
pub mod sdp;
mod server;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Exchange;
use super::sip::listen::{self, Take};
use super::sip::message::Message;

pub use picture::RoleRules;

/// How long calls have to end when the service stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// A recording server.
#[derive(Debug, Clone)]
pub struct SiprecConfig {
    /// The source's name.
    pub name: String,
    /// Where SIP over UDP is taken.
    pub udp: Option<SocketAddr>,
    /// Where SIP over TCP is taken.
    pub tcp: Option<SocketAddr>,
    /// Where SIP over TLS is taken.
    pub tls: Option<SocketAddr>,
    /// The certificate chain for TLS, PEM.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// The address on which RTP is received; all, where there is none.
    pub ip: Option<IpAddr>,
    /// The address that peers are told, where it is another (behind NAT).
    pub told_ip: Option<IpAddr>,
    /// First and last UDP port for RTP, two for each call at least, even ones are used; the system chooses where there is none.
    pub rtp_ports: Option<(u16, u16)>,
    /// Networks that may call: `10.1.0.0/16`, `10.1.2.3`; empty: all.
    pub allow: Vec<String>,
    /// How agent and customer are told apart.
    pub roles: RoleRules,
    /// Takes calls that do not say they are recordings.
    pub plain: bool,
    /// A call without RTP and without SIP is over after so many seconds.
    pub silence_s_max: u64,
    /// A connection that stalls in a handshake, within a message or in reading is closed after so many seconds.
    pub stall_s_max: u64,
}

impl Default for SiprecConfig {
    fn default() -> Self {
        Self {
            name: "siprec".into(),
            udp: None,
            tcp: None,
            tls: None,
            tls_certificate: None,
            tls_key: None,
            ip: None,
            told_ip: None,
            rtp_ports: Some((30_000, 30_999)),
            allow: Vec::new(),
            roles: RoleRules::default(),
            plain: false,
            silence_s_max: 300,
            stall_s_max: 10,
        }
    }
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum SiprecError {
    /// No address is configured.
    #[error("neither `udp` nor `tcp` nor `tls` is configured")]
    Nowhere,
    /// An address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// `allow` holds something else than networks.
    #[error("`allow`: {0}")]
    Allow(#[from] acl::NetError),
    /// TLS without certificate or key, or with ones that cannot be used.
    #[error("TLS: {0}")]
    Tls(String),
}

/// A server that has its sockets.
pub struct Bound {
    config: SiprecConfig,
    udp: Option<UdpSocket>,
    tcp: Option<TcpListener>,
    tls: Option<(TcpListener, TlsAcceptor)>,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound").field("config", &self.config.name).finish_non_exhaustive()
    }
}

/// Binds the configured addresses.
///
/// # Errors
/// [`SiprecError`].
pub async fn bind(config: SiprecConfig) -> Result<Bound, SiprecError> {
    let listener = async |at: Option<SocketAddr>| match at {
        Some(at) => {
            TcpListener::bind(at).await.map(Some).map_err(|error| SiprecError::Bind(at, error))
        }
        None => Ok(None),
    };
    let udp = match config.udp {
        Some(at) => Some(UdpSocket::bind(at).await.map_err(|error| SiprecError::Bind(at, error))?),
        None => None,
    };
    let tcp = listener(config.tcp).await?;
    let tls = match listener(config.tls).await? {
        Some(listener) => Some((listener, acceptor(&config)?)),
        None => None,
    };
    if udp.is_none() && tcp.is_none() && tls.is_none() {
        return Err(SiprecError::Nowhere);
    }
    Ok(Bound { config, udp, tcp, tls })
}

fn acceptor(config: &SiprecConfig) -> Result<TlsAcceptor, SiprecError> {
    let wrong = |what: &dyn std::fmt::Display| SiprecError::Tls(what.to_string());
    let (Some(chain), Some(key)) = (&config.tls_certificate, &config.tls_key) else {
        return Err(wrong(&"`tls_certificate` and `tls_key` are needed"));
    };
    let certificates = CertificateDer::pem_file_iter(chain).map_err(|e| wrong(&e))?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(&e))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong(&e))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|e| wrong(&e))?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}

impl Bound {
    /// Where UDP, TCP and TLS are listened on.
    pub fn addresses(&self) -> [Option<SocketAddr>; 3] {
        [
            self.udp.as_ref().and_then(|socket| socket.local_addr().ok()),
            self.tcp.as_ref().and_then(|listener| listener.local_addr().ok()),
            self.tls.as_ref().and_then(|(listener, _)| listener.local_addr().ok()),
        ]
    }

    /// Serves until `stop`; then all calls are ended.
    ///
    /// # Errors
    /// [`SiprecError::Allow`].
    pub async fn serve(
        self,
        exchange: Arc<dyn Exchange>,
        stop: CancellationToken,
    ) -> Result<(), SiprecError> {
        let stall = Duration::from_secs(self.config.stall_s_max);
        let shared = Arc::new(server::Shared::new(self.config)?);
        let calls = TaskTracker::new();
        let server = server::Server { shared, exchange, calls: calls.clone(), stop: stop.clone() };
        let taker: Arc<dyn Take> = Arc::new(server);
        // Sockets close after the calls have said good-bye.
        let close = CancellationToken::new();
        let sockets = TaskTracker::new();
        if let Some(socket) = self.udp {
            sockets.spawn(listen::udp(socket, Arc::clone(&taker), close.clone()));
        }
        if let Some(listener) = self.tcp {
            sockets.spawn(listen::stream(listener, None, stall, Arc::clone(&taker), close.clone()));
        }
        if let Some((listener, tls)) = self.tls {
            sockets.spawn(listen::stream(
                listener,
                Some(tls),
                stall,
                Arc::clone(&taker),
                close.clone(),
            ));
        }
        stop.cancelled().await;
        calls.close();
        let _ = tokio::time::timeout(FAREWELL, calls.wait()).await;
        close.cancel();
        sockets.close();
        sockets.wait().await;
        Ok(())
    }
}

/// Binds, and serves until `stop`.
///
/// # Errors
/// [`SiprecError`].
pub async fn serve(
    config: SiprecConfig,
    exchange: Arc<dyn Exchange>,
    stop: CancellationToken,
) -> Result<(), SiprecError> {
    bind(config).await?.serve(exchange, stop).await
}

/// Reads any bytes as a request of a recording client with its parts, for a fuzzer, and as each of these parts alone.
pub fn fuzz(bytes: &[u8]) {
    let here = IpAddr::from([127, 0, 0, 1]);
    let describe = |bytes: &[u8]| {
        let offered = sdp::parse(&String::from_utf8_lossy(bytes));
        let reply = sdp::Reply { port: 4_000, inactive: false, crypto: None };
        let replies = vec![reply; offered.media.len()];
        let told = sdp::answer(&offered, &replies, here, 1, 1);
        assert_eq!(sdp::parse(&told).media.len(), offered.media.len(), "a line for each");
        for medium in &offered.media {
            let _ = (super::rtp::srtp::Key::choose(&medium.cryptos), medium.codec());
        }
    };
    describe(bytes);
    if let Ok(metadata) = metadata::parse(bytes) {
        let _ = (metadata.senders("1").len(), metadata.present().count());
    }
    let Ok(message) = Message::parse(bytes) else { return };
    let _ = (picture::bridge(&message), picture::cisco_parties(&message));
    let kind = message.header("content-type").unwrap_or_default();
    let mut known = picture::Picture::default();
    if let Ok(parts) = multipart::split(kind, &message.body) {
        parts.iter().for_each(|part| describe(part.body));
        let _ = known.learn(&message, &parts);
        let _ = known.learn(&message, &parts);
    }
    let hint = |label: &str| picture::LegHint { label: label.into(), ..Default::default() };
    let (hints, rules) = ([hint("1"), hint("m1")], RoleRules::default());
    let roles = known.roles(&hints, &rules);
    let _ = known.facts(&hints, &roles, &rules);
}

#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
