//! Passwords: argon2id, off the async threads, only a few at a time.
//!
//! In: a password as typed. Out: its PHC text, or whether it is the one. One hash takes 19 MiB for tens of
//! milliseconds, so that many at once are made to wait.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

/// Characters of a password: fewer are guessed, more only cost time.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 10..=200;

/// Characters of a login from which on a password must not hold it.
const LOGIN_CHARS_MIN: usize = 4;

/// Hashes worked out at a time.
const AT_ONCE_MAX: usize = 2;

/// What a password is held against when there is no such login, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$\
                      Dm8rXzqbU8g1ExHBqWnZsTyN2JWBKY0GP3O0xYRPL0E";

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has 10 to 200 characters")]
    Length,
    /// The login is in it, or it is one letter over and over.
    #[error("a password must not hold the login name, nor be one character repeated")]
    Weak,
    /// The hash could not be made.
    #[error("the password could not be hashed")]
    Hash,
}

/// The hashing of passwords, one for the process.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE_MAX)))
    }
}

impl Passwords {
    /// The PHC text to keep of a new password.
    ///
    /// # Errors
    /// [`PasswordError`] when it is too weak.
    pub async fn hash(&self, login: &str, password: &str) -> Result<String, PasswordError> {
        check(login, password)?;
        let password = password.to_owned();
        let made = self.off_thread(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hash)
        });
        made.await.unwrap_or(Err(PasswordError::Hash))
    }

    /// Whether it is the one that `kept` was made of. Without a `kept` it never is, and takes as long.
    pub async fn is(&self, kept: Option<&str>, password: &str) -> bool {
        let known = kept.is_some();
        let kept = kept.unwrap_or(NOBODY).to_owned();
        let password = password.to_owned();
        if password.chars().count() > *PASSWORD_CHARS.end() {
            return false;
        }
        let same = self.off_thread(move || {
            let parsed = PasswordHash::new(&kept);
            parsed.is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        });
        same.await.unwrap_or(false) && known
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.ok()
    }
}

fn check(login: &str, password: &str) -> Result<(), PasswordError> {
    if !PASSWORD_CHARS.contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    let first = password.chars().next();
    let one = password.chars().all(|c| Some(c) == first);
    let lower = password.to_lowercase();
    // A short login is in many a good password by chance.
    let told = login.chars().count() >= LOGIN_CHARS_MIN && lower.contains(&login.to_lowercase());
    if one || told {
        return Err(PasswordError::Weak);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_is_told_from_a_wrong_one() {
        let passwords = Passwords::default();
        let kept = passwords.hash("wang", "correct horse 电池").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(passwords.is(Some(&kept), "correct horse 电池").await);
        assert!(!passwords.is(Some(&kept), "correct horse").await);
        assert!(!passwords.is(None, "correct horse 电池").await);
        assert!(!passwords.is(Some("damaged"), "correct horse 电池").await);
        assert!(PasswordHash::new(NOBODY).is_ok(), "an unknown login takes as long as a known one");
    }

    #[test]
    fn weak_passwords_are_refused() {
        for (password, checked) in [
            ("short", Err(PasswordError::Length)),
            ("WangWang2026", Err(PasswordError::Weak)),
            ("aaaaaaaaaaaaaaa", Err(PasswordError::Weak)),
            ("correct horse", Ok(())),
            ("电池电池电池电池电池订", Ok(())),
        ] {
            assert_eq!(check("wang", password), checked, "{password}");
        }
    }
}
