//! From conditions to findings and the verdict over a call; [`super::tally`] counts the points.
//!
//! In: outcomes of a rubric's conditions. Out: [`Scorecard`]. What could not be decided neither earns
//! nor costs a point in silence: the score is over what was decided, a range says what it could be, and
//! where less than half was decided there is no score.

use std::collections::BTreeSet;

use crate::domain::{
    CallVerdict, Doubt, DoubtReason, Evidence, EvidenceKind, Finding, Party, Points, Proof,
    RubricRef, Scorecard, Severity, Verdict,
};

use super::alone;
use super::model::{CondIx, Criterion, OnCritical, Rubric, Rule, Unit};
use super::op::Outcome;
use super::proof::Prover;
use super::ruling::{Reviewed, Ruling, Rulings};
use super::scene::Scene;
use super::stream::{Hit, Truth};
use super::tally::{MAX_HUNDREDTHS, Mark, stake, tally};

/// What a criterion is worth in mid-call: its verdict's name once it is settled.
pub(crate) fn settled(
    scene: &Scene<'_>,
    rubric: &Rubric,
    criterion: &Criterion,
    outcomes: &[Outcome],
) -> Option<&'static str> {
    match decide(scene, rubric, criterion, outcomes) {
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

/// It applies when its section's condition and its own are true; then its rule decides.
fn decide(
    scene: &Scene<'_>,
    rubric: &Rubric,
    criterion: &Criterion,
    outcomes: &[Outcome],
) -> Decision {
    let unknown = |reason, ix| match reason {
        // A chat gives no occasion for what only a voice can do.
        DoubtReason::AudioMissing if scene.written.is_some() => Decision::NotApplicable,
        reason => Decision::Unknown(reason, ix),
    };
    let truth = |ix: CondIx| outcomes[ix.0].truth;
    let section = criterion.section.and_then(|section| rubric.sections[section].when);
    let asked: Vec<CondIx> = section.into_iter().chain(criterion.when).collect();
    match Truth::all(asked.iter().map(|&ix| truth(ix))) {
        Truth::True => {}
        Truth::False => return Decision::NotApplicable,
        Truth::Pending => return Decision::Pending,
        Truth::Unknown(reason) => {
            let unsure = |ix: &&CondIx| matches!(truth(**ix), Truth::Unknown(_));
            let ix = asked.iter().find(unsure).expect("one that is unknown made all unknown");
            return unknown(reason, *ix);
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
        Truth::Unknown(reason) => unknown(reason, ix),
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
        score: None,
        range: None,
        critical_score: None,
        max: Points::from_hundredths(MAX_HUNDREDTHS),
        verdict: CallVerdict::NotApplicable,
        applies_unknown: Vec::new(),
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

/// Judges a call that has ended; `applies_unknown`: attributes that would say whether the rubric is
/// meant for it.
pub(crate) fn scorecard(prover: &Prover<'_>, applies_unknown: Vec<String>) -> Scorecard {
    let rubric = &prover.planned.rubric;
    let mut findings: Vec<Finding> =
        rubric.criteria.iter().map(|criterion| finding(rubric, criterion, prover)).collect();
    let weighed = weigh(prover, &ruled(&findings), !applies_unknown.is_empty());
    for (finding, (weight, points)) in findings.iter_mut().zip(&weighed.lines) {
        (finding.weight, finding.points) = (*weight, *points);
    }
    Scorecard {
        rubric: reference(rubric),
        range: weighed.range,
        critical_score: weighed.critical_score,
        score: weighed.score,
        max: Points::from_hundredths(MAX_HUNDREDTHS),
        verdict: weighed.verdict,
        applies_unknown,
        findings,
    }
}

/// A call that goes on: the findings that nothing can change any more. As long as who is who and who called whom is not `sure`, what
/// is in doubt may be decided yet; and as long as nobody knows whether the rubric is meant for the call, all of it is.
pub(crate) fn settled_so_far(
    prover: &Prover<'_>,
    applies_unknown: Vec<String>,
    sure: bool,
) -> Scorecard {
    let rubric = &prover.planned.rubric;
    let is_settled = |criterion: &&Criterion| {
        let word = settled(prover.scene, rubric, criterion, prover.outcomes);
        word.is_some_and(|word| sure || word != Ruling::Undetermined.as_str())
    };
    let applies = applies_unknown.is_empty();
    let criteria = rubric.criteria.iter().filter(|_| applies).filter(is_settled);
    Scorecard {
        verdict: CallVerdict::Undetermined,
        applies_unknown,
        findings: criteria.map(|criterion| finding(rubric, criterion, prover)).collect(),
        ..not_applicable(rubric)
    }
}

/// A call that goes on, judged as if it ended now: the violations that were heard, none that is an absence.
pub(crate) fn heard_so_far(prover: &Prover<'_>, applies_unknown: Vec<String>) -> Scorecard {
    let rubric = &prover.planned.rubric;
    let heard = |evidence: &Evidence| {
        use EvidenceKind::{Loudness, Overtalk, Phrase, Rate};
        matches!(evidence.kind, Phrase | Overtalk | Rate | Loudness)
    };
    let violated = |criterion: &&Criterion| matches!(criterion.rule, Rule::ViolatedBy(_));
    let findings = rubric.criteria.iter().filter(violated);
    let findings = findings.map(|criterion| finding(rubric, criterion, prover));
    let is_heard = |finding: &Finding| match &finding.verdict {
        Verdict::NotMet(proof) => proof.evidence().iter().all(heard),
        _ => false,
    };
    Scorecard {
        verdict: CallVerdict::Undetermined,
        applies_unknown,
        findings: findings.filter(is_heard).collect(),
        ..not_applicable(rubric)
    }
}

/// A call that goes on: what `party` did not do and can do no more, where nobody else has a say in it.
pub(crate) fn missed_so_far(
    prover: &Prover<'_>,
    applies_unknown: Vec<String>,
    party: Party,
) -> Scorecard {
    let rubric = &prover.planned.rubric;
    let missed = |criterion: &&Criterion| {
        matches!(criterion.rule, Rule::Met(_))
            && alone::rests_on(rubric, criterion, party)
            && settled(prover.scene, rubric, criterion, prover.outcomes) == Some("not_met")
    };
    let missed = rubric.criteria.iter().filter(missed);
    Scorecard {
        verdict: CallVerdict::Undetermined,
        applies_unknown,
        findings: missed.map(|criterion| finding(rubric, criterion, prover)).collect(),
        ..not_applicable(rubric)
    }
}

/// The figures of the same call where people decided otherwise about some criteria.
pub(crate) fn reviewed(
    prover: &Prover<'_>,
    applies_unknown: &[String],
    rulings: &Rulings,
) -> Reviewed {
    let rubric = &prover.planned.rubric;
    let findings: Vec<Finding> =
        rubric.criteria.iter().map(|criterion| finding(rubric, criterion, prover)).collect();
    let mut ruled = ruled(&findings);
    for (one, criterion) in ruled.iter_mut().zip(&rubric.criteria) {
        if let Some(ruling) = rulings.get(&(rubric.id.clone(), criterion.id.clone())) {
            one.ruling = *ruling;
        }
    }
    let weighed = weigh(prover, &ruled, !applies_unknown.is_empty());
    let lines = rubric.criteria.iter().zip(&weighed.lines);
    Reviewed {
        rubric: reference(rubric),
        score: weighed.score,
        verdict: weighed.verdict,
        points: lines.map(|(one, (weight, points))| (one.id.clone(), *weight, *points)).collect(),
    }
}

/// One criterion as the score sees it.
#[derive(Clone, Copy)]
struct Ruled {
    ruling: Ruling,
    severity: Severity,
}

fn ruled(findings: &[Finding]) -> Vec<Ruled> {
    let one = |one: &Finding| Ruled { ruling: Ruling::of(&one.verdict), severity: one.severity };
    findings.iter().map(one).collect()
}

/// The figures of a scorecard.
struct Weighed {
    score: Option<Points>,
    range: Option<(Points, Points)>,
    critical_score: Option<Points>,
    verdict: CallVerdict,
    /// Points that could be had, and were had.
    lines: Vec<(Points, Points)>,
}

fn weigh(prover: &Prover<'_>, ruled: &[Ruled], applies_unknown: bool) -> Weighed {
    let (rubric, outcomes) = (&prover.planned.rubric, prover.outcomes);
    let marks = |undecided: Undecided| -> Vec<Mark> {
        let all = rubric.criteria.iter().zip(ruled);
        all.map(|(criterion, one)| mark(criterion, one.ruling, rubric, outcomes, undecided))
            .collect()
    };
    let settled = marks(Undecided::Out);
    let decided = tally(rubric, &settled);
    // On most calls everything is decided, and there is nothing to add up again.
    let if_undecided = |undecided: Undecided| {
        let marks = marks(undecided);
        if marks == settled { decided.clone() } else { tally(rubric, &marks) }
    };
    let (worst, best) = (if_undecided(Undecided::Bad), if_undecided(Undecided::Good));
    let graves = graves(rubric, ruled, outcomes);
    let zero = rubric.on_critical == OnCritical::Zero;
    let (mut score, mut low, mut high) = (decided.total, worst.total, best.total);
    if zero && graves.sure(Severity::Critical) > 0 {
        (score, low, high) = (0, 0, 0);
    } else if zero && graves.possible(Severity::Critical) > 0 {
        low = 0;
    }
    // Each was rounded by itself.
    let range = (Points::from_hundredths(low.min(score)), Points::from_hundredths(high.max(score)));
    let undecided = ruled.iter().any(|one| one.ruling == Ruling::Undetermined);
    let score = scored(rubric, ruled, &worst.lines).then_some(Points::from_hundredths(score));
    let verdict = match verdict(rubric, ruled, &graves, score, range) {
        CallVerdict::NotApplicable => CallVerdict::NotApplicable,
        _ if applies_unknown => CallVerdict::Undetermined,
        decided => decided,
    };
    let judged = verdict != CallVerdict::NotApplicable;
    let points = |(weight, points): &(i64, i64)| {
        (Points::from_hundredths(*weight), Points::from_hundredths(*points))
    };
    Weighed {
        range: (judged && (undecided || range.0 < range.1)).then_some(range),
        critical_score: critical_score(rubric, ruled),
        score,
        verdict,
        lines: decided.lines.iter().map(points).collect(),
    }
}

/// What an undetermined criterion is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undecided {
    Out,
    Good,
    Bad,
}

/// How a criterion ended. Hits by a voice that may be somebody else's count where they are the worst,
/// or the best, that can be.
fn mark(
    criterion: &Criterion,
    ruling: Ruling,
    rubric: &Rubric,
    outcomes: &[Outcome],
    undecided: Undecided,
) -> Mark {
    let (Rule::Met(ix) | Rule::ViolatedBy(ix)) = criterion.rule;
    let stream = &outcomes[ix.0].stream;
    let unit = rubric.conditions[ix.0].times.unit;
    let sure = count(stream.hits.iter(), unit).max(1);
    let possible = count(stream.hits.iter().chain(&stream.maybe), unit).max(sure);
    match (ruling, undecided) {
        (Ruling::NotApplicable, _) | (Ruling::Undetermined, Undecided::Out) => Mark::Out,
        (Ruling::Undetermined, Undecided::Good) => Mark::Good(possible),
        (Ruling::Undetermined, Undecided::Bad) => Mark::Bad(possible),
        (Ruling::Met, Undecided::Good) => Mark::Good(possible),
        (Ruling::Met, _) => Mark::Good(sure),
        (Ruling::NotMet, Undecided::Bad) => Mark::Bad(possible),
        (Ruling::NotMet, _) => Mark::Bad(sure),
    }
}

fn count<'h>(hits: impl Iterator<Item = &'h Hit>, unit: Unit) -> usize {
    match unit {
        Unit::Hits => apart(hits.collect()),
        Unit::Utterances => hits.map(|hit| hit.utterance).collect::<BTreeSet<_>>().len(),
        Unit::Turns => hits.map(|hit| hit.turn).collect::<BTreeSet<_>>().len(),
    }
}

/// How many hits there are that do not overlap: nobody pays twice for the same words because they are
/// like two phrases of a list.
fn apart(mut hits: Vec<&Hit>) -> usize {
    hits.sort_by_key(|hit| (hit.leg, hit.span.end(), hit.span.start()));
    let mut kept: Vec<&Hit> = Vec::new();
    for hit in hits {
        let free = |last: &&Hit| last.leg != hit.leg || last.span.end() <= hit.span.start();
        if kept.last().is_none_or(free) {
            kept.push(hit);
        }
    }
    kept.len()
}

/// Whether enough was decided for a score: at least half of what was at stake.
fn scored(rubric: &Rubric, ruled: &[Ruled], lines: &[(i64, i64)]) -> bool {
    let (mut decided, mut all) = (0, 0);
    for ((criterion, one), (share, _)) in rubric.criteria.iter().zip(ruled).zip(lines) {
        let stake = stake(criterion, *share);
        match one.ruling {
            Ruling::NotApplicable => {}
            Ruling::Undetermined => all += stake,
            Ruling::Met | Ruling::NotMet => {
                decided += stake;
                all += stake;
            }
        }
    }
    all > 0 && decided * 2 >= all
}

/// Points by the critical criteria alone, of a hundred. Absent where none applies, or one is undecided.
fn critical_score(rubric: &Rubric, ruled: &[Ruled]) -> Option<Points> {
    let (mut met, mut all) = (0i64, 0i64);
    for (criterion, one) in rubric.criteria.iter().zip(ruled) {
        if one.severity != Severity::Critical {
            continue;
        }
        // One that only deducts weighs as much as its first hit.
        let weight = stake(criterion, criterion.weight.hundredths());
        match one.ruling {
            Ruling::NotApplicable => continue,
            Ruling::Undetermined => return None,
            Ruling::Met => met += weight,
            Ruling::NotMet => {}
        }
        all += weight;
    }
    (all > 0).then(|| Points::from_hundredths(met * MAX_HUNDREDTHS / all))
}

fn finding(rubric: &Rubric, criterion: &Criterion, prover: &Prover<'_>) -> Finding {
    let ix = match criterion.rule {
        Rule::Met(ix) | Rule::ViolatedBy(ix) => ix,
    };
    let verdict = match decide(prover.scene, rubric, criterion, prover.outcomes) {
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
    Finding {
        criterion: criterion.id.clone(),
        title: criterion.title.in_language(rubric.language.as_ref()).to_owned(),
        severity: severity(criterion, prover.outcomes, |truth| truth == Truth::True),
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

fn severity(
    criterion: &Criterion,
    outcomes: &[Outcome],
    counts: impl Fn(Truth) -> bool,
) -> Severity {
    let graver = criterion.graver.iter().filter(|(_, ix)| counts(outcomes[ix.0].truth));
    graver.map(|(severity, _)| *severity).fold(criterion.severity, Severity::max)
}

/// Failures by gravity: those that are sure, and those that may be there.
struct Graves {
    sure: Vec<Severity>,
    possible: Vec<Severity>,
}

impl Graves {
    fn sure(&self, severity: Severity) -> usize {
        self.sure.iter().filter(|one| **one == severity).count()
    }

    fn possible(&self, severity: Severity) -> usize {
        self.possible.iter().filter(|one| **one == severity).count()
    }
}

fn graves(rubric: &Rubric, ruled: &[Ruled], outcomes: &[Outcome]) -> Graves {
    let mut out = Graves { sure: Vec::new(), possible: Vec::new() };
    for (criterion, one) in rubric.criteria.iter().zip(ruled) {
        let gravest = || severity(criterion, outcomes, |truth| truth != Truth::False);
        match one.ruling {
            Ruling::NotMet => {
                out.sure.push(one.severity);
                out.possible.push(gravest());
            }
            Ruling::Undetermined => out.possible.push(gravest()),
            Ruling::Met | Ruling::NotApplicable => {}
        }
    }
    out
}

/// A critical failure is critical; as many major or minor failures as the rubric says fail, and so does
/// a score below the pass mark. Undetermined when what is in doubt could turn a pass or a failing score.
fn verdict(
    rubric: &Rubric,
    ruled: &[Ruled],
    graves: &Graves,
    score: Option<Points>,
    (low, high): (Points, Points),
) -> CallVerdict {
    if ruled.iter().all(|one| one.ruling == Ruling::NotApplicable) {
        return CallVerdict::NotApplicable;
    }
    let reached = |bound: Option<u32>, count: usize| bound.is_some_and(|n| count >= n as usize);
    let fails = |count: &dyn Fn(Severity) -> usize| {
        reached(rubric.fails_on.major, count(Severity::Major))
            || reached(rubric.fails_on.minor, count(Severity::Minor))
    };
    let may_fail = fails(&|severity| graves.possible(severity))
        || graves.possible(Severity::Critical) > 0
        || low < rubric.pass_mark;
    if graves.sure(Severity::Critical) > 0 {
        CallVerdict::Critical
    } else if fails(&|severity| graves.sure(severity)) || high < rubric.pass_mark {
        CallVerdict::Fail
    } else if may_fail || score.is_none() {
        CallVerdict::Undetermined
    } else {
        CallVerdict::Pass
    }
}
