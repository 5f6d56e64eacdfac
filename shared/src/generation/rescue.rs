//! What the scheduler ends because nobody else will: boots that fell silent, attempts they left behind,
//! tasks past their deadline, places that unknown attempts kept. Every call is bounded and safe to
//! repeat, by any number of processes at once.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::db::interval;

crate::vocabulary! {
    /// Why rescue looks at an attempt.
    pub enum StrandedKind {
        /// Nobody will end it any more.
        Calling = "calling",
        /// Its task is parked, and an admin wants it tried again: it may only be settled or stay parked,
        /// never be bought again.
        Parked = "parked",
        /// It ended without an image, and its outcome is unknown: one may have been kept since.
        Late = "late",
    }
}

/// An attempt that rescue looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stranded {
    #[sqlx(rename = "attempt_id")]
    pub attempt: Uuid,
    #[sqlx(rename = "task_id")]
    pub task: Uuid,
    pub kind: StrandedKind,
}

/// Declares dead every boot silent for a lease; answers how many. Only for a caller that knows the
/// database was reachable all that time: else it would bury workers that could not beat.
pub async fn end_silent_boots(db: &PgPool, lease: Duration) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.end_silent_boots($1)")
        .bind(interval(lease))
        .fetch_one(db)
        .await
}

/// Attempts of dead boots or a lease past their hard deadline, up to `limit`, and as many parked
/// settlements to try again and attempts of unknown outcome to look at again. Their image may be kept:
/// look before ending one.
pub async fn stranded(db: &PgPool, lease: Duration, limit: i32) -> sqlx::Result<Vec<Stranded>> {
    sqlx::query_as("SELECT attempt_id, task_id, kind FROM generation.stranded($1, $2)")
        .bind(interval(lease))
        .bind(limit)
        .fetch_all(db)
        .await
}

/// No image of this attempt was found yet; it is looked for again later, a bounded number of times.
pub async fn look_later(db: &PgPool, attempt: Uuid, lease: Duration) -> sqlx::Result<()> {
    sqlx::query("SELECT generation.look_later($1, $2)")
        .bind(attempt)
        .bind(interval(lease))
        .execute(db)
        .await?;
    Ok(())
}

/// Deletes up to `limit` boots that ended a week ago; answers how many.
pub async fn forget_boots(db: &PgPool, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.forget_boots($1)").bind(limit).fetch_one(db).await
}

/// Fails up to `limit` waiting tasks that asked for a model its provider does not know any more, and
/// answers them.
pub async fn fail_gone(db: &PgPool, limit: i32) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("SELECT generation.fail_gone($1)").bind(limit).fetch_all(db).await
}

/// Fails up to `limit` waiting tasks whose deadline has passed, and answers them.
pub async fn fail_overdue(db: &PgPool, limit: i32) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("SELECT generation.fail_overdue($1)").bind(limit).fetch_all(db).await
}

/// Frees what up to `limit` unknown attempts occupied, once the provider cannot be running them any
/// more; answers how many.
pub async fn vacate(db: &PgPool, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.vacate($1)").bind(limit).fetch_one(db).await
}
