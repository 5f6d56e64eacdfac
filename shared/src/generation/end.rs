//! Ends an attempt that delivered nothing.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::db::interval;

/// What the attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndState {
    /// The task's own fault.
    Refused,
    Failed,
    /// The provider may have billed it.
    Unknown,
}

/// What becomes of the task, unless cancel, deadline or bounds say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Back to waiting, after `delay`; `exclude` keeps this key from serving it again.
    Retry { delay: Duration, exclude: bool },
    /// Failed, with one of the contract's error codes.
    Fail { code: &'static str, message: String },
}

/// What it means for the key (`pool.judge_failure`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    None,
    Cool(Duration),
    /// One task's word: cool down, and park when a second task says the same.
    Suspect,
    /// The free probe confirmed it.
    Park,
    Exhaust,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptEnd {
    pub state: EndState,
    /// One of the contract's `error_class`es.
    pub class: &'static str,
    /// Safe for the consumer and the owner to read.
    pub message: String,
    /// The provider billed output that could not be delivered.
    pub billed: bool,
    pub next: NextStep,
    pub effect: KeyEffect,
}

/// How long a key suspected by one task rests.
const SUSPECT_COOL: Duration = Duration::from_secs(30);

/// What the end came to: the task's state after it, and what happened to the key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Ended {
    /// `ended`, or `already` when somebody else ended this attempt before.
    pub outcome: String,
    pub task_id: Uuid,
    pub task_status: String,
    pub health: String,
}

/// Ends the attempt in one transaction: task, hold, compensation, strike, counters and health.
pub async fn end_attempt(
    db: &PgPool,
    attempt: Uuid,
    end: &AttemptEnd,
    attempts_max: i32,
) -> sqlx::Result<Ended> {
    let (action, delay, exclude, code, message) = match &end.next {
        NextStep::Retry { delay, exclude } => ("retry", *delay, *exclude, None, None),
        NextStep::Fail { code, message } => {
            ("fail", Duration::ZERO, false, Some(*code), Some(message.as_str()))
        }
    };
    let (effect, cool) = match end.effect {
        KeyEffect::None => ("none", Duration::ZERO),
        KeyEffect::Cool(cool) => ("cool", cool),
        KeyEffect::Suspect => ("suspect", SUSPECT_COOL),
        KeyEffect::Park => ("park", Duration::ZERO),
        KeyEffect::Exhaust => ("exhaust", Duration::ZERO),
    };
    let state = match end.state {
        EndState::Refused => "refused",
        EndState::Failed => "failed",
        EndState::Unknown => "unknown",
    };
    sqlx::query_as(
        "SELECT outcome, task_id, task_status, health
           FROM generation.end_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(attempt)
    .bind(state)
    .bind(end.class)
    .bind(&end.message)
    .bind(end.billed)
    .bind(action)
    .bind(interval(delay))
    .bind(exclude)
    .bind(code)
    .bind(message)
    .bind(effect)
    .bind(interval(cool))
    .bind(attempts_max)
    .fetch_one(db)
    .await
}
