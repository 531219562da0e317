//! What of a webhook is secret, at rest: its signing secret, and its URL, into which chat platforms put theirs.
//!
//! In: webhooks as people write them. Out: the same as they are kept, sealed where blobs are; and back.

use crate::blobs::{BlobError, Blobs};
use crate::store::webhooks::Webhook;
use crate::store::{Store, StoreError};

const URL: &str = "a webhook's URL";
const SECRET: &str = "a webhook's secret";

/// A webhook as it is kept.
///
/// # Errors
/// [`BlobError`].
pub fn sealed(blobs: &Blobs, hook: Webhook) -> Result<Webhook, BlobError> {
    let (url, secret) = (blobs.seal_text(URL, &hook.url)?, blobs.seal_text(SECRET, &hook.secret)?);
    Ok(Webhook { url, secret, ..hook })
}

/// A webhook as it is used.
///
/// # Errors
/// [`BlobError`] when a key is missing.
pub fn opened(blobs: &Blobs, hook: Webhook) -> Result<Webhook, BlobError> {
    let (url, secret) = (blobs.open_text(URL, &hook.url)?, blobs.open_text(SECRET, &hook.secret)?);
    Ok(Webhook { url, secret, ..hook })
}

/// Why secrets were not sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// Whether a webhook's secrets are in clear, or sealed by an older key, though there are keys.
pub fn is_stale(blobs: &Blobs, hook: &Webhook) -> bool {
    blobs.is_text_stale(&hook.url) || blobs.is_text_stale(&hook.secret)
}

/// Seals by the active key what is in clear or sealed by an older one; tells how many webhooks it was. Without keys
/// nothing happens. One that does not open is left as it is and named in the log: its webhook says so at each try.
///
/// # Errors
/// [`SecretsError`].
pub async fn seal_anew(store: &Store, blobs: &Blobs) -> Result<u64, SecretsError> {
    let mut anew = 0;
    for hook in store.webhooks("", u32::MAX).await? {
        if !is_stale(blobs, &hook) {
            continue;
        }
        let to = match opened(blobs, hook.clone()) {
            Ok(open) => sealed(blobs, open)?,
            Err(error) => {
                tracing::error!(%error, webhook = hook.id, "not sealed anew");
                continue;
            }
        };
        let tx = store.begin().await?;
        // Somebody may have written meanwhile: then it was sealed by that.
        anew += u64::from(tx.reseal_webhook(&hook, &to).await?);
        tx.commit().await?;
    }
    Ok(anew)
}
