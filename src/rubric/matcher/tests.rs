//! A search for some askers finds what a search for all finds for them.

use proptest::prelude::*;

use super::{Askers, Heard, Names, Spoken};
use crate::domain::Party;
use crate::rubric::speech::read;
use crate::rubric::{Plan, built_in};

const PARTIES: [Party; 4] = [Party::Agent, Party::Customer, Party::Bot, Party::Unknown];

fn plan() -> &'static Plan {
    static PLAN: std::sync::LazyLock<Plan> =
        std::sync::LazyLock::new(|| Plan::compile(built_in().unwrap()));
    &PLAN
}

fn find(text: &str, by: Askers) -> Vec<Heard> {
    let spoken = read(text);
    let spoken: Vec<&Spoken> = spoken.iter().collect();
    let matcher = &plan().matcher;
    let names: Names = matcher.names(|_| Some("安信 Harbor Bank".to_owned()));
    matcher.find(&spoken, 0..spoken.len(), &names, by)
}

#[test]
fn what_was_heard_before_is_heard_the_same() {
    let texts = [
        "您好我是安信客服很高兴为您服务",
        "我步知道这个不归我管请您稍等",
        "please hold any thing else",
    ];
    for text in texts {
        let fresh = Plan::compile(built_in().unwrap()).matcher;
        let spoken = read(text);
        let spoken: Vec<&Spoken> = spoken.iter().collect();
        let names = fresh.names(|_| Some("安信".to_owned()));
        let all = || fresh.find(&spoken, 0..spoken.len(), &names, Askers::ALL);
        assert_eq!(all(), all(), "{text}");
        let by_agent = Askers::of(0, Party::Agent);
        let remembered = fresh.find(&spoken, 0..spoken.len(), &names, by_agent);
        let anew = Plan::compile(built_in().unwrap()).matcher.find(
            &spoken,
            0..spoken.len(),
            &names,
            by_agent,
        );
        assert_eq!(remembered, anew, "{text}");
    }
}

/// Clauses of calls, and scraps of them: whole phrases, beginnings, homophones.
fn speech() -> impl Strategy<Value = String> {
    let clause = prop_oneof![
        Just("您好很高兴为您服务"),
        Just("请问有什么可以帮您"),
        Just("我是安信客服"),
        Just("非常抱歉给您带来不便"),
        Just("请您稍等一下"),
        Just("感谢您的耐心等待"),
        Just("四十八小时之内给您回复"),
        Just("我要投诉你们"),
        Just("不知道不归我管"),
        Just("步知道"),
        Just("保证收益"),
        Just("还有其他可以帮您的吗"),
        Just("thank you for calling harbor bank"),
        Just("how may i help you today"),
        Just("i am sorry for the inconvenience"),
        Just("is there anything else"),
        Just("calls are recorded"),
        Just("shut up"),
    ];
    let scrap = (clause, 0usize..6, 1usize..12)
        .prop_map(|(text, from, len)| text.chars().skip(from).take(len).collect::<String>());
    let mark = prop_oneof![Just(""), Just(""), Just("，"), Just("。"), Just(" ")];
    proptest::collection::vec((scrap, mark), 0..8)
        .prop_map(|parts| parts.into_iter().map(|(text, mark)| text + mark).collect())
}

proptest! {
    /// Whoever asks finds what he would find if everybody asked, and nothing that nobody asks for.
    #[test]
    fn nobody_misses_what_others_do_not_ask_for(text in speech()) {
        let rubrics = plan().rubrics().count();
        let mut everybody = Askers::default();
        for rubric in 0..rubrics {
            PARTIES.iter().for_each(|&party| everybody.join(Askers::of(rubric, party)));
        }
        let all = find(&text, everybody);
        for rubric in 0..rubrics {
            for party in PARTIES {
                let by = Askers::of(rubric, party);
                let wanted = all.iter().filter(|one| plan().matcher.is_wanted(one.phrase, by));
                prop_assert_eq!(find(&text, by), wanted.cloned().collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn words_cut_in_two_are_heard_whole() {
    let mut agent = Askers::default();
    (0..plan().rubrics().count()).for_each(|one| agent.join(Askers::of(one, Party::Agent)));
    for (text, phrase) in [
        ("is there any thing else", 2..5),
        ("so, worry about that", 0..4),
        ("we apolo gize for it", 1..3),
    ] {
        let heard = find(text, agent);
        assert!(heard.iter().any(|one| one.tokens == phrase), "{text}: {heard:?}");
    }
    let heard = find("do not worry about that", agent);
    let sorry = |one: &Heard| plan().matcher.text_of(one.phrase).contains("sorry");
    assert!(!heard.iter().any(sorry), "{heard:?}");
}

#[test]
fn the_law_above_has_something_to_look_at() {
    let mut agent = Askers::default();
    let mut customer = Askers::default();
    for rubric in 0..plan().rubrics().count() {
        agent.join(Askers::of(rubric, Party::Agent));
        customer.join(Askers::of(rubric, Party::Customer));
    }
    let text = "您好请问有什么可以帮您，我要投诉你们";
    let (of_agent, of_customer) = (find(text, agent), find(text, customer));
    assert!(!of_agent.is_empty() && !of_customer.is_empty());
    assert_ne!(of_agent, of_customer);
}
