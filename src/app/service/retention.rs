//! Deleting what is due, by rule, and the proof of it.
//!
//! In: rules and holds in the store. Out: calls without what was to go, certificates, rows in the audit log. A run
//! that is killed is ended by the next one: what lies outside the store is deleted after the store says that it
//! will be, and the certificate is final after that. Search and open data follow by the event log.

use crate::blobs::{BlobError, BlobName, Blobs};
use crate::store::audit::Deed;
use crate::store::retention::{Certificate, Due, delete, deleted, is_used};
use crate::store::{Store, StoreError, now_us};

/// Calls read at a time.
const PAGE: u32 = 200;

/// Why not all that is due was deleted.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Audio and clear texts.
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// What a run did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retained {
    /// Calls of which something went.
    pub deleted: u64,
    /// Calls that were due and are held.
    pub held: u64,
    /// Deletions of an earlier run that were ended.
    pub ended: u64,
}

/// Lists what is due, and deletes nothing. `told` hears of each call.
///
/// # Errors
/// [`RetentionError`].
pub async fn what_is_due(
    store: &Store,
    mut told: impl FnMut(&Due),
) -> Result<Retained, RetentionError> {
    let mut run = Retained::default();
    for rule in store.retention().await? {
        let mut after = None;
        loop {
            let page = store.due(&rule, now_us(), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.call.started_us, last.call.id.clone()));
            for due in page.iter().filter(|due| due.something_goes()) {
                told(due);
                if due.held { run.held += 1 } else { run.deleted += 1 }
            }
        }
    }
    Ok(run)
}

/// Deletes what is due. `actor`: who the audit log says did it. `told` hears of each call.
///
/// # Errors
/// [`RetentionError`]; what was deleted by then is, and the rest is due still.
pub async fn retain(
    store: &Store,
    blobs: &Blobs,
    actor: &str,
    mut told: impl FnMut(&Due),
) -> Result<Retained, RetentionError> {
    let mut run = Retained::default();
    for certificate in store.open_deletions().await? {
        end(store, blobs, &certificate).await?;
        run.ended += 1;
    }
    for rule in store.retention().await? {
        let mut after = None;
        loop {
            let page = store.due(&rule, now_us(), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.call.started_us, last.call.id.clone()));
            for due in page.iter().filter(|due| due.something_goes()) {
                if due.held {
                    run.held += 1;
                    told(due);
                } else if let Some(certificate) = begin(store, due, actor).await? {
                    end(store, blobs, &certificate).await?;
                    run.deleted += 1;
                    told(due);
                }
            }
        }
    }
    Ok(run)
}

/// What is in the store goes, with the promise of the rest.
async fn begin(
    store: &Store,
    due: &Due,
    actor: &str,
) -> Result<Option<Certificate>, RetentionError> {
    let tx = store.begin().await?;
    let Some(certificate) = delete(&tx, due, now_us()).await? else { return Ok(None) };
    let object = format!("call/{}", certificate.call_id);
    let detail = serde_json::json!({
        "certificate": certificate.id, "rule": certificate.rule.0, "goes": certificate.goes,
    });
    let detail = detail.to_string();
    let deed = Deed { actor, action: "retention.delete", object: &object, detail: &detail };
    tx.audit(now_us(), &deed).await?;
    tx.commit().await?;
    Ok(Some(certificate))
}

/// The rest goes; the certificate is final.
async fn end(
    store: &Store,
    blobs: &Blobs,
    certificate: &Certificate,
) -> Result<(), RetentionError> {
    for blob in &certificate.blobs {
        // A call that came since may have brought the same content back.
        if !is_used(store, blob).await? {
            let name = BlobName::parse(blob);
            let name = name.ok_or_else(|| StoreError::damaged("blob's name", blob))?;
            blobs.delete(&name).await?;
        }
    }
    let tx = store.begin().await?;
    deleted(&tx, certificate, now_us()).await?;
    Ok(tx.commit().await?)
}
