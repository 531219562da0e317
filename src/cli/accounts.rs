//! `lingting user` and `lingting token`: accounts and tokens straight in the store, for whoever runs the machine.
//!
//! In: the store's URL and what to do. Out: a line of what was done. A password comes on the input stream or is drawn
//! and shown once: it never stands in a command's arguments, which other users of the machine can read.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Subcommand;

use super::say::Say;
use super::service_store::{Trouble, opened};
use crate::access::{Passwords, Secret, TokenScopes, fits};
use crate::cli::args::ServiceArgs;
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::store::audit::Deed;
use crate::store::people::{NewPerson, Person, person_called};
use crate::store::tokens::{Token, token_of};
use crate::store::{Store, StoreError, now_us};

#[derive(Debug, clap::Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    action: UserAction,
    #[command(flatten)]
    store: StoreArgs,
}

/// Which store.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct StoreArgs {
    /// URL of the store [default: the configuration's]
    #[arg(long, global = true, value_name = "URL", env = "LINGTING_STORE", hide_env_values = true)]
    pub(super) store: Option<String>,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

#[derive(Debug, Subcommand)]
enum UserAction {
    /// Make an account; without --password-stdin a password is drawn and shown once
    Add {
        /// What they type to log in
        login: String,
        /// What others read
        #[arg(long)]
        name: String,
        /// reviewer, supervisor, agent, client, vendor_manager, administrator or auditor
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// They see every call
        #[arg(long, conflicts_with = "grants")]
        all: bool,
        /// They see calls that agree in all of it, as client=A,team=B; may be given more than once
        #[arg(long = "grant", value_name = "FACTS")]
        grants: Vec<String>,
        /// Read the password from the input stream
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a password; all sessions of the account end
    Passwd {
        /// Login name
        login: String,
        /// Read the password from the input stream
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let an account no longer log in; its sessions and tokens end at once
    Disable {
        /// Login name
        login: String,
    },
    /// Let a disabled account log in again
    Enable {
        /// Login name
        login: String,
    },
    /// List accounts
    List,
}

#[derive(Debug, clap::Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    action: TokenAction,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Subcommand)]
enum TokenAction {
    /// Make a token for an account; its secret is shown once
    New {
        /// Login name
        login: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may be used for: `read`, `all`, or actions as in docs/access.md; by commas
        #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPES")]
        scopes: Vec<String>,
        /// Days until it ends [default: never]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: Option<u16>,
    },
    /// Revoke a token, for good
    Revoke {
        /// The token's id, see `token list`
        id: String,
    },
    /// List an account's tokens
    List {
        /// Login name
        login: String,
    },
}

pub(super) fn user(args: &UserArgs, say: Say) -> bool {
    opened(&args.store, say, async |store| match &args.action {
        UserAction::Add { login, name, role, all, grants, password_stdin } => {
            let role = Role::parse(role).ok_or_else(|| Trouble::Role(role.clone()))?;
            let scope = scope(*all, grants)?;
            fits(role, &scope).map_err(|fact| Trouble::Scope(role, fact))?;
            let word = password(*password_stdin)?;
            let phc = Passwords::default().hash(login, word.reveal()).await?;
            let new = NewPerson {
                login: login.trim().to_owned(),
                name: name.clone(),
                role,
                scope,
                password: Some(phc),
                subject: None,
            };
            let tx = store.begin().await?;
            let person = tx.add_person(now_us(), &new).await?;
            audit(&tx, "person.add", &format!("person/{}", person.id)).await?;
            tx.commit().await?;
            say.line(&format!("{}: {}", say.either("account", "账号"), person.login));
            shown(&word, *password_stdin, say);
            Ok(())
        }
        UserAction::Passwd { login, password_stdin } => {
            let person = named(store, login).await?;
            let word = password(*password_stdin)?;
            let phc = Passwords::default().hash(&person.login, word.reveal()).await?;
            let tx = store.begin().await?;
            tx.set_password(&person.id, &phc).await?;
            tx.end_sessions_of(&person.id, None).await?;
            audit(&tx, "person.password", &format!("person/{}", person.id)).await?;
            tx.commit().await?;
            shown(&word, *password_stdin, say);
            Ok(())
        }
        UserAction::Disable { login } => able(store, login, Some(now_us())).await,
        UserAction::Enable { login } => able(store, login, None).await,
        UserAction::List => list(store, say).await,
    })
}

async fn able(store: &Store, login: &str, disabled_us: Option<i64>) -> Result<(), Trouble> {
    let mut person = named(store, login).await?;
    person.disabled_us = disabled_us;
    let tx = store.begin().await?;
    tx.change_person(&person).await?;
    if disabled_us.is_some() {
        tx.end_sessions_of(&person.id, None).await?;
    }
    audit(&tx, "person.change", &format!("person/{}", person.id)).await?;
    Ok(tx.commit().await?)
}

async fn list(store: &Store, say: Say) -> Result<(), Trouble> {
    let mut after = String::new();
    loop {
        let people = store.people(&after, 200).await?;
        let Some(last) = people.last() else { return Ok(()) };
        after.clone_from(&last.login);
        for person in &people {
            let state = match person.disabled_us {
                Some(_) => say.either("disabled", "已停用"),
                None => "",
            };
            let (login, role, name) = (&person.login, person.role.as_str(), &person.name);
            say.line(&format!("{login}\t{role}\t{name}\t{}\t{state}", told(&person.scope, say)));
        }
    }
}

fn told(scope: &Scope, say: Say) -> String {
    let Scope::Of(grants) = scope else { return say.either("everything", "全部").to_owned() };
    let facts = |grant: &Grant| {
        let facts: Vec<String> = grant.named().map(|(name, v)| format!("{name}={v}")).collect();
        facts.join(",")
    };
    grants.iter().map(facts).collect::<Vec<_>>().join(" | ")
}

pub(super) fn token(args: &TokenArgs, say: Say) -> bool {
    opened(&args.store, say, async |store| match &args.action {
        TokenAction::New { login, name, scopes, days } => {
            let person = named(store, login).await?;
            let scopes = TokenScopes::parse(scopes).map_err(Trouble::TokenScope)?;
            let (secret, now_us) = (Secret::draw(crate::api::TOKEN_PREFIX), now_us());
            let new = Token {
                id: String::new(),
                person: person.id,
                name: name.clone(),
                scopes: scopes.words().to_vec(),
                created_us: now_us,
                used_us: None,
                expires_us: days.map(|days| now_us + i64::from(days) * 86_400_000_000),
                revoked_us: None,
            };
            let tx = store.begin().await?;
            let token = tx.add_token(&secret.hash(), &new).await?;
            audit(&tx, "token.add", &format!("token/{}", token.id)).await?;
            tx.commit().await?;
            say.note(&format!("{} {}", say.either("token", "令牌"), token.id));
            say.note(say.either("its secret is shown this once:", "密钥只显示这一次："));
            say.line(secret.reveal());
            Ok(())
        }
        TokenAction::Revoke { id } => {
            let tx = store.begin().await?;
            let token = token_of(&tx, id).await?.ok_or(StoreError::NotFound("token"))?;
            if tx.revoke_token(&token.id, now_us()).await? {
                audit(&tx, "token.revoke", &format!("token/{}", token.id)).await?;
            }
            Ok(tx.commit().await?)
        }
        TokenAction::List { login } => {
            let person = named(store, login).await?;
            for token in store.tokens_of(&person.id).await? {
                let state = match token.revoked_us {
                    Some(_) => say.either("revoked", "已吊销"),
                    None => "",
                };
                let Token { id, name, scopes, .. } = &token;
                say.line(&format!("{id}\t{name}\t{}\t{state}", scopes.join(",")));
            }
            Ok(())
        }
    })
}

async fn named(store: &Store, login: &str) -> Result<Person, Trouble> {
    let person = person_called(store, login).await?;
    Ok(person.ok_or(StoreError::NotFound("account"))?)
}

async fn audit(tx: &crate::store::Tx, action: &str, object: &str) -> Result<(), StoreError> {
    let deed = Deed { actor: "cli", action, object, detail: "{}" };
    tx.audit(now_us(), &deed).await.map(|_| ())
}

fn scope(all: bool, grants: &[String]) -> Result<Scope, Trouble> {
    if all {
        return Ok(Scope::All);
    }
    let grant = |text: &String| {
        let mut part = Belongs::default();
        for fact in text.split(',') {
            let (name, value) = fact.split_once('=').ok_or_else(|| Trouble::Grant(text.clone()))?;
            let place = match name.trim() {
                "client" => &mut part.client,
                "vendor" => &mut part.vendor,
                "project" => &mut part.project,
                "team" => &mut part.team,
                "agent" => &mut part.agent,
                _ => return Err(Trouble::Grant(text.clone())),
            };
            *place = Some(value.trim().to_owned());
        }
        Ok(Grant(part))
    };
    match grants.is_empty() {
        true => Err(Trouble::NoScope),
        false => Ok(Scope::Of(grants.iter().map(grant).collect::<Result<_, _>>()?)),
    }
}

/// The password of the input stream, or one drawn now.
fn password(from_stdin: bool) -> Result<Secret, Trouble> {
    if !from_stdin {
        return Ok(Secret::draw_typed());
    }
    let mut line = String::new();
    // On a terminal it would stand there in clear.
    if std::io::stdin().is_terminal() {
        return Err(Trouble::Terminal);
    }
    std::io::stdin().lock().read_line(&mut line).map_err(Trouble::Input)?;
    Ok(Secret::given(line.trim_end_matches(['\r', '\n'])))
}

fn shown(password: &Secret, from_stdin: bool, say: Say) {
    if !from_stdin {
        let text = say.either("password, shown this once", "密码（只显示这一次）");
        say.line(&format!("{text}: {}", password.reveal()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_as_facts() {
        for (text, facts) in [
            ("client=云帆,team=一组", Some(vec![("client", "云帆"), ("team", "一组")])),
            ("agent=8021", Some(vec![("agent", "8021")])),
            ("customer=1", None),
            ("client", None),
        ] {
            let scope = scope(false, &[text.to_owned()]).ok();
            let found = scope.as_ref().map(|scope| match scope {
                Scope::Of(grants) => grants[0].named().collect::<Vec<_>>(),
                Scope::All => panic!("{text}"),
            });
            assert_eq!(found, facts, "{text}");
        }
        assert!(scope(false, &[]).is_err(), "who sees everything is told so");
    }
}
