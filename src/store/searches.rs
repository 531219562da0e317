//! Searches that people keep.
//!
//! In: a name and a request, as JSON. Out: each person's own, by name.

use sea_orm::QueryResult;

use super::db::{Store, StoreError, Tx, params, row, rows, run};

/// Searches that one person may keep.
pub const SEARCHES_MAX: i64 = 200;

/// A kept search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its id, a UUID.
    pub id: String,
    /// Whose it is.
    pub person: String,
    /// What they call it.
    pub name: String,
    /// The request, JSON.
    pub query: String,
    /// Microseconds since 1970.
    pub created_us: i64,
}

impl Tx {
    /// Keeps a search.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the person has too many.
    pub async fn add_search(&self, search: &SavedSearch) -> Result<(), StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM saved_search WHERE person = $1";
        let count = row(self, sql, params![&search.person]).await?;
        if count.map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? >= SEARCHES_MAX {
            return Err(StoreError::Conflict(
                "a person keeps at most 200 searches; delete one first",
            ));
        }
        let sql = "INSERT INTO saved_search (id, person, name, query, created_us) VALUES ($1, $2, $3, $4, $5)";
        let SavedSearch { id, person, name, query, created_us } = search;
        run(self, sql, params![id, person, name, query, *created_us]).await.map(drop)
    }

    /// Forgets a person's search; tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn drop_search(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM saved_search WHERE id = $1 AND person = $2";
        Ok(run(self, sql, params![id, person]).await? > 0)
    }
}

impl Store {
    /// A person's searches, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn searches(&self, person: &str) -> Result<Vec<SavedSearch>, StoreError> {
        let sql = "SELECT id, person, name, query, created_us FROM saved_search WHERE person = $1 \
                   ORDER BY name, id";
        let read = |row: &QueryResult| -> Result<SavedSearch, StoreError> {
            Ok(SavedSearch {
                id: row.try_get("", "id")?,
                person: row.try_get("", "person")?,
                name: row.try_get("", "name")?,
                query: row.try_get("", "query")?,
                created_us: row.try_get("", "created_us")?,
            })
        };
        rows(self, sql, params![person]).await?.iter().map(read).collect()
    }
}
