//! Calls as a run of `analyze` left them in its folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::outputs::PRIVATE_SUFFIX;
use crate::app::stored::{StoredError, stored_report};
use crate::domain::{AudioTime, CallVerdict, Points, Span};
use crate::rubric::backtest::{Found, Marks, Outcome};
use crate::wire::report::{Finding, ReadError, Report, SCHEMA, Scorecard};

/// All JSON files of a folder that may be reports, by name.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let private = path.to_string_lossy().ends_with(PRIVATE_SUFFIX);
        if json && !hidden && !private {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A report, in clear where that is allowed; `None` when the file is JSON of another kind.
pub(super) fn report(file: &Path) -> Result<Option<Report>, String> {
    match stored_report(file) {
        Ok(report) => Ok(Some(report)),
        Err(StoredError::Report { source: ReadError::OtherSchema, .. }) => Ok(None),
        Err(StoredError::Report { source, .. }) => {
            if is_other_json(file) {
                Ok(None)
            } else {
                Err(source.to_string())
            }
        }
        Err(StoredError::Unreadable { source, .. }) => Err(source.to_string()),
        Err(error @ StoredError::Private { .. }) => Err(error.to_string()),
    }
}

/// Whether it is whole JSON that does not even claim to be a report: somebody else's file.
fn is_other_json(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let schema = |value: serde_json::Value| value.get("schema") != Some(&SCHEMA.into());
    serde_json::from_str(&text).is_ok_and(schema)
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
        score: card.score.and_then(Points::from_f64),
        verdict: verdict(&card.verdict)?,
        findings: card.findings.iter().map(found).collect::<Option<_>>()?,
    })
}

fn verdict(word: &str) -> Option<CallVerdict> {
    use CallVerdict::{Critical, Fail, NotApplicable, Pass, Undetermined};
    [NotApplicable, Pass, Undetermined, Fail, Critical].into_iter().find(|one| one.as_str() == word)
}
