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

use argon2::{
    Algorithm, Argon2, CustomizedPasswordHasher, Params, PasswordHasher, Version,
    password_hash::phc::PasswordHash,
};
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

/// What an unknown e-mail's password is hashed under, so that its answer takes as long as a known one's.
static DUMMY_TERMS: LazyLock<String> = LazyLock::new(|| {
    let hash = hash_now(b"nobody's password").expect("Argon2 hashes a constant");
    terms_of(&hash).to_owned()
});

/// Hashes, a bounded number at once. Clones share the bound.
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

    /// What would be stored of this password under `terms`, a PHC string without its hash: whoever knows what is stored
    /// compares. None at all where the terms are no terms. `None` stands for an unknown user: the work is done all the
    /// same.
    pub async fn hashes_under(
        &self,
        password: SecretString,
        terms: Option<String>,
    ) -> Result<Vec<String>, IdentityError> {
        self.in_turn(move || {
            let terms = terms.unwrap_or_else(|| DUMMY_TERMS.clone());
            hashes_under(password.expose_secret(), &terms)
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

/// Of the password in NFC, and as it was typed if that is something else.
fn hashes_under(password: &str, terms: &str) -> Vec<String> {
    let normalized = normalized(password);
    let as_typed = (normalized != password).then_some(password);
    let spellings = std::iter::once(normalized.as_ref()).chain(as_typed);
    spellings.filter_map(|it| hash_under(it.as_bytes(), terms)).collect()
}

fn hash_under(password: &[u8], terms: &str) -> Option<String> {
    let parsed = PasswordHash::new(terms).ok()?;
    let (algorithm, params) = (parsed.algorithm.as_str(), Params::try_from(&parsed).ok()?);
    let hashed = argon2()
        .hash_password_customized(password, &parsed.salt?, Some(algorithm), parsed.version, params)
        .ok()?;
    Some(format!("{terms}${}", hashed.hash?))
}

/// A PHC string without its last part; `identity.password_terms` cuts it the same.
fn terms_of(stored: &str) -> &str {
    stored.rsplit_once('$').map_or("", |(terms, _)| terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    async fn opens(passwords: &Passwords, typed: &str, stored: &str) -> bool {
        let terms = Some(terms_of(stored).to_owned());
        let hashes = passwords.hashes_under(secret(typed), terms).await.unwrap();
        hashes.iter().any(|it| it == stored)
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let passwords = Passwords::default();
        let stored = passwords.hash_new(secret("correct horse"), &[]).await.unwrap();

        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(opens(&passwords, "correct horse", &stored).await);
        assert!(!opens(&passwords, "correct hors", &stored).await);
    }

    #[tokio::test]
    async fn for_an_unknown_user_the_same_work_is_done() {
        let passwords = Passwords::default();
        let stored = passwords.hash_new(secret("correct horse"), &[]).await.unwrap();

        let hashes = passwords.hashes_under(secret("correct horse"), None).await.unwrap();

        let start = "$argon2id$v=19$m=19456,t=2,p=1$";
        assert!(hashes.len() == 1 && hashes[0].starts_with(start), "{hashes:?}");
        assert_ne!(hashes[0], stored);
    }

    #[tokio::test]
    async fn what_is_no_hash_opens_for_nobody() {
        let passwords = Passwords::default();
        for stored in ["", "$", "$argon2id$not-a-hash", "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaA"] {
            let terms = Some(terms_of(stored).to_owned());
            let hashes = passwords.hashes_under(secret("correct horse"), terms).await.unwrap();
            assert!(hashes.is_empty(), "{stored}");
        }
    }

    #[tokio::test]
    async fn hashes_of_other_parameters_still_open() {
        let params = Params::new(8_192, 1, 1, None).unwrap();
        let other = Argon2::new(Algorithm::Argon2i, Version::V0x10, params);
        let stored = other.hash_password(b"correct horse").unwrap().to_string();

        assert!(opens(&Passwords::default(), "correct horse", &stored).await, "{stored}");
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
            assert!(opens(&passwords, typed, &stored).await);
            assert!(!opens(&passwords, "password-lange", &stored).await);
        }
    }

    #[tokio::test]
    async fn hashes_made_under_other_rules_still_open() {
        let passwords = Passwords::default();
        for old in ["short", "le\u{301}gacy"] {
            let stored = hash_now(old.as_bytes()).unwrap();
            assert!(opens(&passwords, old, &stored).await, "{old}");
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
