//! Reports: the JSON against its schema, the pages in a real browser, the table of findings.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use lingting::audio::envelope::Envelope;
use lingting::audio::playback::{self as audio, Band};
use lingting::domain::*;
use lingting::report::csv::FindingsCsv;
use lingting::report::html::{self, Playback};
use lingting::report::index::{self, Missed, Outcome, Row};
use lingting::report::{UiLanguage, file_stem, masked, page_file_name};
use lingting::wire::report::{ReadError, Report, Source, Timings};
use serde_json::{Value, json};

/// What a caller could say to break a page or a spreadsheet.
const HOSTILE: &str =
    "</script><script>window.broken=1</script><img src=x onerror=window.broken=2>";

fn span(start_ms: u64, end_ms: u64) -> Span {
    Span::from_ms(start_ms, end_ms).unwrap()
}

fn utterance(id: u32, leg: u8, start_ms: u64, words: &[(&str, f32)]) -> Utterance {
    let at = |ix: usize| start_ms + 400 * ix as u64;
    Utterance {
        id,
        leg: LegIx(leg),
        speaker: leg,
        party: [Party::Agent, Party::Customer][usize::from(leg)],
        span: span(start_ms, at(words.len())),
        text: words.iter().map(|word| word.0).collect::<String>().into(),
        confidence: 0.875,
        words: (words.iter().enumerate())
            .map(|(ix, word)| Word {
                text: word.0.into(),
                span: span(at(ix), at(ix + 1)),
                confidence: word.1,
            })
            .collect(),
    }
}

fn evidence(kind: EvidenceKind, leg: u8, at: Option<Span>, quote: &str, matched: &str) -> Evidence {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let phrase = kind == EvidenceKind::Phrase;
    Evidence {
        kind,
        leg: at.map(|_| LegIx(leg)),
        span: at,
        quote: some(quote).map(Sensitive::new),
        matched: some(matched),
        how: phrase.then_some(How::Phonetic),
        distance: phrase.then_some(0.12),
        confidence: Some(0.84),
    }
}

fn finding(criterion: &str, title: &str, severity: Severity, verdict: Verdict) -> Finding {
    let weight = Points::from_hundredths(500);
    let points = if matches!(verdict, Verdict::Met(_)) { weight } else { Points::ZERO };
    Finding {
        criterion: CriterionId::new(criterion).unwrap(),
        title: title.to_owned(),
        verdict,
        severity,
        weight,
        points,
        confidence: 0.9,
    }
}

fn scorecard() -> Scorecard {
    let proof = |items| Proof::new(items).unwrap();
    let phrase = evidence(EvidenceKind::Phrase, 0, Some(span(500, 1300)), "您好，", "您好");
    let rude = evidence(
        EvidenceKind::Phrase,
        0,
        Some(span(9000, 10_600)),
        "=你自己看着办。",
        "自己看着办",
    );
    let window = evidence(EvidenceKind::Absence, 0, Some(span(500, 11_000)), "", "抱歉");
    let near = evidence(EvidenceKind::NearMiss, 0, Some(span(9000, 9400)), HOSTILE, "抱歉");
    let rings = evidence(EvidenceKind::Metadata, 0, None, "rings = 2", "rings ≤ 3");
    let doubt = Doubt { reason: DoubtReason::HeardTooPoorly, evidence: vec![] };
    Scorecard {
        rubric: RubricRef {
            id: RubricId::new("inbound-service-zh").unwrap(),
            version: 1,
            digest: "ab".repeat(32),
            title: "呼入服务规范".to_owned(),
        },
        score: Some(Points::from_hundredths(5000)),
        range: Some((Points::from_hundredths(4000), Points::from_hundredths(6000))),
        critical_score: Some(Points::ZERO),
        max: Points::from_hundredths(10_000),
        verdict: CallVerdict::Critical,
        applies_unknown: Vec::new(),
        findings: vec![
            finding("greeting_hello", "问候语", Severity::Minor, Verdict::Met(proof(vec![phrase]))),
            finding(
                "no_forbidden_phrase",
                "无服务禁语",
                Severity::Critical,
                Verdict::NotMet(proof(vec![rude])),
            ),
            finding(
                "apology_or_empathy",
                "致歉或安抚",
                Severity::Major,
                Verdict::NotMet(proof(vec![window, near])),
            ),
            finding(
                "answered_within_3_rings",
                "三声内接听",
                Severity::Minor,
                Verdict::Met(proof(vec![rings])),
            ),
            finding("speech_rate", "语速适中", Severity::Minor, Verdict::Undetermined(doubt)),
            finding("escalation", HOSTILE, Severity::Minor, Verdict::NotApplicable),
        ],
    }
}

fn ended() -> EndedCall {
    let leg = |ix: u8, party| Leg {
        leg: LegIx(ix),
        party,
        party_from: PartyFrom::Sidecar,
        party_confidence: 1.0,
        snr_db: Some(25.34),
        speech_dbfs: Some(-20.0),
    };
    let problem = |kind, at: Option<Span>| Problem {
        kind,
        leg: Some(LegIx(1)),
        span: at,
        detail: "-31.2 dB".to_owned(),
    };
    EndedCall {
        direction: None,
        media: Media {
            duration_ms: 12_000,
            codec: "pcm_mulaw".to_owned(),
            sample_rate_hz: 8000,
            channels: 2,
            legs: vec![leg(0, Party::Agent), leg(1, Party::Customer)],
            problems: vec![
                problem(ProblemKind::Crosstalk, None),
                problem(ProblemKind::Dtmf, Some(span(3000, 3200))),
            ],
        },
        transcript: Transcript {
            language: Language::chinese(),
            engine: EngineRef {
                name: "scripted".into(),
                model: "none".into(),
                sha256: String::new(),
            },
            utterances: vec![
                utterance(0, 0, 500, &[("您好，", 0.95), ("请讲。", 0.31)]),
                utterance(
                    1,
                    1,
                    4000,
                    &[
                        ("我的", 0.9),
                        ("电话", 0.9),
                        ("199", 0.9),
                        ("0000", 0.9),
                        ("6136，", 0.9),
                        (HOSTILE, 0.9),
                    ],
                ),
                utterance(2, 0, 9000, &[("你自己", 0.9), ("看着", 0.9), ("办。", 0.9)]),
            ],
            rejected: vec![Rejected {
                leg: LegIx(1),
                span: span(7000, 8000),
                text: "谢谢观看".into(),
                why: RejectReason::Boilerplate,
            }],
        },
        conversation: Conversation {
            manner: Manner::Spoken,
            talk_ms: PerParty { agent: 2000, customer: 2400 },
            silences: vec![Silence { span: span(1300, 4000), announced: false, hold: false }],
            overtalk: vec![Overtalk {
                span: span(9000, 9600),
                by: Party::Agent,
                after_ms: 1500,
                backchannel: false,
            }],
            rate_per_min: PerParty { agent: Some(260.04), customer: None },
            rates: vec![SpeakingRate {
                utterance: 2,
                party: Party::Agent,
                span: span(9000, 10_200),
                units: 6,
                per_min: 300.0,
            }],
            loudness: vec![Loudness {
                utterance: 2,
                party: Party::Agent,
                span: span(9000, 10_200),
                dbfs: f32::NEG_INFINITY,
            }],
            holds: vec![span(10_600, 11_500)],
            response_ms: vec![700],
        },
        pii: vec![Pii {
            kind: PiiKind::Phone,
            leg: LegIx(1),
            span: span(4800, 6000),
            masked: "199****6136".into(),
        }],
        unheard: vec![span(7000, 8000)],
        parties_confidence: 1.0,
    }
}

fn report(call_id: &str, scorecards: &[Scorecard]) -> Report {
    let info = CallInfo {
        direction: Some(Direction::Inbound),
        vendor: Some("卓信客服".into()),
        client: Some(HOSTILE.into()),
        agent_id: Some("3105".into()),
        agent_name: Some("+A3105".into()),
        customer_number: Some("19900006136".into()),
        started_at: Some("2026-10-25T16:38:06+08:00".into()),
        ring_ms: Some(5000),
        rings: Some(2),
        extra: [("priority".to_owned(), "3".to_owned())].into(),
        ..CallInfo::unknown(CallId::new(call_id).unwrap())
    };
    let source = Source {
        file: "calls/{{data}}.wav".into(),
        sha256: "0f".repeat(32),
        settings: "a1".repeat(32),
    };
    let timings = Timings { asr_s: 1.23456, total_s: f64::NAN, ..Timings::default() };
    Report::new(&info, source, &ended(), scorecards, timings)
}

/// Two tones, one a leg, where the utterances are: what is played, and its peaks.
fn audio(report: &Report) -> (Vec<u8>, Vec<Vec<u8>>) {
    let tone = |leg: u8| -> Vec<f32> {
        let talks = |at: f64| {
            let mut said = report.transcript.utterances.iter().filter(|u| u.leg == leg);
            said.any(|u| u.start_s <= at && at < u.end_s)
        };
        (0..12 * 16_000)
            .map(|ix| f64::from(ix) / 16_000.0)
            .map(|at| {
                if talks(at) { (at * 2000.0 * f64::from(leg + 1)).sin() as f32 * 0.4 } else { 0.0 }
            })
            .collect()
    };
    let legs = [tone(0), tone(1)];
    let mut wav = audio::Playback::new(Cursor::new(Vec::new()), 2, Band::Narrow, None).unwrap();
    wav.push(&[&legs[0], &legs[1]]).unwrap();
    let peaks = legs.iter().map(|leg| {
        let mut envelope = Envelope::new();
        envelope.push(leg);
        envelope.peaks(PEAKS_PER_S)
    });
    (wav.finish().unwrap().into_inner(), peaks.collect())
}

const PEAKS_PER_S: u32 = 20;

fn page(report: &Report, playback: Playback<'_>) -> String {
    html::page(report, playback, &audio(report).1, PEAKS_PER_S, UiLanguage::for_call("zh"))
}

fn schema_errors(report: &Value) -> Vec<String> {
    let schema = include_str!("../../schemas/report.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    validator.iter_errors(report).map(|error| error.to_string()).collect()
}

#[test]
fn a_report_meets_its_schema_and_reads_back() {
    for scorecards in [&[][..], &[scorecard(), scorecard()][..]] {
        let report = report("zh-1", scorecards);
        let json = report.to_json();
        assert_eq!(schema_errors(&serde_json::from_str(&json).unwrap()), [""; 0]);
        assert!(Report::from_json(&json).unwrap() == report, "what was written is read back");
        assert_eq!(json, self::report("zh-1", scorecards).to_json(), "the same bytes every time");
    }
}

#[test]
fn a_report_holds_the_contracts_values() {
    let json: Value = serde_json::from_str(&report("zh-1", &[scorecard()]).to_json()).unwrap();
    for (at, expected) in [
        ("/schema", json!("lingting/report/1")),
        ("/call/agent/id", json!("3105")),
        ("/call/customer/masked", json!("199****6136")),
        ("/call/ring_s", json!(5.0)),
        ("/call/extra/priority", json!(3)),
        ("/media/legs/0/snr_db", json!(25.3)),
        ("/transcript/utterances/1/words/2/start_s", json!(4.8)),
        ("/conversation/talk_s", json!({"agent": 2.0, "customer": 2.4})),
        ("/conversation/rate_per_min", json!({"agent": 260.0})),
        ("/conversation/loudness/0/dbfs", json!(-120.0)),
        ("/scorecards/0/verdict", json!("critical")),
        ("/scorecards/0/findings/1/critical", json!(true)),
        ("/scorecards/0/findings/4/reason", json!("heard_too_poorly")),
        ("/timings/asr_s", json!(1.235)),
        ("/timings/total_s", json!(0.0)),
    ] {
        assert_eq!(json.pointer(at), Some(&expected), "{at}");
    }
}

#[test]
fn the_schema_refuses_broken_reports() {
    let whole: Value = serde_json::from_str(&report("zh-1", &[scorecard()]).to_json()).unwrap();
    for gone in [
        "schema",
        "media",
        "timings",
        "call/call_id",
        "call/source/sha256",
        "media/legs/0/party",
        "transcript/utterances/0/words",
        "conversation/silences",
        "scorecards/0/digest",
        "scorecards/0/findings/1/evidence",
        "scorecards/0/findings/0/evidence/0/start_s",
        "scorecards/0/findings/4/reason",
        "pii/0/masked",
        "timings/total_s",
    ] {
        let mut broken = whole.clone();
        let (parent, key) = gone.rsplit_once('/').unwrap_or(("", gone));
        let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
        let object = broken.pointer_mut(&parent).and_then(Value::as_object_mut).unwrap();
        assert!(object.remove(key).is_some(), "{gone} is there");
        assert!(!schema_errors(&broken).is_empty(), "missing {gone} is noticed");
    }
    for (at, wrong) in [
        ("/schema", json!("lingting/report/2")),
        ("/scorecards/0/verdict", json!("good")),
        ("/scorecards/0/findings/1/evidence", json!([])),
        ("/transcript/utterances/0/confidence", json!(1.5)),
        ("/transcript/utterances/0/start_s", json!(null)),
        ("/call/source/sha256", json!("zz")),
    ] {
        let mut broken = whole.clone();
        *broken.pointer_mut(at).unwrap() = wrong;
        assert!(!schema_errors(&broken).is_empty(), "{at} is noticed");
    }
}

#[test]
fn another_contract_is_no_report() {
    let json = report("zh-1", &[]).to_json();
    let other = json.replace("lingting/report/1", "lingting/report/9");
    assert!(matches!(Report::from_json(&other), Err(ReadError::OtherSchema)));
    assert!(matches!(Report::from_json(&json[..99]), Err(ReadError::Malformed(_))));
    assert_eq!(format!("{:?}", report("zh-1", &[])), "Report(zh-1)", "no call text in a log");
}

#[test]
fn personal_data_is_starred_out_of_what_people_see() {
    let report = report("zh-1", &[scorecard()]);
    let said = &masked(&report).transcript.utterances[1];
    assert!(said.text.starts_with("我的电话199****6136，"), "{}", said.text);
    assert_eq!(said.words.len(), 4);
    let page = page(&report, Playback::None);
    assert!(
        !page.contains("00006136") && !page.contains("priority"),
        "nor is it in the page's data"
    );
}

#[test]
fn a_page_holds_no_call_text_as_markup_and_names_no_host() {
    let report = report("zh-1", &[scorecard()]);
    let (wav, _) = audio(&report);
    for playback in [Playback::Embedded(&wav), Playback::File("zh-1.wav"), Playback::None] {
        let page = page(&report, playback);
        assert_eq!(page.matches("<script").count(), 2, "the data and the script");
        assert!(!page.contains("<img"), "a caller's markup stays data");
        assert!(!page.contains("http:") && !page.contains("https:"), "nothing is fetched");
        assert!(page.contains("default-src 'none'"));
        assert!(page.contains("calls/{{data}}.wav"), "a value is no placeholder");
    }
}

#[test]
fn the_table_of_findings_opens_in_a_spreadsheet() {
    let mut table = FindingsCsv::new(Vec::new()).unwrap();
    table.add(&report("zh-1", &[scorecard()])).unwrap();
    let text = String::from_utf8(table.finish().unwrap()).unwrap();
    let body = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(body.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    let forbidden: Vec<&str> = rows[1].iter().take(10).collect();
    let expected = [
        "zh-1",
        "inbound-service-zh",
        "no_forbidden_phrase",
        "not_met",
        "critical",
        "0",
        "5",
        "9.000",
        "10.600",
        "'=你自己看着办。",
    ];
    assert_eq!(forbidden, expected);
    assert_eq!(&rows[2][9], HOSTILE, "an absence shows its nearest miss");
}

#[test]
fn a_call_named_index_keeps_the_index() {
    assert_eq!(page_file_name("Index"), "Index_.html");
    assert_eq!(page_file_name("zh-1"), "zh-1.html");
}

#[test]
fn no_two_calls_share_the_names_of_their_files() {
    let ends = ["", "_", ".private", ".private_", ".private__", ".redaction", ".call", ".Call"];
    let ids: Vec<String> =
        ["a", "index"].iter().flat_map(|id| ends.map(|end| format!("{id}{end}"))).collect();
    let stems: BTreeSet<String> = ids.iter().map(|id| file_stem(id)).collect();
    assert_eq!(stems.len(), ids.len(), "{stems:?}");
    for end in [".private", ".redaction", ".call"] {
        assert!(stems.iter().all(|stem| !stem.to_lowercase().ends_with(end)), "{stems:?}");
    }
}

fn write_run(dir: &Path) {
    let report = report("zh-1", &[scorecard()]);
    let (wav, _) = audio(&report);
    std::fs::write(dir.join("zh-1.html"), page(&report, Playback::Embedded(&wav))).unwrap();
    std::fs::write(dir.join("通话 #2.html"), page(&report, Playback::File("通话 #2.wav"))).unwrap();
    std::fs::write(dir.join("通话 #2.wav"), &wav).unwrap();
    std::fs::write(dir.join("silent.html"), page(&report, Playback::None)).unwrap();
    let good = Scorecard { verdict: CallVerdict::Pass, findings: vec![], ..scorecard() };
    let rows = [
        Row::new(&report),
        Row::new(&self::report("通话 #2", &[good])),
        Row::new(&self::report("silent", &[])),
    ];
    let missed = [
        Missed { file: HOSTILE.into(), outcome: Outcome::Failed, reason: "not audio".into() },
        Missed { file: "a.txt".into(), outcome: Outcome::Skipped, reason: "no recording".into() },
    ];
    std::fs::write(dir.join("index.html"), index::page(&rows, &missed, UiLanguage::Zh)).unwrap();
}

/// Needs Chromium and its driver. Without them it says so and passes, unless LINGTING_BROWSER=required.
#[test]
fn the_pages_work_in_a_browser() {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path());
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.py");
    let done = Command::new("python3").arg(script).arg(dir.path()).output();
    let required = std::env::var("LINGTING_BROWSER").is_ok_and(|value| value == "required");
    match done {
        Ok(done) if done.status.code() == Some(77) && !required => {
            eprintln!("skipped: chromium and chromedriver are not installed");
        }
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        }
        Err(_) if !required => eprintln!("skipped: python3 is not installed"),
        Err(error) => panic!("python3: {error}"),
    }
}
