//! Cancels a task.

use sqlx::PgConnection;
use uuid::Uuid;

crate::vocabulary! {
    /// What canceling came to.
    pub enum CancelOutcome {
        /// The task was waiting: it is canceled, and its hold released.
        Canceled = "canceled",
        /// The task is processing: nothing new starts; an image that still arrives completes it.
        Requested = "requested",
        /// The task had ended.
        Final = "final",
        /// This user has no such task.
        NotFound = "not_found",
    }
}

/// Cancels a task of this user, as far as that is still possible.
pub async fn cancel(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> sqlx::Result<CancelOutcome> {
    sqlx::query_scalar("SELECT generation.cancel_task($1, $2)")
        .bind(id)
        .bind(user_id)
        .fetch_one(conn)
        .await
}

/// The same for a task of any user: an admin's act.
pub async fn cancel_any(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<CancelOutcome> {
    sqlx::query_scalar("SELECT generation.cancel_task($1, NULL)").bind(id).fetch_one(conn).await
}
