//! What a consumer notes of a task of theirs.

use sqlx::PgConnection;
use uuid::Uuid;

/// `None` leaves a mark as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkChange {
    /// They like it.
    pub favorite: Option<bool>,
    /// They do not want it in lists.
    pub hidden: Option<bool>,
}

/// Changes the marks of a task of this user. `false`: they have no such task.
pub async fn mark(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
    change: MarkChange,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.mark_task($1, $2, $3, $4)")
        .bind(id)
        .bind(user_id)
        .bind(change.favorite)
        .bind(change.hidden)
        .fetch_one(conn)
        .await
}
