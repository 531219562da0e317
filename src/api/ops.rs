//! For whoever runs the service: is it alive, can it work, and its figures.
//!
//! In: nothing. Out: what a load balancer, systemd or Prometheus asks for. Figures take leave: numbers of calls
//! are business.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ApiState;
use super::error::ApiError;
use super::gate::PUBLIC;
use crate::access::Action;
use crate::store::ledger::totals;

/// This resource's routes.
pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(figures))
}

/// Where counters of the process are gathered; one for the process.
fn gathered() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // A recorder that somebody else has set keeps the counters; the gauges below are told here all the same.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Begins to count. What is counted before is lost.
pub fn begin_counting() {
    gathered();
}

/// Is it alive?
#[utoipa::path(
    get, path = "/healthz", tag = "operations", extensions(("x-action" = json!(PUBLIC))),
    responses((status = 200, description = "It answers", content_type = "text/plain")),
)]
async fn alive() -> &'static str {
    "alive\n"
}

/// Can it work?
#[utoipa::path(
    get, path = "/readyz", tag = "operations", extensions(("x-action" = json!(PUBLIC))),
    responses(
        (status = 200, description = "Store and index answer", content_type = "text/plain"),
        (status = 503, description = "One of them does not", content_type = "text/plain"),
    ),
)]
async fn ready(State(state): State<ApiState>) -> Response {
    let store = state.store.ping().await;
    let index = state.ports.index.cursor();
    match (store, index) {
        (Ok(()), Ok(_)) if !state.stop.is_cancelled() => "ready\n".into_response(),
        (store, index) => {
            // What exactly is wrong goes to the log: this answer is for anybody.
            tracing::error!(store = ?store.err(), index = ?index.err(), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}

/// Read the service's figures, in Prometheus' text form.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    extensions(("x-action" = json!(Action::MetricsRead.as_str()))),
    responses((status = 200, description = "Prometheus text format 0.0.4", content_type = "text/plain")),
)]
async fn figures(State(state): State<ApiState>) -> Result<Response, ApiError> {
    let handle = gathered();
    for (kind, job_state, n) in state.store.job_counts().await? {
        metrics::gauge!("lingting_jobs", "kind" => kind, "state" => job_state).set(n as f64);
    }
    for total in totals(&state.store).await? {
        let state = total.state.as_str();
        metrics::gauge!("lingting_files", "source" => total.source, "state" => state)
            .set(total.files as f64);
    }
    let last = state.store.last_seq().await?;
    let read = state.ports.index.cursor().map_err(ApiError::internal)?;
    metrics::gauge!("lingting_events").set(last as f64);
    metrics::gauge!("lingting_index_behind_events").set((last - read).max(0) as f64);
    metrics::gauge!("lingting_index_calls").set(state.ports.index.calls() as f64);
    handle.run_upkeep();
    let form = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((form, handle.render()).into_response())
}
