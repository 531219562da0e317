//! How a judgement agrees with what people decided.

use std::collections::BTreeMap;

use super::Outcome;

/// What people decided about one call, by criterion.
pub type Decisions = BTreeMap<String, Outcome>;

/// Counts over the calls on which people decided about a criterion. A violation is what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    /// Calls on which people decided about it.
    pub decided: u64,
    /// Those on which the judgement says the same.
    pub same: u64,
    /// Violations by both.
    pub found: u64,
    /// Violations by people only.
    pub missed: u64,
    /// Violations by the judgement only.
    pub alleged: u64,
    /// Those on which the judgement leaves it to a person, or does not have the criterion.
    pub open: u64,
}

impl Agreement {
    pub(super) fn add(&mut self, decided: Outcome, judged: Option<Outcome>) {
        let (wanted, got) = (decided == Outcome::NotMet, judged == Some(Outcome::NotMet));
        self.decided += 1;
        self.same += u64::from(judged == Some(decided));
        self.found += u64::from(wanted && got);
        self.missed += u64::from(wanted && !got);
        self.alleged += u64::from(!wanted && got);
        self.open += u64::from(matches!(judged, None | Some(Outcome::Undetermined)));
    }

    /// Both counted together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            decided: self.decided + other.decided,
            same: self.same + other.same,
            found: self.found + other.found,
            missed: self.missed + other.missed,
            alleged: self.alleged + other.alleged,
            open: self.open + other.open,
        }
    }

    /// Share of decisions that are the same, 0 to 1.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.same, self.decided)
    }

    /// Share of alleged violations that are some, 0 to 1; `None`: none was alleged.
    pub fn precision(&self) -> Option<f64> {
        share(self.found, self.found + self.alleged)
    }

    /// Share of violations that are found, 0 to 1; `None`: there was none.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.found + self.missed)
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.found, 2 * self.found + self.missed + self.alleged)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
