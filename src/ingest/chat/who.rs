//! Who wrote a message, by what exports call the parties.
//!
//! In: a role or a name. Out: the party, where the word tells it. Names of people tell nothing here.

use crate::domain::Party;

const AGENT: &[&str] = &[
    "agent",
    "operator",
    "representative",
    "rep",
    "staff",
    "support",
    "advisor",
    "adviser",
    "employee",
    "teammate",
    "admin",
    "csr",
    "associate",
    "service",
    "out",
    "outgoing",
    "outbound",
    "客服",
    "坐席",
    "座席",
    "人工",
    "接待",
    "服务人员",
    "员工",
    "专员",
    "顾问",
];
const CUSTOMER: &[&str] = &[
    "customer",
    "client",
    "user",
    "visitor",
    "guest",
    "caller",
    "consumer",
    "end user",
    "enduser",
    "contact",
    "lead",
    "buyer",
    "member",
    "in",
    "incoming",
    "inbound",
    "客户",
    "用户",
    "访客",
    "顾客",
    "买家",
    "会员",
    "来访者",
];
const BOT: &[&str] = &[
    "bot",
    "robot",
    "chatbot",
    "virtual agent",
    "virtual assistant",
    "ai",
    "assistant",
    "ivr",
    "machine",
    "automation",
    "system",
    "notification",
    "event",
    "机器人",
    "智能客服",
    "智能助手",
    "小助手",
    "自动回复",
    "系统",
    "提示",
    "通知",
];

/// The party that a word means; what a machine or the platform says is the bot's.
pub(super) fn party(word: &str) -> Option<Party> {
    let plain = word.trim().to_lowercase().replace(['_', '-', '：', ':', '/', '#', '(', '（'], " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // A machine first: 智能客服 holds 客服, and "virtual agent" agent.
    let lists = [(Party::Bot, BOT), (Party::Agent, AGENT), (Party::Customer, CUSTOMER)];
    let exact = lists.iter().find(|(_, words)| words.contains(&plain.as_str()));
    exact.or_else(|| lists.iter().find(|(_, words)| holds(&plain, words))).map(|(party, _)| *party)
}

/// Whether one of the words stands in a text by itself: "agent 3105", "visitor17", 客服小王.
fn holds(plain: &str, words: &[&str]) -> bool {
    let bare = |token: &str| token.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    words.iter().any(|word| {
        if !word.is_ascii() {
            return plain.contains(word);
        }
        // Short words such as "in" and "ai" are names and syllables too often.
        if word.len() < 3 {
            return false;
        }
        match word.contains(' ') {
            true => plain.contains(word),
            false => plain.split(' ').any(|token| bare(token) == *word),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_in_both_languages() {
        for (word, want) in [
            ("Agent", Some(Party::Agent)),
            ("AGENT_3105", Some(Party::Agent)),
            ("客服小王", Some(Party::Agent)),
            ("人工客服", Some(Party::Agent)),
            ("CUSTOMER", Some(Party::Customer)),
            ("end-user", Some(Party::Customer)),
            ("visitor17", Some(Party::Customer)),
            ("客户", Some(Party::Customer)),
            ("访客8812", Some(Party::Customer)),
            ("智能客服", Some(Party::Bot)),
            ("Virtual Agent", Some(Party::Bot)),
            ("系统消息", Some(Party::Bot)),
            ("in", Some(Party::Customer)),
            ("Martin", None),
            ("小王", None),
            ("", None),
        ] {
            assert_eq!(party(word), want, "{word}");
        }
    }
}
