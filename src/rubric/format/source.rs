//! A YAML file as a person wrote it: values with their comments and blank lines.
//!
//! In: text. Out: [`Document`]. Comments above an entry belong to it, and so does one behind it; what
//! stands under the last entry of a collection, as far in as its entries, ends it.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use crate::rubric::file::Place;

/// A whole file.
#[derive(Debug)]
pub(super) struct Document {
    /// Comments above everything.
    pub(super) head: Vec<Comment>,
    /// Whether a blank line follows them.
    pub(super) gap: bool,
    pub(super) root: Written,
    /// Comments below everything.
    pub(super) tail: Vec<Comment>,
}

/// A comment on a line of its own.
#[derive(Debug, Clone)]
pub(super) struct Comment {
    pub(super) text: String,
    pub(super) blank_before: bool,
    column: usize,
}

/// A value.
#[derive(Debug)]
pub(super) enum Written {
    Scalar(Scalar),
    Collection(Collection),
}

/// A text, number or flag.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Written without quotes.
    pub(super) plain: bool,
    /// Written as a block of lines.
    pub(super) block: bool,
}

/// A map or a list.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) is_map: bool,
    /// Written in one line: `{a: b}`, `[a, b]`.
    pub(super) flow: bool,
    pub(super) entries: Vec<Entry>,
    /// Comments under the last entry.
    pub(super) tail: Vec<Comment>,
}

/// An entry of a map or a list.
#[derive(Debug)]
pub(super) struct Entry {
    /// Comments above it.
    pub(super) above: Vec<Comment>,
    pub(super) blank_before: bool,
    /// In a map.
    pub(super) key: Option<Scalar>,
    pub(super) value: Written,
    /// The comment behind it.
    pub(super) behind: Option<String>,
}

impl Collection {
    /// Whether a comment stands anywhere inside.
    pub(super) fn has_comments(&self) -> bool {
        let inside = |entry: &Entry| {
            !entry.above.is_empty()
                || entry.behind.is_some()
                || matches!(&entry.value, Written::Collection(inner) if inner.has_comments())
        };
        !self.tail.is_empty() || self.entries.iter().any(inside)
    }
}

type Failure = (Place, String);

const UNUSED: &str =
    "anchors, aliases and tags are not formatted; name a condition or a phrase list instead";

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Document, Failure> {
    let mut events = Vec::new();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            let at = error.marker();
            (place(at.line(), at.col()), error.to_string())
        })?;
        events.push((event, span));
    }
    let mut reader = Reader { text, events, at: 0, line: 0, opened: 0, pending: Vec::new() };
    reader.comments();
    while matches!(reader.peek(), Event::StreamStart | Event::DocumentStart(..)) {
        reader.at += 1;
        reader.comments();
    }
    let head = std::mem::take(&mut reader.pending);
    let gap = !head.is_empty() && reader.span().start.line() > reader.line + 1;
    let root = reader.value()?;
    reader.comments();
    while matches!(reader.peek(), Event::DocumentEnd) {
        reader.at += 1;
        reader.comments();
    }
    if !matches!(reader.peek(), Event::StreamEnd) {
        return Err((reader.place(), "a rubric file holds one document".to_owned()));
    }
    Ok(Document { head, gap, root, tail: reader.pending })
}

fn place(line: usize, column: usize) -> Place {
    Place::new(line as u64, column as u64 + 1)
}

struct Reader<'t> {
    text: &'t str,
    events: Vec<(Event<'t>, Span)>,
    at: usize,
    /// The last line on which something stands.
    line: usize,
    /// The line on which what was read last began.
    opened: usize,
    /// Comments on lines of their own that have not found their entry.
    pending: Vec<Comment>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> &Event<'t> {
        self.events.get(self.at).map_or(&Event::StreamEnd, |(event, _)| event)
    }

    fn span(&self) -> Span {
        let last = self.events.last().expect("a stream has a start");
        self.events.get(self.at).unwrap_or(last).1
    }

    fn place(&self) -> Place {
        place(self.span().start.line(), self.span().start.col())
    }

    fn step(&mut self) {
        let span = self.span();
        let written = span.slice(self.text).unwrap_or_default();
        let lines = written.trim_end().matches('\n').count();
        self.opened = span.start.line();
        self.line = self.line.max(self.opened + lines);
        self.at += 1;
    }

    /// Takes comments; gives the one that stands on the line of what was read last.
    fn comments(&mut self) -> Option<String> {
        let mut behind = None;
        while let Event::Comment(text, _) = self.peek() {
            let text = format!("#{}", text.trim_end());
            let start = self.span().start;
            // Behind the mark of a block of lines, the comment comes after the lines.
            if start.line() > 0 && [self.line, self.opened].contains(&start.line()) {
                behind = Some(text);
            } else {
                let blank_before = start.line() > self.line + 1 && self.line > 0;
                self.pending.push(Comment { text, blank_before, column: start.col() });
            }
            self.line = self.line.max(start.line());
            self.at += 1;
        }
        behind
    }

    fn value(&mut self) -> Result<Written, Failure> {
        match self.peek().clone() {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(anchor, tag.is_some())?;
                let plain = matches!(style, ScalarStyle::Plain);
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                // An empty value is said to be `~`, which nobody wrote.
                let absent = plain && self.span().is_empty();
                let text = if absent { String::new() } else { text.into_owned() };
                self.step();
                Ok(Written::Scalar(Scalar { text, plain, block }))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.refuse(anchor, tag.is_some())?;
                self.collection(false, style == StructureStyle::Flow)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.refuse(anchor, tag.is_some())?;
                self.collection(true, style == StructureStyle::Flow)
            }
            Event::Alias(_) => Err((self.place(), UNUSED.to_owned())),
            _ => Err((self.place(), "a value is wanted here".to_owned())),
        }
    }

    fn refuse(&self, anchor: usize, tag: bool) -> Result<(), Failure> {
        if anchor == 0 && !tag {
            return Ok(());
        }
        Err((self.place(), UNUSED.to_owned()))
    }

    fn collection(&mut self, is_map: bool, flow: bool) -> Result<Written, Failure> {
        let column = self.span().start.col();
        if flow {
            self.step();
        } else {
            // It starts with its first entry, which is still to be read.
            self.at += 1;
        }
        let mut out = Collection { is_map, flow, entries: Vec::new(), tail: Vec::new() };
        loop {
            if let Some(behind) = self.comments() {
                match out.entries.last_mut() {
                    Some(entry) => put_behind(entry, behind),
                    None => {
                        self.pending.push(Comment { text: behind, blank_before: false, column })
                    }
                }
            }
            if matches!(self.peek(), Event::SequenceEnd | Event::MappingEnd) {
                // In a block, what stands farther out belongs to what follows.
                let inner = self.pending.iter().take_while(|c| flow || c.column >= column).count();
                out.tail = self.pending.drain(..inner).collect();
                if flow {
                    self.step();
                } else {
                    self.at += 1;
                }
                return Ok(Written::Collection(out));
            }
            let mut entry = self.entry(is_map)?;
            if out.entries.is_empty() {
                // Above the first entry a blank line parts nothing.
                match entry.above.first_mut() {
                    Some(comment) => comment.blank_before = false,
                    None => entry.blank_before = false,
                }
            }
            out.entries.push(entry);
        }
    }

    fn entry(&mut self, is_map: bool) -> Result<Entry, Failure> {
        let blank_before = self.span().start.line() > self.line + 1 && self.line > 0;
        let mut above = std::mem::take(&mut self.pending);
        let key = if is_map {
            let place = self.place();
            match self.value()? {
                Written::Scalar(key) => Some(key),
                Written::Collection(_) => {
                    return Err((place, "a key is a plain text".to_owned()));
                }
            }
        } else {
            None
        };
        let mut behind = self.comments();
        if !is_map && let Some(text) = behind.take() {
            // Behind a dash stands the value.
            self.pending.insert(0, Comment { text, blank_before: false, column: 0 });
        }
        let block = |event: &Event<'_>| {
            matches!(event, Event::MappingStart(style, ..) | Event::SequenceStart(style, ..)
                if *style == StructureStyle::Block)
        };
        // Between a key and its value a comment can stay only above the first line of a block.
        if !is_map || !block(self.peek()) {
            above.append(&mut self.pending);
        }
        let mut value = self.value()?;
        if let (false, Written::Collection(inner)) = (is_map, &mut value)
            && let Some(first) = inner.entries.first_mut()
        {
            // Above `- a: b` and not between the dash and its first key.
            above.append(&mut first.above);
        }
        Ok(Entry { above, blank_before, key, value, behind })
    }
}

/// Puts a comment behind the entry that ends on its line.
fn put_behind(entry: &mut Entry, text: String) {
    match &mut entry.value {
        Written::Collection(inner) if !inner.flow && !inner.entries.is_empty() => {
            let last = inner.entries.last_mut().expect("not empty");
            put_behind(last, text);
        }
        _ => match &mut entry.behind {
            Some(behind) => {
                behind.push(' ');
                behind.push_str(&text);
            }
            None => entry.behind = Some(text),
        },
    }
}
