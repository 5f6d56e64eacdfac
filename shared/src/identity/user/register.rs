//! A new user and their wallet, in one transaction.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Email, Locale, User, store};
use crate::{identity::IdentityError, ledger::Credits};

/// What registering takes. The password is hashed before, so that no connection waits for it.
#[derive(Debug)]
pub struct NewUser {
    /// Unique among users.
    pub email: Email,
    /// PHC string, see [`crate::identity::password::Passwords::hash_new`].
    pub password_hash: String,
    /// Free text.
    pub display_name: String,
    /// The language they are written to in.
    pub locale: Locale,
}

/// Makes the user, opens their wallet and issues what a new user starts with, if anything; issuing
/// takes a connection of the admin role. [`IdentityError::EmailTaken`] if the e-mail is known.
pub async fn register(
    conn: &mut PgConnection,
    new: &NewUser,
    sign_up_grant: Credits,
) -> Result<User, IdentityError> {
    let user = insert(conn, new).await?;
    if sign_up_grant.is_positive() {
        store::issue_sign_up_grant(conn, &user, sign_up_grant).await?;
    }
    Ok(user)
}

pub(super) async fn insert(conn: &mut PgConnection, new: &NewUser) -> Result<User, IdentityError> {
    store::insert(conn, Uuid::now_v7(), new).await?.ok_or(IdentityError::EmailTaken)
}
