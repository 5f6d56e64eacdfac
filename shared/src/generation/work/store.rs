//! Reads of what is due, and what an admin does about parked settlements.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Ending, TaskCounts, Wish, Work, WorkFilter, WorkState};

/// One branch per live status: each has a small index, final tasks have none to wade through. Only the conditions that
/// are given are written down, so each combination has its own plan.
pub(super) async fn list(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Work>> {
    let mut sql = QueryBuilder::new(
        "SELECT t.id AS task_id, t.state, t.user_id, t.requested_model, t.attempts_started AS attempts,
                CASE WHEN t.state = 'waiting' THEN t.next_at END AS next_at, t.deadline,
                t.cancel_requested_at IS NOT NULL AS cancel_requested, t.settle_failed_at AS parked_at,
                t.settle_error AS error, t.settle_retry_at AS retry_requested_at, t.excluded,
                (SELECT a.boot_id FROM generation.attempt a
                  WHERE a.task_id = t.id AND a.state = 'calling' ORDER BY a.no DESC LIMIT 1) AS worker_id,
                t.created_at, t.started_at
           FROM (",
    );
    push_branches(&mut sql, filter, before, rows_max);
    sql.push(") t ORDER BY t.id DESC LIMIT ").push_bind(rows_max);
    sql.build_query_as().fetch_all(conn).await
}

/// The ids of those that match, the oldest first.
pub(super) async fn list_ids(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    rows_max: i64,
) -> sqlx::Result<Vec<Uuid>> {
    let mut sql = QueryBuilder::new("SELECT t.id FROM (");
    push_matching(&mut sql, filter);
    sql.push(") t ORDER BY t.id LIMIT ").push_bind(rows_max);
    sql.build_query_scalar().fetch_all(conn).await
}

/// How many match; counting ends at `count_max`.
pub(super) async fn count(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    count_max: i64,
) -> sqlx::Result<i64> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM (");
    push_matching(&mut sql, filter);
    sql.push(") t LIMIT ").push_bind(count_max).push(") c");
    sql.build_query_scalar().fetch_one(conn).await
}

fn push_branches(
    sql: &mut QueryBuilder<Postgres>,
    filter: &WorkFilter,
    before: Option<Uuid>,
    rows_max: i64,
) {
    let states = WorkState::ALL.iter().filter(|it| filter.state.is_none_or(|own| own == **it));
    for (no, state) in states.enumerate() {
        sql.push(if no == 0 { "(" } else { " UNION ALL (" });
        push_branch(sql, filter, *state);
        if let Some(before) = before {
            sql.push(" AND w.id < ").push_bind(before);
        }
        sql.push(" ORDER BY w.id DESC LIMIT ").push_bind(rows_max).push(")");
    }
}

fn push_matching(sql: &mut QueryBuilder<Postgres>, filter: &WorkFilter) {
    let states = WorkState::ALL.iter().filter(|it| filter.state.is_none_or(|own| own == **it));
    for (no, state) in states.enumerate() {
        sql.push(if no == 0 { "" } else { " UNION ALL " });
        push_branch(sql, filter, *state);
    }
}

fn push_branch(sql: &mut QueryBuilder<Postgres>, filter: &WorkFilter, state: WorkState) {
    let (word, condition) = match state {
        WorkState::Waiting => ("waiting", "w.status = 'pending'"),
        WorkState::Running => ("running", "w.status = 'processing' AND w.settle_failed_at IS NULL"),
        WorkState::Parked => {
            ("parked", "w.status = 'processing' AND w.settle_failed_at IS NOT NULL")
        }
    };
    sql.push("SELECT '").push(word).push("' AS state, w.* FROM generation.task w WHERE ");
    sql.push(condition);
    if let Some(user) = filter.user_id {
        sql.push(" AND w.user_id = ").push_bind(user);
    }
    if let Some(model) = &filter.model {
        sql.push(" AND w.requested_model = ").push_bind(model.clone());
    }
    if let Some(before) = filter.submitted_before {
        sql.push(" AND w.created_at < ").push_bind(before);
    }
    if let Some(ids) = &filter.ids {
        sql.push(" AND w.id = ANY (").push_bind(ids.clone()).push(")");
    }
    sql.push(match filter.not_asked {
        None => "",
        Some(Wish::Cancel) => " AND w.cancel_requested_at IS NULL",
        Some(Wish::Retry) => " AND (w.settle_retry_at >= w.settle_failed_at) IS NOT TRUE",
    });
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
