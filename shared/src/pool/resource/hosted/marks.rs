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
                CASE WHEN s.health = 'cooling' AND s.cooling_until <= c.now THEN 'probing' ELSE s.health END AS health
           FROM aether.now() AS c (now), pool.resource r JOIN pool.resource_state s ON s.resource_id = r.id
          WHERE r.owner_id = ANY ($1) AND r.deleted_at IS NULL",
    )
    .bind(owners)
    .fetch_all(conn)
    .await
}
