//! What waits, runs or is parked. A job in Redis only wakes a process and is gone afterwards; what is due is in the
//! tables, so that is what an admin sees. The id of a job is that of its task.

mod store;
mod story;

pub use store::count_tasks;
pub use story::{
    AttemptFacts, FactsFilter, FactsPage, SEARCHED_MAX, TaskFacts, find_facts, list_attempts,
    list_facts,
};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

crate::vocabulary! {
    /// How far a job is.
    pub enum WorkState as "JobState" {
        /// It waits for a free key, or for its next attempt.
        Waiting = "waiting",
        /// An attempt is running.
        Running = "running",
        /// Its image is kept but could not be settled. An admin must look at it.
        Parked = "parked",
    }
}

/// One task that is not final.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Work {
    pub task_id: Uuid,
    pub state: WorkState,
    pub user_id: Uuid,
    pub requested_model: String,
    /// Attempts started so far.
    pub attempts: i16,
    /// When it may next be tried; waiting work only.
    pub next_at: Option<DateTime<Utc>>,
    pub deadline: DateTime<Utc>,
    pub cancel_requested: bool,
    pub parked_at: Option<DateTime<Utc>>,
    /// Why settling failed.
    pub error: Option<String>,
    /// When an admin last asked for another try.
    pub retry_requested_at: Option<DateTime<Utc>>,
    /// Resources that it must not be given again.
    pub excluded: Vec<Uuid>,
    /// The boot of the worker that has its call out.
    pub worker_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
}

/// Which work; everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkFilter {
    pub state: Option<WorkState>,
    pub user_id: Option<Uuid>,
    /// Submitted for this model.
    pub model: Option<String>,
    pub submitted_before: Option<DateTime<Utc>>,
    /// Only of these tasks.
    pub ids: Option<Vec<Uuid>>,
    /// Only those of which this was not asked yet.
    pub not_asked: Option<Wish>,
}

/// What may be asked of work, and takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// That it is canceled: asked for while an attempt is out, it is remembered.
    Cancel,
    /// That it is settled again, since settling last failed.
    Retry,
}

/// How many tasks are not final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaskCounts {
    /// Tasks that wait.
    pub waiting: i64,
    /// Tasks with an attempt out.
    pub running: i64,
    /// Tasks whose settlement is parked.
    pub parked: i64,
}

crate::vocabulary! {
    /// What came of giving up a parked settlement.
    pub enum Ending {
        /// The task has failed and its credits are back in the wallet.
        Ended = "ended",
        /// The task is there, but not parked.
        NotParked = "not_parked",
        /// Another attempt of the task is out, and its image may still come.
        Running = "running",
        /// There is no such task.
        NotFound = "not_found",
    }
}

/// What became of a request to settle a parked task again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The scheduler tries again at its next round.
    Requested,
    /// The task is there, but not parked.
    NotParked,
    NotFound,
}

/// At most `rows_max` tasks with an id below `before`, newest first.
pub async fn list_work(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Work>> {
    store::list(conn, filter, before, rows_max).await
}

/// One task's work; `None` if there is no such task or it is final.
pub async fn find_work(conn: &mut PgConnection, task_id: Uuid) -> sqlx::Result<Option<Work>> {
    let filter = WorkFilter { ids: Some(vec![task_id]), ..WorkFilter::default() };
    Ok(store::list(conn, &filter, None, 1).await?.pop())
}

/// At most `rows_max` tasks that match, the oldest first.
pub async fn list_matching(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    rows_max: i64,
) -> sqlx::Result<Vec<Uuid>> {
    store::list_ids(conn, filter, rows_max).await
}

/// How many tasks match; counting ends at `count_max`.
pub async fn count_matching(
    conn: &mut PgConnection,
    filter: &WorkFilter,
    count_max: i64,
) -> sqlx::Result<i64> {
    store::count(conn, filter, count_max).await
}

/// Gives up a parked settlement: its task fails and the consumer has the credits back. `pay`: the platform pays the
/// owner what the attempt costs; else the owner goes unpaid, which is recorded.
pub async fn end_parked(conn: &mut PgConnection, task_id: Uuid, pay: bool) -> sqlx::Result<Ending> {
    store::end_parked(conn, task_id, pay).await
}

/// Asks for another try at settling a parked task.
pub async fn retry_settlement(conn: &mut PgConnection, task_id: Uuid) -> sqlx::Result<Retry> {
    if store::retry_settlement(conn, task_id).await? {
        return Ok(Retry::Requested);
    }
    let exists = store::task_exists(conn, task_id).await?;
    Ok(if exists { Retry::NotParked } else { Retry::NotFound })
}
