//! Accounts: who may log in, as what, and to see which calls.
//!
//! In: what administrators write. Out: accounts. An administrator sees and makes only accounts that see no more
//! than they do; the last administrator who sees everything stays.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::caller::Caller;
use super::error::{ApiError, ProblemBody};
use super::etag::{ETag, IfMatch};
use super::extract::{Json, Path, at, text};
use super::page::{Page, PageQuery};
use crate::access::oidc::SUBJECT_CHARS;
use crate::access::{Action, fits};
use crate::domain::{Role, Scope};
use crate::store::audit::Deed;
use crate::store::people::{NewPerson, Person, person_from, person_of};
use crate::store::{StoreError, Tx, now_us};
use crate::wire::ScopeBody;

/// Grants of one scope.
const GRANTS_MAX: usize = 100;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(one, change))
        .routes(routes!(set_password))
        .routes(routes!(end_sessions))
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(super) struct PersonBody {
    id: String,
    /// What they type to log in.
    login: String,
    /// What others read.
    name: String,
    /// What they may do.
    role: &'static str,
    /// To which calls.
    scope: ScopeBody,
    /// Who they are at the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    created: String,
    /// Since when they may no longer log in.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<String>,
}

impl PersonBody {
    pub(super) fn of(person: &Person) -> Self {
        Self {
            id: person.id.clone(),
            login: person.login.clone(),
            name: person.name.clone(),
            role: person.role.as_str(),
            scope: ScopeBody::from(&person.scope),
            subject: person.subject.clone(),
            created: at(person.created_us),
            disabled: person.disabled_us.map(at),
        }
    }
}

/// Reads a login name.
pub(super) fn login_of(value: &str) -> Result<String, ApiError> {
    let login = text("login", value, 64)?.to_lowercase();
    if login.chars().any(char::is_whitespace) {
        return Err(ApiError::invalid("a login name has no spaces", "用户名不能含空格"));
    }
    Ok(login)
}

/// Reads a person's name.
pub(super) fn name_of(value: &str) -> Result<String, ApiError> {
    text("name", value, 100)
}

fn role_of(word: &str) -> Result<Role, ApiError> {
    Role::parse(word).ok_or_else(|| {
        let all = Role::ALL.map(Role::as_str).join(", ");
        ApiError::invalid(format!("`role` is one of {all}"), format!("`role` 应为 {all} 之一"))
    })
}

/// Reads who somebody is at the identity provider.
fn subject_of(value: &str) -> Result<String, ApiError> {
    text("subject", value, SUBJECT_CHARS)
}

/// A scope that the caller may give to somebody of that role.
fn scope_of(caller: &Caller, role: Role, body: ScopeBody) -> Result<Scope, ApiError> {
    if body.grants.len() > GRANTS_MAX {
        return Err(ApiError::invalid("a scope has at most 100 grants", "数据范围最多 100 条"));
    }
    let scope = Scope::from(body);
    fits(role, &scope).map_err(|fact| {
        let role = role.as_str();
        ApiError::invalid(
            format!("every grant of a {role} names a {fact}"),
            format!("角色 {role} 的每条数据范围都应指定 {fact}"),
        )
    })?;
    within(caller, &scope)?;
    Ok(scope)
}

/// Nobody hands out more than they have.
fn within(caller: &Caller, scope: &Scope) -> Result<(), ApiError> {
    if caller.scope().covers(scope) {
        return Ok(());
    }
    Err(ApiError::invalid("the scope is wider than your own", "数据范围超出您本人的范围"))
}

fn no_such() -> ApiError {
    ApiError::not_found("account", "账号不存在")
}

/// An account that the caller may see.
pub(super) async fn visible(
    on: &impl crate::store::Conn,
    caller: &Caller,
    id: &str,
) -> Result<Person, ApiError> {
    let person = person_of(on, id).await?;
    person.filter(|person| caller.scope().covers(&person.scope)).ok_or_else(no_such)
}

/// List accounts.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people", params(PageQuery),
    extensions(("x-action" = json!(Action::PeopleRead.as_str()))),
    responses((status = 200, body = Page<PersonBody>)),
)]
async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: PageQuery,
) -> Result<Json<Page<PersonBody>>, ApiError> {
    let limit = query.limit()?;
    let mut after: String = query.after()?.unwrap_or_default();
    let mut found = Vec::new();
    // Scopes are compared here, not in the database: go on until the page is full.
    loop {
        let people = state.store.people(&after, limit + 1).await?;
        let last = people.len() <= limit as usize;
        after = people.last().map(|person| person.login.clone()).unwrap_or_default();
        found.extend(people.into_iter().filter(|person| caller.scope().covers(&person.scope)));
        if last || found.len() > limit as usize {
            break;
        }
    }
    let page = Page::of(found, limit, |person| person.login.clone());
    Ok(Json(page.map(|person| PersonBody::of(&person))))
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPersonBody {
    /// What they type to log in: 1 to 64 characters, no spaces; upper and lower case are one.
    login: String,
    /// What others read.
    name: String,
    /// What they may do.
    #[schema(example = "reviewer")]
    role: String,
    /// To which calls.
    scope: ScopeBody,
    /// Absent, they log in through the identity provider only.
    #[schema(format = Password, min_length = 10, max_length = 200)]
    password: Option<String>,
    /// Who they are at the identity provider: its issuer, `#`, and the `sub` of their ID token.
    #[schema(example = "https://login.example.com#248289761001")]
    subject: Option<String>,
}

/// Make an account.
#[utoipa::path(
    post, path = "/api/v1/people", tag = "people", request_body = NewPersonBody,
    extensions(("x-action" = json!(Action::PeopleWrite.as_str()))),
    responses(
        (status = 201, body = PersonBody),
        (status = 409, description = "The login name is taken", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn add(
    State(state): State<ApiState>,
    caller: Caller,
    Json(body): Json<NewPersonBody>,
) -> Result<Response, ApiError> {
    let login = login_of(&body.login)?;
    let role = role_of(&body.role)?;
    let scope = scope_of(&caller, role, body.scope)?;
    let password = match &body.password {
        Some(password) => Some(state.passwords.hash(&login, password).await?),
        None => None,
    };
    let subject = body.subject.as_deref().map(subject_of).transpose()?;
    let new = NewPerson { name: name_of(&body.name)?, login, role, scope, password, subject };
    let tx = state.store.begin().await?;
    let person = tx.add_person(now_us(), &new).await?;
    audit(&tx, &caller, &person, "person.add").await?;
    tx.commit().await?;
    let place = [("location", format!("/api/v1/people/{}", person.id))];
    Ok((StatusCode::CREATED, place, ETag(person.rev), Json(PersonBody::of(&person)))
        .into_response())
}

async fn audit(tx: &Tx, caller: &Caller, person: &Person, action: &str) -> Result<(), ApiError> {
    let object = format!("person/{}", person.id);
    let detail = serde_json::json!({
        "role": person.role.as_str(),
        "scope": ScopeBody::from(&person.scope),
        "disabled": person.disabled_us.is_some(),
    });
    let detail = detail.to_string();
    let deed = Deed { actor: caller.id(), action, object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    Ok(())
}

/// See an account.
#[utoipa::path(
    get, path = "/api/v1/people/{person_id}", tag = "people", params(("person_id" = String, Path)),
    extensions(("x-action" = json!(Action::PeopleRead.as_str()))),
    responses((status = 200, body = PersonBody)),
)]
async fn one(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let person = visible(&state.store, &caller, &id).await?;
    Ok((ETag(person.rev), Json(PersonBody::of(&person))).into_response())
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    /// What others read.
    name: Option<String>,
    /// What they may do.
    #[schema(example = "reviewer")]
    role: Option<String>,
    /// To which calls.
    scope: Option<ScopeBody>,
    /// Who they are at the identity provider; empty: nobody any more. Their sessions end.
    subject: Option<String>,
    /// Whether they may no longer log in. Their sessions and tokens end at once.
    disabled: Option<bool>,
}

/// Change an account. Whoever loses something loses it with the next request.
#[utoipa::path(
    patch, path = "/api/v1/people/{person_id}", tag = "people", request_body = PersonChange,
    params(("person_id" = String, Path), ("If-Match" = String, Header, description = "The ETag that was read")),
    extensions(("x-action" = json!(Action::PeopleWrite.as_str()))),
    responses((status = 200, body = PersonBody)),
)]
async fn change(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    Json(body): Json<PersonChange>,
) -> Result<Response, ApiError> {
    let tx = state.store.begin().await?;
    let mut person = visible(&tx, &caller, &id).await?;
    if_match.check(person.rev)?;
    if person.id == caller.id()
        && (body.role.is_some() || body.scope.is_some() || body.disabled == Some(true))
    {
        return Err(ApiError::conflict(
            "somebody else must change your role and scope, or disable you",
            "不能修改自己的角色和数据范围，也不能停用自己",
        ));
    }
    if let Some(name) = body.name {
        person.name = name_of(&name)?;
    }
    if body.role.is_some() || body.scope.is_some() {
        person.role = body.role.map_or(Ok(person.role), |word| role_of(&word))?;
        let scope = body.scope.unwrap_or_else(|| ScopeBody::from(&person.scope));
        person.scope = scope_of(&caller, person.role, scope)?;
    }
    let other_subject = body.subject.is_some();
    if let Some(subject) = body.subject.filter(|subject| !subject.is_empty()) {
        let subject = subject_of(&subject)?;
        if person_from(&tx, &subject).await?.is_some_and(|other| other.id != person.id) {
            return Err(StoreError::Conflict("the subject is another account's").into());
        }
        person.subject = Some(subject);
    } else if other_subject {
        person.subject = None;
    }
    match body.disabled {
        Some(true) => person.disabled_us = person.disabled_us.or(Some(now_us())),
        Some(false) => person.disabled_us = None,
        None => {}
    }
    tx.change_person(&person).await?;
    person.rev += 1;
    if person.disabled_us.is_some() || other_subject {
        tx.end_sessions_of(&person.id, None).await?;
    }
    if tx.administrators().await? == 0 {
        return Err(ApiError::conflict(
            "one administrator who sees everything must stay",
            "必须保留至少一名拥有全部数据范围的管理员",
        ));
    }
    audit(&tx, &caller, &person, "person.change").await?;
    tx.commit().await?;
    Ok((ETag(person.rev), Json(PersonBody::of(&person))).into_response())
}

/// A password set by an administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Password {
    /// 10 to 200 characters.
    #[schema(format = Password, min_length = 10, max_length = 200)]
    password: String,
}

/// Set somebody's password. All their sessions end.
#[utoipa::path(
    put, path = "/api/v1/people/{person_id}/password", tag = "people", request_body = Password,
    params(("person_id" = String, Path)),
    extensions(("x-action" = json!(Action::PeopleWrite.as_str()))),
    responses((status = 204, description = "Set")),
)]
async fn set_password(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<Password>,
) -> Result<StatusCode, ApiError> {
    let person = visible(&state.store, &caller, &id).await?;
    let phc = state.passwords.hash(&person.login, &body.password).await?;
    let tx = state.store.begin().await?;
    tx.set_password(&person.id, &phc).await?;
    tx.end_sessions_of(&person.id, None).await?;
    audit(&tx, &caller, &person, "person.password").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all of somebody's sessions.
#[utoipa::path(
    delete, path = "/api/v1/people/{person_id}/sessions", tag = "people",
    params(("person_id" = String, Path)),
    extensions(("x-action" = json!(Action::PeopleWrite.as_str()))),
    responses((status = 204, description = "Ended")),
)]
async fn end_sessions(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let tx = state.store.begin().await?;
    let person = visible(&tx, &caller, &id).await?;
    tx.end_sessions_of(&person.id, None).await?;
    audit(&tx, &caller, &person, "person.end_sessions").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
