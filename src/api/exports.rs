//! Lists as CSV files, for spreadsheets.
//!
//! In: the parameters of the call list. Out: a file, sent as it is read, personal data starred as everywhere. On
//! record. Cells that a spreadsheet would take for formulas are quoted: what a customer said runs nowhere.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Query, at};
use super::which::Which;
use crate::access::Action;
use crate::domain::Scope;
use crate::store::audit::Deed;
use crate::store::calls::{CallRow, FindingRow};
use crate::store::findings::Waiting;
use crate::store::list::{CallFilter, Sort};
use crate::store::{Store, StoreError, now_us};

/// Calls of a file.
const CALLS_MAX: i64 = 200_000;

/// Calls read at a time.
const CALLS_READ: u32 = 200;

/// Excel takes a file without it for one in the machine's old encoding.
const BOM: &str = "\u{feff}";

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(calls)).routes(routes!(findings))
}

/// What a file is about.
#[derive(Clone, Copy)]
enum Of {
    Calls,
    Findings,
}

impl Of {
    const fn name(self) -> &'static str {
        match self {
            Of::Calls => "calls",
            Of::Findings => "findings",
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Of::Calls => &[
                "id",
                "external_id",
                "kind",
                "direction",
                "client",
                "vendor",
                "project",
                "queue",
                "team",
                "agent",
                "customer",
                "language",
                "started",
                "duration_s",
                "verdict",
                "score",
                "risk",
                "problems",
                "review_state",
                "assigned_to",
                "open_violations",
                "open_undetermined",
                "worst_criterion",
                "worst_title",
                "worst_quote",
            ],
            Of::Findings => &[
                "call_id",
                "external_id",
                "started",
                "client",
                "vendor",
                "project",
                "team",
                "agent",
                "rubric",
                "criterion",
                "title",
                "verdict",
                "human_verdict",
                "severity",
                "weight",
                "points",
                "confidence",
                "leg",
                "start_s",
                "end_s",
                "quote",
            ],
        }
    }
}

/// Export calls, the newest first.
#[utoipa::path(
    get, path = "/api/v1/exports/calls.csv", tag = "exports", params(Which),
    extensions(("x-action" = json!(Action::Export.as_str()))),
    responses((status = 200, description = "UTF-8 with a byte order mark", content_type = "text/csv")),
)]
async fn calls(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, ApiError> {
    export(state, caller, which, Of::Calls).await
}

/// Export findings, those of the newest calls first; with `rubric`, `criterion` or `finding` these only.
#[utoipa::path(
    get, path = "/api/v1/exports/findings.csv", tag = "exports", params(Which),
    extensions(("x-action" = json!(Action::Export.as_str()))),
    responses((status = 200, description = "UTF-8 with a byte order mark", content_type = "text/csv")),
)]
async fn findings(
    State(state): State<ApiState>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Response, ApiError> {
    export(state, caller, which, Of::Findings).await
}

async fn export(
    state: ApiState,
    caller: Caller,
    which: Which,
    of: Of,
) -> Result<Response, ApiError> {
    let filter = CallFilter { sort: Sort::Time, limit: CALLS_READ, ..which.filter(&caller)? };
    let count = state.store.count(&filter, caller.scope()).await?;
    if count > CALLS_MAX {
        return Err(ApiError::invalid(
            format!(
                "these are {count} calls, and a file has 200000 at most: export a shorter time"
            ),
            format!("共 {count} 个通话，每个文件最多 200000 个：请缩短时间范围"),
        ));
    }
    let detail = serde_json::json!({"calls": count, "filter": which.params()}).to_string();
    let object = format!("export/{}", of.name());
    let deed = Deed { actor: caller.id(), action: "export", object: &object, detail: &detail };
    let tx = state.store.begin().await?;
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    let file =
        File { store: state.store.clone(), scope: caller.scope().clone(), filter, which, of };
    let head = BOM.to_owned() + &line(of.columns().iter().copied());
    // Read only as fast as it is taken away.
    let body = stream::try_unfold((file, Some(head)), |(mut file, head)| async move {
        if let Some(head) = head {
            return Ok::<_, StoreError>(Some((Bytes::from(head), (file, None))));
        }
        let text = file.next().await?;
        Ok(text.map(|text| (Bytes::from(text), (file, None))))
    });
    let name = format!("attachment; filename=\"lingting-{}.csv\"", of.name());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// A file on its way.
struct File {
    store: Store,
    scope: Scope,
    filter: CallFilter,
    which: Which,
    of: Of,
}

impl File {
    /// The next lines; none at the end.
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let calls = self.store.list(&self.filter, &self.scope).await?;
        let Some(last) = calls.last() else { return Ok(None) };
        self.filter.after = Some((last.started_us, last.id.clone()));
        let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
        let mut text = String::new();
        match self.of {
            Of::Calls => {
                let waiting = self.store.waiting(&ids).await?;
                for call in &calls {
                    text += &call_line(call, waiting.get(&call.id));
                }
            }
            Of::Findings => {
                let mut found = self.store.findings_of(&ids).await?;
                for call in &calls {
                    let of_call = found.remove(&call.id).unwrap_or_default();
                    for (finding, human) in of_call {
                        if self.wants(&finding, human.as_deref()) {
                            text += &finding_line(call, &finding, human.as_deref());
                        }
                    }
                }
            }
        }
        Ok(Some(text))
    }

    fn wants(&self, finding: &FindingRow, human: Option<&str>) -> bool {
        let Which { rubric, criterion, finding: holds, failed, .. } = &self.which;
        let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|a| a == value);
        let verdict = human.unwrap_or(&finding.verdict);
        is(rubric, &finding.rubric)
            && is(criterion, &finding.criterion)
            && is(holds, verdict)
            && (failed.is_none() || (is(failed, &finding.criterion) && verdict == "not_met"))
    }
}

fn number(milli: i64) -> String {
    (milli as f64 / 1000.0).to_string()
}

fn call_line(call: &CallRow, waiting: Option<&Waiting>) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let worst = waiting.and_then(|one| one.worst.as_ref()).map(|worst| &worst.finding);
    let cells = [
        call.id.clone(),
        call.external_id.clone(),
        call.kind.clone(),
        text(&call.direction),
        text(&call.belongs.client),
        text(&call.belongs.vendor),
        text(&call.belongs.project),
        text(&call.queue),
        text(&call.belongs.team),
        text(&call.belongs.agent),
        text(&call.customer),
        call.language.clone(),
        at(call.started_us),
        number(call.duration_ms),
        call.verdict.clone(),
        call.score_milli.map(number).unwrap_or_default(),
        call.risk.to_string(),
        call.problems.join(" "),
        call.review_state.clone(),
        text(&call.assigned_to),
        waiting.map_or(0, |one| one.violations).to_string(),
        waiting.map_or(0, |one| one.undetermined).to_string(),
        worst.map(|one| one.criterion.clone()).unwrap_or_default(),
        worst.map(|one| one.title.clone()).unwrap_or_default(),
        worst.and_then(|one| one.quote.clone()).unwrap_or_default(),
    ];
    line(cells.iter().map(String::as_str))
}

fn finding_line(call: &CallRow, finding: &FindingRow, human: Option<&str>) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let cells = [
        call.id.clone(),
        call.external_id.clone(),
        at(call.started_us),
        text(&call.belongs.client),
        text(&call.belongs.vendor),
        text(&call.belongs.project),
        text(&call.belongs.team),
        text(&call.belongs.agent),
        finding.rubric.clone(),
        finding.criterion.clone(),
        finding.title.clone(),
        finding.verdict.clone(),
        human.unwrap_or_default().to_owned(),
        finding.severity.clone(),
        number(finding.weight_milli),
        number(finding.points_milli),
        number(finding.confidence_milli),
        finding.leg.map(|leg| leg.to_string()).unwrap_or_default(),
        finding.start_ms.map(number).unwrap_or_default(),
        finding.end_ms.map(number).unwrap_or_default(),
        text(&finding.quote),
    ];
    line(cells.iter().map(String::as_str))
}

/// A line of a file, as spreadsheets read them.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(cell).collect();
    cells.join(",") + "\r\n"
}

/// A cell. What begins like a formula is given an apostrophe, unless it is a number.
fn cell(text: &str) -> String {
    let begins =
        text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r']);
    let text = match begins && text.parse::<f64>().is_err() {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("您好", "您好"),
            ("=1+1", "'=1+1"),
            (" =1+1", "' =1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+86 199", "'+86 199"),
            ("-", "'-"),
            ("-1.5", "-1.5"),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
            ("a\nb", "\"a\nb\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
