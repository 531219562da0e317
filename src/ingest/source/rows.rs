//! Tables and plain JSON of facts: manifests, one-row sidecars, exports of other systems.
//!
//! In: text, and which column is which fact. Out: facts. Columns that are mapped to nothing and whose name is no
//! fact are kept under `extra`, so that a rubric can ask for them.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::facts::{Facts, is_key};

/// Rows of a manifest.
const ROWS_MAX: usize = 100_000;

/// Columns that name the file in a manifest.
const FILE_COLUMNS: &[&str] =
    &["file", "filename", "file_name", "recording", "recordingfile", "文件", "文件名", "录音文件"];

/// The facts of many files, by name.
pub type Rows = BTreeMap<String, Facts>;

/// Reads a manifest: a table with a header, each row of which names a file.
///
/// # Errors
/// What is wrong, with the line.
pub(super) fn manifest(
    text: &str,
    map: &BTreeMap<String, String>,
    zone: &TimeZone,
) -> Result<Rows, String> {
    let mut rows = Rows::new();
    let (header, all) = table(text)?;
    let file_column = map.get("file").map(String::as_str);
    let is_file = |name: &str| match file_column {
        Some(wanted) => name == wanted,
        None => FILE_COLUMNS.contains(&name.to_lowercase().as_str()),
    };
    let column =
        header.iter().position(is_file).ok_or("no column names the file: call it `file`")?;
    for (line, row) in all {
        if rows.len() >= ROWS_MAX {
            return Err(format!("line {line}: over {ROWS_MAX} rows: split it"));
        }
        let name = row.get(column).unwrap_or_default();
        // The name alone: a manifest cannot point out of its folder.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() {
            return Err(format!("line {line}: no file is named"));
        }
        let facts = of_row(&header, &row, Some(column), map, zone);
        facts.check().map_err(|why| format!("line {line}: {why}"))?;
        rows.insert(name.to_owned(), facts);
    }
    Ok(rows)
}

/// Reads a table with a header and one row: the sidecar of one recording.
pub(super) fn one(
    text: &str,
    map: &BTreeMap<String, String>,
    zone: &TimeZone,
) -> Result<Facts, String> {
    let (header, mut rows) = table(text)?;
    match (rows.next(), rows.next()) {
        (Some((_, row)), None) => Ok(of_row(&header, &row, None, map, zone)),
        _ => Err("a table beside a recording has a header and one row".into()),
    }
}

/// Reads lines of `name: value` or `name=value`, and rtpengine's metadata, whose last line holds `a:1|b:2`.
pub(super) fn lines(text: &str, map: &BTreeMap<String, String>, zone: &TimeZone) -> Facts {
    let mut facts = Facts::default();
    for line in text.lines().take(1_000) {
        // Lines of SDP look like values, and are none.
        let is_sdp = line.len() > 1 && line.as_bytes()[1] == b'=';
        for pair in line.split('|').filter(|_| !is_sdp && !line.starts_with('/')) {
            let pair = pair.split_once(':').or_else(|| pair.split_once('='));
            let Some((name, value)) = pair.map(|(n, v)| (n.trim(), v.trim())) else { continue };
            if !name.is_empty() && name.len() <= 64 && !name.contains(' ') {
                put(&mut facts, name, value, map, zone);
            }
        }
    }
    facts
}

/// Reads JSON: a sidecar as it is, with other systems' keys mapped.
pub(super) fn json(
    text: &str,
    map: &BTreeMap<String, String>,
    zone: &TimeZone,
) -> Result<Facts, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        format!("line {}, column {}: not valid JSON", error.line(), error.column())
    })?;
    let mut facts = Facts::default();
    for (key, from) in map {
        let found = match from.starts_with('/') {
            true => value.pointer(from),
            false => value.get(from),
        };
        match found {
            Some(Value::String(text)) => facts.set_word(key, text, zone),
            Some(found @ (Value::Number(_) | Value::Bool(_))) => {
                facts.set_word(key, &found.to_string(), zone);
            }
            _ => {}
        }
    }
    match value {
        Value::Object(own) => facts.fill(&Facts::of_json(own)),
        _ => return Err("it is JSON, but no object".into()),
    }
    Ok(facts)
}

type Lines<'a> = Box<dyn Iterator<Item = (u64, StringRecord)> + 'a>;

fn table(text: &str) -> Result<(StringRecord, Lines<'_>), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let delimiter =
        [b'\t', b';', b','].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count());
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| "the first line is no header")?.clone();
    // Text is UTF-8 already, and rows may be of any length: there is nothing else to fail.
    let rows = reader.into_records().flatten();
    let rows = rows.map(|row| (row.position().map_or(0, csv::Position::line), row));
    Ok((header, Box::new(rows)))
}

fn of_row(
    header: &StringRecord,
    row: &StringRecord,
    without: Option<usize>,
    map: &BTreeMap<String, String>,
    zone: &TimeZone,
) -> Facts {
    let mut facts = Facts::default();
    for (ix, (name, value)) in header.iter().zip(row).enumerate() {
        if Some(ix) != without {
            put(&mut facts, name, value, map, zone);
        }
    }
    facts
}

fn put(
    facts: &mut Facts,
    name: &str,
    value: &str,
    map: &BTreeMap<String, String>,
    zone: &TimeZone,
) {
    let mut mapped = map.iter().filter(|(_, from)| *from == name).peekable();
    if mapped.peek().is_some() {
        return mapped.for_each(|(key, _)| facts.set_word(key, value, zone));
    }
    let lower = name.to_lowercase();
    let key = match lower.as_str() {
        "agent" | "agent_id" => "agent.id",
        "agent_name" => "agent.name",
        "customer" | "number" | "customer_number" | "phone" => "customer.number",
        other if is_key(other) => other,
        _ => "",
    };
    match key {
        "" => facts.set(&format!("extra.{}", name.replace('.', "_")), value),
        key => facts.set_word(key, value, zone),
    }
}
