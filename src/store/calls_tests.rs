//! Calls, lists and decisions: one contract on both databases.

use super::calls::{CallRow, CardRow, FindingRow, NewCall, put};
use super::decisions::{Decision, HumanCard, decide, decisions, set_review, standing};
use super::fixture::Stores;
use super::list::{CallFilter, Column, Sort};
use super::{Store, StoreError};
use crate::domain::{Belongs, CallId, CallInfo, Grant, Message, Party, Scope, Sensitive};
use crate::rubric::{Plan, built_in};
use crate::session::chat::{ChatLog, judge};
use crate::wire::report::{Report, Source, Timings};

/// A report that a real chat was judged to.
pub(super) fn report() -> Report {
    let info = CallInfo::unknown(CallId::new("c1").unwrap());
    let messages: Vec<Message> =
        [(Party::Agent, "您好，请问有什么可以帮您？"), (Party::Customer, "我要投诉")]
            .into_iter()
            .map(|(party, text)| Message {
                party,
                at_ms: None,
                writer: u8::from(party == Party::Customer),
                text: Sensitive::new(text.to_owned()),
            })
            .collect();
    let log = ChatLog { info: &info, messages: &messages, problems: &[], sha256: "00" };
    let (ended, cards) = judge(&log, &Plan::compile(built_in().unwrap()));
    let source = Source { file: "c1.csv".into(), sha256: "00".into(), settings: "s".into() };
    Report::new(&info, source, &ended, &cards, Timings::default())
}

fn row(number: i64, client: &str, team: &str) -> CallRow {
    CallRow {
        id: format!("id-{number:03}"),
        external_id: format!("c{number}"),
        sha256: format!("{number:064}"),
        kind: "call".into(),
        file: "c.wav".into(),
        direction: None,
        belongs: Belongs {
            client: Some(client.into()),
            team: Some(team.into()),
            ..Belongs::default()
        },
        queue: None,
        customer: None,
        language: "zh".into(),
        started_us: 1_000 + number,
        received_us: 2_000,
        analysed_us: 3_000,
        duration_ms: 60_000,
        verdict: if number % 2 == 0 { "pass" } else { "fail" }.into(),
        score_milli: Some(80_000),
        risk: number * 7 % 50,
        problems: vec!["clipping".into()],
        measures: "{}".into(),
        source: None,
        audio: Some("a".into()),
        redacted_audio: None,
        private: None,
        rev: 0,
        review_state: "open".into(),
        assigned_to: None,
        held: false,
    }
}

fn finding(verdict: &str) -> FindingRow {
    FindingRow {
        rubric: "r".into(),
        criterion: "greeting".into(),
        title: "问候".into(),
        verdict: verdict.into(),
        severity: "minor".into(),
        weight_milli: 5_000,
        points_milli: 0,
        confidence_milli: 900,
        leg: Some(0),
        start_ms: Some(10),
        end_ms: Some(500),
        quote: Some("喂".into()),
    }
}

fn card() -> CardRow {
    CardRow {
        rubric: "r".into(),
        version: 1,
        digest: "d".into(),
        verdict: "fail".into(),
        score_milli: Some(55_000),
        human_verdict: None,
        human_score_milli: None,
    }
}

async fn keep(
    store: &Store,
    row: &CallRow,
    report: &Report,
    verdict: &str,
) -> Result<i64, StoreError> {
    let tx = store.begin().await?;
    let (cards, findings) = ([card()], [finding(verdict)]);
    let new = NewCall {
        row,
        report,
        settings: "s",
        peaks: &[1, 20, 9],
        cards: &cards,
        findings: &findings,
    };
    let rev = put(&tx, &new).await?;
    tx.commit().await?;
    Ok(rev)
}

#[tokio::test]
async fn a_call_reads_back_as_it_was_kept() {
    let report = report();
    for (name, store) in Stores::new().await.each() {
        let row = row(1, "甲", "组1");
        assert_eq!(keep(store, &row, &report, "not_met").await.unwrap(), 1, "{name}");
        let back = store.call("id-001").await.unwrap().unwrap();
        assert!(back == CallRow { rev: 1, ..row.clone() }, "{name}");
        assert!(store.report("id-001").await.unwrap().unwrap() == report, "{name}");
        assert_eq!(store.peaks("id-001").await.unwrap(), Some(vec![1, 20, 9]), "{name}");
        assert_eq!(store.cards("id-001").await.unwrap(), [card()], "{name}");
        assert!(store.findings("id-001").await.unwrap() == [finding("not_met")], "{name}");
        assert!(store.call_by_content(&row.sha256).await.unwrap().is_some(), "{name}");
        // Analysed again it is the same call; the same content under another id is refused.
        assert_eq!(keep(store, &row, &report, "met").await.unwrap(), 2, "{name}");
        assert_eq!(store.findings("id-001").await.unwrap().len(), 1, "{name}");
        let other = CallRow { id: "id-002".into(), ..row };
        let refused = keep(store, &other, &report, "met").await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{name}");
        assert_eq!(
            store.events_after(0, 10).await.unwrap().len(),
            2,
            "{name}: none of a refused call"
        );
    }
}

#[tokio::test]
async fn lists_are_paged_without_gaps_and_show_what_the_scope_covers() {
    let report = report();
    for (name, store) in Stores::new().await.each() {
        for number in 0..20 {
            let (client, team) =
                (["甲", "乙"][(number % 2) as usize], ["组1", "组2"][(number / 10) as usize]);
            keep(store, &row(number, client, team), &report, "not_met").await.unwrap();
        }
        let mut filter = CallFilter { limit: 3, sort: Sort::Risk, ..CallFilter::default() };
        let mut all = Vec::new();
        loop {
            let page = store.list(&filter, &Scope::All).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.after = Some((last.risk, last.id.clone()));
            all.extend(page.into_iter().map(|row| (row.risk, row.id)));
        }
        assert_eq!(all.len(), 20, "{name}");
        assert!(all.is_sorted_by(|a, b| a > b), "{name}: {all:?}");
        let grant = |client: Option<&str>, team: Option<&str>| {
            Grant(Belongs {
                client: client.map(str::to_owned),
                team: team.map(str::to_owned),
                ..Belongs::default()
            })
        };
        let count =
            async |filter: &CallFilter, scope: Scope| store.count(filter, &scope).await.unwrap();
        let any = CallFilter::default();
        assert_eq!(count(&any, Scope::Of(vec![grant(Some("甲"), None)])).await, 10, "{name}");
        assert_eq!(count(&any, Scope::Of(vec![grant(Some("甲"), Some("组1"))])).await, 5, "{name}");
        assert_eq!(
            count(&any, Scope::Of(vec![grant(Some("甲"), Some("组1")), grant(None, Some("组2"))]))
                .await,
            15,
            "{name}"
        );
        assert_eq!(count(&any, Scope::Of(Vec::new())).await, 0, "{name}");
        assert_eq!(count(&any, Scope::Of(vec![Grant::default()])).await, 0, "{name}");
        let passed =
            CallFilter { equal: vec![(Column::Verdict, "pass".into())], ..CallFilter::default() };
        assert_eq!(count(&passed, Scope::All).await, 10, "{name}");
        let failed = CallFilter {
            failed: Some("greeting".into()),
            from_us: Some(1_015),
            ..CallFilter::default()
        };
        assert_eq!(count(&failed, Scope::All).await, 5, "{name}");
        // What is asked for is a value and never a piece of SQL.
        let evil = CallFilter {
            equal: vec![(Column::Client, "' OR 1=1 --".into())],
            ..CallFilter::default()
        };
        assert_eq!(count(&evil, Scope::All).await, 0, "{name}");
    }
}

fn decision(id: &str, decision: &str, verdict: &str, at_us: i64) -> Decision {
    Decision {
        id: id.into(),
        call_id: "id-001".into(),
        rubric: "r".into(),
        criterion: "greeting".into(),
        machine_verdict: "not_met".into(),
        decision: decision.into(),
        verdict: verdict.into(),
        comment: "听得清".into(),
        by: "p1".into(),
        at_us,
    }
}

#[tokio::test]
async fn the_newest_decision_counts_and_nobody_decides_on_what_they_have_not_seen() {
    let report = report();
    for (name, store) in Stores::new().await.each() {
        keep(store, &row(1, "甲", "组1"), &report, "not_met").await.unwrap();
        let human =
            [HumanCard { rubric: "r".into(), verdict: "pass".into(), score_milli: Some(60_000) }];
        let tx = store.begin().await.unwrap();
        assert_eq!(
            decide(&tx, &decision("d1", "overturn", "met", 10), 1, &human).await.unwrap(),
            2
        );
        tx.commit().await.unwrap();
        let tx = store.begin().await.unwrap();
        let stale = decide(&tx, &decision("d2", "agree", "not_met", 11), 1, &[]).await;
        assert!(matches!(stale, Err(StoreError::Conflict(_))), "{name}");
        drop(tx);
        let card = &store.cards("id-001").await.unwrap()[0];
        assert_eq!(
            (card.score_milli, card.human_score_milli),
            (Some(55_000), Some(60_000)),
            "{name}"
        );
        let share = |precision: &super::decisions::Precision| {
            (precision.violations.right, precision.violations.of)
        };
        assert_eq!(share(&store.precision(&Scope::All).await.unwrap()[0]), (0, 1), "{name}");
        let tx = store.begin().await.unwrap();
        decide(&tx, &decision("d3", "agree", "not_met", 12), 2, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let all = decisions(store, "id-001").await.unwrap();
        assert_eq!(all.len(), 2, "{name}: nothing is edited");
        assert_eq!(standing(&all).iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["d3"]);
        assert_eq!(share(&store.precision(&Scope::All).await.unwrap()[0]), (1, 1), "{name}");
        assert!(store.precision(&Scope::Of(Vec::new())).await.unwrap().is_empty(), "{name}");
        assert_eq!(store.cards("id-001").await.unwrap()[0].human_score_milli, None, "{name}");
        let tx = store.begin().await.unwrap();
        set_review(&tx, "id-001", 3, "settled", Some("p1"), 13).await.unwrap();
        assert!(matches!(
            set_review(&tx, "none", 1, "settled", None, 13).await,
            Err(StoreError::NotFound(_))
        ));
        tx.commit().await.unwrap();
        let call = store.call("id-001").await.unwrap().unwrap();
        assert_eq!((call.review_state.as_str(), call.rev), ("settled", 4), "{name}");
    }
}
