//! A data folder as `lingting serve` leaves it after N calls, without anybody having spoken them.
//!
//! `cargo bench --bench fill -- --data DIR [--calls N]` makes N calls (100,000) of 50 utterances on the mean (see
//! `calls/`), judges each by the built-in rubrics, stars its personal data, and keeps it as the service does: ledger,
//! job, call, report, scorecards, findings and event. Made up are only what audio would give: words, and no
//! recording. `lingting rebuild search` and `lingting rebuild lake` make what is derived.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../search/asked.rs"]
mod asked;
#[path = "../calls/mod.rs"]
mod calls;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use asked::Texts;
use calls::{Dice, TEAMS, started_us};
use lingting::app::service::facts::{self, Kept};
use lingting::domain::{
    CallRecord, EndedCall, EngineRef, Leg, LegIx, Media, Party, PartyFrom, Transcript,
};
use lingting::rubric::{CallFacts, Plan, WhoSpeaks, built_in};
use lingting::store::calls::{CallRow, CardRow, FindingRow, NewCall, put};
use lingting::store::ledger::{self, Sighting};
use lingting::store::{Store, jobs, now_us};
use lingting::text::pii::{Conceal, conceal, find};
use lingting::wire::report::{Report, Source, Timings};
use tokio::sync::mpsc;

/// Calls of a transaction.
const BATCH: usize = 500;
const MAKERS: usize = 2;
const OWNER: &str = "fill";
/// How long a batch may take, in microseconds. Nobody else is there to take it over, however slow the machine is.
const LEASE_US: i64 = 24 * 3_600 * 1_000_000;

struct Made {
    row: CallRow,
    report: Report,
    cards: Vec<CardRow>,
    findings: Vec<FindingRow>,
}

#[tokio::main]
async fn main() {
    let arg = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let count: u64 = arg("--calls").map_or(100_000, |count| count.parse().unwrap());
    let data = PathBuf::from(arg("--data").expect("--data DIR"));
    std::fs::create_dir_all(&data).unwrap();
    let store = data.join("lingting.db");
    assert!(!store.exists(), "{} is there already", store.display());
    let store = Store::open(&format!("sqlite:{}", store.display())).await.unwrap();
    let started = Instant::now();
    let (plan, next) = (Arc::new(Plan::compile(built_in().unwrap())), Arc::new(AtomicU64::new(0)));
    let (send, mut receive) = mpsc::channel::<Made>(2 * BATCH);
    for _ in 0..MAKERS {
        let (plan, next, send) = (Arc::clone(&plan), Arc::clone(&next), send.clone());
        std::thread::spawn(move || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count || send.blocking_send(made(n, &plan)).is_err() {
                    break;
                }
            }
        });
    }
    drop(send);
    let (mut batch, mut kept, mut turn) = (Vec::new(), 0, 0);
    while receive.recv_many(&mut batch, BATCH).await > 0 {
        kept += batch.len();
        keep(&store, &batch, &mut turn).await;
        if kept / 10_000 > (kept - batch.len()) / 10_000 {
            println!("{kept} calls in {:.0} s", started.elapsed().as_secs_f64());
        }
        batch.clear();
    }
    store.close().await.unwrap();
    std::fs::write(data.join("requests.tsv"), requests(count)).unwrap();
    let size = std::fs::metadata(data.join("lingting.db")).unwrap().len();
    let took_s = started.elapsed().as_secs_f64();
    println!("{kept} calls in {took_s:.0} s, the store has {:.0} MB", size as f64 / 1e6);
}

/// What `benches/serve/run` asks, a request a line: kind, method, path, body.
fn requests(count: u64) -> String {
    let mut out = String::new();
    for (kind, requests) in Texts::of(count).kinds() {
        for request in &requests {
            out += &format!("{kind}\tPOST\t/api/v1/search\t{}\n", asked::body(request));
        }
    }
    let mut get = |kind: &str, path: &dyn Fn(u64) -> String| {
        (0..asked::QUERIES as u64).for_each(|ix| out += &format!("{kind}\tGET\t{}\t\n", path(ix)));
    };
    let some = |ix: u64| calls::id(ix * 7919 % count);
    let day = |ix: u64| jiff::Timestamp::from_microsecond(started_us(ix * 7919 % count)).unwrap();
    get("calls by risk", &|_| "/api/v1/calls".into());
    get("calls by time, of a team", &|ix| {
        format!("/api/v1/calls?sort=time&limit=50&team=team-{}", ix % TEAMS as u64)
    });
    get("calls by risk, failed, of a team, since", &|ix| {
        let team = ix % TEAMS as u64;
        format!("/api/v1/calls?verdict=fail&team=team-{team}&from={}", day(ix))
    });
    get("one call with its scorecards", &|ix| format!("/api/v1/calls/{}", some(ix)));
    get("a call's findings", &|ix| format!("/api/v1/calls/{}/findings", some(ix)));
    get("a call's report", &|ix| format!("/api/v1/calls/{}/report", some(ix)));
    get("totals of the ledger", &|_| "/api/v1/ledger/totals".into());
    out
}

async fn keep(store: &Store, batch: &[Made], turn: &mut u64) {
    let now = now_us();
    let tx = store.begin().await.unwrap();
    for one in batch {
        let file = Sighting {
            source: "fill".into(),
            path: one.row.file.clone(),
            size: 4_000_000,
            modified_us: one.row.started_us,
        };
        let entry = ledger::see(&tx, &file, now).await.unwrap();
        ledger::settle(&tx, &entry.id, None, 1, now).await.unwrap();
        ledger::claim(&tx, &entry.id, now).await.unwrap();
        ledger::done(&tx, &entry.id, &one.row.sha256, now).await.unwrap();
        let settings = &one.report.call.source.settings;
        let new = NewCall {
            row: &one.row,
            report: &one.report,
            settings,
            peaks: &[],
            cards: &one.cards,
            findings: &one.findings,
        };
        put(&tx, &new).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut leased = Vec::new();
    while let Some(job) =
        store.claim(ledger::ANALYSE, OWNER, LEASE_US, *turn, now_us()).await.unwrap()
    {
        leased.push(job.id);
        *turn += 1;
    }
    let tx = store.begin().await.unwrap();
    for id in leased {
        jobs::finish(&tx, &id, OWNER, now_us()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The n-th call, analysed.
fn made(n: u64, plan: &Plan) -> Made {
    let CallRecord { mut info, utterances, conversation, duration_ms, parties_confidence, unheard } =
        calls::busy_call(n);
    let team = Dice::new(n ^ 0xFAC7).below(TEAMS);
    info.vendor = Some(format!("vendor-{}", team % 3));
    info.project = Some(format!("project-{}", team % 8));
    info.team = Some(format!("team-{team}"));
    let started = jiff::Timestamp::from_microsecond(started_us(n)).unwrap();
    info.started_at = Some(started.to_string());
    let cards = &mut plan.evaluate(&CallFacts {
        info: &info,
        utterances: &utterances,
        conversation: &conversation,
        duration_ms,
        parties_confidence,
        who: WhoSpeaks::Told,
        direction_told: true,
        unheard: &unheard,
    });
    let leg = |ix, party| Leg {
        leg: LegIx(ix),
        party,
        party_from: PartyFrom::Evidence,
        party_confidence: parties_confidence,
        snr_db: Some(24.0),
        speech_dbfs: Some(-21.0),
    };
    let media = Media {
        duration_ms,
        codec: "pcm_alaw".into(),
        sample_rate_hz: 8_000,
        channels: 2,
        legs: vec![leg(0, Party::Agent), leg(1, Party::Customer)],
        problems: Vec::new(),
    };
    let engine = EngineRef { name: "none".into(), model: "none".into(), sha256: String::new() };
    let language = info.language.clone().unwrap();
    let mut ended = EndedCall {
        media,
        pii: find(&utterances),
        transcript: Transcript { language, engine, utterances, rejected: Vec::new() },
        conversation,
        direction: None,
        unheard,
        parties_confidence,
    };
    conceal(&mut info, &mut ended, cards, Conceal::All);
    let sha256 = format!("{n:064x}");
    let file = format!("{:08}.wav", n);
    let source = Source { file, sha256, settings: "fill".into() };
    let mut report = Report::new(&info, source, &ended, cards, Timings::default());
    report.masked = true;
    let kept = Kept {
        id: calls::id(n),
        received_us: started_us(n),
        analysed_us: started_us(n) + 600_000_000,
        source: None,
        audio: None,
        redacted_audio: None,
        private: None,
    };
    let row = facts::call_row(&report, kept);
    Made { row, cards: facts::cards(&report), findings: facts::findings(&report), report }
}
