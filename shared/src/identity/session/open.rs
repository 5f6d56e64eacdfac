//! Opening a session.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Device, RefreshToken, Verified, store};
use crate::identity::{
    IdentityError,
    throttle::Attempt,
    user::{User, UserStatus},
};

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

/// Begins a session of a user whose credentials were checked, and forgives the attempt. It ends after `lifetime` at the
/// latest, however often it is refreshed.
///
/// [`IdentityError::InvalidCredentials`] if the password has changed since it was checked: a sign-in in flight does not
/// survive a change.
pub async fn open(
    conn: &mut PgConnection,
    verified: &Verified,
    device: &Device,
    lifetime: Duration,
    attempt: &Attempt,
) -> Result<OpenedSession, IdentityError> {
    let session_id = Uuid::now_v7();
    let refresh_token = RefreshToken::generate();
    let token = refresh_token.hash();
    let user = store::open_session(conn, session_id, verified, &token, device, lifetime, attempt)
        .await?
        .ok_or(IdentityError::InvalidCredentials)?;
    match user.status {
        UserStatus::Active => Ok(OpenedSession { user, session_id, refresh_token }),
        UserStatus::Suspended => Err(IdentityError::Suspended),
    }
}
