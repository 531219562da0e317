//! Who asks: the person behind a session or a token.
//!
//! In: what [`super::gate`] found out. Out: [`Caller`], which every handler takes that is not for everybody.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::{ApiError, said};
use crate::access::{Action, TokenScopes};
use crate::domain::{Belongs, Role, Scope};
use crate::store::people::Person;
use crate::store::sessions::Session;
use crate::store::tokens::Token;

/// By what they got in.
#[derive(Debug, Clone)]
pub enum Via {
    /// A cookie.
    Session(Arc<Session>),
    /// An API token, and what it may be used for.
    Token(Arc<Token>, TokenScopes),
}

/// Who asks. Taken as an argument of a handler; not there, the answer is 401.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Them.
    pub person: Arc<Person>,
    /// How they got in.
    pub via: Via,
    /// Where from, as far as proxies that are trusted tell.
    pub address: IpAddr,
}

impl Caller {
    /// What the audit log calls them.
    pub fn id(&self) -> &str {
        &self.person.id
    }

    /// What they are.
    pub fn role(&self) -> Role {
        self.person.role
    }

    /// Which calls they see.
    pub fn scope(&self) -> &Scope {
        &self.person.scope
    }

    /// Whether they see a call.
    pub fn sees(&self, call: &Belongs) -> bool {
        self.person.scope.sees(call)
    }

    /// Whether they may, by role, scope and token.
    pub fn allowed(&self, action: Action) -> bool {
        let token = match &self.via {
            Via::Session(_) => true,
            Via::Token(_, scopes) => scopes.allow(action),
        };
        token && action.allows(self.role(), self.scope())
    }

    /// Lets them, or not. The route's own action is asked before its handler runs; this is for what a handler
    /// does besides.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        if self.allowed(action) {
            return Ok(());
        }
        let (en, zh) = action.about();
        Err(ApiError::Forbidden(said(
            format!("it takes leave to: {en}"),
            format!("需要权限：{zh}"),
        )))
    }

    /// For what no token may do, whatever its scopes: it could make itself last for ever.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn in_person(&self) -> Result<&Session, ApiError> {
        match &self.via {
            Via::Session(session) => Ok(session),
            Via::Token(..) => Err(ApiError::Forbidden(said(
                "log in with a password for this: a token may not",
                "此操作需登录后进行，不能使用令牌",
            ))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or(ApiError::Unauthenticated)
    }
}

/// The address a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let from = parts.extensions.get::<From>().copied();
        from.ok_or_else(|| ApiError::internal("the gate tells every request's address"))
    }
}
