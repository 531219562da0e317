//! What goes wrong while decoding, gathered into few problems.

use crate::domain::{AudioTime, Problem, ProblemKind, Span};

/// Lost packets closer than this are one problem, in milliseconds.
const MERGE_MS: u64 = 1_000;
/// Stretches of lost packets that are told apart; later ones are added to the last.
const STRETCHES_MAX: usize = 16;

/// The problems of one recording. Bounded, however broken it is.
#[derive(Default)]
pub(super) struct Troubles {
    problems: Vec<Problem>,
    stretches: Vec<(AudioTime, AudioTime, u64)>,
    why: Option<String>,
}

impl Troubles {
    pub(super) fn of_header(problems: Vec<(ProblemKind, String)>) -> Self {
        let whole = |(kind, detail)| Problem { kind, leg: None, span: None, detail };
        Self { problems: problems.into_iter().map(whole).collect(), ..Self::default() }
    }

    pub(super) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Adds a problem at a moment, once a kind: the header's word for it comes first.
    pub(super) fn add(&mut self, kind: ProblemKind, detail: &str, at: AudioTime) {
        if self.problems.iter().all(|p| p.kind != kind) {
            let span = (at > AudioTime::ZERO).then(|| Span::at_least_1_ms(at, at));
            self.problems.push(Problem { kind, leg: None, span, detail: detail.to_owned() });
        }
    }

    pub(super) fn lost_packet(&mut self, at: AudioTime, why: &str) {
        self.why.get_or_insert_with(|| why.to_owned());
        let full = self.stretches.len() >= STRETCHES_MAX;
        match self.stretches.last_mut() {
            Some((_, end, count)) if full || at.since_ms(*end) < MERGE_MS => {
                *end = at;
                *count += 1;
            }
            _ => self.stretches.push((at, at, 1)),
        }
    }

    /// Why the first packet that was lost was lost; `None` when none was.
    pub(super) fn first_loss(&self) -> Option<&str> {
        let left_out = self.problems.iter().find(|p| p.kind == ProblemKind::CorruptData);
        self.why.as_deref().or(left_out.map(|p| p.detail.as_str()))
    }

    /// Turns lost packets into problems, in time order.
    pub(super) fn close(&mut self) {
        for (start, end, count) in self.stretches.drain(..) {
            self.problems.push(Problem {
                kind: ProblemKind::CorruptData,
                leg: None,
                span: Some(Span::at_least_1_ms(start, end)),
                detail: format!("{count} packets could not be decoded and are silent"),
            });
        }
        self.problems.sort_by_key(|p| p.span.map(|s| s.start()));
    }
}
