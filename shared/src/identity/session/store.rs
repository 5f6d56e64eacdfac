//! One statement per function over `identity.session` and `identity.refresh_token`.

use sqlx::PgConnection;
use uuid::Uuid;

/// How long a refresh token is good for: a client unused longer signs in again.
const REFRESH_DAYS: i32 = 30;
/// A token rotated less than this many seconds ago still yields a sibling.
const SIBLING_SECONDS: i32 = 10;

crate::vocabulary! {
    /// Why a session ended.
    pub(crate) enum EndReason {
        /// The user signed out.
        Logout = "logout",
        /// A token was presented again that had been rotated before: somebody has a copy.
        Reuse = "reuse",
        /// The user changed the password in another session.
        PasswordChanged = "password_changed",
    }
}

pub(super) struct LockedSession {
    pub id: Uuid,
    pub user_id: Uuid,
    pub ended: bool,
}

pub(super) struct TokenState {
    pub expired: bool,
    pub rotated_long_ago: bool,
}

pub(super) async fn insert_session(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO identity.session (id, user_id, created_at, expires_at)
         SELECT $1, $2, now, now + make_interval(days => $3) FROM aether.now() AS now",
    )
    .bind(id)
    .bind(user_id)
    .bind(REFRESH_DAYS)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn insert_token(
    conn: &mut PgConnection,
    hash: &[u8; 32],
    session_id: Uuid,
    parent: Option<&[u8; 32]>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO identity.refresh_token (hash, session_id, parent, created_at, expires_at)
         SELECT $1, $2, $3, now, now + make_interval(days => $4) FROM aether.now() AS now",
    )
    .bind(hash.as_slice())
    .bind(session_id)
    .bind(parent.map(<[u8; 32]>::as_slice))
    .bind(REFRESH_DAYS)
    .execute(conn)
    .await?;
    Ok(())
}

/// Locks the session a token belongs to. `None` if the token is unknown.
pub(super) async fn lock_session_of(
    conn: &mut PgConnection,
    hash: &[u8; 32],
) -> sqlx::Result<Option<LockedSession>> {
    let found: Option<(Uuid, Uuid, bool)> = sqlx::query_as(
        "SELECT s.id, s.user_id, s.ended_at IS NOT NULL
           FROM identity.session s
          WHERE s.id = (SELECT session_id FROM identity.refresh_token WHERE hash = $1)
            FOR NO KEY UPDATE",
    )
    .bind(hash.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|(id, user_id, ended)| LockedSession { id, user_id, ended }))
}

/// The token's state now. Call it under the session's lock.
pub(super) async fn get_token_state(
    conn: &mut PgConnection,
    hash: &[u8; 32],
) -> sqlx::Result<TokenState> {
    let (expired, rotated_long_ago) = sqlx::query_as(
        "SELECT t.expires_at <= now,
                coalesce(t.rotated_at < now - make_interval(secs => $2), false)
           FROM identity.refresh_token t, aether.now() AS now
          WHERE t.hash = $1",
    )
    .bind(hash.as_slice())
    .bind(f64::from(SIBLING_SECONDS))
    .fetch_one(conn)
    .await?;
    Ok(TokenState { expired, rotated_long_ago })
}

/// A second rotation keeps the instant of the first: siblings do not prolong each other.
pub(super) async fn mark_rotated(conn: &mut PgConnection, hash: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE identity.refresh_token SET rotated_at = aether.now()
          WHERE hash = $1 AND rotated_at IS NULL",
    )
    .bind(hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn extend_session(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE identity.session SET expires_at = aether.now() + make_interval(days => $2)
          WHERE id = $1",
    )
    .bind(id)
    .bind(REFRESH_DAYS)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn end_session(
    conn: &mut PgConnection,
    id: Uuid,
    reason: EndReason,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE identity.session SET ended_at = aether.now(), end_reason = $2
          WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn end_other_sessions(
    conn: &mut PgConnection,
    user_id: Uuid,
    kept: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE identity.session SET ended_at = aether.now(), end_reason = $3
          WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
    )
    .bind(user_id)
    .bind(kept)
    .bind(EndReason::PasswordChanged)
    .execute(conn)
    .await?;
    Ok(())
}
