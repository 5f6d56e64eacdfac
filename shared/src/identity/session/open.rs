//! Opening a session.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{RefreshToken, store};
use crate::identity::{IdentityError, user::User};

/// What a sign-in yields.
#[derive(Debug)]
pub struct OpenedSession {
    /// Whose.
    pub user: User,
    /// Travels in every access token of this session.
    pub session_id: Uuid,
    /// For the client, once.
    pub refresh_token: RefreshToken,
}

/// Begins a session of a user whose credentials were checked.
pub async fn open(conn: &mut PgConnection, user: User) -> Result<OpenedSession, IdentityError> {
    let session_id = Uuid::now_v7();
    let refresh_token = RefreshToken::generate();
    store::insert_session(conn, session_id, user.id).await?;
    store::insert_token(conn, &refresh_token.hash(), session_id, None).await?;
    Ok(OpenedSession { user, session_id, refresh_token })
}
