//! Personal data found in a transcript.

use super::{LegIx, Span};

/// What kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PiiKind {
    /// A telephone number.
    Phone,
    /// A Chinese resident identity card number (GB 11643-1999).
    IdCard,
    /// A payment card number (ISO/IEC 7812-1).
    BankCard,
    /// A United States social security number.
    Ssn,
    /// An e-mail address.
    Email,
    /// A payment card's security code (CVV2, CVC2, CID), which nobody may keep once a payment is
    /// authorised (PCI DSS 3.3.1).
    Cvv,
}

impl PiiKind {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            PiiKind::Phone => "phone",
            PiiKind::IdCard => "id_card",
            PiiKind::BankCard => "bank_card",
            PiiKind::Ssn => "ssn",
            PiiKind::Email => "email",
            PiiKind::Cvv => "cvv",
        }
    }

    /// Whether it may not be kept in clear anywhere, whatever the user asks for.
    pub const fn is_never_kept(self) -> bool {
        matches!(self, PiiKind::Cvv)
    }
}

/// One piece of personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct Pii {
    /// What kind.
    pub kind: PiiKind,
    /// Where it is heard.
    pub leg: LegIx,
    /// When.
    pub span: Span,
    /// The value with its middle starred out: `199****6136`.
    pub masked: String,
}
