//! How long does a search take among 5 million utterances, and how large is the index?
//!
//! `cargo bench --bench search [-- --calls N] [--folder DIR]` makes N calls (100,000) of 50 utterances on the mean
//! (see `calls/`), indexes them, and prints times of 200 different queries of each kind. With a folder, index,
//! texts and queries stay there, for `benches/search/peers.py` to put beside them.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod asked;
#[path = "../calls/mod.rs"]
mod calls;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use asked::Texts;
use calls::{Dice, TEAMS};
use lingting::domain::{Belongs, CallRecord};
use lingting::search::{CallDoc, CallMeasures, Rebuild, Request, SaidDoc, SearchIndex, WordAt};

const VERDICTS: [&str; 4] = ["pass", "pass", "fail", "critical"];
const QUEUES: [&str; 6] = ["售前", "售后", "投诉", "物流", "会员", "技术"];

fn main() {
    let arg = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let count: u64 = arg("--calls").map_or(100_000, |count| count.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = arg("--folder").map_or(temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let target = folder.join("index");
    if !target.exists() {
        build(count, &folder, &target);
    }
    let index = SearchIndex::open(&target).unwrap();
    println!("index: {:.1} MB, {} calls", megabytes(&target), index.calls());
    for (ending, bytes) in by_ending(&target) {
        println!("  {ending:<12} {:>8.1} MB", bytes as f64 / 1e6);
    }
    let texts = Texts::of(count);
    let mut out = BufWriter::new(File::create(folder.join("queries.tsv")).unwrap());
    println!(
        "\n| kind | p50 ms | p95 ms | max ms | calls found (median) | e.g. |\n|---|---|---|---|---|---|"
    );
    let mut times = BufWriter::new(File::create(folder.join("times.tsv")).unwrap());
    for (kind, requests) in texts.kinds() {
        let (report, totals, half, most) = timed(&index, &requests);
        println!("| {kind} | {report} |");
        writeln!(times, "{kind}\t{half}\t{most}").unwrap();
        for (request, total) in requests.iter().zip(totals) {
            let query = request.query.as_ref().map(ToString::to_string).unwrap_or_default();
            writeln!(out, "{kind}\t{query}\t{total}").unwrap();
        }
    }
    println!("\nmemory at its peak: {} MB", peak_mb());
}

fn build(count: u64, folder: &Path, target: &Path) {
    let texts = Mutex::new(BufWriter::new(File::create(folder.join("texts.tsv")).unwrap()));
    let (next, utterances, bytes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    let mut rebuild = Rebuild::begin(target).unwrap();
    let writer = &*rebuild.writer();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        break;
                    }
                    let doc = document(n, &calls::busy_call(n));
                    let mut lines = String::new();
                    for one in &doc.said {
                        lines += &format!("{}\t{n}\t{}\n", one.text, u8::from(one.leg > 0));
                        bytes.fetch_add(one.text.len() as u64, Ordering::Relaxed);
                    }
                    utterances.fetch_add(doc.said.len() as u64, Ordering::Relaxed);
                    texts.lock().unwrap().write_all(lines.as_bytes()).unwrap();
                    writer.put(&doc).unwrap();
                }
            });
        }
    });
    let put = started.elapsed();
    rebuild.finish(count as i64).unwrap();
    let all = started.elapsed().as_secs_f64();
    let (utterances, bytes) = (utterances.into_inner(), bytes.into_inner() as f64);
    let size = megabytes(target) * 1e6;
    println!(
        "{count} calls, {utterances} utterances, {:.1} MB of text: put in {:.1} s (making them up included), finished in \
         {all:.1} s\nindex / text: {:.2}",
        bytes / 1e6,
        put.as_secs_f64(),
        size / bytes
    );
}

fn document(n: u64, record: &CallRecord) -> CallDoc {
    let dice = &mut Dice::new(n ^ 0xFAC7);
    let team = dice.below(TEAMS);
    let info = &record.info;
    let said = record.utterances.iter().map(|one| {
        let mut chars = 0;
        let spaced = info.language.as_ref().is_some_and(|language| !language.is_chinese());
        let words = one.words.iter().map(|word| {
            let length = word.text.as_str().chars().count() as u32;
            let at = chars..chars + length;
            chars += length + u32::from(spaced);
            WordAt { chars: at, start_ms: word.span.start().ms(), end_ms: word.span.end().ms() }
        });
        SaidDoc {
            leg: one.leg.0,
            party: one.party,
            start_ms: one.span.start().ms(),
            end_ms: one.span.end().ms(),
            words: words.collect(),
            text: one.text.as_str().to_owned(),
        }
    });
    CallDoc {
        call_id: calls::id(n),
        belongs: Belongs {
            client: info.client.clone(),
            vendor: Some(format!("vendor-{}", team % 3)),
            project: Some(format!("project-{}", team % 8)),
            team: Some(format!("team-{team}")),
            agent: info.agent_id.clone(),
        },
        queue: Some(dice.pick(&QUEUES).to_owned()),
        direction: info.direction,
        language: info.language.as_ref().map(|language| language.as_str().to_owned()),
        started_us: calls::started_us(n),
        duration_ms: record.duration_ms,
        verdict: Some(dice.pick(&VERDICTS).to_owned()),
        score: Some(dice.below(101) as f32),
        risk: dice.below(1001) as u16,
        review_state: Some(dice.pick(&["open", "assigned", "settled"]).to_owned()),
        problems: if dice.chance(5) { vec!["clipped".into()] } else { Vec::new() },
        failed: (0..dice.below(4)).map(|_| format!("service/c{}", dice.below(30))).collect(),
        measures: CallMeasures {
            silence_longest_ms: Some(dice.below(60_000) as u64),
            overtalk_count: Some(dice.below(9) as u64),
            rate_agent: Some(180.0 + dice.below(160) as f32),
            rate_customer: Some(180.0 + dice.below(160) as f32),
            talk_share_agent: Some(dice.below(100) as f32 / 100.0),
        },
        said: said.collect(),
    }
}

/// A line of the table, and its first two times in milliseconds.
/// A line of the table, how many calls each request found, and the median and the 95th percentile of times in milliseconds.
fn timed(index: &SearchIndex, requests: &[Request]) -> (String, Vec<u64>, f64, f64) {
    let mut times: Vec<(f64, usize)> = Vec::new();
    let mut totals: Vec<u64> = Vec::new();
    for (ix, request) in requests.iter().enumerate() {
        let started = Instant::now();
        let found = index.find(request).unwrap();
        times.push((started.elapsed().as_secs_f64() * 1e3, ix));
        totals.push(found.total);
    }
    times.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let mut sorted = totals.clone();
    sorted.sort_unstable();
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    let slowest = requests[at(1.0).1].query.as_ref().map(ToString::to_string).unwrap_or_default();
    let median = sorted[sorted.len() / 2];
    let (half, most, longest) = (at(0.5).0, at(0.95).0, at(1.0).0);
    let line = format!("{half:.2} | {most:.2} | {longest:.2} | {median} | `{slowest}`");
    (line, totals, half, most)
}

fn by_ending(folder: &Path) -> Vec<(String, u64)> {
    let mut out = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.path();
        let ending = name.extension().unwrap_or_default().to_string_lossy().into_owned();
        *out.entry(ending).or_insert(0) += entry.metadata().unwrap().len();
    }
    out.into_iter().collect()
}

fn megabytes(folder: &Path) -> f64 {
    by_ending(folder).iter().map(|(_, bytes)| *bytes).sum::<u64>() as f64 / 1e6
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0)
        / 1024
}
