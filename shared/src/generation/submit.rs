//! Admits tasks: the hold and the row in one autocommit call, or neither.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::ImageSpec;
use crate::db::unexpected;
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
    pub amount: Credits,
    pub amount_min: Credits,
    pub lane: String,
    pub deadline_seconds: u32,
    /// Refuse when the user has this many waiting. `None` where the caller knows he is far from it.
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
    Strikes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub id: Uuid,
    pub credits_held: Credits,
    pub created_at: DateTime<Utc>,
    pub deadline: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    ord: i32,
    outcome: String,
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

/// Submits a batch; outcomes come in the order of `tasks`. Each task stands or falls alone.
pub async fn submit_batch(
    db: &PgPool,
    tasks: &[NewTask],
    strikes_max: i32,
) -> sqlx::Result<Vec<SubmitOutcome>> {
    let numbered: Vec<_> =
        tasks.iter().enumerate().map(|(ord, task)| Numbered { ord, task }).collect();
    let mut rows: Vec<Row> = sqlx::query_as(
        "SELECT ord, outcome, task_id, credits, created_at, deadline FROM generation.submit_batch($1, $2)",
    )
    .bind(sqlx::types::Json(&numbered))
    .bind(strikes_max)
    .fetch_all(db)
    .await?;
    rows.sort_unstable_by_key(|it| it.ord);
    rows.into_iter().map(SubmitOutcome::try_from).collect()
}

impl TryFrom<Row> for SubmitOutcome {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(match row.outcome.as_str() {
            "accepted" => Self::Accepted(Accepted {
                id: row.task_id,
                credits_held: row.credits.unwrap_or_default(),
                created_at: row.created_at,
                deadline: row.deadline,
            }),
            "replayed" => Self::Replayed(row.task_id),
            "key_reused" => Self::KeyReused,
            "insufficient" => Self::Insufficient { available: row.credits.unwrap_or_default() },
            "suspended" => Self::Suspended,
            "queue_full" => Self::QueueFull,
            "strikes" => Self::Strikes,
            other => return Err(unexpected("submit_batch", other)),
        })
    }
}
