//! Reports for people: a page a call, a page over the run, and a table of findings.
//!
//! In: finished [`crate::wire::report::Report`]s, the call's audio for the browser, and its peaks.
//! Out: self-contained HTML and CSV. Nothing is written to disk here, nothing is fetched by a page,
//! and personal data that was found is starred out of all text shown.

pub mod csv;
pub mod html;
pub mod index;

mod mask;
mod peaks;
mod strings;
mod template;

pub use html::worst_verdict;
pub use index::worst_finding;
pub use mask::masked;
pub use strings::UiLanguage;

/// Ends of names that belong to the call named before them: its sidecar, its clear texts, its timeline.
const TAKEN: &[&str] = &[".call", ".private", ".redaction"];

/// What the names of a call's files begin with: its id. One that would give a file the name of another
/// (`index.html` is the run's, `a.private.json` the call `a`'s) gets an underscore, and one more than
/// it has at its end already, so that no two calls share a name.
pub fn file_stem(call_id: &str) -> String {
    let id = call_id.trim_end_matches('_').to_ascii_lowercase();
    let clash = id == "index" || TAKEN.iter().any(|end| id.ends_with(end));
    format!("{call_id}{}", if clash { "_" } else { "" })
}

/// The file name of a call's page, beside `index.html`.
pub fn page_file_name(call_id: &str) -> String {
    format!("{}.html", file_stem(call_id))
}
