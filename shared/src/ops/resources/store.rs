//! Reads of hosted keys with their counters, and the call that sets a status.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Health, HostedKey, HostedKeyFilter};
use crate::pool::ResourceStatus;

/// Windows that have ended count as empty, and a cooling that has passed as probing: what the next claim
/// will see.
pub(super) async fn list(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    filter: &HostedKeyFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<HostedKey>> {
    sqlx::query_as(
        "WITH clock AS MATERIALIZED (SELECT aether.now() AS now)
         SELECT r.id, r.owner_id, u.email AS owner_email, r.provider, r.name, r.key_hint, r.status,
                r.status_reason, h.health, r.price_per_unit, s.available_units,
                CASE WHEN s.day < aether.utc_day(c.now) THEN 0 ELSE s.day_units END AS units_today,
                CASE WHEN s.month < aether.utc_month(c.now) THEN 0 ELSE s.month_units END AS units_month,
                r.daily_limit, r.monthly_limit, r.concurrency_limit,
                coalesce(r.rpm_limit, p.rate_requests * 60 / p.rate_seconds) AS rpm_limit,
                s.in_flight, s.success_rate, s.latency_ms, s.synced_at AS last_sync_at, r.created_at
           FROM clock c, pool.resource r
           JOIN pool.provider p ON p.name = r.provider
           JOIN pool.resource_state s ON s.resource_id = r.id
           LEFT JOIN identity.users u ON u.id = r.owner_id,
        LATERAL (SELECT CASE WHEN s.health = 'cooling' AND s.cooling_until <= c.now THEN 'probing' ELSE s.health END AS health) h
          WHERE r.deleted_at IS NULL
            AND ($1::uuid IS NULL OR r.id = $1)
            AND ($2::uuid IS NULL OR r.owner_id = $2)
            AND ($3::text IS NULL OR r.provider = $3)
            AND ($4::text IS NULL OR r.status = $4)
            AND ($5::text IS NULL OR h.health = $5)
            AND ($6::uuid IS NULL OR r.id < $6)
          ORDER BY r.id DESC LIMIT $7",
    )
    .bind(id)
    .bind(filter.owner_id)
    .bind(filter.provider.as_deref())
    .bind(filter.status.map(ResourceStatus::as_str))
    .bind(filter.health.map(Health::as_str))
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// Outcome: `changed` or `not_found`.
pub(super) async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    status: &str,
    reason: &str,
) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT pool.set_resource_status($1, NULL, $2, $3)")
        .bind(id)
        .bind(status)
        .bind(reason)
        .fetch_one(conn)
        .await
}
