//! A new password, and the end of every other session.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Verified, store};
use crate::identity::{IdentityError, throttle::Attempt};

/// Writes the new hash and ends every session but `session_id`, which lives on; access tokens issued so far end, also
/// its own. Of two changes at once one finds the password changed: [`IdentityError::InvalidCredentials`].
pub async fn change_password(
    conn: &mut PgConnection,
    session_id: Uuid,
    verified: &Verified,
    password_hash: &str,
    attempt: &Attempt,
) -> Result<(), IdentityError> {
    let changed =
        store::change_password(conn, session_id, &verified.password_hash, password_hash, attempt);
    match changed.await? {
        Some(true) => Ok(()),
        Some(false) => Err(IdentityError::InvalidCredentials),
        None => Err(IdentityError::InvalidToken),
    }
}
