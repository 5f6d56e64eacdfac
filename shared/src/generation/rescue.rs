//! What the scheduler ends because nobody else will: boots that fell silent, attempts they left behind,
//! tasks past their deadline, places that unknown attempts kept. Every call is bounded and safe to
//! repeat, by any number of processes at once.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::db::interval;

/// An attempt nobody will end any more, or a parked settlement an admin wants tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stranded {
    #[sqlx(rename = "attempt_id")]
    pub attempt: Uuid,
    #[sqlx(rename = "task_id")]
    pub task: Uuid,
    /// Its task is parked: it may only be settled or stay parked, never be bought again.
    pub parked: bool,
}

/// Declares dead every boot silent for a lease; answers how many. Only for a caller that knows the
/// database was reachable all that time: else it would bury workers that could not beat.
pub async fn end_silent_boots(db: &PgPool, lease: Duration) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.end_silent_boots($1)")
        .bind(interval(lease))
        .fetch_one(db)
        .await
}

/// Attempts of dead boots or a lease past their hard deadline, up to `limit`, and parked settlements to
/// try again, up to `limit`. Their image may be kept: look before ending one.
pub async fn stranded(db: &PgPool, lease: Duration, limit: i32) -> sqlx::Result<Vec<Stranded>> {
    sqlx::query_as("SELECT attempt_id, task_id, parked FROM generation.stranded($1, $2)")
        .bind(interval(lease))
        .bind(limit)
        .fetch_all(db)
        .await
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
