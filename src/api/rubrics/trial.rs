//! Testing a draft with dialogues: what it must find in each, and where it does not.
//!
//! In: a draft and dialogues, as `lingting rubric test` reads them. Out: what differs. Nothing is kept.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{DiagnosticBody, library_of};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::Json;
use crate::api::state::ApiState;
use crate::rubric::dialogue::{self, Bench, Dialogue, Judges, Mismatch};
use crate::rubric::{Diagnostic, Level, Place, Rubric, built_in_tests, load};
use crate::session::announces_wait;

/// What to test.
#[derive(Deserialize, ToSchema)]
#[schema(as = RubricTrial)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    /// A rubric's file, YAML; dialogues under its key `tests` are run.
    text: String,
    /// More dialogues, as a `.tests.yaml` has them. Where there are none here nor in the text, those that came with
    /// a built-in rubric of this id are run.
    dialogues: Option<String>,
}

/// What came of it.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = RubricTried)]
pub(super) struct Tried {
    /// Mistakes in the text; with one, nothing is run.
    diagnostics: Vec<DiagnosticBody>,
    /// Mistakes in the dialogues.
    dialogue_diagnostics: Vec<DiagnosticBody>,
    /// Dialogues that were run.
    dialogues: usize,
    /// Those in which something differed.
    failed: usize,
    /// One a dialogue.
    results: Vec<DialogueBody>,
}

/// A dialogue that was run.
#[derive(Serialize, ToSchema)]
#[schema(as = DialogueResult)]
struct DialogueBody {
    name: String,
    /// Where it stands: `text`, `dialogues` or `built-in`.
    from: &'static str,
    /// Its line there.
    line: u64,
    passed: bool,
    /// What differed.
    mismatches: Vec<MismatchBody>,
}

/// One thing that came out otherwise than expected.
#[derive(Serialize, ToSchema)]
#[schema(as = DialogueMismatch)]
struct MismatchBody {
    /// Where the expectation stands.
    line: u64,
    /// The criterion; `verdict` or `score` for the whole call.
    of: String,
    want: String,
    got: String,
    /// Why, as far as it can be shown.
    evidence: Vec<ShownBody>,
}

/// A piece of evidence in a dialogue.
#[derive(Serialize, ToSchema)]
#[schema(as = DialogueEvidence)]
struct ShownBody {
    kind: &'static str,
    /// The turn's line.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// What was looked for.
    matched: String,
    /// What was said there.
    quote: String,
    /// 0: the same; 1: nothing in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f32>,
}

impl MismatchBody {
    fn of(one: Mismatch) -> Self {
        let evidence = one.shown.into_iter().map(|shown| ShownBody {
            kind: shown.kind.as_str(),
            line: shown.place.map(|place| place.line),
            matched: shown.matched,
            quote: shown.quote,
            distance: shown.distance,
        });
        Self {
            line: one.place.line,
            of: one.of,
            want: one.want,
            got: one.got,
            evidence: evidence.collect(),
        }
    }
}

/// Test a draft with dialogues. Nothing is kept.
#[utoipa::path(
    post, path = "/api/v1/rubrics/test", tag = "rubrics", request_body = Trial,
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = Tried)),
)]
pub(super) async fn test_draft(
    State(state): State<ApiState>,
    Json(body): Json<Trial>,
) -> Result<Json<Tried>, ApiError> {
    state.ports.desk.work(move || tried(&body)).await.map(Json)
}

/// Dialogues and the text they stand in.
struct Set<'a> {
    from: &'static str,
    text: &'a str,
    list: Vec<Dialogue>,
}

fn tried(trial: &Trial) -> Tried {
    let mut out = Tried::default();
    let remarks = |all: &[Diagnostic], text: &str| -> Vec<DiagnosticBody> {
        all.iter().map(|one| DiagnosticBody::of(one, text)).collect()
    };
    let rubric = match load("rubric.yaml", &trial.text, &library_of()) {
        Ok(rubric) => rubric,
        Err(error) => {
            out.diagnostics = remarks(&error.diagnostics, &trial.text);
            return out;
        }
    };
    let (sets, wrong) = sets(trial, &rubric);
    let bench = Bench::new(vec![rubric], announces_wait);
    for (from, text, all) in wrong {
        match from {
            "text" => out.diagnostics.extend(remarks(&all, text)),
            _ => out.dialogue_diagnostics.extend(remarks(&all, text)),
        }
    }
    for set in &sets {
        for dialogue in &set.list {
            let unknown = remarks(&bench.unknown_names(set.from, dialogue), set.text);
            match set.from {
                "text" => out.diagnostics.extend(unknown),
                _ => out.dialogue_diagnostics.extend(unknown),
            }
        }
    }
    if !(out.diagnostics.is_empty() && out.dialogue_diagnostics.is_empty()) {
        return out;
    }
    for set in sets {
        out.results.extend(set.list.iter().map(|dialogue| run(&bench, set.from, dialogue)));
    }
    out.dialogues = out.results.len();
    out.failed = out.results.iter().filter(|one| !one.passed).count();
    out
}

type Wrong<'a> = (&'static str, &'a str, Vec<Diagnostic>);

/// The dialogues to run, and what is wrong with their texts.
fn sets<'a>(trial: &'a Trial, rubric: &Rubric) -> (Vec<Set<'a>>, Vec<Wrong<'a>>) {
    let language = rubric.language.as_ref();
    let (mut sets, mut wrong) = (Vec::new(), Vec::new());
    match dialogue::inside("rubric.yaml", &trial.text, language) {
        Ok(Some(inside)) => {
            sets.push(Set { from: "text", text: &trial.text, list: inside.list });
        }
        Ok(None) => {}
        Err(error) => wrong.push(("text", trial.text.as_str(), error.diagnostics)),
    }
    let given = trial.dialogues.as_deref().map(|text| ("dialogues", text));
    let own = built_in_tests().find(|(id, _)| *id == rubric.id.as_str());
    let own =
        own.filter(|_| sets.is_empty() && wrong.is_empty()).map(|(_, text)| ("built-in", text));
    let Some((from, text)) = given.or(own) else { return (sets, wrong) };
    match dialogue::read("dialogues", text, language) {
        Ok(read) if read.judges == Judges::Beside => {
            sets.push(Set { from, text, list: read.list });
        }
        Ok(_) => wrong.push((from, text, vec![others()])),
        Err(error) => wrong.push((from, text, error.diagnostics)),
    }
    (sets, wrong)
}

/// Here one rubric is tested, and no other is at hand.
fn others() -> Diagnostic {
    let message = "here the draft alone is the judge; leave `rubrics` out".to_owned();
    Diagnostic { file: "dialogues".to_owned(), place: Place::START, level: Level::Error, message }
}

fn run(bench: &Bench, from: &'static str, dialogue: &Dialogue) -> DialogueBody {
    let mismatches: Vec<MismatchBody> =
        bench.judge(dialogue).mismatches.into_iter().map(MismatchBody::of).collect();
    DialogueBody {
        name: dialogue.name.clone(),
        from,
        line: dialogue.place.line,
        passed: mismatches.is_empty(),
        mismatches,
    }
}
