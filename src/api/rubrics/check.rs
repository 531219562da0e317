//! Checking a draft: every remark with its place, in both languages, and the text as it should be written.
//!
//! In: a text. Out: remarks, the canonical form, what it says. Nothing is kept.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::{BothBody, OutlineBody};
use crate::access::Action;
use crate::api::error::ApiError;
use crate::api::extract::Json;
use crate::api::state::ApiState;
use crate::rubric::{
    Diagnostic, Level, Library, LoadError, Outline, check, extent, format, in_chinese, library,
    suggestion,
};

/// Mistakes that are named in a refusal.
const NAMED_MAX: usize = 5;

/// The phrase lists that a draft may use: those of this version of the product.
pub(super) fn library_of() -> Library {
    library()
}

/// A remark on a text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RubricDiagnostic)]
pub(super) struct DiagnosticBody {
    /// `error`: it cannot be used; `warning`: it says something that is hardly meant.
    level: &'static str,
    /// From one.
    line: u64,
    /// From one, in characters.
    column: u64,
    /// Characters that it is about.
    length: u64,
    message: BothBody,
    /// What was probably meant, to stand there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

impl DiagnosticBody {
    pub(super) fn of(one: &Diagnostic, text: &str) -> Self {
        Self {
            level: match one.level {
                Level::Error => "error",
                Level::Warning => "warning",
            },
            line: one.place.line,
            column: one.place.column,
            length: extent(text, one.place),
            message: BothBody { zh: in_chinese(&one.message), en: one.message.clone() },
            suggestion: suggestion(&one.message).map(str::to_owned),
        }
    }
}

/// The refusal of a text that cannot be used: its first mistakes.
pub(super) fn refused(error: &LoadError) -> ApiError {
    let errors = || error.diagnostics.iter().filter(|one| one.level == Level::Error);
    let told = |message: &dyn Fn(&Diagnostic) -> String| {
        let lines = errors()
            .take(NAMED_MAX)
            .map(|one| format!("{}:{}: {}", one.place.line, one.place.column, message(one)));
        let mut lines: Vec<String> = lines.collect();
        let more = errors().count().saturating_sub(NAMED_MAX);
        if more > 0 {
            lines.push(format!("… +{more}"));
        }
        lines.join("\n")
    };
    ApiError::invalid(told(&|one| one.message.clone()), told(&|one| in_chinese(&one.message)))
}

/// A text to be looked at.
#[derive(Deserialize, ToSchema)]
#[schema(as = RubricDraft)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// A rubric's file, YAML.
    text: String,
}

/// What is to be said of a text.
#[derive(Serialize, ToSchema)]
#[schema(as = RubricChecked)]
pub(super) struct Checked {
    /// Whether it can be published.
    sound: bool,
    /// In the text's order.
    diagnostics: Vec<DiagnosticBody>,
    /// The text in its canonical form; absent where it is no YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted: Option<String>,
    /// What it says; absent where it has mistakes.
    #[serde(skip_serializing_if = "Option::is_none")]
    outline: Option<OutlineBody>,
}

/// Check a draft: remarks with places, and its canonical form. Nothing is kept.
#[utoipa::path(
    post, path = "/api/v1/rubrics/check", tag = "rubrics", request_body = Draft,
    extensions(("x-action" = json!(Action::RubricsRead.as_str()))),
    responses((status = 200, body = Checked)),
)]
pub(super) async fn check_draft(
    State(state): State<ApiState>,
    Json(Draft { text }): Json<Draft>,
) -> Result<Json<Checked>, ApiError> {
    let checked = move || {
        let (name, library) = ("rubric.yaml", library_of());
        let remarks = check(name, &text, &library);
        let outline = Outline::read(name, &text, &library).ok();
        Checked {
            sound: outline.is_some(),
            diagnostics: remarks.iter().map(|one| DiagnosticBody::of(one, &text)).collect(),
            formatted: format(name, &text).ok(),
            outline: outline.as_ref().map(OutlineBody::of),
        }
    };
    state.ports.desk.work(checked).await.map(Json)
}
