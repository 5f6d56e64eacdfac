//! Images that were kept long enough.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::db::interval;

/// A task that ended longer ago than images are kept, with every attempt whose image may be in the
/// store: also those nobody was charged for.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptLongEnough {
    pub task: Uuid,
    pub attempts: Vec<Uuid>,
}

/// Up to `limit` tasks behind `after`, in the order of their ids, that ended `retention` ago and whose
/// images were not deleted yet. A task with an attempt still out is passed over: its image may be on
/// its way.
///
/// Walks the primary key: an index on the end of tasks would cost every settlement more than this
/// walk, which is made a few times a day. Ids begin with the time they were made, so it ends at tasks
/// that are too young (with an hour to spare for clocks that differ).
pub async fn list_kept_long_enough(
    db: &PgPool,
    retention: Duration,
    after: Uuid,
    limit: i32,
) -> sqlx::Result<Vec<KeptLongEnough>> {
    sqlx::query_as(include_str!("retention.sql"))
        .bind(interval(retention))
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
}

/// Notes that the store holds no image of these tasks any more.
pub async fn mark_images_deleted(db: &PgPool, tasks: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query("SELECT generation.mark_images_deleted($1)").bind(tasks).execute(db).await?;
    Ok(())
}
