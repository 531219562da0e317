//! A search becomes a draft rule: the same question in the language of rubrics.
//!
//! In: a query. Out: a condition as it stands in a rubric file, or the reason why rules have no equal. Where the
//! two languages differ by a shade, [`draft`] says so in the file; filters of a search are not part of it.

use super::language::{Expr, How, Only, Relation, Say};
use super::plan::bare;
use super::stem::Stemmer;
use super::units::{Unit, UnitKind, units};
use crate::domain::Party;

/// Alternatives that a relation may be spread over.
const SPREAD_MAX: usize = 24;

/// Why a query has no equal among rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRule {
    /// Rules compare characters and sounds, not words as a dictionary cuts them.
    #[error(
        "`word:` has no equal: rules know no borders of Chinese words; use a phrase, or NOT IN"
    )]
    Word,
    /// Both a window at the start and one at the end, or one within another.
    #[error("`first:` or `last:` inside another has no equal: a rule looks through one window")]
    Windows,
    /// Something is held against two things in the same way.
    #[error("two {0} at one phrase have no equal: make the second a condition of its own")]
    Twice(&'static str),
    /// NOT IN something that is not plain text.
    #[error("NOT IN takes a phrase, or an OR of phrases, in a rule")]
    NotIn,
    /// An OR beside relations that would have to be written out too often.
    #[error("too many alternatives beside relations: more than {SPREAD_MAX}")]
    Spread,
}

impl NoRule {
    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            NoRule::Word => "“word:”没有对应的规则：规则不区分中文词界，请改用短语或 NOT IN".into(),
            NoRule::Windows => {
                "嵌套的 first: 或 last: 没有对应的规则：一条规则只有一个时间窗".into()
            }
            NoRule::Twice(what) => {
                format!("同一短语上有两个 {what}，没有对应的规则：请把第二个写成单独的条件")
            }
            NoRule::NotIn => "在规则里，NOT IN 后面只能是短语或短语的“或”".into(),
            NoRule::Spread => format!("关系两边的可选项太多，超过 {SPREAD_MAX} 个"),
        }
    }
}

/// A condition on words: its fields, in the order in which they are written.
#[derive(Debug, Clone, Default)]
struct Condition(Vec<(&'static str, String)>);

impl Condition {
    fn add(&mut self, key: &'static str, value: String, name: &'static str) -> Result<(), NoRule> {
        if self.0.iter().any(|(known, _)| *known == key) {
            return Err(NoRule::Twice(name));
        }
        self.0.push((key, value));
        Ok(())
    }

    fn written(&self) -> String {
        let fields: Vec<_> = self.0.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", fields.join(", "))
    }
}

/// Who and when, carried down to the phrases.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    by: Option<Party>,
    nobody: bool,
    window: Option<Only>,
}

impl Place {
    fn with(mut self, only: Only) -> Result<Self, NoRule> {
        match only {
            Only::By(party) => {
                self.nobody |= self.by.is_some_and(|by| by != party);
                self.by = Some(party);
            }
            window if self.window.is_none_or(|known| known == window) => self.window = Some(window),
            _ => return Err(NoRule::Windows),
        }
        Ok(self)
    }
}

/// A whole rubric file around the query: one criterion that the query's hits break. It passes `rubric check`.
///
/// # Errors
/// [`NoRule`] where rules have no equal.
pub fn draft(id: &str, query: &Expr) -> Result<String, NoRule> {
    let condition = draft_condition(query)?;
    let title = quoted(&query.to_string());
    Ok(format!(
        "# Made of a search. Look at severity, windows and except before it counts. Rules read numbers by value\n\
         # and words by their beginning, where the search took digits and stems.\n\
         rubric: {id}\nversion: 1\ntitle: {title}\ncriteria:\n  - id: found\n    title: {title}\n    \
         severity: minor\n    violated_by: {condition}\n"
    ))
}

/// The query as a condition, on one line of YAML.
///
/// # Errors
/// [`NoRule`] where rules have no equal.
pub fn draft_condition(query: &Expr) -> Result<String, NoRule> {
    Drafter { stemmer: Stemmer::new() }.test(query, Place::default())
}

struct Drafter {
    stemmer: Stemmer,
}

impl Drafter {
    fn test(&mut self, expr: &Expr, place: Place) -> Result<String, NoRule> {
        match expr {
            Expr::And(all) => self.list("all", all, place),
            Expr::Or(all) => self.list("any", all, place),
            Expr::Not(one) => Ok(format!("{{not: {}}}", self.test(one, place)?)),
            Expr::Only(only, one) => self.test(one, place.with(*only)?),
            Expr::Say(_) | Expr::Relation { .. } => {
                let all = self.spread(expr, place)?;
                let all: Vec<_> = all.iter().map(Condition::written).collect();
                Ok(if all.len() == 1 {
                    all.concat()
                } else {
                    format!("{{any: [{}]}}", all.join(", "))
                })
            }
        }
    }

    fn list(&mut self, word: &str, all: &[Expr], place: Place) -> Result<String, NoRule> {
        let all: Vec<_> = all.iter().map(|one| self.test(one, place)).collect::<Result<_, _>>()?;
        Ok(format!("{{{word}: [{}]}}", all.join(", ")))
    }

    /// The conditions, any of which is the expression: a relation to an OR is an OR of relations.
    fn spread(&mut self, expr: &Expr, place: Place) -> Result<Vec<Condition>, NoRule> {
        let out = match expr {
            Expr::Say(say) => vec![self.say(say, place)?],
            Expr::Only(only, one) => self.spread(one, place.with(*only)?)?,
            Expr::Or(all) | Expr::And(all) => {
                let mut out = Vec::new();
                for one in all {
                    out.extend(self.spread(one, place)?);
                }
                out
            }
            Expr::Not(one) => self.spread(one, place)?,
            Expr::Relation { how: Relation::NotIn, left, right } => {
                let mut out = self.spread(left, place)?;
                let except = self.plain(right)?;
                for one in &mut out {
                    one.add("except", format!("[{}]", except.join(", ")), "NOT IN")?;
                }
                out
            }
            Expr::Relation { how, left, right } => {
                let (left, right) = (self.spread(left, place)?, self.spread(right, place)?);
                let mut out = Vec::new();
                for one in &left {
                    for other in &right {
                        let mut one = one.clone();
                        relate(&mut one, *how, &other.written())?;
                        out.push(one);
                    }
                }
                out
            }
        };
        if out.len() > SPREAD_MAX { Err(NoRule::Spread) } else { Ok(out) }
    }

    fn say(&mut self, say: &Say, place: Place) -> Result<Condition, NoRule> {
        let units = units(&say.text);
        let words = match say.how {
            How::Word => return Err(NoRule::Word),
            How::Bare => bare(&units),
            How::Exact | How::Sounds => vec![units.as_slice()],
        };
        let sounds = say.how == How::Sounds;
        let phrases: Vec<_> = words.iter().map(|part| quoted(&self.phrase(part, sounds))).collect();
        let mut out = Condition(vec![
            ("phrase", format!("[{}]", phrases.join(", "))),
            ("match", if sounds { "phonetic" } else { "exact" }.to_owned()),
        ]);
        if phrases.len() > 1 {
            let need = format!("{{at_least: {}, within: same utterance}}", phrases.len());
            out.add("need", need, "words")?;
        }
        if place.nobody {
            return Err(NoRule::Twice("agent:/customer:"));
        }
        if let Some(party) = place.by {
            out.add("by", party.as_str().to_owned(), "agent:/customer:")?;
        }
        match place.window {
            Some(Only::FirstMs(ms)) => {
                out.add("within", format!("first {}", time(ms)), "first:")?
            }
            Some(Only::LastMs(ms)) => out.add("within", format!("last {}", time(ms)), "last:")?,
            _ => {}
        }
        Ok(out)
    }

    /// The phrases of NOT IN.
    fn plain(&mut self, expr: &Expr) -> Result<Vec<String>, NoRule> {
        match expr {
            Expr::Say(Say { how: How::Exact | How::Bare, text }) => {
                let units = units(text);
                Ok(vec![quoted(&self.phrase(&units, false))])
            }
            Expr::Or(all) => {
                let all: Vec<_> =
                    all.iter().map(|one| self.plain(one)).collect::<Result<_, _>>()?;
                Ok(all.concat())
            }
            _ => Err(NoRule::NotIn),
        }
    }

    /// As a rubric writes a phrase: nothing that has a meaning of its own there.
    fn phrase(&mut self, units: &[Unit], sounds: bool) -> String {
        let mut out = String::new();
        for (ix, unit) in units.iter().enumerate() {
            let word = unit.kind == UnitKind::Word;
            if ix > 0 && (word || units[ix - 1].kind == UnitKind::Word) {
                out.push(' ');
            }
            let begins = if word && !sounds { self.beginning(&unit.text) } else { None };
            match begins {
                Some(begins) => {
                    out.push_str(&begins);
                    out.push('~');
                }
                None => out.push_str(&unit.text),
            }
        }
        out
    }

    /// What a word and its stem begin with, where that is enough to know it by.
    fn beginning(&mut self, word: &str) -> Option<String> {
        const ENOUGH: usize = 4;
        let stem = self.stemmer.stem(word);
        let same: String =
            word.chars().zip(stem.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        (same.chars().count() >= ENOUGH && same.chars().all(char::is_alphabetic)).then_some(same)
    }
}

fn relate(one: &mut Condition, how: Relation, other: &str) -> Result<(), NoRule> {
    let within = |within: Option<u64>| match within {
        Some(ms) => format!("{{of: {other}, within: {}}}", time(ms)),
        None => other.to_owned(),
    };
    match how {
        Relation::NearUnits(units) => {
            one.add("around", format!("{{of: {other}, within: {units} words}}"), "NEAR")
        }
        Relation::NearMs(ms) => one.add("around", within(Some(ms)), "NEAR"),
        Relation::Before(ms) => one.add("before", within(ms), "BEFORE"),
        Relation::After(ms) => one.add("after", within(ms), "AFTER"),
        Relation::NotIn => Ok(()),
    }
}

fn time(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

/// A text in double quotes, as YAML and JSON both read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::{check, library};
    use crate::search::parse;

    #[track_caller]
    fn becomes(query: &str, want: &str) {
        let query = parse(query).unwrap();
        assert_eq!(draft_condition(&query).unwrap(), want, "{query}");
        let file = draft("draft", &query).unwrap();
        let remarks = check("draft.yaml", &file, &library());
        assert!(remarks.is_empty(), "{file}\n{remarks:?}");
    }

    #[test]
    fn searches_become_conditions_that_check() {
        for (query, want) in [
            ("投诉", r#"{phrase: ["投诉"], match: exact}"#),
            ("~投诉", r#"{phrase: ["投诉"], match: phonetic}"#),
            ("refunds", r#"{phrase: ["refund~"], match: exact}"#),
            ("\"I'm sorry\"", r#"{phrase: ["i'm sorr~"], match: exact}"#),
            (
                "退款投诉",
                r#"{phrase: ["退款", "投诉"], match: exact, need: {at_least: 2, within: same utterance}}"#,
            ),
            (
                "agent:(抱歉 OR 对不起) -再见",
                r#"{all: [{any: [{phrase: ["抱歉"], match: exact, by: agent}, {phrase: ["对不起"], match: exact, by: agent}]}, {not: {phrase: ["再见"], match: exact}}]}"#,
            ),
            ("first:30s(您好)", r#"{phrase: ["您好"], match: exact, within: first 30s}"#),
            (
                "保证 NEAR/3 不能",
                r#"{phrase: ["保证"], match: exact, around: {of: {phrase: ["不能"], match: exact}, within: 3 words}}"#,
            ),
            (
                "customer:投诉 BEFORE agent:抱歉 within 10s",
                r#"{phrase: ["投诉"], match: exact, by: customer, before: {of: {phrase: ["抱歉"], match: exact, by: agent}, within: 10s}}"#,
            ),
            ("信用 NOT IN 信用卡", r#"{phrase: ["信用"], match: exact, except: ["信用卡"]}"#),
            (
                "a AFTER (b OR c)",
                r#"{any: [{phrase: ["a"], match: exact, after: {phrase: ["b"], match: exact}}, {phrase: ["a"], match: exact, after: {phrase: ["c"], match: exact}}]}"#,
            ),
            ("48%*", r#"{phrase: ["48"], match: exact}"#),
        ] {
            becomes(query, want);
        }
    }

    #[test]
    fn what_has_no_equal_is_refused_with_the_reason() {
        for (query, want) in [
            ("word:和服", NoRule::Word),
            ("first:30s(last:10s(a))", NoRule::Windows),
            ("(a BEFORE b) BEFORE c", NoRule::Twice("BEFORE")),
            ("a NOT IN ~b", NoRule::NotIn),
            ("agent:customer:a", NoRule::Twice("agent:/customer:")),
        ] {
            let refused = draft_condition(&parse(query).unwrap());
            assert_eq!(refused, Err(want.clone()), "{query}");
            assert!(!want.zh().is_empty());
        }
    }
}
