//! Who is the agent: evidence from what the voices of a call say, and from who opens it.
//!
//! In: utterances by voice, final or not, and the call's direction. Out: each voice's party with a
//! confidence; unknown where the evidence is thin, so that what needs the party stays undetermined
//! (law 2). Pure: the same utterances give the same parties.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::cues::{count, probability};
use super::role_cues::{ANSWERS, CUES, HITS_MAX};
use crate::domain::{Direction, Party, PartyFrom, Span};
use crate::text::{Token, tokens};

/// One thing said by one voice.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The voice, or the leg.
    pub speaker: u8,
    /// When.
    pub span: Span,
    /// What.
    pub text: &'a str,
}

/// A voice's party.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Role {
    /// Agent, customer or unknown.
    pub party: Party,
    /// Evidence, or nothing.
    pub from: PartyFrom,
    /// Probability that it is right, as far as the evidence is weighed rightly; 0 for unknown.
    pub confidence: f32,
}

const UNKNOWN: Role = Role { party: Party::Unknown, from: PartyFrom::Nothing, confidence: 0.0 };

/// Log-odds a decision needs: about 0.82.
const ODDS_MIN: f32 = 1.5;
/// When both of two voices speak this much like an agent, one is a second agent, or holds two people
/// that were not told apart: no comparison finds the customer then.
const ODDS_BOTH: f32 = 3.0;
/// Log-odds that a sidecar is called wrong at: it is rarely wrong, so only on overwhelming evidence.
const ODDS_SWAPPED: f32 = 8.0;
/// Log-odds are damped to this at most: phrases of one conversation are no independent witnesses.
const ODDS_MAX: f32 = 6.0;
/// The agent opens an inbound call, the callee answers an outbound one.
const OPENS_INBOUND: f32 = 1.5;
const OPENS_OUTBOUND: f32 = -1.0;
const ANSWERS_OUTBOUND: f32 = -1.0;

/// The cues in tokens, made once.
static LEXICON: LazyLock<Vec<Vec<Token>>> =
    LazyLock::new(|| CUES.iter().map(|cue| tokens(cue.phrase)).collect());

/// The party of each voice that said something.
pub fn assign(said: &[Said<'_>], direction: Option<Direction>) -> BTreeMap<u8, Role> {
    let odds = odds(said, direction);
    let mean = odds.values().sum::<f32>() / odds.len().max(1) as f32;
    let two = odds.len() == 2;
    if two && odds.values().all(|own| *own >= ODDS_BOTH) {
        return odds.into_keys().map(|speaker| (speaker, UNKNOWN)).collect();
    }
    // Two voices are weighed against each other: what one is, the other is not.
    let of = |own: f32| if two { 2.0 * (own - mean) } else { own };
    odds.into_iter().map(|(speaker, own)| (speaker, role(of(own)))).collect()
}

/// How sure the evidence is, 0 to 1, that `agent` is not the agent but `customer` is, although the
/// sidecar says so; none unless it is overwhelming.
pub fn contradicts(
    said: &[Said<'_>],
    direction: Option<Direction>,
    agent: u8,
    customer: u8,
) -> Option<f32> {
    let odds = odds(said, direction);
    let against = odds.get(&customer)? - odds.get(&agent)?;
    (against >= ODDS_SWAPPED).then(|| probability(against.min(ODDS_MAX)))
}

fn role(odds: f32) -> Role {
    if odds.abs() < ODDS_MIN {
        return UNKNOWN;
    }
    let party = if odds > 0.0 { Party::Agent } else { Party::Customer };
    Role { party, from: PartyFrom::Evidence, confidence: probability(odds.abs().min(ODDS_MAX)) }
}

/// Log-odds of each voice to be the agent's, by its own words and its place.
fn odds(said: &[Said<'_>], direction: Option<Direction>) -> BTreeMap<u8, f32> {
    let mut hits: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for one in said {
        let counts = hits.entry(one.speaker).or_insert_with(|| vec![0; CUES.len()]);
        count(&tokens(one.text), &LEXICON, counts);
    }
    let weigh = |counts: &Vec<usize>| {
        let of = counts.iter().zip(CUES);
        of.map(|(n, cue)| cue.weight * (*n).min(HITS_MAX) as f32).sum::<f32>()
    };
    let mut odds: BTreeMap<u8, f32> =
        hits.iter().map(|(speaker, counts)| (*speaker, weigh(counts))).collect();
    if let Some(first) = said.iter().min_by_key(|one| (one.span.start(), one.speaker))
        && let Some(own) = odds.get_mut(&first.speaker)
    {
        *own += opening(first.text, direction);
    }
    odds
}

fn opening(text: &str, direction: Option<Direction>) -> f32 {
    let answers = tokens(text)
        .first()
        .is_some_and(|first| ANSWERS.iter().any(|answer| first.text == *answer));
    match direction {
        Some(Direction::Inbound) => OPENS_INBOUND,
        Some(Direction::Outbound) if answers => OPENS_OUTBOUND + ANSWERS_OUTBOUND,
        Some(Direction::Outbound) => OPENS_OUTBOUND,
        None => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Party::{Agent, Customer, Unknown};

    fn said<'a>(lines: &[(u8, &'a str)]) -> Vec<Said<'a>> {
        let at = |(i, (speaker, text)): (usize, &(u8, &'a str))| Said {
            speaker: *speaker,
            span: Span::from_ms(i as u64 * 3000, i as u64 * 3000 + 2500).unwrap(),
            text,
        };
        lines.iter().enumerate().map(at).collect()
    }

    #[track_caller]
    fn check(lines: &[(u8, &str)], direction: Option<Direction>, expected: &[(u8, Party)]) {
        let got = assign(&said(lines), direction);
        let parties: Vec<(u8, Party)> = got.iter().map(|(s, role)| (*s, role.party)).collect();
        assert_eq!(parties, expected, "{got:?}");
    }

    #[test]
    fn agents_are_known_by_the_wording_of_the_trade() {
        let inbound = Some(Direction::Inbound);
        check(
            &[(1, "您好，工号1024为您服务"), (0, "我想问一下快递到哪了"), (1, "请您稍等")],
            inbound,
            &[(0, Customer), (1, Agent)],
        );
        check(
            &[(0, "thank you for calling, how may I help you"), (1, "hi, my order is late")],
            inbound,
            &[(0, Agent), (1, Customer)],
        );
        // As a recogniser may write it.
        check(
            &[(0, "感谢您的来店，请问有什么可以绑您"), (1, "我要退货")],
            None,
            &[(0, Agent), (1, Customer)],
        );
    }

    #[test]
    fn the_callee_answers_an_outbound_call() {
        check(
            &[(0, "喂"), (1, "您好，打扰您了，向您介绍一款产品"), (0, "不需要")],
            Some(Direction::Outbound),
            &[(0, Customer), (1, Agent)],
        );
    }

    #[test]
    fn thin_evidence_leaves_parties_unknown() {
        check(&[(0, "嗯"), (1, "好的")], None, &[(0, Unknown), (1, Unknown)]);
        check(&[(0, "好")], Some(Direction::Outbound), &[(0, Unknown)]);
        check(&[], None, &[]);
    }

    #[test]
    fn a_leg_alone_has_a_party_too() {
        check(&[(0, "很高兴为您服务，请问有什么可以帮您")], None, &[(0, Agent)]);
        check(&[(1, "我要投诉，你们公司太过分")], None, &[(1, Customer)]);
    }

    #[test]
    fn two_agents_of_one_call_are_both_agents() {
        let lines = [
            (0, "很高兴为您服务，请问有什么可以帮您"),
            (1, "我要投诉，你们公司凭什么扣我的钱"),
            (0, "请您稍等，帮您转接"),
            (2, "您好，工号2046很高兴为您服务"),
            (1, "我要投诉"),
        ];
        check(&lines, Some(Direction::Inbound), &[(0, Agent), (1, Customer), (2, Agent)]);
    }

    #[test]
    fn two_voices_that_both_speak_like_agents_are_unknown() {
        let lines = [
            (0, "很高兴为您服务，请问有什么可以帮您"),
            (1, "我想查一下。请您稍等，让您久等了，祝您生活愉快"),
        ];
        check(&lines, Some(Direction::Inbound), &[(0, Unknown), (1, Unknown)]);
    }

    #[test]
    fn a_sidecar_is_contradicted_only_by_overwhelming_evidence() {
        let lines = [(0, "很高兴为您服务，请问有什么可以帮您"), (1, "我要投诉，你们公司太过分")];
        assert!(contradicts(&said(&lines), Some(Direction::Inbound), 1, 0).is_some());
        assert_eq!(contradicts(&said(&lines), Some(Direction::Inbound), 0, 1), None);
        let thin = [(0, "您好"), (1, "我想查一下")];
        assert_eq!(contradicts(&said(&thin), Some(Direction::Inbound), 1, 0), None);
    }
}
