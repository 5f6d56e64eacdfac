//! What changed about hosted keys lately, for owners who watch.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Health;
use crate::pool::ResourceStatus;

/// Where a hosted key stands. Two that are equal mean that nothing happened which its owner should know of.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResourceMark {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub status: ResourceStatus,
    pub status_reason: Option<String>,
    pub health: Health,
    /// Its owner may not host keys.
    pub owner_barred: bool,
}

/// The keys of these owners that are not deleted.
pub async fn list_marks(
    conn: &mut PgConnection,
    owners: &[Uuid],
) -> sqlx::Result<Vec<ResourceMark>> {
    sqlx::query_as(
        "SELECT r.id, r.owner_id, r.status, r.status_reason, r.owner_barred,
                pool.present_health(s.health, s.cooling_until, s.available_units, m.units_min, c.now) AS health
           FROM aether.now() AS c (now), pool.resource r JOIN pool.resource_state s ON s.resource_id = r.id
           LEFT JOIN (SELECT m.provider, min(m.units) AS units_min FROM pool.model m
                       WHERE m.enabled AND m.deleted_at IS NULL GROUP BY m.provider) m ON m.provider = r.provider
          WHERE r.owner_id = ANY ($1) AND r.deleted_at IS NULL",
    )
    .bind(owners)
    .fetch_all(conn)
    .await
}
