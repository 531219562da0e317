//! The audit log: who did what, each row sealed with the one before it.
//!
//! In: a deed, inside the transaction that does it. Out: rows, and whether they are as they were written.
//! A row's hash is SHA-256 over the hash before it and the row; who changes, takes out or moves a row breaks
//! the chain there. Who cuts off the end does not: keep the [`Head`] elsewhere and verify against it.

use sea_orm::QueryResult;
use sha2::{Digest, Sha256};

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use super::events::take_turn;

/// What the first row is sealed with.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Rows read at a time when verifying.
const CHUNK: u32 = 1000;

/// Flaws listed; the rest is counted by nobody, since one is one too many.
pub const FLAWS_MAX: usize = 20;

/// A deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed<'a> {
    /// Who: a person's id, or `login:NAME` of somebody who did not get in, `cli`, `service`.
    pub actor: &'a str,
    /// What, in dotted words: `session.begin`, `call.play`.
    pub action: &'a str,
    /// To what: `call/ID`, `person/ID`; empty when to nothing in particular.
    pub object: &'a str,
    /// More of it, as JSON. No call text, no secret.
    pub detail: &'a str,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its number: 1, 2, 3 … without gaps.
    pub seq: i64,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub object: String,
    /// More of it, as JSON.
    pub detail: String,
    /// The hash of the row before.
    pub prev: String,
    /// Its own.
    pub hash: String,
}

/// Where the log ends: kept elsewhere, it proves that nothing was cut off since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last row's number; 0 when there is none.
    pub seq: i64,
    /// The last row's hash.
    pub hash: String,
}

/// What is wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The row does not say what it said when it was written.
    Changed(i64),
    /// Rows that should be there are not.
    Missing {
        /// The first number that is not there.
        from: i64,
        /// The last.
        to: i64,
    },
    /// The row was not written after the one before it: moved here, or put in.
    Misplaced(i64),
    /// The row that the head names is not the one that is there.
    NotTheHead(i64),
}

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Rows looked at.
    pub rows: u64,
    /// The end of the log as it is.
    pub head: Head,
    /// What is wrong, the first 20 of it; empty when all is well.
    pub flaws: Vec<Flaw>,
}

/// Which rows to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only to this object.
    pub object: Option<String>,
    /// Only before this number.
    pub before: Option<i64>,
}

impl Tx {
    /// Appends a deed; tells its number. Whoever else appends waits until this transaction ends, because
    /// two rows must not be sealed with the same one.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn audit(&self, at_us: i64, deed: &Deed<'_>) -> Result<i64, StoreError> {
        take_turn(self).await?;
        let last = head(self).await?;
        let mut row = Audited {
            seq: last.seq + 1,
            at_us,
            actor: deed.actor.to_owned(),
            action: deed.action.to_owned(),
            object: deed.object.to_owned(),
            detail: deed.detail.to_owned(),
            prev: last.hash,
            hash: String::new(),
        };
        row.hash = seal(&row);
        let sql = "INSERT INTO audit (seq, at_us, actor, action, object, detail, prev, hash) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let seq = row.seq;
        let values =
            params![seq, at_us, row.actor, row.action, row.object, row.detail, row.prev, row.hash];
        run(self, sql, values).await?;
        Ok(seq)
    }
}

impl Store {
    /// A deed that stands alone, in a transaction of its own.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn audit(&self, at_us: i64, deed: &Deed<'_>) -> Result<i64, StoreError> {
        let tx = self.begin().await?;
        let seq = tx.audit(at_us, deed).await?;
        tx.commit().await?;
        Ok(seq)
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        head(self).await
    }

    /// Rows, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn audited(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<Audited>, StoreError> {
        let mut values = params![filter.before.unwrap_or(i64::MAX), i64::from(limit)];
        let mut wanted = String::new();
        let facts =
            [("actor", &filter.actor), ("action", &filter.action), ("object", &filter.object)];
        for (column, value) in facts.into_iter().filter_map(|(c, v)| Some((c, v.clone()?))) {
            values.push(value.into());
            wanted.push_str(&format!(" AND {column} = ${}", values.len()));
        }
        let sql = format!("SELECT * FROM audit WHERE seq < $1{wanted} ORDER BY seq DESC LIMIT $2");
        rows(self, &sql, values).await?.iter().map(audited).collect()
    }

    /// Reads the whole log and says where it is not what was written. With a head that was kept
    /// elsewhere, a log that was cut off behind it is found too.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn verify_audit(&self, kept: Option<&Head>) -> Result<Verified, StoreError> {
        let mut found = Chain::new(kept);
        loop {
            let sql = "SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
            let chunk = rows(self, sql, params![found.last.seq, i64::from(CHUNK)]).await?;
            for row in &chunk {
                found.push(&audited(row)?);
            }
            if chunk.len() < CHUNK as usize {
                return Ok(found.end());
            }
        }
    }
}

/// The log as far as it was read.
struct Chain<'k> {
    kept: Option<&'k Head>,
    rows: u64,
    last: Head,
    flaws: Vec<Flaw>,
}

impl<'k> Chain<'k> {
    fn new(kept: Option<&'k Head>) -> Self {
        let last = Head { seq: 0, hash: NOTHING.to_owned() };
        Self { kept, rows: 0, last, flaws: Vec::new() }
    }

    fn push(&mut self, row: &Audited) {
        let gap = row.seq > self.last.seq + 1;
        if gap {
            self.flaw(Flaw::Missing { from: self.last.seq + 1, to: row.seq - 1 });
        }
        if !gap && row.prev != self.last.hash {
            self.flaw(Flaw::Misplaced(row.seq));
        } else if row.hash != seal(row) {
            self.flaw(Flaw::Changed(row.seq));
        }
        if self.kept.is_some_and(|kept| kept.seq == row.seq && kept.hash != row.hash) {
            self.flaw(Flaw::NotTheHead(row.seq));
        }
        self.rows += 1;
        self.last = Head { seq: row.seq, hash: row.hash.clone() };
    }

    fn end(mut self) -> Verified {
        let last = self.last.seq;
        if let Some(kept) = self.kept.filter(|kept| kept.seq > last) {
            self.flaw(Flaw::Missing { from: last + 1, to: kept.seq });
        }
        Verified { rows: self.rows, head: self.last, flaws: self.flaws }
    }

    fn flaw(&mut self, flaw: Flaw) {
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(flaw);
        }
    }
}

/// SHA-256 over the row as a JSON array: where one field ends and the next begins cannot be shifted.
fn seal(row: &Audited) -> String {
    let Audited { seq, at_us, actor, action, object, detail, prev, hash: _ } = row;
    let text = serde_json::json!([prev, seq, at_us, actor, action, object, detail]).to_string();
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn head(on: &impl Conn) -> Result<Head, StoreError> {
    let last = row(on, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", params![]).await?;
    let Some(last) = last else { return Ok(Head { seq: 0, hash: NOTHING.to_owned() }) };
    Ok(Head { seq: last.try_get("", "seq")?, hash: last.try_get("", "hash")? })
}

fn audited(row: &QueryResult) -> Result<Audited, StoreError> {
    Ok(Audited {
        seq: row.try_get("", "seq")?,
        at_us: row.try_get("", "at_us")?,
        actor: row.try_get("", "actor")?,
        action: row.try_get("", "action")?,
        object: row.try_get("", "object")?,
        detail: row.try_get("", "detail")?,
        prev: row.try_get("", "prev")?,
        hash: row.try_get("", "hash")?,
    })
}
