//! A chat: a conversation that was written, message by message.

use super::{Party, Sensitive};

/// One message, as the platform's export has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Milliseconds after the first message; absent throughout when the export has no times.
    pub at_ms: Option<u64>,
    /// Who wrote it, as far as the export says.
    pub party: Party,
    /// Tells writers apart: the same number, the same name.
    pub writer: u8,
    /// What was written, in one line.
    pub text: Sensitive<String>,
}
