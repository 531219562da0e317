//! What is wrong with a query, where, and what to write instead.

use std::fmt;

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// How many characters stand before the mistake.
    pub at: usize,
    /// What it is.
    pub trouble: Trouble,
    /// What may have been meant.
    pub instead: Option<String>,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was asked.
    Empty,
    /// A word, a phrase or a bracket is missing here.
    Missing,
    /// A quotation mark is not closed.
    OpenQuote,
    /// A bracket is not closed.
    OpenBracket,
    /// A bracket is closed that was not opened.
    StrayBracket,
    /// Nothing in it can be said: marks only.
    Unsayable(String),
    /// No such prefix.
    Prefix(String),
    /// A number or a time is missing or is out of bounds.
    Number(String),
    /// What stands beside NEAR, BEFORE, AFTER or NOT IN has no place in the call.
    NoPlace(&'static str),
    /// One Chinese character is not a word that can be told from others.
    OneCharacter,
    /// Longer, deeper or of more parts than is allowed.
    TooMuch(usize),
}

impl QueryError {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        let place = self.at + 1;
        let what = match &self.trouble {
            Trouble::Empty => "没有要找的内容".to_owned(),
            Trouble::Missing => "这里缺少词、短语或括号".to_owned(),
            Trouble::OpenQuote => "引号没有闭合".to_owned(),
            Trouble::OpenBracket => "括号没有闭合".to_owned(),
            Trouble::StrayBracket => "多了一个右括号".to_owned(),
            Trouble::Unsayable(text) => format!("“{text}”里没有可以说出来的内容"),
            Trouble::Prefix(name) => format!("没有“{name}:”这个前缀"),
            Trouble::Number(text) => format!("“{text}”不是可用的数字或时间"),
            Trouble::NoPlace(word) => {
                format!("{word} 两边只能是词、短语或它们的“或”，不能是“且”“非”")
            }
            Trouble::OneCharacter => "单个汉字不能作为独立的词来找，请加引号".to_owned(),
            Trouble::TooMuch(most) => format!("查询太长或太复杂，上限是 {most}"),
        };
        let instead = self.instead.as_ref().map(|text| format!("；是否想写 {text}？"));
        format!("第 {place} 个字：{what}{}", instead.unwrap_or_default())
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: ", self.at + 1)?;
        match &self.trouble {
            Trouble::Empty => f.write_str("nothing to look for"),
            Trouble::Missing => f.write_str("a word, a phrase or a bracket is missing here"),
            Trouble::OpenQuote => f.write_str("the quotation mark is not closed"),
            Trouble::OpenBracket => f.write_str("the bracket is not closed"),
            Trouble::StrayBracket => f.write_str("no bracket was opened that this could close"),
            Trouble::Unsayable(text) => write!(f, "nothing in `{text}` can be said"),
            Trouble::Prefix(name) => write!(f, "there is no prefix `{name}:`"),
            Trouble::Number(text) => write!(f, "`{text}` is no number or time that can stand here"),
            Trouble::NoPlace(word) => {
                write!(f, "beside {word} stand words, phrases or an OR of them, not AND or NOT")
            }
            Trouble::OneCharacter => {
                f.write_str("one Chinese character is not looked for as a word: put it in quotes")
            }
            Trouble::TooMuch(most) => write!(f, "longer or deeper than is allowed: at most {most}"),
        }?;
        match &self.instead {
            Some(text) => write!(f, "; was {text} meant?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueryError {}
