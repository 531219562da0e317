//! Every operator of the rubric language on small dialogues: what it makes of them, how it proves it,
//! and from when on it is sure.

use std::sync::LazyLock;

use lingting::domain::{
    CallId, CallInfo, Conversation, Evidence, EvidenceKind, Language, LegIx, Loudness, Overtalk,
    Party, PerParty, Silence, Span, SpeakingRate, Utterance,
};
use lingting::rubric::{CallFacts, Library, Plan, WhoSpeaks, check as remarks, load};

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../schemas/rubric.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// A small call.
pub(super) struct Call {
    pub(super) info: CallInfo,
    pub(super) utterances: Vec<Utterance>,
    pub(super) measures: Conversation,
    pub(super) duration_ms: u64,
}

impl Call {
    /// All of it, as a rubric is told it.
    pub(super) fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            info: &self.info,
            utterances: &self.utterances,
            conversation: &self.measures,
            duration_ms: self.duration_ms,
            parties_confidence: 1.0,
            who: WhoSpeaks::Told,
            direction_told: true,
            unheard: &[],
        }
    }
}

/// One line an utterance: `a` the agent, `c` the customer, `?` an unknown voice; `-` so many seconds of
/// silence, `w` so many after an announcement, `h` so many of music on hold. `a!` is loud, `a>` comes
/// in over the other. A second of speech has five characters; a breath of 0.4 s lies between lines.
pub(super) fn call(lines: &str) -> Call {
    let mut info = CallInfo::unknown(CallId::new("t").unwrap());
    info.language = Language::new("zh");
    let mut out =
        Call { info, utterances: Vec::new(), measures: Conversation::default(), duration_ms: 0 };
    let mut at = 1000;
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (who, text) = line.split_once(' ').unwrap();
        let seconds = || (text.parse::<f64>().unwrap() * 1000.0) as u64;
        if let Some(kind) = ["-", "w", "h"].iter().find(|kind| **kind == who) {
            let span = Span::from_ms(at, at + seconds()).unwrap();
            let (announced, hold) = (*kind == "w", *kind == "h");
            out.measures.silences.push(Silence { span, announced, hold });
            if hold {
                out.measures.holds.push(span);
            }
            at = span.end().ms();
            continue;
        }
        let party = match &who[..1] {
            "a" => Party::Agent,
            "c" => Party::Customer,
            _ => Party::Unknown,
        };
        let id = out.utterances.len() as u32;
        let start = if who.ends_with('>') { at - 1400 } else { at };
        let len_ms = 200 * text.chars().count() as u64;
        let span = Span::from_ms(start, start + len_ms).unwrap();
        let leg = LegIx(u8::from(party == Party::Customer));
        if who.ends_with('>') {
            let span = Span::from_ms(start, at - 400).unwrap();
            let (by, after_ms, backchannel) = (party, 2000, false);
            out.measures.overtalk.push(Overtalk { span, by, after_ms, backchannel });
        }
        let dbfs = if who.ends_with('!') { -10.0 } else { -25.0 };
        out.measures.loudness.push(Loudness { utterance: id, party, span, dbfs });
        let (units, per_min) =
            (text.chars().count() as u32, if who.ends_with('!') { 400.0 } else { 240.0 });
        out.measures.rates.push(SpeakingRate { utterance: id, party, span, units, per_min });
        let text = text.into();
        let speaker = leg.0;
        let (confidence, words) = (0.9, Vec::new());
        out.utterances.push(Utterance { id, leg, speaker, party, span, text, confidence, words });
        at = span.end().ms() + 400;
    }
    out.measures.rate_per_min = PerParty { agent: Some(240.0), customer: Some(200.0) };
    out.duration_ms = at + 600;
    out
}

pub(super) fn plan(named: &str, condition: &str) -> Plan {
    let text = format!(
        "rubric: t\nversion: 1\ntitle: t\nconditions:\n  customer_asks: {{phrase: [退款], by: customer}}\n{named}criteria:\n  - {{id: c, severity: minor, met: {condition}}}\n"
    );
    let plan = load("t.yaml", &text, &Library::default())
        .unwrap_or_else(|error| panic!("{condition}: {error}"));
    let file: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert!(SCHEMA.is_valid(&file), "{condition} does not match the schema");
    Plan::compile(vec![plan])
}

fn judged(plan: &Plan, call: &Call) -> (&'static str, Vec<Evidence>) {
    let verdict = plan.evaluate(&call.facts()).remove(0).findings.remove(0).verdict;
    (verdict.as_str(), verdict.evidence().to_vec())
}

/// A condition holds (`met`), does not (`not_met`), or cannot be told (`undetermined`).
#[track_caller]
fn check(condition: &str, rows: &[(&str, &str)]) {
    let plan = plan("", condition);
    let wrong = rows.iter().filter_map(|(lines, want)| {
        let (got, evidence) = judged(&plan, &call(lines));
        assert!(got == "undetermined" || !evidence.is_empty(), "{condition}: no proof on {lines}");
        (got != *want).then(|| format!("{condition}\n{lines}\nwanted {want}, got {got}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn near_and_not_near() {
    check(
        "{phrase: [投诉], around: {of: {phrase: [你们]}, within: 3 words}}",
        &[
            ("c 我要投诉你们", "met"),
            ("c 你们等着我投诉", "met"),
            ("c 你们这个服务态度我真的要投诉", "not_met"),
            ("c 投诉\na 你们", "not_met"),
            ("c 我要投诉\nc 你们", "met"),
        ],
    );
    check(
        "{phrase: [处理], not_around: {of: {phrase: [不]}, within: 1 words}}",
        &[("a 我们会处理", "met"), ("a 我们不能处理", "not_met"), ("a 不好意思马上处理", "met")],
    );
    check(
        "{phrase: [退款], around: {of: {phrase: [您好]}, within: same utterance}}",
        &[("c 您好我要退款", "met"), ("c 您好\nc 我要退款", "not_met"), ("c 退款您好", "met")],
    );
    check(
        "{phrase: [退款], after: {of: {phrase: [您好]}, within: same turn}}",
        &[("c 您好\nc 我要退款", "met"), ("c 您好\na 请讲\nc 我要退款", "not_met")],
    );
}

#[test]
fn which_of_the_hits() {
    let after = |hit: &str| {
        format!(
            "{{phrase: [抱歉], by: agent, after: {{of: customer_asks, hit: {hit}, within: 1 turns}}}}"
        )
    };
    let twice = "c 我要退款\na 好的\nc 我说退款\na 非常抱歉\nc 行";
    check(&after("any"), &[(twice, "met")]);
    check(&after("first"), &[(twice, "not_met")]);
    check(&after("2"), &[(twice, "met"), ("c 我要退款\na 抱歉", "not_met")]);
    check(&after("last"), &[(twice, "met")]);
    check(
        &after("every"),
        &[
            (twice, "not_met"),
            ("c 我要退款\na 抱歉\nc 我说退款\na 非常抱歉", "met"),
            ("a 抱歉\nc 行", "not_met"),
            ("c 我要退款\n? 抱歉", "undetermined"),
        ],
    );
}

#[test]
fn every_shows_the_one_that_was_left_alone() {
    let condition =
        "{phrase: [抱歉], by: agent, after: {of: customer_asks, hit: every, within: 1 turns}}";
    let call = call("c 我要退款\na 抱歉\nc 还是退款\na 好的\nc 嗯");
    let (verdict, evidence) = judged(&plan("", condition), &call);
    assert_eq!(verdict, "not_met");
    let absence: Vec<&Evidence> =
        evidence.iter().filter(|one| one.kind == EvidenceKind::Absence).collect();
    let second = call.utterances[2].span;
    assert_eq!(absence.len(), 1);
    assert!(absence[0].span.unwrap().overlap(second).is_some());
    assert!(absence[0].span.unwrap().start() >= second.start());
}

#[test]
fn some_and_none_of_several() {
    let some = "{any: {of: [{phrase: [您好]}, {phrase: [谢谢]}, {phrase: [再见]}], at_least: 2}}";
    check(some, &[("a 您好\na 再见", "met"), ("a 您好\na 您好", "not_met")]);
    let one = "{any: {of: [{phrase: [您好]}, {phrase: [谢谢]}, {phrase: [再见]}], at_least: 1, below: 3}}";
    check(one, &[("a 您好谢谢", "met"), ("a 您好谢谢再见", "not_met"), ("a 嗯", "not_met")]);
    check(
        "{none: [{phrase: [您好]}, {phrase: [再见]}]}",
        &[("a 喂", "met"), ("a 再见", "not_met")],
    );
    check(
        "{phrase: [姓名, 电话, 地址], need: {at_least: 2, within: same utterance}}",
        &[("a 您的姓名和电话", "met"), ("a 您的姓名\nc 张三\na 电话", "not_met")],
    );
    check(
        "{phrase: [姓名, 电话, 地址], need: {at_least: all, within: same turn}}",
        &[("a 姓名和电话\na 还有地址", "met"), ("a 姓名和电话\nc 嗯\na 地址", "not_met")],
    );
}

#[test]
fn words_that_begin_so_and_patterns_with_exceptions() {
    check(
        "{phrase: [my neighbo~, 'refund~ *4 today']}",
        &[
            ("c my neighbours are loud", "met"),
            ("c my neighbor", "met"),
            ("c my neigh", "not_met"),
            ("c refunding it to me today", "met"),
        ],
    );
    check(
        "{regex: ['信用\\w?'], except: ['信用卡']}",
        &[("a 您的信用很好", "met"), ("a 您的信用卡", "not_met")],
    );
}

#[test]
fn repetition() {
    let own = "{repeat: {of: self}, by: customer}";
    check(
        own,
        &[
            ("c 我要求你们马上退款\na 请稍等\nc 我要求你们马上退款", "met"),
            ("c 我要求你们马上退款\na 请稍等\nc 我就要求你们退款", "met"),
            ("c 我要求你们马上退款\na 我要求你们马上退款", "not_met"),
            ("c 我要求你们马上退款\na 请稍等\nc 快递什么时候能送到呢", "not_met"),
            ("c 好的\na 请稍等\nc 好的", "not_met"),
        ],
    );
    check(
        "{repeat: {of: other, at_least: 0.8, within: 2 utterances}, by: agent, except: [工号]}",
        &[
            ("c 快递什么时候送到\na 快递什么时候送到", "met"),
            ("c 快递什么时候送到\na 工号快递什么时候送到", "not_met"),
            ("c 快递什么时候送到\na 一\na 二\na 快递什么时候送到", "not_met"),
        ],
    );
    let thrice = "c 我要马上退款\na 嗯\nc 我要马上退款\na 嗯\nc 我要马上退款";
    check("{repeat: {of: self}, by: customer, times: 2}", &[(thrice, "met")]);
    check("{repeat: {of: self}, by: customer, times: 3}", &[(thrice, "not_met")]);
    let (_, evidence) = judged(&plan("", own), &call("c 我要马上退款\na 嗯\nc 我要马上退款"));
    let quotes: Vec<&str> =
        evidence.iter().map(|one| one.quote.as_ref().unwrap().as_str()).collect();
    assert_eq!(quotes, ["我要马上退款", "我要马上退款"]);
    assert_eq!(evidence[1].matched.as_deref(), Some("100% = 00:01.000"));
}

#[test]
fn silence_hold_and_overtalk() {
    check(
        "{silence: {above: 3s, announced: no, hold: no}}",
        &[
            ("a 好\n- 5\na 嗯", "met"),
            ("a 好\nw 5\na 嗯", "not_met"),
            ("a 好\nh 5\na 嗯", "not_met"),
        ],
    );
    check(
        "{silence: {above: 8s, take: total}}",
        &[("a 好\n- 5\na 嗯\n- 4\na 嗯", "met"), ("a 好\n- 5\na 嗯\n- 3\na 嗯", "not_met")],
    );
    check(
        "{silence: {at_most: 20%, take: share}}",
        &[
            ("a 您好请问有什么可以帮您\n- 1\na 嗯", "not_met"),
            ("a 您好请问有什么可以帮您的请讲\nc 好\na 好", "met"),
        ],
    );
    let held = "a 请稍等\nh 20\na 久等了\nh 45\na 好";
    check("{hold: {above: 30s}}", &[(held, "met"), ("a 好\n- 40\na 好", "not_met")]);
    check("{hold: {}, times: {above: 1}}", &[(held, "met")]);
    check("{hold: {at_least: 65s, take: total}}", &[(held, "met")]);
    check("{hold: {above: 30s, take: first}}", &[(held, "not_met")]);
    check("{hold: {}}", &[("h 20\na 您好", "not_met")]);
    check(
        "{overtalk: {after: 1s, above: 500ms}, by: agent}",
        &[
            ("c 我的订单到现在都没有\na> 您先听我说", "met"),
            ("a 您先听我说您先听我\nc> 我不听", "not_met"),
        ],
    );
}

#[test]
fn answers() {
    let slow = "a 您好\nc 我要查订单\n- 3\na 请讲\nc 嗯嗯嗯\n- 6\na 好的";
    check("{response: {above: 5s}, by: agent}", &[(slow, "met")]);
    check("{response: {above: 5s}, by: customer}", &[(slow, "not_met")]);
    check("{response: {above: 5s, take: first}, by: agent}", &[(slow, "not_met")]);
    check("{response: {above: 5s, take: 2}, by: agent}", &[(slow, "met")]);
    check("{response: {above: 4s, take: average}, by: agent}", &[(slow, "met")]);
    check("{response: {above: 5s}, by: agent}", &[("c 我要查订单\nw 9\na 请讲", "not_met")]);
    check("{response: {above: 1s}, by: agent}", &[("? 我要查订单\n- 9\n? 请讲", "not_met")]);
    check("{response: {above: 1s}, by: agent}", &[("c 我要查订单\n- 9\n? 请讲", "undetermined")]);
    let (_, evidence) =
        judged(&plan("", "{response: {above: 5s, take: first}, by: agent}"), &call(slow));
    assert_eq!(evidence[0].matched.as_deref(), Some("response 3.4 s > 5 s"));
}

#[test]
fn talk_length_and_opening() {
    let much = "a 您好我给您介绍一下我们的产品它非常好\nc 嗯\na 再见";
    check("{talk: {above: 60%, take: share}, by: agent}", &[(much, "met")]);
    check("{talk: {above: 60%, take: share}, by: customer}", &[(much, "not_met")]);
    check("{talk: {above: 3s}, by: agent}", &[(much, "met")]);
    check("{talk: {below: 1s, take: total}, by: customer}", &[(much, "met")]);
    check(
        "{talk: {}, by: agent, times: {at_most: 1}}",
        &[(much, "not_met"), ("a 喂\nc 嗯", "met")],
    );
    check(
        "{talk: {}, times: {at_least: 3, unit: turns}}",
        &[(much, "met"), ("a 喂\na 喂\na 喂", "not_met")],
    );
    check("{length: {above: 6s}}", &[(much, "met"), ("a 喂", "not_met")]);
    let opened = |ring_ms: Option<u64>, lines: &str| {
        let mut call = call(lines);
        call.info.ring_ms = ring_ms;
        judged(&plan("", "{opening: {at_most: 3s}, by: agent}"), &call).0
    };
    assert_eq!(opened(Some(0), "a 您好"), "met");
    assert_eq!(opened(Some(0), "- 4\na 您好"), "not_met");
    assert_eq!(opened(Some(4000), "- 4\na 您好"), "met");
    assert_eq!(opened(None, "a 您好"), "undetermined");
}

#[test]
fn a_name_that_nobody_told_cannot_be_missed() {
    let (named, either) = ("{phrase: '这里是{client}'}", "{phrase: ['{client}', 客服中心]}");
    let of = |condition, client: Option<&str>, lines| {
        let mut call = call(lines);
        call.info.client = client.map(Into::into);
        judged(&plan("", condition), &call).0
    };
    assert_eq!(of(named, Some("云帆物流"), "a 您好这里是云帆物流"), "met");
    assert_eq!(of(named, Some("云帆物流"), "a 您好请讲"), "not_met");
    assert_eq!(of(named, None, "a 您好这里是云帆物流"), "undetermined");
    // What can be heard without the name decides where there is such a thing.
    assert_eq!(of(either, None, "a 您好客服中心"), "met");
    assert_eq!(of(either, None, "a 您好请讲"), "not_met");
}

#[test]
fn who_ended_the_call() {
    // The last word: no word of the other party stands after it.
    check(
        "{talk: {}, by: customer, not_before: {talk: {}, by: agent}}",
        &[("a 喂\nc 嗯", "met"), ("a 喂\nc 嗯\na 再见", "not_met")],
    );
    let hung_up = "{attribute: {name: ended_by, is: customer}}";
    check(hung_up, &[("a 喂", "undetermined")]);
    let mut ended = call("a 喂");
    ended.info.extra.insert("ended_by".into(), "\"customer\"".into());
    assert_eq!(judged(&plan("", hung_up), &ended).0, "met");
}

#[test]
fn loudness_and_rate() {
    let shouts = "a 您好\nc 我跟你说了\nc! 你们到底管不管\na 请您别急\nc 唉算了";
    check("{loudness: {above: -15}, by: customer}", &[(shouts, "met"), ("c 嗯", "not_met")]);
    check("{loudness: {above: -15}, by: agent}", &[(shouts, "not_met")]);
    check(
        "{loudness: {at_least: 6, relative: yes}, by: customer}",
        &[(shouts, "met"), ("c! 嗯\nc! 啊", "not_met")],
    );
    check("{loudness: {below: -30, take: average}, by: agent}", &[(shouts, "not_met")]);
    check("{rate: {above: 300, units_min: 5}, by: customer}", &[(shouts, "met")]);
    check("{rate: {at_least: 200, at_most: 220, take: average}, by: customer}", &[(shouts, "met")]);
    let mut silent = call(shouts);
    silent.measures.loudness.clear();
    assert_eq!(judged(&plan("", "{loudness: {above: -15}}"), &silent).0, "undetermined");
}

#[test]
fn entities() {
    let promise = "{entity: definite_time, by: agent, skip: [negated, quoted, asked]}";
    check(
        promise,
        &[
            ("a 四十八小时之内给您答复", "met"),
            ("a 我们明天下午三点前给您回电话", "met"),
            ("a 我们会尽快给您答复", "not_met"),
            ("a 我们不能保证四十八小时之内", "not_met"),
            ("c 四十八小时之内答复我", "not_met"),
            ("a 四十八\na 小时之内给您答复", "met"),
        ],
    );
    check(
        "{all: [{entity: vague_time, by: agent}, {not: {entity: definite_time, by: agent}}]}",
        &[("a 尽快", "met"), ("a 我们尽快在两天内处理", "not_met")],
    );
    check(
        "{entity: phone, by: customer}",
        &[
            ("a 您的手机号\nc 幺九九\na 嗯\nc 零零零零六幺三六", "met"),
            ("c 订单号是二零二六一一零三八八八", "not_met"),
        ],
    );
    check(
        "{entity: order_number, by: customer}",
        &[("a 请报一下订单号\nc 八八二三一九", "met"), ("a 请讲\nc 八八二三一九", "not_met")],
    );
    check(
        "{entity: amount, except: [三百元券]}",
        &[("a 退您三百元", "met"), ("a 送您三百元券", "not_met")],
    );
    check(
        "{entity: [amount, date], need: all}",
        &[("a 十月五号退您三百元", "met"), ("a 退您三百元", "not_met")],
    );
    let (_, evidence) = judged(&plan("", promise), &call("a 我们四十八小时之内给您答复"));
    assert_eq!(evidence[0].quote.as_ref().unwrap().as_str(), "四十八小时之内");
    assert_eq!(evidence[0].matched.as_deref(), Some("definite_time"));
}

#[test]
fn windows_by_number_and_by_share() {
    let lines = "a 一\nc 二\na 三\nc 四\na 谢谢\nc 六";
    check("{phrase: [谢谢], within: from 2 to 3 utterances, by: agent}", &[(lines, "met")]);
    check("{phrase: [谢谢], within: from 4 to 6 utterances}", &[(lines, "met")]);
    check("{phrase: [谢谢], within: from 1 to 4 turns}", &[(lines, "not_met")]);
    check("{phrase: [谢谢], within: from 9 to 12 utterances}", &[(lines, "not_met")]);
    check("{phrase: [谢谢], within: last 50%}", &[(lines, "met")]);
    check("{phrase: [谢谢], within: first 50%}", &[(lines, "not_met")]);
}

#[test]
fn mistakes_are_told() {
    for (condition, want) in [
        ("{talk: {take: share}}", "`talk` needs a bound: above, below, at_least, at_most"),
        ("{talk: {above: 0.3, take: share}}", "`0.3` is no share; write `30%`"),
        ("{length: {above: 3s, take: total}}", "`length` has no such value to take"),
        ("{response: {above: 3s, take: meen}}", "there is no value to take `meen`"),
        ("{entity: fone}", "there is no entity `fone`; did you mean `phone`?"),
        ("{silence: {above: 3s}, except: [好]}", "`except` says nothing about `silence`"),
        (
            "{silence: {above: 3s}, around: {of: customer_asks, within: 3 words}}",
            "a `silence` has no words to count from",
        ),
        (
            "{phrase: [a], not_after: {of: customer_asks, hit: every}}",
            "`every` asks for a hit at each of them; where none may stand, leave `hit` out",
        ),
        ("{any: {of: [customer_asks], at_least: 2}}", "there are 1 conditions, never 2"),
        ("{silence: {longer_than: 3s}}", "`longer_than` is written `above` today"),
        ("{repeat: {of: she}}", "there is no voice `she`"),
    ] {
        let text = format!(
            "rubric: t\nversion: 1\ntitle: t\nconditions:\n  customer_asks: {{phrase: [退款]}}\ncriteria:\n  - {{id: c, severity: minor, met: {condition}}}\n"
        );
        let all: Vec<String> = remarks("t.yaml", &text, &Library::default())
            .into_iter()
            .map(|one| one.message)
            .collect();
        assert!(all.iter().any(|one| one.starts_with(want)), "{condition}: {all:?}");
    }
}
