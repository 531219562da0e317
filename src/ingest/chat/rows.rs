//! The rows of a chat log, whatever its form: a table, JSON, or JSON a line.
//!
//! In: text. Out: rows of plain fields with the line each begins in. It finds which field is which by
//! the names that exports use, and does not yet say what the fields mean.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::MESSAGES_MAX;
use super::error::{ChatError, RowFault};

/// Names for what somebody is: better than names of people.
const ROLES: &[&str] = &[
    "role",
    "sender_role",
    "participant_role",
    "participantrole",
    "sender_type",
    "sendertype",
    "author_type",
    "user_type",
    "usertype",
    "from_type",
    "speaker_type",
    "party",
    "direction",
    "角色",
    "身份",
    "发送者类型",
    "发送方类型",
    "消息来源",
    "发送人类型",
];
const SPEAKERS: &[&str] = &[
    "speaker",
    "sender",
    "from",
    "author",
    "who",
    "participant",
    "user",
    "display_name",
    "displayname",
    "sender_name",
    "sendername",
    "name",
    "nickname",
    "说话人",
    "发送者",
    "发送人",
    "发言人",
    "发送方",
    "发言者",
    "昵称",
    "姓名",
    "发送者名称",
];
const TIMES: &[&str] = &[
    "time",
    "timestamp",
    "ts",
    "datetime",
    "date_time",
    "created_at",
    "createdat",
    "created",
    "sent_at",
    "sentat",
    "send_time",
    "sendtime",
    "msg_time",
    "message_time",
    "absolutetime",
    "absolute_time",
    "start_time",
    "start",
    "start_s",
    "offset",
    "offset_s",
    "at",
    "time_ms",
    "ts_ms",
    "timestamp_ms",
    "offset_ms",
    "start_ms",
    "时间",
    "发送时间",
    "消息时间",
    "日期时间",
    "创建时间",
    "发言时间",
];
const DATES: &[&str] = &["date", "day", "日期"];
const TEXTS: &[&str] = &[
    "text",
    "content",
    "message",
    "body",
    "msg",
    "message_text",
    "utterance",
    "内容",
    "消息内容",
    "消息",
    "文本",
    "正文",
    "聊天内容",
    "发言内容",
    "话术",
];
const CONVERSATIONS: &[&str] = &[
    "conversation_id",
    "conversationid",
    "conversation",
    "session_id",
    "sessionid",
    "chat_id",
    "chatid",
    "ticket_id",
    "thread_id",
    "会话id",
    "会话编号",
    "会话",
    "会话号",
    "对话id",
];

/// What objects are under, in the order of preference.
const LISTS_DEPTH_MAX: usize = 4;

/// A row, with nothing interpreted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) role: String,
    pub(super) speaker: String,
    pub(super) time: String,
    /// Whether the time's name promises milliseconds.
    pub(super) in_ms: bool,
    pub(super) text: String,
    pub(super) conversation: String,
}

/// Reads a log. What begins like JSON is JSON, all else is a table. It reads no further than to the
/// first row that a chat cannot have any more, whether rows hold a text or not.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, ChatError> {
    match text.trim_start().chars().next() {
        None => Err(ChatError::Empty),
        Some('[') => json(text),
        // An object a line, or one object over all of it.
        Some('{') => match serde_json::from_str::<&RawValue>(text) {
            Ok(_) => json(text),
            Err(error) => lines(text).map_err(|other| match other {
                ChatError::Json { line: 1, .. } => json_error(&error),
                other => other,
            }),
        },
        Some(_) => table(text),
    }
}

fn name(field: &str) -> String {
    field.trim().trim_start_matches('\u{feff}').to_lowercase().replace([' ', '-'], "_")
}

/// Where each field is, by the first of its names that is there.
#[derive(Debug, Default)]
struct Columns {
    role: Option<usize>,
    speaker: Option<usize>,
    time: Option<usize>,
    date: Option<usize>,
    text: Option<usize>,
    conversation: Option<usize>,
}

impl Columns {
    fn new(names: &[String]) -> Self {
        let of =
            |known: &[&str]| known.iter().find_map(|one| names.iter().position(|name| name == one));
        let (time, date) = (of(TIMES), of(DATES));
        Self {
            role: of(ROLES),
            speaker: of(SPEAKERS),
            time: time.or(date),
            date: time.and(date),
            text: of(TEXTS),
            conversation: of(CONVERSATIONS),
        }
    }

    /// The field that is missing.
    fn missing(&self) -> Option<&'static str> {
        match (self.text, self.role.or(self.speaker)) {
            (None, _) => Some("text"),
            (_, None) => Some("speaker"),
            _ => None,
        }
    }
}

fn table(text: &str) -> Result<Vec<Row>, ChatError> {
    let separator = separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(true)
        .from_reader(text.as_bytes());
    let names: Vec<String> = reader
        .headers()
        .map_err(|_| ChatError::NoColumn { missing: "text" })?
        .iter()
        .map(name)
        .collect();
    let columns = Columns::new(&names);
    if let Some(missing) = columns.missing() {
        return Err(ChatError::NoColumn { missing });
    }
    let in_ms = columns.time.is_some_and(|ix| names[ix].ends_with("_ms"));
    let mut out = Vec::new();
    for record in reader.records() {
        // The text is UTF-8 by now, so that rows cannot fail to be read.
        let Ok(record) = record else { continue };
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != names.len() {
            let fault = RowFault::Fields { fields: record.len(), head: names.len() };
            return Err(ChatError::Row { line, fault });
        }
        let field = |ix: Option<usize>| {
            ix.and_then(|ix| record.get(ix)).unwrap_or_default().trim().to_owned()
        };
        let row = Row {
            line,
            role: field(columns.role),
            speaker: field(columns.speaker),
            time: joined(&field(columns.date), &field(columns.time)),
            in_ms,
            text: field(columns.text),
            conversation: field(columns.conversation),
        };
        take(&mut out, row)?;
    }
    Ok(out)
}

fn take(rows: &mut Vec<Row>, row: Row) -> Result<(), ChatError> {
    if rows.len() >= MESSAGES_MAX {
        let fault = RowFault::TooMany(MESSAGES_MAX);
        return Err(ChatError::Row { line: row.line, fault });
    }
    rows.push(row);
    Ok(())
}

fn joined(date: &str, time: &str) -> String {
    let both = format!("{date} {time}");
    both.trim().to_owned()
}

/// The separator that stands most often in the first line.
fn separator(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let count = |c: char| head.matches(c).count();
    let all = [',', '\t', ';', '|'];
    let most = all.into_iter().rev().max_by_key(|c| count(*c)).unwrap_or(',');
    most as u8
}

fn json_error(error: &serde_json::Error) -> ChatError {
    let text = error.to_string();
    // Serde quotes no value in a syntax error; what stands after "at line" is told apart anyway.
    let why = text.split(" at line ").next().unwrap_or_default().to_owned();
    ChatError::Json { line: error.line() as u64, column: error.column() as u64, why }
}

/// One object a line.
fn lines(text: &str) -> Result<Vec<Row>, ChatError> {
    let mut out = Vec::new();
    for (ix, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = ix as u64 + 1;
        let value: Value =
            serde_json::from_str(line).map_err(|error| match json_error(&error) {
                ChatError::Json { column, why, .. } => {
                    ChatError::Json { line: number, column, why }
                }
                other => other,
            })?;
        let fault = RowFault::NoObject;
        take(&mut out, row(&value, number).ok_or(ChatError::Row { line: number, fault })?)?;
    }
    if out.iter().all(|row| row.text.is_empty()) {
        return Err(ChatError::NoMessages);
    }
    Ok(out)
}

/// The first list of objects that look like messages, wherever it stands.
fn json(text: &str) -> Result<Vec<Row>, ChatError> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| json_error(&error))?;
    let mut level = vec![whole];
    for _ in 0..LISTS_DEPTH_MAX {
        let mut next = Vec::new();
        for value in level {
            if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
                if list.iter().any(|one| parsed(one).is_some_and(|row| is_message(&row))) {
                    return elements(text, &list);
                }
            } else if let Ok(object) =
                serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get())
            {
                next.extend(object.into_values());
            }
        }
        level = next;
    }
    Err(ChatError::NoMessages)
}

fn parsed(value: &RawValue) -> Option<Row> {
    row(&serde_json::from_str(value.get()).ok()?, 0)
}

fn is_message(row: &Row) -> bool {
    !(row.text.is_empty() || row.role.is_empty() && row.speaker.is_empty())
}

/// The elements of a list, each with the line it begins in, counted on from the one before.
fn elements(text: &str, list: &[&RawValue]) -> Result<Vec<Row>, ChatError> {
    let mut out = Vec::new();
    let (mut passed, mut line) = (0, 1);
    for value in list {
        let at = (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let between = text.as_bytes().get(passed..at).unwrap_or_default();
        line += between.iter().filter(|byte| **byte == b'\n').count() as u64;
        passed = at;
        let fault = RowFault::NoObject;
        let value: Value = serde_json::from_str(value.get()).map_err(|error| json_error(&error))?;
        take(&mut out, row(&value, line).ok_or(ChatError::Row { line, fault })?)?;
    }
    Ok(out)
}

/// An object's fields by their names.
fn row(value: &Value, line: u64) -> Option<Row> {
    let object = value.as_object()?;
    let fields: Vec<(String, &Value)> =
        object.iter().map(|(key, value)| (name(&snake(key)), value)).collect();
    let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
    let columns = Columns::new(&names);
    let field = |ix: Option<usize>, inner: &[&[&str]]| {
        ix.map(|ix| scalar(fields[ix].1, inner)).unwrap_or_default()
    };
    let (people, kinds): (&[&str], &[&str]) = (SPEAKERS, &["type", "role", "kind"]);
    // Who is an object in some exports: its type says more than its name.
    let speaker = field(columns.speaker, &[kinds, people, &["id"]]);
    Some(Row {
        line,
        role: field(columns.role, &[kinds, people]),
        speaker,
        time: joined(&field(columns.date, &[]), &field(columns.time, &[TIMES])),
        in_ms: columns.time.is_some_and(|ix| names[ix].ends_with("_ms")),
        text: field(columns.text, &[TEXTS]),
        conversation: field(columns.conversation, &[&["id"]]),
    })
}

/// `createdAt` as `created_at`; all-caps and plain words stay.
fn snake(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut lower = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() && lower {
            out.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c);
    }
    out
}

/// A field's text; of an object, its first field of these names.
fn scalar(value: &Value, inner: &[&[&str]]) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(object) => {
            let find = |known: &&str| object.iter().find(|(key, _)| name(&snake(key)) == **known);
            let found = inner.iter().flat_map(|names| names.iter()).find_map(find);
            found.map(|(_, value)| scalar(value, &[])).unwrap_or_default()
        }
        _ => String::new(),
    }
}
