//! Tables of what is written how, and the laws over documents in random styles.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, want: &str) {
    let got = format("x.yaml", text).map_err(|error| error.to_string()).unwrap();
    assert_eq!(got, want);
    assert_eq!(format("x.yaml", &got).unwrap(), want, "formatting twice is formatting once");
}

#[test]
fn keys_have_an_order_and_comments_move_with_them() {
    check(
        "# head\n\ntitle:   t # called\nversion: 1\n\n# what decides\ncriteria:\n- met: {by: agent, phrase: 'hi'}\n  # how grave\n  severity: minor\n  id: a\n\n\n# more of them\n- {severity: info, id: b, met: c}\n# of x\nrubric: x\n",
        "# head\n\n# of x\nrubric: x\nversion: 1\ntitle: t # called\n\n# what decides\ncriteria:\n  - id: a\n    # how grave\n    severity: minor\n    met: {phrase: hi, by: agent}\n\n  # more of them\n  - {id: b, severity: info, met: c}\n",
    );
}

#[test]
fn quotes_go_where_they_say_nothing() {
    check(
        "a: ['您好', \"yes\", '110', \"it's\", '{number}', '\\d+', \"a: b\", 12:30, ~, 007, '(您|你)好*3吗', ' x', '']\n",
        "a: [您好, \"yes\", \"110\", \"it's\", \"{number}\", '\\d+', \"a: b\", 12:30, ~, 007, (您|你)好*3吗, \" x\", \"\"]\n",
    );
}

#[test]
fn lines_that_are_too_long_are_broken_and_short_ones_are_left() {
    let long = "很长的一句话".repeat(5);
    check(
        &format!("a: {{x: {long}, y: {long}, z: [1, 2]}}\nb:\n  - 1\nc: []\nd: {{}}\n"),
        &format!("a:\n  x: {long}\n  y: {long}\n  z: [1, 2]\nb:\n  - 1\nc: []\nd: {{}}\n"),
    );
}

#[test]
fn comments_stay_where_they_belong() {
    check(
        "a:   # of a\n    # of b\n    b: 1 # behind b\n    # under b\n# of c\nc: [x, # of x\n    y]\nd:\n- # of e\n  e: 1\n- - f\n  # under f\n# last",
        "a: # of a\n  # of b\n  b: 1 # behind b\n  # under b\n# of c\nc:\n  - x # of x\n  - y\nd:\n  # of e\n  - e: 1\n  - - f\n    # under f\n# last\n",
    );
}

#[test]
fn blocks_of_lines_stay_blocks() {
    check(
        "a: |\n    one\n\n    two\nb: >-\n  folded\n  text\nc: |-\n  x\n",
        "a: |\n  one\n\n  two\nb: folded text\nc: x\n",
    );
}

#[test]
fn what_rubrics_have_no_use_for_is_refused() {
    for text in
        ["a: &x 1\n", "a: !t 1\n", "a: 1\n---\nb: 2\n", "? [a]\n: b\n", "a: [\n", "a: 1\na: 2\n"]
    {
        assert!(format("x.yaml", text).is_err(), "{text}");
    }
}

/// A document in a random style.
fn document() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "您好",
        "'您好'",
        "\"x: y\"",
        "12",
        "'12'",
        "yes",
        "\"no\"",
        "~",
        "'#1'",
        "'it''s'",
        "$list",
        "\"{number}号\"",
        "a b  c",
        "'\\d+'",
        "\"\\n\\t\"",
        "(a|b)*3c",
        "''",
        "|\n lines\n  in\n",
        "x",
    ]);
    let leaf = word.prop_map(Tree::Leaf);
    let tree = leaf.prop_recursive(4, 40, 5, |inner| {
        let entry = (inner, 0u8..16);
        (prop::collection::vec(entry, 0..5), any::<bool>(), any::<bool>())
            .prop_map(|(entries, map, flow)| Tree::Node { entries, map, flow })
    });
    (prop::collection::vec((tree, 0u8..16), 1..6), any::<bool>()).prop_map(|(entries, map)| {
        let mut out = String::from("# head\n\n");
        Tree::Node { entries, map, flow: false }.write(0, &mut out);
        out
    })
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf(&'static str),
    /// Each entry with bits: comment above, comment behind, blank line, deep indentation.
    Node {
        entries: Vec<(Tree, u8)>,
        map: bool,
        flow: bool,
    },
}

const KEYS: [&str; 5] = ["severity", "id", "'met'", "phrase", "按键"];

impl Tree {
    fn flow(&self) -> String {
        match self {
            Tree::Leaf(text) if text.starts_with('|') => "x".to_owned(),
            Tree::Leaf(text) => (*text).to_owned(),
            Tree::Node { entries, map, .. } => {
                let all: Vec<String> = entries
                    .iter()
                    .zip(KEYS)
                    .map(|((tree, _), key)| match map {
                        true => format!("{key}: {}", tree.flow()),
                        false => tree.flow(),
                    })
                    .collect();
                if *map {
                    format!("{{{}}}", all.join(" , "))
                } else {
                    format!("[ {}]", all.join(","))
                }
            }
        }
    }

    fn write(&self, indent: usize, out: &mut String) {
        let Tree::Node { entries, map, .. } = self else { return };
        for (i, ((tree, bits), key)) in entries.iter().zip(KEYS).enumerate() {
            let pad = " ".repeat(indent);
            if bits & 4 != 0 {
                out.push_str("\n\n");
            }
            if bits & 1 != 0 {
                out.push_str(&format!("{pad}# above {i}\n"));
            }
            let lead = if *map { format!("{pad}{key}:") } else { format!("{pad}-") };
            let behind = if bits & 2 != 0 { format!(" # behind {i}") } else { String::new() };
            match tree {
                Tree::Node { flow: false, entries, .. } if !entries.is_empty() => {
                    out.push_str(&format!("{lead}{behind}\n"));
                    tree.write(indent + if bits & 8 != 0 { 5 } else { 1 }, out);
                }
                Tree::Leaf(text) if text.starts_with('|') => {
                    let body = text.strip_prefix("|\n").unwrap_or_default();
                    let body: String = body.lines().map(|line| format!("{pad} {line}\n")).collect();
                    out.push_str(&format!("{lead} |{behind}\n{body}"));
                }
                _ => out.push_str(&format!("{lead} {}{behind}\n", tree.flow())),
            }
        }
    }
}

fn comments(text: &str) -> Vec<&str> {
    let mut all: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.find("# above")
                .or(line.find("# behind"))
                .or(line.find("# head"))
                .map(|at| &line[at..])
        })
        .collect();
    all.sort_unstable();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Formatting twice is formatting once; the values are the same and no comment is lost.
    #[test]
    fn formatting_is_idempotent_and_keeps_values_and_comments(text in document()) {
        let before = parse(&text);
        prop_assume!(before.is_ok());
        let once = format("x.yaml", &text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert!(same(&before.unwrap(), &parse(&once).unwrap()));
        prop_assert_eq!(&format("x.yaml", &once).unwrap(), &once, "of {}", &text);
        prop_assert_eq!(comments(&once), comments(&text), "in {}\nof {}", &once, &text);
    }
}
