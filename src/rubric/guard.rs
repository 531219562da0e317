//! Words that say the opposite of what they seem to: quoted, negated, asked.
//!
//! In: a stretch of speech and a hit in it. Out: whether the hit is somebody else's words
//! (`前台说不归我管`), is denied (`我们不能保证收益`), or is a question. The lists are small and hold
//! grammar only, no trade words.

use std::ops::Range;

use super::matcher::{Pause, Spoken};
use super::stream::Guard;

/// Tokens before a hit in which a negation still rules it.
const NEGATION_TOKENS: usize = 10;
/// Tokens between a verb of saying and what is said.
const SAYING_TOKENS: usize = 3;
/// Tokens before a verb of saying in which its subject stands.
const SUBJECT_TOKENS: usize = 5;

impl Guard {
    /// What stands around a hit.
    pub(crate) fn at(spoken: &[&Spoken], hit: &Range<usize>) -> Self {
        Self {
            quoted: quoted(spoken, hit),
            negated: negated(spoken, hit),
            asked: asked(spoken, hit),
        }
    }
}

/// Whether something before the hit, in the same clause, denies it.
fn negated(spoken: &[&Spoken], hit: &Range<usize>) -> bool {
    const ZH: [&str; 7] = ["不", "没", "别", "勿", "未", "无", "非"];
    const EN: [&str; 9] =
        ["not", "no", "never", "cannot", "nobody", "without", "neither", "nor", "none"];
    // 不 in these says no "no": 不但, 不仅, 不过, 不好(意思), 不用(担心), 不如, 不妨.
    const NO_DENIAL: [&str; 8] = ["但", "仅", "过", "好", "用", "止", "如", "妨"];
    let clause = clause_start(spoken, hit.start);
    let from = clause.max(hit.start.saturating_sub(NEGATION_TOKENS));
    (from..hit.start).any(|i| {
        let word = spoken[i].token.text.as_str();
        let next = spoken.get(i + 1).map_or("", |next| next.token.text.as_str());
        // 要不 proposes, 能不能 asks.
        let last = i.checked_sub(1).map_or("", |last| spoken[last].token.text.as_str());
        let no_denial = NO_DENIAL.contains(&next) || last == next || last == "要";
        let denial = ZH.contains(&word) && !no_denial;
        denial || EN.contains(&word) || word.ends_with("n't")
    })
}

/// Whether the hit stands in quotation marks, or after a verb of saying whose subject is not the
/// speaker.
fn quoted(spoken: &[&Spoken], hit: &Range<usize>) -> bool {
    if spoken[hit.clone()].iter().all(|one| one.quoted) {
        return true;
    }
    let from = hit.start.saturating_sub(SAYING_TOKENS + 2);
    (from..hit.start).any(|i| {
        let Some(after) = saying(spoken, i) else { return false };
        after <= hit.start && hit.start - after <= SAYING_TOKENS && !own_words(spoken, i)
    })
}

/// If a verb of saying stands at `i`: the token after it and after whom it is said to.
fn saying(spoken: &[&Spoken], i: usize) -> Option<usize> {
    let word = |k: usize| spoken.get(k).map_or("", |one| one.token.text.as_str());
    match word(i) {
        // 说明, 说法, 说话, 说一下 report nothing.
        "说" | "讲" | "喊" => {
            (!matches!(word(i + 1), "明" | "法" | "话" | "过" | "一")).then_some(i + 1)
        }
        "反" if word(i + 1) == "映" => Some(i + 2),
        "告" if word(i + 1) == "诉" => {
            Some(i + 2 + usize::from(matches!(word(i + 2), "您" | "你" | "我")))
        }
        "回" if matches!(word(i + 1), "答" | "复") => Some(i + 2),
        "表" if word(i + 1) == "示" => Some(i + 2),
        "said" | "says" | "say" | "heard" => Some(i + 1),
        "told" | "tells" | "tell" => {
            let whom = matches!(word(i + 1), "you" | "me" | "him" | "her" | "us" | "them");
            Some(i + 1 + usize::from(whom))
        }
        _ => None,
    }
}

/// Whether the speaker says it himself: 我说, 我跟您说, 我告诉您, 跟您说, `I told you`.
fn own_words(spoken: &[&Spoken], verb: usize) -> bool {
    let from = clause_start(spoken, verb).max(verb.saturating_sub(SUBJECT_TOKENS));
    let before: Vec<&str> = spoken[from..verb].iter().map(|one| one.token.text.as_str()).collect();
    let to_you = matches!(before[..], [.., "跟" | "给" | "对" | "和" | "向" | "同", "您" | "你"]);
    // 就是说, 这么说, 再说: they lead on, they do not report.
    let that_is = matches!(before[..], [.., "是" | "么" | "样" | "再"]);
    let me = before.iter().any(|word| matches!(*word, "我" | "咱" | "i" | "we"));
    me || to_you || that_is
}

/// Whether the hit's clause is a question: 吗 or a question mark ends it.
fn asked(spoken: &[&Spoken], hit: &Range<usize>) -> bool {
    for (i, one) in spoken.iter().enumerate().skip(hit.end.saturating_sub(1)) {
        if i >= hit.end && one.pause != Pause::None {
            return one.pause == Pause::Question;
        }
        if one.asks || (i >= hit.end && one.token.text == "吗") {
            return true;
        }
    }
    false
}

fn clause_start(spoken: &[&Spoken], at: usize) -> usize {
    (0..=at.min(spoken.len().saturating_sub(1)))
        .rev()
        .find(|&i| spoken[i].pause != Pause::None)
        .unwrap_or(0)
}
