//! Ending a second factor.

use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::{
    identity::{IdentityError, session::Verified, throttle::Attempt},
    pool::vault::Keyring,
};

/// By its user, with password and code. Every other session ends, and so do the access tokens of this one.
pub async fn remove(
    conn: &mut PgConnection,
    keyring: &Keyring,
    session_id: Uuid,
    verified: &Verified,
    code: &SecretString,
    attempt: &Attempt,
) -> Result<(), IdentityError> {
    let user_id = verified.user.id;
    let kept = store::find(conn, user_id).await?;
    if kept.confirmed_at.is_none() {
        return Err(IdentityError::TotpNotEnrolled);
    }
    let factor = kept.judge(keyring, user_id, code)?;
    store::remove(conn, session_id, verified, &factor, attempt).await?.done()
}

/// By an admin or the operator, for who lost app and recovery codes. Every session of theirs ends.
///
/// [`IdentityError::TotpNotEnrolled`] if there is nothing to end.
pub async fn reset(conn: &mut PgConnection, user_id: Uuid) -> Result<(), IdentityError> {
    if store::reset(conn, user_id).await? { Ok(()) } else { Err(IdentityError::TotpNotEnrolled) }
}
