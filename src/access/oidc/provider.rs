//! The provider itself: found when it is first needed, asked over an HTTP client that follows nobody.
//!
//! In: a state, a nonce, a verifier; later a code. Out: where to send the browser; later the subject of an ID token
//! whose issuer, audience, nonce, expiry and signature were checked. No access token is kept or used.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError as Wrong, ClientId,
    ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenResponse as _,
};
use tokio::sync::Mutex;

use super::config::safe;
use super::{OidcConfig, OidcError};
use crate::access::Secret;

/// How long one request may take.
const ASK: Duration = Duration::from_secs(10);

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 512 << 10;

/// How long what the provider said of itself is believed: a key that it takes back must end.
const KNOWN: Duration = Duration::from_secs(3600);

/// How long it is left alone when it could not be found.
const PAUSE: Duration = Duration::from_secs(5);

/// Signatures by a private key only: a shared secret would also be the secret of whoever can read our file.
const ALGS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// The HTTP client.
#[derive(Debug, Clone)]
struct Http(reqwest::Client);

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("{0}")]
    Request(#[from] reqwest::Error),
    #[error("an answer of more than 512 KiB")]
    TooLong,
    #[error("an address that begins with neither https:// nor this machine's http://")]
    Unsafe,
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request: reqwest::Request = request.try_into()?;
            // The provider's own description names the addresses.
            if !safe(request.url()) {
                return Err(HttpError::Unsafe);
            }
            let mut response = self.0.execute(request).await?;
            let mut answer = HttpResponse::new(Vec::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = std::mem::take(response.headers_mut());
            while let Some(chunk) = response.chunk().await? {
                if answer.body().len() + chunk.len() > ANSWER_BYTES_MAX {
                    return Err(HttpError::TooLong);
                }
                answer.body_mut().extend_from_slice(&chunk);
            }
            Ok(answer)
        })
    }
}

/// What the provider says of itself, and when it was asked.
enum Known {
    Nothing,
    Silent(Instant),
    Metadata(Instant, Arc<CoreProviderMetadata>),
}

/// See the module.
pub(super) struct Provider {
    config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    secret: Secret,
    http: Http,
    known: Mutex<Known>,
}

impl Provider {
    pub(super) fn open(config: &OidcConfig) -> Result<Self, OidcError> {
        let wrong = |why: &dyn std::fmt::Display| OidcError::Config(why.to_string());
        let mut client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ASK)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("lingting/", env!("CARGO_PKG_VERSION")));
        if config.issuer.starts_with("https:") {
            client = client.https_only(true);
        } else {
            // No proxy leads to this machine.
            client = client.no_proxy();
        }
        Ok(Self {
            issuer: IssuerUrl::new(config.issuer.clone()).map_err(|e| wrong(&e))?,
            redirect: RedirectUrl::new(config.redirect.clone()).map_err(|e| wrong(&e))?,
            secret: config.secret()?,
            http: Http(client.build().map_err(|e| wrong(&e))?),
            known: Mutex::new(Known::Nothing),
            config: config.clone(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Where to send a browser.
    pub(super) async fn way(
        &self,
        state: &Secret,
        nonce: &Secret,
        verifier: &Secret,
    ) -> Result<String, OidcError> {
        let metadata = self.metadata().await?;
        if !safe(metadata.authorization_endpoint().url()) {
            return Err(OidcError::Provider(HttpError::Unsafe.to_string()));
        }
        let client_id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&metadata),
            client_id,
            None,
        )
        .set_redirect_uri(self.redirect.clone());
        let verifier = PkceCodeVerifier::new(verifier.reveal().to_owned());
        let state = CsrfToken::new(state.reveal().to_owned());
        let nonce = Nonce::new(nonce.reveal().to_owned());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, _, _) = client
            .authorize_url(flow, move || state, move || nonce)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Who a code stands for: `ISSUER#SUB`.
    pub(super) async fn subject(
        &self,
        code: &str,
        nonce: &Secret,
        verifier: &Secret,
    ) -> Result<String, OidcError> {
        let metadata = self.metadata().await?;
        let token = self.exchange(&metadata, code, verifier).await?;
        let nonce = Nonce::new(nonce.reveal().to_owned());
        let mut checked = self.check(&metadata, &token, &nonce);
        if matches!(checked, Err(Wrong::SignatureVerification(_))) {
            // The provider may have a new key since it was asked.
            let metadata = self.ask(&mut *self.known.lock().await).await?;
            checked = self.check(&metadata, &token, &nonce);
        }
        let sub = checked.map_err(|wrong| {
            tracing::warn!(why = word(&wrong), "an ID token was refused");
            OidcError::Refused(word(&wrong))
        })?;
        if sub.is_empty() || sub.chars().count() > 255 {
            return Err(OidcError::Refused("sub"));
        }
        Ok(format!("{}#{sub}", self.config.issuer))
    }

    async fn exchange(
        &self,
        metadata: &CoreProviderMetadata,
        code: &str,
        verifier: &Secret,
    ) -> Result<CoreIdToken, OidcError> {
        let client_id = ClientId::new(self.config.client_id.clone());
        let secret = ClientSecret::new(self.secret.reveal().to_owned());
        let client = CoreClient::from_provider_metadata(metadata.clone(), client_id, Some(secret))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth_type(metadata));
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|e| OidcError::Provider(e.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.reveal().to_owned()));
        let answer = request.request_async(&self.http).await.map_err(|error| match error {
            RequestTokenError::Request(error) => unreachable_because(&error),
            RequestTokenError::ServerResponse(said) => {
                tracing::warn!(error = %said.error().as_ref(), "the identity provider gave no token");
                OidcError::Refused("the provider refused the code")
            }
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                OidcError::Refused("the provider's answer holds no tokens")
            }
        })?;
        answer.id_token().cloned().ok_or(OidcError::Refused("no ID token"))
    }

    /// The subject, if all is right with the token.
    fn check(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<String, Wrong> {
        let client_id = ClientId::new(self.config.client_id.clone());
        let keys = metadata.jwks().clone();
        let verifier = CoreIdTokenVerifier::new_public_client(client_id, self.issuer.clone(), keys)
            .set_allowed_algs(ALGS);
        token.claims(&verifier, nonce).map(|claims| claims.subject().to_string())
    }

    /// What the provider says of itself, from memory if it was asked lately. One asks, the others wait.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let mut known = self.known.lock().await;
        match &*known {
            Known::Metadata(at, metadata) if at.elapsed() < KNOWN => Ok(Arc::clone(metadata)),
            Known::Silent(at) if at.elapsed() < PAUSE => {
                Err(OidcError::Provider("could not be found a moment ago".into()))
            }
            _ => self.ask(&mut known).await,
        }
    }

    async fn ask(&self, known: &mut Known) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        match CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known::Metadata(Instant::now(), Arc::clone(&metadata));
                Ok(metadata)
            }
            Err(error) => {
                *known = Known::Silent(Instant::now());
                Err(unreachable_because(&error))
            }
        }
    }
}

/// How the token endpoint wants to know us: in the header unless it takes the form only.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let takes = |way| {
        metadata.token_endpoint_auth_methods_supported().is_some_and(|all| all.contains(&way))
    };
    let form_only = takes(CoreClientAuthMethod::ClientSecretPost)
        && !takes(CoreClientAuthMethod::ClientSecretBasic);
    if form_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}

/// Why, to the bottom: the outer errors say little.
fn unreachable_because(error: &dyn std::error::Error) -> OidcError {
    let mut why = error.to_string();
    let mut cause = error;
    while let Some(source) = cause.source() {
        why = format!("{why}: {source}");
        cause = source;
    }
    OidcError::Provider(why)
}

/// What is wrong, in a word that holds nothing of the token.
fn word(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Expired(_) => "expired",
        Wrong::InvalidAudience(_) => "audience",
        Wrong::InvalidIssuer(_) => "issuer",
        Wrong::InvalidNonce(_) => "nonce",
        Wrong::SignatureVerification(_) => "signature",
        _ => "claims",
    }
}
