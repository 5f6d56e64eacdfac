//! Reads of what is due, and what an admin does about parked settlements.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Ending, TaskCounts, Work, WorkState};

/// Two branches, one per live status: each has a small index, final tasks have none to wade through.
pub(super) async fn list(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    state: Option<WorkState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Work>> {
    sqlx::query_as(
        "SELECT t.id AS task_id, t.state, t.user_id, t.requested_model, t.attempts_started AS attempts,
                CASE WHEN t.state = 'waiting' THEN t.next_at END AS next_at, t.deadline,
                t.cancel_requested_at IS NOT NULL AS cancel_requested, t.settle_failed_at AS parked_at,
                t.settle_error AS error, t.settle_retry_at AS retry_requested_at, t.created_at, t.started_at
           FROM ((SELECT 'waiting' AS state, w.id, w.user_id, w.requested_model, w.attempts_started, w.next_at, w.deadline,
                         w.cancel_requested_at, w.settle_failed_at, w.settle_error, w.settle_retry_at, w.created_at,
                         w.started_at
                    FROM generation.task w
                   WHERE w.status = 'pending' AND ($1::uuid IS NULL OR w.id = $1)
                     AND ($2::text IS NULL OR $2 = 'waiting') AND ($3::uuid IS NULL OR w.id < $3)
                   ORDER BY w.id DESC LIMIT $4)
                  UNION ALL
                 (SELECT CASE WHEN p.settle_failed_at IS NULL THEN 'running' ELSE 'parked' END, p.id, p.user_id,
                         p.requested_model, p.attempts_started, p.next_at, p.deadline, p.cancel_requested_at,
                         p.settle_failed_at, p.settle_error, p.settle_retry_at, p.created_at, p.started_at
                    FROM generation.task p
                   WHERE p.status = 'processing' AND ($1::uuid IS NULL OR p.id = $1)
                     AND ($2::text IS NULL OR ($2 = 'parked') = (p.settle_failed_at IS NOT NULL))
                     AND ($2::text IS DISTINCT FROM 'waiting')
                     AND ($3::uuid IS NULL OR p.id < $3)
                   ORDER BY p.id DESC LIMIT $4)) t
          ORDER BY t.id DESC LIMIT $4",
    )
    .bind(id)
    .bind(state)
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// Counts the tasks that are not final.
pub async fn count_tasks(conn: &mut PgConnection) -> sqlx::Result<TaskCounts> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM generation.task WHERE status = 'pending') AS waiting,
                (SELECT count(*) FROM generation.task
                  WHERE status = 'processing' AND settle_failed_at IS NULL) AS running,
                (SELECT count(*) FROM generation.task WHERE settle_failed_at IS NOT NULL) AS parked",
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn retry_settlement(conn: &mut PgConnection, task_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.retry_settlement($1)").bind(task_id).fetch_one(conn).await
}

pub(super) async fn end_parked(
    conn: &mut PgConnection,
    task_id: Uuid,
    pay: bool,
) -> sqlx::Result<Ending> {
    sqlx::query_scalar("SELECT generation.end_parked($1, $2)")
        .bind(task_id)
        .bind(pay)
        .fetch_one(conn)
        .await
}

pub(super) async fn task_exists(conn: &mut PgConnection, task_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM generation.task WHERE id = $1)")
        .bind(task_id)
        .fetch_one(conn)
        .await
}
