//! `lingting simulate`: recordings as live calls, and its outcome as a table or as JSON.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use tokio_util::sync::CancellationToken;

use super::localise;
use super::say::{Say, fit};
use crate::app::simulate::{SimulateOptions, simulate};
use crate::live::simulate::{
    AT_ONCE_MAX, Codec, Faults, LISTENERS_MAX, Listening, Outcome, Pace, Row, Target,
};
use crate::report::UiLanguage;

/// Where latencies are late, where nothing else is asked for.
const DEADLINE: &str = "1.5s";

#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// Recordings, or folders that hold some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where to: ws(s)://HOST:PORT/live/media-stream/SOURCE/TOKEN, or sip:HOST:PORT;transport=tcp|udp
    #[arg(long, value_name = "TARGET", value_parser = target)]
    to: Target,
    /// Calls at a time; they begin spread over their mean length
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=AT_ONCE_MAX as i64))]
    at_once: u16,
    /// Calls in all; after the last recording comes the first again [default: each recording once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    calls: Option<u64>,
    /// Over and over, until --calls, --for or Ctrl-C
    #[arg(long = "loop")]
    looped: bool,
    /// For so long, then all calls are hung up, such as 90s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    lasts: Option<Duration>,
    /// How fast; 1 is real
    #[arg(long, default_value = "1.0", value_name = "FACTOR", value_parser = speed)]
    speed: f64,
    /// How audio is coded; media streams (ws) take ulaw only
    #[arg(long, value_enum, default_value_t = CodecArg::Ulaw, value_name = "CODEC")]
    codec: CodecArg,
    /// Share of frames that are lost by chance, such as 5%
    #[arg(long, default_value = "0%", value_name = "SHARE", value_parser = share)]
    loss: f64,
    /// Each frame comes later by chance, by so much at most, such as 200ms
    #[arg(long, default_value = "0ms", value_name = "TIME", value_parser = time)]
    jitter: Duration,
    /// Frames may overtake each other
    #[arg(long)]
    reorder: bool,
    /// How fast the sender's clock runs, such as 200ppm; negative: slow
    #[arg(long, default_value = "0ppm", value_name = "PPM", value_parser = drift, allow_hyphen_values = true)]
    drift: f64,
    /// Seed of what is lost and late
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Follow what this service hears, and measure how late, such as http://127.0.0.1:8600
    #[arg(long, value_name = "URL")]
    watch: Option<String>,
    /// Environment variable that holds an API token of the service
    #[arg(long, default_value = "LINGTING_TOKEN", value_name = "NAME")]
    token_env: String,
    /// What comes later counts as late
    #[arg(long, default_value = DEADLINE, value_name = "TIME", value_parser = time)]
    deadline: Duration,
    /// Put a chirp into both legs at 5 s, for listeners to measure by
    #[arg(long)]
    chirp: bool,
    /// So many listen in on the first call, and measure by the chirp how late it is heard
    #[arg(long, value_name = "N", requires_all = ["watch", "chirp"], value_parser = clap::value_parser!(u16).range(1..=LISTENERS_MAX as i64))]
    listen: Option<u16>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CodecArg {
    /// G.711 µ-law
    Ulaw,
    /// G.711 A-law
    Alaw,
    /// G.722
    G722,
    /// Opus
    Opus,
}

/// What is read while arguments are: clap gives its readers no language.
fn either(en: &str, zh: &str) -> String {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match localise::language(&arguments, |name| std::env::var(name).ok()) {
        UiLanguage::En => en.to_owned(),
        UiLanguage::Zh => zh.to_owned(),
    }
}

fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|error| either(&error.to_string(), &error.zh()))
}

/// A number within bounds, with its unit: what stands from the first letter or percent sign on.
fn number(text: &str, units: &[(&str, f64)], (least, most): (f64, f64)) -> Option<f64> {
    let end = text.find(|c: char| c.is_alphabetic() || c == '%').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (_, times) = units.iter().find(|(name, _)| *name == unit.trim())?;
    let value = number.trim().parse::<f64>().ok()? * times;
    // What is no number is within no bounds.
    (least..=most).contains(&value).then_some(value)
}

/// At most a week.
fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    number(text, &units, (0.0, 604_800.0)).map(Duration::from_secs_f64).ok_or_else(|| {
        either(
            "write a time such as 200ms, 1.5s, 10m or 2h, up to 168h",
            "请写时间，如 200ms、1.5s、10m、2h，最长 168h",
        )
    })
}

fn share(text: &str) -> Result<f64, String> {
    number(text, &[("%", 0.01)], (0.0, 0.9)).ok_or_else(|| {
        either("write a share from 0% to 90%, such as 5%", "请写 0% 到 90% 的比例，如 5%")
    })
}

fn drift(text: &str) -> Result<f64, String> {
    number(text, &[("ppm", 1.0)], (-10_000.0, 10_000.0)).ok_or_else(|| {
        either(
            "write parts per million from -10000ppm to 10000ppm, such as 200ppm",
            "请写 -10000ppm 到 10000ppm 的百万分率，如 200ppm",
        )
    })
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, &[("", 1.0)], (0.1, 100.0)).ok_or_else(|| {
        either("write a factor from 0.1 to 100, such as 1.0", "请写 0.1 到 100 的倍数，如 1.0")
    })
}

/// What each option allows by itself, and together they do not.
fn mistake(args: &SimulateArgs, say: Say) -> Option<&'static str> {
    if matches!(args.to, Target::MediaStream(_)) && args.codec != CodecArg::Ulaw {
        return Some(say.either(
            "media streams take --codec ulaw only; for others play to sip:HOST:PORT",
            "媒体流只用 --codec ulaw；其他编码请播放到 sip:HOST:PORT",
        ));
    }
    let real = (args.speed - 1.0).abs() < f64::EPSILON;
    (args.listen.is_some() && !real).then(|| {
        say.either(
            "--listen measures at real pace only; leave --speed out",
            "--listen 只能按实际速度测量；请去掉 --speed",
        )
    })
}

/// Runs it; `None` for wrong usage.
pub(super) fn run(args: &SimulateArgs, say: Say) -> Option<bool> {
    if let Some(mistake) = mistake(args, say) {
        say.failed(&mistake);
        return None;
    }
    let options = SimulateOptions {
        paths: args.paths.clone(),
        target: args.to.clone(),
        codec: match args.codec {
            CodecArg::Ulaw => Codec::Ulaw,
            CodecArg::Alaw => Codec::Alaw,
            CodecArg::G722 => Codec::G722,
            CodecArg::Opus => Codec::Opus,
        },
        chirp: args.chirp,
        at_once: usize::from(args.at_once),
        calls: args.calls,
        looped: args.looped,
        lasts: args.lasts,
        pace: Pace { speed: args.speed, drift_ppm: args.drift },
        faults: Faults {
            loss: args.loss,
            jitter_ms: args.jitter.as_secs_f64() * 1_000.0,
            reorder: args.reorder,
            seed: args.seed,
        },
        watch: args.watch.clone().map(|base| (base, std::env::var(&args.token_env).ok())),
        listeners: args.listen.map_or(0, usize::from),
        deadline: args.deadline,
        language: say.language,
        quiet: args.json || !say.watched(),
    };
    let stop = CancellationToken::new();
    listen_for_ctrl_c(&stop, say);
    match simulate(&options, &stop) {
        Ok(outcome) => {
            if args.json {
                say.line(&serde_json::to_string_pretty(&outcome).expect("plain values"));
            } else {
                lines(&outcome, say).iter().for_each(|line| say.line(line));
            }
            Some(outcome.all_well())
        }
        Err(error) => Some(say.failed(&say.either(&error.to_string(), &error.zh()))),
    }
}

/// The first Ctrl-C hangs up in order, the second ends at once.
fn listen_for_ctrl_c(stop: &CancellationToken, say: Say) {
    let stop = stop.clone();
    let stopping =
        say.either("hanging up; press again to leave at once", "正在挂断；再按一次立即退出");
    // Without a handler Ctrl-C ends the process, and the service sees broken connections.
    let _ = ctrlc::set_handler(move || {
        if stop.is_cancelled() {
            std::process::exit(130);
        }
        stop.cancel();
        say.note(stopping);
    });
}

/// The outcome for people.
fn lines(outcome: &Outcome, say: Say) -> Vec<String> {
    let zh = say.language == UiLanguage::Zh;
    let (calls, frames, took_s) = (&outcome.calls, &outcome.frames, outcome.took_s);
    let mut all = vec![if zh {
        format!(
            "通话  开始 {}，播完 {}，中止 {}，被拒 {}，失败 {}；同时最多 {}；用时 {took_s:.1} 秒",
            calls.begun,
            calls.completed,
            calls.stopped,
            calls.refused,
            calls.failed,
            calls.at_once_most
        )
    } else {
        format!(
            "calls   {} begun, {} completed, {} stopped, {} refused, {} failed; {} at a time at most; {took_s:.1} s",
            calls.begun,
            calls.completed,
            calls.stopped,
            calls.refused,
            calls.failed,
            calls.at_once_most
        )
    }];
    let (sent, late, latest_ms, lost) =
        (frames.sent, frames.late, frames.latest_ms, frames.lost_on_purpose);
    all.push(if zh {
        format!("帧    已发 {sent}，迟发超过 20 ms 的 {late}（最迟 {latest_ms:.0} ms），有意丢弃 {lost}")
    } else {
        format!("frames  {sent} sent, {late} over 20 ms late (latest {latest_ms:.0} ms), {lost} lost on purpose")
    });
    if let Some(heard) = &outcome.heard {
        let through = heard.calls_seen + heard.calls_unseen;
        all.push(if zh {
            format!(
                "听到  {} / {through} 通，{} 句 {} 词，临时文本 {}，修改 {}，撤回 {}，告警 {}，断流 {}",
                heard.calls_seen, heard.utterances, heard.words, heard.partials, heard.revised,
                heard.revoked, heard.alerts, heard.breaks
            )
        } else {
            format!(
                "heard   {} of {through} calls, {} utterances, {} words, {} partials, {} revised, {} revoked, {} alerts, {} streams broke",
                heard.calls_seen, heard.utterances, heard.words, heard.partials, heard.revised,
                heard.revoked, heard.alerts, heard.breaks
            )
        });
        all.extend(table(&outcome.latency, outcome.deadline_ms, say));
    }
    if let Some(listening) = &outcome.listening {
        all.extend(listened(listening, say));
    }
    for trouble in &outcome.troubles {
        let why = say.either(&trouble.why.to_string(), &trouble.why.zh()).to_owned();
        all.push(format!("{} {}: {why}", say.either("not through", "未完成"), trouble.file));
    }
    all
}

fn listened(listening: &Listening, say: Say) -> Vec<String> {
    let Listening { listeners, frames, missed, unheard, .. } = listening;
    let mut all = vec![if say.language == UiLanguage::Zh {
        format!("旁听  {listeners} 人，{frames} 帧，缺 {missed} 帧，{unheard} 路未听到扫频音")
    } else {
        format!(
            "listen  {listeners} listeners, {frames} frames, {missed} missed, {unheard} legs without the chirp"
        )
    }];
    let rows: Vec<Row> = listening.start.iter().chain(&listening.mouth_to_ear).cloned().collect();
    all.extend(rows.iter().map(|row| cells(row, say)));
    all.extend(
        listening.failed.iter().map(|why| say.either(&why.to_string(), &why.zh()).to_owned()),
    );
    all
}

fn table(rows: &[Row], deadline_ms: f64, say: Say) -> Vec<String> {
    if rows.is_empty() {
        return vec![say.either("nothing came back to measure", "没有可测量的返回内容").to_owned()];
    }
    let over = format!("{}{:.1}s", say.either(">", "超过 "), deadline_ms / 1_000.0);
    let head = format!(
        "{} {:>6} {:>8} {:>8} {:>8} {:>8} {over:>8}",
        fit(say.either("latency, ms", "延迟（毫秒）"), NAME_COLUMNS),
        "n",
        "p50",
        "p95",
        "p99",
        "max"
    );
    std::iter::once(head).chain(rows.iter().map(|row| cells(row, say))).collect()
}

const NAME_COLUMNS: usize = 40;

fn cells(row: &Row, say: Say) -> String {
    let name = match row.kind.as_str() {
        "text" => say.either("final text", "最终文本").to_owned(),
        "text settled" => {
            say.either("final text, last change", "最终文本（最后一次修改）").to_owned()
        }
        "alert" => say.either("alerts", "告警").to_owned(),
        "listening starts" => say.either("listening starts", "旁听开始").to_owned(),
        "mouth to ear" => say.either("mouth to ear", "从口到耳").to_owned(),
        other => format!("  {}", other.strip_prefix("alert ").unwrap_or(other)),
    };
    format!(
        "{} {:>6} {:>8.0} {:>8.0} {:>8.0} {:>8.0} {:>8}",
        fit(&name, NAME_COLUMNS),
        row.n,
        row.p50_ms,
        row.p95_ms,
        row.p99_ms,
        row.max_ms,
        row.over_deadline
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Args, Command};
    use super::*;
    use crate::live::simulate::Tally;

    const WS: &str = "ws://127.0.0.1:8600/live/media-stream/demo/t";

    fn parse(more: &[&str]) -> Result<SimulateArgs, String> {
        let typed = ["lingting", "simulate", "a.wav"].iter().chain(more);
        match Args::try_parse_from(typed) {
            Ok(Args { command: Command::Simulate(args), .. }) => Ok(args),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn what_is_typed_is_read_with_its_units() {
        let args = parse(&[
            "--to",
            WS,
            "--at-once",
            "20",
            "--for",
            "10m",
            "--loss",
            "5%",
            "--jitter",
            "200ms",
            "--reorder",
            "--drift",
            "-200ppm",
            "--deadline",
            "1.5s",
            "--speed",
            "2",
        ])
        .unwrap();
        assert_eq!((args.at_once, args.lasts), (20, Some(Duration::from_secs(600))));
        assert_eq!((args.loss, args.drift, args.speed), (0.05, -200.0, 2.0));
        assert_eq!(args.jitter, Duration::from_millis(200));
        assert_eq!(args.deadline, Duration::from_millis(1_500));
        assert_eq!(args.token_env, "LINGTING_TOKEN");
    }

    #[track_caller]
    fn check(more: &[&str], wanted: &str) {
        let error = parse(more).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }

    #[test]
    fn mistakes_say_how_it_is_written() {
        check(&[], "--to <TARGET>");
        check(&["--to", "127.0.0.1:5060"], "neither ws://, wss:// nor sip:");
        check(&["--to", WS, "--loss", "0.05"], "write a share from 0% to 90%");
        check(&["--to", WS, "--loss", "95%"], "write a share from 0% to 90%");
        check(&["--to", WS, "--for", "10"], "write a time such as 200ms");
        check(&["--to", WS, "--for=-1s"], "write a time such as 200ms");
        check(&["--to", WS, "--drift", "200"], "write parts per million");
        check(&["--to", WS, "--speed", "0"], "write a factor from 0.1 to 100");
        check(&["--to", WS, "--speed", "NaN"], "write a factor from 0.1 to 100");
        check(&["--to", WS, "--at-once", "0"], "0 is not in 1..=2000");
        check(&["--to", WS, "--listen", "2"], "--watch <URL>");
    }

    #[test]
    fn what_does_not_go_together_is_told_in_both_languages() {
        for language in [UiLanguage::En, UiLanguage::Zh] {
            let say = Say { language, chosen: None };
            let told = |more: &[&str]| {
                let typed: Vec<&str> = ["--to", WS].iter().chain(more).copied().collect();
                mistake(&parse(&typed).unwrap(), say)
            };
            assert!(told(&["--codec", "alaw"]).unwrap().contains("sip:HOST:PORT"));
            let listen = ["--listen", "1", "--watch", "http://h", "--chirp"];
            assert_eq!(told(&listen), None);
            assert!(told(&[&listen[..], &["--speed", "2"]].concat()).unwrap().contains("--speed"));
        }
    }

    #[test]
    fn the_outcome_is_a_table_and_json() {
        let mut tally = Tally::new(Pace::REAL, Duration::from_millis(1_500), true);
        tally.begin("a.wav", "CA1", 2, Duration::ZERO);
        let mut outcome = tally.outcome(Duration::from_secs(2));
        let ms = vec![100.0, 2_000.0];
        outcome.latency.extend(Row::of("text", ms.clone(), 1_500.0));
        outcome.latency.extend(Row::of("alert r/c", ms, 1_500.0));
        let say = Say { language: UiLanguage::En, chosen: None };
        let text = lines(&outcome, say).join("\n");
        assert!(text.contains("calls   1 begun, 0 completed"), "{text}");
        assert!(
            text.contains("final text                                    2      100     2000"),
            "{text}"
        );
        assert!(text.contains("  r/c") && text.contains(">1.5s"), "{text}");
        let chinese = lines(&outcome, Say { language: UiLanguage::Zh, chosen: None }).join("\n");
        assert!(chinese.contains("通话  开始 1") && chinese.contains("最终文本"), "{chinese}");
        let json = serde_json::to_value(&outcome).unwrap();
        assert_eq!(json["latency"][0]["over_deadline"], 1);
        assert_eq!(json["calls"]["begun"], 1);
        assert!(json.get("listening").is_none());
    }
}
