//! What changed about tasks lately, for those who watch: little about many tasks in one query. Whoever sees a change
//! reads the task itself.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Task, TaskStatus};

/// Where a task stands. Two that are equal mean that nothing happened which its consumer would see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    status: TaskStatus,
    /// Attempts started, and whether canceling was asked for: neither matters any more once it has ended.
    live: Option<(i16, bool)>,
}

impl Mark {
    /// Of these.
    pub fn new(status: TaskStatus, attempts: i16, cancel_requested: bool) -> Self {
        Self { status, live: (!status.is_final()).then_some((attempts, cancel_requested)) }
    }

    /// Of a task that was read.
    pub fn of(task: &Task) -> Self {
        let attempts = i16::try_from(task.attempts.len()).unwrap_or(i16::MAX);
        Self::new(task.status, attempts, task.cancel_requested)
    }

    /// Whether the task has ended.
    pub const fn is_final(self) -> bool {
        self.live.is_none()
    }
}

/// A task that may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    pub id: Uuid,
    pub user_id: Uuid,
    pub mark: Mark,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_id: Uuid,
    status: TaskStatus,
    attempts_started: i16,
    cancel_requested: bool,
    completed_at: Option<DateTime<Utc>>,
}

impl From<Row> for Marked {
    fn from(row: Row) -> Self {
        let mark = Mark::new(row.status, row.attempts_started, row.cancel_requested);
        Self { id: row.id, user_id: row.user_id, mark, completed_at: row.completed_at }
    }
}

/// The database's time. Read before a look, it says from when on the next one has to look.
pub async fn now(conn: &mut PgConnection) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar("SELECT aether.now()").fetch_one(conn).await
}

/// Of each of these users: at most `open_max` tasks that have not ended, those whose turn comes first, and at most
/// `ended_max` that ended after `since`, the earliest first.
pub async fn list_of_users(
    conn: &mut PgConnection,
    users: &[Uuid],
    since: DateTime<Utc>,
    open_max: i64,
    ended_max: i64,
) -> sqlx::Result<Vec<Marked>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT t.id, t.user_id, t.status, t.attempts_started, t.cancel_requested_at IS NOT NULL AS cancel_requested,
                t.completed_at
           FROM unnest($1::uuid[]) AS u (id), LATERAL (
                (SELECT * FROM generation.task o
                  WHERE o.user_id = u.id AND o.status IN ('pending', 'processing') ORDER BY o.tag LIMIT $3)
                UNION ALL
                (SELECT * FROM generation.task e
                  WHERE e.user_id = u.id AND e.completed_at > $2 ORDER BY e.completed_at, e.id LIMIT $4)) t",
    )
    .bind(users)
    .bind(since)
    .bind(open_max)
    .bind(ended_max)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Where these tasks stand.
pub async fn list_of_tasks(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Marked>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT t.id, t.user_id, t.status, t.attempts_started, t.cancel_requested_at IS NOT NULL AS cancel_requested,
                t.completed_at
           FROM generation.task t WHERE t.id = ANY ($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A place in the order in which a user's tasks ended.
pub type EndedPosition = (DateTime<Utc>, Uuid);

/// How many tasks of this user ended after `since`; counting ends at `count_max`.
pub async fn count_ended(
    conn: &mut PgConnection,
    user_id: Uuid,
    since: DateTime<Utc>,
    count_max: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM (
                SELECT FROM generation.task t WHERE t.user_id = $1 AND t.completed_at > $2 LIMIT $3) e",
    )
    .bind(user_id)
    .bind(since)
    .bind(count_max)
    .fetch_one(conn)
    .await
}

/// At most `rows_max` tasks of this user that ended after `after`, the earliest first.
pub async fn list_ended_after(
    conn: &mut PgConnection,
    user_id: Uuid,
    after: EndedPosition,
    rows_max: i64,
) -> sqlx::Result<Vec<Task>> {
    super::store::list_ended_after(conn, user_id, after, rows_max).await
}
