//! Webhooks, and the outbox of what they are to be told.
//!
//! In: webhooks as administrators write them, events to tell. Out: deliveries that are due, and the log of those that
//! were made. A delivery is one event for one webhook, made at most once in the outbox, sent until it goes through.

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::events::{Event, EventKind};
use super::people::{scope_from, scope_text};
use crate::domain::Scope;

/// In which form a webhook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON, signed by the Standard Webhooks scheme.
    Standard,
    /// 钉钉 robot.
    DingTalk,
    /// 飞书 robot.
    Feishu,
    /// 企业微信 robot.
    WeCom,
}

impl Form {
    /// All.
    pub const ALL: [Form; 4] = [Form::Standard, Form::DingTalk, Form::Feishu, Form::WeCom];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Form::Standard => "standard",
            Form::DingTalk => "dingtalk",
            Form::Feishu => "feishu",
            Form::WeCom => "wecom",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == word)
    }
}

/// A webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Given by the store.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Where to; chat platforms put their secret into it. In the form in which it is kept: perhaps sealed.
    pub url: String,
    /// How.
    pub form: Form,
    /// What it is signed with, perhaps sealed; empty where the platform needs none.
    pub secret: String,
    /// What it is told.
    pub kinds: Vec<EventKind>,
    /// Of which calls.
    pub scope: Scope,
    /// Whether it is told anything.
    pub active: bool,
    /// Failures since something last went through.
    pub failures: i64,
    /// Why it was switched off by itself.
    pub why: Option<String>,
    /// Counts every change that a person made.
    pub rev: i64,
    /// Microseconds since 1970.
    pub created_us: i64,
}

/// Shows no secret.
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({}, {})", self.id, self.form.as_str())
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is sent at `next_us`.
    Due,
    /// It went through.
    Done,
    /// It was given up.
    Failed,
}

impl Due {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Due::Due => "due",
            Due::Done => "done",
            Due::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Due::Due, Due::Done, Due::Failed].into_iter().find(|due| due.as_str() == word)
    }
}

/// One event for one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Given by the store; the receiver sees it as the message's id, the same with every try.
    pub id: String,
    /// To which webhook.
    pub webhook: String,
    /// Of which event.
    pub event_seq: i64,
    /// Where it stands.
    pub state: Due,
    /// Tries so far.
    pub attempts: i64,
    /// When it is tried next.
    pub next_us: i64,
    /// What the receiver answered last, HTTP.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub why: Option<String>,
    /// When it was put here.
    pub created_us: i64,
    /// When it last changed.
    pub changed_us: i64,
}

impl Store {
    /// Webhooks after that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn webhooks(&self, after: &str, limit: u32) -> Result<Vec<Webhook>, StoreError> {
        let sql = "SELECT * FROM webhook WHERE id > $1 ORDER BY id LIMIT $2";
        rows(self, sql, params![after, i64::from(limit)]).await?.iter().map(webhook).collect()
    }

    /// Deliveries of a webhook, the newest first, before that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        webhook: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        // Ids grow with time; `~` comes after all their letters.
        let sql = "SELECT * FROM delivery WHERE webhook = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        let values = params![webhook, before.unwrap_or("~"), i64::from(limit)];
        rows(self, sql, values).await?.iter().map(delivery).collect()
    }

    /// Takes deliveries that are due for sending, until `until_us`: whoever dies with one loses it to another then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_deliveries(
        &self,
        now_us: i64,
        until_us: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT d.* FROM delivery d JOIN webhook w ON w.id = d.webhook \
                   WHERE d.state = 'due' AND d.next_us <= $1 AND w.active = 1 \
                   ORDER BY d.next_us LIMIT $2";
        let due = rows(self, sql, params![now_us, i64::from(limit)]).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.begin().await?;
        let mut taken = Vec::new();
        for row in &due {
            let found = delivery(row)?;
            let sql = "UPDATE delivery SET next_us = $1, attempts = attempts + 1 \
                       WHERE id = $2 AND state = 'due' AND next_us = $3";
            // Another process may have been quicker.
            if run(&tx, sql, params![until_us, found.id.clone(), found.next_us]).await? == 1 {
                taken.push(Delivery { attempts: found.attempts + 1, next_us: until_us, ..found });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }
}

/// A webhook by id.
///
/// # Errors
/// [`StoreError`].
pub async fn webhook_of(on: &impl Conn, id: &str) -> Result<Option<Webhook>, StoreError> {
    let found = row(on, "SELECT * FROM webhook WHERE id = $1", params![id]).await?;
    found.as_ref().map(webhook).transpose()
}

/// A delivery by id.
///
/// # Errors
/// [`StoreError`].
pub async fn delivery_of(on: &impl Conn, id: &str) -> Result<Option<Delivery>, StoreError> {
    let found = row(on, "SELECT * FROM delivery WHERE id = $1", params![id]).await?;
    found.as_ref().map(delivery).transpose()
}

/// An event by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn event_of(store: &Store, seq: i64) -> Result<Option<Event>, StoreError> {
    Ok(store.events_after(seq - 1, 1).await?.into_iter().find(|event| event.seq == seq))
}

impl Tx {
    /// Adds a webhook; its id, failures and rev are the store's.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there are [`WEBHOOKS_MAX`].
    pub async fn add_webhook(&self, new: &Webhook) -> Result<Webhook, StoreError> {
        let count = row(self, "SELECT COUNT(*) AS n FROM webhook", params![]).await?;
        let count: i64 = count.map_or(Ok(0), |row| row.try_get("", "n"))?;
        if count >= WEBHOOKS_MAX {
            return Err(StoreError::Conflict("there are 100 webhooks: remove one first"));
        }
        let id = uuid::Uuid::now_v7().to_string();
        let made = Webhook { id, failures: 0, why: None, rev: 1, ..new.clone() };
        let sql = "INSERT INTO webhook (id, name, url, form, secret, kinds, scope, active, failures, rev, created_us) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 1, $9)";
        let values = params![
            made.id.clone(),
            made.name.clone(),
            made.url.clone(),
            made.form.as_str(),
            made.secret.clone(),
            kinds_text(&made.kinds),
            scope_text(&made.scope),
            i64::from(made.active),
            made.created_us
        ];
        run(self, sql, values).await?;
        Ok(made)
    }

    /// Writes what a person may change; `rev` says what it was read as. Failures are forgiven.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote meanwhile.
    pub async fn change_webhook(&self, to: &Webhook) -> Result<(), StoreError> {
        let sql = "UPDATE webhook SET name = $1, url = $2, secret = $3, kinds = $4, scope = $5, \
                   active = $6, failures = 0, why = NULL, rev = rev + 1 WHERE id = $7 AND rev = $8";
        let values = params![
            to.name.clone(),
            to.url.clone(),
            to.secret.clone(),
            kinds_text(&to.kinds),
            scope_text(&to.scope),
            i64::from(to.active),
            to.id.clone(),
            to.rev
        ];
        match run(self, sql, values).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict("the webhook was changed meanwhile")),
        }
    }

    /// Writes URL and secret in another form of the same; `false` when they are not what they were.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn reseal_webhook(&self, was: &Webhook, to: &Webhook) -> Result<bool, StoreError> {
        let sql =
            "UPDATE webhook SET url = $1, secret = $2 WHERE id = $3 AND url = $4 AND secret = $5";
        let values = params![&to.url, &to.secret, &was.id, &was.url, &was.secret];
        Ok(run(self, sql, values).await? == 1)
    }

    /// Removes a webhook with its deliveries.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn remove_webhook(&self, id: &str) -> Result<(), StoreError> {
        run(self, "DELETE FROM delivery WHERE webhook = $1", params![id]).await?;
        run(self, "DELETE FROM webhook WHERE id = $1", params![id]).await?;
        Ok(())
    }

    /// Puts an event into the outbox for a webhook, once.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn add_delivery(
        &self,
        webhook: &str,
        event_seq: i64,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO delivery (id, webhook, event_seq, state, attempts, next_us, created_us, changed_us) \
                   VALUES ($1, $2, $3, 'due', 0, $4, $4, $4) ON CONFLICT (webhook, event_seq) DO NOTHING";
        let id = uuid::Uuid::now_v7().to_string();
        run(self, sql, params![id, webhook, event_seq, now_us]).await?;
        Ok(())
    }

    /// Sends a delivery again, from the first try on.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn resend(&self, delivery: &str, now_us: i64) -> Result<(), StoreError> {
        let sql = "UPDATE delivery SET state = 'due', attempts = 0, next_us = $1, changed_us = $1 \
                   WHERE id = $2";
        run(self, sql, params![now_us, delivery]).await?;
        Ok(())
    }

    /// A try went through.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn delivered(
        &self,
        delivery: &Delivery,
        status: i64,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE delivery SET state = 'done', status = $1, why = NULL, changed_us = $2 \
                   WHERE id = $3";
        run(self, sql, params![status, now_us, delivery.id.clone()]).await?;
        let sql = "UPDATE webhook SET failures = 0 WHERE id = $1 AND failures > 0";
        run(self, sql, params![delivery.webhook.clone()]).await?;
        Ok(())
    }

    /// A try failed: it is tried again at `next_us`, or given up. The webhook is switched off when it has failed
    /// `failures_max` times in a row; `true` when it was by this.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn not_delivered(
        &self,
        delivery: &Delivery,
        next_us: Option<i64>,
        status: Option<i64>,
        why: &str,
        failures_max: i64,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let state = if next_us.is_some() { Due::Due } else { Due::Failed };
        let sql = "UPDATE delivery SET state = $1, next_us = $2, status = $3, why = $4, changed_us = $5 \
                   WHERE id = $6";
        let values = params![
            state.as_str(),
            next_us.unwrap_or(now_us),
            status,
            why,
            now_us,
            delivery.id.clone()
        ];
        run(self, sql, values).await?;
        let sql = "UPDATE webhook SET failures = failures + 1 WHERE id = $1";
        run(self, sql, params![delivery.webhook.clone()]).await?;
        let sql = "UPDATE webhook SET active = 0, why = $1 \
                   WHERE id = $2 AND active = 1 AND failures >= $3";
        let off = run(self, sql, params![why, delivery.webhook.clone(), failures_max]).await?;
        Ok(off == 1)
    }
}

/// Webhooks at most.
pub const WEBHOOKS_MAX: i64 = 100;

/// Forgets deliveries that ended before that time; tells how many.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn sweep_deliveries(on: &impl Conn, before_us: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM delivery WHERE state <> 'due' AND changed_us < $1";
    run(on, sql, params![before_us]).await
}

fn kinds_text(kinds: &[EventKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

fn webhook(row: &QueryResult) -> Result<Webhook, StoreError> {
    let form: String = row.try_get("", "form")?;
    let kinds: String = row.try_get("", "kinds")?;
    let scope: String = row.try_get("", "scope")?;
    let active: i64 = row.try_get("", "active")?;
    let kind = |word: &str| {
        EventKind::parse(word).ok_or_else(|| StoreError::damaged("kind of event", word))
    };
    Ok(Webhook {
        id: row.try_get("", "id")?,
        name: row.try_get("", "name")?,
        url: row.try_get("", "url")?,
        form: Form::parse(&form).ok_or_else(|| StoreError::damaged("webhook's form", &form))?,
        secret: row.try_get("", "secret")?,
        kinds: kinds.split_whitespace().map(kind).collect::<Result<_, _>>()?,
        scope: scope_from(&scope)?,
        active: active != 0,
        failures: row.try_get("", "failures")?,
        why: row.try_get("", "why")?,
        rev: row.try_get("", "rev")?,
        created_us: row.try_get("", "created_us")?,
    })
}

fn delivery(row: &QueryResult) -> Result<Delivery, StoreError> {
    let state: String = row.try_get("", "state")?;
    Ok(Delivery {
        id: row.try_get("", "id")?,
        webhook: row.try_get("", "webhook")?,
        event_seq: row.try_get("", "event_seq")?,
        state: Due::parse(&state).ok_or_else(|| StoreError::damaged("delivery", &state))?,
        attempts: row.try_get("", "attempts")?,
        next_us: row.try_get("", "next_us")?,
        status: row.try_get("", "status")?,
        why: row.try_get("", "why")?,
        created_us: row.try_get("", "created_us")?,
        changed_us: row.try_get("", "changed_us")?,
    })
}
