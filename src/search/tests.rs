//! Searches over a real index in a temporary folder, as tables.

use std::path::Path;

use super::*;
use crate::domain::{Belongs, Direction, Grant, Party, Scope};

/// `a` says, `c` answers: each line two seconds after the one before, a character 200 ms.
pub(super) fn call(id: &str, lines: &[(char, &str)]) -> CallDoc {
    let mut at_ms = 1_000;
    let mut said = Vec::new();
    for &(who, text) in lines {
        let party = match who {
            'a' => Party::Agent,
            'c' => Party::Customer,
            _ => Party::Unknown,
        };
        let start_ms = at_ms;
        let mut words = Vec::new();
        for ix in 0..text.chars().count() as u32 {
            words.push(WordAt { chars: ix..ix + 1, start_ms: at_ms, end_ms: at_ms + 200 });
            at_ms += 200;
        }
        let leg = u8::from(party != Party::Agent);
        said.push(SaidDoc { leg, party, start_ms, end_ms: at_ms, text: text.into(), words });
        at_ms += 2_000;
    }
    CallDoc { call_id: id.into(), duration_ms: at_ms, said, ..CallDoc::default() }
}

fn belongs(client: &str, team: &str) -> Belongs {
    Belongs { client: Some(client.into()), team: Some(team.into()), ..Belongs::default() }
}

/// Six calls, whose ids are letters.
pub(super) fn calls() -> Vec<CallDoc> {
    let mut all = vec![
        call(
            "a",
            &[
                ('a', "您好，請問有什麼可以幫您？"),
                ('c', "我的信用卡被盗刷了，我要投诉。"),
                ('a', "非常抱歉，马上为您退款。"),
                ('c', "那我等四十八小时。"),
            ],
        ),
        call(
            "b",
            &[
                ('a', "您好，这里是客服中心。"),
                ('c', "我要头数你们，没有信用。"),
                ('a', "投诉电话是12345。"),
            ],
        ),
        call("c", &[('c', "我要退一赔三"), ('a', "不好意思，再见")]),
        call(
            "d",
            &[
                ('a', "Thank you for calling, how may I help you?"),
                ('c', "I want my money back. Refunds take too long."),
                ('a', "I am sorry, we'll refund you."),
            ],
        ),
        call("e", &[('a', "产品和服务都很好"), ('c', "这件和服多少钱")]),
        call("f", &[('a', "Ｈello，再见"), ('u', "投诉")]),
    ];
    for (ix, one) in all.iter_mut().enumerate() {
        one.risk = [900, 500, 500, 100, 700, 0][ix];
        one.started_us = 1_000_000 * ix as i64;
        one.score = [Some(40.0), Some(60.0), None, Some(90.0), Some(100.0), None][ix];
        one.belongs = belongs(if ix < 3 { "甲" } else { "乙" }, ["1", "2"][ix % 2]);
        one.verdict = Some(["critical", "fail", "pass"][ix / 2].into());
        one.direction = Some(if ix == 5 { Direction::Outbound } else { Direction::Inbound });
        one.failed = [vec!["r/hello"], vec!["r/hello", "r/bye"], vec![], vec![], vec![], vec![]]
            [ix]
            .iter()
            .map(|&name: &&str| name.to_owned())
            .collect();
        one.measures.silence_longest_ms = (ix < 2).then_some(5_000 * (ix as u64 + 1));
    }
    all
}

pub(super) fn filled(path: &Path) -> SearchIndex {
    filled_by(path, usize::MAX)
}

/// With so many calls a segment.
fn filled_by(path: &Path, calls_max: usize) -> SearchIndex {
    let index = SearchIndex::open_or_create(path).unwrap();
    let mut writer = index.writer(Effort::Serving).unwrap();
    for (ix, one) in calls().into_iter().enumerate() {
        if ix > 0 && ix % calls_max == 0 {
            writer.commit(1).unwrap();
        }
        writer.put(&one).unwrap();
    }
    writer.commit(42).unwrap();
    index
}

fn request(query: &str) -> Request {
    let query = (!query.is_empty()).then(|| parse(query).unwrap());
    Request { query, order: Order::Oldest, hits_max: 50, ..Request::new(Scope::All) }
}

fn ids(found: &Found) -> String {
    found.calls.iter().map(|call| call.call_id.as_str()).collect()
}

#[test]
fn many_segments_answer_as_one() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (one, many) = (filled(folders[0].path()), filled_by(folders[1].path(), 1));
    assert_eq!((one.segments().len(), many.segments().len()), (1, 6));
    for query in ["", "投诉", "抱歉 NEAR/9 退款"] {
        for order in [Order::Risk, Order::Newest, Order::Oldest, Order::Relevance] {
            for limit in [0, 1, 2, 20] {
                let facets = vec![Fact::Verdict, Fact::Agent, Fact::Failed];
                let asked = Request { order, limit, facets, ..request(query) };
                let [one, many] = [&one, &many].map(|index| index.find(&asked).unwrap());
                assert_eq!(one, many, "{query} {order:?} {limit}");
            }
        }
    }
}

#[test]
fn queries_find_what_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    for (query, want) in [
        // characters: any substring, over marks, in either script and width
        ("投诉", "abf"),
        ("盗刷", "a"),
        ("赔三", "c"),
        ("\"好请问\"", "a"),
        ("請問有什麼", "a"),
        ("\"卡被盗刷了我要\"", "a"),
        ("卡", "a"),
        ("三", "c"),
        ("234", "b"),
        ("5", "b"),
        ("hello", "f"),
        // words, stems
        ("refund", "d"),
        ("refunded", "d"),
        ("\"refund take\"", "d"),
        ("\"take refund\"", ""),
        ("we’ll", "d"),
        ("word:和服", "e"),
        ("和服", "e"),
        ("word:信用", "b"),
        ("word:信用卡", "a"),
        ("word:refund", "d"),
        ("退款投诉", ""),
        ("抱歉马上退款", "a"),
        ("\"抱歉马上退款\"", ""),
        // no phrase runs over the end of an utterance
        ("\"再见投诉\"", ""),
        // and, or, not
        ("您好 投诉", "ab"),
        ("您好 -盗刷", "b"),
        ("-您好", "cdef"),
        ("退一赔三 OR refund", "cd"),
        ("(盗刷 OR 客服) 您好", "ab"),
        ("-(盗刷 OR 客服) 投诉", "f"),
        // sounds
        ("~投诉", "abf"),
        ("sounds:头数", "abf"),
        ("~星用", "ab"),
        ("~riefund", "d"),
        ("~\"sory well\"", "d"),
        // who
        ("agent:投诉", "b"),
        ("customer:投诉", "a"),
        ("customer:(投诉 OR 头数)", "ab"),
        ("agent:customer:投诉", ""),
        ("agent:(您好 抱歉)", "a"),
        ("投诉 -agent:投诉", "af"),
        // when
        ("first:2s(您好)", "ab"),
        ("first:2s(投诉)", ""),
        ("last:1s(投诉)", "f"),
        ("last:30s(投诉)", "abf"),
        // near, before, after
        ("信用卡 NEAR/3 投诉", ""),
        ("信用卡 NEAR/5 投诉", ""),
        ("信用卡 NEAR/6 投诉", "a"),
        ("投诉 NEAR/6 信用卡", "a"),
        ("投诉 NEAR/40 抱歉", ""),
        ("投诉 NEAR 抱歉 within 3s", "a"),
        ("投诉 NEAR 抱歉 within 1s", ""),
        ("投诉 BEFORE 抱歉", "a"),
        ("抱歉 BEFORE 投诉", ""),
        ("抱歉 AFTER 投诉", "a"),
        ("投诉 BEFORE 退款 within 3s", ""),
        ("投诉 BEFORE 退款 within 5s", "a"),
        ("customer:投诉 BEFORE agent:(抱歉 OR 对不起)", "a"),
        // not in
        ("信用 NOT IN 信用卡", "b"),
        ("投诉 NOT IN (投诉电话 OR 我要投诉)", "f"),
    ] {
        let found = index.find(&request(query)).unwrap();
        assert_eq!(ids(&found), want, "{query}");
        assert_eq!(found.total, want.len() as u64, "{query}");
    }
}

#[test]
fn hits_show_what_to_light_up_and_where_to_play() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    for (query, id, want) in [
        ("盗刷", "a", "1:盗刷"),
        ("投诉 BEFORE 抱歉", "a", "1:投诉 2:抱歉"),
        ("請問", "a", "0:請問"),
        ("四十八", "a", "3:四十八"),
        ("您好 抱歉 -再见", "a", "0:您好 2:抱歉"),
        ("~投诉", "b", "1:头数 2:投诉"),
        ("refund", "d", "1:Refunds 2:refund"),
        ("信用 NOT IN 信用卡", "b", "1:信用"),
        ("我要投诉", "a", "1:我要投诉"),
        ("\"我要\" OR 要投", "a", "1:我要投"),
    ] {
        let found = index.find(&request(query)).unwrap();
        let call = found.calls.iter().find(|call| call.call_id == id).expect(query);
        let mut got = Vec::new();
        for hit in &call.hits {
            for mark in &hit.marks {
                let chars = hit.text.chars().skip(mark.chars.start);
                let text: String = chars.take(mark.chars.len()).collect();
                // A character is 200 ms, from the utterance's start.
                assert_eq!(mark.start_ms, hit.start_ms + 200 * mark.chars.start as u64, "{query}");
                assert_eq!(mark.end_ms, hit.start_ms + 200 * mark.chars.end as u64, "{query}");
                got.push(format!("{}:{text}", hit.utterance));
            }
        }
        assert_eq!(got.join(" "), want, "{query}");
        assert_eq!(call.hits_total, call.hits.len());
    }
}

#[test]
fn filters_and_scopes_restrict_what_is_found_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    let fact = |fact, values: &[&str]| {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        Filters { facts: [(fact, values)].into(), ..Filters::default() }
    };
    let measure = |measure, at_least, at_most| Filters {
        measures: [(measure, Bounds { at_least, at_most })].into(),
        ..Filters::default()
    };
    let of = |client: &str| {
        Scope::Of(vec![Grant(Belongs { client: Some(client.into()), ..Belongs::default() })])
    };
    for (filters, scope, query, want) in [
        (Filters::default(), Scope::All, "", "abcdef"),
        (Filters::default(), of("甲"), "", "abc"),
        (Filters::default(), of("甲"), "投诉", "ab"),
        (Filters::default(), of("丙"), "投诉", ""),
        (Filters::default(), Scope::Of(Vec::new()), "", ""),
        (Filters::default(), Scope::Of(vec![Grant::default()]), "", ""),
        (
            Filters::default(),
            Scope::Of(vec![Grant(belongs("甲", "1")), Grant(belongs("乙", "2"))]),
            "",
            "acdf",
        ),
        (fact(Fact::Client, &["乙"]), of("甲"), "", ""),
        (fact(Fact::Verdict, &["fail", "pass"]), Scope::All, "", "cdef"),
        (fact(Fact::Failed, &["r/bye"]), Scope::All, "", "b"),
        (fact(Fact::Direction, &["outbound"]), Scope::All, "投诉", "f"),
        (measure(Measure::Score, Some(50.0), Some(90.0)), Scope::All, "", "bd"),
        (measure(Measure::SilenceLongestMs, Some(5_001.0), None), Scope::All, "", "b"),
        (measure(Measure::Risk, None, Some(500.0)), Scope::All, "", "bcdf"),
        (
            Filters { from_us: Some(1_000_000), to_us: Some(3_000_000), ..Filters::default() },
            Scope::All,
            "",
            "bc",
        ),
    ] {
        let request = Request { filters, scope, ..request(query) };
        assert_eq!(ids(&index.find(&request).unwrap()), want, "{request:?}");
        assert_eq!(index.count(&request).unwrap(), want.len() as u64);
    }
}

#[test]
fn facets_count_calls_as_if_they_were_not_filtered_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    let mut asked = request("投诉");
    asked.facets = vec![Fact::Client, Fact::Verdict, Fact::Failed, Fact::Problem];
    asked.filters.facts = [(Fact::Client, vec!["甲".into()])].into();
    let found = index.find(&asked).unwrap();
    assert_eq!(ids(&found), "ab");
    let shown = |facet: &Facet| {
        facet
            .values
            .iter()
            .map(|(value, count)| format!("{value} {count}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let got: Vec<String> = found.facets.iter().map(shown).collect();
    assert_eq!(got, ["甲 2, 乙 1", "critical 2", "r/hello 2, r/bye 1", ""]);
    asked.scope =
        Scope::Of(vec![Grant(Belongs { client: Some("甲".into()), ..Belongs::default() })]);
    assert_eq!(shown(&index.find(&asked).unwrap().facets[0]), "甲 2");
}

#[test]
fn pages_follow_one_another_in_every_order() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    for (order, want) in [
        (Order::Risk, "aecbdf"),
        (Order::Newest, "fedcba"),
        (Order::Oldest, "abcdef"),
        (Order::Relevance, "fedcba"),
    ] {
        for limit in 1..7 {
            let mut asked = Request { order, limit, ..request("") };
            let mut got = String::new();
            loop {
                let found = index.find(&asked).unwrap();
                assert_eq!(found.total, 6);
                got += &ids(&found);
                match found.next {
                    Some(next) => asked.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(got, want, "{order:?} by {limit}");
        }
        let wrong = Request { order, after: Some("x1.2.3".into()), ..request("") };
        assert!(matches!(index.find(&wrong), Err(SearchError::PageMark)));
    }
    let best = index.find(&Request { order: Order::Relevance, ..request("信用 OR 投诉") }).unwrap();
    assert!(best.calls.windows(2).all(|two| two[0].relevance >= two[1].relevance));
    assert!(best.calls.iter().all(|call| call.relevance > 0.0));
    assert_eq!(&ids(&best)[2..], "f");
}

#[test]
fn too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    for asked in [Request { limit: 201, ..request("") }, Request { hits_max: 51, ..request("") }] {
        assert!(matches!(index.find(&asked), Err(SearchError::TooMuch { .. })));
    }
}

#[test]
fn a_call_put_again_replaces_itself_and_one_taken_out_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let index = filled(folder.path());
    let mut writer = index.writer(Effort::Serving).unwrap();
    writer.put(&call("a", &[('a', "换了一句话")])).unwrap();
    writer.delete("f");
    assert_eq!(ids(&index.find(&request("投诉")).unwrap()), "abf", "not committed yet");
    writer.commit(43).unwrap();
    assert_eq!(ids(&index.find(&request("投诉")).unwrap()), "b");
    assert_eq!(ids(&index.find(&request("换了")).unwrap()), "a");
    assert_eq!(ids(&index.find(&request("-投诉")).unwrap()), "acde");
    assert_eq!((index.calls(), index.cursor().unwrap()), (5, 43));
    let found = index.find(&Request { facets: vec![Fact::Direction], ..request("") }).unwrap();
    assert_eq!(found.facets[0].values, [("inbound".to_owned(), 4)]);
}

#[test]
fn an_index_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<SearchIndex>();
    shared::<SearchWriter>();
}
