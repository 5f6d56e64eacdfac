//! Readings of what providers say is left on a key.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::Resource;
use crate::db::interval;
use crate::generation::end::KeyChange;

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

/// How long a key rests whose reading the provider refused, doubling while it goes on.
const REFUSED_COOL: Duration = Duration::from_secs(30);

/// The provider refuses the key itself. The key cools; refused several times in a row, it is out of the
/// pool until the provider accepts it again or its owner acts.
pub async fn refuse(
    db: &PgPool,
    resource: Uuid,
    class: &str,
    reason: &str,
) -> sqlx::Result<KeyChange> {
    sqlx::query_scalar("SELECT pool.refuse_sync($1, $2, $3, $4)")
        .bind(resource)
        .bind(class)
        .bind(interval(REFUSED_COOL))
        .bind(reason)
        .fetch_one(db)
        .await
}

/// Takes a key out of service whose stored form cannot be opened, unless it was stored anew meanwhile.
/// `false`: it was, or the key is not in service.
pub async fn park_unopened(db: &PgPool, resource: &Resource, reason: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pool.park_unopened($1, $2, $3, $4)")
        .bind(resource.id)
        .bind(&resource.key_ciphertext)
        .bind(&resource.data_key_wrapped)
        .bind(reason)
        .fetch_one(db)
        .await
}
