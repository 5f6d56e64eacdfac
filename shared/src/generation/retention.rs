//! Images that were kept long enough.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::claim::interval;

/// A task that ended longer ago than images are kept, with every attempt whose image may be in the
/// store: also those nobody was charged for.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptLongEnough {
    pub task: Uuid,
    pub attempts: Vec<Uuid>,
}

/// Up to `limit` tasks that ended `retention` ago and whose images were not deleted yet. A task with
/// an attempt still out is left for later: its image may be on its way.
pub async fn list_kept_long_enough(
    db: &PgPool,
    retention: Duration,
    limit: i32,
) -> sqlx::Result<Vec<KeptLongEnough>> {
    sqlx::query_as(
        "SELECT t.id AS task,
                coalesce(array_agg(a.id) FILTER (WHERE a.state IN ('delivered', 'surplus', 'unknown')), '{}') AS attempts
           FROM (SELECT k.id FROM generation.task k
                  WHERE k.completed_at <= (SELECT aether.now()) - $1
                    AND k.image_deleted_at IS NULL AND k.attempts_started > 0
                    AND NOT EXISTS (SELECT FROM generation.attempt c WHERE c.task_id = k.id AND c.state = 'calling')
                  ORDER BY k.completed_at
                  LIMIT $2) t
           JOIN generation.attempt a ON a.task_id = t.id
          GROUP BY t.id",
    )
    .bind(interval(retention))
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Notes that the store holds no image of these tasks any more.
pub async fn mark_images_deleted(db: &PgPool, tasks: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query("SELECT generation.mark_images_deleted($1)").bind(tasks).execute(db).await?;
    Ok(())
}
