//! The notation of a phrase: `请问(还有|有没有)*帮您`, `工号{number}`, `这里是{client}`.
//!
//! `( | )` are alternatives (one may be empty), `*` is a gap of up to six tokens, `*12` of up to
//! twelve, `refund~` a word that begins so, `{number}` a number, any other `{name}` what the call's sidecar says under that name.

use crate::rubric::model::{Part, Segment};

/// Tokens that a bare `*` may skip.
const GAP_TOKENS: usize = 6;
/// Longest gap.
const GAP_TOKENS_MAX: usize = 40;
/// Ways to say one phrase.
const WAYS_MAX: usize = 512;

/// Reads a phrase into its segments: what stands between two gaps.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, String> {
    let mut input = text.chars().peekable();
    let mut out = Vec::new();
    let mut gap_before = 0;
    loop {
        let ways: Vec<Vec<Part>> = alternatives(&mut input, 0)?.into_iter().map(tidy).collect();
        if ways.iter().any(Vec::is_empty) {
            return Err(
                "a phrase must hold words on each side of a gap and in each alternative".into()
            );
        }
        out.push(Segment { gap_before, ways });
        match input.next() {
            None => return Ok(out),
            Some('*') => gap_before = gap(&mut input)?,
            Some(c) => return Err(format!("`{c}` without its opening bracket")),
        }
    }
}

type Input<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn alternatives(input: &mut Input<'_>, depth: usize) -> Result<Vec<Vec<Part>>, String> {
    let mut done: Vec<Vec<Part>> = Vec::new();
    let mut ways: Vec<Vec<Part>> = vec![Vec::new()];
    while let Some(&c) = input.peek() {
        if (c == ')' && depth > 0) || (c == '*' && depth == 0) {
            break;
        }
        input.next();
        match c {
            '|' if depth > 0 => done.append(&mut std::mem::replace(&mut ways, vec![Vec::new()])),
            '|' => return Err("alternatives stand in brackets: `(a|b)`".into()),
            ')' => return Err("`)` without its opening bracket".into()),
            '(' => {
                let inner = alternatives(input, depth + 1)?;
                if input.next() != Some(')') {
                    return Err("`(` is not closed".into());
                }
                ways = ways
                    .iter()
                    .flat_map(|way| inner.iter().map(|tail| [&way[..], &tail[..]].concat()))
                    .collect();
            }
            '*' => add(&mut ways, &Part::Gap(gap(input)?)),
            '{' => add(&mut ways, &slot(input)?),
            '~' => begins(&mut ways)?,
            '}' => return Err("`}` without its opening brace".into()),
            c => add(&mut ways, &Part::Words(c.to_string())),
        }
        if ways.len() + done.len() > WAYS_MAX {
            return Err(format!("more than {WAYS_MAX} ways to say one phrase; split it"));
        }
    }
    done.append(&mut ways);
    Ok(done)
}

fn add(ways: &mut [Vec<Part>], part: &Part) {
    for way in ways {
        way.push(part.clone());
    }
}

/// The letters before `~` are what a word begins with.
fn begins(ways: &mut [Vec<Part>]) -> Result<(), String> {
    for way in ways {
        let mut letters = String::new();
        while let Some(Part::Words(one)) = way.last()
            && one.chars().all(|c| c.is_alphabetic() && c.is_lowercase() != c.is_uppercase())
        {
            letters.insert_str(0, one);
            way.pop();
        }
        if letters.is_empty() {
            return Err("`~` stands after the letters that a word begins with: `refund~`".into());
        }
        way.push(Part::Prefix(letters));
    }
    Ok(())
}

fn gap(input: &mut Input<'_>) -> Result<usize, String> {
    let mut digits = String::new();
    while let Some(c) = input.next_if(char::is_ascii_digit) {
        digits.push(c);
    }
    if digits.is_empty() {
        return Ok(GAP_TOKENS);
    }
    let tokens = digits.parse().ok().filter(|n| (1..=GAP_TOKENS_MAX).contains(n));
    tokens.ok_or_else(|| format!("a gap has 1 to {GAP_TOKENS_MAX} tokens, not {digits}"))
}

fn slot(input: &mut Input<'_>) -> Result<Part, String> {
    let mut name = String::new();
    loop {
        match input.next() {
            Some('}') => break,
            Some(c) => name.push(c),
            None => return Err("`{` is not closed".into()),
        }
    }
    match name.trim() {
        "" => Err("`{}` names nothing".into()),
        "number" => Ok(Part::Number),
        name => Ok(Part::Attribute(name.to_owned())),
    }
}

/// Joins neighbouring words, and drops gaps at the ends: they would ask nothing.
fn tidy(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Words(left)), Part::Words(right)) => left.push_str(&right),
            (Some(Part::Gap(left)), Part::Gap(right)) => *left = (*left).max(right),
            (_, part) => out.push(part),
        }
    }
    out.retain(|part| !matches!(part, Part::Words(words) if words.trim().is_empty()));
    while matches!(out.last(), Some(Part::Gap(_))) {
        out.pop();
    }
    let lead = out.iter().take_while(|part| matches!(part, Part::Gap(_))).count();
    out.drain(..lead);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let part = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Prefix(letters) => format!("{letters}…"),
            Part::Gap(n) => format!("~{n}"),
            Part::Number => "#".into(),
            Part::Attribute(name) => format!("<{name}>"),
        };
        let way = |way: &Vec<Part>| way.iter().map(part).collect::<Vec<_>>().join(" ");
        let segment = |segment: &Segment| {
            let gap = if segment.gap_before > 0 {
                format!("~{} ", segment.gap_before)
            } else {
                String::new()
            };
            format!("{gap}{}", segment.ways.iter().map(way).collect::<Vec<_>>().join("/"))
        };
        match parse(text) {
            Ok(segments) => {
                assert_eq!(segments.iter().map(segment).collect::<Vec<_>>().join(" "), want)
            }
            Err(why) => assert_eq!(why, want),
        }
    }

    #[test]
    fn phrases() {
        check("您好", "您好");
        check("工号{number}*为您服务", "工号 # ~6 为您服务");
        check("(您|你)好", "您好/你好");
        check("还(有|需要)(什么|)帮", "还有什么帮/还有帮/还需要什么帮/还需要帮");
        check("(a(b|c)|d)e", "abe/ace/de");
        check("(a*3b|c)*12这里是{client}", "a ~3 b/c ~12 这里是 <client>");
        check("how can *3 help", "how can  ~3  help");
        check("a nice neighbo~ *2refund~", "a nice  neighbo… ~2 refund…");
        check("退款~", "`~` stands after the letters that a word begins with: `refund~`");
        check("(a", "`(` is not closed");
        check("a)", "`)` without its opening bracket");
        let empty = "a phrase must hold words on each side of a gap and in each alternative";
        check("(a|*)", empty);
        check("a*", empty);
        check("a*(b|)", empty);
        check("a*99b", "a gap has 1 to 40 tokens, not 99");
    }
}
