use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::db::unexpected;

/// What canceling came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It waited: canceled, and its hold released.
    Canceled,
    /// It is processing: nothing new starts; an image that still arrives completes it.
    Requested,
    /// It had ended.
    Final,
    /// This user has no such task.
    NotFound,
}

/// Takes a task back, as far as that is still possible.
pub async fn cancel(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> sqlx::Result<CancelOutcome> {
    let outcome = store::cancel(conn, id, user_id).await?;
    match outcome.as_str() {
        "canceled" => Ok(CancelOutcome::Canceled),
        "requested" => Ok(CancelOutcome::Requested),
        "final" => Ok(CancelOutcome::Final),
        "not_found" => Ok(CancelOutcome::NotFound),
        other => Err(unexpected("cancel_task", other)),
    }
}
