//! What changed since the last look: by transaction number, because a sequence would lose what
//! commits late. Everything at or above the oldest transaction then running is read again.

use sqlx::PgConnection;
use uuid::Uuid;

use super::recent::{REMEMBERED, UserAccess};

/// The oldest transaction still running at a look; everything below it was visible to that look.
#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct Horizon(String);

impl Default for Horizon {
    /// Before any transaction: for a process that knows nothing yet.
    fn default() -> Self {
        Self("0".to_owned())
    }
}

/// The horizon of a look that is about to begin.
pub(super) async fn horizon(conn: &mut PgConnection) -> sqlx::Result<Horizon> {
    sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetch_one(conn).await
}

#[derive(sqlx::FromRow)]
struct ChangedUser {
    id: Uuid,
    #[sqlx(flatten)]
    access: UserAccess,
}

/// Users whose access changed at or after `since`, lately enough to matter to a token.
pub(super) async fn changed_users(
    conn: &mut PgConnection,
    since: &Horizon,
) -> sqlx::Result<Vec<(Uuid, UserAccess)>> {
    let users: Vec<ChangedUser> = sqlx::query_as(
        "SELECT id, status, roles, token_version
           FROM identity.users
          WHERE changed >= $1::text::xid8
            AND access_changed_at > (SELECT aether.now()) - make_interval(secs => $2)",
    )
    .bind(since)
    .bind(REMEMBERED.as_secs_f64())
    .fetch_all(conn)
    .await?;
    Ok(users.into_iter().map(|it| (it.id, it.access)).collect())
}

/// Sessions ended at or after `since`, lately enough to matter to a token.
pub(super) async fn ended_sessions(
    conn: &mut PgConnection,
    since: &Horizon,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "SELECT id
           FROM identity.session
          WHERE changed >= $1::text::xid8
            AND ended_at > (SELECT aether.now()) - make_interval(secs => $2)",
    )
    .bind(since)
    .bind(REMEMBERED.as_secs_f64())
    .fetch_all(conn)
    .await
}
