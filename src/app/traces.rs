//! Traces for OpenTelemetry: what the service spends its time on, told to a collector.
//!
//! In: spans of this program, and `OTEL_EXPORTER_OTLP_ENDPOINT`. Out: OTLP over HTTP, in batches, from a thread of its
//! own. Spans only, with the few fields that they name: no log line, and so no text, name or path of a file, goes out.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// How long a batch may be on its way.
const TRY: Duration = Duration::from_secs(10);

/// The collector's address, as the OpenTelemetry specification names it.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The settings make no exporter.
    #[error(
        "OTEL_EXPORTER_OTLP_ENDPOINT: {0}; it is the collector's address, such as http://127.0.0.1:4318"
    )]
    Settings(#[from] ExporterBuildError),
    /// No TLS, or no thread.
    #[error("traces cannot be sent: {0}")]
    Client(Box<dyn std::error::Error + Send + Sync>),
}

/// Sends spans until [`Traces::end`].
pub struct Traces {
    provider: SdkTracerProvider,
    /// Of its own: the exporter's thread has none, and the service's may be ending.
    _runtime: Runtime,
}

#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: tokio::runtime::Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request.try_into()?).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = sent.await??;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }
}

impl Traces {
    /// Traces to where the environment says; `None` when it says nothing.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn from_environment() -> Result<Option<Self>, TracesError> {
        match std::env::var(ENDPOINT) {
            Ok(endpoint) if !endpoint.trim().is_empty() => Self::open(endpoint.trim()).map(Some),
            _ => Ok(None),
        }
    }

    /// Traces to a collector: `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn open(endpoint: &str) -> Result<Self, TracesError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| TracesError::Client(error.into()))?;
        let client = reqwest::Client::builder().timeout(TRY).build();
        let client = client.map_err(|error| TracesError::Client(error.into()))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { client, runtime: runtime.handle().clone() })
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()?;
        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are read by the builder, and the sampler's variables below.
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => Resource::builder().build(),
            None => Resource::builder().with_service_name("lingting").build(),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self { provider, _runtime: runtime })
    }

    /// What takes spans of this program out of the log's registry.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let tracer = self.provider.tracer("lingting");
        let ours = filter_fn(|meta| meta.is_span() && meta.target().starts_with("lingting"));
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_filter(ours)
    }

    /// Sends what is left. It waits for the collector, a few seconds at most: not inside a task.
    pub fn end(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::{HeaderMap, header};
    use axum::routing::post;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What the collector was sent: content types, and bytes.
    type Got = Arc<Mutex<(Vec<String>, Vec<u8>)>>;

    #[tokio::test(flavor = "multi_thread")]
    async fn spans_arrive_at_a_collector_and_log_lines_do_not() {
        let got = Got::default();
        let take = async |State(got): State<Got>, headers: HeaderMap, body: Bytes| {
            let kind = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
            let (kinds, bytes) = &mut *got.lock().unwrap();
            kinds.push(kind);
            bytes.extend_from_slice(&body);
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&got));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let sent = tokio::task::spawn_blocking(move || {
            let traces = Traces::open(&endpoint).unwrap();
            let subscriber = tracing_subscriber::registry().with(traces.layer());
            tracing::subscriber::with_default(subscriber, || {
                let span = tracing::info_span!("request", http.route = "/api/v1/calls/{call_id}");
                span.in_scope(|| tracing::error!(said = "我要投诉", "a line of the log"));
                tracing::info_span!(target: "other", "strange").in_scope(|| ());
            });
            traces.end();
        });
        sent.await.unwrap();
        let (kinds, bytes) = &*got.lock().unwrap();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind == "application/x-protobuf"));
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has("request") && has("/api/v1/calls/{call_id}") && has("lingting"));
        assert!(!has("我要投诉") && !has("a line of the log") && !has("strange"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_is_not_there_holds_nothing_up() {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let ended = tokio::task::spawn_blocking(move || {
            let traces = Traces::open(&endpoint).unwrap();
            let subscriber = tracing_subscriber::registry().with(traces.layer());
            tracing::subscriber::with_default(subscriber, || {
                for _ in 0..5_000 {
                    tracing::info_span!("request").in_scope(|| ());
                }
            });
            traces.end();
        });
        // More spans than wait for sending: those over it are dropped, and nobody is kept.
        tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap().unwrap();
    }
}
