//! Rotation: a refresh token for its child.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Device, OpenedSession, RefreshToken,
    store::{self, Rotation},
};
use crate::identity::{IdentityError, user};

/// What became of a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// It was good, or rotated so recently that its holder may have missed the answer.
    Renewed(OpenedSession),
    /// It had been rotated before: someone has a copy. Its session is ended, which the caller must
    /// commit before answering.
    Reused {
        /// Whose session it was.
        user_id: Uuid,
        /// The session that ended.
        session_id: Uuid,
    },
}

/// Rotates. Two at once with one token get two siblings; the first use of the younger retires the older.
pub async fn refresh(
    conn: &mut PgConnection,
    token: &RefreshToken,
    device: &Device,
) -> Result<Refreshed, IdentityError> {
    let child = RefreshToken::generate();
    let rotated = store::rotate_token(conn, &token.hash(), &child.hash(), device).await?;
    let (Some(session_id), Some(user_id)) = (rotated.session_id, rotated.user_id) else {
        return Err(IdentityError::InvalidToken);
    };
    match rotated.outcome {
        Rotation::Dead => Err(IdentityError::InvalidToken),
        Rotation::Suspended => Err(IdentityError::Suspended),
        Rotation::Reused => Ok(Refreshed::Reused { user_id, session_id }),
        Rotation::Renewed => {
            let user = user::store::find(conn, user_id).await?;
            let user = user.ok_or(IdentityError::InvalidToken)?;
            let two_factor = rotated.two_factor.unwrap_or_default();
            let opened = OpenedSession { user, session_id, refresh_token: child, two_factor };
            Ok(Refreshed::Renewed(opened))
        }
    }
}
