//! Many calls to a reviewer at once, and the rule by which any call is given to anybody.
//!
//! In: calls and a reviewer. Out: what became of each. Who may assign takes calls that are free, or their own; only a
//! supervisor gives calls to others, or takes them away from others. One call alone (`review`) goes by the same rule.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::{ApiError, said};
use super::extract::Json;
use crate::access::Action;
use crate::domain::Role;
use crate::store::audit::Deed;
use crate::store::calls::{CallRow, call_of};
use crate::store::decisions::set_review;
use crate::store::people::{Person, person_of};
use crate::store::{StoreError, Tx, now_us};

/// Calls of a request.
const CALLS_MAX: usize = 500;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(assign)).routes(routes!(reviewers))
}

/// Accounts that are looked through at a time, and at most.
const PEOPLE_PAGE: u32 = 500;
const PEOPLE_MAX: usize = 5000;

/// Somebody who reviews calls.
#[derive(Debug, Serialize, ToSchema)]
struct Reviewer {
    /// A person's id.
    id: String,
    /// What others read.
    name: String,
}

/// List who calls can be given to: those who may decide, and whose calls are among yours or yours among theirs.
#[utoipa::path(
    get, path = "/api/v1/reviewers", tag = "review",
    extensions(("x-action" = json!(Action::Assign.as_str()))),
    responses((status = 200, body = Vec<Reviewer>)),
)]
async fn reviewers(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Vec<Reviewer>>, ApiError> {
    let mut found = Vec::new();
    let (mut after, mut seen) = (String::new(), 0);
    while seen < PEOPLE_MAX {
        let people = state.store.people(&after, PEOPLE_PAGE).await?;
        let Some(last) = people.last() else { break };
        after.clone_from(&last.login);
        seen += people.len();
        let near = |person: &Person| {
            let (own, theirs) = (caller.scope(), &person.scope);
            person.disabled_us.is_none()
                && Action::Decide.allows(person.role, theirs)
                && (own.covers(theirs) || theirs.covers(own))
        };
        let people = people.into_iter().filter(near);
        found.extend(people.map(|person| Reviewer { id: person.id, name: person.name }));
    }
    Ok(Json(found))
}

/// Which calls go to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// At most 500.
    #[schema(max_items = 500)]
    call_ids: Vec<String>,
    /// A person's id, or `me`; absent or null: nobody.
    assignee: Option<String>,
}

/// What became of each call, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
struct Assigned {
    /// How many were given.
    changed: usize,
    results: Vec<AssignedCall>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
struct AssignedCall {
    call_id: String,
    /// `assigned`; `unchanged`: it was so already; `taken`: it is another reviewer's; `not_allowed`: the assignee may
    /// not review it; `not_found`.
    result: &'static str,
    /// The call's revision now.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<i64>,
}

/// Give many calls to a reviewer, take them, or set them free.
///
/// Done again it changes nothing more. Reviewers take free calls for themselves and let go of their own; supervisors
/// give any call to anybody who may review it.
#[utoipa::path(
    post, path = "/api/v1/reviews", tag = "review", request_body = Assignment,
    extensions(("x-action" = json!(Action::Assign.as_str()))),
    responses((status = 200, body = Assigned)),
)]
async fn assign(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<Assignment>,
) -> Result<Json<Assigned>, ApiError> {
    if body.call_ids.len() > CALLS_MAX {
        return Err(ApiError::invalid("at most 500 calls at a time", "一次最多 500 个通话"));
    }
    let assignee = match body.assignee.as_deref() {
        None => None,
        Some("me") => Some(caller.person.as_ref().clone()),
        Some(id) if id == caller.id() => Some(caller.person.as_ref().clone()),
        Some(_) if !leads(&caller) => return Err(Bar::Other.into()),
        Some(id) => Some(
            person_of(&state.store, id)
                .await?
                .ok_or_else(|| ApiError::invalid("`assignee` is nobody", "`assignee` 不存在"))?,
        ),
    };
    let now = now_us();
    let tx = state.store.begin().await?;
    let mut results = Vec::with_capacity(body.call_ids.len());
    for id in body.call_ids {
        let call = call_of(&tx, &id).await?.filter(|call| caller.sees(&call.belongs));
        let (result, rev) = match call {
            None => ("not_found", None),
            Some(call) => give(&tx, &caller, &call, assignee.as_ref(), now).await?,
        };
        results.push(AssignedCall { call_id: id, result, rev });
    }
    tx.commit().await?;
    let changed = results.iter().filter(|one| one.result == "assigned").count();
    Ok(Json(Assigned { changed, results }))
}

/// What stands in the way of giving a call to somebody.
pub(super) enum Bar {
    /// Only a supervisor gives calls to others.
    Other,
    /// It is another reviewer's, and the caller leads nobody.
    Taken,
    /// The assignee may not review it.
    Unable,
}

impl From<Bar> for ApiError {
    fn from(bar: Bar) -> Self {
        match bar {
            Bar::Other => ApiError::Forbidden(said(
                "only a supervisor gives calls to somebody else",
                "只有主管可以将通话分派给他人",
            )),
            Bar::Taken => ApiError::Forbidden(said(
                "it is another reviewer's; only a supervisor takes it away",
                "该通话已由他人复核，只有主管可以改派",
            )),
            Bar::Unable => ApiError::invalid(
                "the assignee may not review this call",
                "指定的人员无权复核该通话",
            ),
        }
    }
}

fn leads(caller: &Caller) -> bool {
    caller.role() == Role::Supervisor
}

/// The rule. A call that is to stay whose it is, is nobody's business here.
pub(super) fn bar(caller: &Caller, call: &CallRow, assignee: Option<&Person>) -> Option<Bar> {
    let (has, gets) = (call.assigned_to.as_deref(), assignee.map(|person| person.id.as_str()));
    let others = |one: Option<&str>| one.is_some_and(|id| id != caller.id());
    let able = |person: &Person| {
        Action::Decide.allows(person.role, &person.scope)
            && person.scope.sees(&call.belongs)
            && person.disabled_us.is_none()
    };
    if has == gets {
        None
    } else if !leads(caller) && others(gets) {
        Some(Bar::Other)
    } else if !leads(caller) && others(has) {
        Some(Bar::Taken)
    } else {
        (!assignee.is_none_or(able)).then_some(Bar::Unable)
    }
}

async fn give(
    tx: &Tx,
    caller: &Caller,
    call: &CallRow,
    assignee: Option<&Person>,
    now: i64,
) -> Result<(&'static str, Option<i64>), ApiError> {
    let gets = assignee.map(|person| person.id.as_str());
    if call.assigned_to.as_deref() == gets {
        return Ok(("unchanged", Some(call.rev)));
    }
    match bar(caller, call, assignee) {
        None => {}
        Some(Bar::Other) => return Err(Bar::Other.into()),
        Some(Bar::Taken) => return Ok(("taken", Some(call.rev))),
        Some(Bar::Unable) => return Ok(("not_allowed", Some(call.rev))),
    }
    let rev = match set_review(tx, &call.id, call.rev, &call.review_state, gets, now).await {
        Ok(rev) => rev,
        // Somebody was quicker; what they did stands.
        Err(StoreError::Conflict(_)) => return Ok(("taken", None)),
        Err(error) => return Err(error.into()),
    };
    let object = format!("call/{}", call.id);
    let detail = serde_json::json!({"state": call.review_state, "assigned_to": gets}).to_string();
    let deed = Deed { actor: caller.id(), action: "call.review", object: &object, detail: &detail };
    tx.audit(now, &deed).await?;
    Ok(("assigned", Some(rev)))
}
