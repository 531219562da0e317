//! Stores for tests: SQLite in a folder that goes away, and PostgreSQL where one was started.
//!
//! In: `LINGTING_POSTGRES_TEST_URL`, a server on which databases may be made. Out: each store empty.

// Helpers may unwrap: a panic is how a test fails.
#![allow(clippy::unwrap_used)]

use super::Store;
use super::db::{params, run};

/// The name of the variable with the test server's URL, without a database.
const SERVER: &str = "LINGTING_POSTGRES_TEST_URL";

/// Stores that are empty and stay while this lives.
pub(crate) struct Stores {
    all: Vec<(&'static str, Store)>,
    _folder: tempfile::TempDir,
}

impl Stores {
    /// One on each database there is.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let sqlite = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let mut all = vec![("sqlite", sqlite)];
        match std::env::var(SERVER) {
            Ok(server) => all.push(("postgres", postgres(&server).await)),
            Err(_) => assert!(
                std::env::var_os("LINGTING_SAMPLES").is_none(),
                "the whole test run starts PostgreSQL and sets {SERVER}"
            ),
        }
        Self { all, _folder: folder }
    }

    /// The stores with their names.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &Store)> {
        self.all.iter().map(|(name, store)| (*name, store))
    }
}

/// A database of its own on the server.
async fn postgres(server: &str) -> Store {
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let base = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&base, &format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    base.close().await.unwrap();
    Store::open(&format!("{server}/{name}")).await.unwrap()
}

/// Puts a row in from outside, as a test may and the program never does.
pub(crate) async fn execute(store: &Store, sql: &str) {
    run(store, sql, params![]).await.unwrap();
}
