//! Conditions in words.
//!
//! In: a clause as its file has it. Out: lines, indented by their depth. Chinese says who, when and what as one sentence
//! (`zh`); what has no sentence there, and English, are told key by key. A key that has no words here is shown as
//! it is written, so that every operator can be shown.

mod zh;

use super::outline::{Clause, INHERITED, Part};

/// Phrases that are shown of a list.
const PHRASES_SHOWN: usize = 3;

/// The product's two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Tongue {
    fn either<'t>(self, en: &'t str, zh: &'t str) -> &'t str {
        match self {
            Tongue::En => en,
            Tongue::Zh => zh,
        }
    }
}

/// How conditions with a name are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// By their name alone: they are told elsewhere.
    Only,
    /// With all that they ask.
    Resolved,
}

/// A condition in lines.
pub fn describe(clause: &Clause, names: Names, say: Tongue) -> Vec<String> {
    match (&clause.name, names) {
        (Some(name), Names::Only) => vec![name.clone()],
        _ => resolved(clause, names, say),
    }
}

/// What a condition asks, whatever its name.
pub fn resolved(clause: &Clause, names: Names, say: Tongue) -> Vec<String> {
    let (facts, below) = told(clause, names, say);
    let head = facts.join(say.either("; ", "；"));
    match &below[..] {
        // What has one line below it stands on one line.
        [(lead, lines)] if facts.is_empty() && lines.len() == 1 => {
            vec![after(lead, &lines[0])]
        }
        _ => {
            let mut out = if head.is_empty() { Vec::new() } else { vec![head] };
            let step = if out.is_empty() { "" } else { "  " };
            for (lead, lines) in below {
                match &lines[..] {
                    [one] if !lead.is_empty() => out.push(format!("{step}{}", after(&lead, one))),
                    _ => {
                        out.push(format!("{step}{lead}"));
                        out.extend(lines.iter().map(|line| format!("{step}  {line}")));
                    }
                }
            }
            out
        }
    }
}

/// A condition without those it refers to: what stands below it is told apart.
pub fn headline(clause: &Clause, say: Tongue) -> String {
    let (mut facts, below) = told(clause, Names::Only, say);
    if facts.is_empty() {
        let leads = below.into_iter().take(1);
        facts.extend(leads.map(|(lead, _)| lead.trim_end_matches([':', '：']).to_owned()));
    }
    let name = clause.name.as_ref().map(|name| format!("[{name}] ")).unwrap_or_default();
    format!("{name}{}", facts.join(say.either("; ", "；")))
}

/// What a condition asks by itself, and what stands below it.
fn told(clause: &Clause, names: Names, say: Tongue) -> (Vec<String>, Below) {
    let (mut facts, mut below) = (Vec::new(), Vec::new());
    let mut parts: Vec<&(String, Part)> = clause.parts.iter().collect();
    parts.sort_by_key(|(key, _)| rank(key));
    for (key, part) in parts {
        let is_told =
            say == Tongue::Zh && zh::part_of(clause, key, part, names, &mut facts, &mut below);
        if !is_told {
            part_of(key, part, names, say, &mut facts, &mut below);
        }
    }
    if say == Tongue::Zh {
        zh::begin(clause, &mut facts);
    }
    (facts, below)
}

/// A Chinese colon brings its own gap.
fn after(lead: &str, line: &str) -> String {
    let gap = if lead.ends_with('：') { "" } else { " " };
    format!("{lead}{gap}{line}")
}

/// The operator comes first, then who, when and how often.
fn rank(key: &str) -> usize {
    const LAST: [&str; 8] = ["match", "need", "except", "skip", "by", "within", "times", "hit"];
    LAST.iter().position(|last| *last == key).map_or(0, |at| at + 1)
}

type Below = Vec<(String, Vec<String>)>;

fn part_of(
    key: &str,
    part: &Part,
    names: Names,
    say: Tongue,
    facts: &mut Vec<String>,
    below: &mut Below,
) {
    let (word, colon) = (words(key, say), say.either(":", "："));
    match part {
        Part::Plain(_) if key == INHERITED => {}
        Part::Plain(text) => facts.push(format!("{word} {}", value(text, say)).trim().to_owned()),
        Part::Phrases { all, .. } => {
            let one = |phrase: &String| match key {
                "regex" => format!("/{phrase}/"),
                _ => format!("“{}”", sample(phrase)),
            };
            let shown: Vec<String> = all.iter().take(PHRASES_SHOWN).map(one).collect();
            let more = if all.len() > PHRASES_SHOWN { " …" } else { "" };
            let count = match all.len() {
                1 => String::new(),
                n => format!("{n} {}", say.either("phrases, such as ", "种说法，如")),
            };
            facts.push(format!("{word} {count}{}{more}", shown.join(" ")).trim().to_owned());
        }
        Part::Clause(clause) => {
            below.push((format!("{word}{colon}"), describe(clause, names, say)));
        }
        Part::List(items) => {
            let lines = bulleted(items, names, say);
            if lines.is_empty() {
                let plain: Vec<String> = items.iter().map(|item| plain(item, say)).collect();
                facts.push(format!("{word} {}", plain.join(say.either(", ", "、"))));
                return;
            }
            below.push((format!("{word}{colon}"), lines));
        }
        Part::Map(entries) => {
            let inner = entries.iter().find_map(|(key, part)| match part {
                Part::Clause(clause) if key == "of" => Some(clause),
                _ => None,
            });
            let mut words_in = Vec::new();
            let rest = entries.iter().filter(|(key, _)| key != "of" || inner.is_none());
            rest.for_each(|(key, part)| part_of(key, part, names, say, &mut words_in, below));
            let inside = words_in.join(say.either(", ", "，"));
            match inner {
                Some(clause) => {
                    let lead = if inside.is_empty() { word } else { format!("{word} ({inside})") };
                    below.push((format!("{lead}{colon}"), describe(clause, names, say)));
                }
                None => {
                    facts.push(after(&format!("{}{colon}", word.trim_end_matches(':')), &inside));
                }
            }
        }
    }
}

/// Conditions of a list, a point each; nothing where it is none of conditions.
fn bulleted(items: &[Part], names: Names, say: Tongue) -> Vec<String> {
    let point = |item: &Part| {
        let Part::Clause(clause) = item else { return Vec::new() };
        let mark = |(i, line): (usize, String)| {
            if i == 0 { format!("• {line}") } else { format!("  {line}") }
        };
        describe(clause, names, say).into_iter().enumerate().map(mark).collect()
    };
    items.iter().flat_map(point).collect()
}

fn plain(part: &Part, say: Tongue) -> String {
    match part {
        Part::Plain(text) => value(text, say),
        Part::Phrases { all, .. } => all.join(" / "),
        _ => String::new(),
    }
}

/// One way to say a phrase: of `(您|你)好*3吗` it is `您好…吗`.
fn sample(phrase: &str) -> String {
    fn alternatives(input: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Vec<String> {
        let mut all = vec![String::new()];
        while let Some(c) = input.next() {
            let last = all.last_mut().expect("it starts with one");
            match c {
                ')' => break,
                '|' => all.push(String::new()),
                '(' => {
                    let inner = alternatives(input);
                    last.push_str(inner.iter().find(|one| !one.is_empty()).map_or("", |one| one));
                }
                '*' => {
                    while input.next_if(char::is_ascii_digit).is_some() {}
                    last.push('…');
                }
                c => last.push(c),
            }
        }
        all
    }
    alternatives(&mut phrase.chars().peekable()).swap_remove(0)
}

const WORDS: &[(&str, &str, &str)] = &[
    ("phrase", "says", "说到"),
    ("regex", "matches", "匹配正则"),
    ("similar", "says something like", "说到近似的话"),
    ("to", "", ""),
    ("silence", "silence", "静音"),
    ("overtalk", "talks over the other", "抢话"),
    ("rate", "speaking rate", "语速"),
    ("attribute", "call attribute", "随录参数"),
    ("entity", "mentions", "提到"),
    ("repeat", "repeats", "重复说"),
    ("response", "answers", "应答"),
    ("opening", "first word after ringing", "接通到开口"),
    ("talk", "talks", "说话"),
    ("length", "length of the call", "通话时长"),
    ("loudness", "loudness", "音量"),
    ("relative", "to the own average:", "相对自身平均"),
    ("take", "taken:", "取值"),
    ("of", "of", "其中"),
    ("none", "none of", "都不成立"),
    ("any", "any of", "任一成立"),
    ("all", "all of", "全部成立"),
    ("not", "not", "不成立"),
    ("order", "in this order", "依次出现"),
    ("condition", "the same as", "同"),
    ("by", "by", "说话人"),
    ("within", "within", "范围"),
    ("after", "after", "之后"),
    ("before", "before", "之前"),
    ("around", "near", "前后"),
    ("not_after", "not after", "不在其后"),
    ("not_before", "not before", "不在其前"),
    ("not_around", "not near", "不在其前后"),
    ("except", "except in", "除外"),
    ("skip", "not counted when", "不计"),
    ("match", "matched:", "匹配方式"),
    ("need", "needed:", "需要"),
    ("times", "times:", "次数"),
    ("hit", "hit:", "第几次"),
    ("longer_than", "longer than", "超过"),
    ("announced", "announced:", "已告知"),
    ("hold", "on hold:", "保持"),
    ("backchannels", "with backchannels:", "含附和"),
    ("above", "above", "高于"),
    ("below", "below", "低于"),
    ("at_least", "at least", "至少"),
    ("at_most", "at most", "至多"),
    ("is", "is", "是"),
    ("present", "known:", "已知"),
    ("units_min", "counted from", "至少字数"),
    ("average", "on average:", "平均"),
    ("unit", "counted by", "单位"),
    ("name", "", ""),
];

const VALUES: &[(&str, &str)] = &[
    ("self", "自己"),
    ("other", "对方"),
    ("each", "每次"),
    ("total", "合计"),
    ("share", "占比"),
    ("average", "平均"),
    ("same", "同一"),
    ("words", "词"),
    ("agent", "坐席"),
    ("customer", "客户"),
    ("phonetic", "按读音"),
    ("every", "每一次"),
    ("loose", "宽松"),
    ("word", "词"),
    ("phone", "电话号码"),
    ("id_card", "身份证号"),
    ("bank_card", "银行卡号"),
    ("ssn", "社会安全号"),
    ("email", "电子邮箱"),
    ("order_number", "订单号"),
    ("amount", "金额"),
    ("date", "日期"),
    ("definite_time", "明确时间"),
    ("vague_time", "含糊时间"),
    ("exact", "按字"),
    ("quoted", "转述"),
    ("negated", "否定"),
    ("asked", "提问"),
    ("first", "最前"),
    ("last", "最后"),
    ("any", "任一"),
    ("all", "全部"),
    ("hits", "次"),
    ("turn", "轮"),
    ("turns", "轮"),
    ("utterance", "句"),
    ("utterances", "句"),
    ("from", "从"),
    ("to", "到"),
    ("yes", "是"),
    ("no", "否"),
    ("true", "是"),
    ("false", "否"),
];

/// A key of a condition in words.
pub fn words(key: &str, say: Tongue) -> String {
    let found = WORDS.iter().find(|(word, ..)| *word == key);
    found.map_or_else(|| key.to_owned(), |(_, en, zh)| say.either(en, zh).to_owned())
}

fn value(text: &str, say: Tongue) -> String {
    let one = |word: &str| {
        let found = VALUES.iter().find(|(name, _)| *name == word);
        found.map_or_else(|| word.to_owned(), |(name, zh)| say.either(name, zh).to_owned())
    };
    text.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
