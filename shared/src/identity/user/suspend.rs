//! Suspending users and letting them back.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{User, UserStatus, store};
use crate::identity::IdentityError;

/// Suspends: tokens already issued end within seconds, the wallet admits no new hold, waiting tasks are
/// canceled and their holds released, and for running tasks canceling is requested. Answers the tasks that were
/// canceled, too. Safe to repeat.
///
/// [`IdentityError::OwnAccess`] if `actor_id` is `user_id`.
pub async fn suspend(
    conn: &mut PgConnection,
    actor_id: Uuid,
    user_id: Uuid,
    reason: &str,
) -> Result<(User, Vec<Uuid>), IdentityError> {
    if actor_id == user_id {
        return Err(IdentityError::OwnAccess);
    }
    let user = store::update_status(conn, user_id, UserStatus::Suspended, reason)
        .await?
        .ok_or(IdentityError::UserNotFound)?;
    // Tasks before the wallet, as everywhere.
    let canceled = store::cancel_tasks(conn, user_id).await?;
    store::suspend_wallet(conn, user_id, true).await?;
    Ok((user, canceled))
}

/// Cancels tasks that were submitted between the two steps of [`suspend`], in a transaction of its own after
/// that one's commit: a transaction that holds the wallet may not lock tasks any more. Answers them.
pub async fn cancel_slipped_in(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Vec<Uuid>, IdentityError> {
    Ok(store::cancel_tasks(conn, user_id).await?)
}

/// Lets a suspended user back. Their sessions are still good; access tokens from before are not.
pub async fn reactivate(
    conn: &mut PgConnection,
    user_id: Uuid,
    reason: &str,
) -> Result<User, IdentityError> {
    let user = store::update_status(conn, user_id, UserStatus::Active, reason)
        .await?
        .ok_or(IdentityError::UserNotFound)?;
    store::suspend_wallet(conn, user_id, false).await?;
    Ok(user)
}
