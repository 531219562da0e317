//! Rubrics on whole calls: the packs on dialogues, and the laws of the evaluator.

use lingting::domain::{
    AudioTime, CallId, CallInfo, Conversation, Direction, EvidenceKind, Language, LegIx, Loudness,
    Overtalk, Party, Scorecard, Silence, Span, SpeakingRate, Utterance,
};
use lingting::rubric::{
    CallFacts, Evaluation, Fact, Level, Library, Plan, WhoSpeaks, built_in, check, load,
};
use proptest::prelude::*;

fn say(id: u32, party: Party, start_ms: u64, text: &str) -> Utterance {
    let leg = u8::from(party != Party::Agent);
    let len_ms = 200 + 150 * text.chars().count() as u64;
    Utterance {
        id,
        leg: LegIx(leg),
        speaker: leg,
        party,
        span: Span::from_ms(start_ms, start_ms + len_ms).unwrap(),
        text: text.into(),
        confidence: 0.9,
        words: Vec::new(),
    }
}

/// A dialogue, one line an utterance: `a` the agent, `c` the customer, `-` a silence of so many seconds.
pub(crate) fn dialogue(lines: &str) -> (Vec<Utterance>, Conversation, u64) {
    let mut at = 500;
    let mut utterances = Vec::new();
    let mut conversation = Conversation::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (who, text) = line.split_once(' ').unwrap();
        if who == "-" {
            let end = at + text.parse::<u64>().unwrap() * 1000;
            let span = Span::from_ms(at, end).unwrap();
            conversation.silences.push(Silence { span, announced: false, hold: false });
            at = end;
            continue;
        }
        let party = if who == "a" { Party::Agent } else { Party::Customer };
        let utterance = say(utterances.len() as u32, party, at, text);
        at = utterance.span.end().ms() + 400;
        utterances.push(utterance);
    }
    (utterances, conversation, at)
}

pub(crate) fn info(language: &str, direction: Direction, client: &str) -> CallInfo {
    let mut info = CallInfo::unknown(CallId::new("t").unwrap());
    info.language = Language::new(language);
    info.direction = Some(direction);
    info.client = Some(client.into());
    info.rings = Some(2);
    info
}

pub(crate) fn judge(plan: &Plan, info: &CallInfo, lines: &str) -> Vec<Scorecard> {
    let (utterances, conversation, duration_ms) = dialogue(lines);
    plan.evaluate(&sure(info, &utterances, &conversation, duration_ms))
}

/// A call that was heard whole, of which all is sure.
fn sure<'a>(
    info: &'a CallInfo,
    utterances: &'a [Utterance],
    conversation: &'a Conversation,
    duration_ms: u64,
) -> CallFacts<'a> {
    CallFacts {
        info,
        utterances,
        conversation,
        duration_ms,
        parties_confidence: 1.0,
        who: WhoSpeaks::Told,
        direction_told: true,
        unheard: &[],
    }
}

fn verdict<'a>(cards: &'a [Scorecard], criterion: &str) -> &'a str {
    let findings = cards.iter().flat_map(|card| &card.findings);
    let of = findings.filter(|finding| finding.criterion.as_str() == criterion);
    let all: Vec<&str> = of.map(|finding| finding.verdict.as_str()).collect();
    all.iter()
        .copied()
        .find(|verdict| *verdict != "not_applicable")
        .or(all.first().copied())
        .unwrap_or("missing")
}

#[track_caller]
fn expect(plan: &Plan, info: &CallInfo, lines: &str, wanted: &[(&str, &str)]) {
    let cards = judge(plan, info, lines);
    for (criterion, want) in wanted {
        assert_eq!(verdict(&cards, criterion), *want, "{criterion}: {cards:#?}");
    }
    for finding in cards.iter().flat_map(|card| &card.findings) {
        let decided = matches!(finding.verdict.as_str(), "met" | "not_met");
        assert!(
            !decided || !finding.verdict.evidence().is_empty(),
            "{} has no proof",
            finding.criterion
        );
    }
}

/// On one line two voices change between words, and words are timed by ear.
#[test]
fn a_phrase_over_the_seam_of_two_voices_belongs_to_the_later() {
    let plan = Plan::compile(built_in().unwrap());
    let info = info("zh", Direction::Inbound, "远洋银行");
    for (before, gap_ms, leg, want) in [
        ("哪一位，您", 80, 0, "met"),
        // A pause, a mark, a line of his own: the word is his who said it.
        ("哪一位，您", 600, 0, "not_met"),
        ("哪一位，您。", 80, 0, "not_met"),
        ("哪一位，您", 80, 1, "not_met"),
    ] {
        let mut customer = say(0, Party::Customer, 500, before);
        customer.leg = LegIx(leg);
        let at = customer.span.end().ms() + gap_ms;
        let agent = say(1, Party::Agent, at, "好，远洋银行客服，工号三零二六");
        let (said, measures) = ([customer, agent], Conversation::default());
        let cards = plan.evaluate(&sure(&info, &said, &measures, 20_000));
        assert_eq!(verdict(&cards, "greeting_hello"), want, "{before} {gap_ms} {leg}");
    }
}

const GOOD: &str = "
    a 您好，远洋银行客服中心，工号三零二六，请问有什么可以帮您？
    c 我想查一下我的账单
    a 好的，请您报一下姓名和身份证后四位
    c 我叫李雷，一二三四
    a 请您稍等，我查一下
    - 6
    a 让您久等了，您这个月消费三百元
    c 好的
    a 请问还有其他可以帮您的吗
    c 没有了
    a 感谢您的来电，再见";

#[test]
fn a_good_call_passes_and_each_lapse_is_seen() {
    let plan = Plan::compile(built_in().unwrap());
    let info = info("zh", Direction::Inbound, "远洋银行");
    let cards = judge(&plan, &info, GOOD);
    let verdicts: Vec<&str> = cards.iter().map(|card| card.verdict.as_str()).collect();
    assert_eq!(verdicts, ["pass", "not_applicable", "not_applicable", "pass"], "{cards:#?}");
    let cut = |from: &str, to: &str| GOOD.replace(from, to);
    for (lines, criterion) in [
        (cut("您好，", "喂，"), "greeting_hello"),
        (cut("远洋银行客服中心", "这里"), "greeting_company"),
        (cut("，工号三零二六", ""), "greeting_agent_id"),
        (cut("，请问有什么可以帮您？", ""), "asks_need"),
        (cut("请问还有其他可以帮您的吗", "好了"), "closing_ask_more"),
        (cut("感谢您的来电，再见", "嗯"), "closing_thanks_bye"),
        (cut("让您久等了，", ""), "thanks_after_wait"),
        (
            cut("好的，请您报一下姓名和身份证后四位", "您登记的手机号是一三九零零零零一二三四"),
            "no_disclosure_without_verification",
        ),
        (cut("您这个月消费三百元", "这个我也不知道"), "no_forbidden_phrase"),
        (cut("您这个月消费三百元", "跟你说了多少遍了"), "no_rude_tone"),
        (cut("请您稍等，我查一下", "把短信验证码告诉我"), "no_password_request"),
        (cut("- 6", "- 12"), "no_long_silence"),
    ] {
        expect(&plan, &info, &lines, &[(criterion, "not_met")]);
    }
}

#[test]
fn quoting_denying_and_homophones_do_not_convict() {
    let plan = Plan::compile(built_in().unwrap());
    let zh = info("zh", Direction::Inbound, "远洋银行");
    for line in [
        "a 前台说这不归我管，是他没有解释清楚",
        "a 您说“不知道”，我记下了",
        "a 手术前由外科部指导您做准备",
        "a 您自己看着办证指南填表就可以",
        "a 不知道您方便加一下公众号吗",
        "a 停车费不归我院管理",
        "c 你们上次那个人说不知道，这不归我管",
    ] {
        expect(&plan, &zh, line, &[("no_forbidden_phrase", "met")]);
    }
    for (line, want) in [
        ("a 三天内就帮您打包好发出去", "not_applicable"),
        ("a 我们没法保证百分百能追回来", "not_applicable"),
        ("a 您放心，百分之百能批下来", "not_met"),
    ] {
        expect(&plan, &zh, line, &[("no_false_promise", want)]);
    }
    let sales = info("zh", Direction::Outbound, "金石财富");
    for (line, want) in [
        ("a 我们不能保证收益", "met"),
        ("a 谁也不能跟您说保证收益", "met"),
        ("a 那我跟您说，我们这个产品保证收益", "not_met"),
        ("a 您放心，绝对不会亏", "not_met"),
    ] {
        expect(&plan, &sales, line, &[("no_false_promise", want)]);
    }
    let en = info("en", Direction::Inbound, "Harbor Bank");
    let quote = "a You said the guard told you, that's not my problem, and that is not right";
    expect(&plan, &en, quote, &[("no_forbidden_phrase", "met")]);
    expect(&plan, &en, "a That's not my problem", &[("no_forbidden_phrase", "not_met")]);
}

#[test]
fn a_definite_time_counts_and_a_vague_one_does_not() {
    let plan = Plan::compile(built_in().unwrap());
    let info = info("zh", Direction::Inbound, "远洋银行");
    for (reply, want) in [
        ("四十八小时之内给您答复", "met"),
        ("48小时内给您答复", "met"),
        ("我们会尽快联系您", "not_met"),
        ("有结果第一时间通知您", "not_met"),
    ] {
        let lines = format!("a 您好\nc 我要投诉你们\na 非常抱歉，我给您登记\na {reply}");
        expect(
            &plan,
            &info,
            &lines,
            &[("reply_time_promised", want), ("apology_or_empathy", "met")],
        );
    }
}

#[test]
fn an_absence_shows_where_it_looked_and_what_came_nearest() {
    let plan = Plan::compile(built_in().unwrap());
    let info = info("zh", Direction::Inbound, "远洋银行");
    let cards = judge(&plan, &info, "a 您好，请讲\nc 我要投诉\na 抱歉\na 我去登机一下");
    let finding = cards
        .iter()
        .flat_map(|card| &card.findings)
        .find(|f| f.criterion.as_str() == "closing_ask_more");
    let evidence = finding.unwrap().verdict.evidence();
    let absence = evidence.iter().find(|one| one.kind == EvidenceKind::Absence).unwrap();
    assert!(
        absence.span.is_some() && absence.confidence == Some(0.9) && absence.leg == Some(LegIx(0))
    );
}

#[test]
fn what_was_not_heard_well_is_undetermined() {
    let plan = Plan::compile(built_in().unwrap());
    let info = info("zh", Direction::Inbound, "远洋银行");
    let (mut utterances, conversation, duration_ms) = dialogue("a 嗯嗯啊啊\nc 我要投诉\na 好");
    utterances.iter_mut().for_each(|utterance| utterance.confidence = 0.1);
    let mut facts = sure(&info, &utterances, &conversation, duration_ms);
    assert_eq!(verdict(&plan.evaluate(&facts), "greeting_hello"), "undetermined");
    let (clear, ..) = dialogue("a 您好\nc 我要投诉\na 好");
    facts.utterances = &clear;
    assert_eq!(verdict(&plan.evaluate(&facts), "greeting_hello"), "met");
    facts.parties_confidence = 0.2;
    assert_eq!(verdict(&plan.evaluate(&facts), "greeting_hello"), "undetermined");
    facts.utterances = &[];
    assert_eq!(verdict(&plan.evaluate(&facts), "greeting_hello"), "undetermined");
}

#[test]
fn mistakes_in_a_file_are_told_with_their_place() {
    let text = "rubric: x\nversion: 1\ntitle: t\nphrases:\n  hallo: [你好]\nconditions:\n  greets: {phrase: $halo, by: agnet}\ncriteria:\n  - {id: a, severity: miner, met: gretes}\n  - {id: a, severity: minor, weight: 0, met: greets}\n";
    let remarks: Vec<String> =
        check("x.yaml", text, &Library::default()).iter().map(ToString::to_string).collect();
    for wanted in [
        "x.yaml:7:20: error: there is no phrase list `halo`; did you mean `hallo`?",
        "x.yaml:7:31: error: there is no party `agnet`; did you mean `agent`?",
        "x.yaml:9:23: error: there is no severity `miner`; did you mean `minor`?",
        "x.yaml:9:35: error: there is no condition `gretes`; did you mean `greets`?",
    ] {
        assert!(remarks.iter().any(|remark| remark == wanted), "{wanted} in {remarks:#?}");
    }
    assert!(load("x.yaml", text, &Library::default()).is_err());
    let broken = check("x.yaml", "rubric: [", &Library::default());
    assert_eq!(broken[0].level, Level::Error);
}

#[test]
fn packs_match_their_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/rubric.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/rubrics")).unwrap()
    {
        let path = entry.unwrap().path();
        // Dialogues beside a pack have a form of their own.
        if path.extension().is_none_or(|ext| ext != "yaml")
            || path.to_string_lossy().ends_with(".tests.yaml")
        {
            continue;
        }
        let pack: serde_json::Value =
            serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&pack)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

/// Every operator and modifier in one rubric, so that the laws are tried on all of them.
const EVERYTHING: &str = r#"
rubric: everything
version: 1
title: t
match: phonetic
conditions:
  hello: {phrase: [您好], by: agent}
  bad: {phrase: [不知道], by: agent, except: [不知道您], skip: [quoted, negated]}
  quiet: {silence: {above: 3s}}
criteria:
  - {id: c0, severity: major, met: {phrase: [您好], by: agent, within: first 10s}}
  - {id: c1, severity: minor, met: {phrase: [再见], by: agent, within: last 2 utterances}}
  - {id: c2, severity: {is: minor, major_when: quiet}, violated_by: bad}
  - {id: c3, severity: minor, when: hello, met: {phrase: [谢谢], by: agent, after: {of: hello, within: 2 turns}}}
  - {id: c4, severity: minor, met: {phrase: [稍等], before: {of: quiet, within: 5s}}}
  - {id: c5, severity: minor, violated_by: {overtalk: {after: 300ms}, by: agent, times: 2}}
  - {id: c6, severity: minor, met: {order: [hello, {phrase: [谢谢]}, {phrase: [再见]}]}}
  - {id: c7, severity: minor, met: {any: [{phrase: [帮您], within: first 2 turns, by: agent}, {not: quiet}]}}
  - {id: c8, severity: minor, met: {all: [hello, {phrase: [谢谢, 再见], need: all}]}}
  - {id: c9, severity: minor, violated_by: {rate: {above: 300, units_min: 5}, by: agent}}
  - {id: c10, severity: critical, violated_by: {condition: bad, not_after: hello}}
  - {id: c11, severity: minor, met: {phrase: [谢谢], by: customer, times: {at_least: 1, at_most: 2, unit: turns}}}
  - {id: c12, severity: minor, met: {regex: ['\d+小时'], around: {of: hello, within: 20s, hit: first}}}
  - {id: c13, severity: minor, met: {attribute: {name: rings, at_most: 3}}}
  - {id: c14, severity: minor, met: {similar: {to: [请问有什么可以帮您], at_least: 0.7}, within: from 0s to 30s}}
  - {id: c15, severity: minor, met: {phrase: [谢谢], after: {of: hello, hit: last}}}
  - {id: c16, severity: minor, met: {phrase: [谢谢, 再见], after: {of: hello, hit: 2}}}
  - {id: c17, severity: minor, met: {phrase: [谢谢, 帮您], by: agent, after: {of: bad, hit: every, within: 3 turns}}}
  - {id: c18, severity: minor, met: {phrase: [可以], around: {of: {phrase: [您好]}, within: 5 words}}}
  - {id: c19, severity: minor, violated_by: {phrase: [知道], not_around: {of: {phrase: [不]}, within: 2 words}}}
  - {id: c20, severity: minor, met: {phrase: [方便], before: {of: quiet, within: same turn}}}
  - {id: c21, severity: minor, met: {phrase: [您好, 可以, 帮您], need: {at_least: 2, within: same utterance}}}
  - {id: c22, severity: minor, met: {any: {of: [hello, quiet, bad, {phrase: [再见]}], at_least: 2, at_most: 3}}}
  - {id: c23, severity: minor, met: {none: [bad, quiet]}}
  - {id: c24, severity: minor, violated_by: {repeat: {of: self, within: 6 utterances, units_min: 2}, by: customer, except: [谢谢], times: 2}}
  - {id: c25, severity: minor, violated_by: {repeat: {of: other, at_least: 0.8, within: 20s, units_min: 1}}}
  - {id: c26, severity: minor, violated_by: {response: {above: 2s}, by: agent, times: 2}}
  - {id: c27, severity: minor, met: {response: {at_most: 5s, take: first}, by: agent}}
  - {id: c28, severity: minor, met: {response: {below: 4s, take: average}, by: customer}}
  - {id: c29, severity: minor, violated_by: {hold: {above: 1s}, times: {above: 1}}}
  - {id: c30, severity: minor, violated_by: {hold: {above: 5s, take: total}}}
  - {id: c31, severity: minor, violated_by: {talk: {above: 60%, take: share}, by: agent}}
  - {id: c32, severity: minor, violated_by: {talk: {below: 3s, take: total}, by: customer}}
  - {id: c33, severity: minor, met: {talk: {}, by: agent, within: last 1 utterances}}
  - {id: c34, severity: minor, met: {talk: {}, times: {at_least: 3, unit: turns}}}
  - {id: c35, severity: minor, violated_by: {loudness: {above: -12}, by: agent}}
  - {id: c36, severity: minor, violated_by: {loudness: {above: 6, relative: yes}, times: 2}}
  - {id: c37, severity: minor, violated_by: {length: {above: 60s}}}
  - {id: c38, severity: minor, met: {opening: {at_most: 8s}, by: agent}}
  - {id: c39, severity: minor, met: {entity: definite_time, by: agent, skip: [negated]}}
  - {id: c40, severity: minor, violated_by: {entity: [phone, order_number], by: customer}}
  - {id: c41, severity: minor, met: {entity: [vague_time, amount], need: any, after: {of: hello}}}
  - {id: c42, severity: minor, met: {phrase: [谢谢], within: from 2 to 5 utterances, by: customer}}
  - {id: c43, severity: minor, met: {phrase: [谢谢], within: last 30%}}
  - {id: c44, severity: minor, violated_by: {silence: {above: 6s, take: total}, around: {of: hello}}}
  - {id: c45, severity: minor, violated_by: {rate: {above: 250, take: 2}, by: agent}}
  - {id: c46, severity: minor, met: {entity: phone, by: agent, after: {of: hello, hit: every}}}
  - {id: c47, severity: minor, met: {phrase: [tha~]}}
  - {id: c48, severity: minor, violated_by: {overtalk: {above: 20%, take: share}, by: customer}}
  - {id: c49, severity: minor, violated_by: {silence: {at_least: 3s, take: last}}}
"#;

fn everything(text: &str) -> Plan {
    Plan::compile(vec![load("everything.yaml", text, &Library::default()).unwrap()])
}

pub(crate) fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let texts = prop::sample::select(vec![
        "您好，请问有什么可以帮您",
        "谢谢",
        "再见",
        "我不知道",
        "前台说不知道",
        "不知道您方便吗",
        "请稍等",
        "嗯",
        "48小时之内",
        "您",
        "好，我看看",
        "不",
        "知道",
        "我的手机号是幺九九",
        "零零零零六幺三六",
        "订单号是三八四二一七",
        "尽快退您三百元",
        "thanks",
    ]);
    let one = (0u64..60_000, 100u64..6000, 0u8..11, texts, any::<bool>());
    prop::collection::vec(one, 0..24).prop_map(|rows| {
        let rows = rows.into_iter().zip(0u32..);
        rows.map(|((start, len, kind, text, flag), id)| {
            let span = Span::from_ms(start, start + len).unwrap();
            let party = if flag { Party::Agent } else { Party::Customer };
            match kind {
                0 => Fact::Silence(Silence { span, announced: flag, hold: false }),
                1 => {
                    Fact::Overtalk(Overtalk { span, by: party, after_ms: len, backchannel: false })
                }
                2 => Fact::Rate(SpeakingRate {
                    utterance: id,
                    party,
                    span,
                    units: 10,
                    per_min: len as f32 / 10.0,
                }),
                3 => Fact::Loudness(Loudness {
                    utterance: id,
                    party,
                    span,
                    dbfs: -(len as f32) / 200.0,
                }),
                4 => Fact::Hold(span),
                _ => Fact::Utterance(Utterance { span, ..say(id, party, start, text) }),
            }
        })
        .collect()
    })
}

fn start(fact: &Fact) -> AudioTime {
    match fact {
        Fact::Utterance(one) => one.span.start(),
        Fact::Silence(one) => one.span.start(),
        Fact::Overtalk(one) => one.span.start(),
        Fact::Rate(one) => one.span.start(),
        Fact::Loudness(one) => one.span.start(),
        Fact::Unheard(span) | Fact::Hold(span) => span.start(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Laws 1 and 5: however the call arrives, the end is the same, and what is settled stays.
    #[test]
    fn heard_in_pieces_ends_like_heard_at_once(facts in facts(), steps in prop::collection::vec(1u64..9000, 1..16)) {
        let plan = everything(EVERYTHING);
        let mut info = info("zh", Direction::Inbound, "远洋银行");
        info.ring_ms = Some(4000);
        let mut whole = Evaluation::new(&plan, &info, 1.0);
        for fact in &facts {
            whole.observe(fact.clone()).unwrap();
        }
        let want = whole.finish(70_000, Default::default());

        let mut live = Evaluation::new(&plan, &info, 1.0);
        let mut left = facts;
        left.sort_by_key(start);
        let mut horizon = 0;
        let mut known: Vec<Option<&'static str>> = Vec::new();
        for step in steps {
            horizon += step;
            let later = left.split_off(left.partition_point(|fact| start(fact).ms() < horizon));
            for fact in std::mem::replace(&mut left, later) {
                live.observe(fact).unwrap();
            }
            live.advance(AudioTime::from_ms(horizon));
            let now: Vec<Option<&'static str>> = live.values().into_iter().map(|value| value.verdict).collect();
            for (i, (before, now)) in known.iter().zip(&now).enumerate() {
                prop_assert!(before.is_none() || before == now, "c{} was {:?} and is {:?}", i, before, now);
            }
            known = now;
        }
        for fact in left {
            live.observe(fact).unwrap();
        }
        let got = live.finish(70_000, Default::default());
        for (finding, before) in got[0].findings.iter().zip(&known) {
            prop_assert!(before.is_none_or(|before| before == finding.verdict.as_str()), "{} was {:?}, ends {}", finding.criterion, before, finding.verdict.as_str());
        }
        prop_assert_eq!(got, want);
    }

    #[test]
    fn the_order_of_criteria_does_not_matter_and_scores_stay_in_bounds(facts in facts(), seed in any::<u64>()) {
        let (head, tail) = EVERYTHING.split_once("criteria:\n").unwrap();
        let mut lines: Vec<&str> = tail.lines().collect();
        let turn = (seed % lines.len() as u64) as usize;
        lines.rotate_left(turn);
        let turned = everything(&format!("{head}criteria:\n{}\n", lines.join("\n")));
        let plan = everything(EVERYTHING);
        let info = info("zh", Direction::Inbound, "远洋银行");
        let run = |plan: &Plan| {
            let mut evaluation = Evaluation::new(plan, &info, 1.0);
            facts.iter().for_each(|fact| evaluation.observe(fact.clone()).unwrap());
            evaluation.finish(70_000, Default::default()).remove(0)
        };
        let (a, b) = (run(&plan), run(&turned));
        prop_assert!(a.score.is_none_or(|score| score.hundredths() >= 0 && score <= a.max));
        let sorted = |card: &Scorecard| {
            let mut all: Vec<(String, String)> = card.findings.iter().map(|f| (f.criterion.to_string(), format!("{:?}", f.verdict))).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&a), sorted(&b));
        prop_assert_eq!(a.verdict, b.verdict);
    }
}
