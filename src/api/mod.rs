//! The service over HTTP: REST under `/api/v1`, described by OpenAPI.
//!
//! In: requests. Out: answers; what went wrong as problem+json. The module asks and answers: it decides nothing
//! about calls, and nothing below it knows of HTTP.
//!
//! # How to add a resource
//!
//! 1. A file `api/NAME.rs` that exports `pub fn router() -> OpenApiRouter<ApiState>`, and a line in [`described`].
//! 2. Each handler has `#[utoipa::path(…)]` with its full path and **its action**:
//!    `extensions(("x-action" = json!(Action::CallsRead.as_str())))`. The gate lets nobody in without that leave
//!    before the handler runs, and closes a route that names none. A new action is a line in `access::action`.
//! 3. It takes [`Caller`] and asks for rows **with `caller.scope()`**; what lies outside is
//!    [`ApiError::not_found`], never "forbidden": that would say that it is there.
//! 4. Bodies are types of this module with `Serialize`/`Deserialize` and `ToSchema` (`#[schema(as = Name)]`), built
//!    by explicit conversion; times by [`extract::at`]. Take [`extract::Json`], [`extract::Query`],
//!    [`extract::Path`], not axum's: their refusals are problems.
//! 5. Lists take [`page::PageQuery`], ask for `limit + 1` rows and answer [`page::Page::of`]. What has a `rev`
//!    answers with [`etag::ETag`] and takes [`etag::IfMatch`] where it is changed.
//! 6. Who changes something calls `tx.audit(…)` inside the same transaction; so does whoever plays, exports or
//!    reveals. POST with JSON is idempotent by itself (`Idempotency-Key`); an answer that shows a secret puts
//!    [`idempotent::ShownOnce`] into its extensions.
//! 7. Name path parameters `{call_id}`, `{person_id}`, …: the walk test (`walk_tests.rs`) puts in real ones by that name,
//!    and calls the route as every role, as another tenant and as nobody. A new name needs a line there.
//! 8. `UPDATE=1 cargo test --lib api::` writes `schemas/openapi.json` and `docs/access.md` anew; look at the difference.

pub mod caller;
mod cookie;
#[cfg(test)]
mod described_tests;
pub mod error;
pub mod etag;
pub mod extract;
pub mod gate;
pub mod idempotent;
mod layers;
pub mod page;
pub mod state;

mod assign;
mod audio;
mod audit;
mod calls;
mod events;
mod explain;
mod exports;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod http_tests;
mod jobs;
mod ledger;
pub mod live;
mod ops;
#[cfg(feature = "web")]
mod pages;
mod people;
mod places;
mod plays;
mod retention;
mod review;
pub(crate) mod rubrics;
mod search;
mod searches;
mod session;
#[cfg(test)]
mod session_tests;
mod setup;
mod sign_on;
#[cfg(all(test, feature = "oidc"))]
mod sign_on_tests;
mod sources;
mod sql;
mod stats;
mod tokens;
mod units;
mod uploads;
#[cfg(test)]
mod walk_live_tests;
#[cfg(test)]
mod walk_tests;
mod webhooks;
mod which;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

pub use caller::Caller;
pub use error::ApiError;
pub use ops::begin_counting;
pub use rubrics::queue::{Backtested, Backtests, Desk, Run};
#[cfg(feature = "analytics")]
pub(crate) use sql::audited as audited_sql;
pub use state::{ApiSettings, ApiState, Inlet, Keeper, Order, Ports, Progress, Sample};
pub use tokens::PREFIX as TOKEN_PREFIX;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Lingting 聆听",
        description = "Quality monitoring and speech analytics for call centres. Each operation's `x-action` says \
                       which leave it takes; docs/access.md says who has it.",
    ),
    components(schemas(error::ProblemBody))
)]
struct Described;

/// All resources, with their description.
fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Described::openapi())
        .merge(setup::router())
        .merge(session::router())
        .merge(sign_on::router())
        .merge(people::router())
        .merge(tokens::router())
        .merge(units::router())
        .merge(ledger::router())
        .merge(uploads::router())
        .merge(events::router())
        .merge(audit::router())
        .merge(webhooks::router())
        .merge(calls::router())
        .merge(retention::router())
        .merge(review::router())
        .merge(explain::router())
        .merge(rubrics::router())
        .merge(search::router())
        .merge(searches::router())
        .merge(ops::router())
        .merge(audio::router())
        .merge(sources::router())
        .merge(sql::router())
        .merge(stats::router())
        .merge(assign::router())
        .merge(jobs::router())
        .merge(exports::router())
        .merge(live::router())
}

/// The description of the whole API, OpenAPI 3.1: `schemas/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut openapi = described().into_openapi();
    // Handlers are named within their module; an operation's id must be one of its kind in the whole description.
    for item in openapi.paths.paths.values_mut() {
        let methods =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in methods.into_iter().flatten() {
            let tag = operation.tags.iter().flatten().next();
            if let (Some(tag), Some(id)) = (tag, &operation.operation_id) {
                operation.operation_id = Some(format!("{tag}_{id}"));
            }
        }
    }
    openapi
}

/// The router, ready to be served: `router(state).into_make_service_with_connect_info::<SocketAddr>()`, so that
/// throttles know who calls.
pub fn router(state: ApiState) -> Router {
    finished(described(), state)
}

/// What no resource answers.
#[cfg(feature = "web")]
use pages::pages as elsewhere;

/// What no resource answers.
#[cfg(not(feature = "web"))]
async fn elsewhere() -> ApiError {
    ApiError::not_found("route", "接口不存在")
}

fn finished(described: OpenApiRouter<ApiState>, state: ApiState) -> Router {
    let (router, openapi) = described.split_for_parts();
    let gate = (state.clone(), Arc::new(gate::rules(&openapi)));
    let https = state.settings.origin.as_deref().is_some_and(|own| own.starts_with("https://"));
    let body_bytes_max = state.settings.body_bytes_max;
    let router = router
        .route_layer(from_fn_with_state(gate, gate::gate))
        .fallback(elsewhere)
        .method_not_allowed_fallback(async || ApiError::Method)
        .with_state(state);
    layers::around(router, https, body_bytes_max)
}
