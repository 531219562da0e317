//! Recording metadata (RFC 7865), in the dialects of the field.
//!
//! In: the XML of a metadata part. Out: participants, streams and who sends which, and all else that it says as names and values. Elements go
//! by their local names, ids by any of the names they are given; what is broken is read as far as it goes. A document type is refused, and
//! so is more than 256 kB.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Bytes of a metadata part.
pub const METADATA_BYTES_MAX: usize = 256 * 1024;
/// Elements within elements.
const DEPTH_MAX: usize = 32;
/// Participants and streams.
const ITEMS_MAX: usize = 64;
/// Other names and values.
const OTHERS_MAX: usize = 64;
/// Characters of a value.
const VALUE_CHARS_MAX: usize = 1_000;

/// A person or machine of the call.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Participant {
    /// Address of record.
    pub aor: String,
    /// Name shown.
    pub name: String,
    /// Ids of the streams it sends.
    pub sends: Vec<String>,
    /// It has left the call.
    pub left: bool,
    /// What a vendor says of it, by local name.
    pub others: BTreeMap<String, String>,
}

/// They are people.
impl std::fmt::Debug for Participant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Participant").field("left", &self.left).finish_non_exhaustive()
    }
}

/// What is known of a recording session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// It tells changes, not all.
    pub partial: bool,
    /// By id.
    pub participants: BTreeMap<String, Participant>,
    /// Ids of the participants in the order they were told of.
    pub order: Vec<String>,
    /// Labels of streams by their ids.
    pub labels: BTreeMap<String, String>,
    /// What else is said, by local name.
    pub others: BTreeMap<String, String>,
}

/// Why metadata is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Over [`METADATA_BYTES_MAX`].
    #[error("the metadata is over 256 kB")]
    TooLarge,
    /// It declares a document type.
    #[error("the metadata declares a document type")]
    DocType,
}

impl Metadata {
    /// Adds newer metadata: by id where it is partial, in place of all where it is complete and says who takes part.
    pub fn merge(&mut self, newer: Metadata) {
        if !newer.partial && !newer.participants.is_empty() {
            // Vendors' facts are often told once only.
            let others = std::mem::take(&mut self.others);
            *self = newer;
            for (name, value) in others {
                self.others.entry(name).or_insert(value);
            }
            return;
        }
        for id in newer.order {
            if !self.order.contains(&id) {
                self.order.push(id);
            }
        }
        for (id, participant) in newer.participants {
            let known = self.participants.entry(id).or_default();
            let keep = |new: String, old: &mut String| {
                if !new.is_empty() {
                    *old = new;
                }
            };
            keep(participant.aor, &mut known.aor);
            keep(participant.name, &mut known.name);
            if !participant.sends.is_empty() {
                known.sends = participant.sends;
            }
            known.left = participant.left;
            known.others.extend(participant.others);
        }
        self.labels.extend(newer.labels);
        self.others.extend(newer.others);
    }

    /// Who sends the stream of this label, in the order they were told of.
    pub fn senders(&self, label: &str) -> Vec<&Participant> {
        let streams: Vec<&str> = self
            .labels
            .iter()
            .filter(|(_, known)| *known == label)
            .map(|(id, _)| id.as_str())
            .collect();
        let sends = |p: &&Participant| p.sends.iter().any(|id| streams.contains(&id.as_str()));
        self.present().filter(sends).collect()
    }

    /// Participants that have not left, in the order they were told of.
    pub fn present(&self) -> impl Iterator<Item = &Participant> {
        self.order.iter().filter_map(|id| self.participants.get(id)).filter(|p| !p.left)
    }
}

/// Reads metadata.
///
/// # Errors
/// [`MetadataError`].
pub fn parse(bytes: &[u8]) -> Result<Metadata, MetadataError> {
    if bytes.len() > METADATA_BYTES_MAX {
        return Err(MetadataError::TooLarge);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    let mut reading = Reading::default();
    loop {
        match reader.read_event() {
            Ok(Event::DocType(_)) => return Err(MetadataError::DocType),
            Ok(Event::Start(element)) => reading.open(&element),
            Ok(Event::Empty(element)) => {
                reading.open(&element);
                reading.close();
            }
            Ok(Event::End(_)) => reading.close(),
            Ok(Event::Text(text)) => reading.text(&String::from_utf8_lossy(&text)),
            Ok(Event::CData(text)) => reading.text(&String::from_utf8_lossy(&text)),
            Ok(Event::GeneralRef(name)) => {
                let entity = format!("&{};", String::from_utf8_lossy(&name));
                reading.text(&unescape(&entity));
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if reading.path.len() > DEPTH_MAX {
            break;
        }
    }
    while !reading.path.is_empty() {
        reading.close();
    }
    Ok(reading.known)
}

fn unescape(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), |clear| clear.into_owned())
}

/// An element that is open.
#[derive(Debug, Default)]
struct Open {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    has_children: bool,
}

impl Open {
    fn attribute(&self, names: &[&str]) -> Option<&str> {
        let named = |(name, _): &&(String, String)| names.contains(&name.as_str());
        self.attributes.iter().find(named).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct Reading {
    path: Vec<Open>,
    known: Metadata,
}

impl Reading {
    fn open(&mut self, element: &BytesStart<'_>) {
        let local = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase();
        let attributes = element.attributes().flatten().take(16).map(|attribute| {
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            (local(attribute.key.local_name().as_ref()), cut(&unescape(&value)))
        });
        let attributes = attributes.collect();
        let name = local(element.local_name().as_ref());
        if let Some(outer) = self.path.last_mut() {
            outer.has_children = true;
        }
        self.path.push(Open { name, attributes, ..Open::default() });
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.path.last_mut()
            && open.text.len() < VALUE_CHARS_MAX * 4
        {
            open.text.push_str(text);
        }
    }

    /// The innermost open element of one of these names.
    fn within(&self, names: &[&str]) -> Option<&Open> {
        self.path.iter().rev().find(|open| names.contains(&open.name.as_str()))
    }

    fn close(&mut self) {
        let Some(open) = self.path.pop() else { return };
        let text = cut(open.text.trim());
        match open.name.as_str() {
            "datamode" => self.known.partial = text.eq_ignore_ascii_case("partial"),
            "participant" => drop(self.participant(&open, &["participant_id", "id"])),
            "participantsessionassoc" => self.association(&open),
            "disassociate-time" => {
                if let Some(outer) = self.path.last_mut() {
                    outer.attributes.push((open.name.clone(), text));
                }
            }
            "nameid" => {
                if let (Some(aor), Some(person)) =
                    (open.attribute(&["aor"]).map(str::to_owned), self.current())
                {
                    person.aor = aor;
                }
            }
            "aor" => self.set_person(|person| &mut person.aor, text),
            "name" if self.within(&["participant"]).is_some() => {
                self.set_person(|person| &mut person.name, text);
            }
            // `<send><id>…</id></send>` or `<send>…</send>`.
            "id" if self.within(&["send"]).is_some() => self.sends(text),
            "send" if !open.has_children => self.sends(text),
            "recv" | "id" => {}
            "label" => self.label(text),
            "stream" => {
                let id = open.attribute(&["stream_id", "id"]).unwrap_or_default().to_owned();
                if let Some(label) = open.attribute(&["label"]).map(str::to_owned) {
                    self.put_label(id, label);
                }
            }
            _ => self.other(&open, text),
        }
    }

    fn participant(&mut self, open: &Open, names: &[&str]) -> Option<&mut Participant> {
        let id = open.attribute(names)?.to_owned();
        if !self.known.participants.contains_key(&id) {
            if self.known.participants.len() >= ITEMS_MAX {
                return None;
            }
            self.known.order.push(id.clone());
        }
        Some(self.known.participants.entry(id).or_default())
    }

    /// Whose element we are in: a participant's, or its association's with a stream.
    fn current(&mut self) -> Option<&mut Participant> {
        let names = ["participant", "participantstreamassoc"];
        let at = self.path.iter().rposition(|open| names.contains(&open.name.as_str()))?;
        let open = std::mem::take(self.path.get_mut(at)?);
        let id = ["participant_id", "id", "participant"];
        let known = self.participant(&open, &id).is_some();
        let key = open.attribute(&id).map(str::to_owned);
        *self.path.get_mut(at)? = open;
        key.filter(|_| known).and_then(|key| self.known.participants.get_mut(&key))
    }

    fn set_person(&mut self, field: fn(&mut Participant) -> &mut String, text: String) {
        if let Some(person) = self.current().filter(|_| !text.is_empty()) {
            *field(person) = text;
        }
    }

    fn sends(&mut self, stream: String) {
        if let Some(person) = self.current()
            && person.sends.len() < ITEMS_MAX
            && !stream.is_empty()
        {
            person.sends.push(stream);
        }
    }

    /// Who is no longer with the session.
    fn association(&mut self, open: &Open) {
        let left = open.attribute(&["disassociate-time"]).is_some();
        if let Some(person) = self.participant(open, &["participant_id", "participant", "id"]) {
            person.left = left;
        }
    }

    fn label(&mut self, label: String) {
        let stream = self.within(&["stream"]);
        if let Some(id) =
            stream.map(|open| open.attribute(&["stream_id", "id"]).unwrap_or_default().to_owned())
        {
            self.put_label(id, label);
        }
    }

    fn put_label(&mut self, id: String, label: String) {
        if self.known.labels.len() < ITEMS_MAX && !label.is_empty() {
            self.known.labels.insert(id, label);
        }
    }

    /// What a vendor says: an element's text; `<header label="X"><value>…`; the name of a child for one that has no
    /// text (`<callType><termCall/>…`).
    fn other(&mut self, open: &Open, text: String) {
        let outer = self.path.last();
        let (name, value) = match (outer, open.has_children || !text.is_empty()) {
            (Some(outer), _) if open.name == "value" && outer.attribute(&["label"]).is_some() => {
                (outer.attribute(&["label"]).unwrap_or_default().to_ascii_lowercase(), text)
            }
            (Some(outer), _) if outer.name == "calltype" => (outer.name.clone(), open.name.clone()),
            _ => match (open.attribute(&["label"]), open.attribute(&["value"])) {
                (Some(label), Some(value)) => (label.to_ascii_lowercase(), value.to_owned()),
                _ => (open.name.clone(), text),
            },
        };
        if value.is_empty() {
            return;
        }
        let inside = self.within(&["participant"]).is_some();
        let known = match (inside, self.current()) {
            (true, Some(person)) => &mut person.others,
            _ => &mut self.known.others,
        };
        if known.len() < OTHERS_MAX || known.contains_key(&name) {
            known.insert(name, value);
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn partial_news_is_added_by_id() {
        let mut known = parse(
            br#"<recording><datamode>complete</datamode>
            <participant participant_id="p1"><nameID aor="sip:1@h"><name>A &amp; B</name></nameID></participant>
            <participant participant_id="p2"><nameID aor="sip:2@h"/></participant>
            <stream stream_id="s1"><label>1</label></stream><stream stream_id="s2"><label>2</label></stream>
            <participantstreamassoc participant_id="p1"><send>s1</send><recv>s2</recv></participantstreamassoc>
            <participantstreamassoc participant_id="p2"><send>s2</send></participantstreamassoc></recording>"#,
        )
        .unwrap();
        assert_eq!(known.participants["p1"].name, "A & B");
        let newer = parse(
            br#"<recording><dataMode>partial</dataMode>
            <participant participant_id="p3"><nameID aor="sip:3@h"/></participant>
            <participantsessionassoc participant_id="p2" session_id="s"><disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc>
            <participantstreamassoc participant_id="p3"><send>s2</send></participantstreamassoc></recording>"#,
        )
        .unwrap();
        assert!(newer.partial);
        known.merge(newer);
        let who =
            |label: &str| known.senders(label).iter().map(|p| p.aor.as_str()).collect::<Vec<_>>();
        assert_eq!(who("1"), ["sip:1@h"]);
        assert_eq!(who("2"), ["sip:3@h"]);
    }

    #[track_caller]
    fn refused(text: &str, expected: MetadataError) {
        assert_eq!(parse(text.as_bytes()).err(), Some(expected));
    }

    #[test]
    fn document_types_and_floods_are_refused() {
        refused(
            "<!DOCTYPE a [<!ENTITY b \"c\">]><recording>&b;</recording>",
            MetadataError::DocType,
        );
        refused(&"<a>".repeat(100_000), MetadataError::TooLarge);
        assert_eq!(parse(b"").unwrap(), Metadata::default());
        assert_eq!(parse(&b"<a>".repeat(10_000)).unwrap().participants.len(), 0);
    }

    #[test]
    fn what_is_cut_off_is_read_as_far_as_it_goes() {
        let known =
            parse(br#"<recording><participant id="p"><nameID aor="sip:1@h"></participant><x"#);
        assert_eq!(known.unwrap().participants["p"].aor, "sip:1@h");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in "(</?(participant|send|stream|nameID|label|id|x)( (id|aor|label)=\"[a-z&;]{0,5}\")?/?>|[a-z&;<!\\[\\]-]{0,6}){0,40}"
        ) {
            let _ = parse(text.as_bytes());
        }
    }
}
