//! 200 different queries of each kind, out of what is said in the made-up calls: the same for the index by itself and
//! for the service over HTTP.

use lingting::domain::{Belongs, Grant, Scope};
use lingting::search::{Bounds, Fact, Measure, Order, Request, parse};
use serde_json::json;

use super::calls::{Dice, EPOCH_US, TEAMS};

/// Queries of each kind.
pub(crate) const QUERIES: usize = 200;

/// What queries are made of: pieces of what is said.
pub(crate) struct Texts {
    lines: Vec<Vec<char>>,
}

impl Texts {
    pub(crate) fn of(count: u64) -> Self {
        let dice = &mut Dice::new(7);
        let mut lines = Vec::new();
        while lines.len() < 6 * QUERIES {
            let record = super::calls::busy_call(dice.below(count as usize) as u64);
            let one = &record.utterances[dice.below(record.utterances.len())];
            let hanzi = |c: &char| matches!(c, '\u{4e00}'..='\u{9fff}');
            let longest = one.text.as_str().split(|c| !hanzi(&c)).max_by_key(|run| run.len());
            let run: Vec<char> = longest.unwrap_or_default().chars().collect();
            if run.len() >= 7 {
                lines.push(run);
            }
        }
        Self { lines }
    }

    fn piece(&self, line: usize, from: usize, length: usize) -> String {
        let line = &self.lines[line % self.lines.len()];
        let from = from % (line.len() - length + 1);
        line[from..from + length].iter().collect()
    }

    pub(crate) fn kinds(&self) -> Vec<(&'static str, Vec<Request>)> {
        let asked = |query: String| Request {
            query: Some(parse(&query).unwrap()),
            ..Request::new(Scope::All)
        };
        let each = |of: &dyn Fn(usize) -> Request| (0..QUERIES).map(of).collect::<Vec<_>>();
        let any = || Request::new(Scope::All);
        let near = |ix: usize, relation: &str| {
            let line = &self.lines[ix];
            let left: String = line[..2].iter().collect();
            let right: String = line[line.len() - 2..].iter().collect();
            format!("\"{left}\" {relation} \"{right}\"")
        };
        let filtered = |ix: usize, mut request: Request| {
            let team = format!("team-{}", ix % TEAMS);
            let grant =
                Belongs { vendor: Some(format!("vendor-{}", ix % 3)), ..Belongs::default() };
            request.scope = Scope::Of(vec![Grant(grant)]);
            request.filters.facts.insert(Fact::Team, vec![team, "team-3".into()]);
            request.filters.facts.insert(Fact::Verdict, vec!["fail".into(), "critical".into()]);
            let long = Bounds { at_least: Some(10_000.0), at_most: None };
            request.filters.measures.insert(Measure::SilenceLongestMs, long);
            request.filters.from_us = Some(EPOCH_US + 86_400_000_000 * (ix as i64 % 200));
            request
        };
        vec![
            ("word of two characters", each(&|ix| asked(self.piece(ix, ix, 2)))),
            (
                "phrase of four characters",
                each(&|ix| asked(format!("\"{}\"", self.piece(ix, ix, 4)))),
            ),
            (
                "phrase of six characters",
                each(&|ix| asked(format!("\"{}\"", self.piece(ix, ix, 6)))),
            ),
            ("bare sentence of six", each(&|ix| asked(self.piece(ix, ix, 6)))),
            ("one character", each(&|ix| asked(self.piece(ix, ix, 1)))),
            ("NEAR/8", each(&|ix| asked(near(ix, "NEAR/8")))),
            (
                "BEFORE within 60s",
                each(&|ix| {
                    let (left, right) = (self.piece(ix, 0, 2), self.piece(ix + 9, 0, 2));
                    asked(format!("agent:\"{left}\" BEFORE customer:\"{right}\" within 60s"))
                }),
            ),
            ("sounds like two", each(&|ix| asked(format!("~\"{}\"", self.piece(ix, ix, 2))))),
            ("sounds like three", each(&|ix| asked(format!("~\"{}\"", self.piece(ix, ix, 3))))),
            (
                "NOT IN",
                each(&|ix| {
                    asked(format!(
                        "\"{}\" NOT IN \"{}\"",
                        self.piece(ix, 0, 2),
                        self.piece(ix, 0, 3)
                    ))
                }),
            ),
            (
                "three words, one not",
                each(&|ix| {
                    let words =
                        [self.piece(ix, 0, 2), self.piece(ix + 3, 2, 2), self.piece(ix + 5, 1, 2)];
                    asked(format!("{} {} -{}", words[0], words[1], words[2]))
                }),
            ),
            (
                "agent: in the first 30 s",
                each(&|ix| asked(format!("first:30s(agent:\"{}\")", self.piece(ix, ix, 2)))),
            ),
            (
                "phrase, filtered",
                each(&|ix| filtered(ix, asked(format!("\"{}\"", self.piece(ix, ix, 3))))),
            ),
            (
                "phrase by relevance",
                each(&|ix| Request { order: Order::Relevance, ..asked(self.piece(ix, ix, 3)) }),
            ),
            ("listing", each(&|ix| filtered(ix, any()))),
            ("listing of all, by risk", each(&|_| any())),
            ("12 facets of all", each(&|_| Request { facets: Fact::ALL.to_vec(), ..any() })),
            (
                "12 facets of a phrase, filtered",
                each(&|ix| {
                    let phrase = asked(format!("\"{}\"", self.piece(ix, ix, 3)));
                    filtered(ix, Request { facets: Fact::ALL.to_vec(), ..phrase })
                }),
            ),
        ]
    }
}

/// The body of `POST /api/v1/search` that asks the same. What a scope lets be seen is asked for as a filter.
#[allow(dead_code, reason = "the service's bench uses it")]
pub(crate) fn body(request: &Request) -> String {
    let mut facts: serde_json::Map<String, _> = serde_json::Map::new();
    for (fact, values) in &request.filters.facts {
        facts.insert(fact.as_str().into(), json!(values));
    }
    if let Scope::Of(grants) = &request.scope {
        for (name, value) in grants.iter().flat_map(Grant::named) {
            facts.insert(name.into(), json!([value]));
        }
    }
    let mut measures = serde_json::Map::new();
    for (measure, bounds) in &request.filters.measures {
        // The only one that these queries use; the API speaks of seconds.
        assert_eq!(*measure, Measure::SilenceLongestMs);
        let s = |bound: Option<f64>| bound.map(|ms| ms / 1000.0);
        let bounds = json!({"at_least": s(bounds.at_least), "at_most": s(bounds.at_most)});
        measures.insert("silence_longest_s".into(), bounds);
    }
    let from = request.filters.from_us.map(|us| jiff::Timestamp::from_microsecond(us).unwrap());
    let order = match request.order {
        Order::Relevance => "relevance",
        _ => "risk",
    };
    let facets: Vec<&str> = request.facets.iter().map(|fact| fact.as_str()).collect();
    let mut body = json!({"facts": facts, "measures": measures, "order": order, "facets": facets});
    if let Some(query) = &request.query {
        body["query"] = json!(query.to_string());
    }
    if let Some(from) = from {
        body["from"] = json!(from.to_string());
    }
    body.to_string()
}
