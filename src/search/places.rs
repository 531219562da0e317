//! Where in a call the leaves and relations of a query hold.
//!
//! In: a plan and a segment. Out: for a document its places. Postings are read forward: ask for documents in
//! rising order (going back is allowed and costs).

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::termdict::TermDictionary;
use tantivy::{DocSet, InvertedIndexReader, TERMINATED, TantivyError, Term};

use super::bits::Bits;
use super::language::Relation;
use super::plan::{self, Leaf, Phrase, Places, Plan, Terms, Window};
use super::relations::{may_be_related, related};
use super::segment::{Row, Segment};

/// Places of a call, from one up to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Places of one term, document by document.
struct Cursor {
    info: tantivy::postings::TermInfo,
    postings: Option<SegmentPostings>,
    asked: u32,
}

impl Cursor {
    fn read(
        &mut self,
        index: &InvertedIndexReader,
        doc: u32,
        shift: u32,
        out: &mut Vec<u32>,
    ) -> Result<(), TantivyError> {
        if self.postings.is_none() || doc < self.asked {
            let option = IndexRecordOption::WithFreqsAndPositions;
            self.postings = Some(index.read_postings_from_terminfo(&self.info, option)?);
        }
        self.asked = doc;
        if let Some(postings) = &mut self.postings
            && (postings.doc() == doc || postings.doc() < doc && postings.seek(doc) == doc)
        {
            postings.append_positions_with_offset(shift, out);
        }
        Ok(())
    }
}

/// One place of a phrase, in a segment.
struct Part<'s> {
    index: &'s InvertedIndexReader,
    /// How much is added to its places, so that all parts of a phrase meet in one number.
    shift: u32,
    cursors: Vec<Cursor>,
    /// Where the terms are too many to walk side by side: document and place, sorted, of the documents asked about.
    listed: Option<Vec<(u32, u32)>>,
    many: bool,
}

/// More terms than this at one place are listed first.
const SIDE_BY_SIDE_MAX: usize = 16;

impl<'s> Part<'s> {
    fn open(segment: &'s Segment, part: &plan::Part, shift: u32) -> Result<Self, TantivyError> {
        let (index, field) = segment.text(part.field);
        let mut cursors = Vec::new();
        let cursor = |info| Cursor { info, postings: None, asked: 0 };
        let dictionary: &TermDictionary = index.terms();
        match &part.terms {
            Terms::These(all) => {
                for text in all {
                    let info = index.get_term_info(&Term::from_field_text(field, text))?;
                    cursors.extend(info.map(cursor));
                }
            }
            Terms::Beginning(all) => {
                for text in all {
                    let mut stream = dictionary.range().ge(text).into_stream()?;
                    while stream.advance() && stream.key().starts_with(text.as_bytes()) {
                        cursors.push(cursor(stream.value().clone()));
                    }
                }
            }
            Terms::Pairs(first, second) => {
                // Both are sorted, and so is the dictionary.
                let mut bytes = [0; 4];
                for c in first {
                    let begin = c.encode_utf8(&mut bytes).as_bytes();
                    let mut stream = dictionary.range().ge(begin).into_stream()?;
                    while stream.advance() {
                        let Some(rest) = stream.key().strip_prefix(begin) else { break };
                        let next =
                            std::str::from_utf8(rest).ok().and_then(|rest| rest.chars().next());
                        if next.is_some_and(|next| second.binary_search(&next).is_ok()) {
                            cursors.push(cursor(stream.value().clone()));
                        }
                    }
                }
            }
        }
        let many = cursors.len() > SIDE_BY_SIDE_MAX;
        Ok(Self { index, shift, cursors, listed: None, many })
    }

    fn docs(&self, out: &mut Bits) -> Result<(), TantivyError> {
        let index = self.index;
        for cursor in &self.cursors {
            let mut postings =
                index.read_postings_from_terminfo(&cursor.info, IndexRecordOption::Basic)?;
            out.insert_all(&mut postings);
        }
        Ok(())
    }

    /// All places in some documents. Those outside are not kept: a single character stands in all of them.
    fn list(&mut self, among: Option<&Bits>) -> Result<&[(u32, u32)], TantivyError> {
        let index = self.index;
        if self.listed.is_none() {
            let mut all = Vec::new();
            let mut places = Vec::new();
            for cursor in &self.cursors {
                let option = IndexRecordOption::WithFreqsAndPositions;
                let mut postings = index.read_postings_from_terminfo(&cursor.info, option)?;
                while postings.doc() != TERMINATED {
                    let doc = postings.doc();
                    if among.is_none_or(|among| among.contains(doc)) {
                        postings.positions_with_offset(self.shift, &mut places);
                        all.extend(places.iter().map(|&place| (doc, place)));
                    }
                    postings.advance();
                }
            }
            all.sort_unstable();
            self.listed = Some(all);
        }
        Ok(self.listed.as_deref().unwrap_or_default())
    }

    /// The shifted places in a document, sorted.
    fn places(
        &mut self,
        doc: u32,
        among: Option<&Bits>,
        out: &mut Vec<u32>,
    ) -> Result<(), TantivyError> {
        let index = self.index;
        out.clear();
        if self.many {
            let all = self.list(among)?;
            let from = all.partition_point(|&(other, _)| other < doc);
            out.extend(all[from..].iter().take_while(|one| one.0 == doc).map(|one| one.1));
            return Ok(());
        }
        for cursor in &mut self.cursors {
            cursor.read(index, doc, self.shift, out)?;
        }
        if self.cursors.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
        Ok(())
    }
}

struct OpenPhrase<'s> {
    parts: Vec<Part<'s>>,
    /// The greatest distance of a part from the phrase's first place.
    reach: u32,
    len: u32,
    /// Places of its first part, and of the part they are held against: kept, as documents are many.
    here: [Vec<u32>; 2],
}

impl<'s> OpenPhrase<'s> {
    fn open(segment: &'s Segment, phrase: &Phrase) -> Result<Self, TantivyError> {
        let reach = phrase.parts.iter().map(|part| part.at).max().unwrap_or(0);
        let part = |part: &plan::Part| Part::open(segment, part, reach - part.at);
        let mut parts = phrase.parts.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        // The rarest first: most documents are then settled by one list.
        let docs = |part: &Part<'_>| {
            part.cursors.iter().map(|one| u64::from(one.info.doc_freq)).sum::<u64>()
        };
        parts.sort_by_key(docs);
        Ok(Self { parts, reach, len: phrase.len, here: Default::default() })
    }

    fn docs(&self, segment: &Segment) -> Result<Bits, TantivyError> {
        let mut out: Option<Bits> = None;
        for part in &self.parts {
            let mut docs = Bits::none(segment.docs());
            part.docs(&mut docs)?;
            match &mut out {
                Some(out) => out.and(&docs),
                None => out = Some(docs),
            }
            if out.as_ref().is_some_and(Bits::is_empty) {
                break;
            }
        }
        Ok(out.unwrap_or_else(|| Bits::none(segment.docs())))
    }

    fn spans(&mut self, doc: u32, among: Option<&Bits>) -> Result<Vec<Span>, TantivyError> {
        let [left, right] = &mut self.here;
        left.clear();
        for (ix, part) in self.parts.iter_mut().enumerate() {
            part.places(doc, among, if ix == 0 { &mut *left } else { &mut *right })?;
            if ix > 0 {
                meet(left, right);
            }
            if left.is_empty() {
                break;
            }
        }
        let span =
            |&place: &u32| Span { from: place - self.reach, to: place - self.reach + self.len };
        Ok(left.iter().map(span).collect())
    }
}

/// Keeps of `left` what is in `right` too; both are sorted.
fn meet(left: &mut Vec<u32>, right: &[u32]) {
    let mut right = right.iter().peekable();
    left.retain(|place| {
        while right.next_if(|other| *other < place).is_some() {}
        right.peek() == Some(&place)
    });
}

/// The utterance table of the document at hand.
#[derive(Default)]
pub(super) struct Table {
    doc: Option<u32>,
    rows: Vec<Row>,
    /// Whether it says when.
    timed: bool,
}

impl Table {
    fn of(&mut self, segment: &Segment, doc: u32, timed: bool) -> &[Row] {
        if self.doc != Some(doc) {
            segment.places(doc, &mut self.rows);
            (self.doc, self.timed) = (Some(doc), false);
        }
        if timed && !self.timed {
            segment.times(doc, &mut self.rows);
            self.timed = true;
        }
        &self.rows
    }
}

/// Which utterance a place is in.
pub(super) fn row_of(rows: &[Row], place: u32) -> usize {
    rows.partition_point(|row| row.at <= place).saturating_sub(1)
}

struct OpenLeaf<'s> {
    phrases: Vec<OpenPhrase<'s>>,
    but: Option<OpenPhrase<'s>>,
    window: Window,
}

/// A query's leaves, opened in a segment.
pub(super) struct Reader<'s> {
    segment: &'s Segment,
    leaves: Vec<OpenLeaf<'s>>,
    table: Table,
    among: Option<Bits>,
    /// What relations were held against, where it is asked for: places to show.
    pub(super) evidence: Option<Vec<Span>>,
}

impl<'s> Reader<'s> {
    pub(super) fn open(segment: &'s Segment, plan: &Plan) -> Result<Self, TantivyError> {
        let leaf = |leaf: &Leaf| {
            let open = |phrase| OpenPhrase::open(segment, phrase);
            Ok::<_, TantivyError>(OpenLeaf {
                phrases: leaf.phrases.iter().map(open).collect::<Result<_, _>>()?,
                but: leaf.but.as_ref().map(open).transpose()?,
                window: leaf.window,
            })
        };
        let leaves = plan.leaves.iter().map(leaf).collect::<Result<_, _>>()?;
        let (table, among, evidence) = (Table::default(), None, None);
        Ok(Self { segment, leaves, table, among, evidence })
    }

    /// From now on places are asked for in these documents only, or in some of them.
    pub(super) fn only(&mut self, docs: &Bits) {
        self.among = Some(docs.clone());
        let leaves = self.leaves.iter_mut();
        let phrases = leaves.flat_map(|leaf| leaf.phrases.iter_mut().chain(&mut leaf.but));
        phrases.flat_map(|phrase| &mut phrase.parts).for_each(|part| part.listed = None);
    }

    /// Documents outside which the places cannot be.
    pub(super) fn docs(&self, places: &Places) -> Result<Bits, TantivyError> {
        let none = || Bits::none(self.segment.docs());
        match places {
            Places::Leaf(ix) => {
                let OpenLeaf { phrases, window, .. } = &self.leaves[*ix];
                if window.nowhere {
                    return Ok(none());
                }
                let mut out = self.segment.alive.clone();
                for phrase in phrases {
                    out.and(&phrase.docs(self.segment)?);
                }
                Ok(out)
            }
            Places::Any(all) => {
                let mut out = none();
                for one in all {
                    out.or(&self.docs(one)?);
                }
                Ok(out)
            }
            Places::Related(Relation::NotIn, left, _) => self.docs(left),
            Places::Related(_, left, right) => {
                let mut out = self.docs(left)?;
                out.and(&self.docs(right)?);
                Ok(out)
            }
        }
    }

    /// Whether every document of [`Reader::docs`] has a place, so that none need be looked at.
    pub(super) fn settled_by_docs(&self, places: &Places) -> bool {
        match places {
            Places::Leaf(ix) => {
                let OpenLeaf { phrases, but, window } = &self.leaves[*ix];
                *window == Window::default()
                    && but.is_none()
                    && phrases.len() == 1
                    && phrases[0].parts.len() == 1
            }
            Places::Any(all) => all.iter().all(|one| self.settled_by_docs(one)),
            Places::Related(..) => false,
        }
    }

    /// The places in a document, sorted.
    pub(super) fn spans(&mut self, places: &Places, doc: u32) -> Result<Vec<Span>, TantivyError> {
        match places {
            Places::Leaf(ix) => self.leaf(*ix, doc),
            Places::Any(all) => {
                let mut out = Vec::new();
                for one in all {
                    out.extend(self.spans(one, doc)?);
                }
                out.sort_unstable();
                out.dedup();
                Ok(out)
            }
            Places::Related(how, left, right) => {
                let left = self.spans(left, doc)?;
                if left.is_empty() {
                    return Ok(left);
                }
                let right = self.spans(right, doc)?;
                // By places alone most documents are out; tables are read of the others.
                let (shortest, utterances) =
                    (self.segment.shortest, || self.segment.utterances(doc));
                if !may_be_related(*how, &left, &right, shortest, utterances) {
                    return Ok(Vec::new());
                }
                let rows = match how {
                    Relation::NotIn | Relation::Before(None) | Relation::After(None) => &[],
                    Relation::NearUnits(_) => self.table.of(self.segment, doc, false),
                    Relation::NearMs(_) | Relation::Before(Some(_)) | Relation::After(Some(_)) => {
                        self.table.of(self.segment, doc, true)
                    }
                };
                let (kept, held_against) = related(*how, &left, &right, rows);
                if let Some(evidence) = &mut self.evidence {
                    evidence.extend(held_against);
                }
                Ok(kept)
            }
        }
    }

    pub(super) fn leaf(&mut self, ix: usize, doc: u32) -> Result<Vec<Span>, TantivyError> {
        let OpenLeaf { phrases, but, window } = &mut self.leaves[ix];
        if let ([phrase], None) = (phrases.as_mut_slice(), &but)
            && *window == Window::default()
        {
            return phrase.spans(doc, self.among.as_ref());
        }
        let mut all = Vec::with_capacity(phrases.len());
        for phrase in phrases.iter_mut() {
            let mut spans = phrase.spans(doc, self.among.as_ref())?;
            if let Some(but) = but.as_mut().filter(|_| !spans.is_empty()) {
                let no_words = but.spans(doc, self.among.as_ref())?;
                spans.retain(|span| no_words.binary_search(span).is_err());
            }
            if spans.is_empty() {
                return Ok(spans);
            }
            all.push(spans);
        }
        if *window == Window::default() && all.len() == 1 {
            return Ok(all.swap_remove(0));
        }
        let timed = window.first_ms.is_some() || window.last_ms.is_some();
        let rows = self.table.of(self.segment, doc, timed);
        for spans in &mut all {
            spans.retain(|span| inside(rows, span, window));
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { together(rows, &all) })
    }
}

fn inside(rows: &[Row], span: &Span, window: &Window) -> bool {
    let Some((row, first)) = rows.get(row_of(rows, span.from)).zip(rows.first()) else {
        return false;
    };
    let said_ms = row.time_ms(span.from);
    let end_ms = || rows.iter().map(|row| row.end_ms).max().unwrap_or(0);
    window.by.is_none_or(|party| row.party == party)
        && window.first_ms.is_none_or(|ms| said_ms <= first.start_ms + ms)
        && window.last_ms.is_none_or(|ms| said_ms + ms >= end_ms())
}

/// The places of utterances in which each list has one.
fn together(rows: &[Row], all: &[Vec<Span>]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut last = None;
    for span in &all[0] {
        let ix = row_of(rows, span.from);
        if last.replace(ix) == Some(ix) {
            continue;
        }
        let Some(row) = rows.get(ix) else { continue };
        let before = out.len();
        for spans in all {
            let from = spans.partition_point(|span| span.from < row.at);
            let here = spans[from..].iter().take_while(|span| span.from < row.end);
            let count = out.len();
            out.extend(here.copied());
            if out.len() == count {
                out.truncate(before);
                break;
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
