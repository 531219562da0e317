//! `lingting rubric diff`: what a new version judges otherwise.

use serde_json::{Value, json};

use super::outline;
use crate::cli::say::Say;
use crate::rubric::describe::{Names, resolved};
use crate::rubric::{Change, Clause, What, diff};

/// Phrases that are shown of those that came or went.
const PHRASES_SHOWN: usize = 12;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DiffArgs {
    /// Old version: a file, or the id of a built-in rubric
    #[arg(value_name = "OLD")]
    old: String,
    /// New version
    #[arg(value_name = "NEW")]
    new: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DiffArgs, say: Say) -> bool {
    let (old, new) = match (outline(&args.old), outline(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(why), _) | (_, Err(why)) => return say.failed(&why),
    };
    let changes = diff(&old, &new);
    if args.json {
        let all: Vec<Value> = changes.iter().map(as_json).collect();
        say.line(&format!("{:#}", json!({"old": args.old, "new": args.new, "changes": all})));
        return true;
    }
    if changes.is_empty() {
        say.line(say.either("they judge the same", "两者判定相同"));
    }
    let (shares, other): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| matches!(change.what, What::Value { name: "share", .. }));
    other.into_iter().for_each(|change| show(change, say));
    if !shares.is_empty() {
        say.line(say.either("  weights, re-balanced:", "  重新平衡后的占比："));
    }
    for change in shares {
        if let What::Value { before, after, .. } = &change.what {
            say.line(&format!("    {}: {before} → {after}", change.of));
        }
    }
    true
}

fn show(change: &Change, say: Say) {
    let of = &change.of;
    match &change.what {
        What::CriterionAdded => say.line(&format!("+ {} {of}", say.either("criterion", "评分项"))),
        What::CriterionRemoved => {
            say.line(&format!("- {} {of}", say.either("criterion", "评分项")))
        }
        What::SectionAdded => say.line(&format!("+ {} {of}", say.either("section", "分组"))),
        What::SectionRemoved => say.line(&format!("- {} {of}", say.either("section", "分组"))),
        What::Value { name, before, after } => {
            let dash =
                |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
            let name = word(name, say);
            let gap = if name.is_empty() { "" } else { "  " };
            say.line(&format!("~ {of}{gap}{name}: {} → {}", dash(before), dash(after)));
        }
        What::Condition { name, before, after } => {
            say.line(&format!("~ {of}  {}:", word(name, say)));
            for (mark, clause) in [("-", before), ("+", after)] {
                for line in clause
                    .as_ref()
                    .map_or_else(Vec::new, |clause| resolved(clause, Names::Resolved, say.tongue()))
                {
                    say.line(&format!("    {mark} {line}"));
                }
            }
        }
        What::Phrases { added, removed } => {
            let label = say.either("phrases", "说法");
            say.line(&format!("~ {of}  {label}: +{} -{}", added.len(), removed.len()));
            for (mark, all) in [("+", added), ("-", removed)] {
                all.iter()
                    .take(PHRASES_SHOWN)
                    .for_each(|one| say.line(&format!("    {mark} {one}")));
                if all.len() > PHRASES_SHOWN {
                    say.line(&format!("    {mark} … ({})", all.len() - PHRASES_SHOWN));
                }
            }
        }
    }
}

fn word(name: &str, say: Say) -> String {
    let zh = match name {
        "title" => "名称",
        "section" => "分组",
        "severity" => "严重程度",
        "weight" => "权重",
        "penalty" => "扣分",
        "bonus" => "加分",
        "share" => "占比",
        "when" => "适用条件",
        "met" => "达标条件",
        "violated_by" => "违规条件",
        "major_when" => "重度条件",
        "critical_when" => "致命条件",
        other => other,
    };
    say.either(name, zh).to_owned()
}

fn as_json(change: &Change) -> Value {
    let clause = |clause: &Option<Clause>| clause.as_ref().map(Clause::json);
    let (kind, detail) = match &change.what {
        What::CriterionAdded => ("criterion_added", json!({})),
        What::CriterionRemoved => ("criterion_removed", json!({})),
        What::SectionAdded => ("section_added", json!({})),
        What::SectionRemoved => ("section_removed", json!({})),
        What::Value { name, before, after } => {
            ("value", json!({"name": name, "before": before, "after": after}))
        }
        What::Condition { name, before, after } => {
            ("condition", json!({"name": name, "before": clause(before), "after": clause(after)}))
        }
        What::Phrases { added, removed } => {
            ("phrases", json!({"added": added, "removed": removed}))
        }
    };
    let mut out = json!({"of": change.of, "change": kind});
    if let (Some(out), Value::Object(detail)) = (out.as_object_mut(), detail) {
        out.extend(detail);
    }
    out
}
