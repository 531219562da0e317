//! Webhooks: other systems are told what happened, signed, until they say that they have heard.
//!
//! In: the event log. Out: HTTP requests, and a log of them. Nothing is sent that the webhook's scope does not see,
//! and no call text ever.

mod form;
mod guard;
mod outbox;
mod secrets;
mod send;
mod sign;
#[cfg(test)]
mod tests;

pub use guard::{Guard, GuardError};
pub use outbox::{Outbox, Pace};
pub use secrets::{SecretsError, is_stale, opened, seal_anew, sealed};
pub use sign::new_secret;
