//! Who may do what: the table of roles and actions, and the tools that prove who somebody is.
//!
//! In: a role, a password, a secret, an attempt to log in. Out: yes or no. [`Action`] and its table are the
//! one place where rights stand; `docs/access.md` is written from it. Nothing here knows of HTTP or tables.

mod action;
pub mod oidc;
mod password;
mod secret;
mod throttle;

pub use action::{Action, Leave, TokenScopes, fits};
pub use password::{PASSWORD_CHARS, PasswordError, Passwords};
pub use secret::{Secret, same};
pub use throttle::{Throttle, Tries};
