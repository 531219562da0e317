//! 评分表: all findings of one rubric on one call, and what they add up to.

use std::fmt;

use super::{Finding, RubricId};

/// Points in hundredths, so that a score is the same on every machine (law 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Points = Points(0);

    /// From hundredths of a point.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// From a rubric's number, rounded to the hundredth; `None` when it is not finite or over a million.
    pub fn from_f64(points: f64) -> Option<Self> {
        (points.is_finite() && points.abs() <= 1e6).then(|| Self((points * 100.0).round() as i64))
    }

    /// Hundredths of a point.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// As a decimal number.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_f64())
    }
}

/// How grave a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For information: never enters the verdict.
    Info,
    /// 轻度: two of them fail a call.
    Minor,
    /// 重度: one fails a call.
    Major,
    /// 致命项: fails the call whatever its score.
    Critical,
}

impl Severity {
    /// The word used in reports and rubrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Minor => "minor",
            Severity::Major => "major",
            Severity::Critical => "critical",
        }
    }
}

/// 判定 over a whole scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallVerdict {
    /// The rubric does not apply to this call.
    NotApplicable,
    /// Good enough.
    Pass,
    /// Criteria that would decide it are undetermined.
    Undetermined,
    /// Not good enough.
    Fail,
    /// A critical criterion failed.
    Critical,
}

impl CallVerdict {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            CallVerdict::NotApplicable => "not_applicable",
            CallVerdict::Pass => "pass",
            CallVerdict::Undetermined => "undetermined",
            CallVerdict::Fail => "fail",
            CallVerdict::Critical => "critical",
        }
    }
}

/// Which rubric, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RubricRef {
    /// Its id.
    pub id: RubricId,
    /// Its version.
    pub version: u32,
    /// SHA-256 over its file, in lower-case hex.
    pub digest: String,
    /// Its title in its own language.
    pub title: String,
}

/// 评分表.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// The rubric.
    pub rubric: RubricRef,
    /// 0 to `max`, over the criteria that were decided. Absent when none applies, and when less than half
    /// of what was at stake could be decided: nobody could defend such a number.
    pub score: Option<Points>,
    /// The lowest and the highest score that it could be if everything had been decided. Absent when
    /// everything was.
    pub range: Option<(Points, Points)>,
    /// Points of the critical criteria alone, 0 to `max`. Absent when none of them applies or one could
    /// not be decided.
    pub critical_score: Option<Points>,
    /// Always 100 points.
    pub max: Points,
    /// The whole.
    pub verdict: CallVerdict,
    /// Attributes of the call that would say whether the rubric is meant for it, and are not known. The
    /// verdict is then undetermined.
    pub applies_unknown: Vec<String>,
    /// One a criterion, in the rubric's order.
    pub findings: Vec<Finding>,
}
