//! Conditions in Chinese, as somebody says them who listens to calls for a living: who, when, what, and what does not count.
//!
//! In: what a condition has under its keys. Out: the same in words. What is written in a way that has no sentence here is
//! left to the words of its keys: nothing that a condition asks may be missing from what is shown.

use super::{Below, Names, PHRASES_SHOWN, Tongue, bulleted, describe, plain, sample, value};
use crate::rubric::outline::{Clause, Part};

type Entries = [(String, Part)];

/// What sidecars say of a call.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("direction", "呼叫方向"),
    ("vendor", "供应商"),
    ("client", "甲方"),
    ("project", "项目"),
    ("queue", "技能组"),
    ("team", "班组"),
    ("agent_id", "坐席工号"),
    ("ring_s", "振铃秒数"),
    ("rings", "振铃声数"),
    ("language", "语言"),
    ("inbound", "呼入"),
    ("outbound", "呼出"),
];

/// Tells what stands under a key; `false` where it has no words for that.
pub(super) fn part_of(
    clause: &Clause,
    key: &str,
    part: &Part,
    names: Names,
    facts: &mut Vec<String>,
    below: &mut Below,
) -> bool {
    if let Some(told) = holding(key, part, names) {
        below.push(told);
        return true;
    }
    let fact = match (key, part) {
        // Said first: see `begin`.
        ("by" | "within", Part::Plain(_)) => return true,
        ("phrase", Part::Phrases { all, .. }) => {
            // How many of them are needed may stand beside them, in whatever form.
            let is_any = all.len() > 1 && !clause.parts.iter().any(|(key, _)| key == "need");
            Some(format!("说到{}{}", quoted(all), if is_any { "之一" } else { "" }))
        }
        ("except", Part::Phrases { all, .. }) => Some(format!("{}不算", quoted(all))),
        ("entity", Part::Plain(_) | Part::List(_)) => Some(format!("提到{}", listed(part, "或"))),
        ("skip", Part::Plain(_) | Part::List(_)) => Some(format!("{}的不算", listed(part, "、"))),
        ("match", Part::Plain(mode)) => matched(mode),
        ("need", _) => need(part),
        ("times", Part::Plain(count)) => Some(format!("不少于 {count} 次")),
        ("times", Part::Map(entries)) => times(entries),
        ("attribute", Part::Map(entries)) => attribute(entries),
        ("repeat", Part::Map(entries)) => repeat(entries),
        ("similar", Part::Map(entries)) => similar(entries),
        (_, Part::Map(entries)) => measured(key, entries),
        _ => None,
    };
    let is_told = fact.is_some();
    facts.extend(fact);
    is_told
}

/// Who and when come before what.
pub(super) fn begin(clause: &Clause, facts: &mut Vec<String>) {
    let who = plain_of(&clause.parts, "by").map(|who| value(who, Tongue::Zh));
    let when = plain_of(&clause.parts, "within").map(|when| format!("在{}", window(when)));
    let beginning: String = [who, when].into_iter().flatten().collect();
    match facts.first_mut() {
        Some(first) => first.insert_str(0, &beginning),
        None if beginning.is_empty() => {}
        None => facts.push(format!("限{beginning}")),
    }
}

/// What other conditions stand below, and how they are to hold.
fn holding(key: &str, part: &Part, names: Names) -> Option<(String, Vec<String>)> {
    let lead = match key {
        "any" => "以下任一成立：",
        "all" => "以下全部成立：",
        "none" => "以下都不成立：",
        "order" => "以下依次出现：",
        "not" => "不成立：",
        "condition" => "出现：",
        _ => return related(key, part, names),
    };
    match (key, part) {
        ("any", Part::Map(entries)) => {
            let (_, Part::List(items)) = entries.iter().find(|(key, _)| key == "of")? else {
                return None;
            };
            let bounds = bounds(entries, &["of"], |count| format!("{count} 项"))?;
            let lead = format!("以下各项中，成立的{bounds}：");
            Some((lead, bulleted(items, names, Tongue::Zh)))
        }
        (_, Part::List(items)) => {
            let lines = bulleted(items, names, Tongue::Zh);
            (!lines.is_empty()).then(|| (lead.to_owned(), lines))
        }
        (_, Part::Clause(clause)) => Some((lead.to_owned(), describe(clause, names, Tongue::Zh))),
        _ => None,
    }
}

/// Where a hit must stand to those of another condition.
fn related(key: &str, part: &Part, names: Names) -> Option<(String, Vec<String>)> {
    let (not, side) = match key.strip_prefix("not_") {
        Some(side) => ("不", side),
        None => ("", key),
    };
    let side = match side {
        "after" => "之后",
        "before" => "之前",
        "around" => "前后",
        _ => return None,
    };
    let (of, entries): (&Clause, &Entries) = match part {
        Part::Clause(clause) => (clause, &[] as &Entries),
        Part::Map(entries) => match entries.iter().find(|(key, _)| key == "of") {
            Some((_, Part::Clause(clause))) => (clause, entries.as_slice()),
            _ => return None,
        },
        _ => return None,
    };
    let known = |key: &str| ["of", "within", "hit"].contains(&key);
    if !entries.iter().all(|(key, _)| known(key)) {
        return None;
    }
    let near = plain_of(entries, "within").map(|near| format!("（{}）", window(near)));
    let near = near.unwrap_or_default();
    let lead = match plain_of(entries, "hit") {
        Some("every") if not.is_empty() => {
            format!("且下列情况每次出现时，其{side}{near}都须有上述内容：")
        }
        None | Some("any") => format!("且{not}在下列情况{side}{near}："),
        Some(hit) => format!("且{not}在下列情况{}出现{side}{near}：", which(hit)),
    };
    Some((lead, describe(of, names, Tongue::Zh)))
}

fn which(hit: &str) -> String {
    match hit {
        "first" => "首次".to_owned(),
        "last" => "最后一次".to_owned(),
        "every" => "每次".to_owned(),
        number => format!("第 {number} 次"),
    }
}

/// The first phrases, and how many there are.
fn quoted(all: &[String]) -> String {
    let shown = all.iter().take(PHRASES_SHOWN).map(|phrase| format!("“{}”", sample(phrase)));
    let shown: String = shown.collect();
    match all.len() > PHRASES_SHOWN {
        true => format!("{shown}等 {} 种说法", all.len()),
        false => shown,
    }
}

fn listed(part: &Part, between: &str) -> String {
    match part {
        Part::List(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(item, Tongue::Zh)).collect();
            items.join(between)
        }
        one => plain(one, Tongue::Zh),
    }
}

fn matched(mode: &str) -> Option<String> {
    let words = match mode {
        "exact" => "须逐字一致",
        "phonetic" => "读音相近即可",
        "loose" => "读音相近即可（从宽）",
        _ => return None,
    };
    Some(words.to_owned())
}

fn need(part: &Part) -> Option<String> {
    match part {
        Part::Plain(text) if text == "any" => Some("说到其中任一即可".to_owned()),
        Part::Plain(text) if text == "all" => Some("须全部说到".to_owned()),
        Part::Plain(count) => Some(format!("须说到其中至少 {count} 种")),
        Part::Map(entries) => {
            let count = bounds(entries, &["within"], |count| format!("{count} 种"))?;
            let within = plain_of(entries, "within").map(|within| format!("在{}", window(within)));
            Some(format!("须{}说到其中的{count}", within.unwrap_or_default()))
        }
        _ => None,
    }
}

fn times(entries: &Entries) -> Option<String> {
    let unit = plain_of(entries, "unit").unwrap_or("hits");
    bounds(entries, &["unit"], |count| format!("{count} {}", value(unit, Tongue::Zh)))
}

fn attribute(entries: &Entries) -> Option<String> {
    let word = |word: &str| {
        let known = ATTRIBUTES.iter().find(|(key, _)| *key == word);
        known.map_or_else(|| word.to_owned(), |(_, zh)| (*zh).to_owned())
    };
    let name = word(plain_of(entries, "name")?);
    let is = match entries.iter().find(|(key, _)| key == "is") {
        Some((_, Part::Plain(one))) => format!("是{}", word(one)),
        Some((_, Part::List(items))) => {
            let items: Vec<String> =
                items.iter().map(|item| word(&plain(item, Tongue::En))).collect();
            format!("是{}", items.join("或"))
        }
        Some(_) => return None,
        None => String::new(),
    };
    let known =
        plain_of(entries, "present").map_or("", |yes| if is_yes(yes) { "已知" } else { "未知" });
    let bounds = bounds(entries, &["name", "is", "present"], str::to_owned)?;
    Some(format!("{name}{is}{known}{bounds}"))
}

fn repeat(entries: &Entries) -> Option<String> {
    let known = ["of", "at_least", "within", "units_min"];
    if !entries.iter().all(|(key, part)| known.contains(&&**key) && matches!(part, Part::Plain(_)))
    {
        return None;
    }
    let of = match plain_of(entries, "of") {
        Some("other") => "对方",
        _ => "自己",
    };
    let within = plain_of(entries, "within").map(|within| format!("只看前面 {}", window(within)));
    let likeness = plain_of(entries, "at_least").map(|at| format!("相似度不低于 {at}"));
    let short = plain_of(entries, "units_min").map(|units| format!("不足 {units} 字的不算"));
    Some(format!("重复{of}说过的话{}", bracketed([within, likeness, short])))
}

fn similar(entries: &Entries) -> Option<String> {
    let likeness = plain_of(entries, "at_least").map(|at| format!("相似度不低于 {at}"));
    match entries {
        [(_, Part::Phrases { all, .. })] => Some(format!("说的话接近{}", quoted(all))),
        [(to, Part::Phrases { all, .. }), (at, Part::Plain(_))]
        | [(at, Part::Plain(_)), (to, Part::Phrases { all, .. })]
            if to == "to" && at == "at_least" =>
        {
            Some(format!("说的话接近{}{}", quoted(all), bracketed([likeness])))
        }
        _ => None,
    }
}

/// What is measured, and how much of it.
fn measured(key: &str, entries: &Entries) -> Option<String> {
    let take = plain_of(entries, "take").unwrap_or("each");
    let amount = |text: &str| match key {
        _ if take == "share" => text.to_owned(),
        "rate" => format!("每分钟 {text} 字"),
        "loudness" => format!("{text} dB"),
        _ => duration(text),
    };
    let own = ["take", "announced", "hold", "after", "backchannels", "relative", "units_min"];
    let bounds = bounds(entries, &own, amount)?;
    let relative = plain_of(entries, "relative").is_some_and(is_yes);
    let name = match key {
        "silence" => "静音",
        "overtalk" => "抢话",
        "hold" => "保持",
        "response" => "应答间隔",
        "opening" => "接通到开口的时间",
        "talk" if bounds.is_empty() || take == "share" => "说话",
        "talk" => "说话时长",
        "length" => "通话时长",
        "rate" => "语速",
        "loudness" if relative => "音量与本人平均之差",
        "loudness" => "音量",
        _ => return None,
    };
    let name = match take {
        "each" => name.to_owned(),
        "total" => format!("{name}合计"),
        "share" => format!("{name}占比"),
        "average" => format!("平均{name}"),
        one => format!("{}{name}", which(one)),
    };
    let counts = |key: &str, what: &str| {
        plain_of(entries, key).map(|yes| match is_yes(yes) {
            true => format!("只算{what}"),
            false => format!("{what}不算"),
        })
    };
    let after = plain_of(entries, "after").map(|after| format!("对方已说满 {}", duration(after)));
    let backchannels = plain_of(entries, "backchannels")
        .map(|yes| if is_yes(yes) { "附和也算" } else { "附和不算" }.to_owned());
    let short = plain_of(entries, "units_min").map(|units| format!("不足 {units} 字的话不算"));
    let conditions =
        [after, counts("announced", "已告知的"), counts("hold", "保持中的"), backchannels, short];
    Some(format!("{name}{bounds}{}", bracketed(conditions)))
}

/// `超过 10 秒`; nothing where there are no bounds, `None` where there is what is neither a bound nor known beside them.
fn bounds(entries: &Entries, beside: &[&str], amount: impl Fn(&str) -> String) -> Option<String> {
    let mut all = Vec::new();
    for (key, part) in entries {
        let than = match key.as_str() {
            "above" => "超过",
            "below" => "低于",
            "at_least" => "不少于",
            "at_most" => "不超过",
            key if beside.contains(&key) => continue,
            _ => return None,
        };
        let Part::Plain(text) = part else { return None };
        let amount = amount(text);
        let gap = if amount.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
        all.push(format!("{than}{gap}{amount}"));
    }
    Some(all.join("、"))
}

fn bracketed<const N: usize>(facts: [Option<String>; N]) -> String {
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    match facts.is_empty() {
        true => String::new(),
        false => format!("（{}）", facts.join("，")),
    }
}

/// `first 2 turns`: 开头 2 轮内.
fn window(text: &str) -> String {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let unit = |unit: &str| match unit {
        "words" | "word" => "个字".to_owned(),
        unit => value(unit, Tongue::Zh),
    };
    let end = |end: &str| if end == "first" { "开头" } else { "最后" };
    match parts[..] {
        [which @ ("first" | "last"), many] => format!("{} {}内", end(which), share(many)),
        [which @ ("first" | "last"), many, of] => format!("{} {many} {}内", end(which), unit(of)),
        ["from", from, "to", to] => format!("通话 {}至 {}之间", share(from), share(to)),
        ["from", from, "to", to, of] => format!("第 {from} 至 {to} {}之间", unit(of)),
        ["same", of] => format!("同一{}内", unit(of)),
        [many] => format!("{}内", share(many)),
        [many, of] => format!("{many} {}内", unit(of)),
        _ => text.to_owned(),
    }
}

/// A time, or a part of the call's.
fn share(text: &str) -> String {
    match text.ends_with('%') {
        true => format!("{text} 时段"),
        false => duration(text),
    }
}

/// `400ms`: 0.4 秒.
fn duration(text: &str) -> String {
    let thousandth = text.strip_suffix("ms").and_then(|number| number.parse::<f64>().ok());
    if let Some(ms) = thousandth {
        return format!("{} 秒", ms / 1000.0);
    }
    for (end, word) in [("s", "秒"), ("m", "分钟"), ("h", "小时")] {
        if let Some(number) = text.strip_suffix(end)
            && number.parse::<f64>().is_ok()
        {
            return format!("{number} {word}");
        }
    }
    text.to_owned()
}

fn is_yes(text: &str) -> bool {
    matches!(text, "yes" | "true")
}

fn plain_of<'p>(entries: &'p Entries, name: &str) -> Option<&'p str> {
    entries.iter().find_map(|(key, part)| match part {
        Part::Plain(text) if key == name => Some(text.as_str()),
        _ => None,
    })
}
