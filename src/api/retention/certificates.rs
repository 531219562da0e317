//! Certificates of deletion.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Action;
use crate::api::ApiState;
use crate::api::error::ApiError;
use crate::api::extract::{Json, Path, Query, at};
use crate::api::page::{Page, PageQuery};
use crate::store::retention::{self, Certified, certificate_of};

/// What proves a deletion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletionCertificate)]
pub(super) struct CertificateBody {
    /// `lingting/deletion/1`.
    schema: String,
    id: String,
    /// The call.
    call_id: String,
    /// SHA-256 over the recording as it came.
    sha256: String,
    /// `audio`, `clear_text`, `all`.
    goes: &'static str,
    /// The rule that said so.
    rule_id: String,
    rule_name: String,
    /// Names of blobs that went with it.
    blobs: Vec<String>,
    /// Names of blobs that stay because other calls have the same content.
    shared: Vec<String>,
    /// SHA-256 over the masked report that went.
    #[serde(skip_serializing_if = "Option::is_none")]
    report_sha256: Option<String>,
    begun: String,
    /// When all of it was gone; absent, the next run ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<String>,
}

impl CertificateBody {
    fn of(certified: Certified) -> Self {
        let Certified { certificate, begun_us, done_us } = certified;
        let (rule_id, rule_name) = certificate.rule;
        Self {
            schema: certificate.schema,
            id: certificate.id,
            call_id: certificate.call_id,
            sha256: certificate.sha256,
            goes: certificate.goes.as_str(),
            rule_id,
            rule_name,
            blobs: certificate.blobs,
            shared: certificate.shared,
            report_sha256: certificate.report_sha256,
            begun: at(begun_us),
            done: done_us.map(at),
        }
    }
}

/// Which certificates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// Of this call.
    call_id: Option<String>,
}

/// List certificates of deletion, the newest first.
#[utoipa::path(
    get, path = "/api/v1/retention/certificates", tag = "retention", params(Listed, PageQuery),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = Page<CertificateBody>)),
)]
pub(super) async fn certificates(
    State(state): State<ApiState>,
    Query(listed): Query<Listed>,
    query: PageQuery,
) -> Result<Json<Page<CertificateBody>>, ApiError> {
    let (limit, before) = (query.limit()?, query.after::<String>()?);
    let call = listed.call_id.as_deref();
    let found = retention::certificates(&state.store, call, before.as_deref(), limit + 1).await?;
    let page = Page::of(found, limit, |one| one.certificate.id.clone());
    Ok(Json(page.map(CertificateBody::of)))
}

/// See a certificate of deletion.
#[utoipa::path(
    get, path = "/api/v1/retention/certificates/{certificate_id}", tag = "retention",
    params(("certificate_id" = String, Path)),
    extensions(("x-action" = json!(Action::Retention.as_str()))),
    responses((status = 200, body = CertificateBody)),
)]
pub(super) async fn certificate(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<CertificateBody>, ApiError> {
    let found = certificate_of(&state.store, &id).await?;
    let found = found.ok_or_else(|| ApiError::not_found("certificate", "删除证明不存在"))?;
    Ok(Json(CertificateBody::of(found)))
}
