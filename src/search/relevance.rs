//! How well a call answers: BM25 over the query's leaves, each leaf as one term.

use tantivy::TantivyError;

use super::places::Reader;
use super::plan::{Places, Plan};
use super::segment::Segment;

/// How soon more of the same adds nothing.
const SATURATION: f32 = 1.2;
/// How much a call's length counts.
const LENGTH: f32 = 0.75;

/// What is known of all segments before a call is weighed.
pub(super) struct Relevance {
    /// The leaves that are wanted, each with what one more of it is worth.
    leaves: Vec<(usize, f32)>,
    units_mean: f32,
}

impl Relevance {
    pub(super) fn new(plan: &Plan, segments: &[Segment]) -> Result<Self, TantivyError> {
        let mut docs = vec![0u64; plan.leaves.len()];
        let (mut calls, mut units) = (0u64, 0u64);
        for segment in segments {
            let reader = Reader::open(segment, plan)?;
            for (ix, docs) in docs.iter_mut().enumerate() {
                *docs += reader.docs(&Places::Leaf(ix))?.count();
            }
            calls += segment.calls();
            let column = &segment.columns.units;
            units += segment.alive.iter().filter_map(|doc| column.first(doc)).sum::<u64>();
        }
        let worth =
            |docs: u64| (1.0 + (calls as f32 - docs as f32 + 0.5) / (docs as f32 + 0.5)).ln();
        let wanted = plan.leaves.iter().zip(docs).enumerate().filter(|(_, (leaf, _))| leaf.wanted);
        Ok(Self {
            leaves: wanted.map(|(ix, (_, docs))| (ix, worth(docs.min(calls)))).collect(),
            units_mean: units as f32 / calls.max(1) as f32,
        })
    }

    /// Of one call, 0 and above.
    pub(super) fn of(
        &self,
        segment: &Segment,
        reader: &mut Reader<'_>,
        doc: u32,
    ) -> Result<f32, TantivyError> {
        let units = segment.columns.units.first(doc).unwrap_or_default() as f32;
        let long = 1.0 - LENGTH + LENGTH * units / self.units_mean.max(1.0);
        let mut sum = 0.0;
        for &(ix, worth) in &self.leaves {
            let times = reader.leaf(ix, doc)?.len() as f32;
            sum += worth * times * (SATURATION + 1.0) / (times + SATURATION * long);
        }
        Ok(sum)
    }
}
