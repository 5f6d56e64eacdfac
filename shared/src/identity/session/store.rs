//! One statement per function. Sessions and tokens are written by `identity.*` functions only.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Device, Ended, LivingSession, Verified};
use crate::identity::{throttle::Attempt, totp::Factor};

// Only SQL writes and reads it; here it is compared with what it may write.
#[cfg(test)]
crate::vocabulary! {
    /// Why a session ended.
    pub(crate) enum EndReason {
        /// The user signed out, there or from another session.
        Logout = "logout",
        /// A token was presented again that had been rotated before: somebody has a copy.
        Reuse = "reuse",
        /// The password was changed in another session, or by the operator.
        PasswordChanged = "password_changed",
        /// The second factor was enrolled, ended or reset elsewhere.
        TotpChanged = "totp_changed",
    }
}

crate::vocabulary! {
    /// What became of a sign-in.
    pub(super) enum SignIn {
        /// There is a session.
        Opened = "opened",
        /// The password is not the verified one any more.
        PasswordChanged = "password_changed",
        /// The user is suspended.
        Suspended = "suspended",
        /// The user has a second factor, and no code came.
        Required = "required",
        /// The code was used before, or is no recovery code of theirs.
        Refused = "refused",
    }
}

crate::vocabulary! {
    /// What became of a refresh token.
    pub(super) enum Rotation {
        /// It has a child.
        Renewed = "renewed",
        /// It had been rotated before.
        Reused = "reused",
        /// Its user is suspended.
        Suspended = "suspended",
        /// It opens nothing.
        Dead = "dead",
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Rotated {
    pub outcome: Rotation,
    pub session_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub two_factor: Option<bool>,
}

/// A session about to be opened.
pub(super) struct Opening<'a> {
    pub id: Uuid,
    /// The digest of its first refresh token.
    pub token: [u8; 32],
    pub verified: &'a Verified,
    pub factor: &'a Factor,
    pub device: &'a Device,
}

pub(super) async fn open_session(
    conn: &mut PgConnection,
    opening: &Opening<'_>,
    lifetime: Duration,
    attempt: &Attempt,
) -> sqlx::Result<SignIn> {
    let Opening { id, token, verified, factor, device } = opening;
    sqlx::query_scalar(
        "SELECT identity.open_session($1, $2, $3, $4, $5::text::inet, $6, $7, make_interval(secs => $8), $9, $10, $11)",
    )
    .bind(id)
    .bind(verified.user.id)
    .bind(&verified.password_hash)
    .bind(token.as_slice())
    .bind(device.address.to_string())
    .bind(device.network())
    .bind(device.agent())
    .bind(lifetime.as_secs_f64())
    .bind(attempt.subjects())
    .bind(factor.step)
    .bind(factor.recovery.as_ref().map(<[u8; 32]>::as_slice))
    .fetch_one(conn)
    .await
}

/// `Some(false)` if the password is not the verified one any more, `None` if the session does not live.
pub(super) async fn change_password(
    conn: &mut PgConnection,
    session_id: Uuid,
    verified: &str,
    password_hash: &str,
    attempt: &Attempt,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar("SELECT identity.change_password($1, $2, $3, $4)")
        .bind(session_id)
        .bind(verified)
        .bind(password_hash)
        .bind(attempt.subjects())
        .fetch_one(conn)
        .await
}

pub(super) async fn rotate_token(
    conn: &mut PgConnection,
    token: &[u8; 32],
    child: &[u8; 32],
    device: &Device,
) -> sqlx::Result<Rotated> {
    sqlx::query_as("SELECT * FROM identity.rotate_token($1, $2, $3::text::inet, $4, $5)")
        .bind(token.as_slice())
        .bind(child.as_slice())
        .bind(device.address.to_string())
        .bind(device.network())
        .bind(device.agent())
        .fetch_one(conn)
        .await
}

pub(super) async fn end_session_of(
    conn: &mut PgConnection,
    token: &[u8; 32],
) -> sqlx::Result<Option<Ended>> {
    let (session_id, user_id): (Option<Uuid>, Option<Uuid>) =
        sqlx::query_as("SELECT session_id, user_id FROM identity.end_session_of($1)")
            .bind(token.as_slice())
            .fetch_one(conn)
            .await?;
    let ended = session_id.zip(user_id);
    Ok(ended.map(|(session_id, user_id)| Ended { session_id, user_id }))
}

pub(super) async fn end_session(
    conn: &mut PgConnection,
    user_id: Uuid,
    session_id: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT identity.end_session($1, $2)")
        .bind(user_id)
        .bind(session_id)
        .fetch_one(conn)
        .await
}

pub(super) async fn sign_out_everywhere(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> sqlx::Result<()> {
    sqlx::query("SELECT identity.sign_out_everywhere($1)").bind(user_id).execute(conn).await?;
    Ok(())
}

pub(super) async fn list_living(
    conn: &mut PgConnection,
    user_id: Uuid,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<LivingSession>> {
    sqlx::query_as(
        "SELECT id, host(address) AS address, agent, created_at, last_used_at, expires_at
           FROM identity.session
          WHERE user_id = $1 AND ended_at IS NULL AND expires_at > (SELECT aether.now())
            AND ($2::uuid IS NULL OR id < $2)
          ORDER BY id DESC LIMIT $3",
    )
    .bind(user_id)
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
