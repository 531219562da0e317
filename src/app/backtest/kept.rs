//! Calls as a run of `analyze` left them in its folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::{AudioTime, CallVerdict, Points, Span};
use crate::rubric::backtest::{Found, Marks, Outcome};
use crate::wire::report::{Finding, ReadError, Report, SCHEMA, Scorecard};

/// A report larger than this is none; three hours of speech take some ten megabytes.
const REPORT_BYTES_MAX: u64 = 256 << 20;

/// All JSON files of a folder, by name.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if json && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A report; `None` when the file is JSON of another kind.
pub(super) fn report(file: &Path) -> Result<Option<Report>, String> {
    use io::Read;
    let mut text = String::new();
    let read =
        fs::File::open(file).and_then(|file| file.take(REPORT_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| error.to_string())?;
    match Report::from_json(&text) {
        Ok(report) => Ok(Some(report)),
        Err(ReadError::OtherSchema) => Ok(None),
        Err(error) => match serde_json::from_str::<serde_json::Value>(&text) {
            // Whole JSON that does not even claim to be a report is somebody else's file.
            Ok(other) if other.get("schema").and_then(|name| name.as_str()) != Some(SCHEMA) => {
                Ok(None)
            }
            _ => Err(error.to_string()),
        },
    }
}

/// A stored scorecard as a comparison needs it; `None` when its words are not the contract's.
pub(super) fn marks(card: &Scorecard) -> Option<Marks> {
    let found = |finding: &Finding| {
        let shown = finding
            .evidence
            .iter()
            .find(|one| one.start_s.is_some() && one.kind != "absence")
            .or(finding.evidence.first());
        let span = |start: f64, end: f64| {
            Span::at_least_1_ms(AudioTime::from_secs_f64(start), AudioTime::from_secs_f64(end))
        };
        Some(Found {
            criterion: finding.criterion.clone(),
            outcome: Outcome::parse(&finding.verdict)?,
            quote: shown.and_then(|one| one.quote.clone()).map(Into::into),
            span: shown.and_then(|one| Some(span(one.start_s?, one.end_s?))),
        })
    };
    Some(Marks {
        rubric: card.rubric.clone(),
        score: card.score.map(|score| Points::from_f64(score).ok_or(())).transpose().ok()?,
        verdict: verdict(&card.verdict)?,
        findings: card.findings.iter().map(found).collect::<Option<_>>()?,
    })
}

fn verdict(word: &str) -> Option<CallVerdict> {
    use CallVerdict::{Critical, Fail, NotApplicable, Pass, Undetermined};
    [NotApplicable, Pass, Undetermined, Fail, Critical].into_iter().find(|one| one.as_str() == word)
}
