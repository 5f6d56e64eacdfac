//! Ending sessions, from inside and from elsewhere.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{RefreshToken, store};
use crate::identity::IdentityError;

/// A session that just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The session.
    pub session_id: Uuid,
    /// Whose it was.
    pub user_id: Uuid,
}

/// Ends the session the token belongs to, whatever the token's own state, and answers which, if it still lived.
/// Unknown tokens are no error: who signs out twice is signed out.
pub async fn logout(
    conn: &mut PgConnection,
    token: &RefreshToken,
) -> Result<Option<Ended>, IdentityError> {
    Ok(store::end_session_of(conn, &token.hash()).await?)
}

/// Ends a session of this user; [`IdentityError::SessionNotFound`] if it is not theirs or has ended.
pub async fn end_session(
    conn: &mut PgConnection,
    user_id: Uuid,
    session_id: Uuid,
) -> Result<(), IdentityError> {
    let ended = store::end_session(conn, user_id, session_id).await?;
    if ended { Ok(()) } else { Err(IdentityError::SessionNotFound) }
}

/// Ends every session of this user, also one that is just being opened.
pub async fn logout_everywhere(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<(), IdentityError> {
    Ok(store::sign_out_everywhere(conn, user_id).await?)
}
