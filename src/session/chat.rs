//! A chat, judged by the same rules as a call.
//!
//! In: messages, what is known about the chat, a plan. Out: the ended call and its scorecards. How rules
//! hear what was written is their own business; here it is told who wrote what when, and how long answers
//! took.

use super::direction;
use super::roles::{self, Said};
use crate::domain::{
    AudioTime, CallInfo, Conversation, Direction, EndedCall, EngineRef, InferredDirection,
    Language, Leg, LegIx, Manner, Media, Message, Party, PartyFrom, Problem, Scorecard, Span,
    Transcript, Utterance,
};
use crate::measure::written_answers;
use crate::rubric::{CallFacts, Plan, said_in_turn};
use crate::text;

/// How sure it is that a customer who writes first turned to the company: some answer a mailing.
const CUSTOMER_FIRST: f32 = 0.9;

/// A chat with what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct ChatLog<'a> {
    /// Attributes.
    pub info: &'a CallInfo,
    /// In order of time.
    pub messages: &'a [Message],
    /// What the reader had to put right.
    pub problems: &'a [Problem],
    /// Of the log, in lower-case hex.
    pub sha256: &'a str,
}

/// Judges a chat.
pub fn judge(log: &ChatLog<'_>, plan: &Plan) -> (EndedCall, Vec<Scorecard>) {
    let language = log.info.language.clone().unwrap_or_else(|| language(log.messages));
    let (parties, confidence) = parties(log);
    let spoken = said_in_turn(log.messages.iter().map(|one| one.text.as_str()), &language);
    let written = written(log.messages, &spoken);
    let legs = legs(&parties);
    let utterances: Vec<Utterance> = log
        .messages
        .iter()
        .zip(&parties)
        .zip(&written)
        .enumerate()
        .map(|(id, ((message, (party, _)), span))| Utterance {
            id: id as u32,
            leg: leg_of(&legs, *party),
            speaker: message.writer,
            party: *party,
            span: *span,
            text: message.text.clone(),
            confidence: 1.0,
            words: Vec::new(),
        })
        .collect();
    let timed = log.messages.iter().all(|message| message.at_ms.is_some());
    let conversation = Conversation {
        manner: Manner::Written { timed },
        response_ms: if timed { responses_ms(&utterances) } else { Vec::new() },
        ..Conversation::default()
    };
    let direction = match log.info.direction {
        Some(_) => None,
        None => direction(log.messages, &parties, &spoken),
    };
    let ended = EndedCall {
        media: Media {
            duration_ms: written.iter().map(|span| span.end().ms()).max().unwrap_or(0),
            codec: Media::CHAT.to_owned(),
            sample_rate_hz: 0,
            channels: 0,
            legs,
            problems: log.problems.to_vec(),
        },
        pii: text::pii::find(&utterances),
        transcript: Transcript {
            language: language.clone(),
            engine: EngineRef {
                name: Media::CHAT.to_owned(),
                model: String::new(),
                sha256: log.sha256.to_owned(),
            },
            utterances,
            rejected: Vec::new(),
        },
        conversation,
        unheard: Vec::new(),
        parties_confidence: confidence,
        direction,
    };
    let mut info = log.info.clone();
    info.language = Some(language);
    info.direction = info.direction.or(direction.map(|inferred| inferred.direction));
    let scorecards = plan.evaluate(&CallFacts::of(&info, &ended));
    (ended, scorecards)
}

/// Where each message stands in the chat: from its time, as long as it takes to say, up to the next.
/// Without times, one after the other.
fn written(messages: &[Message], spoken: &[Span]) -> Vec<Span> {
    let Some(starts) = messages.iter().map(|one| one.at_ms).collect::<Option<Vec<u64>>>() else {
        return spoken.to_vec();
    };
    let mut out: Vec<Span> = Vec::with_capacity(starts.len());
    for (ix, start) in starts.iter().enumerate() {
        // Messages of one second keep their order.
        let after = out.last().map_or(0, |span: &Span| span.start().ms() + 1);
        let start = AudioTime::from_ms((*start).max(after));
        let end = start.plus_ms(spoken[ix].len_ms());
        let next = starts.get(ix + 1).map(|next| AudioTime::from_ms(*next));
        let end = next.filter(|next| *next > start).map_or(end, |next| next.min(end));
        out.push(Span::at_least_1_ms(start, end));
    }
    out
}

/// Chinese where a tenth of the letters are Chinese: product names and links are Latin everywhere.
fn language(messages: &[Message]) -> Language {
    let letters = || messages.iter().flat_map(|one| one.text.as_str().chars());
    let all = letters().filter(|c| c.is_alphabetic()).count();
    let hanzi = letters().filter(|c| text::is_hanzi(*c)).count();
    if hanzi * 10 > all { Language::chinese() } else { Language::english() }
}

/// Each message's party and how it is known, and how surely over all.
fn parties(log: &ChatLog<'_>) -> (Vec<(Party, PartyFrom)>, f32) {
    let told: Vec<Party> = log.messages.iter().map(|one| one.party).collect();
    let needed = |party: Party| told.contains(&party);
    let known = |party: Party| {
        let from = if party == Party::Unknown { PartyFrom::Nothing } else { PartyFrom::Sidecar };
        (party, from)
    };
    if needed(Party::Agent) || needed(Party::Customer) || !needed(Party::Unknown) {
        return (told.into_iter().map(known).collect(), 1.0);
    }
    // Only names of people: what they write has to tell who is who.
    let said: Vec<Said<'_>> = log
        .messages
        .iter()
        .enumerate()
        .filter(|(_, one)| one.party == Party::Unknown)
        .map(|(ix, one)| Said {
            speaker: one.writer,
            span: Span::at_least_1_ms(
                AudioTime::from_ms(ix as u64),
                AudioTime::from_ms(ix as u64 + 1),
            ),
            text: one.text.as_str(),
        })
        .collect();
    let roles = roles::assign(&said, log.info.direction);
    let confidence = roles.values().map(|role| role.confidence).fold(1.0, f32::min);
    let one = |message: &Message| match roles.get(&message.writer) {
        Some(role) if message.party == Party::Unknown => (role.party, role.from),
        _ => known(message.party),
    };
    (log.messages.iter().map(one).collect(), confidence)
}

/// Who turned to whom: a customer who writes first did; an agent may just be quick to greet, so that the
/// words must tell.
fn direction(
    messages: &[Message],
    parties: &[(Party, PartyFrom)],
    spoken: &[Span],
) -> Option<InferredDirection> {
    let person = |(party, _): &&(Party, PartyFrom)| matches!(party, Party::Agent | Party::Customer);
    if parties.iter().find(person).is_some_and(|(party, _)| *party == Party::Customer) {
        let confidence = CUSTOMER_FIRST;
        return Some(InferredDirection { direction: Direction::Inbound, confidence });
    }
    let said: Vec<Said<'_>> = messages
        .iter()
        .zip(spoken)
        .map(|(one, span)| Said { speaker: one.writer, span: *span, text: one.text.as_str() })
        .collect();
    direction::infer(&said)
}

/// One leg a party, in a fixed order.
fn legs(parties: &[(Party, PartyFrom)]) -> Vec<Leg> {
    let order = [Party::Agent, Party::Customer, Party::Bot, Party::Unknown];
    let there = order.into_iter().filter_map(|party| parties.iter().find(|(p, _)| *p == party));
    there
        .enumerate()
        .map(|(ix, (party, from))| Leg {
            leg: LegIx(ix as u8),
            party: *party,
            party_from: *from,
            party_confidence: if *party == Party::Unknown { 0.0 } else { 1.0 },
            snr_db: None,
            speech_dbfs: None,
        })
        .collect()
}

fn leg_of(legs: &[Leg], party: Party) -> LegIx {
    legs.iter().find(|leg| leg.party == party).map_or(LegIx(0), |leg| leg.leg)
}

/// How long customers waited for agents.
fn responses_ms(utterances: &[Utterance]) -> Vec<u64> {
    let writer =
        |one: &Utterance| (one.party, (one.party == Party::Unknown).then_some(one.speaker));
    let messages = utterances.iter().map(|one| (writer(one), one.span.start()));
    let party = |place: usize| utterances[place].party;
    written_answers(messages)
        .into_iter()
        .filter(|one| party(one.asked) == Party::Customer && party(one.answer) == Party::Agent)
        .map(|one| one.ms)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallId, Sensitive};

    const A: Party = Party::Agent;
    const C: Party = Party::Customer;
    const B: Party = Party::Bot;

    fn messages(lines: &[(u64, Party, &str)]) -> Vec<Message> {
        let one = |(at_s, party, text): &(u64, Party, &str)| Message {
            at_ms: Some(at_s * 1000),
            party: *party,
            writer: *party as u8,
            text: Sensitive::from(*text),
        };
        lines.iter().map(one).collect()
    }

    fn ended(lines: &[(u64, Party, &str)]) -> EndedCall {
        let info = CallInfo::unknown(CallId::new("c").unwrap());
        let messages = messages(lines);
        let log = ChatLog { info: &info, messages: &messages, problems: &[], sha256: "" };
        judge(&log, &Plan::compile(vec![])).0
    }

    #[test]
    fn response_times_are_those_of_people() {
        for (lines, want) in [
            (
                vec![(0, C, "hi"), (20, A, "hello"), (50, C, "a"), (60, C, "b"), (90, A, "c")],
                vec![20, 40],
            ),
            (vec![(0, A, "hello"), (20, C, "hi")], vec![]),
            // The bot answers at once, the agent a minute after being asked for.
            (
                vec![
                    (0, C, "hi"),
                    (1, B, "menu"),
                    (10, C, "agent!"),
                    (11, B, "wait"),
                    (70, A, "hello"),
                ],
                vec![60],
            ),
            (vec![(0, C, "hi"), (5, A, "one"), (9, A, "two")], vec![5]),
        ] {
            let ms: Vec<u64> = want.iter().map(|s| s * 1000).collect();
            assert_eq!(ended(&lines).conversation.response_ms, ms);
        }
    }

    #[test]
    fn messages_stand_where_they_were_written() {
        let call = ended(&[(0, C, "在吗"), (0, C, "您好"), (600, A, "您好，请问有什么可以帮您")]);
        let spans: Vec<_> = call
            .transcript
            .utterances
            .iter()
            .map(|one| (one.leg.0, one.span.start().ms(), one.span.end().ms()))
            .collect();
        assert_eq!(spans, [(1, 0, 500), (1, 1, 501), (0, 600_000, 602_750)]);
        assert_eq!(call.transcript.language, Language::chinese());
    }
}
