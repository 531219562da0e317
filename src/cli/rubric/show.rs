//! `lingting rubric show`: a rubric in words.

use serde_json::{Value, json};

use super::outline;
use crate::cli::say::{Say, fit};
use crate::rubric::describe::{Names, describe};
use crate::rubric::{Clause, Criterion, Deciding, FailsOn, OnCritical, Outline, Title};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowArgs {
    /// Rubric file, or the id of a built-in rubric [default: their list]
    #[arg(value_name = "FILE|ID")]
    rubric: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ShowArgs, say: Say) -> bool {
    let Some(rubric) = &args.rubric else { return list(args.json, say) };
    match outline(rubric) {
        Ok(outline) if args.json => {
            say.line(&format!("{:#}", as_json(&outline)));
            true
        }
        Ok(outline) => {
            show(&outline, say);
            true
        }
        Err(why) => say.failed(&why),
    }
}

fn list(json: bool, say: Say) -> bool {
    let rubrics = match crate::rubric::built_in() {
        Ok(rubrics) => rubrics,
        Err(error) => return say.failed(&error),
    };
    if json {
        let all: Vec<Value> = rubrics
            .iter()
            .map(|one| json!({"rubric": one.id.as_str(), "version": one.version, "title": {"zh": one.title.zh, "en": one.title.en}}))
            .collect();
        say.line(&format!("{:#}", Value::from(all)));
        return true;
    }
    for one in &rubrics {
        say.line(&format!(
            "{} v{}  {}",
            fit(one.id.as_str(), 24),
            one.version,
            title(&one.title, say)
        ));
    }
    true
}

fn title(title: &Title, say: Say) -> String {
    say.either(&title.en, &title.zh).to_owned()
}

fn show(outline: &Outline, say: Say) {
    let rubric = &outline.rubric;
    say.line(&format!("{} ({} v{})", title(&rubric.title, say), rubric.id, rubric.version));
    let head = |name: &str| outline.head.get(name);
    for (name, en, zh) in [
        ("language", "language", "语言"),
        ("applies", "applies to", "适用于"),
        ("match", "phrases are heard", "短语匹配"),
        ("confidence_min", "absences need a confidence of", "缺失所需置信度"),
    ] {
        if let Some(value) = head(name) {
            say.line(&format!("  {}: {value}", say.either(en, zh)));
        }
    }
    say.line(&format!("  {}: {}", say.either("passes from", "合格分"), rubric.pass_mark));
    say.line(&format!("  {}", failing(rubric.fails_on, say)));
    if rubric.on_critical == OnCritical::Zero {
        say.line(say.either("  a critical failure makes the score 0", "  致命项使得分为 0"));
    }
    let shares = rubric.shares();
    let mut left: Vec<usize> = (0..rubric.criteria.len()).collect();
    for (ix, section) in rubric.sections.iter().enumerate() {
        let of = |i: &usize| rubric.criteria[*i].section == Some(ix);
        let members: Vec<usize> = left.iter().copied().filter(of).collect();
        left.retain(|i| !of(i));
        let whole: i64 = members.iter().map(|&i| shares[i]).sum();
        say.line("");
        say.line(&format!("{}  {}", title(&section.title, say), percent(whole)));
        if let Some(when) = &outline.sections[ix] {
            condition(say.either("only when", "适用条件"), when, "  ", say);
        }
        members.iter().for_each(|&i| criterion(outline, i, shares[i], say));
    }
    if !left.is_empty() {
        say.line("");
        left.iter().for_each(|&i| criterion(outline, i, shares[i], say));
    }
    if !outline.named.is_empty() {
        say.line("");
        say.line(say.either("Conditions", "条件"));
    }
    for (name, clause) in &outline.named {
        let clause = Clause { name: None, ..clause.clone() };
        condition(name, &clause, "  ", say);
    }
}

fn failing(fails_on: FailsOn, say: Say) -> String {
    let kinds = [
        (Some(1), say.either("critical", "项致命")),
        (fails_on.major, say.either("major", "项重度")),
        (fails_on.minor, say.either("minor", "项轻度")),
    ];
    let parts: Vec<String> =
        kinds.into_iter().filter_map(|(count, kind)| Some(format!("{} {kind}", count?))).collect();
    format!("{}: {}", say.either("failed by", "不合格"), parts.join(say.either(" or ", " 或 ")))
}

fn percent(share: i64) -> String {
    format!("{:.1} %", share as f64 / 100.0)
}

fn criterion(outline: &Outline, i: usize, share: i64, say: Say) {
    let criterion = &outline.rubric.criteria[i];
    let severity = match criterion.severity.as_str() {
        "info" => say.either("info", "提示"),
        "minor" => say.either("minor", "轻度"),
        "major" => say.either("major", "重度"),
        _ => say.either("critical", "致命"),
    };
    say.line(&format!(
        "  {} [{}]  {severity}  {}",
        title(&criterion.title, say),
        criterion.id,
        worth(criterion, share, say)
    ));
    let deciding: &Deciding = &outline.criteria[i];
    if let Some(when) = &deciding.when {
        condition(say.either("only when", "适用条件"), when, "    ", say);
    }
    let rule = match deciding.wanted {
        true => say.either("met when", "达标条件"),
        false => say.either("violated when", "违规条件"),
    };
    condition(rule, &deciding.rule, "    ", say);
    for (name, clause) in &deciding.graver {
        let label = match name.as_str() {
            "critical_when" => say.either("critical when", "致命条件"),
            _ => say.either("major when", "重度条件"),
        };
        condition(label, clause, "    ", say);
    }
}

fn worth(criterion: &Criterion, share: i64, say: Say) -> String {
    let mut parts = Vec::new();
    if share > 0 {
        parts.push(percent(share));
    }
    if let Some(penalty) = &criterion.penalty {
        parts.push(format!("{} {penalty}", say.either("penalty", "扣分")));
    }
    if let Some(bonus) = &criterion.bonus {
        parts.push(format!("{} {bonus}", say.either("bonus", "加分")));
    }
    parts.join(say.either(", ", "，"))
}

fn condition(label: &str, clause: &Clause, indent: &str, say: Say) {
    let colon = say.either(":", "：");
    let lines = describe(clause, Names::Only, say.tongue());
    if let [one] = &lines[..] {
        return say.line(&format!("{indent}{label}{colon} {one}"));
    }
    say.line(&format!("{indent}{label}{colon}"));
    lines.iter().for_each(|line| say.line(&format!("{indent}  {line}")));
}

fn as_json(outline: &Outline) -> Value {
    let rubric = &outline.rubric;
    let title = |title: &Title| json!({"zh": title.zh, "en": title.en});
    let shares = rubric.shares();
    let criteria = rubric.criteria.iter().zip(&outline.criteria).zip(&shares);
    json!({
        "rubric": rubric.id.as_str(), "version": rubric.version, "digest": rubric.digest,
        "title": title(&rubric.title), "language": rubric.language.as_ref().map(|one| one.as_str()),
        "pass_mark": rubric.pass_mark.to_f64(),
        "sections": rubric.sections.iter().zip(&outline.sections).map(|(section, when)| json!({
            "section": section.id, "title": title(&section.title),
            "weight": section.weight.map(|weight| weight.to_f64()),
            "when": when.as_ref().map(Clause::json),
        })).collect::<Vec<_>>(),
        "criteria": criteria.map(|((criterion, deciding), share)| json!({
            "criterion": criterion.id.as_str(), "title": title(&criterion.title),
            "section": criterion.section.map(|at| rubric.sections[at].id.clone()),
            "severity": criterion.severity.as_str(), "weight": criterion.weight.to_f64(),
            "percent": *share as f64 / 100.0,
            "penalty": criterion.penalty.as_ref().map(ToString::to_string),
            "bonus": criterion.bonus.as_ref().map(ToString::to_string),
            "when": deciding.when.as_ref().map(Clause::json),
            if deciding.wanted { "met" } else { "violated_by" }: deciding.rule.json(),
        })).collect::<Vec<_>>(),
    })
}
