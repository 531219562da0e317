//! Speech that goes on, heard early: it raises alerts, settles nothing, and gives way to what is heard of the whole.

use std::sync::Arc;

use lingting::domain::*;
use lingting::rubric::{CallFacts, Plan, built_in, watches};
use lingting::session::{
    Answer, CallSession, Early, Ears, Input, Job, MediaForm, Output, Pacing, SessionConfig, SoFar,
};
use lingting::speech::{EngineError, Heard, HeardWord, VAD_FRAME_SAMPLES, Vad};

/// Samples a millisecond.
const MS: usize = 16;

/// Loud is speech.
struct LoudIsSpeech;

impl Vad for LoudIsSpeech {
    fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
        let loud = |frame: &[f32]| frame.iter().any(|sample| *sample > 0.05);
        let frames = samples.chunks_exact(VAD_FRAME_SAMPLES);
        Ok(frames.map(|frame| if loud(frame) { 0.95 } else { 0.05 }).collect())
    }

    fn reset(&mut self) {}
}

/// A call of a customer and an agent, in Mandarin.
fn session() -> CallSession {
    let engine = EngineRef { name: "script".into(), model: "m".into(), sha256: "0".into() };
    let form = MediaForm { codec: "pcm_s16le".into(), sample_rate_hz: 8_000, channels: 2 };
    let vads = (0..2).map(|_| Box::new(LoudIsSpeech) as Box<dyn Vad>).collect();
    let mut info = CallInfo::unknown(CallId::new("early").unwrap());
    info.language = Some(Language::chinese());
    info.direction = Some(Direction::Inbound);
    info.legs = Some(vec![Party::Customer, Party::Agent]);
    let config = SessionConfig::new(engine).paced(Pacing::Live);
    let plan = Arc::new(Plan::compile(Vec::new()));
    CallSession::new(info, form, Ears { vads, embedder: None }, Arc::new(config), plan)
}

fn plan() -> Plan {
    let mut rubrics = built_in().unwrap();
    rubrics.extend(watches().unwrap());
    Plan::compile(rubrics)
}

/// Plays stretches of both legs, in milliseconds: who speaks. Gives the jobs.
fn play(session: &mut CallSession, stretches: &[(usize, [bool; 2])]) -> Vec<Job> {
    // Noise: not one signal on both legs, and no tone.
    sound(session, stretches, |leg, n| {
        let hash = ((n * 2 + leg + 1) as u32).wrapping_mul(0x9e37_79b9);
        ((hash ^ (hash >> 15)).wrapping_mul(0x85eb_ca6b) >> 8) as f32 / (1 << 24) as f32 - 0.5
    })
}

fn sound(
    session: &mut CallSession,
    stretches: &[(usize, [bool; 2])],
    wave: impl Fn(usize, usize) -> f32,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (ms, who) in stretches {
        let sample = |leg: usize, n: usize| if who[leg] { wave(leg, n) * 0.4 } else { 0.0 };
        let legs = (0..2).map(|leg| (0..ms * MS).map(|n| sample(leg, n)).collect()).collect();
        session.handle(Input::Audio(legs)).unwrap();
        while let Some(output) = session.poll() {
            if let Output::Run(job) = output {
                jobs.push(job);
            }
        }
    }
    jobs
}

/// Words of 200 ms a character, one after the other.
fn words(text: &str, from_ms: u64) -> Vec<HeardWord> {
    let word = |(n, text): (usize, char)| HeardWord {
        text: text.to_string(),
        start_ms: from_ms + n as u64 * 200,
        end_ms: from_ms + n as u64 * 200 + 190,
        confidence: 0.9,
    };
    text.chars().enumerate().map(word).collect()
}

/// What is heard early of the speech that goes on on a leg.
fn early(session: &CallSession, leg: u8, text: &str) -> Early {
    let open = session.open_speech();
    let (start, samples) = open[usize::from(leg)].expect("somebody speaks");
    let span = Span::new(start, start.plus_ms((samples.len() / MS) as u64)).unwrap();
    Early { leg: LegIx(leg), span, words: words(text, 300) }
}

fn not_met(cards: &[Scorecard]) -> Vec<&str> {
    let findings = cards.iter().flat_map(|card| &card.findings);
    let findings = findings.filter(|one| matches!(one.verdict, Verdict::NotMet(_)));
    findings.map(|one| one.criterion.as_str()).collect()
}

fn facts(so_far: &SoFar) -> CallFacts<'_> {
    CallFacts::of(&so_far.info, &so_far.call)
}

const CUSTOMER: [bool; 2] = [true, false];
const AGENT: [bool; 2] = [false, true];
const NOBODY: [bool; 2] = [false, false];

#[test]
fn a_threat_is_raised_while_it_is_still_being_said() {
    let (mut session, plan) = (session(), plan());
    let jobs = play(&mut session, &[(1_000, NOBODY), (5_000, CUSTOMER)]);
    assert_eq!(jobs, [], "the sentence goes on");
    let threat = "再不处理我就打12315投诉你们";
    let early = [early(&session, 0, threat)];
    let so_far = session.so_far_early(&early).expect("something was heard early");
    assert!(not_met(&plan.heard_so_far(&facts(&so_far))).contains(&"customer_threatens"));
    // Nothing is settled by it, and without it nothing is known.
    assert_eq!(not_met(&plan.settled(&facts(&so_far), so_far.horizon)), [""; 0]);
    let plain = session.so_far();
    assert_eq!((plain.horizon, plain.call.transcript.utterances.len()), (so_far.horizon, 0));
    assert!(plain.legs[0] < so_far.legs[0] && so_far.legs[0] < early[0].span.end());
    assert_eq!(so_far.call.conversation.rates, [], "an utterance that goes on has no rate yet");

    // The whole sentence says otherwise: it is what counts.
    let jobs = play(&mut session, &[(500, CUSTOMER), (1_500, NOBODY)]);
    let [job] = jobs.as_slice() else { panic!("one segment: {}", jobs.len()) };
    assert!(session.so_far_early(&early).is_some(), "it is not recognised yet");
    let heard = Heard { words: words("再不处理我就走了", 300), looped: false };
    session.handle(Input::Done(job.id, Answer::Heard(heard))).unwrap();
    assert_eq!(session.so_far_early(&early), None);
    assert_eq!(not_met(&plan.heard_so_far(&facts(&session.so_far()))), [""; 0]);
}

#[test]
fn the_last_words_of_what_was_heard_early_may_become_others() {
    let (mut session, plan) = (session(), plan());
    play(&mut session, &[(1_000, NOBODY), (2_000, CUSTOMER)]);
    // The last character ends with the sound: the word may go on.
    let text = "你们再这样下去我就起诉";
    let mut early = early(&session, 0, text);
    let late = early.span.len_ms() - text.chars().count() as u64 * 200;
    early.words = words(text, late);
    let so_far = session.so_far_early(&[early]).unwrap();
    assert_eq!(not_met(&plan.heard_so_far(&facts(&so_far))), [""; 0]);
    let said = &so_far.call.transcript.utterances[0];
    assert!(said.text.as_str().starts_with("你们再这样") && !said.text.as_str().ends_with("诉"));
}

#[test]
fn what_is_heard_in_a_tone_is_not_heard() {
    let mut session = session();
    let ring = |_, n: usize| (n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() / 2.0;
    sound(&mut session, &[(1_000, NOBODY), (5_000, CUSTOMER)], ring);
    let early = early(&session, 0, "再不处理我就打12315投诉你们");
    assert_eq!(session.so_far_early(&[early]), None);
}

#[test]
fn a_number_that_goes_on_is_not_known_yet() {
    let mut session = session();
    play(&mut session, &[(1_000, NOBODY), (5_000, CUSTOMER)]);
    let said = |text: &str| {
        let so_far = session.so_far_early(&[early(&session, 0, text)]).unwrap();
        // Each character is a word here, and digits that are words stand apart.
        so_far.call.transcript.utterances[0].text.as_str().replace(' ', "")
    };
    assert_eq!(said("我的号码是139123"), "我的号码是");
    assert_eq!(said("我要打12315了"), "我要打12315了");
}

#[test]
fn a_greeting_that_is_missing_is_missed_while_the_agent_speaks_on() {
    let (mut session, plan) = (session(), plan());
    let jobs = play(&mut session, &[(500, NOBODY), (1_500, CUSTOMER), (1_000, NOBODY)]);
    let [job] = jobs.as_slice() else { panic!("one segment: {}", jobs.len()) };
    let heard = Heard { words: words("喂在吗", 300), looped: false };
    session.handle(Input::Done(job.id, Answer::Heard(heard))).unwrap();
    for (more_ms, missed) in [(4_000, false), (4_500, true)] {
        play(&mut session, &[(more_ms, AGENT)]);
        let early = [early(&session, 1, "你哪个公司的什么事情快说")];
        let so_far = session.so_far_early(&early).unwrap();
        let cards = plan.missed_so_far(&facts(&so_far), Party::Agent, so_far.legs[1]);
        assert_eq!(not_met(&cards).contains(&"no_greeting"), missed, "{:?}", so_far.legs);
    }
}

#[test]
fn a_turn_that_has_begun_ends_what_was_to_come_before_it() {
    let (mut session, plan) = (session(), plan());
    let turns = [("喂在吗", CUSTOMER), ("什么事", AGENT), ("我要退货", CUSTOMER), ("等着", AGENT)];
    for (text, who) in turns.into_iter().chain([("快一点行不行", CUSTOMER)]) {
        let jobs = play(&mut session, &[(1_500, who), (1_200, NOBODY)]);
        let [job] = jobs.as_slice() else { panic!("one segment: {}", jobs.len()) };
        let heard = Heard { words: words(text, 300), looped: false };
        session.handle(Input::Done(job.id, Answer::Heard(heard))).unwrap();
    }
    let missed = |so_far: &SoFar| {
        let until = so_far.legs.iter().min().copied().unwrap();
        not_met(&plan.settled(&facts(so_far), until)).contains(&"greeting_hello")
    };
    assert!(!missed(&session.so_far()), "the agent may still be in its second turn");
    play(&mut session, &[(300, AGENT)]);
    assert_eq!(session.so_far_early(&[]), None, "it may be a cough");
    play(&mut session, &[(900, AGENT)]);
    let noise = Early { words: Vec::new(), ..early(&session, 1, "") };
    assert!(!missed(&session.so_far_early(&[noise]).unwrap()), "no word was heard in it");
    let so_far = session.so_far_early(&[]).expect("somebody speaks");
    assert!(missed(&so_far), "the third turn has begun, whatever is said in it");
    assert!(!missed(&session.so_far()) && so_far.horizon < so_far.legs[1]);
    let said = so_far.call.transcript.utterances.last().unwrap();
    assert_eq!((said.text.as_str(), said.leg, said.party), ("", LegIx(1), Party::Agent));
}
