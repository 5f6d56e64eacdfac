//! E-mail and password → user.

use secrecy::SecretString;
use sqlx::PgPool;

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
    /// As they were when the hash was read.
    pub user: User,
    /// What the password was checked against.
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
    let found = store::find_credentials(&mut *db.acquire().await?, email).await?;
    let stored = found.as_ref().map(|it| it.password_hash.clone());
    let right = passwords.verify(password, stored).await?;
    let found = found.filter(|_| right).ok_or(IdentityError::InvalidCredentials)?;
    match found.user.status {
        UserStatus::Active => Ok(Verified { user: found.user, password_hash: found.password_hash }),
        UserStatus::Suspended => Err(IdentityError::Suspended),
    }
}
