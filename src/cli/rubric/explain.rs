//! `lingting rubric explain`: why a call was judged as it was.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::outline;
use crate::cli::say::Say;
use crate::domain::{AudioTime, DoubtReason, Evidence, EvidenceKind};
use crate::rubric::describe::{headline, words};
use crate::rubric::{CallFacts, Explained, Explanation, Holds, Outline, Plan};
use crate::text::pii::mask;
use crate::wire::report::Report;

/// A report larger than this is none.
const REPORT_BYTES_MAX: u64 = 256 << 20;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ExplainArgs {
    /// A call's report, as `analyze` wrote it
    #[arg(value_name = "CALL")]
    call: PathBuf,
    /// Rubric file, or the id of a built-in rubric; may be given more than once [default: the built-in ones]
    #[arg(long = "rubric", value_name = "FILE|ID")]
    rubrics: Vec<String>,
    /// Only these criteria; may be given more than once [default: those failed or undecided]
    #[arg(long = "criterion", value_name = "ID")]
    criteria: Vec<String>,
    /// All criteria, those that were met too
    #[arg(long, conflicts_with = "criteria")]
    all: bool,
    /// As of so many seconds into the call, when the rest was still to come
    #[arg(long, value_name = "SECONDS")]
    at: Option<f64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ExplainArgs, say: Say) -> bool {
    match explain(args, say) {
        Ok(()) => true,
        Err(why) => say.failed(&why),
    }
}

fn explain(args: &ExplainArgs, say: Say) -> Result<(), String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", args.call.display());
    let report = report(&args.call)?;
    let outlines = match &args.rubrics[..] {
        [] => crate::rubric::built_in_ids().map(outline).collect::<Result<Vec<_>, _>>()?,
        some => some.iter().map(|name| outline(name)).collect::<Result<Vec<_>, _>>()?,
    };
    known(&args.criteria, &outlines)?;
    other_versions(&report, &outlines, say);
    if crate::app::hides(&report) {
        let (en, zh) = (
            "digits are masked: what looks at numbers may differ; run where the .private.json file may be read",
            "号码已脱敏，涉及号码的条件可能不同；请在可读取 .private.json 的环境下运行",
        );
        say.note(say.either(en, zh));
    }
    let record = report.into_record().map_err(|error| named(&error))?;
    let plan = Plan::compile(outlines.iter().map(|outline| outline.rubric.clone()).collect());
    let at = args.at.map(AudioTime::from_secs_f64);
    let all = plan.explain(&CallFacts::from(&record), &outlines, at);
    let shown = |one: &&Explanation| match &args.criteria[..] {
        [] => args.all || matches!(one.verdict, None | Some("not_met" | "undetermined")),
        some => some.iter().any(|id| id == one.criterion.as_str()),
    };
    let shown: Vec<&Explanation> = all.iter().filter(shown).collect();
    if args.json {
        let list: Vec<Value> = shown.into_iter().map(as_json).collect();
        say.line(&format!(
            "{:#}",
            json!({"call_id": record.info.call_id.as_str(), "criteria": list})
        ));
        return Ok(());
    }
    for one in &shown {
        show(one, &outlines, say);
    }
    let hidden = all.len() - shown.len();
    if args.criteria.is_empty() && hidden > 0 {
        let (en, zh) =
            ("more were met or do not apply; --all shows them", "项已达标或不适用，用 --all 查看");
        say.line(&format!("{hidden} {}", say.either(en, zh)));
    }
    Ok(())
}

fn report(path: &Path) -> Result<Report, String> {
    use std::io::Read;
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(|error| named(&error))?;
    let mut text = String::new();
    file.take(REPORT_BYTES_MAX).read_to_string(&mut text).map_err(|error| named(&error))?;
    let report = Report::from_json(&text).map_err(|error| named(&error))?;
    // Rules read what was said, not what the report shows of it.
    crate::app::in_clear(path, report).map_err(|error| error.to_string())
}

/// A criterion that no rubric has is a slip of the pen.
fn known(criteria: &[String], outlines: &[Outline]) -> Result<(), String> {
    let all: Vec<&str> = outlines
        .iter()
        .flat_map(|outline| &outline.rubric.criteria)
        .map(|criterion| criterion.id.as_str())
        .collect();
    match criteria.iter().find(|id| !all.contains(&id.as_str())) {
        None => Ok(()),
        Some(id) => {
            let hint = crate::rubric::nearest(id, all.iter().copied());
            let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            Err(format!("there is no criterion `{id}`{hint}"))
        }
    }
}

/// Says when the report was judged by another version than the one that explains it.
fn other_versions(report: &Report, outlines: &[Outline], say: Say) {
    for card in &report.scorecards {
        let now = outlines.iter().find(|outline| outline.rubric.id.as_str() == card.rubric);
        if now.is_some_and(|outline| outline.rubric.digest != card.digest) {
            let (en, zh) =
                ("the report was judged by another version of it", "报告是用它的另一版本判定的");
            say.note(&format!("{}: {}", card.rubric, say.either(en, zh)));
        }
    }
}

fn show(one: &Explanation, outlines: &[Outline], say: Say) {
    let rubric = outlines.iter().find(|outline| outline.rubric.id == one.rubric);
    let criteria = rubric.map_or(&[][..], |outline| &outline.rubric.criteria);
    let title = criteria.iter().find(|criterion| criterion.id == one.criterion);
    let title = title.map_or("", |found| say.either(&found.title.en, &found.title.zh));
    let verdict = match one.verdict {
        None => say.either("pending", "未定"),
        Some("met") => say.either("met", "达标"),
        Some("not_met") => say.either("not met", "违规"),
        Some("not_applicable") => say.either("not applicable", "不适用"),
        Some(_) => say.either("undetermined", "待定"),
    };
    say.line(&format!("{title} [{} / {}]: {verdict}", one.rubric, one.criterion));
    for (name, part) in &one.parts {
        let label = match name.as_str() {
            "section" => say.either("section applies when", "分组适用条件"),
            "when" => say.either("applies when", "适用条件"),
            "met" => say.either("met when", "达标条件"),
            "violated_by" => say.either("violated when", "违规条件"),
            "critical_when" => say.either("critical when", "致命条件"),
            _ => say.either("major when", "重度条件"),
        };
        node(&format!("{label}{}", say.either(":", "：")), part, 1, say);
    }
    say.line("");
}

fn node(lead: &str, one: &Explained, depth: usize, say: Say) {
    let indent = "  ".repeat(depth);
    let mark = match one.holds {
        Holds::Yes => "✓",
        Holds::No => "✗",
        Holds::Pending => "…",
        Holds::Undetermined(_) => "?",
    };
    let why = match one.holds {
        Holds::Undetermined(reason) => format!(" ({})", doubt(reason, say)),
        _ => String::new(),
    };
    let gap = if lead.is_empty() { "" } else { " " };
    say.line(&format!("{indent}{mark} {lead}{gap}{}{why}", headline(&one.clause, say.tongue())));
    for evidence in &one.evidence {
        say.line(&format!("{indent}    {}", evidence_line(evidence, say)));
    }
    for (key, inner) in &one.below {
        // The operator's own children follow it; others are where it was held against.
        let lead = match key.as_str() {
            "any" | "all" | "none" | "order" | "not" | "condition" => String::new(),
            key => format!("{}:", words(key, say.tongue())),
        };
        node(&lead, inner, depth + 1, say);
    }
}

fn doubt(reason: DoubtReason, say: Say) -> &'static str {
    match reason {
        DoubtReason::HeardTooPoorly => say.either("heard too poorly", "听得不够清楚"),
        DoubtReason::PartiesUnsure => say.either("not sure who speaks", "说话人不确定"),
        DoubtReason::FactMissing => say.either("not known", "随录参数缺失"),
        DoubtReason::AudioMissing => say.either("nothing was heard", "没有可听的内容"),
    }
}

fn evidence_line(one: &Evidence, say: Say) -> String {
    let at = one
        .span
        .map_or_else(String::new, |span| format!("{}–{}", clock(span.start()), clock(span.end())));
    let quote = one.quote.as_ref().map(|quote| mask(quote.as_str())).unwrap_or_default();
    let matched = one.matched.as_deref().unwrap_or_default();
    let sure = one.confidence.map_or_else(String::new, |confidence| {
        format!("{} {confidence:.2}", say.either(", confidence", "，置信度"))
    });
    let how = one.how.map_or("", |how| match how.as_str() {
        "exact" => say.either("exact", "逐字"),
        "phonetic" => say.either("by sound", "按读音"),
        "regex" => say.either("by pattern", "按正则"),
        _ => say.either("similar", "近似"),
    });
    let distance = one.distance.map_or_else(String::new, |distance| {
        format!("{} {distance:.2}", say.either("distance", "距离"))
    });
    match one.kind {
        EvidenceKind::Phrase => {
            let heard = say.either("heard", "听到");
            let wanted = say.either("for", "对应");
            format!("{at} {heard} “{quote}” {wanted} “{matched}” ({how}, {distance}{sure})")
        }
        EvidenceKind::Absence => {
            let none = say.either("searched, not found", "已查找，未发现");
            // What was wanted stands above.
            format!("{at} {none}{sure}")
        }
        EvidenceKind::NearMiss => {
            let nearest = say.either("nearest", "最接近");
            let wanted = say.either("for", "对应");
            format!("{at} {nearest}: “{quote}” {wanted} “{matched}” ({distance}{sure})")
        }
        EvidenceKind::Metadata => format!("{quote} ({matched})"),
        _ => format!("{at} {matched}"),
    }
}

/// `1:05.3`
fn clock(at: AudioTime) -> String {
    let tenths = at.ms() / 100;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

fn as_json(one: &Explanation) -> Value {
    let parts: Vec<Value> = one
        .parts
        .iter()
        .map(|(name, part)| json!({"part": name, "condition": node_json(part)}))
        .collect();
    json!({
        "rubric": one.rubric.as_str(), "criterion": one.criterion.as_str(),
        "verdict": one.verdict.unwrap_or("pending"), "parts": parts,
    })
}

fn node_json(one: &Explained) -> Value {
    let reason = match one.holds {
        Holds::Undetermined(reason) => Some(reason.as_str()),
        _ => None,
    };
    let evidence: Vec<Value> = one
        .evidence
        .iter()
        .map(|item| {
            json!({
                "kind": item.kind.as_str(), "leg": item.leg.map(|leg| leg.0),
                "start_s": item.span.map(|span| span.start().secs_f64()),
                "end_s": item.span.map(|span| span.end().secs_f64()),
                "quote": item.quote.as_ref().map(|quote| mask(quote.as_str())),
                "matched": item.matched, "how": item.how.map(|how| how.as_str()),
                "distance": item.distance, "confidence": item.confidence,
            })
        })
        .collect();
    let below: Vec<Value> = one
        .below
        .iter()
        .map(|(key, inner)| json!({"under": key, "condition": node_json(inner)}))
        .collect();
    json!({
        "name": one.clause.name, "asks": one.clause.json(), "value": one.holds.as_str(),
        "reason": reason, "evidence": evidence, "below": below,
    })
}
