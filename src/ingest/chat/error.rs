//! Why a chat log cannot be read, in words that name the line and say what to do.

/// Why a chat log cannot be read. The text never quotes a message: names and numbers are in there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ChatError {
    /// Over the limit.
    #[error(
        "a chat log may have {limit_mib} MiB, this one has more: export one conversation a file"
    )]
    TooLarge {
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// Neither UTF-8, UTF-16 nor GB 18030.
    #[error("line {line}: no text in UTF-8, UTF-16 or GBK (GB 18030): export it again in UTF-8")]
    Encoding {
        /// From 1.
        line: u64,
    },
    /// JSON that does not parse.
    #[error("line {line}, column {column}: not valid JSON: {why}")]
    Json {
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What was expected.
        why: String,
    },
    /// JSON without a list of messages.
    #[error(
        "no list of messages found: expected objects with a speaker (`speaker`, `role`, `sender`), a time (`time`, `timestamp`) and a text (`text`, `content`, `message`)"
    )]
    NoMessages,
    /// A table without the columns that are needed.
    #[error(
        "line 1: no column for the {missing}; columns are known by names such as speaker, role, sender (说话人, 角色, 发送者), time, timestamp (时间), text, content, message (内容)"
    )]
    NoColumn {
        /// `text` or `speaker`.
        missing: &'static str,
    },
    /// A table whose row cannot be read.
    #[error("line {line}: {fault}")]
    Row {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// Nothing was written.
    #[error("the chat log holds no message with a text")]
    Empty,
    /// An export of several conversations.
    #[error("it holds {count} conversations: export one conversation a file")]
    Several {
        /// How many.
        count: usize,
    },
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum RowFault {
    /// More or fewer fields than the head.
    #[error("{fields} fields, the head has {head}: a text with the separator in it needs quotes")]
    Fields {
        /// Here.
        fields: usize,
        /// In the first line.
        head: usize,
    },
    /// No speaker.
    #[error("no speaker")]
    Speaker,
    /// No time, while others have one.
    #[error("no time, while other rows have one")]
    NoTime,
    /// A time in a form that is not known.
    #[error(
        "the time is none of 2026-10-25T16:38:06+08:00, 2026-10-25 16:38:06, 16:38:06, seconds, or an epoch"
    )]
    Time,
    /// A time of another form than the rows before.
    #[error("the time has another form than those before: a date here, none there")]
    OtherTime,
    /// Longer than a message can be.
    #[error("a message may have {0} characters, this one has more")]
    LongText(usize),
    /// More rows than a chat can have.
    #[error("a chat may have {0} messages, here is one more: export one conversation a file")]
    TooMany(usize),
    /// An element that is no object.
    #[error("no object with a speaker, a time and a text")]
    NoObject,
}

impl ChatError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            ChatError::TooLarge { limit_mib } => {
                format!("聊天记录不能超过 {limit_mib} MiB：请每个会话导出一个文件")
            }
            ChatError::Encoding { line } => {
                format!("第 {line} 行：不是 UTF-8、UTF-16 或 GBK（GB 18030）文本：请以 UTF-8 重新导出")
            }
            ChatError::Json { line, column, why } => {
                format!("第 {line} 行第 {column} 列：不是有效的 JSON（{why}）")
            }
            ChatError::NoMessages => {
                "没有找到消息列表：每条消息应有说话人（speaker、role、sender）、时间（time、timestamp）和内容（text、content、message）".into()
            }
            ChatError::NoColumn { missing } => {
                let missing = if *missing == "text" { "内容" } else { "说话人" };
                format!("第 1 行：没有{missing}列；可用的列名如：说话人、角色、发送者（speaker、role、sender），时间（time、timestamp），内容（text、content、message）")
            }
            ChatError::Row { line, fault } => format!("第 {line} 行：{}", fault.zh()),
            ChatError::Empty => "聊天记录中没有带内容的消息".into(),
            ChatError::Several { count } => {
                format!("其中有 {count} 个会话：请每个会话导出一个文件")
            }
        }
    }
}

impl RowFault {
    /// The same in Chinese.
    pub fn zh(self) -> String {
        match self {
            RowFault::Fields { fields, head } => {
                format!("有 {fields} 个字段，表头有 {head} 个：内容中含分隔符时需加引号")
            }
            RowFault::Speaker => "没有说话人".into(),
            RowFault::NoTime => "没有时间，而其他行有".into(),
            RowFault::Time => {
                "时间格式无法识别：可用 2026-10-25T16:38:06+08:00、2026-10-25 16:38:06、16:38:06、秒数或时间戳".into()
            }
            RowFault::OtherTime => "时间格式与前面各行不同：有的带日期，有的不带".into(),
            RowFault::LongText(most) => format!("一条消息不能超过 {most} 个字符"),
            RowFault::TooMany(most) => {
                format!("一个会话不能超过 {most} 条消息：请每个会话导出一个文件")
            }
            RowFault::NoObject => "不是含说话人、时间和内容的对象".into(),
        }
    }
}
