//! E-mail and password → user.

use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

use crate::identity::{
    IdentityError,
    password::Passwords,
    user::{Email, User, UserStatus, store},
};

/// A user whose password was right a moment ago.
///
/// What it is used for compares the hash again under the user's lock: checking takes long enough for the password to
/// change meanwhile.
pub struct Verified {
    /// As they were before the password was checked.
    pub user: User,
    /// The hash of what was typed, which was the stored one.
    pub(in crate::identity) password_hash: String,
}

impl Verified {
    /// A user who has just been made with this hash.
    pub fn registered(user: User, password_hash: String) -> Self {
        Self { user, password_hash }
    }
}

/// The user whose e-mail and password these are. Takes the pool because hashing takes its time and
/// holds no connection. An unknown e-mail costs the same time as a wrong password.
///
/// [`IdentityError::Suspended`] is only answered to someone who knows the password.
pub async fn check_credentials(
    db: &PgPool,
    passwords: &Passwords,
    email: &Email,
    password: SecretString,
) -> Result<Verified, IdentityError> {
    let found = store::find_by_email_with_terms(&mut *db.acquire().await?, email).await?;
    let (user, terms) = found.map(|it| (it.user, it.password_terms)).unzip();
    let hashes = passwords.hashes_under(password, terms.flatten()).await?;
    // Asked for nobody too: an unknown e-mail's answer takes as long.
    let id = user.as_ref().map_or(Uuid::nil(), |it| it.id);
    let matching = store::matching_hash(&mut *db.acquire().await?, id, &hashes).await?;
    let (user, password_hash) = user.zip(matching).ok_or(IdentityError::InvalidCredentials)?;
    match user.status {
        UserStatus::Active => Ok(Verified { user, password_hash }),
        UserStatus::Suspended => Err(IdentityError::Suspended),
    }
}
