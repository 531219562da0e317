//! What may raise alerts of a call that goes on, although it is not settled.
//!
//! In: the call so far, with what was heard early. Out: findings that what is said later may yet put in another light, and
//! whether such a finding hangs on speech that is yet to be recognised.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{AudioTime, EndedCall, Party, Scorecard, Verdict};
use crate::rubric::{CallFacts, PARTIES_CONFIDENCE_MIN, Plan};
use crate::session::SoFar;

/// What was done wrong, or missed, of a call whose legs are known as far as `legs` tells.
pub(super) fn raised(plans: &[Arc<Plan>], so_far: &SoFar, legs: &[AudioTime]) -> Vec<Scorecard> {
    let SoFar { info, call, horizon, .. } = so_far;
    let facts = CallFacts::of(info, call);
    // Words that nobody may say are told at once, also while the other party is speaking.
    let heard = plans.iter().flat_map(|plan| plan.heard_so_far(&facts));
    heard.chain(missed(plans, &facts, call, (*horizon, legs))).collect()
}

/// What a party missed, whatever the other is just saying, and what both together did.
fn missed<'a>(
    plans: &'a [Arc<Plan>],
    facts: &'a CallFacts<'a>,
    call: &'a EndedCall,
    (horizon, legs): (AudioTime, &'a [AudioTime]),
) -> impl Iterator<Item = Scorecard> + 'a {
    let alone = ahead(call, horizon, legs).into_iter().flat_map(move |(party, until)| {
        plans.iter().flat_map(move |plan| plan.missed_so_far(facts, party, until))
    });
    let until = legs.iter().min().copied().filter(|until| *until > horizon);
    let both = until.into_iter();
    alone.chain(
        both.flat_map(move |until| plans.iter().flat_map(move |plan| plan.settled(facts, until))),
    )
}

/// Whether an alert hangs on speech that is not recognised yet: where nothing of it counts, something is missed that is not by
/// what is known now. `speaks_to` tells how far each leg is spoken on.
pub(super) fn hangs(
    plans: &[Arc<Plan>],
    so_far: &SoFar,
    raised: &[Scorecard],
    speaks_to: &[AudioTime],
) -> bool {
    let SoFar { info, call, horizon, legs } = so_far;
    if speaks_to.iter().zip(legs).all(|(to, known)| to <= known) {
        return false;
    }
    let facts = CallFacts::of(info, call);
    let known: BTreeSet<_> = raised.iter().flat_map(not_met).collect();
    let mut missed = missed(plans, &facts, call, (*horizon, speaks_to));
    missed.any(|card| not_met(&card).any(|one| !known.contains(&one)))
}

/// Rubric and criterion of what was not met.
fn not_met(card: &Scorecard) -> impl Iterator<Item = (String, String)> + '_ {
    let findings = card.findings.iter().filter(|one| matches!(one.verdict, Verdict::NotMet(_)));
    findings.map(|one| (card.rubric.id.as_str().to_owned(), one.criterion.as_str().to_owned()))
}

/// The parties of legs that are known further than the call is, and how far; none before somebody spoke, for windows count
/// from there, and none where it is not sure who is who: the one who is still to be heard may be the agent.
fn ahead(call: &EndedCall, horizon: AudioTime, legs: &[AudioTime]) -> Vec<(Party, AudioTime)> {
    let begun = call.transcript.utterances.iter().any(|one| one.span.start() < horizon);
    let sure = call.parties_confidence >= PARTIES_CONFIDENCE_MIN;
    let legs = call.media.legs.iter().map(|leg| leg.party).zip(legs.iter().copied());
    legs.filter(|(_, until)| begun && sure && *until > horizon).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::service::live::hidden::tests::call;
    use crate::domain::{CallId, CallInfo, Language, Leg, LegIx, PartyFrom, Span, Utterance};
    use crate::rubric::watches;

    /// A customer and an agent, told.
    fn told() -> EndedCall {
        let mut call = call();
        call.parties_confidence = 1.0;
        for (leg, party) in [(0, Party::Customer), (1, Party::Agent)] {
            let (leg, party_from) = (LegIx(leg), PartyFrom::Sidecar);
            call.media.legs.push(Leg {
                leg,
                party,
                party_from,
                party_confidence: 1.0,
                snr_db: None,
                speech_dbfs: None,
            });
        }
        call
    }

    fn said(text: &str) -> Utterance {
        Utterance {
            id: 0,
            leg: LegIx(1),
            speaker: 1,
            party: Party::Agent,
            span: Span::from_ms(500, 1_500).unwrap(),
            text: text.to_owned().into(),
            confidence: 1.0,
            words: Vec::new(),
        }
    }

    #[test]
    fn a_party_is_ahead_where_only_the_other_is_speaking() {
        let at = AudioTime::from_ms;
        let mut call = told();
        let legs = [at(4_000), at(9_000)];
        assert_eq!(ahead(&call, at(4_000), &legs), [], "nobody has spoken yet");
        call.transcript.utterances.push(said("x"));
        assert_eq!(ahead(&call, at(4_000), &legs), [(Party::Agent, at(9_000))]);
        call.parties_confidence = 0.3;
        assert_eq!(ahead(&call, at(4_000), &legs), [], "who is who is not sure");
    }

    #[test]
    fn an_alert_hangs_on_the_words_that_may_still_come_in_time() {
        let at = AudioTime::from_ms;
        let plans = [Arc::new(Plan::compile(watches().unwrap()))];
        let so_far = |text: &str| {
            let mut call = told();
            call.transcript.utterances.push(said(text));
            let mut info = CallInfo::unknown(CallId::new("c").unwrap());
            info.language = Some(Language::chinese());
            SoFar { info, call, horizon: at(3_000), legs: vec![at(3_000); 2] }
        };
        let (rude, polite) = (so_far("什么事"), so_far("您好请讲"));
        let hangs = |so_far: &SoFar, raised: &[Scorecard], to_ms| {
            hangs(&plans, so_far, raised, &[at(3_000), at(to_ms)])
        };
        assert!(!hangs(&rude, &[], 9_000), "there is time yet");
        assert!(hangs(&rude, &[], 12_000), "ten seconds from the first word are over");
        assert!(!hangs(&polite, &[], 12_000), "it was said");
        let known = raised(&plans, &rude, &[at(3_000), at(12_000)]);
        assert!(!hangs(&rude, &known, 12_000), "it was raised");
    }
}
