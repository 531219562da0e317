//! `lingting analyze`: the main job, and its outcome as a table or as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::args::{AnalyzeArgs, EngineName, PiiArg};
use super::rubric::rubrics;
use super::say::{Say, fit};
use crate::app::{
    AnalyzeOptions, CallLine, Ending, EngineChoice, EngineOptions, PiiMode, RunSummary, analyze,
};
use crate::engine::models::ModelFolder;

pub(super) fn run(args: &AnalyzeArgs, say: Say) -> bool {
    let rubrics = match rubrics(&args.rubrics) {
        Ok(rubrics) => rubrics,
        Err(remarks) => return say.failed(&remarks),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = AnalyzeOptions {
        paths: args.paths.clone(),
        out: args.out.clone(),
        engine: EngineOptions {
            models: ModelFolder::resolve(args.models.models.as_deref()),
            model: args.model.clone(),
            engine: match args.engine {
                EngineName::Auto => EngineChoice::Auto,
                EngineName::Ct2 => EngineChoice::Ct2,
                EngineName::Whisper => EngineChoice::Whisper,
            },
            workers: cores,
            beam: usize::from(args.beam),
        },
        rubrics,
        // More than there are engines: these find windows to recognise together.
        jobs: args.jobs.map_or(3 * cores, usize::from),
        pii: match args.pii {
            PiiArg::Mask => PiiMode::Mask,
            PiiArg::Keep => PiiMode::Keep,
            PiiArg::Drop => PiiMode::Drop,
        },
        redact_audio: args.redact_audio,
        force: args.force,
        ui: say.chosen,
        language: say.language,
        quiet: args.json || !say.watched(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_ctrl_c(&stop, say);
    match analyze(&options, &stop) {
        Ok(summary) => {
            if args.json {
                say.line(&as_json(&summary, say).to_string());
            } else {
                as_table(&summary, args, say);
            }
            if let Some(reason) = &summary.index_missing {
                say.failed(&reason.text(say.language));
            }
            !summary.has_failures()
        }
        Err(error) => say.failed(&say.either(&error.to_string(), &error.zh())),
    }
}

/// The first Ctrl-C stops in an orderly way, the second at once.
fn listen_for_ctrl_c(stop: &Arc<AtomicBool>, say: Say) {
    let stop = Arc::clone(stop);
    let stopping = say.either(
        "stopping; finished reports stay, the next run goes on from here",
        "正在停止；已完成的报告会保留，下次运行从这里继续",
    );
    // Without a handler Ctrl-C ends the process, which loses nothing but the calls under way.
    let _ = ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        say.note(stopping);
    });
}

fn as_table(summary: &RunSummary, args: &AnalyzeArgs, say: Say) {
    let head = [
        say.either("call", "通话"),
        say.either("agent", "坐席"),
        say.either("length", "时长"),
        say.either("score", "得分"),
        say.either("verdict", "判定"),
        say.either("worst finding", "最严重的发现"),
    ];
    say.line(&row(&head.map(str::to_owned)));
    for line in &summary.lines {
        say.line(&row(&cells(line, say)));
    }
    for (name, ending) in &summary.endings {
        match ending {
            Ending::Failed { reason } => {
                let line = reason.line(name, say.language);
                say.line(&format!("{} {line}", say.either("failed", "失败")));
            }
            Ending::Stopped => say.line(&format!("{} {name}", say.either("stopped", "未完成"))),
            Ending::Skipped { reason } => {
                let line = reason.line(name, say.language);
                say.line(&format!("{} {line}", say.either("skipped", "跳过")));
            }
            Ending::Done { .. } | Ending::Unchanged { .. } => {}
        }
    }
    let count = counts(summary);
    let of = |name: &str| count.get(name).copied().unwrap_or(0);
    let (done, unchanged, skipped, failed, stopped) =
        (of("done"), of("unchanged"), of("skipped"), of("failed"), of("stopped"));
    let speed = summary.audio_s / summary.work_s.max(0.001);
    let (audio_s, work_s) = (summary.audio_s, summary.work_s);
    say.line(&match say.language {
        crate::report::UiLanguage::En => format!(
            "\n{done} done, {unchanged} unchanged, {skipped} skipped, {failed} failed, {stopped} stopped; \
             {audio_s:.0} s of audio in {work_s:.1} s ({speed:.1} audio-s/s)"
        ),
        crate::report::UiLanguage::Zh => format!(
            "\n完成 {done}，未变 {unchanged}，跳过 {skipped}，失败 {failed}，未完成 {stopped}；\
             {audio_s:.0} 秒音频用时 {work_s:.1} 秒（每秒处理 {speed:.1} 秒音频）"
        ),
    });
    let index = args.out.join("index.html");
    say.line(&format!("{}: {}", say.either("reports", "报告"), index.display()));
}

fn row(cells: &[String; 6]) -> String {
    let widths = [14, 10, 7, 6, 14];
    let mut out: String =
        cells.iter().zip(widths).map(|(cell, width)| fit(cell, width) + " ").collect();
    out.push_str(&cells[5]);
    out.trim_end().to_owned()
}

fn cells(line: &CallLine, say: Say) -> [String; 6] {
    let verdict = match line.verdict.as_str() {
        "pass" => say.either("pass", "合格"),
        "fail" => say.either("fail", "不合格"),
        "critical" => say.either("critical", "致命"),
        "undetermined" => say.either("undetermined", "待定"),
        _ => say.either("not applicable", "不适用"),
    };
    let seconds = line.duration_s.round() as u64;
    [
        line.call_id.clone(),
        line.agent.clone(),
        format!("{}:{:02}", seconds / 60, seconds % 60),
        line.score.map_or_else(String::new, |score| format!("{score:.0}")),
        verdict.to_owned(),
        fit(&line.worst, 60).trim_end().to_owned(),
    ]
}

fn name_of(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done { .. } => "done",
        Ending::Unchanged { .. } => "unchanged",
        Ending::Skipped { .. } => "skipped",
        Ending::Failed { .. } => "failed",
        Ending::Stopped => "stopped",
    }
}

fn counts(summary: &RunSummary) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (_, ending) in &summary.endings {
        *counts.entry(name_of(ending)).or_insert(0) += 1;
    }
    counts
}

fn as_json(summary: &RunSummary, say: Say) -> Value {
    let input = |(file, ending): &(String, Ending)| {
        let mut input = json!({ "file": file, "ending": name_of(ending) });
        match ending {
            Ending::Done { call_id } | Ending::Unchanged { call_id } => {
                input["call_id"] = json!(call_id);
            }
            Ending::Skipped { reason } | Ending::Failed { reason } => {
                input["reason"] = json!(reason.text(say.language));
            }
            Ending::Stopped => {}
        }
        input
    };
    let call = |line: &CallLine| {
        json!({
            "call_id": line.call_id, "verdict": line.verdict, "score": line.score,
            "duration_s": line.duration_s, "worst": line.worst,
        })
    };
    json!({
        "inputs": summary.endings.iter().map(input).collect::<Vec<_>>(),
        "calls": summary.lines.iter().map(call).collect::<Vec<_>>(),
        "counts": counts(summary),
        "audio_s": summary.audio_s,
        "start_s": summary.start_s,
        "work_s": summary.work_s,
    })
}
