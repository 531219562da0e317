//! Who asks for a phrase: which rubrics, and in whose mouth.
//!
//! In: rubrics by their number in the plan, and the party a condition wants. Out: sets. What nobody asks
//! for in an utterance is not looked for in it: a call is judged by few of the rubrics, and half of what
//! they ask is of the other party.

use crate::domain::Party;

/// A set of rubrics, each with the party it asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Askers(u64);

/// Kinds of askers a rubric can be: about anybody, the agent, the customer, the bot.
const KINDS: u32 = 4;

/// Rubrics that are told apart. Those beyond share places, so that a little too much is looked for.
const RUBRICS: usize = (u64::BITS / KINDS) as usize;

impl Askers {
    /// Everybody.
    pub(crate) const ALL: Self = Self(u64::MAX);

    /// A rubric that asks about a party, or about anybody.
    pub(crate) fn one(rubric: usize, about: Option<Party>) -> Self {
        Self(1 << (rubric % RUBRICS * KINDS as usize + kind(about)))
    }

    /// All that a rubric may ask of words by a party. A voice that nobody knows may be anybody's.
    pub(crate) fn of(rubric: usize, said_by: Party) -> Self {
        let place = rubric % RUBRICS * KINDS as usize;
        let kinds = match said_by {
            Party::Unknown => (1 << KINDS) - 1,
            party => 1 | 1 << kind(Some(party)),
        };
        Self(kinds << place)
    }

    /// Adds others.
    pub(crate) fn join(&mut self, others: Askers) {
        self.0 |= others.0;
    }

    /// Whether two sets have one in common.
    pub(crate) fn meet(self, others: Askers) -> bool {
        self.0 & others.0 != 0
    }
}

fn kind(about: Option<Party>) -> usize {
    match about {
        None | Some(Party::Unknown) => 0,
        Some(Party::Agent) => 1,
        Some(Party::Customer) => 2,
        Some(Party::Bot) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_looked_for_where_its_condition_looks() {
        use Party::{Agent, Bot, Customer, Unknown};
        for (about, said_by, wanted) in [
            (None, Agent, true),
            (None, Unknown, true),
            (Some(Agent), Agent, true),
            (Some(Agent), Customer, false),
            (Some(Agent), Unknown, true),
            (Some(Customer), Agent, false),
            (Some(Bot), Bot, true),
            (Some(Bot), Customer, false),
        ] {
            for rubric in [0, 3, 15, 16, 40] {
                let asks = Askers::one(rubric, about);
                assert_eq!(asks.meet(Askers::of(rubric, said_by)), wanted, "{about:?} {said_by:?}");
                assert!(!asks.meet(Askers::of(rubric + 1, said_by)));
            }
        }
    }
}
