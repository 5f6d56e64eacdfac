//! One task as work that was or is to be done: every attempt with the key it used and why, but nothing of what the
//! image shows.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::generation::Route;
use crate::generation::tasks::{AttemptState, ErrorClass, TaskErrorCode, TaskStatus};
use crate::ledger::Credits;

/// A task without its prompt.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaskFacts {
    pub id: Uuid,
    pub user_id: Uuid,
    pub status: TaskStatus,
    pub requested_model: String,
    /// The model that made the image.
    pub model: Option<String>,
    pub route: Route,
    pub credits_held: Credits,
    pub credits_cost: Option<Credits>,
    pub attempts: i16,
    pub error_code: Option<TaskErrorCode>,
    pub error_message: Option<String>,
    pub cancel_requested: bool,
    /// Keys it must not be given again.
    pub excluded: Vec<Uuid>,
    pub deadline: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// A call for a task, with everything that was written down when it began.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AttemptFacts {
    pub id: Uuid,
    pub no: i16,
    pub state: AttemptState,
    pub error_class: Option<ErrorClass>,
    pub error_message: Option<String>,
    pub resource_id: Uuid,
    pub owner_id: Uuid,
    /// The boot of the worker that made the call.
    pub worker_id: Uuid,
    pub provider: String,
    pub model: String,
    pub units: Decimal,
    pub price_per_unit: Credits,
    /// What the consumer pays if it delivers.
    pub cost: Credits,
    pub commission_rate: Decimal,
    /// The consumer's own key.
    pub own: bool,
    pub unproven: bool,
    /// The provider billed it although nothing could be delivered.
    pub billed: bool,
    /// How many other keys were out for which reason, and the best by id (`pool::rank::Reason`).
    pub choice: Value,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Which tasks an admin looks at; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct FactsFilter {
    pub user_id: Option<Uuid>,
    pub status: Option<TaskStatus>,
    /// Made with this model, or submitted for it.
    pub model: Option<String>,
    /// Submitted at or after.
    pub from: Option<DateTime<Utc>>,
    /// Submitted before.
    pub to: Option<DateTime<Utc>>,
}

/// A part of the list of tasks.
#[derive(Clone, Debug)]
pub struct FactsPage {
    pub tasks: Vec<TaskFacts>,
    /// The search ended here, before so many were found: older ones were not looked at.
    pub searched_to: Option<Uuid>,
}

/// So many tasks are looked at for one page, whatever the filter finds among them.
pub const SEARCHED_MAX: i64 = 20_000;

macro_rules! facts {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.user_id, t.status, t.requested_model, t.model, t.route, t.credits_held, t.credits_cost,
                    t.attempts_started AS attempts, t.error_code, t.error_message,
                    t.cancel_requested_at IS NOT NULL AS cancel_requested, t.excluded, t.deadline, t.created_at,
                    t.started_at, t.completed_at
               FROM generation.task t ",
            $rest
        )
    };
}

/// A task; `None` if there is none.
pub async fn find_facts(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<TaskFacts>> {
    sqlx::query_as(facts!("WHERE t.id = $1")).bind(id).fetch_optional(conn).await
}

/// The attempts of a task, in order.
pub async fn list_attempts(
    conn: &mut PgConnection,
    task_id: Uuid,
) -> sqlx::Result<Vec<AttemptFacts>> {
    sqlx::query_as(
        "SELECT a.id, a.no, a.state, a.error_class, a.error_message, a.resource_id, a.owner_id, a.boot_id AS worker_id,
                a.provider, a.model, a.units, a.price_per_unit, a.cost, a.commission_rate, a.own, a.unproven, a.billed,
                a.choice, a.started_at, a.ended_at
           FROM generation.attempt a WHERE a.task_id = $1 ORDER BY a.no",
    )
    .bind(task_id)
    .fetch_all(conn)
    .await
}

/// At most `rows_max` tasks older than `before`, newest first. Of all users, [`SEARCHED_MAX`] are looked at: a page may
/// be short, and says so.
pub async fn list_facts(
    conn: &mut PgConnection,
    filter: &FactsFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<FactsPage> {
    let lowest: Option<Uuid> = sqlx::query_scalar(
        "SELECT t.id FROM generation.task t
          WHERE ($1::uuid IS NULL OR t.user_id = $1) AND t.id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          ORDER BY t.id DESC OFFSET $3 LIMIT 1",
    )
    .persistent(false)
    .bind(filter.user_id)
    .bind(before)
    .bind(SEARCHED_MAX - 1)
    .fetch_optional(&mut *conn)
    .await?;
    let tasks: Vec<TaskFacts> = sqlx::query_as(facts!(
        "WHERE ($1::uuid IS NULL OR t.user_id = $1)
           AND t.id < coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           AND t.id >= coalesce($3, '00000000-0000-0000-0000-000000000000')
           AND ($4::text IS NULL OR t.status = $4)
           AND ($5::text IS NULL OR t.model = $5 OR t.requested_model = $5)
           AND ($6::timestamptz IS NULL OR t.created_at >= $6)
           AND ($7::timestamptz IS NULL OR t.created_at < $7)
         ORDER BY t.id DESC LIMIT $8"
    ))
    .persistent(false)
    .bind(filter.user_id)
    .bind(before)
    .bind(lowest)
    .bind(filter.status)
    .bind(&filter.model)
    .bind(filter.from)
    .bind(filter.to)
    .bind(rows_max)
    .fetch_all(conn)
    .await?;
    let found_all = i64::try_from(tasks.len()).is_ok_and(|it| it >= rows_max);
    Ok(FactsPage { tasks, searched_to: lowest.filter(|_| !found_all) })
}
