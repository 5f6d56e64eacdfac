//! Rotation: a refresh token for its child.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{OpenedSession, RefreshToken, store, store::EndReason};
use crate::identity::{IdentityError, user, user::UserStatus};

/// What became of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It was good, or rotated so recently that its holder may have missed the answer.
    Renewed(OpenedSession),
    /// It had been rotated before: someone has a copy. Its session is ended, which the caller must
    /// commit before answering.
    Reused,
}

/// Rotates. Two at once with one token get two siblings; the session's row makes them take turns.
pub async fn refresh(
    conn: &mut PgConnection,
    token: &RefreshToken,
) -> Result<Refreshed, IdentityError> {
    let hash = token.hash();
    let session = store::lock_session_of(conn, &hash).await?.ok_or(IdentityError::InvalidToken)?;
    // Read after the lock: a twin may just have rotated it.
    let state = store::get_token_state(conn, &hash).await?;
    if session.ended || state.expired {
        return Err(IdentityError::InvalidToken);
    }
    if state.rotated_long_ago {
        store::end_session(conn, session.id, EndReason::Reuse).await?;
        return Ok(Refreshed::Reused);
    }
    let user =
        user::store::find(conn, session.user_id).await?.ok_or(IdentityError::InvalidToken)?;
    if user.status == UserStatus::Suspended {
        return Err(IdentityError::Suspended);
    }
    let child = rotate(conn, &hash, session.id).await?;
    Ok(Refreshed::Renewed(OpenedSession { user, session_id: session.id, refresh_token: child }))
}

async fn rotate(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    session_id: Uuid,
) -> Result<RefreshToken, IdentityError> {
    let child = RefreshToken::generate();
    store::mark_rotated(conn, hash).await?;
    store::insert_token(conn, &child.hash(), session_id, Some(hash)).await?;
    store::extend_session(conn, session_id).await?;
    Ok(child)
}
