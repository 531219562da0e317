//! The connection: opening, transactions, and the few verbs every subject uses.
//!
//! In: a URL (`sqlite:FILE`, `postgres://…`). Out: a [`Store`]. SQLite has one writer at a time whatever a
//! program does, so writers queue here, in order, instead of colliding there.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, ExecResult, QueryResult, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Connections at a time.
const CONNECTIONS_MAX: u32 = 8;

/// How long a statement waits for another process that writes to the same SQLite file.
const BUSY: Duration = Duration::from_secs(10);

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or refused.
    #[error("the store: {0}")]
    Db(#[from] DbErr),
    /// A later version of this program has changed its tables.
    #[error("the store was written by a later version of lingting; use that one, or a backup")]
    Newer,
    /// Neither of the two databases.
    #[error("`{0}`: a store's URL begins with sqlite: or postgres:")]
    Url(String),
    /// A value in the store that this version cannot read.
    #[error("the store holds a {what} that cannot be read: {why}")]
    Damaged {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// What was to be changed has changed meanwhile, or is in the way.
    #[error("{0}")]
    Conflict(&'static str),
    /// There is none.
    #[error("there is no such {0}")]
    NotFound(&'static str),
}

impl StoreError {
    /// A value that does not read back.
    pub fn damaged(what: &'static str, why: impl std::fmt::Display) -> Self {
        StoreError::Damaged { what, why: why.to_string() }
    }

    /// Whether the database has no room to write: SQLite's `SQLITE_FULL` (13), PostgreSQL's `disk_full` (53100).
    pub fn is_full(&self) -> bool {
        let StoreError::Db(
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)),
        ) = self
        else {
            return false;
        };
        let code = error.as_database_error().and_then(|error| error.code());
        matches!(code.as_deref(), Some("13" | "53100"))
    }
}

/// Microseconds since 1970 UTC. Not for audio.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The service's memory. Cheap to clone: all clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    /// Who writes: SQLite's only.
    writer: Arc<Mutex<()>>,
}

/// A transaction that may write. What is not committed is rolled back.
#[derive(Debug)]
pub struct Tx {
    tx: DatabaseTransaction,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Opens the store and brings its tables to the newest form.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be reached or was written by a later version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let url = match url.split_once(':').map_or("", |(scheme, _)| scheme) {
            "postgres" | "postgresql" => url.to_owned(),
            // `rwc`: a store that is not there yet is made.
            "sqlite" if url.contains('?') => url.to_owned(),
            "sqlite" => format!("{url}?mode=rwc"),
            _ => return Err(StoreError::Url(scheme_only(url))),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS_MAX).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "NORMAL")
                .pragma("temp_store", "MEMORY")
                // 16 MB a connection, negative: KiB.
                .pragma("cache_size", "-16000")
                .busy_timeout(BUSY)
                .foreign_keys(true)
        });
        let db = Database::connect(options).await?;
        let store = Self { db, writer: Arc::default() };
        let tx = store.begin().await?;
        super::schema::migrate(&tx).await?;
        tx.commit().await?;
        Ok(store)
    }

    /// Which database it is.
    pub fn is_postgres(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Postgres
    }

    /// Starts a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let turn = match self.is_postgres() {
            true => None,
            false => Some(Arc::clone(&self.writer).lock_owned().await),
        };
        // Deferred would ask for the write lock in the middle, and be refused at once.
        let options = TransactionOptions {
            sqlite_transaction_mode: turn.as_ref().map(|_| SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx { tx: self.db.begin_with_options(options).await?, _turn: turn })
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// [`StoreError::Db`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        row(self, "SELECT 1 AS one", params![]).await.map(|_| ())
    }

    /// Writes the whole SQLite database, as it stands, into a new file.
    ///
    /// # Errors
    /// [`StoreError::Db`]; [`StoreError::Conflict`] on PostgreSQL, which has tools of its own.
    pub async fn snapshot(&self, to: &std::path::Path) -> Result<(), StoreError> {
        if self.is_postgres() {
            return Err(StoreError::Conflict("PostgreSQL is backed up with pg_dump"));
        }
        run(self, "VACUUM INTO $1", params![to.display().to_string()]).await.map(drop)
    }

    /// Closes all connections, after SQLite has folded its log into the file.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn close(self) -> Result<(), StoreError> {
        if !self.is_postgres() {
            self.db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(self.db.close().await?)
    }
}

/// No password in a message.
fn scheme_only(url: &str) -> String {
    url.split_once("://").map_or(url, |(scheme, _)| scheme).chars().take(16).collect()
}

impl Tx {
    /// Which database it is.
    pub(super) fn is_postgres(&self) -> bool {
        self.tx.get_database_backend() == DbBackend::Postgres
    }

    /// Makes it so.
    ///
    /// # Errors
    /// [`StoreError::Db`]; then nothing of it is.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// Where statements go: the store itself, or one transaction of it.
pub trait Conn: Sync {
    /// What sea-orm runs them on.
    type Inner: ConnectionTrait;
    /// It.
    fn inner(&self) -> &Self::Inner;
}

impl Conn for Store {
    type Inner = DatabaseConnection;
    fn inner(&self) -> &DatabaseConnection {
        &self.db
    }
}

impl Conn for Tx {
    type Inner = DatabaseTransaction;
    fn inner(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

fn statement(on: &impl Conn, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(on.inner().get_database_backend(), sql, values)
}

/// All rows of a query.
pub(super) async fn rows(
    on: &impl Conn,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, StoreError> {
    Ok(on.inner().query_all_raw(statement(on, sql, values)).await?)
}

/// The first row of a query.
pub(super) async fn row(
    on: &impl Conn,
    sql: &str,
    values: Vec<Value>,
) -> Result<Option<QueryResult>, StoreError> {
    Ok(on.inner().query_one_raw(statement(on, sql, values)).await?)
}

/// Changes rows; tells how many.
pub(super) async fn run(on: &impl Conn, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    let done: ExecResult = on.inner().execute_raw(statement(on, sql, values)).await?;
    Ok(done.rows_affected())
}

/// The places of `rows` times `columns` values, `($1, $2), ($3, $4)`: many rows in one statement. Each statement is a
/// journey to SQLite's thread and back, which costs more than a row.
pub(super) fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let all: Vec<String> = (1..=columns).map(|n| format!("${}", row * columns + n)).collect();
        format!("({})", all.join(", "))
    };
    let all: Vec<String> = (0..rows).map(row).collect();
    all.join(", ")
}

/// Several statements as they stand, no values.
pub(super) async fn script(on: &impl Conn, sql: &str) -> Result<(), StoreError> {
    on.inner().execute_unprepared(sql).await?;
    Ok(())
}

/// Values for a statement, in the order of `$1`, `$2`, …
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$(sea_orm::Value::from($value)),*]
    };
}
pub(super) use params;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_without_room_says_so() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let db = Database::connect(options).await.unwrap();
        for sql in ["CREATE TABLE t (x BLOB)", "PRAGMA max_page_count = 4"] {
            db.execute_unprepared(sql).await.unwrap();
        }
        let full = db.execute_unprepared("INSERT INTO t VALUES (zeroblob(100000))").await;
        assert!(StoreError::from(full.unwrap_err()).is_full());
        let wrong = db.execute_unprepared("INSERT INTO u VALUES (1)").await;
        assert!(!StoreError::from(wrong.unwrap_err()).is_full());
    }
}
