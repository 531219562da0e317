//! One segment of the index, with everything opened that a search reads.
//!
//! In: tantivy's reader. Out: postings, columns and utterance tables by document. Opened once a reload, not
//! once a query.

use std::sync::{Arc, OnceLock};

use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::IndexRecordOption;
use tantivy::store::StoreReader;
use tantivy::{InvertedIndexReader, SegmentReader, TantivyDocument, TantivyError, Term};

use super::bits::Bits;
use super::doc::SaidDoc;
use super::index::STORE_BLOCK_BYTES;
use super::schema::{FACTS, Fields, PARTY_BITS, TICK_MS, party_of};
use super::told;
use crate::domain::Party;

/// Stored blocks kept unpacked, 1 MiB of them a segment.
const STORE_BLOCKS: usize = (1 << 20) / STORE_BLOCK_BYTES;

/// Which text field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextField {
    /// Pairs of characters, stems of words.
    Said,
    /// Dictionary words that are none here.
    NoWords,
    /// Phonetic keys of words.
    Sounds,
}

/// The numbers of a call.
pub(super) struct Columns {
    pub(super) started_us: Column<i64>,
    pub(super) duration_ms: Column<u64>,
    pub(super) risk: Column<u64>,
    pub(super) score: Column<f64>,
    pub(super) silence_ms: Column<u64>,
    pub(super) overtalk: Column<u64>,
    pub(super) rate_agent: Column<f64>,
    pub(super) rate_customer: Column<f64>,
    pub(super) talk_share: Column<f64>,
    pub(super) units: Column<u64>,
    pub(super) tie: Column<u64>,
    room: Column<u64>,
    since: Column<u64>,
    length: Column<u64>,
}

/// An utterance in the table of its call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Its first place.
    pub(super) at: u32,
    /// The place after its last.
    pub(super) end: u32,
    pub(super) party: Party,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
}

impl Row {
    /// When a place of it is said, the places taken as evenly spread.
    pub(super) fn time_ms(&self, place: u32) -> u64 {
        let all = u64::from((self.end - self.at).max(1));
        let into = u64::from(place.saturating_sub(self.at)).min(all);
        self.start_ms + (self.end_ms - self.start_ms) * into / all
    }
}

/// A document's values, read in one go.
fn values(column: &Column<u64>, doc: u32) -> Vec<u64> {
    let at = column.index.value_row_ids(doc);
    let mut out = vec![0; at.len()];
    column.values.get_range(u64::from(at.start), &mut out);
    out
}

/// A fact of the calls of a segment.
struct FactColumn {
    index: Arc<InvertedIndexReader>,
    column: Option<StrColumn>,
    /// Its values by number, read when they are first counted.
    values: OnceLock<Vec<String>>,
}

/// One segment.
pub(super) struct Segment {
    reader: SegmentReader,
    store: StoreReader,
    fields: Fields,
    said: Arc<InvertedIndexReader>,
    no_words: Arc<InvertedIndexReader>,
    sounds: Arc<InvertedIndexReader>,
    facts: Vec<FactColumn>,
    pub(super) columns: Columns,
    /// The fewest places that an utterance has.
    pub(super) shortest: u32,
    /// The documents that are not deleted.
    pub(super) alive: Bits,
}

impl Segment {
    pub(super) fn open(reader: &SegmentReader, fields: &Fields) -> Result<Self, TantivyError> {
        let docs = reader.max_doc();
        let mut alive = Bits::all(docs);
        if let Some(bitset) = reader.alive_bitset() {
            (0..docs).filter(|&doc| bitset.is_deleted(doc)).for_each(|doc| alive.remove(doc));
        }
        let fast = reader.fast_fields();
        let numbers = |name: &str| -> tantivy::Result<Column<u64>> {
            Ok(fast.column_opt(name)?.unwrap_or_else(|| Column::build_empty_column(docs)))
        };
        let reals = |name: &str| -> tantivy::Result<Column<f64>> {
            Ok(fast.column_opt(name)?.unwrap_or_else(|| Column::build_empty_column(docs)))
        };
        let started_us =
            fast.column_opt("started_us")?.unwrap_or_else(|| Column::build_empty_column(docs));
        let columns = Columns {
            started_us,
            duration_ms: numbers("duration_ms")?,
            risk: numbers("risk")?,
            score: reals("score")?,
            silence_ms: numbers("silence_ms")?,
            overtalk: numbers("overtalk")?,
            rate_agent: reals("rate_agent")?,
            rate_customer: reals("rate_customer")?,
            talk_share: reals("talk_share")?,
            units: numbers("units")?,
            tie: numbers("tie")?,
            room: numbers("room")?,
            since: numbers("since")?,
            length: numbers("length")?,
        };
        let fact = |(name, &field): (&str, _)| -> tantivy::Result<_> {
            let (index, column) = (reader.inverted_index(field)?, fast.str(name)?);
            Ok(FactColumn { index, column, values: OnceLock::new() })
        };
        Ok(Self {
            shortest: (columns.room.min_value() >> PARTY_BITS) as u32,
            store: reader.get_store_reader(STORE_BLOCKS)?,
            said: reader.inverted_index(fields.said)?,
            no_words: reader.inverted_index(fields.no_words)?,
            sounds: reader.inverted_index(fields.sounds)?,
            facts: FACTS.into_iter().zip(&fields.facts).map(fact).collect::<Result<_, _>>()?,
            fields: fields.clone(),
            reader: reader.clone(),
            columns,
            alive,
        })
    }

    /// How many calls it holds.
    pub(super) fn calls(&self) -> u64 {
        self.alive.count()
    }

    /// How many documents, deleted ones too.
    pub(super) fn docs(&self) -> u32 {
        self.reader.max_doc()
    }

    pub(super) fn text(&self, field: TextField) -> (&InvertedIndexReader, tantivy::schema::Field) {
        match field {
            TextField::Said => (&self.said, self.fields.said),
            TextField::NoWords => (&self.no_words, self.fields.no_words),
            TextField::Sounds => (&self.sounds, self.fields.sounds),
        }
    }

    /// The calls of which a fact has this value.
    pub(super) fn with_fact(&self, fact: usize, value: &str) -> Result<Bits, TantivyError> {
        let mut out = Bits::none(self.docs());
        let term = Term::from_field_text(self.fields.facts[fact], value);
        if let Some(mut docs) =
            self.facts[fact].index.read_postings(&term, IndexRecordOption::Basic)?
        {
            out.insert_all(&mut docs);
        }
        Ok(out)
    }

    /// The values of a fact by document, as numbers, and what they stand for.
    pub(super) fn fact(
        &self,
        fact: usize,
    ) -> Result<Option<(&StrColumn, &[String])>, TantivyError> {
        let fact = &self.facts[fact];
        let Some(column) = &fact.column else { return Ok(None) };
        if fact.values.get().is_none() {
            let mut values = Vec::with_capacity(column.num_terms());
            let mut stream = column.dictionary().stream()?;
            while stream.advance() {
                values.push(String::from_utf8_lossy(stream.key()).into_owned());
            }
            // Another thread may have been quicker; both read the same.
            let _ = fact.values.set(values);
        }
        Ok(fact.values.get().map(|values| (column, values.as_slice())))
    }

    /// How many utterances a call has.
    pub(super) fn utterances(&self, doc: u32) -> u32 {
        self.columns.room.index.value_row_ids(doc).len() as u32
    }

    /// The utterance table of a call, put into `out`, but for when each is said: a third of the reading, and most
    /// searches ask for no more.
    pub(super) fn places(&self, doc: u32, out: &mut Vec<Row>) {
        out.clear();
        let mut at = 0;
        for room in values(&self.columns.room, doc) {
            let end = at + (room >> PARTY_BITS) as u32;
            out.push(Row { at, end, party: party_of(room), start_ms: 0, end_ms: 0 });
            at = end + 1;
        }
    }

    /// Adds when each utterance of a call is said.
    pub(super) fn times(&self, doc: u32, rows: &mut [Row]) {
        let (since, length) = (values(&self.columns.since, doc), values(&self.columns.length, doc));
        let mut start = 0;
        for (row, (since, length)) in rows.iter_mut().zip(since.into_iter().zip(length)) {
            start += told::unzigzag(since);
            row.start_ms = start.unsigned_abs() * TICK_MS;
            row.end_ms = row.start_ms + length * TICK_MS;
        }
    }

    /// The utterance table of a call, put into `out`.
    pub(super) fn rows(&self, doc: u32, out: &mut Vec<Row>) {
        self.places(doc, out);
        self.times(doc, out);
    }

    /// A call's id and utterances.
    pub(super) fn told(&self, doc: u32) -> Result<(String, Vec<SaidDoc>), TantivyError> {
        use tantivy::schema::Value;
        let stored: TantivyDocument = self.store.get(doc)?;
        let id = stored.get_first(self.fields.id).and_then(|value| value.as_str());
        let bytes = stored.get_first(self.fields.told).and_then(|value| value.as_bytes());
        let mut rows = Vec::new();
        self.rows(doc, &mut rows);
        let read = id.zip(bytes.and_then(|bytes| told::unpacked(bytes, &rows)));
        let lost = || TantivyError::InternalError(format!("document {doc} cannot be unpacked"));
        read.map(|(id, said)| (id.to_owned(), said)).ok_or_else(lost)
    }
}
