//! Words that change a phrase's meaning, and words that hardly do.
//!
//! In: a token's text. Out: whether it says no, or means little by itself. Grammar only, no trade words.

/// Particles and fillers; articles, auxiliaries and prepositions. No pronouns: whose fault it is matters.
const SMALL: [&str; 44] = [
    "的", "了", "啊", "呢", "吧", "呀", "嗯", "呃", "哦", "那", "这", "就", "个", "a", "an", "the",
    "uh", "um", "so", "just", "and", "to", "of", "for", "in", "on", "at", "with", "is", "as",
    "are", "be", "it", "it's", "this", "that", "these", "will", "would", "can", "could", "do",
    "have", "has",
];

/// Words for who: what is said stays the same fact without them, but not with another of them.
const PRONOUNS: [&str; 9] = ["i", "you", "we", "me", "us", "my", "your", "our", "they"];

/// Whether a word says no: `can't`, `nothing`, 不. What does is another fact than what does not.
pub fn denies(word: &str) -> bool {
    // Characters and words that say no.
    let denial = matches!(
        word,
        "不" | "没"
            | "别"
            | "无"
            | "勿"
            | "未"
            | "非"
            | "no"
            | "not"
            | "never"
            | "nothing"
            | "nobody"
            | "none"
            | "nor"
            | "neither"
            | "cannot"
            | "without"
            | "hardly"
    );
    denial || word.ends_with("n't")
}

/// Whether a phrase says the same without it.
pub fn means_little(word: &str) -> bool {
    SMALL.contains(&word)
}

/// Whether a word only says who.
pub fn says_who(word: &str) -> bool {
    PRONOUNS.contains(&word)
}
