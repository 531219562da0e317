//! The findings of a run as a table: one row a finding, for spreadsheets.
//!
//! In: reports, one after the other. Out: CSV in UTF-8 with a byte order mark, without which Excel
//! misreads Chinese. Text that a spreadsheet would run as a formula is made plain.

use std::io::Write;

use super::mask::masked;
use crate::wire::report::{Finding, Report};

const COLUMNS: [&str; 15] = [
    "call",
    "rubric",
    "criterion",
    "verdict",
    "severity",
    "points",
    "weight",
    "start_s",
    "end_s",
    "quote",
    "title",
    "reason",
    "agent",
    "vendor",
    "started_at",
];

/// Writes findings, report by report.
#[derive(Debug)]
pub struct FindingsCsv<W: Write>(csv::Writer<W>);

impl<W: Write> FindingsCsv<W> {
    /// Writes the byte order mark and the head.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn new(mut out: W) -> Result<Self, csv::Error> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    /// Writes all findings of a report.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub fn add(&mut self, report: &Report) -> Result<(), csv::Error> {
        let shown = masked(report);
        for card in &shown.scorecards {
            for finding in &card.findings {
                self.0.write_record(row(&shown, &card.rubric, finding))?;
            }
        }
        Ok(())
    }

    /// Flushes, and gives the writer back.
    ///
    /// # Errors
    /// When the last rows cannot be written.
    pub fn finish(self) -> Result<W, std::io::Error> {
        self.0.into_inner().map_err(|error| error.into_error())
    }
}

fn row(report: &Report, rubric: &str, finding: &Finding) -> [String; COLUMNS.len()] {
    let call = &report.call;
    let main = finding.main_evidence();
    let seconds = |at: Option<f64>| at.map(|s| format!("{s:.3}")).unwrap_or_default();
    let quote = main
        .and_then(|item| item.quote.as_deref())
        .or_else(|| finding.evidence.iter().find_map(|item| item.quote.as_deref()));
    let or_empty = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
    [
        plain(&call.call_id),
        plain(rubric),
        plain(&finding.criterion),
        finding.verdict.clone(),
        finding.severity.clone(),
        finding.points.to_string(),
        finding.weight.to_string(),
        seconds(main.and_then(|item| item.start_s)),
        seconds(main.and_then(|item| item.end_s)),
        plain(quote.unwrap_or_default()),
        plain(&finding.title),
        or_empty(&finding.reason),
        or_empty(&call.agent.as_ref().and_then(|agent| agent.id.clone())),
        or_empty(&call.vendor),
        or_empty(&call.started_at),
    ]
}

/// Text that no spreadsheet takes for a formula: such a start gets an apostrophe before it.
fn plain(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_plain_text() {
        for (text, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("＋1", "'＋1"),
            ("您好", "您好"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
