//! Joining a call through the telephone system: listen on one's own telephone, coach, barge.
//!
//! In: who wants to join which call how, and why. Out: requests to the call's connector. Each mode takes a leave of its own; each
//! interval is on record. What a connector cannot do is refused before it is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::bodies::Supervisor;
use super::floor::LiveCall;
use super::listened::{audit, now_ms};
use super::{REASON_CHARS_MAX, visible};
use crate::access::Action;
use crate::api::ApiState;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, said};
use crate::api::extract::{Json, Path, at, text};
use crate::store::{live, now_us};
use crate::supervise::{Joined, Joining, Mode, Supervise, SuperviseError};

/// Characters of a telephone.
const TELEPHONE_CHARS_MAX: usize = 100;

/// Joins that may be under way in all.
const JOINS_MAX: usize = 256;

/// The joins under way.
#[derive(Default)]
pub(in crate::api) struct Joins(Mutex<BTreeMap<String, Join>>);

impl std::fmt::Debug for Joins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Joins")
    }
}

#[derive(Clone)]
struct Join {
    call: Arc<LiveCall>,
    connector: Arc<dyn Supervise>,
    joined: Joined,
    person: String,
    /// Its row on the timeline.
    event: String,
    reason: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(join)).routes(routes!(change, leave))
}

/// How to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JoinRequest)]
struct Wish {
    /// `listen`, `coach`, `barge`.
    mode: String,
    /// The supervisor's telephone, as the telephone system dials it: `PJSIP/sup100`, `user/1001`.
    telephone: String,
    /// Why, in words; it goes into the audit log.
    reason: String,
}

/// Another mode.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JoinChange)]
struct Other {
    /// `listen`, `coach`, `barge`.
    mode: String,
}

/// Somebody takes part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Join)]
struct JoinBody {
    /// Names it, to change or end it.
    join_id: String,
    /// `listen`, `coach`, `barge`.
    mode: &'static str,
}

fn mode(word: &str) -> Result<Mode, ApiError> {
    Mode::parse(word).ok_or_else(|| {
        ApiError::invalid("`mode` is listen, coach or barge", "`mode` 应为 listen、coach 或 barge")
    })
}

fn may(caller: &Caller, mode: Mode) -> Result<(), ApiError> {
    caller.may(match mode {
        Mode::Listen => Action::LiveListen,
        Mode::Coach => Action::LiveCoach,
        Mode::Barge => Action::LiveBarge,
    })
}

fn refused(error: SuperviseError) -> ApiError {
    let zh = match &error {
        SuperviseError::Unable(_) => "该电话系统不支持这种方式".to_owned(),
        SuperviseError::NoHandle(name) => format!("通话缺少 `{name}`，无法定位坐席通道"),
        SuperviseError::Unfit(_) => "分机或通道含有不能拨号的字符".to_owned(),
        SuperviseError::Away(_) => "无法连接电话系统，请检查配置和网络".to_owned(),
        SuperviseError::Refused(_) => "电话系统拒绝了请求".to_owned(),
    };
    match error {
        SuperviseError::Away(_) => ApiError::Unavailable(said(error.to_string(), zh)),
        _ => ApiError::conflict(error.to_string(), zh),
    }
}

/// Ring the supervisor's telephone and put them on the call.
#[utoipa::path(
    post, path = "/api/v1/live/calls/{live_id}/joins", tag = "live", params(("live_id" = String, Path)),
    request_body = Wish, extensions(("x-action" = json!(Action::LiveListen.as_str()))),
    responses((status = 201, body = JoinBody)),
)]
async fn join(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<(StatusCode, Json<JoinBody>), ApiError> {
    let call = visible(&state, &caller, &id)?;
    let reason = text("reason", &wish.reason, REASON_CHARS_MAX)?;
    let telephone = text("telephone", &wish.telephone, TELEPHONE_CHARS_MAX)?;
    let mode = mode(&wish.mode)?;
    may(&caller, mode)?;
    let connector = call.connector.clone().filter(|one| one.can().contains(&mode));
    let connector = connector.ok_or_else(|| refused(SuperviseError::Unable(mode)))?;
    if state.joins.lock().len() >= JOINS_MAX {
        return Err(ApiError::TooMany(10));
    }
    let join_id = uuid::Uuid::now_v7().to_string();
    let mut join = Join {
        joined: Joined(BTreeMap::new()),
        person: caller.id().to_owned(),
        event: String::new(),
        call: Arc::clone(&call),
        connector: Arc::clone(&connector),
        reason,
    };
    // On record before anybody is heard; a refusal ends the interval where it began.
    begin(&state, &mut join, mode, &join_id, Some(&caller)).await?;
    let joining = Joining { handles: call.handles.clone(), telephone, mode };
    match connector.join(&joining).await {
        Ok(joined) => join.joined = joined,
        Err(error) => {
            end(&state, &join, &join_id, "refused").await?;
            return Err(refused(error));
        }
    }
    state.joins.lock().insert(join_id.clone(), join);
    Ok((StatusCode::CREATED, Json(JoinBody { join_id, mode: mode.as_str() })))
}

/// Change the mode.
#[utoipa::path(
    patch, path = "/api/v1/live/joins/{join_id}", tag = "live", params(("join_id" = String, Path)),
    request_body = Other, extensions(("x-action" = json!(Action::LiveListen.as_str()))),
    responses((status = 200, body = JoinBody)),
)]
async fn change(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(other): Json<Other>,
) -> Result<Json<JoinBody>, ApiError> {
    let mut join = own(&state, &caller, &id)?;
    let mode = mode(&other.mode)?;
    may(&caller, mode)?;
    if !join.connector.can().contains(&mode) {
        return Err(refused(SuperviseError::Unable(mode)));
    }
    let old = join.clone();
    begin(&state, &mut join, mode, &id, Some(&caller)).await?;
    match join.connector.change(&join.joined, mode).await {
        Ok(joined) => join.joined = joined,
        Err(error) => {
            end(&state, &join, &id, "refused").await?;
            return Err(refused(error));
        }
    }
    close(&state, &old).await?;
    state.joins.lock().insert(id.clone(), join);
    Ok(Json(JoinBody { join_id: id, mode: mode.as_str() }))
}

/// Leave the call.
#[utoipa::path(
    delete, path = "/api/v1/live/joins/{join_id}", tag = "live", params(("join_id" = String, Path)),
    extensions(("x-action" = json!(Action::LiveListen.as_str()))),
    responses((status = 204, description = "Off the call")),
)]
async fn leave(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let join = own(&state, &caller, &id)?;
    join.connector.leave(&join.joined).await.map_err(refused)?;
    state.joins.lock().remove(&id);
    end(&state, &join, &id, "left").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's own: another's looks as if it were not there.
fn own(state: &ApiState, caller: &Caller, id: &str) -> Result<Join, ApiError> {
    let join = state.joins.lock().get(id).cloned();
    let join = join.filter(|join| join.person == caller.id());
    join.ok_or_else(|| ApiError::not_found("join", "该监听不存在"))
}

impl Joins {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Join>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Joins {
    /// Somebody who takes part, as far as a test wants to know.
    pub(in crate::api) fn pretend(&self, id: &str, call: Arc<LiveCall>, person: &str) {
        struct Nobody;
        #[async_trait::async_trait]
        impl Supervise for Nobody {
            fn can(&self) -> &'static [Mode] {
                &[]
            }
            fn handles(&self) -> &'static [&'static str] {
                &[]
            }
            async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError> {
                Err(SuperviseError::Unable(joining.mode))
            }
            async fn change(&self, _: &Joined, mode: Mode) -> Result<Joined, SuperviseError> {
                Err(SuperviseError::Unable(mode))
            }
            async fn leave(&self, _: &Joined) -> Result<(), SuperviseError> {
                Ok(())
            }
        }
        let join = Join {
            call,
            connector: Arc::new(Nobody),
            joined: Joined(BTreeMap::new()),
            person: person.into(),
            event: String::new(),
            reason: String::new(),
        };
        self.lock().insert(id.into(), join);
    }
}

async fn begin(
    state: &ApiState,
    join: &mut Join,
    mode: Mode,
    id: &str,
    caller: Option<&Caller>,
) -> Result<(), ApiError> {
    let now_us = now_us();
    join.event = uuid::Uuid::now_v7().to_string();
    let event = live::LiveEvent {
        id: join.event.clone(),
        call_id: join.call.id.clone(),
        kind: mode.as_str().into(),
        start_ms: now_ms(&join.call),
        end_ms: None,
        at_us: now_us,
        ended_us: None,
        person: Some(join.person.clone()),
        reason: Some(join.reason.clone()),
    };
    let from = caller.map(|caller| caller.address.to_string());
    let detail = serde_json::json!({
        "join": id, "mode": mode.as_str(), "reason": join.reason, "at_ms": event.start_ms, "from": from,
    });
    let tx = state.store.begin().await?;
    live::begin_event(&tx, &event).await?;
    audit(&tx, &join.person, "live.join", &join.call, &detail).await?;
    tx.commit().await?;
    let name = caller.map(|caller| caller.person.name.clone()).unwrap_or_default();
    let supervisor = Supervisor {
        person: join.person.clone(),
        name,
        mode: mode.as_str().into(),
        since: at(now_us),
        join_id: Some(id.to_owned()),
    };
    join.call.paint(|picture| {
        picture.supervisors.retain(|one| one.join_id.as_deref() != Some(id));
        picture.supervisors.push(supervisor);
    });
    Ok(())
}

/// Ends the interval on the timeline.
async fn close(state: &ApiState, join: &Join) -> Result<(), ApiError> {
    let tx = state.store.begin().await?;
    live::end_event(&tx, &join.event, now_ms(&join.call), now_us()).await?;
    Ok(tx.commit().await?)
}

async fn end(state: &ApiState, join: &Join, id: &str, how: &str) -> Result<(), ApiError> {
    join.call.paint(|picture| {
        picture.supervisors.retain(|one| one.join_id.as_deref() != Some(id));
    });
    let tx = state.store.begin().await?;
    let end_ms = now_ms(&join.call);
    live::end_event(&tx, &join.event, end_ms, now_us()).await?;
    let detail = serde_json::json!({ "join": id, "how": how, "to_ms": end_ms });
    audit(&tx, &join.person, "live.join_ended", &join.call, &detail).await?;
    Ok(tx.commit().await?)
}

impl ApiState {
    /// A call is over: whoever had joined it is on it no more.
    pub async fn call_is_over(&self, call: &str) {
        let over: Vec<(String, Join)> = {
            let mut joins = self.joins.lock();
            let ids: Vec<String> = joins
                .iter()
                .filter(|(_, join)| join.call.id == call)
                .map(|(id, _)| id.clone())
                .collect();
            ids.into_iter().filter_map(|id| joins.remove_entry(&id)).collect()
        };
        for (id, join) in over {
            if let Err(error) = join.connector.leave(&join.joined).await {
                tracing::warn!(%error, "a supervisor could not be taken off a call that is over");
            }
            if let Err(error) = end(self, &join, &id, "over").await {
                tracing::error!(%error, "the end of a join could not be written down");
            }
        }
    }
}
