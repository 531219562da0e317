//! The audit log, read and verified.
//!
//! In: which rows; a head that was kept elsewhere. Out: rows; whether the log is as it was written.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::ApiError;
use super::extract::{Json, Query, at};
use super::page::{Page, PageQuery};
use crate::access::Action;
use crate::store::audit::{AuditFilter, Audited, Deed, Flaw, Head, Verified};
use crate::store::now_us;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(verify)).routes(routes!(head))
}

/// A row of the audit log.
#[derive(Debug, Serialize, ToSchema)]
struct AuditBody {
    /// Its number: 1, 2, 3 … without gaps.
    seq: i64,
    at: String,
    /// Who: an account's id, else what it was.
    actor: String,
    /// What: `session.begin`, `call.play`, …
    action: String,
    /// To what: `call/…`, `person/…`.
    object: String,
    /// More of it.
    detail: serde_json::Value,
    /// The hash of the row before.
    prev: String,
    /// SHA-256 over that hash and this row.
    hash: String,
}

impl AuditBody {
    fn of(row: Audited) -> Self {
        Self {
            seq: row.seq,
            at: at(row.at_us),
            actor: row.actor,
            action: row.action,
            object: row.object,
            detail: serde_json::from_str(&row.detail)
                .unwrap_or(serde_json::Value::String(row.detail)),
            prev: row.prev,
            hash: row.hash,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only of this actor.
    actor: Option<String>,
    /// Only this action.
    action: Option<String>,
    /// Only to this object.
    object: Option<String>,
}

/// List the audit log, the newest row first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", params(Wanted, PageQuery),
    extensions(("x-action" = json!(Action::AuditRead.as_str()))),
    responses((status = 200, body = Page<AuditBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    _: Caller,
    Query(wanted): Query<Wanted>,
    page: PageQuery,
) -> Result<Json<Page<AuditBody>>, ApiError> {
    let limit = page.limit()?;
    let Wanted { actor, action, object } = wanted;
    let filter = AuditFilter { actor, action, object, before: page.after()? };
    let found = state.store.audited(&filter, limit + 1).await?;
    Ok(Json(Page::of(found, limit, |row| row.seq).map(AuditBody::of)))
}

/// Where the log ends.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditHead)]
struct HeadBody {
    /// The last row's number.
    seq: i64,
    /// Its hash.
    hash: String,
}

impl HeadBody {
    fn of(head: Head) -> Self {
        Self { seq: head.seq, hash: head.hash }
    }
}

/// Where the log ends: keep it elsewhere, to find out whether the end was cut off.
#[utoipa::path(
    get, path = "/api/v1/audit/head", tag = "audit",
    extensions(("x-action" = json!(Action::AuditRead.as_str()))),
    responses((status = 200, body = HeadBody)),
)]
async fn head(State(state): State<ApiState>, _: Caller) -> Result<Json<HeadBody>, ApiError> {
    Ok(Json(HeadBody::of(state.store.audit_head().await?)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Kept {
    /// Number of a head that was kept.
    seq: Option<i64>,
    /// Its hash.
    hash: Option<String>,
}

/// What verifying found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditVerified)]
struct VerifiedBody {
    /// Whether the log is as it was written.
    whole: bool,
    /// Rows looked at.
    rows: u64,
    head: HeadBody,
    /// What is wrong, the first 20 of it.
    flaws: Vec<FlawBody>,
}

/// Something wrong with the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditFlaw)]
struct FlawBody {
    /// `changed`, `missing`, `misplaced`, `not_the_head`.
    what: &'static str,
    /// The first row concerned.
    from: i64,
    /// The last.
    to: i64,
}

impl FlawBody {
    fn of(flaw: &Flaw) -> Self {
        let (what, from, to) = match *flaw {
            Flaw::Changed(seq) => ("changed", seq, seq),
            Flaw::Missing { from, to } => ("missing", from, to),
            Flaw::Misplaced(seq) => ("misplaced", seq, seq),
            Flaw::NotTheHead(seq) => ("not_the_head", seq, seq),
        };
        Self { what, from, to }
    }
}

/// Verify the whole log, against a head that was kept if one is given.
#[utoipa::path(
    get, path = "/api/v1/audit/verify", tag = "audit", params(Kept),
    extensions(("x-action" = json!(Action::AuditRead.as_str()))),
    responses((status = 200, body = VerifiedBody)),
)]
async fn verify(
    State(state): State<ApiState>,
    caller: Caller,
    Query(kept): Query<Kept>,
) -> Result<Json<VerifiedBody>, ApiError> {
    let kept = match (kept.seq, kept.hash) {
        (Some(seq), Some(hash)) => Some(Head { seq, hash }),
        (None, None) => None,
        _ => {
            return Err(ApiError::invalid(
                "`seq` and `hash` go together",
                "`seq` 与 `hash` 应同时给出",
            ));
        }
    };
    let Verified { rows, head, flaws } = state.store.verify_audit(kept.as_ref()).await?;
    let detail = serde_json::json!({ "rows": rows, "flaws": flaws.len() }).to_string();
    let deed = Deed { actor: caller.id(), action: "audit.verify", object: "", detail: &detail };
    state.store.audit(now_us(), &deed).await?;
    let flaws: Vec<FlawBody> = flaws.iter().map(FlawBody::of).collect();
    Ok(Json(VerifiedBody { whole: flaws.is_empty(), rows, head: HeadBody::of(head), flaws }))
}
