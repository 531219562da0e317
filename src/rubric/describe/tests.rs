//! Conditions as people read them, in both languages.

use super::*;
use crate::rubric::{Library, Outline, built_in_file, built_in_ids, library};

/// The lines of a condition; `other` is one with a name.
fn lines(condition: &str, say: Tongue) -> Vec<String> {
    let other = match condition.contains("other") {
        true => "conditions:\n  other: {phrase: 投诉, by: customer}\n",
        false => "",
    };
    let text = format!(
        "rubric: x\nversion: 1\ntitle: t\n{other}criteria:\n  - {{id: a, severity: minor, met: {condition}}}\n"
    );
    let outline = Outline::read("x.yaml", &text, &Library::default())
        .unwrap_or_else(|error| panic!("{condition}: {:?}", error.diagnostics));
    describe(&outline.criteria[0].rule, Names::Only, say)
}

#[track_caller]
fn check(condition: &str, wanted: &[&str]) {
    assert_eq!(lines(condition, Tongue::Zh), wanted, "{condition}");
}

#[test]
fn words_that_are_said_are_one_sentence_of_who_when_and_what() {
    check("{phrase: 您好}", &["说到“您好”"]);
    check("{phrase: [您好, 你好], by: agent}", &["坐席说到“您好”“你好”之一"]);
    check(
        "{phrase: [甲, 乙, 丙, 丁], by: agent, within: first 2 turns, match: loose, except: [戊]}",
        &["坐席在开头 2 轮内说到“甲”“乙”“丙”等 4 种说法之一；读音相近即可（从宽）；“戊”不算"],
    );
    check(
        "{phrase: [姓名, 电话], need: {at_least: 2, within: same utterance}, by: agent}",
        &["坐席说到“姓名”“电话”；须在同一句内说到其中的不少于 2 种"],
    );
    check("{phrase: [甲, 乙], need: all}", &["说到“甲”“乙”；须全部说到"]);
    check(
        "{phrase: 请, match: exact, by: agent, times: {at_least: 2, unit: turns}}",
        &["坐席说到“请”；须逐字一致；不少于 2 轮"],
    );
    check(
        "{entity: [definite_time, amount], by: agent, skip: [negated, asked]}",
        &["坐席提到明确时间或金额；否定、提问的不算"],
    );
    check("{repeat: {of: self}, by: customer, times: 2}", &["客户重复自己说过的话；不少于 2 次"]);
    check("{phrase: 甲, within: from 20s to 60m}", &["在通话 20 秒至 60 分钟之间说到“甲”"]);
    check("{phrase: 甲, within: last 45s}", &["在最后 45 秒内说到“甲”"]);
    check("{phrase: 甲, within: first 20%}", &["在开头 20% 时段内说到“甲”"]);
}

#[test]
fn what_is_measured_says_how_much_and_what_does_not_count() {
    check(
        "{silence: {above: 10s, announced: no, hold: no}, times: 2}",
        &["静音超过 10 秒（已告知的不算，保持中的不算）；不少于 2 次"],
    );
    check(
        "{overtalk: {after: 500ms, above: 400ms}, by: agent}",
        &["坐席抢话超过 0.4 秒（对方已说满 0.5 秒）"],
    );
    check(
        "{rate: {above: 460, units_min: 25}, by: agent}",
        &["坐席语速超过每分钟 460 字（不足 25 字的话不算）"],
    );
    check("{response: {above: 5s, take: first}, by: agent}", &["坐席首次应答间隔超过 5 秒"]);
    check("{response: {above: 20s, take: average}, by: agent}", &["坐席平均应答间隔超过 20 秒"]);
    check("{talk: {above: 70%, take: share}, by: agent}", &["坐席说话占比超过 70%"]);
    check("{talk: {}, by: customer, times: {at_most: 2, unit: turns}}", &["客户说话；不超过 2 轮"]);
    check(
        "{loudness: {above: 8, relative: yes}, by: customer}",
        &["客户音量与本人平均之差超过 8 dB"],
    );
    check("{hold: {above: 3m, take: total}}", &["保持合计超过 3 分钟"]);
    check("{length: {below: 15s}}", &["通话时长低于 15 秒"]);
    check("{attribute: {name: rings, at_most: 3}}", &["振铃声数不超过 3"]);
    check("{attribute: {name: queue, is: [售后, 投诉]}}", &["技能组是售后或投诉"]);
    check("{attribute: {name: direction, is: inbound}}", &["呼叫方向是呼入"]);
}

#[test]
fn conditions_stand_below_how_they_are_to_hold() {
    check("{any: [{phrase: 甲}, other]}", &["以下任一成立：", "  • 说到“甲”", "  • other"]);
    check("{not: {attribute: {name: client, present: yes}}}", &["不成立：甲方已知"]);
    check(
        "{any: {of: [{phrase: 甲}, {phrase: 乙}, other], at_least: 2}}",
        &["以下各项中，成立的不少于 2 项：", "  • 说到“甲”", "  • 说到“乙”", "  • other"],
    );
    check(
        "{phrase: 抱歉, by: agent, after: {of: other, hit: first}}",
        &["坐席说到“抱歉”", "  且在下列情况首次出现之后：other"],
    );
    check(
        "{phrase: 抱歉, after: {of: other, hit: every, within: 2 turns}}",
        &["说到“抱歉”", "  且下列情况每次出现时，其之后（2 轮内）都须有上述内容：other"],
    );
    check(
        "{phrase: 保证, not_around: {of: {phrase: [不能, 无法]}, within: 3 words}}",
        &["说到“保证”", "  且不在下列情况前后（3 个字内）：说到“不能”“无法”之一"],
    );
    check("{condition: other, within: last 30s}", &["限在最后 30 秒内", "  出现：other"]);
}

#[test]
fn english_is_told_key_by_key() {
    let told = |condition| lines(condition, Tongue::En);
    assert_eq!(
        told("{phrase: [hello, hi], by: agent, within: first 2 turns, match: exact}"),
        ["says 2 phrases, such as “hello” “hi”; matched: exact; by agent; within first 2 turns"]
    );
    assert_eq!(told("{not: {phrase: hi}}"), ["not: says “hi”"]);
    assert_eq!(told("{silence: {above: 10s}}"), ["silence: above 10s"]);
}

/// Headlines stand in trees, where what is below follows.
#[test]
fn a_headline_of_what_only_joins_others_is_how_it_joins_them() {
    let text = "rubric: x\nversion: 1\ntitle: t\ncriteria:\n  - {id: a, severity: minor, met: {any: [{phrase: 甲}, {phrase: 乙}]}}\n";
    let outline = Outline::read("x.yaml", text, &Library::default()).unwrap();
    let rule = &outline.criteria[0].rule;
    assert_eq!(headline(rule, Tongue::Zh), "以下任一成立");
    assert_eq!(headline(rule, Tongue::En), "any of");
}

#[test]
fn our_own_rubrics_are_chinese_to_the_last_word() {
    for id in built_in_ids().filter(|id| id.ends_with("-zh")) {
        let (file, text) = built_in_file(id).unwrap();
        let outline = Outline::read(&file, text, &library()).unwrap();
        let deciding = outline.criteria.iter().flat_map(|one| {
            one.when.iter().chain([&one.rule]).chain(one.graver.iter().map(|(_, clause)| clause))
        });
        for line in deciding.flat_map(|clause| resolved(clause, Names::Resolved, Tongue::Zh)) {
            // What is said on a call may be in any language.
            let ours: String =
                line.split('“').map(|piece| piece.rsplit('”').next().unwrap_or("")).collect();
            assert!(!ours.chars().any(|c| c.is_ascii_alphabetic()), "{id}: {line}");
        }
    }
}
