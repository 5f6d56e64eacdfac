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
        .bind(id)
        .bind(owner_id)
        .bind(None::<ResourceStatus>)
        .bind(None::<Uuid>)
        .bind(1_i64)
        .fetch_optional(conn)
        .await?;
    Ok(found.map(|it| it.explained(price_max_factor)))
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
        .bind(None::<Uuid>)
        .bind(filter.owner_id)
        .bind(filter.status)
        .bind(before)
        .bind(rows_max)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().map(|it| it.explained(price_max_factor)).collect())
}
