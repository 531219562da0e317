//! Chat logs: a table or JSON with who wrote what, and when.
//!
//! In: a file (see [`is_chat`]) and its sidecar. Out: a [`Chat`], messages in order of time. Nothing is
//! guessed silently: a row that cannot be read fails the log with its line; what was put right (order,
//! empty texts) is told as a problem. It must not judge.

mod error;
mod rows;
mod when;
mod who;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use sha2::{Digest as _, Sha256};

pub use error::{ChatError, RowFault};

use super::error::OpenError;
use super::recording::{Known, hex, open_file, read_info};
use super::scan::{Input, extension_of};
use crate::domain::{CallInfo, Message, Party, Problem, ProblemKind, Sensitive};
use rows::Row;
use when::Moment;

/// A chat log over this size is refused, in bytes.
pub const CHAT_BYTES_MAX: u64 = 16 << 20;

/// Messages a chat may have, those without a text counted in.
pub const MESSAGES_MAX: usize = 20_000;

/// Characters a message may have.
pub const MESSAGE_CHARS_MAX: usize = 20_000;

/// Extensions that chat logs come with.
const EXTENSIONS: &[&str] = &["csv", "tsv", "json", "jsonl", "ndjson"];

/// In its first characters one of our own files says what it is.
const OWN_MARK_CHARS: usize = 100;

/// A clock that goes back by more than this has passed midnight.
const HALF_DAY_MS: i64 = 12 * 3_600_000;

/// One chat, read.
pub struct Chat {
    /// What is known about it.
    pub info: CallInfo,
    /// Whether its id is taken from the file's name, because no sidecar gives one.
    pub named_by_file: bool,
    /// The file's name without its folder.
    pub file: String,
    /// Of the content, in lower-case hex.
    pub sha256: String,
    /// The same of the sidecar; empty without one.
    pub sidecar_sha256: String,
    /// In order of time.
    pub messages: Vec<Message>,
    /// What had to be put right.
    pub problems: Vec<Problem>,
}

/// Whether an input is read as a chat log: by its extension, which no recording has.
pub fn is_chat(input: &Input) -> bool {
    matches!(&input.files[..], [file] if is_chat_name(file))
}

pub(super) fn is_chat_name(path: &Path) -> bool {
    EXTENSIONS.contains(&extension_of(path).as_str())
}

/// Whether a file found in a folder is a chat log by its content: tables and JSON are many things. One
/// with mistakes in single rows is, so that it is told and not passed over.
pub(super) fn looks_like_chat(path: &Path) -> bool {
    let Ok(bytes) = read(path) else { return false };
    let Ok(text) = decoded(&bytes) else { return false };
    // A report holds utterances, and is none the less no chat.
    if text.chars().take(OWN_MARK_CHARS).collect::<String>().contains("\"lingting/") {
        return false;
    }
    match rows::rows(&text) {
        Ok(rows) => rows.iter().any(|row| !row.text.is_empty()),
        Err(ChatError::Row { .. }) => true,
        Err(_) => false,
    }
}

impl Chat {
    /// Reads a chat log and its sidecar.
    ///
    /// # Errors
    /// [`OpenError`] naming the file, and the line where there is one.
    pub fn open(input: &Input) -> Result<Self, OpenError> {
        let path = input.files.first().cloned().unwrap_or_default();
        let Known { info, named_by_file, sidecar_sha256 } = read_info(input, &path)?;
        let wrong = |source| OpenError::Chat { path: path.clone(), source };
        let bytes = read(&path)?;
        if bytes.len() as u64 > CHAT_BYTES_MAX {
            return Err(wrong(ChatError::TooLarge { limit_mib: CHAT_BYTES_MAX >> 20 }));
        }
        let text = decoded(&bytes).map_err(wrong)?;
        let rows = rows::rows(&text).map_err(wrong)?;
        let (messages, problems) = messages(rows, &info).map_err(wrong)?;
        Ok(Self {
            info,
            named_by_file,
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: hex(Sha256::new_with_prefix(&bytes)),
            sidecar_sha256,
            messages,
            problems,
        })
    }
}

/// The file, up to just over the limit.
fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    let file: File = open_file(path)?;
    let mut bytes = Vec::new();
    file.take(CHAT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| OpenError::Unreadable { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// By its byte order mark; else UTF-8 if it is, else GB 18030, which holds GBK and GB 2312.
fn decoded(bytes: &[u8]) -> Result<String, ChatError> {
    let line = |valid: usize| bytes[..valid].iter().filter(|b| **b == b'\n').count() as u64 + 1;
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    if let Some((encoding, rest)) = wide {
        let (text, failed) = encoding.decode_without_bom_handling(rest);
        return if failed { Err(ChatError::Encoding { line: 1 }) } else { Ok(text.into_owned()) };
    }
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bare) {
        Ok(text) if text.contains('\0') => Err(ChatError::Encoding { line: 1 }),
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let (text, failed) = GB18030.decode_without_bom_handling(bare);
            if failed || text.contains('\0') {
                return Err(ChatError::Encoding { line: line(error.valid_up_to()) });
            }
            Ok(text.into_owned())
        }
    }
}

fn problem(kind: ProblemKind, count: usize, what: &str) -> Problem {
    Problem { kind, leg: None, span: None, detail: format!("{count} {what}") }
}

/// Rows become messages, in order of time.
fn messages(rows: Vec<Row>, info: &CallInfo) -> Result<(Vec<Message>, Vec<Problem>), ChatError> {
    let conversations: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row.conversation.as_str()).filter(|id| !id.is_empty()).collect();
    if conversations.len() > 1 {
        return Err(ChatError::Several { count: conversations.len() });
    }
    let all = rows.len();
    let rows: Vec<Row> = rows.into_iter().filter(|row| !plain(&row.text).is_empty()).collect();
    if rows.is_empty() {
        return Err(ChatError::Empty);
    }
    let mut problems = Vec::new();
    if rows.len() < all {
        let count = all - rows.len();
        problems.push(problem(ProblemKind::EmptyTexts, count, "rows without a text left out"));
    }
    for row in &rows {
        let fault = if row.role.is_empty() && row.speaker.is_empty() {
            RowFault::Speaker
        } else if row.text.chars().count() > MESSAGE_CHARS_MAX {
            RowFault::LongText(MESSAGE_CHARS_MAX)
        } else {
            continue;
        };
        return Err(ChatError::Row { line: row.line, fault });
    }
    let times = times(&rows)?;
    let writers = writers(&rows, info);
    let mut messages: Vec<Message> = rows
        .iter()
        .zip(&times)
        .map(|(row, at_ms)| {
            let (writer, party) = writers[&(row.role.as_str(), row.speaker.as_str())];
            Message { at_ms: *at_ms, party, writer, text: Sensitive::from(plain(&row.text)) }
        })
        .collect();
    let late = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
    if late > 0 {
        problems.push(problem(ProblemKind::OutOfOrder, late, "messages put into order by time"));
        // Stable: messages of one second stay as they were.
        messages.sort_by_key(|message| message.at_ms);
    }
    if times.iter().all(Option::is_none) {
        problems.push(problem(ProblemKind::NoTimes, rows.len(), "messages without times"));
    }
    Ok((messages, problems))
}

/// Milliseconds after the first; for bare offsets, after the log's own zero.
fn times(rows: &[Row]) -> Result<Vec<Option<u64>>, ChatError> {
    if rows.iter().all(|row| row.time.is_empty()) {
        return Ok(vec![None; rows.len()]);
    }
    let mut read: Vec<Moment> = Vec::with_capacity(rows.len());
    let mut days_ms = 0;
    for row in rows {
        let wrong = |fault| ChatError::Row { line: row.line, fault };
        if row.time.is_empty() {
            return Err(wrong(RowFault::NoTime));
        }
        let moment = when::moment(&row.time, row.in_ms).ok_or(wrong(RowFault::Time))?;
        let Some(last) = read.last() else {
            read.push(moment);
            continue;
        };
        if !moment.like(*last) {
            return Err(wrong(RowFault::OtherTime));
        }
        read.push(match moment {
            Moment::Clock(ms) => {
                if last.ms() - (ms + days_ms) > HALF_DAY_MS {
                    days_ms += 2 * HALF_DAY_MS;
                }
                Moment::Clock(ms + days_ms)
            }
            other => other,
        });
    }
    let zero = match read.first() {
        Some(Moment::Offset(_)) => 0,
        _ => read.iter().map(|moment| moment.ms()).min().unwrap_or(0),
    };
    Ok(read.iter().map(|moment| Some((moment.ms() - zero).max(0) as u64)).collect())
}

/// Each writer's number and party. One nameless party is told by the other: who is left when the agent is
/// known is the customer.
fn writers<'r>(rows: &'r [Row], info: &CallInfo) -> BTreeMap<(&'r str, &'r str), (u8, Party)> {
    let is_agent = |row: &Row| {
        let named = |name: &str| !name.is_empty() && (row.speaker == name || row.role == name);
        info.agent_id.as_deref().is_some_and(named)
            || info.agent_name.as_ref().is_some_and(|name| named(name.as_str()))
    };
    let mut out: BTreeMap<(&str, &str), (u8, Party)> = BTreeMap::new();
    for row in rows {
        let known = who::party(&row.role)
            .or_else(|| who::party(&row.speaker))
            .or(is_agent(row).then_some(Party::Agent))
            .unwrap_or(Party::Unknown);
        let number = u8::try_from(out.len()).unwrap_or(u8::MAX);
        out.entry((row.role.as_str(), row.speaker.as_str())).or_insert((number, known));
    }
    let has = |party: Party| out.values().any(|(_, one)| *one == party);
    let unknown = out.values().filter(|(_, party)| *party == Party::Unknown).count();
    let rest = match (has(Party::Agent), has(Party::Customer)) {
        (true, false) => Some(Party::Customer),
        (false, true) => Some(Party::Agent),
        _ => None,
    };
    if let (1, Some(rest)) = (unknown, rest) {
        let unknown = out.values_mut().filter(|(_, party)| *party == Party::Unknown);
        unknown.for_each(|(_, party)| *party = rest);
    }
    out
}

/// A message in one line, without the markup that some platforms export.
fn plain(text: &str) -> String {
    let marked = text.contains("</") || text.contains("<br") || text.contains("/>");
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' if marked => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            _ if inside => {}
            c => out.push(c),
        }
    }
    let out = if marked {
        out.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    } else {
        out
    };
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
