//! The tree of a query, and how it is written back.

use std::fmt;

use crate::domain::Party;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// Something is said.
    Say(Say),
    /// Each of these holds somewhere in the call.
    And(Vec<Expr>),
    /// One of these does.
    Or(Vec<Expr>),
    /// This does not.
    Not(Box<Expr>),
    /// Something is said that stands so to something else.
    Relation {
        /// How they stand.
        how: Relation,
        /// What is looked for.
        left: Box<Expr>,
        /// What it is held against.
        right: Box<Expr>,
    },
    /// Only what one party says, or what is said in a part of the call.
    Only(Only, Box<Expr>),
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// How it is compared.
    pub how: How,
    /// As it was typed.
    pub text: String,
}

/// How what was said is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Typed bare: Chinese is cut into words, all of which are in one utterance.
    Bare,
    /// In quotes: these characters and words, one after the other.
    Exact,
    /// What sounds like it.
    Sounds,
    /// A Chinese word of its own, not a part of others.
    Word,
}

/// How two things said stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// At most so many characters or words between them, in one turn.
    NearUnits(u32),
    /// At most so many milliseconds between them, whoever speaks.
    NearMs(u64),
    /// The left one is not a part of the right one.
    NotIn,
    /// The right one comes after the left one; maybe within so many milliseconds.
    Before(Option<u64>),
    /// The right one comes before the left one; maybe within so many milliseconds.
    After(Option<u64>),
}

/// Where something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Said by this party.
    By(Party),
    /// In the first milliseconds, counted from the call's first word.
    FirstMs(u64),
    /// In the last milliseconds, counted back from the call's last word.
    LastMs(u64),
}

impl Expr {
    /// Whether it has places in the call, so that something can stand near them.
    pub fn has_places(&self) -> bool {
        match self {
            Expr::Say(_) | Expr::Relation { .. } => true,
            Expr::Or(all) => all.iter().all(Expr::has_places),
            Expr::Only(_, one) => one.has_places(),
            Expr::And(_) | Expr::Not(_) => false,
        }
    }

    /// What it says, leaf by leaf.
    pub fn says(&self) -> Vec<&Say> {
        match self {
            Expr::Say(say) => vec![say],
            Expr::And(all) | Expr::Or(all) => all.iter().flat_map(Expr::says).collect(),
            Expr::Not(one) | Expr::Only(_, one) => one.says(),
            Expr::Relation { left, right, .. } => {
                [left, right].into_iter().flat_map(|one| one.says()).collect()
            }
        }
    }
}

/// As the language writes a time.
pub(super) fn duration(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.how {
            How::Bare => f.write_str(text),
            How::Exact => write!(f, "\"{text}\""),
            How::Sounds => write!(f, "sounds:\"{text}\""),
            How::Word => write!(f, "word:\"{text}\""),
        }
    }
}

/// In brackets where it would otherwise be read with its neighbours.
struct Inner<'e>(&'e Expr);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Say(_) | Expr::Only(..) => write!(f, "{}", self.0),
            _ => write!(f, "({})", self.0),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Expr], between: &str| {
            for (ix, one) in all.iter().enumerate() {
                f.write_str(if ix == 0 { "" } else { between })?;
                write!(f, "{}", Inner(one))?;
            }
            Ok(())
        };
        match self {
            Expr::Say(say) => write!(f, "{say}"),
            Expr::And(all) => list(f, all, " "),
            Expr::Or(all) => list(f, all, " OR "),
            Expr::Not(one) => write!(f, "NOT {}", Inner(one)),
            Expr::Only(Only::By(Party::Agent), one) => write!(f, "agent:({one})"),
            Expr::Only(Only::By(_), one) => write!(f, "customer:({one})"),
            Expr::Only(Only::FirstMs(ms), one) => write!(f, "first:{}({one})", duration(*ms)),
            Expr::Only(Only::LastMs(ms), one) => write!(f, "last:{}({one})", duration(*ms)),
            Expr::Relation { how, left, right } => {
                let (word, within) = match how {
                    Relation::NearUnits(units) => (format!("NEAR/{units}"), None),
                    Relation::NearMs(ms) => ("NEAR".to_owned(), Some(*ms)),
                    Relation::NotIn => ("NOT IN".to_owned(), None),
                    Relation::Before(within) => ("BEFORE".to_owned(), *within),
                    Relation::After(within) => ("AFTER".to_owned(), *within),
                };
                write!(f, "{} {word} {}", Inner(left), Inner(right))?;
                match within {
                    Some(ms) => write!(f, " within {}", duration(ms)),
                    None => Ok(()),
                }
            }
        }
    }
}
