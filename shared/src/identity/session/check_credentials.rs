//! E-mail and password → user.

use secrecy::SecretString;
use sqlx::PgPool;

use crate::identity::{
    IdentityError,
    password::Passwords,
    user::{Email, User, UserStatus, store},
};

/// The user whose e-mail and password these are. Takes the pool because hashing takes its time and
/// holds no connection. An unknown e-mail costs the same time as a wrong password.
///
/// [`IdentityError::Suspended`] is only answered to someone who knows the password.
pub async fn check_credentials(
    db: &PgPool,
    passwords: &Passwords,
    email: &Email,
    password: SecretString,
) -> Result<User, IdentityError> {
    let found = store::find_credentials(&mut *db.acquire().await?, email).await?;
    let (user, stored) = found.map(|it| (it.user, it.password_hash)).unzip();
    let right = passwords.verify(password, stored).await?;
    let user = user.filter(|_| right).ok_or(IdentityError::InvalidCredentials)?;
    match user.status {
        UserStatus::Active => Ok(user),
        UserStatus::Suspended => Err(IdentityError::Suspended),
    }
}
