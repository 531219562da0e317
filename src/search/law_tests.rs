//! Laws: the index finds what reading every utterance would find.

use proptest::prelude::*;
use tempfile::TempDir;

use super::tests::call;
use super::units::units;
use super::*;
use crate::domain::Scope;

const PARTS: [&str; 14] = [
    "投",
    "诉",
    "投诉",
    "信用",
    "信用卡",
    "卡",
    "我",
    "，",
    "refund ",
    "no ",
    "1",
    "23",
    "您好",
    "。",
];

fn line() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop::sample::select(&PARTS[..]), 0..9)
        .prop_map(|parts| parts.concat())
}

fn corpus() -> impl Strategy<Value = Vec<Vec<String>>> {
    proptest::collection::vec(proptest::collection::vec(line(), 0..4), 1..6)
}

fn index(corpus: &[Vec<String>]) -> (TempDir, SearchIndex) {
    let folder = tempfile::tempdir().unwrap();
    let index = SearchIndex::open_or_create(folder.path()).unwrap();
    let mut writer = index.writer(Effort::Serving).unwrap();
    for (ix, lines) in corpus.iter().enumerate() {
        let lines: Vec<(char, &str)> = lines.iter().map(|line| ('a', line.as_str())).collect();
        writer.put(&call(&ix.to_string(), &lines)).unwrap();
        // Several segments.
        if ix == 2 {
            writer.commit(1).unwrap();
        }
    }
    writer.commit(2).unwrap();
    (folder, index)
}

/// Where the units of a text stand in those of an utterance.
fn places(line: &str, text: &str) -> Vec<(usize, usize)> {
    let list = |text: &str| units(text).into_iter().map(|unit| unit.text).collect::<Vec<_>>();
    let (line, text) = (list(line), list(text));
    if text.is_empty() || text.len() > line.len() {
        return Vec::new();
    }
    let starts = (0..=line.len() - text.len()).filter(|&at| line[at..at + text.len()] == text);
    starts.map(|at| (at, at + text.len())).collect()
}

fn found(index: &SearchIndex, query: &str) -> Vec<usize> {
    let request =
        Request { query: Some(parse(query).unwrap()), limit: 200, ..Request::new(Scope::All) };
    let found = index.find(&request).unwrap();
    let mut out: Vec<usize> =
        found.calls.iter().map(|call| call.call_id.parse().unwrap()).collect();
    out.sort_unstable();
    out
}

fn read(corpus: &[Vec<String>], answers: impl Fn(&str) -> bool) -> Vec<usize> {
    let calls = corpus.iter().enumerate();
    calls.filter(|(_, lines)| lines.iter().any(|line| answers(line))).map(|(ix, _)| ix).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_piece_of_an_utterance_is_found(corpus in corpus(), a in line(), b in line()) {
        let (_folder, index) = index(&corpus);
        for text in [&a, &b, &corpus[0].first().cloned().unwrap_or_default()] {
            if units(text).is_empty() {
                continue;
            }
            let want = read(&corpus, |line| !places(line, text).is_empty());
            prop_assert_eq!(found(&index, &format!("\"{text}\"")), want, "{}", text);
        }
        if !units(&a).is_empty() && !units(&b).is_empty() {
            let not_in = read(&corpus, |line| {
                let around = places(line, &b);
                let free = |&(from, to): &(usize, usize)| {
                    !around.iter().any(|&(start, end)| start <= from && to <= end)
                };
                places(line, &a).iter().any(free)
            });
            prop_assert_eq!(found(&index, &format!("\"{a}\" NOT IN \"{b}\"")), not_in);
            let near = |line: &str| {
                let apart = |one: &(usize, usize), other: &(usize, usize)| {
                    one.1 <= other.0 && other.0 - one.1 <= 2
                };
                let (left, right) = (places(line, &a), places(line, &b));
                left.iter().any(|x| right.iter().any(|y| apart(x, y) || apart(y, x)))
            };
            // In one utterance: turns of several are told of in the tables.
            let single: Vec<Vec<String>> = corpus.iter().map(|lines| lines.iter().take(1).cloned().collect()).collect();
            let (_folder, index) = self::index(&single);
            prop_assert_eq!(found(&index, &format!("\"{a}\" NEAR/2 \"{b}\"")), read(&single, near));
        }
    }
}
