//! The outbox: events go in for every webhook that is to be told, and out until they were heard.
//!
//! In: the event log. Out: deliveries, tried again ever more slowly and then given up; webhooks that only fail are
//! switched off. Killed at any moment it goes on where it was: at worst a message is sent twice, with one id.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::form::Told;
use super::guard::Guard;
use super::secrets;
use super::send::{Sender, Sent};
use crate::blobs::Blobs;
use crate::domain::Scope;
use crate::store::audit::Deed;
use crate::store::webhooks::{Delivery, Webhook, event_of, sweep_deliveries, webhook_of};
use crate::store::{Event, EventKind, Store, StoreError, follow, now_us};

/// What the log knows this follower by.
const FOLLOWER: &str = "webhooks";

/// Events read at a time.
const CHUNK: u32 = 256;

/// Messages on their way at a time.
const AT_ONCE_MAX: usize = 16;

/// A message that is on its way for so long has died with its process.
const LEASE_US: i64 = 60_000_000;

/// How long what was sent can be seen.
const KEPT_US: i64 = 30 * 86_400_000_000;

/// How patient it is.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How often the log and the outbox are looked at.
    pub look: Duration,
    /// The wait before each further try; after the last it is given up.
    pub again: Vec<Duration>,
    /// A webhook that failed so often in a row is switched off.
    pub failures_max: i64,
}

impl Default for Pace {
    fn default() -> Self {
        // Some 28 hours in all: what the Standard Webhooks specification advises.
        let again = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
        Self {
            look: Duration::from_millis(500),
            again: again.map(Duration::from_secs).to_vec(),
            failures_max: 50,
        }
    }
}

/// Tells webhooks what happens.
#[derive(Debug, Clone)]
pub struct Outbox {
    store: Store,
    /// Opens secrets.
    blobs: Arc<Blobs>,
    sender: Sender,
    pace: Pace,
    origin: String,
}

impl Outbox {
    /// An outbox over a store. `origin`: where people find the service, for links.
    ///
    /// # Errors
    /// When there is no TLS to be had.
    pub fn new(
        store: Store,
        blobs: Arc<Blobs>,
        guard: Guard,
        pace: Pace,
        origin: &str,
    ) -> Result<Self, reqwest::Error> {
        let origin = origin.trim_end_matches('/').to_owned();
        Ok(Self { store, blobs, sender: Sender::new(guard)?, pace, origin })
    }

    /// Runs until `stop`. What is on its way then is given a moment to arrive.
    pub async fn run(self, stop: CancellationToken) {
        let mut swept_us = 0;
        while !stop.is_cancelled() {
            let turn = async {
                self.fill().await?;
                let sent = self.send_due().await?;
                if now_us() - swept_us > 3_600_000_000 {
                    swept_us = now_us();
                    let tx = self.store.begin().await?;
                    sweep_deliveries(&tx, swept_us - KEPT_US).await?;
                    tx.commit().await?;
                }
                Ok::<_, StoreError>(sent)
            };
            let busy = match turn.await {
                Ok(sent) => sent > 0,
                Err(error) => {
                    tracing::warn!(%error, "webhooks are not told");
                    false
                }
            };
            if !busy {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(self.pace.look) => {}
                }
            }
        }
    }

    /// Puts what happened into the outbox.
    pub(super) async fn fill(&self) -> Result<(), StoreError> {
        loop {
            let seq = self.store.follower(FOLLOWER).await?;
            let events = self.store.events_after(seq, CHUNK).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
            let hooks = self.store.webhooks("", u32::MAX).await?;
            let hooks: Vec<Webhook> = hooks.into_iter().filter(|hook| hook.active).collect();
            let mut wanted = Vec::new();
            for event in &events {
                for hook in &hooks {
                    if self.wants(hook, event).await? {
                        wanted.push((hook.id.clone(), event.seq));
                    }
                }
            }
            let tx = self.store.begin().await?;
            for (hook, seq) in &wanted {
                tx.add_delivery(hook, *seq, now_us()).await?;
            }
            follow(&tx, FOLLOWER, last).await?;
            tx.commit().await?;
        }
    }

    async fn wants(&self, hook: &Webhook, event: &Event) -> Result<bool, StoreError> {
        if !hook.kinds.contains(&event.kind) || event.at_us < hook.created_us {
            return Ok(false);
        }
        match &event.call_id {
            _ if hook.scope == Scope::All => Ok(true),
            Some(call) => {
                let belongs = self.store.belongs(call).await?;
                Ok(belongs.is_some_and(|belongs| hook.scope.sees(&belongs)))
            }
            None => Ok(event.kind == EventKind::RubricPublished),
        }
    }

    /// Sends what is due; tells how many were tried.
    pub(super) async fn send_due(&self) -> Result<usize, StoreError> {
        let now_us = now_us();
        let limit = u32::try_from(AT_ONCE_MAX).unwrap_or(u32::MAX);
        let due = self.store.take_deliveries(now_us, now_us + LEASE_US, limit).await?;
        let count = due.len();
        let mut all = JoinSet::new();
        for delivery in due {
            let outbox = self.clone();
            all.spawn(async move { outbox.try_one(&delivery).await });
        }
        while let Some(done) = all.join_next().await {
            match done {
                Ok(done) => done?,
                Err(error) => tracing::error!(%error, "a delivery broke off"),
            }
        }
        Ok(count)
    }

    async fn try_one(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let hook = webhook_of(&self.store, &delivery.webhook).await?;
        let Some(hook) = hook else { return Ok(()) };
        let event = event_of(&self.store, delivery.event_seq).await?;
        let Some(event) = event else {
            return self.failed(delivery, None, "the event is not kept any more", false).await;
        };
        let call = match &event.call_id {
            Some(id) => self.store.call(id).await?,
            None => None,
        };
        let hook = match secrets::opened(&self.blobs, hook) {
            Ok(hook) => hook,
            // A key may be put back: it is tried again.
            Err(error) => return self.failed(delivery, None, &error.to_string(), true).await,
        };
        let told = Told { event: &event, call: call.as_ref(), origin: &self.origin };
        match self.sender.send(&hook, &delivery.id, &told, now_us()).await {
            Sent::Heard(status) => {
                let tx = self.store.begin().await?;
                tx.delivered(delivery, i64::from(status), now_us()).await?;
                tx.commit().await
            }
            Sent::Not { status, why } => {
                self.failed(delivery, status.map(i64::from), &why, true).await
            }
            Sent::Gone => self.gone(delivery).await,
        }
    }

    async fn failed(
        &self,
        delivery: &Delivery,
        status: Option<i64>,
        why: &str,
        again: bool,
    ) -> Result<(), StoreError> {
        let tried = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
        let wait = self.pace.again.get(tried.saturating_sub(1)).filter(|_| again);
        let now_us = now_us();
        let next_us = wait.map(|wait| now_us + jittered(*wait, &delivery.id, tried));
        let tx = self.store.begin().await?;
        let max = self.pace.failures_max;
        let off = tx.not_delivered(delivery, next_us, status, why, max, now_us).await?;
        self.end(tx, delivery, off, why).await
    }

    async fn gone(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let why = "the receiver answered 410: it wants no more";
        let tx = self.store.begin().await?;
        let off = tx.not_delivered(delivery, None, Some(410), why, 0, now_us()).await?;
        self.end(tx, delivery, off, why).await
    }

    /// Commits, and says so when a webhook was switched off.
    async fn end(
        &self,
        tx: crate::store::Tx,
        delivery: &Delivery,
        off: bool,
        why: &str,
    ) -> Result<(), StoreError> {
        if off {
            let object = format!("webhook/{}", delivery.webhook);
            let detail = serde_json::json!({ "why": why }).to_string();
            let deed =
                Deed { actor: "service", action: "webhook.off", object: &object, detail: &detail };
            tx.audit(now_us(), &deed).await?;
            tracing::warn!(webhook = delivery.webhook, why, "a webhook was switched off");
        }
        tx.commit().await
    }
}

/// The wait and up to a fifth more, so that what failed together does not come back together. By id and try: no
/// need for chance.
fn jittered(wait: Duration, id: &str, tried: usize) -> i64 {
    let mut mixed = tried as u64;
    for byte in id.bytes() {
        mixed = mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte);
    }
    let wait_us = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 2);
    let part = i64::try_from(mixed % 1000).unwrap_or(0);
    wait_us + wait_us / 5 / 1000 * part
}
