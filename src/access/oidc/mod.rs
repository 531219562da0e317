//! Log-in through a company's own OpenID Connect provider: authorization code with PKCE.
//!
//! In: the configuration, then a browser's way there and back. Out: the subject that the provider vouches for, as
//! accounts carry it: `ISSUER#SUB`. Whether such an account exists, and what it may, is for others to say. A build
//! without feature `oidc` has all of this but the provider, and says so when one is configured.

mod config;
mod pending;
#[cfg(feature = "oidc")]
mod provider;
#[cfg(not(feature = "oidc"))]
#[path = "absent.rs"]
mod provider;

use std::sync::Mutex;

pub use config::{OidcConfig, RawOidc, SUBJECT_CHARS};
pub use pending::{KEPT_S, local_path};

use pending::{Begun, Pending};
use provider::Provider;

use super::Secret;

/// Where the provider sends browsers back to, behind the service's own address.
pub const CALLBACK: &str = "/api/v1/session/oidc/callback";

/// Why nobody gets in this way.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The configuration cannot be used.
    #[error("oidc: {0}")]
    Config(String),
    /// The provider does not answer, or not as one.
    #[error("the identity provider: {0}")]
    Provider(String),
    /// It is not them, or not any more: one word or two for the audit log.
    #[error("refused: {0}")]
    Refused(&'static str),
}

/// The way to the provider and back.
pub struct SignOn {
    name: Option<String>,
    provider: Provider,
    pending: Mutex<Pending>,
}

impl std::fmt::Debug for SignOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignOn")
    }
}

impl SignOn {
    /// Reads the client's secret; the provider is asked when the first person comes.
    ///
    /// # Errors
    /// [`OidcError::Config`].
    pub fn open(config: &OidcConfig) -> Result<Self, OidcError> {
        Ok(Self {
            name: config.name.clone(),
            provider: Provider::open(config)?,
            pending: Mutex::default(),
        })
    }

    /// What people call the provider.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Sends a browser on its way: where to, and what it must bring back as a cookie.
    ///
    /// # Errors
    /// [`OidcError::Provider`] when it cannot be found.
    pub async fn begin(&self, next: String, now_ms: u64) -> Result<(String, Secret), OidcError> {
        let [state, nonce, verifier, browser] = std::array::from_fn(|_| Secret::draw(""));
        let url = self.provider.way(&state, &nonce, &verifier).await?;
        let begun = Begun { browser: browser.hash(), nonce, verifier, next };
        self.pending.lock().expect("nobody panics holding it").add(&state, begun, now_ms);
        Ok((url, browser))
    }

    /// Takes a browser back in: the way it began, which is over with this, whatever comes of it.
    ///
    /// # Errors
    /// [`OidcError::Refused`].
    pub fn back(
        &self,
        state: &str,
        browser: Option<&str>,
        now_ms: u64,
    ) -> Result<Begun, OidcError> {
        let mut pending = self.pending.lock().expect("nobody panics holding it");
        pending.take(&Secret::given(state), browser, now_ms).map_err(OidcError::Refused)
    }

    /// Asks the provider who it was that came back with this code.
    ///
    /// # Errors
    /// [`OidcError::Provider`], [`OidcError::Refused`].
    pub async fn who(&self, begun: &Begun, code: &str) -> Result<String, OidcError> {
        self.provider.subject(code, &begun.nonce, &begun.verifier).await
    }

    /// Whether an answer that names its issuer (RFC 9207) names ours.
    pub fn is_from(&self, issuer: &str) -> bool {
        self.provider.issuer() == issuer
    }
}
