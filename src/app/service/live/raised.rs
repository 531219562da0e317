//! What may raise alerts of a call that goes on, although it is not settled.
//!
//! In: the call so far, with what was heard early. Out: findings that what is said later may yet put in another light, and
//! whether such a finding hangs on speech that is yet to be recognised.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{AudioTime, EndedCall, Party, Scorecard, Verdict};
use crate::rubric::{CallFacts, PARTIES_CONFIDENCE_MIN, Plan};
use crate::session::SoFar;

/// What was done wrong, or missed, in a call as far as its legs are known.
pub(super) fn raised(plans: &[Arc<Plan>], so_far: &SoFar) -> Vec<Scorecard> {
    let facts = CallFacts::of(&so_far.info, &so_far.call);
    // Words that nobody may say are told at once, also while the other party is speaking.
    let heard = plans.iter().flat_map(|plan| plan.heard_so_far(&facts));
    heard.chain(missed(plans, so_far, &so_far.legs)).collect()
}

/// What a party missed, whatever the other is just saying, and what both together did, were the legs known as far as `legs` tells.
fn missed(plans: &[Arc<Plan>], so_far: &SoFar, legs: &[AudioTime]) -> Vec<Scorecard> {
    let SoFar { info, call, horizon, .. } = so_far;
    let facts = CallFacts::of(info, call);
    let ahead = ahead(call, *horizon, legs);
    let both = legs.iter().min().copied().filter(|until| until > horizon);
    let missed = |plan: &Arc<Plan>| {
        let alone =
            ahead.iter().flat_map(|(party, until)| plan.missed_so_far(&facts, *party, *until));
        let both = both.into_iter().flat_map(|until| plan.settled(&facts, until));
        alone.chain(both).collect::<Vec<_>>()
    };
    plans.iter().flat_map(missed).collect()
}

/// Whether an alert hangs on speech that is not recognised yet: where nothing of it counts, something is missed that is not by
/// what is known now. `speaks_to` tells how far each leg is spoken on.
pub(super) fn hangs(
    plans: &[Arc<Plan>],
    so_far: &SoFar,
    raised: &[Scorecard],
    speaks_to: &[AudioTime],
) -> bool {
    if speaks_to.iter().zip(&so_far.legs).all(|(to, known)| to <= known) {
        return false;
    }
    let known: BTreeSet<_> = raised.iter().flat_map(not_met).collect();
    let missed = missed(plans, so_far, speaks_to);
    missed.iter().flat_map(not_met).any(|one| !known.contains(&one))
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
    use crate::domain::{
        CallId, CallInfo, Direction, Language, Leg, LegIx, PartyFrom, Span, Utterance,
    };
    use crate::rubric::{built_in, watches};

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
        let known = raised(&plans, &SoFar { legs: vec![at(3_000), at(12_000)], ..rude.clone() });
        assert!(!hangs(&rude, &known, 12_000), "it was raised");
    }

    #[test]
    fn what_both_parties_missed_is_raised_as_far_as_both_are_known() {
        let at = AudioTime::from_ms;
        let plans = [Arc::new(Plan::compile(built_in().unwrap()))];
        let mut call = told();
        let turns = ["喂在吗", "什么事", "我要退货", "等着", "快一点", ""];
        for (n, text) in turns.into_iter().enumerate() {
            let (n, leg) = (n as u64, n as u8 % 2);
            call.transcript.utterances.push(Utterance {
                id: n as u32,
                leg: LegIx(leg),
                speaker: leg,
                party: if leg == 0 { Party::Customer } else { Party::Agent },
                span: Span::from_ms(n * 3_000, n * 3_000 + 1_000).unwrap(),
                ..said(text)
            });
        }
        let mut info = CallInfo::unknown(CallId::new("c").unwrap());
        (info.language, info.direction) = (Some(Language::chinese()), Some(Direction::Inbound));
        info.legs = Some(vec![Party::Customer, Party::Agent]);
        // The agent's third turn begins at 15 s. The customer may be speaking still; then it may not.
        for (customer_ms, raises) in [(14_000, false), (15_500, true)] {
            let legs = vec![at(customer_ms), at(15_001)];
            let (info, call) = (info.clone(), call.clone());
            let so_far = SoFar { info, call, horizon: at(14_000), legs };
            let raised = raised(&plans, &so_far);
            let is_raised = raised.iter().flat_map(not_met).any(|one| one.1 == "greeting_hello");
            assert_eq!(is_raised, raises, "{customer_ms}");
        }
    }
}
