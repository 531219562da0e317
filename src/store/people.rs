//! People: who may log in, as what, and to see which calls.
//!
//! In: people as administrators write them. Out: people. Passwords come hashed and go out only to be compared.

use sea_orm::QueryResult;

use super::db::{Conn, Store, StoreError, Tx, params, row, rows, run};
use crate::domain::{Role, Scope};
use crate::wire::ScopeBody;

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Given by the store; never reused.
    pub id: String,
    /// What they type; lower case, one each.
    pub login: String,
    /// What others read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// To which calls.
    pub scope: Scope,
    /// Who they are at the company's identity provider.
    pub subject: Option<String>,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Since when they may no longer log in.
    pub disabled_us: Option<i64>,
    /// Counts every change.
    pub rev: i64,
}

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// What they type; stored in lower case.
    pub login: String,
    /// What others read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// To which calls.
    pub scope: Scope,
    /// PHC text; absent when they come through an identity provider only.
    pub password: Option<String>,
    /// Who they are there.
    pub subject: Option<String>,
}

const COLUMNS: &str =
    "p.id, p.login, p.name, p.role, p.scope, p.subject, p.created_us, p.disabled_us, p.rev";

impl Store {
    /// Whether there is anybody at all.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn has_people(&self) -> Result<bool, StoreError> {
        Ok(row(self, "SELECT 1 AS one FROM person LIMIT 1", params![]).await?.is_some())
    }

    /// A page of people by login, after that one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn people(&self, after: &str, limit: u32) -> Result<Vec<Person>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM person p WHERE p.login > $1 ORDER BY p.login LIMIT $2");
        rows(self, &sql, params![after, i64::from(limit)]).await?.iter().map(person).collect()
    }
}

/// Somebody by id.
///
/// # Errors
/// [`StoreError`].
pub async fn person_of(on: &impl Conn, id: &str) -> Result<Option<Person>, StoreError> {
    one(on, "p.id", id).await
}

/// Somebody by login, upper or lower case.
///
/// # Errors
/// [`StoreError`].
pub async fn person_called(on: &impl Conn, login: &str) -> Result<Option<Person>, StoreError> {
    one(on, "p.login", &login.to_lowercase()).await
}

/// Somebody by what the identity provider calls them.
///
/// # Errors
/// [`StoreError`].
pub async fn person_from(on: &impl Conn, subject: &str) -> Result<Option<Person>, StoreError> {
    one(on, "p.subject", subject).await
}

/// Their password's PHC text, to compare with.
///
/// # Errors
/// [`StoreError`].
pub async fn password_of(on: &impl Conn, person: &str) -> Result<Option<String>, StoreError> {
    let found = row(on, "SELECT password FROM person WHERE id = $1", params![person]).await?;
    Ok(found.map_or(Ok(None), |row| row.try_get("", "password"))?)
}

async fn one(on: &impl Conn, column: &str, value: &str) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM person p WHERE {column} = $1");
    row(on, &sql, params![value]).await?.as_ref().map(person).transpose()
}

impl Tx {
    /// Adds the first person; `None` when there are people, also if two try at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_first_person(
        &self,
        now_us: i64,
        new: &NewPerson,
    ) -> Result<Option<Person>, StoreError> {
        super::events::take_turn(self).await?;
        if row(self, "SELECT 1 AS one FROM person LIMIT 1", params![]).await?.is_some() {
            return Ok(None);
        }
        self.add_person(now_us, new).await.map(Some)
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the login is taken.
    pub async fn add_person(&self, now_us: i64, new: &NewPerson) -> Result<Person, StoreError> {
        let login = new.login.to_lowercase();
        if person_called(self, &login).await?.is_some() {
            return Err(StoreError::Conflict("the login name is taken"));
        }
        let subject = new.subject.as_deref();
        if subject.is_some() && person_from(self, subject.unwrap_or_default()).await?.is_some() {
            return Err(StoreError::Conflict("the subject is another account's"));
        }
        let person = Person {
            id: uuid::Uuid::now_v7().to_string(),
            login,
            name: new.name.clone(),
            role: new.role,
            scope: new.scope.clone(),
            subject: new.subject.clone(),
            created_us: now_us,
            disabled_us: None,
            rev: 1,
        };
        let sql = "INSERT INTO person (id, login, name, role, scope, password, subject, created_us, rev) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
        let values = params![
            person.id.clone(),
            person.login.clone(),
            person.name.clone(),
            person.role.as_str(),
            scope_text(&person.scope),
            new.password.clone(),
            person.subject.clone(),
            now_us
        ];
        run(self, sql, values).await?;
        Ok(person)
    }

    /// Writes name, role, scope, subject and `disabled_us`; the person's `rev` says what they were read as.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote meanwhile.
    pub async fn change_person(&self, person: &Person) -> Result<(), StoreError> {
        let sql = "UPDATE person SET name = $1, role = $2, scope = $3, subject = $4, disabled_us = $5, \
                   rev = rev + 1 WHERE id = $6 AND rev = $7";
        let values = params![
            person.name.clone(),
            person.role.as_str(),
            scope_text(&person.scope),
            person.subject.clone(),
            person.disabled_us,
            person.id.clone(),
            person.rev
        ];
        match run(self, sql, values).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict("the account was changed meanwhile")),
        }
    }

    /// Sets a password's PHC text.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_password(&self, person: &str, phc: &str) -> Result<(), StoreError> {
        let sql = "UPDATE person SET password = $1, rev = rev + 1 WHERE id = $2";
        match run(self, sql, params![phc, person]).await? {
            1 => Ok(()),
            _ => Err(StoreError::NotFound("account")),
        }
    }

    /// How many administrators who see everything can still log in: the last one must stay.
    ///
    /// # Errors
    /// [`StoreError::Db`].
    pub async fn administrators(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM person WHERE role = $1 AND scope = $2 \
                   AND disabled_us IS NULL";
        let values = params![Role::Administrator.as_str(), scope_text(&Scope::All)];
        Ok(row(self, sql, values).await?.map_or(Ok(0), |row| row.try_get("", "n"))?)
    }
}

/// A scope as it stands in a column.
pub(super) fn scope_text(scope: &Scope) -> String {
    serde_json::to_string(&ScopeBody::from(scope)).expect("a scope has no keys but texts")
}

/// Reads a scope's column.
pub(super) fn scope_from(text: &str) -> Result<Scope, StoreError> {
    let body: ScopeBody =
        serde_json::from_str(text).map_err(|why| StoreError::damaged("scope", why))?;
    Ok(body.into())
}

/// Reads a row that has [`COLUMNS`].
pub(super) fn person(row: &QueryResult) -> Result<Person, StoreError> {
    let role: String = row.try_get("", "role")?;
    let scope: String = row.try_get("", "scope")?;
    Ok(Person {
        id: row.try_get("", "id")?,
        login: row.try_get("", "login")?,
        name: row.try_get("", "name")?,
        role: Role::parse(&role).ok_or_else(|| StoreError::damaged("role", &role))?,
        scope: scope_from(&scope)?,
        subject: row.try_get("", "subject")?,
        created_us: row.try_get("", "created_us")?,
        disabled_us: row.try_get("", "disabled_us")?,
        rev: row.try_get("", "rev")?,
    })
}

/// The columns of [`person`], for joins; the table is called `p`.
pub(super) const PERSON_COLUMNS: &str = COLUMNS;
