//! A comparison as text for people, and as JSON.

use serde_json::{Map, Value, json};

use crate::app::BacktestOutcome;
use crate::cli::say::{Say, fit, width};
use crate::domain::CallVerdict;
use crate::report::UiLanguage;
use crate::rubric::backtest::{
    Agreement, Compared, Comparison, Distribution, Flip, FlipKey, Outcome, Sample,
};

/// Agents that are listed.
const AGENTS_MAX: usize = 10;
/// Characters of a quote that are shown.
const QUOTE_CHARS_MAX: usize = 40;

const VERDICTS: [CallVerdict; 5] = [
    CallVerdict::Pass,
    CallVerdict::Fail,
    CallVerdict::Critical,
    CallVerdict::Undetermined,
    CallVerdict::NotApplicable,
];

pub(super) fn as_text(outcome: &BacktestOutcome, say: Say) {
    let all = &outcome.comparison;
    account(outcome, say);
    for (rubric, compared) in &all.rubrics {
        distribution(rubric, compared, say);
    }
    flips(all, say);
    agreement(all, say);
    agents(all, say);
}

fn account(outcome: &BacktestOutcome, say: Say) {
    let all = &outcome.comparison;
    say.line(&match say.language {
        UiLanguage::En => format!(
            "{} calls compared, verdicts changed on {}; {} files unusable, {} no reports",
            all.calls, all.moved, outcome.broken, outcome.other_files
        ),
        UiLanguage::Zh => format!(
            "对比 {} 通通话，判定改变 {} 通；无法使用的文件 {} 个，非报告文件 {} 个",
            all.calls, all.moved, outcome.broken, outcome.other_files
        ),
    });
    if outcome.masked > 0 {
        let why = say.either(
            "calls judged by masked text only; their private files cannot be read here",
            "通通话只能按脱敏文本评判：此处读不到对应的原文文件",
        );
        say.line(&format!("{} {why}", outcome.masked));
    }
    if outcome.stopped {
        say.line(say.either("stopped before the end", "未到结束即已停止"));
    }
    for one in &outcome.broken_named {
        say.note(&format!("{}: {}", one.file.display(), one.why));
    }
    let more = outcome.broken.saturating_sub(outcome.broken_named.len() as u64);
    if more > 0 {
        say.note(&format!("… +{more}"));
    }
}

fn distribution(rubric: &str, compared: &Compared, say: Say) {
    say.line(&format!("\n{rubric}"));
    let head = [
        "",
        say.either("mean", "平均分"),
        say.either("pass", "合格"),
        say.either("fail", "不合格"),
        say.either("critical", "致命"),
        say.either("undetermined", "待定"),
        say.either("n/a", "不适用"),
        "0-10 … 90-100",
    ];
    let row = |cells: &[String]| {
        let widths = [10, 9, 8, 8, 10, 14, 8];
        let cells = cells.iter().enumerate().map(|(ix, cell)| match widths.get(ix) {
            Some(&columns) => fit(cell, columns.max(width(cell) + 1)),
            None => cell.clone(),
        });
        say.line(&format!("  {}", cells.collect::<String>()));
    };
    row(&head.map(str::to_owned));
    let sides = [
        (say.either("before", "之前"), &compared.before),
        (say.either("after", "之后"), &compared.after),
    ];
    for (name, side) in sides {
        let mut cells =
            vec![name.to_owned(), side.mean().map_or("-".into(), |m| format!("{m:.1}"))];
        cells.extend(VERDICTS.map(|one| count(side, one).to_string()));
        cells.push(side.scores.map(|calls| calls.to_string()).join(" "));
        row(&cells);
    }
    for ((from, to), calls) in &compared.moved {
        let line = format!("  {} → {}: {calls}", verdict(*from, say), verdict(*to, say));
        say.line(&line);
    }
}

fn count(side: &Distribution, verdict: CallVerdict) -> u64 {
    side.verdicts.get(&verdict).copied().unwrap_or_default()
}

fn verdict(one: CallVerdict, say: Say) -> &'static str {
    match one {
        CallVerdict::Pass => say.either("pass", "合格"),
        CallVerdict::Fail => say.either("fail", "不合格"),
        CallVerdict::Critical => say.either("critical", "致命"),
        CallVerdict::Undetermined => say.either("undetermined", "待定"),
        CallVerdict::NotApplicable => say.either("not applicable", "不适用"),
    }
}

fn outcome_word(one: Option<Outcome>, say: Say) -> &'static str {
    match one {
        Some(Outcome::Met) => say.either("met", "符合"),
        Some(Outcome::NotMet) => say.either("not met", "不符合"),
        Some(Outcome::NotApplicable) => say.either("not applicable", "不适用"),
        Some(Outcome::Undetermined) => say.either("undetermined", "待定"),
        None => say.either("absent", "无此项"),
    }
}

fn flips(all: &Comparison, say: Say) {
    let flips = all.flips_by_calls();
    if flips.is_empty() {
        say.line(say.either("\nno criterion changed", "\n没有评分项发生变化"));
        return;
    }
    say.line(say.either("\nwhat changed, most frequent first", "\n变化的评分项，按通话数排序"));
    for ((rubric, criterion, from, to), flip) in flips {
        let (from, to) = (outcome_word(*from, say), outcome_word(*to, say));
        say.line(&format!("  {rubric}/{criterion}: {from} → {to}: {}", flip.calls));
        flip.samples.iter().for_each(|sample| say.line(&format!("      {}", told(sample))));
    }
}

fn told(sample: &Sample) -> String {
    let at = sample.span.map_or(String::new(), |span| format!(" {}", span.start()));
    let quote = sample.quote.as_ref().map_or(String::new(), |quote| {
        let short: String = quote.as_str().chars().take(QUOTE_CHARS_MAX).collect();
        format!(" “{short}”")
    });
    format!("{}{at}{quote}", sample.call)
}

fn agreement(all: &Comparison, say: Say) {
    if all.labelled == 0 {
        return;
    }
    let title = say.either(
        "against what people decided, before → after (violations)",
        "与人工判定对比，之前 → 之后（违规）",
    );
    say.line(&format!("\n{title}: {}", all.labelled));
    let mut total = (Agreement::default(), Agreement::default());
    for (criterion, after) in &all.agreement_after {
        let before = all.agreement_before.get(criterion).copied().unwrap_or_default();
        total = (total.0.plus(before), total.1.plus(*after));
        agreement_line(criterion, before, *after, say);
    }
    agreement_line(say.either("all", "合计"), total.0, total.1, say);
}

fn agreement_line(name: &str, before: Agreement, after: Agreement, say: Say) {
    let percent = |share: Option<f64>| share.map_or("-".into(), |s| format!("{:.1}", s * 100.0));
    let pair = |of: fn(&Agreement) -> Option<f64>| {
        fit(&format!("{} → {}", percent(of(&before)), percent(of(&after))), 16)
    };
    say.line(&format!(
        "  {} P {} R {} F1 {} {} {}",
        fit(name, 38),
        pair(Agreement::precision),
        pair(Agreement::recall),
        pair(Agreement::f1),
        say.either("same", "一致"),
        pair(Agreement::accuracy),
    ));
}

fn agents(all: &Comparison, say: Say) {
    let agents = all.agents_by_moved();
    if agents.is_empty() {
        return;
    }
    say.line(say.either("\nagents most affected", "\n受影响最大的坐席"));
    for (id, one) in agents.into_iter().take(AGENTS_MAX) {
        say.line(&match say.language {
            UiLanguage::En => format!(
                "  {id}: verdict changed on {} of {} calls, worse on {}; score {:+.1}",
                one.moved,
                one.calls,
                one.worse,
                one.mean_change()
            ),
            UiLanguage::Zh => format!(
                "  {id}：{} 通通话中判定改变 {} 通，变差 {} 通；平均分 {:+.1}",
                one.calls,
                one.moved,
                one.worse,
                one.mean_change()
            ),
        });
    }
}

pub(super) fn as_json(outcome: &BacktestOutcome) -> Value {
    let all = &outcome.comparison;
    let rubrics: Map<String, Value> =
        all.rubrics.iter().map(|(id, compared)| (id.clone(), rubric_json(compared))).collect();
    let agents = all.agents_by_moved().into_iter().map(|(id, one)| {
        json!({"agent": id, "calls": one.calls, "moved": one.moved, "worse": one.worse,
            "mean_change": rounded(one.mean_change())})
    });
    let labels: Map<String, Value> = all
        .agreement_after
        .iter()
        .map(|(criterion, after)| {
            let before = all.agreement_before.get(criterion).copied().unwrap_or_default();
            let both = json!({"before": agreement_json(&before), "after": agreement_json(after)});
            (criterion.clone(), both)
        })
        .collect();
    json!({
        "calls": all.calls,
        "moved": all.moved,
        "labelled": all.labelled,
        "broken": outcome.broken,
        "broken_named": outcome.broken_named.iter()
            .map(|one| json!({"file": one.file.display().to_string(), "why": one.why}))
            .collect::<Vec<_>>(),
        "other_files": outcome.other_files,
        "masked": outcome.masked,
        "stopped": outcome.stopped,
        "rubrics": rubrics,
        "flips": all.flips_by_calls().into_iter().map(flip_json).collect::<Vec<_>>(),
        "labels": labels,
        "agents": agents.collect::<Vec<_>>(),
    })
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0 + 0.0
}

fn rubric_json(compared: &Compared) -> Value {
    let side = |side: &Distribution| {
        let verdicts: Map<String, Value> = VERDICTS
            .iter()
            .map(|&one| (one.as_str().to_owned(), json!(count(side, one))))
            .collect();
        json!({"calls": side.calls, "mean": side.mean().map(rounded), "verdicts": verdicts,
            "scores": side.scores})
    };
    let moved = compared.moved.iter().map(
        |((from, to), calls)| json!({"from": from.as_str(), "to": to.as_str(), "calls": calls}),
    );
    json!({"before": side(&compared.before), "after": side(&compared.after),
        "moved": moved.collect::<Vec<_>>(), "unmatched": compared.unmatched})
}

fn flip_json(((rubric, criterion, from, to), flip): (&FlipKey, &Flip)) -> Value {
    let word = |one: &Option<Outcome>| one.map(Outcome::as_str);
    let sample = |one: &Sample| {
        json!({"call": one.call, "quote": one.quote.as_ref().map(|quote| quote.as_str()),
            "start_s": one.span.map(|span| span.start().secs_f64()),
            "end_s": one.span.map(|span| span.end().secs_f64())})
    };
    json!({"rubric": rubric, "criterion": criterion, "from": word(from), "to": word(to),
        "calls": flip.calls, "samples": flip.samples.iter().map(sample).collect::<Vec<_>>()})
}

fn agreement_json(one: &Agreement) -> Value {
    json!({"decided": one.decided, "same": one.same, "found": one.found, "missed": one.missed,
        "alleged": one.alleged, "open": one.open, "precision": one.precision().map(rounded),
        "recall": one.recall().map(rounded), "f1": one.f1().map(rounded)})
}
