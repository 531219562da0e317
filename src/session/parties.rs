//! Who is who: the sidecar's word where it has one, else the evidence.
//!
//! In: what is known of the call, and its utterances by voice. Out: the party of each voice and leg.

use std::collections::BTreeMap;

use super::roles::{self, Role, Said};
use crate::domain::{CallInfo, Party, PartyFrom, Problem, ProblemKind, Utterance};

/// The parties of a call.
pub(super) struct Parties {
    /// By voice: the leg where each party has its own, else from diarisation.
    roles: BTreeMap<u8, Role>,
    /// Whether voices are legs.
    own_legs: bool,
    /// The sidecar is contradicted.
    pub(super) problem: Option<Problem>,
}

const UNKNOWN: Role = Role { party: Party::Unknown, from: PartyFrom::Nothing, confidence: 0.0 };

/// Utterances as evidence.
pub(super) fn said(utterances: &[Utterance]) -> Vec<Said<'_>> {
    utterances
        .iter()
        .map(|one| Said { speaker: one.speaker, span: one.span, text: one.text.as_str() })
        .collect()
}

/// Finds the parties. Where the voices of a lone leg could not be told apart, nobody has one.
pub(super) fn parties(
    info: &CallInfo,
    legs: usize,
    utterances: &[Utterance],
    voices_unsure: bool,
) -> Parties {
    let said = said(utterances);
    let named = info.legs.as_ref().filter(|named| named.len() == legs);
    let Some(named) = named else {
        if voices_unsure {
            return Parties::unknown();
        }
        let roles = roles::assign(&said, info.direction);
        return Parties { roles, own_legs: legs > 1, problem: None };
    };
    let role = |(ix, party): (usize, &Party)| {
        (ix as u8, Role { party: *party, from: PartyFrom::Sidecar, confidence: 1.0 })
    };
    let place = |party| named.iter().position(|one| *one == party).map(|ix| ix as u8);
    let problem = place(Party::Agent).zip(place(Party::Customer)).and_then(|(agent, customer)| {
        let confidence = roles::contradicts(&said, info.direction, agent, customer)?;
        let detail = format!("the words contradict the sidecar, confidence {confidence:.2}");
        Some(Problem { kind: ProblemKind::SwappedLegs, leg: None, span: None, detail })
    });
    let mut roles: BTreeMap<u8, Role> = named.iter().enumerate().map(role).collect();
    if problem.is_some() {
        // Neither is believed: what depends on who spoke is for a person to decide.
        roles.values_mut().for_each(|role| role.confidence = 0.0);
    }
    Parties { roles, own_legs: true, problem }
}

impl Parties {
    /// Nobody is known.
    pub(super) fn unknown() -> Self {
        Self { roles: BTreeMap::new(), own_legs: false, problem: None }
    }

    /// Writes each utterance's party.
    pub(super) fn name(&self, utterances: &mut [Utterance]) {
        for one in utterances {
            one.party = self.roles.get(&one.speaker).map_or(Party::Unknown, |role| role.party);
        }
    }

    /// The party of a leg; unknown where a leg holds several voices.
    pub(super) fn of_leg(&self, ix: usize) -> Role {
        let role = self.roles.get(&(ix as u8)).copied().filter(|_| self.own_legs);
        role.unwrap_or(UNKNOWN)
    }

    /// How sure the least sure voice is; 0 when nobody spoke.
    pub(super) fn confidence(&self) -> f32 {
        let least = self.roles.values().map(|role| role.confidence).reduce(f32::min);
        least.unwrap_or(0.0)
    }
}
