//! The reads.

use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{HostedResource, ResourceFilter};
use crate::pool::ResourceStatus;

const RESOURCES: &str = include_str!("resources.sql");

/// A resource, if `owner_id` (`None`: anyone) hosts it and it is not deleted. `price_max_factor` times the reference
/// price is the most that it may ask.
pub async fn find(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Option<Uuid>,
    price_max_factor: Decimal,
) -> sqlx::Result<Option<HostedResource>> {
    let found: Option<HostedResource> = sqlx::query_as(RESOURCES)
        .bind(&[id][..])
        .bind(owner_id)
        .bind(None::<ResourceStatus>)
        .bind(None::<Uuid>)
        .bind(1_i64)
        .bind(true)
        .fetch_optional(conn)
        .await?;
    Ok(found.map(|it| it.explained(price_max_factor)))
}

/// Whether a resource is hosted by this owner and not deleted.
pub async fn exists(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pool.resource r WHERE r.id = $1 AND r.owner_id = $2 AND r.deleted_at IS NULL)",
    )
    .bind(id)
    .bind(owner_id)
    .fetch_one(conn)
    .await
}

/// Those of `ids` that are not deleted, without what they earned.
pub async fn list_any(
    conn: &mut PgConnection,
    ids: &[Uuid],
    price_max_factor: Decimal,
) -> sqlx::Result<Vec<HostedResource>> {
    let found: Vec<HostedResource> = sqlx::query_as(RESOURCES)
        .bind(ids)
        .bind(None::<Uuid>)
        .bind(None::<ResourceStatus>)
        .bind(None::<Uuid>)
        .bind(i64::try_from(ids.len()).unwrap_or(i64::MAX))
        .bind(false)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().map(|it| it.explained(price_max_factor)).collect())
}

/// At most `rows_max` resources connected before `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    filter: &ResourceFilter,
    before: Option<Uuid>,
    rows_max: i64,
    price_max_factor: Decimal,
) -> sqlx::Result<Vec<HostedResource>> {
    let found: Vec<HostedResource> = sqlx::query_as(RESOURCES)
        .bind(None::<&[Uuid]>)
        .bind(filter.owner_id)
        .bind(filter.status)
        .bind(before)
        .bind(rows_max)
        .bind(true)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().map(|it| it.explained(price_max_factor)).collect())
}
