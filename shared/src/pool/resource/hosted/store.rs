//! The reads.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{HostedResource, ResourceFilter};
use crate::pool::ResourceStatus;

const RESOURCES: &str = include_str!("resources.sql");

/// A resource, if `owner_id` (`None`: anyone) hosts it and it is not deleted.
pub async fn find(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Option<Uuid>,
) -> sqlx::Result<Option<HostedResource>> {
    sqlx::query_as(RESOURCES)
        .bind(id)
        .bind(owner_id)
        .bind(None::<ResourceStatus>)
        .bind(None::<Uuid>)
        .bind(1_i64)
        .fetch_optional(conn)
        .await
}

/// At most `rows_max` resources connected before `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    filter: &ResourceFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<HostedResource>> {
    sqlx::query_as(RESOURCES)
        .bind(None::<Uuid>)
        .bind(filter.owner_id)
        .bind(filter.status)
        .bind(before)
        .bind(rows_max)
        .fetch_all(conn)
        .await
}
