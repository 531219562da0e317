//! Scores under people's decisions: the machine's figures where nobody decided, theirs where somebody did.

use std::collections::BTreeMap;

use lingting::domain::{CallRecord, Scorecard, Verdict};
use lingting::rubric::{CallFacts, Plan, Ruling, Rulings, built_in};

use crate::rubric_calls::records;

fn plan() -> Plan {
    Plan::compile(built_in().unwrap())
}

fn applied(plan: &Plan, record: &CallRecord) -> Vec<Scorecard> {
    let mut cards = plan.evaluate(&CallFacts::from(record));
    cards.retain(|card| card.findings.iter().any(|one| one.verdict != Verdict::NotApplicable));
    cards
}

#[test]
fn without_a_decision_the_figures_are_the_machines() {
    let plan = plan();
    let mut compared = 0;
    for record in records() {
        let by_hand = plan.reviewed(&CallFacts::from(&record), &Rulings::new());
        let by_hand: BTreeMap<_, _> =
            by_hand.into_iter().map(|one| (one.rubric.id.clone(), one)).collect();
        for card in applied(&plan, &record) {
            let Some(one) = by_hand.get(&card.rubric.id) else { continue };
            assert_eq!((one.score, one.verdict), (card.score, card.verdict), "{}", card.rubric.id);
            for (finding, (criterion, weight, points)) in card.findings.iter().zip(&one.points) {
                assert_eq!(
                    (&finding.criterion, finding.weight, finding.points),
                    (criterion, *weight, *points)
                );
            }
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn a_decision_moves_the_score_its_own_way_and_only_its_own_rubrics() {
    let plan = plan();
    let (mut lifted, mut lowered) = (0, 0);
    for record in records() {
        let facts = CallFacts::from(&record);
        for card in applied(&plan, &record) {
            for finding in &card.findings {
                let ruling = match finding.verdict {
                    Verdict::NotMet(_) => Ruling::Met,
                    Verdict::Met(_) => Ruling::NotMet,
                    _ => continue,
                };
                let key = (card.rubric.id.clone(), finding.criterion.clone());
                let all = plan.reviewed(&facts, &Rulings::from([(key, ruling)]));
                let Some(one) = all.iter().find(|one| one.rubric.id == card.rubric.id) else {
                    continue;
                };
                let (Some(before), Some(after)) = (card.score, one.score) else { continue };
                match ruling {
                    Ruling::Met => {
                        assert!(after >= before, "{} {}", card.rubric.id, finding.criterion)
                    }
                    _ => assert!(after <= before, "{} {}", card.rubric.id, finding.criterion),
                }
                lifted += usize::from(after > before);
                lowered += usize::from(after < before);
            }
        }
    }
    assert!(lifted > 10 && lowered > 10, "{lifted} {lowered}");
}
