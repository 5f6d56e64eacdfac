//! Admits tasks: the hold and the row in one autocommit call, or neither.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::{ImageSpec, Route};
use crate::ledger::Credits;

/// A validated, quoted request. `amount` is what should be held, `amount_min` what suffices when the
/// wallet has less.
#[derive(Clone, Debug, Serialize)]
pub struct NewTask {
    pub id: Uuid,
    pub user_id: Uuid,
    /// The wallet's account.
    pub wallet: i64,
    pub idempotency_key: Option<String>,
    /// SHA-256 of the canonical request in lower-case hex: tells a replay from a reused key.
    pub request_hash: String,
    #[serde(flatten)]
    pub spec: ImageSpec,
    /// The digest of the end user the user asks for, in lower-case hex ([`super::strikes::end_user_digest`]).
    pub end_user: Option<String>,
    /// Whose keys may serve it.
    pub route: Route,
    pub amount: Credits,
    pub amount_min: Credits,
    /// What the hold leaves in the wallet if it can, as long as `amount_min` is held.
    pub amount_spare: Credits,
    /// What the cheapest admitted model costs at its provider's reference price: the task's weight in the queue.
    pub reference_cost: Credits,
    /// Where it waits ([`super::lane::lane_id`]).
    pub lane: i32,
    pub deadline_seconds: u32,
    /// Refuse when the user has this many waiting. `None` where the caller knows that the user is far from it.
    pub queue_max: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitOutcome {
    Accepted(Accepted),
    /// The key was used before with the same request: that task.
    Replayed(Uuid),
    /// The key was used before with another request.
    KeyReused,
    Insufficient {
        available: Credits,
    },
    Suspended,
    QueueFull,
    /// Too many prompts were blocked today.
    Strikes {
        whose: Struck,
        /// The next UTC midnight is so far away.
        retry_after: Duration,
    },
}

/// Whose prompts were blocked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Struck {
    User,
    /// Those sent for this end user; others of the user may go on.
    EndUser,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub id: Uuid,
    pub credits_held: Credits,
    pub created_at: DateTime<Utc>,
    pub deadline: DateTime<Utc>,
}

crate::vocabulary! {
    /// The database's word for an outcome.
    enum Outcome {
        /// The task waits.
        Accepted = "accepted",
        /// The key was used before with the same request.
        Replayed = "replayed",
        /// The key was used before with another request.
        KeyReused = "key_reused",
        /// The wallet has less.
        Insufficient = "insufficient",
        /// The user is suspended.
        Suspended = "suspended",
        /// The user has too many tasks waiting.
        QueueFull = "queue_full",
        /// Too many of the user's prompts were blocked today.
        Strikes = "strikes",
        /// Too many of the end user's prompts were blocked today.
        EndUserStrikes = "end_user_strikes",
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    ord: i32,
    outcome: Outcome,
    task_id: Uuid,
    credits: Option<Credits>,
    created_at: DateTime<Utc>,
    deadline: DateTime<Utc>,
}

#[derive(Serialize)]
struct Numbered<'a> {
    ord: usize,
    #[serde(flatten)]
    task: &'a NewTask,
}

/// Submits a batch; outcomes come in the order of `tasks`. Each task is judged for itself.
pub async fn submit_batch(
    db: &PgPool,
    tasks: &[NewTask],
    strikes_max: i32,
) -> sqlx::Result<Vec<SubmitOutcome>> {
    let numbered: Vec<_> =
        tasks.iter().enumerate().map(|(ord, task)| Numbered { ord, task }).collect();
    let mut rows: Vec<Row> = sqlx::query_as(
        "SELECT ord, outcome, task_id, credits, created_at, deadline
           FROM generation.submit_batch($1, $2)",
    )
    .bind(sqlx::types::Json(&numbered))
    .bind(strikes_max)
    .fetch_all(db)
    .await?;
    rows.sort_unstable_by_key(|it| it.ord);
    Ok(rows.into_iter().map(SubmitOutcome::from).collect())
}

impl From<Row> for SubmitOutcome {
    fn from(row: Row) -> Self {
        match row.outcome {
            Outcome::Accepted => Self::Accepted(Accepted {
                id: row.task_id,
                credits_held: row.credits.unwrap_or_default(),
                created_at: row.created_at,
                deadline: row.deadline,
            }),
            Outcome::Replayed => Self::Replayed(row.task_id),
            Outcome::KeyReused => Self::KeyReused,
            Outcome::Insufficient => {
                Self::Insufficient { available: row.credits.unwrap_or_default() }
            }
            Outcome::Suspended => Self::Suspended,
            Outcome::QueueFull => Self::QueueFull,
            Outcome::Strikes => Self::struck(Struck::User, row.created_at),
            Outcome::EndUserStrikes => Self::struck(Struck::EndUser, row.created_at),
        }
    }
}

impl SubmitOutcome {
    fn struck(whose: Struck, now: DateTime<Utc>) -> Self {
        let midnight = now.date_naive() + Days::new(1);
        let left = midnight.and_time(NaiveTime::MIN).and_utc() - now;
        Self::Strikes { whose, retry_after: left.to_std().unwrap_or_default() }
    }
}
