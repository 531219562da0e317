//! The table `[oidc]`.
//!
//! In: as written. Out: as it can be used, or the key that is wrong and why. Nothing is opened here.

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::{CALLBACK, OidcError};
use crate::access::Secret;

/// Characters of an issuer.
const ISSUER_CHARS: usize = 255;

/// Characters of what an account carries: issuer, `#`, and a `sub`, which has at most 255.
pub const SUBJECT_CHARS: usize = ISSUER_CHARS + 1 + 255;

/// Bytes of the secret's file.
const SECRET_BYTES_MAX: u64 = 4096;

/// As written.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawOidc {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    name: Option<String>,
}

/// Where the client's secret stands.
#[derive(Debug, Clone)]
enum Kept {
    Here(Secret),
    File(PathBuf),
}

/// How to log in through a provider.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// The provider, exactly as it writes itself.
    pub issuer: String,
    /// What this service is called there.
    pub client_id: String,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// What people call it, for the log-in page.
    pub name: Option<String>,
    /// Where browsers come back to.
    pub redirect: String,
    secret: Kept,
}

impl RawOidc {
    /// Checks it; `public_url` is where browsers find the service, without a slash at the end.
    ///
    /// # Errors
    /// The key that is wrong, and what would be right.
    pub fn valid(self, public_url: Option<&str>) -> Result<OidcConfig, (&'static str, String)> {
        let Some(public_url) = public_url else {
            let why = "must be set with [oidc]: the provider sends browsers back there";
            return Err(("public_url", why.into()));
        };
        let wrong = |key, why: &str| Err((key, why.to_owned()));
        let Ok(issuer) = Url::parse(&self.issuer) else {
            return wrong("oidc.issuer", "must be a URL such as https://login.example.com");
        };
        if !safe(&issuer) {
            return wrong("oidc.issuer", "must begin with https:// (http:// on this machine only)");
        }
        let bare = issuer.query().is_none() && issuer.fragment().is_none();
        if !bare || !issuer.username().is_empty() || self.issuer.len() > ISSUER_CHARS {
            let why = "has no user, `?` or `#`, and at most 255 characters";
            return wrong("oidc.issuer", why);
        }
        if self.client_id.trim().is_empty() {
            return wrong("oidc.client_id", "is missing: what the provider calls this service");
        }
        let secret = match (self.client_secret, self.client_secret_file) {
            (Some(secret), None) if !secret.is_empty() => Kept::Here(Secret::given(&secret)),
            (None, Some(file)) => Kept::File(file),
            _ => {
                let why = "must be set, or else client_secret_file; one of the two";
                return wrong("oidc.client_secret", why);
            }
        };
        let mut scopes =
            self.scopes.unwrap_or_else(|| ["profile", "email"].map(String::from).to_vec());
        let fits = |scope: &String| {
            let allowed = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
            !scope.is_empty() && scope.len() <= 200 && scope.bytes().all(allowed)
        };
        if scopes.len() > 20 || !scopes.iter().all(fits) {
            return wrong("oidc.scopes", "are at most 20 words such as \"profile\"");
        }
        // It is always asked for.
        scopes.retain(|scope| scope != "openid");
        Ok(OidcConfig {
            issuer: self.issuer,
            client_id: self.client_id,
            scopes,
            name: self.name.filter(|name| !name.trim().is_empty()),
            redirect: format!("{public_url}{CALLBACK}"),
            secret,
        })
    }
}

impl OidcConfig {
    /// The client's secret.
    ///
    /// # Errors
    /// [`OidcError::Config`] when its file cannot be read, or is empty.
    #[cfg_attr(not(feature = "oidc"), allow(dead_code))]
    pub(super) fn secret(&self) -> Result<Secret, OidcError> {
        use std::io::Read as _;
        let path = match &self.secret {
            Kept::Here(secret) => return Ok(secret.clone()),
            Kept::File(path) => path,
        };
        let wrong = |why: String| {
            OidcError::Config(format!("client_secret_file {}: {why}", path.display()))
        };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
        let read = file.take(SECRET_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|e| wrong(e.to_string()))?;
        match text.trim() {
            "" => Err(wrong("is empty".into())),
            secret => Ok(Secret::given(secret)),
        }
    }
}

/// Whether what is sent there cannot be read on the way: TLS, or this machine.
pub(super) fn safe(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(change: impl Fn(&mut RawOidc)) -> RawOidc {
        let mut raw = RawOidc {
            issuer: "https://login.example.com/acme".into(),
            client_id: "qm".into(),
            client_secret: Some("s3cret-s3cret".into()),
            ..RawOidc::default()
        };
        change(&mut raw);
        raw
    }

    #[test]
    fn mistakes_name_the_key() {
        type Change = fn(&mut RawOidc);
        let table: &[(Change, Option<&str>)] = &[
            (|_| (), None),
            (|raw| raw.issuer = "http://127.0.0.1:9000".into(), None),
            (|raw| raw.issuer = "http://login.example.com".into(), Some("oidc.issuer")),
            (|raw| raw.issuer = "http://127.0.0.1.evil.test".into(), Some("oidc.issuer")),
            (|raw| raw.issuer = "https://login.example.com/#a".into(), Some("oidc.issuer")),
            (|raw| raw.issuer = "login".into(), Some("oidc.issuer")),
            (|raw| raw.client_id = String::new(), Some("oidc.client_id")),
            (|raw| raw.client_secret = None, Some("oidc.client_secret")),
            (|raw| raw.client_secret_file = Some("f".into()), Some("oidc.client_secret")),
            (|raw| raw.scopes = Some(vec!["a b".into()]), Some("oidc.scopes")),
        ];
        for (ix, (change, told)) in table.iter().enumerate() {
            let key = raw(change).valid(Some("https://qm.test")).err().map(|(key, _)| key);
            assert_eq!(key, *told, "row {ix}");
        }
        assert_eq!(raw(|_| ()).valid(None).unwrap_err().0, "public_url");
    }

    #[test]
    fn the_secret_does_not_print() {
        let config = raw(|_| ()).valid(Some("https://qm.test")).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        assert_eq!(config.redirect, "https://qm.test/api/v1/session/oidc/callback");
        assert_eq!(config.secret().unwrap().reveal(), "s3cret-s3cret");
    }

    #[test]
    fn the_secret_may_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let config = || {
            let raw = raw(|raw| {
                raw.client_secret = None;
                raw.client_secret_file = Some(file.clone());
            });
            raw.valid(Some("https://qm.test")).unwrap().secret()
        };
        assert!(config().unwrap_err().to_string().contains("client_secret_file"));
        std::fs::write(&file, "\n").unwrap();
        assert!(config().unwrap_err().to_string().contains("is empty"));
        std::fs::write(&file, "s3cret\n").unwrap();
        assert_eq!(config().unwrap().reveal(), "s3cret");
    }
}
