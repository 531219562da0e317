//! Rubric files, sound and broken: the loader tells every mistake with its place and what to do, and
//! the published schema judges the same files the same way.

use lingting::rubric::{Level, check, library, load};

fn schema() -> jsonschema::Validator {
    let schema = include_str!("../../schemas/rubric.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// Whether the schema takes a file; none: it is no YAML.
fn by_schema(validator: &jsonschema::Validator, text: &str) -> Option<bool> {
    let value: serde_json::Value = serde_saphyr::from_str(text).ok()?;
    Some(validator.is_valid(&value))
}

/// A rubric whose head and first criterion have these lines.
fn file(head: &str, criterion: &str) -> String {
    format!("rubric: x\nversion: 1\ntitle: t\n{head}criteria:\n  - {{{criterion}}}\n")
}

const A: &str = "id: a, severity: minor, met: {phrase: 您好}";

#[test]
fn sound_files_are_taken_by_both() {
    let validator = schema();
    let rows = [
        ("", A),
        ("language: zh\npass_mark: 100\nconfidence_min: 0\nmatch: phonetic\n", A),
        ("on_critical: zero\nfails_on: {major: never, minor: 3}\n", A),
        ("applies: {direction: [inbound, outbound], queue: {not: 贷款}}\n", A),
        (
            "applies: {agent_id: [3105, '0571'], attributes: {vip: {at_least: 2, below: 5}, new: true}}\n",
            A,
        ),
        ("applies: {attributes: {vip: {present: no}}}\n", A),
        ("sections: {s: 开场}\n", "id: a, section: s, severity: info, met: {phrase: 您好}"),
        (
            "sections: {s: {title: {zh: 开场}, weight: 2.5, when: {phrase: 您好}}}\n",
            "id: a, section: s, severity: info, met: {phrase: 您好}",
        ),
        (
            "",
            "id: a, title: {en: A}, severity: {is: minor, major_when: {phrase: 不}}, weight: 0.5, met: {phrase: 您好}",
        ),
        ("", "id: a, severity: minor, penalty: [2, 5, 10], violated_by: {phrase: 不知道}"),
        (
            "",
            "id: a, severity: minor, weight: 9, penalty: {per_hit: [2, 5], at_most: 8}, violated_by: {phrase: 不知道}",
        ),
        ("", "id: a, severity: minor, penalty: 5, met: {attribute: {name: rings, at_most: 3}}"),
        ("", "id: a, severity: info, bonus: {per_hit: 2}, met: {phrase: 谢谢}"),
        ("", "id: a, severity: info, bonus: 2, penalty: 3, met: {phrase: 谢谢}"),
        (
            "conditions: {c: {phrase: 您好, by: agent}}\n",
            "id: a, severity: info, when: c, violated_by: {not: c}",
        ),
    ];
    for (head, criterion) in rows {
        let text = file(head, criterion);
        let remarks = check("x.yaml", &text, &library());
        assert!(remarks.is_empty(), "{text}{}", remarks[0]);
        assert_eq!(by_schema(&validator, &text), Some(true), "{text}");
    }
}

/// Whether the schema can see a mistake too: it knows no names, and nothing between two places.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    ByBoth,
    ByLoader,
}
use Seen::{ByBoth, ByLoader};

/// A mistake in the lines before the criteria: head, place (line, column), remark.
const HEADS: &[(&str, u64, u64, &str, Seen)] = &[
    ("pass_marc: 60\n", 4, 1, "there is no key `pass_marc`; did you mean `pass_mark`?", ByBoth),
    ("pass_mark: 160\n", 4, 12, "a number from 0 to 100 is wanted here", ByBoth),
    ("pass_mark: -1\n", 4, 12, "a number, not below zero, is wanted here", ByBoth),
    ("pass_mark: sixty\n", 4, 12, "a number, not below zero, is wanted here", ByBoth),
    ("pass_mark: '60'\n", 4, 12, "a number, not below zero, is wanted here", ByBoth),
    ("pass_mark:\n", 4, 10, "a number, not below zero, is wanted here", ByBoth),
    (
        "pass_mark: .nan\n",
        4,
        12,
        "non-finite float `.nan` rejected by the configured policy",
        ByBoth,
    ),
    ("confidence_min: 30\n", 4, 17, "a number from 0 to 1 is wanted here", ByBoth),
    ("on_critical: null\n", 4, 14, "a text is wanted here", ByBoth),
    (
        "on_critical: zro\n",
        4,
        14,
        "there is no answer to a failure `zro`; did you mean `zero`?",
        ByBoth,
    ),
    ("fails_on: {major: 0}\n", 4, 19, "a whole number from 1, or `never`", ByBoth),
    ("fails_on: {major: 1.5}\n", 4, 19, "a whole number from 1, or `never`", ByBoth),
    ("fails_on: {mayor: 1}\n", 4, 12, "there is no key `mayor`; did you mean `major`?", ByBoth),
    (
        "match: phonetik\n",
        4,
        8,
        "there is no way to match `phonetik`; did you mean `phonetic`?",
        ByBoth,
    ),
    ("language: [zh]\n", 4, 11, "a text is wanted here", ByBoth),
    (
        "uses: [lists/zg]\n",
        4,
        8,
        "there is no file of phrase lists `lists/zg`; did you mean `lists/zh`?",
        ByLoader,
    ),
    (
        "applies: {directoin: inbound}\n",
        4,
        11,
        "there is no key `directoin`; did you mean `direction`?",
        ByBoth,
    ),
    (
        "applies: {direction: inbond}\n",
        4,
        22,
        "there is no direction `inbond`; did you mean `inbound`?",
        ByBoth,
    ),
    (
        "applies: {direction: {not: outbond}}\n",
        4,
        28,
        "there is no direction `outbond`; did you mean `outbound`?",
        ByBoth,
    ),
    ("applies: {queue: []}\n", 4, 18, "an empty list says nothing", ByBoth),
    (
        "applies: {queue: {}}\n",
        4,
        18,
        "one of is, not, at_most, at_least, above, below, present is wanted",
        ByBoth,
    ),
    (
        "applies: {queue: {nto: 贷款}}\n",
        4,
        19,
        "there is no key `nto`; did you mean `not`?",
        ByBoth,
    ),
    (
        "applies: {rings: {at_most: three}}\n",
        4,
        28,
        "a number, not below zero, is wanted here",
        ByBoth,
    ),
    (
        "applies: {attributes: [vip]}\n",
        4,
        23,
        "a map of attributes to what they must be is wanted here",
        ByBoth,
    ),
    (
        "applies: inbound\n",
        4,
        10,
        "a map is wanted here, with direction, language, client, vendor, project, queue, team, agent_id, ring_s, rings, attributes",
        ByBoth,
    ),
    ("phrases: {hi: [0571]}\n", 4, 16, "a text is wanted here; put `571` in quotes", ByBoth),
    ("phrases: {hi: ['']}\n", 4, 16, "a text is wanted here, and this one is empty", ByBoth),
    ("phrases: {hi: []}\n", 4, 15, "an empty list says nothing", ByBoth),
    ("phrases: [hi]\n", 4, 10, "phrase lists are a map of names to lists", ByBoth),
    ("sections: {s: 1}\n", 4, 15, "a text is wanted here; put `1` in quotes", ByBoth),
    (
        "sections: {s: {title: t, wieght: 3}}\n",
        4,
        26,
        "there is no key `wieght`; did you mean `weight`?",
        ByBoth,
    ),
    (
        "sections: {s: {title: t, weight: 0}}\n",
        4,
        34,
        "a weight is a number above zero and up to a million",
        ByBoth,
    ),
    (
        "sections: {s: {title: t, weight: 3}}\n",
        6,
        5,
        "`section` is missing: where sections have weights, each criterion is in one",
        ByLoader,
    ),
    (
        "sections: {s: {title: t, when: helo}}\nconditions: {hello: {phrase: 您好}}\n",
        4,
        32,
        "there is no condition `helo`; did you mean `hello`?",
        ByLoader,
    ),
    (
        "conditions: {c: {condition: d}, d: {not: c}}\nsections: {s: {title: t, when: c}}\n",
        4,
        42,
        "conditions in a circle: `c` needs `d` needs `c`",
        ByLoader,
    ),
    ("title: again\n", 4, 1, "the key `title` stands here twice", ByBoth),
];

/// A mistake in the criterion, which stands on line 5 from column 6.
const CRITERIA: &[(&str, u64, &str, Seen)] = &[
    ("severity: minor, met: {phrase: 您好}", 5, "a criterion needs an `id`", ByBoth),
    (
        "id: a, met: {phrase: 您好}",
        5,
        "`severity` is missing: info, minor, major or critical",
        ByBoth,
    ),
    ("id: a, severity: minor", 5, "`a` needs one of `met` and `violated_by`", ByBoth),
    (
        "id: a, severity: minor, met: {phrase: 您好}, violated_by: {phrase: 您}",
        5,
        "`a` needs one of `met` and `violated_by`",
        ByBoth,
    ),
    (
        "id: a, severity: mayor, met: {phrase: 您好}",
        23,
        "there is no severity `mayor`; did you mean `major`?",
        ByBoth,
    ),
    (
        "id: a, severity: {major_when: {phrase: 您}}, met: {phrase: 您好}",
        23,
        "`is` is missing: the severity where no condition makes it graver",
        ByBoth,
    ),
    (
        "id: a, severity: minor, section: opening, met: {phrase: 您好}",
        39,
        "there is no section `opening`",
        ByLoader,
    ),
    (
        "id: a, severity: minor, weight: 0, met: {phrase: 您好}",
        38,
        "a weight is a number above zero and up to a million",
        ByBoth,
    ),
    (
        "id: a, severity: minor, weight: 2000000, met: {phrase: 您好}",
        38,
        "a weight is a number above zero and up to a million",
        ByBoth,
    ),
    (
        "id: a, severity: minor, weight: [1], met: {phrase: 您好}",
        38,
        "a number, not below zero, is wanted here",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: [], violated_by: {phrase: 您好}",
        39,
        "an empty list gives no points",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: [2, -5], violated_by: {phrase: 您好}",
        43,
        "a number, not below zero, is wanted here",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: {at_most: 5}, violated_by: {phrase: 您好}",
        39,
        "`per_hit` is missing: points for each hit",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: {per_hti: 5}, violated_by: {phrase: 您好}",
        40,
        "there is no key `per_hti`; did you mean `per_hit`?",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: [2, 5], met: {phrase: 您好}",
        39,
        "points by the hit need a `violated_by` that has hits; what is missing costs one number",
        ByBoth,
    ),
    (
        "id: a, severity: minor, penalty: [2], violated_by: {not: {phrase: 您好}}",
        39,
        "points by the hit need a `violated_by` that has hits; what is missing costs one number",
        ByLoader,
    ),
    (
        "id: a, severity: info, bonus: [2], violated_by: {phrase: 您好}",
        36,
        "points by the hit need a `met` that has hits; otherwise one number is earned",
        ByBoth,
    ),
    (
        "id: a, severity: minor, bonus: 2, met: {phrase: 您好}",
        23,
        "a bonus that is missed is no failure: its severity is `info`, unless it has a `weight` or a `penalty`",
        ByBoth,
    ),
    (
        "id: a, severity: minor, weight: 3, bonus: 2, penalty: 3, met: {phrase: 您好}",
        48,
        "beside a weight stands one of `penalty` and `bonus`",
        ByBoth,
    ),
    (
        "id: a, severity: minor, met: {phrse: 您好}",
        36,
        "there is no operator or modifier `phrse`; did you mean `phrase`?",
        ByBoth,
    ),
    (
        "id: a, severity: minor, met: [c]",
        35,
        "a condition is a name, or an operator with its modifiers",
        ByBoth,
    ),
    (
        "id: a, severity: minor, met: {phrase: 110}",
        44,
        "a text is wanted here; put `110` in quotes",
        ByBoth,
    ),
    ("id: a, severity: minor, met: {phrase: $hi}", 44, "there is no phrase list `hi`", ByLoader),
    ("id: a, severity: minor, met: {phrase: '(您'}", 44, "`(您`: `(` is not closed", ByLoader),
    ("id: a b/c, severity: minor, met: {phrase: 您好}", 10, "", ByLoader),
    (
        "id: a, id: b, severity: minor, met: {phrase: 您好}",
        13,
        "the key `id` stands here twice",
        ByBoth,
    ),
];

#[test]
fn broken_files_are_told_by_both() {
    let validator = schema();
    let mut misses = Vec::new();
    let mut one = |text: &str, line: u64, column: u64, want: &str, seen: Seen| {
        let remarks = check("x.yaml", text, &library());
        let told = remarks.iter().any(|remark| {
            remark.level == Level::Error
                && (remark.place.line, remark.place.column) == (line, column)
                && (remark.message == want || (want.len() < 10 && remark.message.contains(want)))
        });
        if !told {
            let all: Vec<String> = remarks.iter().map(ToString::to_string).collect();
            misses.push(format!("{text}wanted {line}:{column} {want}\ngot {all:#?}"));
        }
        let refused = by_schema(&validator, text) != Some(true);
        if refused != (seen == ByBoth) {
            misses.push(format!(
                "{text}the schema {}",
                if refused { "refuses it" } else { "takes it" }
            ));
        }
    };
    for &(head, line, column, want, seen) in HEADS {
        one(&file(head, A), line, column, want, seen);
    }
    for &(criterion, column, want, seen) in CRITERIA {
        one(&file("", criterion), 5, column, want, seen);
    }
    for (text, line, column, want) in [
        ("version: 1\ntitle: t\ncriteria: []\n", 1, 1, "`rubric` is missing"),
        ("version: 1\ntitle: t\ncriteria: []\n", 3, 11, "a rubric needs a criterion"),
        (
            "rubric: x\nversion: 1.5\ntitle: t\ncriteria: []\n",
            2,
            10,
            "a version is a whole number from 1",
        ),
        (
            "rubric: x\nversion: 0\ntitle: t\ncriteria: []\n",
            2,
            10,
            "a version is a whole number from 1",
        ),
        ("rubric: x\nversion: 1\ntitle: t\ncriteria: {a: b}\n", 4, 11, "criteria are a list"),
        (
            "- rubric\n",
            1,
            1,
            "a map is wanted here, with rubric, version, title, language, applies, pass_mark, on_critical, fails_on, confidence_min, match, uses, phrases, conditions, sections, criteria, tests",
        ),
        ("", 1, 1, "a map"),
        ("rubric: [x\n", 1, 9, "unclosed bracket '['"),
    ] {
        one(text, line, column, want, ByBoth);
    }
    assert!(misses.is_empty(), "{} misses\n{}", misses.len(), misses.join("\n"));
}

/// Every mistake of a file is told at once, and a mistake hides no other.
#[test]
fn all_mistakes_are_told_at_once() {
    let text = "rubric: x\nversion: 0\ntitle: ''\npass_mark: 101\nsections:\n  s: {titel: t}\ncriteria:\n  - {id: a, severity: miner, weight: 0, penalty: [-1], met: {phrase: 您好}}\n  - {id: b, section: t, severity: minor, met: {phras: 您好}}\n";
    let remarks = check("x.yaml", text, &library());
    let places: Vec<(u64, u64)> = remarks
        .iter()
        .filter(|remark| remark.level == Level::Error)
        .map(|remark| (remark.place.line, remark.place.column))
        .collect();
    for place in [(2, 10), (3, 8), (4, 12), (8, 23), (8, 38), (8, 51), (9, 22)] {
        assert!(places.contains(&place), "{place:?} in {remarks:#?}");
    }
}

#[test]
fn shared_lists_load() {
    let text = "rubric: x\nversion: 1\ntitle: t\nuses: [lists/zh]\ncriteria:\n  - {id: a, severity: minor, met: {phrase: $thanks}}\n";
    assert!(load("x.yaml", text, &library()).is_ok());
}
