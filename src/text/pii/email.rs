//! E-mail addresses, written or said: `a.b@c.com`, `a dot b at c dot com`, `a艾特c点com`.
//!
//! In: a text and what was said before it. Out: where addresses stand, masked.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use crate::text::folded;

/// Hosts of private mail: after them "at" can only mean an address.
const HOSTS: &[&str] = &[
    "gmail",
    "yahoo",
    "outlook",
    "hotmail",
    "icloud",
    "qq",
    "163",
    "126",
    "sina",
    "foxmail",
    "aol",
    "proton",
    "protonmail",
    "live",
    "msn",
    "139",
    "189",
    "yeah",
    "sohu",
];

fn pattern() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let digits = "零幺一二三四五六七八九";
    let build = || {
        // Letters end at characters, too.
        let b = r"(?-u:\b)";
        let dot = format!(r"\s*(?:\.|{b}dot{b}|点)\s*");
        let joint = format!(r"\s*(?:[._+-]|{b}dot{b}|{b}underscore{b}|{b}dash{b}|点|下划线|杠)\s*");
        let label = format!("[a-z0-9{digits}]+");
        let spelled = format!(r"(?:{b}[a-z0-9][\s-]+){{2,}}[a-z0-9]+");
        Regex::new(&format!(
            r"(?P<local>{spelled}|{label}(?:{joint}{label})*)(?P<at>\s*@\s*|\s+at\s+|\s*艾特\s*|\s*小老鼠\s*)(?P<domain>{label}(?:-{label})*(?:{dot}{label})*{dot}(?:com|net|org|cn|edu|gov|io|me|co|uk|us|info|biz)(?:\.cn|\.uk)?){b}"
        ))
        .ok()
    };
    PATTERN.get_or_init(build).as_ref()
}

/// The addresses in a text, masked to their first character and their domain.
pub(super) fn find(text: &str, before: &str) -> Vec<(Range<usize>, String)> {
    let folded = folded(text);
    let Some(pattern) = pattern() else { return Vec::new() };
    let mut out = Vec::new();
    for found in pattern.captures_iter(folded.text()) {
        let (Some(all), Some(local), Some(at)) =
            (found.get(0), found.name("local"), found.name("at"))
        else {
            continue;
        };
        let domain = domain(found.name("domain").map_or("", |domain| domain.as_str()));
        let host = domain.split('.').next().unwrap_or_default();
        let said_so = || {
            let earlier = format!("{before} {}", &folded.text()[..all.start()]).to_lowercase();
            ["email", "e-mail", "mail", "邮箱", "邮件", "邮址"]
                .iter()
                .any(|word| earlier.contains(word))
        };
        // "find us at example dot com" is a web site.
        if at.as_str().trim() == "at" && !HOSTS.contains(&host) && !said_so() {
            continue;
        }
        let first = local.as_str().chars().next().map(String::from).unwrap_or_default();
        out.push((folded.source(all.range()), format!("{first}***@{domain}")));
    }
    out
}

/// A spoken domain as it is written.
fn domain(said: &str) -> String {
    let pointed = said.replace("点", ".");
    let words: Vec<&str> = pointed.split_whitespace().collect();
    let joined: String = words.iter().map(|&word| if word == "dot" { "." } else { word }).collect();
    joined.chars().map(|c| crate::text::number_zh::digit(c).unwrap_or(c)).collect()
}
