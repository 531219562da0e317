//! What does it cost to judge a year of calls again, and to judge a call while it is spoken?
//!
//! `cargo bench --bench backtest [-- --calls N]` prints a table: time, calls/s and MB/s of the
//! evaluator over made-up calls (see `calls/`), of exact phrases alone beside ripgrep on the same text
//! (`rg` must be on the path), of reports read from disk, and the cost of an utterance of a live call.
//! `--only-verdicts` leaves the rest out, for a profiler. The digest is over all scorecards with their proofs: it must not change when only
//! speed does. `--told [--reports DIR]` prints a line for each call, made up or of a run, in several forms (`common/told.rs`):
//! what is different between two versions of the evaluator shows in `diff`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod calls;
#[path = "common/told.rs"]
mod told;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use calls::Share;
use lingting::domain::{AudioTime, CallRecord, EndedCall, EngineRef, Media, Scorecard, Transcript};
use lingting::rubric::{
    CallFacts, Evaluation, Fact, Plan, built_in, contracts, library, load, watches,
};
use lingting::wire::report::{Report, Source, Timings};
use sha2::{Digest, Sha256};

/// Calls in memory at once.
const CHUNK: usize = 1000;
/// Calls whose scorecards go into the digest, as proofs in full are slow to print.
const DIGEST_CALLS: u64 = 120;

fn main() {
    let wanted = std::env::args().skip_while(|arg| arg != "--calls").nth(1);
    let count: usize = wanted.map_or(100_000, |count| count.parse().unwrap());
    let plan = Plan::compile(built_in().unwrap());
    if std::env::args().any(|arg| arg == "--told") {
        return tell(count);
    }
    if std::env::args().any(|arg| arg == "--only-verdicts") {
        return only_verdicts(count, &plan);
    }
    println!("digest of {DIGEST_CALLS} calls' scorecards: {}", digest(&plan));
    live(&plan);
    disk(&plan, count.min(2000));
    let exact = exact_plan();
    let text = tempfile::tempdir().unwrap();
    whole(count, &plan, &exact, text.path());
    println!("memory at its peak: {} MB", peak_mb());
}

/// What is said of each call by all rubrics there are.
fn tell(count: usize) {
    let rubrics = [built_in(), contracts(), watches()].into_iter().flat_map(Result::unwrap);
    let plan = Plan::compile(rubrics.collect());
    let folder = std::env::args().skip_while(|arg| arg != "--reports").nth(1);
    let mut records = folder.map_or(Vec::new(), |folder| told::reports(Path::new(&folder)));
    records.extend((0..count as u64).map(calls::call));
    let seeds: Vec<u64> = (0..records.len() as u64).collect();
    let lines = parallel(&seeds, |seed| told::lines(&plan, &records[*seed as usize], *seed));
    print!("{}", lines.concat());
}

/// Judges calls held in memory, and nothing else: what a profiler sees is the evaluator. Several rounds,
/// as what words sound like is worked out in the first.
fn only_verdicts(count: usize, plan: &Plan) {
    let ids: Vec<u64> = (0..count as u64).collect();
    let records: Vec<CallRecord> = parallel(&ids, |n| calls::call(*n));
    for _ in 0..5 {
        let mut spent = Spent::default();
        let judged = spent.on(|| parallel(&records, |one| plan.verdicts(&CallFacts::from(one))));
        let mut verdicts = Sha256::new();
        judged.iter().flatten().for_each(|card| verdicts.update(told(card)));
        let (seconds, cores) = (spent.time.as_secs_f64(), spent.cores.as_secs_f64());
        let each_ms = cores * 1e3 / count as f64;
        println!("{seconds:.2} s, {each_ms:.3} ms of cores a call; digest {}", short(verdicts));
    }
}

/// Judges `count` calls by all packs, and by exact phrases alone; then lets ripgrep look for these.
fn whole(count: usize, plan: &Plan, exact: &(Plan, Vec<String>), folder: &Path) {
    let mut share = Share::default();
    let mut files: Vec<_> = (0..2)
        .map(|half| std::fs::File::create(folder.join(format!("{half}.txt"))).unwrap())
        .collect();
    let (mut all, mut alone, mut full) = (Spent::default(), Spent::default(), Spent::default());
    let mut cards = 0;
    let mut verdicts = Sha256::new();
    for first in (0..count).step_by(CHUNK) {
        let ids: Vec<u64> = (first..count.min(first + CHUNK)).map(|n| n as u64).collect();
        let records: Vec<CallRecord> = parallel(&ids, |n| calls::call(*n));
        for (ix, record) in records.iter().enumerate() {
            use std::io::Write;
            share.add(record);
            let lines: Vec<&str> = record.utterances.iter().map(|one| one.text.as_str()).collect();
            writeln!(files[ix % 2], "{}", lines.join("\n")).unwrap();
        }
        let judged = all.on(|| parallel(&records, |one| plan.verdicts(&CallFacts::from(one))));
        if first == 0 {
            full.on(|| parallel(&records, |one| plan.evaluate(&CallFacts::from(one)).len()));
        }
        cards += judged.iter().map(Vec::len).sum::<usize>();
        judged.iter().flatten().for_each(|card| verdicts.update(told(card)));
        alone.on(|| parallel(&records, |one| exact.0.evaluate(&CallFacts::from(one)).len()));
    }
    println!("digest of all verdicts and points: {}", short(verdicts));
    println!(
        "{count} calls: {} utterances, {:.1} M characters, {:.0} MB of text, {:.1} % of utterances said before",
        share.utterances,
        share.chars as f64 / 1e6,
        share.bytes as f64 / 1e6,
        100.0 * share.repeated as f64 / share.utterances as f64
    );
    let row = |name: &str, spent: &Spent| {
        let seconds = spent.time.as_secs_f64();
        println!(
            "{name:44} {seconds:9.2} s {:9.2} s of cores {:9.0} calls/s {:8.1} MB/s {:7.1} us/utterance",
            spent.cores.as_secs_f64(),
            count as f64 / seconds,
            share.bytes as f64 / 1e6 / seconds,
            seconds * 1e6 / share.utterances as f64
        );
    };
    row(&format!("all packs, {cards} scorecards"), &all);
    println!(
        "a call: {:.2} ms of cores, {:.2} ms with all proofs",
        all.cores.as_secs_f64() * 1e3 / count as f64,
        full.cores.as_secs_f64() * 1e3 / count.min(CHUNK) as f64
    );
    row(&format!("{} exact phrases", exact.1.len()), &alone);
    let rg = ripgrep(folder, &exact.1);
    row("ripgrep, the same phrases", &rg);
    println!(
        "times ripgrep, by cores: exact {:.1}, all packs {:.1}",
        alone.cores.as_secs_f64() / rg.cores.as_secs_f64(),
        all.cores.as_secs_f64() / rg.cores.as_secs_f64()
    );
}

/// What work took: by the clock, and on the cores, which other programs do not disturb.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    time: Duration,
    cores: Duration,
}

impl Spent {
    fn on<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (started, cores) = (Instant::now(), cores());
        let out = work();
        self.time += started.elapsed();
        self.cores += self::cores().saturating_sub(cores);
        out
    }
}

/// Processor time of this process and its ended children, to a hundredth of a second.
fn cores() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), the name being the second.
    let ticks: u64 = fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Works through a list on all cores; answers in its order.
fn parallel<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(list.len()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(16, Ordering::Relaxed);
                    let Some(rest) = list.get(from..).filter(|rest| !rest.is_empty()) else {
                        break;
                    };
                    let part: Vec<R> = rest.iter().take(16).map(&work).collect();
                    done.lock().unwrap().push((from, part));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(from, _)| *from);
    done.into_iter().flat_map(|(_, part)| part).collect()
}

/// The words of the built-in lists, each way to say them by itself, to be found letter by letter.
fn exact_plan() -> (Plan, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/rubrics/lists");
    let mut phrases = BTreeSet::new();
    for name in ["zh.yaml", "en.yaml"] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        for line in text.lines() {
            let Some(phrase) = line.trim().strip_prefix("- ") else { continue };
            let ways = ways(phrase.trim_matches('"'));
            let pieces = ways.iter().flat_map(|way| way.split(GAPS));
            let plain = |c: char| c.is_alphabetic() || c == ' ' || c == '\'';
            let whole = |piece: &&str| piece.chars().count() > 1 && piece.chars().all(plain);
            phrases.extend(pieces.map(str::trim).filter(whole).map(str::to_lowercase));
        }
    }
    let phrases: Vec<String> = phrases.into_iter().collect();
    let list: String = phrases.iter().map(|phrase| format!("  - \"{phrase}\"\n")).collect();
    let yaml = format!(
        "rubric: exact\nversion: 1\ntitle: {{zh: 词, en: words}}\npass_mark: 60\nmatch: exact\nphrases:\n  all:\n{}sections:\n  all: {{zh: 全部, en: all}}\ncriteria:\n  - id: said\n    title: {{zh: 说过, en: said}}\n    section: all\n    severity: minor\n    weight: 1\n    met: {{phrase: $all}}\n",
        list.replace("  - ", "    - ")
    );
    let rubric = load("exact.yaml", &yaml, &library()).unwrap_or_else(|e| panic!("{e}"));
    (Plan::compile(vec![rubric]), phrases)
}

/// What stands between the words of a phrase.
const GAPS: &[char] = &['*', '{', '}', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// A phrase with its alternatives written out, at most 64.
fn ways(phrase: &str) -> Vec<String> {
    let open = phrase.rfind('(');
    let close = open.and_then(|open| Some(open + phrase[open..].find(')')?));
    let Some((open, close)) = open.zip(close) else { return vec![phrase.to_owned()] };
    let each = phrase[open + 1..close].split('|');
    let each = each.map(|one| format!("{}{one}{}", &phrase[..open], &phrase[close + 1..]));
    each.flat_map(|one| ways(&one)).take(64).collect()
}

fn ripgrep(folder: &Path, phrases: &[String]) -> Spent {
    let list = folder.join("phrases");
    std::fs::write(&list, phrases.join("\n") + "\n").unwrap();
    let run = || {
        let mut spent = Spent::default();
        let command = || {
            Command::new("rg")
                .args([
                    "--fixed-strings",
                    "--ignore-case",
                    "--only-matching",
                    "--no-config",
                    "-j2",
                    "-f",
                ])
                .arg(&list)
                .arg(folder.join("0.txt"))
                .arg(folder.join("1.txt"))
                .stdout(Stdio::null())
                .status()
        };
        spent.on(command).is_ok_and(|status| status.success()).then_some(spent)
    };
    // The best of three where that takes little: the first run reads the disk.
    let runs = if text_mb(folder) < 50 { 3 } else { 1 };
    (0..runs).filter_map(|_| run()).min_by_key(|spent| spent.cores).unwrap_or_default()
}

/// Megabytes of text.
fn text_mb(folder: &Path) -> u64 {
    let size = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |data| data.len());
    (size("0.txt") + size("1.txt")) / 1_000_000
}

/// Reports on disk: read, parsed, judged again.
fn disk(plan: &Plan, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<u64> = (0..count as u64).collect();
    let sizes = parallel(&ids, |n| {
        let record = calls::call(*n);
        let json = report(&record, &plan.evaluate(&CallFacts::from(&record))).to_json();
        std::fs::write(folder.path().join(format!("{n}.json")), &json).unwrap();
        json.len()
    });
    let bytes = sizes.iter().sum::<usize>() as f64;
    let read = |n: &u64| {
        let json = std::fs::read_to_string(folder.path().join(format!("{n}.json"))).unwrap();
        Report::from_json(&json).unwrap().into_record().unwrap()
    };
    let row = |name: &str, time: Duration| {
        let seconds = time.as_secs_f64();
        let (calls, mb) = (count as f64 / seconds, bytes / 1e6 / seconds);
        println!("{name:44} {seconds:9.2} s {calls:9.0} calls/s {mb:8.1} MB/s of JSON");
    };
    let started = Instant::now();
    parallel(&ids, |n| read(n).utterances.len());
    row(&format!("{count} reports read"), started.elapsed());
    let started = Instant::now();
    parallel(&ids, |n| plan.evaluate(&CallFacts::from(&read(n))).len());
    row(&format!("{count} reports read and judged"), started.elapsed());
}

fn report(record: &CallRecord, cards: &[Scorecard]) -> Report {
    let ended = EndedCall {
        direction: None,
        media: Media {
            duration_ms: record.duration_ms,
            codec: "pcm_alaw".into(),
            sample_rate_hz: 8000,
            channels: 2,
            legs: Vec::new(),
            problems: Vec::new(),
        },
        transcript: Transcript {
            language: record.info.language.clone().unwrap(),
            engine: EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() },
            utterances: record.utterances.clone(),
            rejected: Vec::new(),
        },
        conversation: record.conversation.clone(),
        pii: Vec::new(),
        unheard: record.unheard.clone(),
        parties_confidence: record.parties_confidence,
    };
    let source = Source { file: "a.wav".into(), sha256: "0".repeat(64), settings: String::new() };
    Report::new(&record.info, source, &ended, cards, Timings::default())
}

/// What one more utterance of a live call costs: taken, searched, and all criteria asked for.
fn live(plan: &Plan) {
    let row = |name: &str, mut times: Vec<Duration>| {
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
        println!(
            "{name:44} p50 {} us, p99 {} us, max {} us an utterance",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    };
    let usual: Vec<CallRecord> = (0..200).map(calls::call).collect();
    row("live, usual calls", usual.iter().flat_map(|one| live_call(plan, one)).collect());
    let long: Vec<CallRecord> = (0..6).map(|n| calls::long_call(n, 500)).collect();
    row(
        "live, calls of 500 utterances",
        long.iter().flat_map(|one| live_call(plan, one)).collect(),
    );
}

/// The least of five runs, utterance by utterance: what the work takes, not what else the machine did.
fn live_call(plan: &Plan, record: &CallRecord) -> Vec<Duration> {
    let runs: Vec<Vec<Duration>> = (0..5).map(|_| live_run(plan, record)).collect();
    (0..record.utterances.len()).filter_map(|ix| runs.iter().map(|run| run[ix]).min()).collect()
}

fn live_run(plan: &Plan, record: &CallRecord) -> Vec<Duration> {
    let mut evaluation = Evaluation::new(plan, &record.info, record.parties_confidence);
    let measures = &record.conversation;
    let mut silences = measures.silences.iter().copied().peekable();
    let mut rates = measures.rates.iter().copied().peekable();
    let mut overtalk = measures.overtalk.iter().copied().peekable();
    let mut times = Vec::new();
    for one in &record.utterances {
        let horizon: AudioTime = one.span.start();
        let utterance = one.clone();
        let started = Instant::now();
        while let Some(one) = silences.next_if(|one| one.span.start() < horizon) {
            evaluation.observe(Fact::Silence(one)).unwrap();
        }
        while let Some(one) = rates.next_if(|one| one.span.start() < horizon) {
            evaluation.observe(Fact::Rate(one)).unwrap();
        }
        while let Some(one) = overtalk.next_if(|one| one.span.start() < horizon) {
            evaluation.observe(Fact::Overtalk(one)).unwrap();
        }
        evaluation.observe(Fact::Utterance(utterance)).unwrap();
        evaluation.advance(horizon);
        std::hint::black_box(evaluation.values());
        times.push(started.elapsed());
    }
    times
}

/// Over all that scorecards hold, quotes included.
fn digest(plan: &Plan) -> String {
    let ids: Vec<u64> = (0..DIGEST_CALLS).collect();
    let told = parallel(&ids, |n| {
        let record = calls::call(*n);
        let cards = plan.evaluate(&CallFacts::from(&record));
        let quotes = cards.iter().flat_map(|card| &card.findings);
        let quotes = quotes.flat_map(|finding| finding.verdict.evidence());
        let quotes: Vec<Option<&str>> =
            quotes.map(|one| one.quote.as_ref().map(|quote| quote.as_str())).collect();
        format!("{cards:?}{quotes:?}")
    });
    short(Sha256::new_with_prefix(told.concat()))
}

/// What a scorecard comes to, without its proofs.
fn told(card: &Scorecard) -> String {
    let each = card.findings.iter().map(|one| {
        let (verdict, points) = (one.verdict.as_str(), (one.weight, one.points));
        format!("{} {verdict} {points:?} {:?} {}", one.criterion, one.severity, one.confidence)
    });
    let each: Vec<String> = each.collect();
    let (score, range) = (card.score, card.range);
    format!("{:?} {:?} {score:?} {range:?} {each:?}", card.rubric.id, card.verdict)
}

fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kb.unwrap_or(0) / 1000
}
