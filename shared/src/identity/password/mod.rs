//! Passwords: what may be chosen, and hashing: Argon2id with the parameters OWASP recommends (19 MiB, 2 passes, 1 lane).
//!
//! One hash costs about 30 ms of a core on purpose. Hashes run on a few threads of their own: no more of
//! them at once than leave the process able to answer everything else, and always the same ones, because
//! the system's allocator keeps the 19 MiB of each thread that ever hashed.

mod rules;

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock, mpsc},
    thread,
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::IdentityError;
pub use rules::PasswordRefused;

/// A new password has at least this many characters; older ones may be shorter.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// And at most this many: more only costs us time.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// How long a sign-in waits for its turn before it is refused.
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(5);

/// What an unknown e-mail's password is checked against, so that its answer takes as long as a known one's.
static DUMMY_HASH: LazyLock<String> = LazyLock::new(|| {
    hash_now(b"nobody's password").expect("Argon2 hashes a constant with constant parameters")
});

/// Hashes and verifies, a bounded number at once. Clones share the bound.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    threads: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Default for Passwords {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let count = cores.div_ceil(2);
        Self { turns: Arc::new(Semaphore::new(count)), threads: start_threads(count) }
    }
}

/// They end with the last sender.
fn start_threads(count: usize) -> mpsc::Sender<Job> {
    let (threads, jobs) = mpsc::channel::<Job>();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..count {
        let jobs = Arc::clone(&jobs);
        thread::spawn(move || {
            loop {
                let job = jobs.lock().recv();
                let Ok(job) = job else { return };
                // After a panic the caller gets no answer.
                let _ = catch_unwind(AssertUnwindSafe(job));
            }
        });
    }
    threads
}

impl Passwords {
    /// The PHC string to store for a password somebody chooses. `personal` is what others know of them: no part of it
    /// makes a password.
    pub async fn hash_new(
        &self,
        password: SecretString,
        personal: &[&str],
    ) -> Result<String, IdentityError> {
        let personal: Vec<String> = personal.iter().map(|it| (*it).to_owned()).collect();
        self.in_turn(move || {
            let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
            rules::judge(password.expose_secret(), &personal)?;
            hash_now(normalized(password.expose_secret()).as_bytes())
        })
        .await?
    }

    /// Whether the password is the one `stored` was made from. `None` stands for an unknown user:
    /// the work is done all the same and the answer is no.
    pub async fn verify(
        &self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<bool, IdentityError> {
        self.in_turn(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| DUMMY_HASH.clone());
            known & opens(password.expose_secret(), &stored)
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let turn = timeout(QUEUE_WAIT_MAX, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_elapsed| IdentityError::Busy)?
            .expect("the semaphore is never closed");
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Held by the thread, not by the caller: a client that hangs up frees no core.
            let _turn = turn;
            let _ = answer.send(work());
        });
        self.threads.send(job).map_err(|_ended| IdentityError::Hash)?;
        answered.await.map_err(|_panicked| IdentityError::Hash)
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash_now(password: &[u8]) -> Result<String, IdentityError> {
    argon2().hash_password(password).map(|it| it.to_string()).map_err(|_| IdentityError::Hash)
}

/// Keyboards disagree about letters with accents: one letter, or a letter and its accent (Unicode NFC and NFD). Passwords
/// are hashed in NFC; hashes of before were made from whatever was typed.
fn normalized(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { Cow::Borrowed(password) } else { Cow::Owned(password.nfc().collect()) }
}

fn opens(password: &str, stored: &str) -> bool {
    let normalized = normalized(password);
    matches(normalized.as_bytes(), stored)
        || (normalized != password && matches(password.as_bytes(), stored))
}

fn matches(password: &[u8], stored: &str) -> bool {
    argon2::password_hash::phc::PasswordHash::new(stored)
        .is_ok_and(|hash| argon2().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::default();
        let stored = passwords.hash_new(secret("correct horse"), &[]).await.unwrap();

        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify(secret("correct horse"), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify(secret("correct hors"), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_never_verifies_even_with_the_dummy_password() {
        let passwords = Passwords::default();

        assert!(!passwords.verify(secret("nobody's password"), None).await.unwrap());
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_the_next_is_done() {
        let passwords = Passwords::default();

        for _ in 0..8 {
            let broken = passwords.in_turn(|| -> bool { panic!("planted") }).await;
            assert!(matches!(broken, Err(IdentityError::Hash)), "{broken:?}");
        }
        assert!(passwords.hash_new(secret("correct horse"), &[]).await.is_ok());
    }

    #[tokio::test]
    async fn a_password_opens_however_its_accents_were_typed() {
        let passwords = Passwords::default();
        let (composed, decomposed) = ("p\u{e4}ssword-l\u{e4}nge", "pa\u{308}ssword-la\u{308}nge");
        for (chosen, typed) in [(composed, decomposed), (decomposed, composed)] {
            let stored = passwords.hash_new(secret(chosen), &[]).await.unwrap();
            assert!(passwords.verify(secret(typed), Some(stored.clone())).await.unwrap());
            assert!(!passwords.verify(secret("password-lange"), Some(stored)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn hashes_made_under_other_rules_still_open() {
        let passwords = Passwords::default();
        for old in ["short", "le\u{301}gacy"] {
            let stored = hash_now(old.as_bytes()).unwrap();
            assert!(passwords.verify(secret(old), Some(stored)).await.unwrap(), "{old}");
        }
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = Passwords::default();

        let one = passwords.hash_new(secret("correct horse"), &[]).await.unwrap();
        let two = passwords.hash_new(secret("correct horse"), &[]).await.unwrap();

        assert_ne!(one, two);
    }
}
