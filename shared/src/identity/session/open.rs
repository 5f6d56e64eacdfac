//! Opening a session.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Device, RefreshToken, Verified,
    store::{self, Opening, SignIn},
};
use crate::identity::{
    IdentityError,
    throttle::Attempt,
    totp::Factor,
    user::{self, User},
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
    /// Whether it was opened with a second factor; travels in access tokens too.
    pub two_factor: bool,
}

/// Begins a session of a user whose credentials were checked, spends the second factor, and forgives the attempt. It ends
/// after `lifetime` at the latest, however often it is refreshed.
///
/// [`IdentityError::InvalidCredentials`] if the password has changed since it was checked: a sign-in in flight does not
/// survive a change, nor the enrolment of a second factor.
pub async fn open(
    conn: &mut PgConnection,
    verified: &Verified,
    factor: &Factor,
    device: &Device,
    lifetime: Duration,
    attempt: &Attempt,
) -> Result<OpenedSession, IdentityError> {
    let session_id = Uuid::now_v7();
    let refresh_token = RefreshToken::generate();
    let opening = Opening { id: session_id, token: refresh_token.hash(), verified, factor, device };
    match store::open_session(conn, &opening, lifetime, attempt).await? {
        SignIn::Opened => {}
        SignIn::PasswordChanged => return Err(IdentityError::InvalidCredentials),
        SignIn::Suspended => return Err(IdentityError::Suspended),
        SignIn::Required => return Err(IdentityError::TotpRequired),
        SignIn::Refused => return Err(IdentityError::TotpInvalid),
    }
    // The row is still locked: this is the user who was judged.
    let user = user::store::find(conn, verified.user.id).await?;
    let user = user.ok_or(IdentityError::InvalidCredentials)?;
    let two_factor = *factor != Factor::default();
    Ok(OpenedSession { user, session_id, refresh_token, two_factor })
}
