//! Tidiness of the tree: who may use whom, how long files are, and what the pure core must not touch.
//!
//! In: the sources as text. Out: a list of what is out of order, each with its file and line.

// Helpers outside #[test] functions may unwrap too: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the modules of this crate that it may use. `app` and `cli` may use all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("audio", &["domain"]),
    ("speech", &["domain", "audio"]),
    ("text", &["domain"]),
    ("measure", &["domain", "text"]),
    ("rubric", &["domain", "text", "measure"]),
    ("session", &["domain", "audio", "speech", "text", "measure", "rubric"]),
    ("wire", &["domain"]),
    ("engine", &["domain", "audio", "speech"]),
    ("ingest", &["domain", "audio", "wire"]),
    ("report", &["domain", "wire"]),
    ("search", &["domain", "text"]),
    ("access", &["domain"]),
    ("store", &["domain", "wire"]),
    ("webhooks", &["domain", "store", "blobs"]),
    ("blobs", &["domain"]),
    ("lake", &["domain", "wire"]),
    ("pbx", &["domain"]),
    ("live", &["domain", "audio", "wire", "pbx"]),
    ("supervise", &["domain", "wire", "pbx"]),
    (
        "api",
        &[
            "domain",
            "text",
            "rubric",
            "session",
            "wire",
            "access",
            "store",
            "search",
            "blobs",
            "ingest",
            "webhooks",
            "lake",
            "supervise",
        ],
    ),
];

/// The pure core: no files, no clock, no order that changes from run to run.
const CORE: &[&str] = &["domain", "audio", "speech", "text", "measure", "rubric", "session"];

const IMPURE: &[&str] = &[
    "HashMap",
    "HashSet",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "Instant::now",
    "SystemTime",
];

/// Lines of code before a file's tests.
const LINES_MAX: usize = 500;

/// What belongs to somebody's machine: paths, and the hosts of registries and their mirrors.
const FOREIGN: &[&str] = &[
    "/home/",
    "/root/",
    concat!("/wo", "rk/"),
    "/Users/",
    "index-url",
    "artifactory",
    "nexus.",
    "goproxy",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose names end so, with their text, in one order.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.is_empty() || endings.iter().any(|end| name(&path).ends_with(end)) {
                // What is not text (recordings, pictures) is none of ours.
                found.extend(fs::read_to_string(&path).ok().map(|text| (name(&path), text)));
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Lines of code with their numbers: no comments, and nothing from the tests on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(ix, line)| (ix + 1, line));
    numbered
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("tests.rs")
}

/// Modules of this crate that a line names: `crate::a::…`, `crate::{a, b::c}`.
fn used(line: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut all = Vec::new();
    for after in line.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => all.extend(list.split(',').map(|one| word(one.trim()))),
            None => all.push(word(after)),
        }
    }
    all
}

#[track_caller]
fn none(out_of_order: Vec<String>) {
    assert!(out_of_order.is_empty(), "\n{}", out_of_order.join("\n"));
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (module, may_use) in MAY_USE {
        let all = files(&format!("src/{module}"), &[".rs"]);
        assert!(!all.is_empty(), "no module {module}");
        for (file, text) in all.iter().filter(|(file, _)| !is_test_file(file)) {
            for (number, line) in code(text) {
                let other = |name: &&String| {
                    let known = MAY_USE.iter().any(|(known, _)| known == name);
                    let shell = matches!(name.as_str(), "app" | "cli");
                    (known || shell) && name != module && !may_use.contains(&name.as_str())
                };
                let bad = used(line).iter().find(other).cloned();
                wrong.extend(bad.map(|bad| format!("{file}:{number}: {module} uses {bad}")));
            }
        }
    }
    none(wrong);
}

#[test]
fn every_module_is_in_the_table() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let known = |module: &&str| {
        matches!(*module, "app" | "cli") || MAY_USE.iter().any(|(known, _)| known == module)
    };
    none(modules.filter(|module| !known(module)).map(str::to_owned).collect());
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for (file, text) in CORE.iter().flat_map(|module| files(&format!("src/{module}"), &[".rs"])) {
        for (number, line) in code(&text).filter(|_| !is_test_file(&file)) {
            let impure = IMPURE.iter().find(|word| line.contains(**word));
            wrong.extend(impure.map(|word| format!("{file}:{number}: {word} in the pure core")));
        }
    }
    none(wrong);
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut wrong = Vec::new();
    for (file, text) in ["src", "tests", "benches"].iter().flat_map(|at| files(at, &[".rs"])) {
        if !text.starts_with("//!") {
            wrong.push(format!("{file}:1: no `//!` that says what it is for"));
        }
        let lines = code(&text).count();
        if lines > LINES_MAX {
            wrong.push(format!("{file}: {lines} lines of code, {LINES_MAX} are allowed"));
        }
    }
    none(wrong);
}

#[test]
fn nothing_names_somebodys_machine() {
    let folders = ["src", "tests", "benches", "scripts", "schemas", "models", "docs"];
    let mut all: Vec<_> = folders.iter().flat_map(|folder| files(folder, &[])).collect();
    for file in ["Cargo.toml", "deny.toml", "clippy.toml", "build.rs", "README.md"] {
        all.extend(fs::read_to_string(root().join(file)).ok().map(|text| (file.into(), text)));
    }
    let mut wrong = Vec::new();
    for (file, text) in all.iter().filter(|(file, _)| file != "tests/tidy.rs") {
        for (ix, line) in text.lines().enumerate() {
            let foreign = FOREIGN.iter().find(|word| line.contains(**word));
            wrong.extend(foreign.map(|word| format!("{file}:{}: {word}", ix + 1)));
        }
    }
    none(wrong);
}
