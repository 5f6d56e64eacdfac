//! Ending a session.

use sqlx::PgConnection;

use super::{RefreshToken, store, store::EndReason};
use crate::identity::IdentityError;

/// Ends the session the token belongs to, whatever the token's own state. Unknown tokens are no
/// error: who signs out twice is signed out.
pub async fn logout(conn: &mut PgConnection, token: &RefreshToken) -> Result<(), IdentityError> {
    if let Some(session) = store::lock_session_of(conn, &token.hash()).await?
        && !session.ended
    {
        store::end_session(conn, session.id, EndReason::Logout).await?;
    }
    Ok(())
}
