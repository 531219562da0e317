//! The provider of a build without feature `oidc`: there is none.
//!
//! In: a configuration. Out: an error that says what is missing.

use std::convert::Infallible;

use super::{OidcConfig, OidcError};
use crate::access::Secret;

/// Never there.
pub(super) struct Provider(Infallible);

impl Provider {
    pub(super) fn open(_: &OidcConfig) -> Result<Self, OidcError> {
        let why =
            "this build has no OpenID Connect (feature `oidc`); take [oidc] out, or another build";
        Err(OidcError::Config(why.into()))
    }

    pub(super) fn issuer(&self) -> &str {
        match self.0 {}
    }

    pub(super) async fn way(
        &self,
        _: &Secret,
        _: &Secret,
        _: &Secret,
    ) -> Result<String, OidcError> {
        match self.0 {}
    }

    pub(super) async fn subject(
        &self,
        _: &str,
        _: &Secret,
        _: &Secret,
    ) -> Result<String, OidcError> {
        match self.0 {}
    }
}
