//! Criteria that one party's words decide, whatever the other says.
//!
//! In: a rubric and one of its criteria. Out: whether it rests on a party alone. On a line of two legs such a criterion
//! need not wait until the other party has finished its sentence.

use crate::domain::Party;

use super::model::{
    CondIx, Condition, Criterion, Extent, Op, Relation, Rubric, Rule, Unit, Window,
};

/// Whether nothing that anybody but `party` says can change what a criterion is worth. What cannot be told so from the
/// rubric rests on both.
pub(super) fn rests_on(rubric: &Rubric, criterion: &Criterion, party: Party) -> bool {
    let (Rule::Met(rule) | Rule::ViolatedBy(rule)) = criterion.rule;
    let section = criterion.section.and_then(|section| rubric.sections[section].when);
    let graver = criterion.graver.iter().map(|(_, ix)| *ix);
    let mut all = graver.chain(section).chain(criterion.when).chain([rule]);
    all.all(|ix| is_own(rubric, ix, party))
}

fn is_own(rubric: &Rubric, ix: CondIx, party: Party) -> bool {
    let condition = &rubric.conditions[ix.0];
    let own = |of: &[CondIx]| of.iter().all(|&ix| is_own(rubric, ix, party));
    let op = match &condition.op {
        Op::Attribute { .. } => true,
        // What is said in one turn depends on who comes in between.
        Op::Phrase(op) => {
            condition.by == Some(party) && op.together != Some(super::model::Together::Turn)
        }
        Op::Any(of) | Op::All(of) | Op::Order(of) | Op::Some { of, .. } => own(of),
        Op::Not(of) | Op::Same(of) => own(&[*of]),
        Op::Measure(_) | Op::Repeat(_) => false,
    };
    op && has_own_place(condition, party)
        && condition
            .relations
            .iter()
            .all(|relation| is_own(rubric, relation.of, party) && has_own_reach(relation))
}

/// Whether the stretch in which a condition looks, and what it counts there, is the party's own matter.
fn has_own_place(condition: &Condition, party: Party) -> bool {
    let window = match condition.within {
        None => true,
        Some(Window::First(extent)) => is_own_extent(extent, condition.by, party),
        Some(Window::FromTo(from, to)) => {
            is_own_extent(from, condition.by, party) && is_own_extent(to, condition.by, party)
        }
        // Known at the end, when all is.
        Some(Window::Last(_)) => false,
    };
    window && condition.times.unit != Unit::Turns
}

fn is_own_extent(extent: Extent, by: Option<Party>, party: Party) -> bool {
    match extent {
        Extent::Ms(_) => true,
        Extent::Utterances(_) => by == Some(party),
        Extent::Turns(_) | Extent::Words(_) | Extent::Percent(_) => false,
    }
}

fn has_own_reach(relation: &Relation) -> bool {
    matches!(relation.within, None | Some(Extent::Ms(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::{Library, load};

    #[test]
    fn a_criterion_rests_on_one_party_when_nothing_of_the_other_is_asked() {
        let rows = [
            ("{phrase: hello, by: agent, within: first 10s}", true),
            ("{any: [hello, {phrase: hi, by: agent}]}", true),
            ("{all: [{attribute: {name: rings, at_most: 3}}, hello]}", true),
            ("{phrase: hello, by: agent, within: first 3 utterances}", true),
            ("{phrase: name, by: agent, after: {of: hello, within: 5s}}", true),
            ("{phrase: hello}", false),
            ("{phrase: hello, by: customer}", false),
            ("{phrase: hello, by: agent, within: first 3 turns}", false),
            ("{phrase: hello, by: agent, within: last 10s}", false),
            ("{phrase: hello, by: agent, times: {at_least: 2, unit: turns}}", false),
            ("{phrase: sure, by: agent, after: {of: asked, within: 5s}}", false),
            ("{phrase: sure, by: agent, after: {of: hello, within: 2 turns}}", false),
            ("{all: [hello, asked]}", false),
            ("{silence: {above: 5s}}", false),
            ("{rate: {above: 200}, by: agent}", false),
        ];
        for (condition, own) in rows {
            for when in ["", ", when: hello", ", when: asked"] {
                let text = format!(
                    "rubric: t\nversion: 1\ntitle: t\nconditions:\n  hello: {{phrase: good morning, by: agent}}\n  \
                     asked: {{phrase: refund, by: customer}}\ncriteria:\n  - {{id: c, severity: minor, met: {condition}{when}}}\n"
                );
                let rubric = load("t.yaml", &text, &Library::default())
                    .unwrap_or_else(|error| panic!("{condition}: {error}"));
                let got = rests_on(&rubric, &rubric.criteria[0], Party::Agent);
                assert_eq!(got, own && when != ", when: asked", "{condition}{when}");
            }
        }
    }
}
