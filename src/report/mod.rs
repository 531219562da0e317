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

/// The file name of a call's page, beside `index.html`.
///
/// A call that is itself named `index` gets an underscore, so that it does not overwrite the run's page.
pub fn page_file_name(call_id: &str) -> String {
    let clash = if call_id.eq_ignore_ascii_case("index") { "_" } else { "" };
    format!("{call_id}{clash}.html")
}
