//! Points: what each criterion is worth on one call, and what all of them add up to.
//!
//! In: a rubric, and for each criterion whether it counts and how it ended. Out: whole hundredths of a
//! point (law 4). Nothing depends on the order in which a rubric names its criteria: what cannot be
//! shared evenly goes by their ids.

use crate::domain::Points;

use super::model::{Criterion, Rubric};

/// All points that a scorecard has, in hundredths.
pub(crate) const MAX_HUNDREDTHS: i64 = 10_000;

/// How a criterion ended, with the hits of what decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It neither earns nor costs, and its share goes to the others.
    Out,
    Good(usize),
    Bad(usize),
}

/// What came of it, in hundredths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// For each criterion: points that could be had, and points that were had; below zero where some
    /// were taken from the total.
    pub(crate) lines: Vec<(i64, i64)>,
    /// 0 to [`MAX_HUNDREDTHS`].
    pub(crate) total: i64,
}

/// Adds up. Weights share out the whole; a criterion without a weight adds to the sum of the others, or
/// takes from it. Where nothing with a weight counts there is nothing to lose but by penalties.
pub(crate) fn tally(rubric: &Rubric, marks: &[Mark]) -> Tally {
    let counts = |i: usize| marks[i] != Mark::Out;
    let shares = shares(rubric, counts);
    let base = if shares.iter().all(|&share| share == 0) { MAX_HUNDREDTHS } else { 0 };
    let all = rubric.criteria.iter().zip(marks).zip(&shares);
    let lines: Vec<(i64, i64)> =
        all.map(|((criterion, mark), &share)| (share, points(criterion, *mark, share))).collect();
    let total = lines.iter().fold(base, |sum: i64, (_, points)| sum.saturating_add(*points));
    Tally { lines, total: total.clamp(0, MAX_HUNDREDTHS) }
}

impl Rubric {
    /// Each criterion's share of the score where all of them apply, in hundredths of a percent.
    pub fn shares(&self) -> Vec<i64> {
        shares(self, |_| true)
    }
}

/// What a criterion puts at stake: its share, or the points of a first hit where it has no weight.
pub(crate) fn stake(criterion: &Criterion, share: i64) -> i64 {
    let first = |scale: &Option<super::model::Scale>| scale.as_ref().map_or(0, |s| s.of(1));
    match criterion.weight {
        Points::ZERO => first(&criterion.penalty).max(first(&criterion.bonus)),
        _ => share,
    }
}

fn points(criterion: &Criterion, mark: Mark, share: i64) -> i64 {
    let weight = criterion.weight.hundredths();
    let bonus = |hits| criterion.bonus.as_ref().map(|scale| scale.of(hits));
    let penalty = |hits| criterion.penalty.as_ref().map(|scale| scale.of(hits));
    if weight == 0 {
        return match mark {
            Mark::Out => 0,
            Mark::Good(hits) => bonus(hits).unwrap_or(0),
            Mark::Bad(hits) => -penalty(hits).unwrap_or(0),
        };
    }
    let earned = match mark {
        Mark::Out => 0,
        Mark::Good(hits) => bonus(hits).unwrap_or(weight).min(weight),
        Mark::Bad(hits) => weight - penalty(hits).unwrap_or(weight).min(weight),
    };
    (i128::from(share) * i128::from(earned) / i128::from(weight)) as i64
}

/// Each criterion's share of the whole, re-balanced over those that count: among sections by their
/// weights, then within each; or among all where sections have none.
fn shares(rubric: &Rubric, counts: impl Fn(usize) -> bool) -> Vec<i64> {
    let mut out = vec![0; rubric.criteria.len()];
    let weighted = |i: &usize| counts(*i) && rubric.criteria[*i].weight > Points::ZERO;
    let counting: Vec<usize> = (0..rubric.criteria.len()).filter(weighted).collect();
    let mut give = |all: i64, members: &[usize]| {
        let parts: Vec<(i64, &str)> = members
            .iter()
            .map(|&i| (rubric.criteria[i].weight.hundredths(), rubric.criteria[i].id.as_str()))
            .collect();
        members.iter().zip(apportion(all, &parts)).for_each(|(&i, share)| out[i] = share);
    };
    if rubric.sections.iter().all(|section| section.weight.is_none()) {
        give(MAX_HUNDREDTHS, &counting);
        return out;
    }
    let members = |section: usize| -> Vec<usize> {
        counting.iter().copied().filter(|&i| rubric.criteria[i].section == Some(section)).collect()
    };
    let groups: Vec<Vec<usize>> = (0..rubric.sections.len()).map(members).collect();
    let parts: Vec<(i64, &str)> = rubric
        .sections
        .iter()
        .zip(&groups)
        .map(|(section, group)| match (group.is_empty(), section.weight) {
            (false, Some(weight)) => (weight.hundredths(), section.id.as_str()),
            _ => (0, section.id.as_str()),
        })
        .collect();
    for (group, all) in groups.iter().zip(apportion(MAX_HUNDREDTHS, &parts)) {
        give(all, group);
    }
    out
}

/// Shares `all` out by weight so that the parts add up exactly: rounding down first, then one each to
/// those that lost most, and among equals by name.
fn apportion(all: i64, parts: &[(i64, &str)]) -> Vec<i64> {
    let total: i128 = parts.iter().map(|&(weight, _)| i128::from(weight)).sum();
    if total == 0 {
        return vec![0; parts.len()];
    }
    let exact = |i: usize| i128::from(parts[i].0) * i128::from(all);
    let mut out: Vec<i64> = (0..parts.len()).map(|i| (exact(i) / total) as i64).collect();
    let mut order: Vec<usize> = (0..parts.len()).filter(|&i| parts[i].0 > 0).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(exact(i) % total), parts[i].1));
    let rest = all - out.iter().sum::<i64>();
    order.iter().take(rest.max(0) as usize).for_each(|&i| out[i] += 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::model::Scale;
    use proptest::prelude::*;

    fn scale(steps: &[i64], per_hit: bool, at_most: Option<i64>) -> Scale {
        let points = |n: i64| Points::from_hundredths(n * 100);
        Scale {
            steps: steps.iter().map(|&n| points(n)).collect(),
            per_hit,
            at_most: at_most.map(points),
        }
    }

    #[test]
    fn points_grow_with_hits() {
        for (scale, wanted) in [
            (scale(&[3], false, None), [0, 3, 3, 3, 3]),
            (scale(&[3], true, None), [0, 3, 6, 9, 12]),
            (scale(&[2, 5, 10], true, None), [0, 2, 7, 17, 27]),
            (scale(&[2, 5, 10], true, Some(20)), [0, 2, 7, 17, 20]),
        ] {
            for (hits, want) in wanted.into_iter().enumerate() {
                assert_eq!(scale.of(hits), want * 100, "{scale:?} of {hits}");
            }
        }
        assert_eq!(scale(&[2, 5], true, None).of(usize::MAX), i64::MAX, "it does not overflow");
    }

    proptest! {
        #[test]
        fn parts_add_up(weights in prop::collection::vec(0i64..100_000, 1..40), all in 0i64..20_000) {
            let names: Vec<String> = (0..weights.len()).map(|i| format!("c{i}")).collect();
            let parts: Vec<(i64, &str)> = weights.iter().copied().zip(names.iter().map(String::as_str)).collect();
            let out = apportion(all, &parts);
            let want = if weights.iter().all(|&w| w == 0) { 0 } else { all };
            prop_assert_eq!(out.iter().sum::<i64>(), want);
            prop_assert!(out.iter().zip(&weights).all(|(&share, &weight)| share >= 0 && (weight > 0 || share == 0)));
            let turned: Vec<(i64, &str)> = parts.iter().rev().copied().collect();
            let mut back = apportion(all, &turned);
            back.reverse();
            prop_assert_eq!(out, back, "the order of parts does not matter");
        }
    }
}
