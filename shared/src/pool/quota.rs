//! Readings of what providers say is left on a key.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::interval;

/// Takes up to `limit` keys whose reading is due, with the instant they are asked at; each is due again
/// after `retry` unless a reading is recorded.
pub async fn take_due_syncs(
    db: &PgPool,
    limit: i32,
    retry: Duration,
) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    sqlx::query_as("SELECT resource_id, asked_at FROM pool.take_due_syncs($1, $2)")
        .bind(limit)
        .bind(interval(retry))
        .fetch_all(db)
        .await
}

/// Records what the provider said (`None`: it does not tell), less what may not be in the reading yet.
pub async fn record_sync(
    db: &PgPool,
    resource: Uuid,
    units: Option<Decimal>,
    asked_at: DateTime<Utc>,
    every: Duration,
) -> sqlx::Result<()> {
    sqlx::query("SELECT pool.record_sync($1, $2, $3, $4)")
        .bind(resource)
        .bind(units)
        .bind(asked_at)
        .bind(interval(every))
        .execute(db)
        .await?;
    Ok(())
}

/// The provider refuses the key itself: out of the pool until its owner acts.
pub async fn park(db: &PgPool, resource: Uuid, reason: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT pool.park_resource($1, $2)")
        .bind(resource)
        .bind(reason)
        .execute(db)
        .await?;
    Ok(())
}
