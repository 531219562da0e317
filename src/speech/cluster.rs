//! Two voices out of a cloud of unit vectors.
//!
//! In: smoothed embeddings in time order. Out: which of two groups each belongs to, how far along the
//! line between the groups each lies, and how well the groups stand apart. Deterministic: starts are
//! the main directions of the cloud, sums run in order, ties go to the first.

/// Main directions tried as first splits.
const DIRECTIONS: usize = 4;
/// Shares of the windows that a first split cuts off.
const CUTS: [f32; 3] = [0.5, 0.3, 0.7];
/// A group smaller than this share of the windows is an outlier, not a speaker.
const SHARE_MIN: f32 = 0.08;
const ROUNDS_MAX: usize = 50;
const POWER_ROUNDS: usize = 30;

/// Two groups of vectors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    /// For each vector: the second group.
    pub(super) second: Vec<bool>,
    /// The groups' means.
    pub(super) centres: [Vec<f32>; 2],
}

/// The tightest two groups; none when the vectors are too few or too alike to be cut.
pub(super) fn split(vectors: &[Vec<f32>]) -> Option<Split> {
    let mut best: Option<(f32, Split)> = None;
    for line in directions(vectors) {
        for cut in CUTS {
            let Some(split) = settle(vectors, start(&line, cut)) else { continue };
            let loss = loss(vectors, &split);
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, split));
            }
        }
    }
    best.map(|(_, split)| split)
}

/// Groups with the given members; none when one of them is too small.
pub(super) fn grouped(vectors: &[Vec<f32>], second: Vec<bool>) -> Option<Split> {
    let count = second.iter().filter(|s| **s).count();
    let least = (vectors.len() as f32 * SHARE_MIN).max(1.0);
    if (count.min(vectors.len() - count) as f32) < least {
        return None;
    }
    let centres = [false, true].map(|group| {
        mean(vectors.iter().zip(&second).filter(|(_, s)| **s == group).map(|(v, _)| v))
    });
    Some(Split { second, centres })
}

impl Split {
    /// Where each vector lies between the groups: about -1 in the first, about 1 in the second.
    pub(super) fn scores(&self, vectors: &[Vec<f32>]) -> Vec<f32> {
        let line: Vec<f32> =
            self.centres[1].iter().zip(&self.centres[0]).map(|(b, a)| b - a).collect();
        let along: Vec<f32> = vectors.iter().map(|v| dot(v, &line)).collect();
        let mid = |group: bool| {
            let of = along.iter().zip(&self.second).filter(|(_, s)| **s == group);
            let (sum, n) = of.fold((0.0, 0.0), |(sum, n), (a, _)| (sum + a, n + 1.0));
            if n > 0.0 { sum / n } else { 0.0 }
        };
        let (first, second) = (mid(false), mid(true));
        let half = ((second - first) / 2.0).max(1e-6);
        along.iter().map(|a| (a - (first + second) / 2.0) / half).collect()
    }

    /// How far the groups' means are apart, measured by the spread inside the groups.
    pub(super) fn contrast(&self, vectors: &[Vec<f32>]) -> f32 {
        let inside = loss(vectors, self) / vectors.len().max(1) as f32;
        distance(&self.centres[0], &self.centres[1]) / inside.max(1e-6)
    }
}

fn start(line: &[f32], cut: f32) -> Vec<bool> {
    let mut sorted = line.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = ((sorted.len() as f32 * cut) as usize).min(sorted.len().saturating_sub(1));
    line.iter().map(|p| *p > sorted[at]).collect()
}

/// Moves each vector to the nearer mean until nothing moves.
fn settle(vectors: &[Vec<f32>], mut second: Vec<bool>) -> Option<Split> {
    for _ in 0..ROUNDS_MAX {
        let split = grouped(vectors, second)?;
        let [a, b] = &split.centres;
        let moved: Vec<bool> = vectors.iter().map(|v| distance(v, b) < distance(v, a)).collect();
        if moved == split.second {
            return Some(split);
        }
        second = moved;
    }
    grouped(vectors, second)
}

fn loss(vectors: &[Vec<f32>], split: &Split) -> f32 {
    let of = vectors.iter().zip(&split.second);
    of.map(|(v, s)| distance(v, &split.centres[usize::from(*s)])).sum()
}

/// Where the vectors lie along the cloud's main directions, found by power iteration.
fn directions(vectors: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let centre = mean(vectors.iter());
    let mut rest: Vec<Vec<f32>> =
        vectors.iter().map(|v| v.iter().zip(&centre).map(|(a, b)| a - b).collect()).collect();
    let mut lines = Vec::new();
    for _ in 0..DIRECTIONS {
        let Some(far) = rest.iter().max_by(|a, b| dot(a, a).total_cmp(&dot(b, b))) else { break };
        let mut direction = far.clone();
        for _ in 0..POWER_ROUNDS {
            let norm = dot(&direction, &direction).sqrt();
            if norm <= 1e-6 {
                return lines;
            }
            direction.iter_mut().for_each(|d| *d /= norm);
            let mut next = vec![0.0; direction.len()];
            for v in &rest {
                add(&mut next, v, dot(v, &direction));
            }
            direction = next;
        }
        let norm = dot(&direction, &direction).sqrt().max(1e-12);
        direction.iter_mut().for_each(|d| *d /= norm);
        let line: Vec<f32> = rest.iter().map(|v| dot(v, &direction)).collect();
        for (v, along) in rest.iter_mut().zip(&line) {
            add(v, &direction, -along);
        }
        lines.push(line);
    }
    lines
}

/// The mean of vectors of one length; empty for none.
pub(super) fn mean<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Vec<f32> {
    let (mut sum, mut n) = (Vec::new(), 0.0f32);
    for v in vectors {
        sum.resize(v.len(), 0.0);
        add(&mut sum, v, 1.0);
        n += 1.0;
    }
    sum.iter_mut().for_each(|s| *s /= n);
    sum
}

fn add(to: &mut [f32], what: &[f32], times: f32) {
    to.iter_mut().zip(what).for_each(|(t, w)| *t += w * times);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points round two corners of a square, `near` of them round the first.
    fn cloud(near: usize, far: usize, noise: f32) -> Vec<Vec<f32>> {
        let at = |i: usize, x: f32| {
            let wobble = ((i * 7919) % 100) as f32 / 100.0 - 0.5;
            vec![x + wobble * noise, 1.0 - x - wobble * noise, wobble * noise * 0.5]
        };
        (0..near).map(|i| at(i, 0.0)).chain((0..far).map(|i| at(i, 1.0))).collect()
    }

    #[track_caller]
    fn check(near: usize, far: usize, noise: f32) {
        let vectors = cloud(near, far, noise);
        let split = split(&vectors).unwrap();
        let expected: Vec<bool> =
            (0..near + far).map(|i| (i >= near) == split.second[near + far - 1]).collect();
        assert_eq!(split.second, expected);
        assert!(split.contrast(&vectors) > 3.0);
    }

    #[test]
    fn two_clouds_are_told_apart() {
        check(20, 20, 0.2);
        check(40, 5, 0.2);
        check(5, 40, 0.4);
    }

    #[test]
    fn what_cannot_be_cut_is_not() {
        assert_eq!(split(&[]), None);
        assert_eq!(split(&[vec![1.0, 0.0]]), None);
        assert_eq!(split(&vec![vec![1.0, 0.0]; 9]), None);
    }

    #[test]
    fn an_outlier_is_no_speaker() {
        let mut vectors = cloud(40, 0, 0.3);
        vectors.push(vec![-5.0, 5.0, 0.0]);
        let split = split(&vectors);
        assert!(split.is_none_or(|s| s.second.iter().filter(|x| **x).count() > 1));
    }
}
