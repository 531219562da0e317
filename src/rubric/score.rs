//! From conditions to findings, points and the verdict over a call.
//!
//! In: outcomes of a rubric's conditions. Out: [`Scorecard`]. Points are whole hundredths (law 4).

use crate::domain::{
    CallVerdict, Doubt, DoubtReason, Evidence, EvidenceKind, Finding, Points, Proof, RubricRef,
    Scorecard, Severity, Verdict,
};

use super::model::{CondIx, Criterion, Rubric, Rule};
use super::op::Outcome;
use super::plan::Planned;
use super::proof::Prover;
use super::scene::Scene;
use super::stream::Truth;

/// Points of a whole scorecard, in hundredths.
const MAX_HUNDREDTHS: i64 = 10_000;

/// What a criterion is worth in mid-call: its verdict's name once it is settled.
pub(crate) fn settled(criterion: &Criterion, outcomes: &[Outcome]) -> Option<&'static str> {
    match decide(criterion, outcomes) {
        Decision::Pending => None,
        Decision::NotApplicable => Some("not_applicable"),
        Decision::Met => Some("met"),
        Decision::NotMet => Some("not_met"),
        Decision::Unknown(..) => Some("undetermined"),
    }
}

enum Decision {
    Pending,
    NotApplicable,
    Met,
    NotMet,
    Unknown(DoubtReason, CondIx),
}

fn decide(criterion: &Criterion, outcomes: &[Outcome]) -> Decision {
    let truth = |ix: CondIx| outcomes[ix.0].truth;
    if let Some(when) = criterion.when {
        match truth(when) {
            Truth::True => {}
            Truth::False => return Decision::NotApplicable,
            Truth::Pending => return Decision::Pending,
            Truth::Unknown(reason) => return Decision::Unknown(reason, when),
        }
    }
    let (ix, good) = match criterion.rule {
        Rule::Met(ix) => (ix, truth(ix)),
        Rule::ViolatedBy(ix) => (ix, truth(ix).not()),
    };
    match good {
        Truth::True => Decision::Met,
        Truth::False => Decision::NotMet,
        Truth::Pending => Decision::Pending,
        Truth::Unknown(reason) => Decision::Unknown(reason, ix),
    }
}

/// A scorecard for a call that a rubric is not meant for.
pub(crate) fn not_applicable(rubric: &Rubric) -> Scorecard {
    let findings = rubric.criteria.iter().map(|criterion| Finding {
        criterion: criterion.id.clone(),
        title: criterion.title.in_language(rubric.language.as_ref()).to_owned(),
        verdict: Verdict::NotApplicable,
        severity: criterion.severity,
        weight: Points::ZERO,
        points: Points::ZERO,
        confidence: 1.0,
    });
    Scorecard {
        rubric: reference(rubric),
        score: Points::from_hundredths(MAX_HUNDREDTHS),
        max: Points::from_hundredths(MAX_HUNDREDTHS),
        verdict: CallVerdict::NotApplicable,
        findings: findings.collect(),
    }
}

fn reference(rubric: &Rubric) -> RubricRef {
    RubricRef {
        id: rubric.id.clone(),
        version: rubric.version,
        digest: rubric.digest.clone(),
        title: rubric.title.in_language(rubric.language.as_ref()).to_owned(),
    }
}

/// Judges a call that has ended.
pub(crate) fn scorecard(planned: &Planned, scene: &Scene<'_>, outcomes: &[Outcome]) -> Scorecard {
    let prover = Prover { planned, scene, outcomes };
    let rubric = &planned.rubric;
    let mut findings: Vec<Finding> =
        rubric.criteria.iter().map(|criterion| finding(rubric, criterion, &prover)).collect();
    let weights: Vec<i64> = findings
        .iter()
        .zip(&rubric.criteria)
        .map(|(finding, criterion)| match finding.verdict {
            // What could not be decided neither earns nor costs.
            Verdict::NotApplicable | Verdict::Undetermined(_) => 0,
            _ => criterion.weight.hundredths(),
        })
        .collect();
    let mut score = 0;
    for (finding, share) in findings.iter_mut().zip(shares(&weights)) {
        finding.weight = Points::from_hundredths(share);
        if matches!(finding.verdict, Verdict::Met(_)) {
            finding.points = finding.weight;
            score += share;
        }
    }
    if weights.iter().all(|&weight| weight == 0) {
        score = MAX_HUNDREDTHS;
    }
    let score = Points::from_hundredths(score);
    Scorecard {
        rubric: reference(rubric),
        score,
        max: Points::from_hundredths(MAX_HUNDREDTHS),
        verdict: verdict(&findings, score, rubric.pass_mark),
        findings,
    }
}

fn finding(rubric: &Rubric, criterion: &Criterion, prover: &Prover<'_>) -> Finding {
    let ix = match criterion.rule {
        Rule::Met(ix) | Rule::ViolatedBy(ix) => ix,
    };
    let verdict = match decide(criterion, prover.outcomes) {
        // Nothing is pending when a call has ended; if an operator says otherwise, nobody knows.
        Decision::Pending => {
            Verdict::Undetermined(Doubt { reason: DoubtReason::FactMissing, evidence: Vec::new() })
        }
        Decision::NotApplicable => Verdict::NotApplicable,
        Decision::Unknown(reason, ix) => {
            Verdict::Undetermined(Doubt { reason, evidence: prover.prove(ix) })
        }
        Decision::Met => proved(ix, prover, Verdict::Met),
        Decision::NotMet => proved(ix, prover, Verdict::NotMet),
    };
    let graver =
        criterion.graver.iter().filter(|(_, ix)| prover.outcomes[ix.0].truth == Truth::True);
    Finding {
        criterion: criterion.id.clone(),
        title: criterion.title.in_language(rubric.language.as_ref()).to_owned(),
        severity: graver.map(|(severity, _)| *severity).fold(criterion.severity, Severity::max),
        confidence: confidence(verdict.evidence()),
        verdict,
        weight: Points::ZERO,
        points: Points::ZERO,
    }
}

/// Law 2: no verdict without proof.
fn proved(ix: CondIx, prover: &Prover<'_>, verdict: impl Fn(Proof) -> Verdict) -> Verdict {
    match Proof::new(prover.prove(ix)) {
        Some(proof) => verdict(proof),
        None => {
            Verdict::Undetermined(Doubt { reason: DoubtReason::AudioMissing, evidence: Vec::new() })
        }
    }
}

/// How sure the best evidence is: what was found counts by its nearness, what was not by how well
/// the window was heard.
fn confidence(evidence: &[Evidence]) -> f32 {
    let of = |one: &Evidence| match one.kind {
        EvidenceKind::NearMiss => 0.0,
        _ => one.confidence.unwrap_or(1.0) * (1.0 - one.distance.unwrap_or(0.0)),
    };
    evidence.iter().map(of).fold(0.0, f32::max)
}

/// Shares a hundred points out by weight, to the hundredth, so that they add up exactly: rounding
/// down first, then one hundredth each to those that lost most, in the rubric's order.
fn shares(weights: &[i64]) -> Vec<i64> {
    let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: i64| i128::from(weight) * i128::from(MAX_HUNDREDTHS);
    let mut out: Vec<i64> = weights.iter().map(|&weight| (exact(weight) / total) as i64).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] > 0).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(exact(weights[i]) % total));
    let rest = MAX_HUNDREDTHS - out.iter().sum::<i64>();
    for &i in order.iter().take(rest.max(0) as usize) {
        out[i] += 1;
    }
    out
}

/// A critical failure is critical; one major or two minor failures fail, and so does a score below
/// the pass mark. Undetermined when a criterion in doubt could turn a pass.
fn verdict(findings: &[Finding], score: Points, pass_mark: Points) -> CallVerdict {
    if findings.iter().all(|finding| matches!(finding.verdict, Verdict::NotApplicable)) {
        return CallVerdict::NotApplicable;
    }
    let count = |severity: Severity, doubts: bool| {
        let failed = |finding: &&Finding| match finding.verdict {
            Verdict::NotMet(_) => true,
            Verdict::Undetermined(_) => doubts,
            _ => false,
        };
        findings.iter().filter(failed).filter(|finding| finding.severity == severity).count()
    };
    let fails =
        |doubts: bool| count(Severity::Major, doubts) > 0 || count(Severity::Minor, doubts) > 1;
    if count(Severity::Critical, false) > 0 {
        CallVerdict::Critical
    } else if fails(false) || score < pass_mark {
        CallVerdict::Fail
    } else if fails(true) || count(Severity::Critical, true) > 0 {
        CallVerdict::Undetermined
    } else {
        CallVerdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_add_up_to_a_hundred_points(weights in prop::collection::vec(0i64..100_000, 1..40)) {
            let out = shares(&weights);
            let want = if weights.iter().all(|&w| w == 0) { 0 } else { MAX_HUNDREDTHS };
            prop_assert_eq!(out.iter().sum::<i64>(), want);
            prop_assert!(out.iter().zip(&weights).all(|(&share, &weight)| share >= 0 && (weight > 0 || share == 0)));
        }
    }
}
