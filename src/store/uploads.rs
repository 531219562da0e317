//! Uploads: files on their way in, piece by piece, and what became of them.
//!
//! In: what was announced and how much has come. Out: where to go on. The row is changed after the bytes are on
//! the disk, so that it never promises too much.

use sea_orm::QueryResult;

use super::db::{Conn, StoreError, Tx, params, row, rows, run};
use super::ledger::UPLOAD;

/// The other file of a call that is two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherFile {
    /// Its name, made harmless.
    pub name: String,
    /// Its bytes.
    pub size: u64,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// Who sends it.
    pub person: String,
    /// The file's name, made harmless.
    pub name: String,
    /// Bytes announced; of two files, of both.
    pub size: u64,
    /// The call's other file, where it is two: its bytes come after those of the first.
    pub other: Option<OtherFile>,
    /// Bytes that are on the disk.
    pub received: u64,
    /// What came with it, in a sidecar's form.
    pub facts: Option<String>,
    /// Its entry in the ledger, once it is whole.
    pub ledger: Option<String>,
    /// When it was announced, in microseconds since 1970.
    pub created_us: i64,
    /// When something of it last came.
    pub changed_us: i64,
}

const COLUMNS: &str = "id, person, name, size, received, facts, ledger, created_us, changed_us, other_name, \
                       other_size";

/// Announces one.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn add(tx: &Tx, upload: &Upload) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO upload ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $7, $8, $9)"
    );
    let Upload { id, person, name, facts, created_us, other, .. } = upload;
    let (size, received) = (bytes(upload.size), bytes(upload.received));
    let other_name = other.as_ref().map(|other| other.name.clone());
    let other_size = other.as_ref().map(|other| bytes(other.size));
    let mut values = params![id, person, name, size, received, facts.clone(), *created_us];
    values.extend(params![other_name, other_size]);
    run(tx, &sql, values).await.map(drop)
}

/// So many bytes have come, after `from`.
///
/// # Errors
/// [`StoreError::Conflict`] when it was not at `from` any more.
pub async fn received(
    tx: &Tx,
    id: &str,
    from: u64,
    to: u64,
    now_us: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE upload SET received = $3, changed_us = $4 WHERE id = $1 AND received = $2";
    match run(tx, sql, params![id, bytes(from), bytes(to), now_us]).await? {
        0 => Err(StoreError::Conflict("the upload has gone on meanwhile")),
        _ => Ok(()),
    }
}

/// It is whole, and in the ledger.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn finished(tx: &Tx, id: &str, ledger: &str, now_us: i64) -> Result<(), StoreError> {
    let sql = "UPDATE upload SET ledger = $2, changed_us = $3 WHERE id = $1";
    run(tx, sql, params![id, ledger, now_us]).await.map(drop)
}

/// Forgets one.
///
/// # Errors
/// [`StoreError::Db`].
pub async fn remove(tx: &Tx, id: &str) -> Result<(), StoreError> {
    run(tx, "DELETE FROM upload WHERE id = $1", params![id]).await.map(drop)
}

/// One by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn upload(on: &impl Conn, id: &str) -> Result<Option<Upload>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM upload WHERE id = $1");
    row(on, &sql, params![id]).await?.as_ref().map(read).transpose()
}

/// Whether something may still come of what lies in the spool under an id: the upload can be taken up again, or the ledger
/// has a file of it, wherever the data lay when it was entered.
///
/// # Errors
/// [`StoreError`].
pub async fn is_wanted(on: &impl Conn, id: &str) -> Result<bool, StoreError> {
    if upload(on, id).await?.is_some() {
        return Ok(true);
    }
    let sql = "SELECT id FROM ledger WHERE source = $1 AND path LIKE $2 LIMIT 1";
    Ok(row(on, sql, params![UPLOAD, format!("%/{id}/%")]).await?.is_some())
}

/// How many of somebody's uploads are not whole.
///
/// # Errors
/// [`StoreError`].
pub async fn open_of(on: &impl Conn, person: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM upload WHERE person = $1 AND ledger IS NULL";
    let found = row(on, sql, params![person]).await?;
    Ok(found.map_or(Ok(0), |row| row.try_get("", "n"))?)
}

/// Those to which nothing has happened since, whole or not; the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn still_since(on: &impl Conn, us: i64, limit: u32) -> Result<Vec<Upload>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM upload WHERE changed_us < $1 ORDER BY changed_us LIMIT $2");
    rows(on, &sql, params![us, i64::from(limit)]).await?.iter().map(read).collect()
}

fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn read(row: &QueryResult) -> Result<Upload, StoreError> {
    let bytes = |column: &str| -> Result<u64, StoreError> {
        let count: i64 = row.try_get("", column)?;
        u64::try_from(count).map_err(|error| StoreError::damaged("size of an upload", error))
    };
    let other_name: Option<String> = row.try_get("", "other_name")?;
    let other_file = |name| Ok::<_, StoreError>(OtherFile { name, size: bytes("other_size")? });
    Ok(Upload {
        id: row.try_get("", "id")?,
        person: row.try_get("", "person")?,
        name: row.try_get("", "name")?,
        size: bytes("size")?,
        other: other_name.map(other_file).transpose()?,
        received: bytes("received")?,
        facts: row.try_get("", "facts")?,
        ledger: row.try_get("", "ledger")?,
        created_us: row.try_get("", "created_us")?,
        changed_us: row.try_get("", "changed_us")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Stores;
    use super::super::ledger::{Sighting, see};
    use super::*;

    #[tokio::test]
    async fn what_can_be_taken_up_or_is_in_the_ledger_is_wanted() {
        for (name, store) in Stores::new().await.each() {
            let tx = store.begin().await.unwrap();
            let announced = Upload {
                id: "a".into(),
                person: "p".into(),
                name: "1.wav".into(),
                size: 1,
                other: None,
                received: 0,
                facts: None,
                ledger: None,
                created_us: 1,
                changed_us: 1,
            };
            add(&tx, &announced).await.unwrap();
            for (source, path) in
                [(UPLOAD, "/data/uploads/b/1.wav"), ("pbx", "/in/uploads/c/1.wav")]
            {
                let (source, path) = (source.into(), path.into());
                see(&tx, &Sighting { source, path, size: 1, modified_us: 1 }, 1).await.unwrap();
            }
            tx.commit().await.unwrap();
            // What only begins or ends like another, and what lies elsewhere, is none of it.
            for (id, wanted) in [
                ("a", true),
                ("b", true),
                ("c", false),
                ("ploads", false),
                ("1.wav", false),
                ("d", false),
            ] {
                assert_eq!(is_wanted(store, id).await.unwrap(), wanted, "{name}: {id}");
            }
        }
    }
}
