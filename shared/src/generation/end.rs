//! Ends an attempt that delivered nothing.

use std::time::Duration;

use serde::{Serialize, Serializer};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::CompensationBudgets;
use super::tasks::{ErrorClass, TaskErrorCode, TaskStatus};

crate::vocabulary! {
    /// What an attempt without an image came to.
    pub enum EndState {
        /// The task itself was at fault.
        Refused = "refused",
        /// It made no image, and the provider billed nothing.
        Failed = "failed",
        /// The provider may have billed an image.
        Unknown = "unknown",
    }
}

/// What becomes of the task, unless it was canceled, is out of time or has failed too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum NextStep {
    /// Back to waiting, after `delay`; `exclude` keeps this key from serving it again.
    Retry {
        #[serde(rename = "delay_seconds", serialize_with = "seconds")]
        delay: Duration,
        exclude: bool,
    },
    Fail {
        #[serde(rename = "error_code")]
        code: TaskErrorCode,
        #[serde(rename = "error_message")]
        message: String,
    },
    /// Moderation refused the prompt: the task fails, unless a key of another owner can be asked first
    /// (`generation.has_second_opinion`).
    SecondOpinion {
        #[serde(rename = "error_code")]
        code: TaskErrorCode,
        #[serde(rename = "error_message")]
        message: String,
    },
}

/// What it does to the key (`pool.judge_failure`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "effect", content = "cool_seconds", rename_all = "snake_case")]
pub enum KeyEffect {
    None,
    Cool(#[serde(serialize_with = "seconds")] Duration),
    /// A task blames the key: cool down for so long, and park when several tasks in a row did.
    Suspect(#[serde(serialize_with = "seconds")] Duration),
    /// A task blames the key, and so does the free probe: the same, and the provider is asked again soon.
    Confirm(#[serde(serialize_with = "seconds")] Duration),
    Exhaust,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttemptEnd {
    pub state: EndState,
    pub class: ErrorClass,
    /// Safe for the consumer and the owner to read.
    pub message: String,
    /// The provider billed output that could not be delivered.
    pub billed: bool,
    #[serde(flatten)]
    pub next: NextStep,
    #[serde(flatten)]
    pub effect: KeyEffect,
}

crate::vocabulary! {
    /// Whether a call ended its attempt.
    pub enum EndOutcome {
        /// It did.
        Ended = "ended",
        /// It did when it was told before, and the task ended with it; the answer was lost.
        Repeated = "repeated",
        /// The attempt had ended before.
        Already = "already",
    }
}

crate::vocabulary! {
    /// What was done to the key.
    pub enum KeyChange {
        /// Nothing.
        None = "none",
        /// It is not called for a while.
        Cooling = "cooling",
        /// It is out of service until its provider accepts it again, or its owner acts.
        Parked = "parked",
        /// It has no units left at the provider.
        Exhausted = "exhausted",
    }
}

/// What became of the attempt, of its task and of the key.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Ended {
    pub outcome: EndOutcome,
    pub task_id: Uuid,
    pub task_status: TaskStatus,
    pub health: KeyChange,
}

/// Ends the attempt in one transaction: task, hold, compensation, strike, counters and health.
pub async fn end_attempt(
    db: &PgPool,
    attempt: Uuid,
    end: &AttemptEnd,
    attempts_max: i32,
    budgets: &CompensationBudgets,
) -> sqlx::Result<Ended> {
    sqlx::query_as(
        "SELECT outcome, task_id, task_status, health FROM generation.end_attempt($1, $2, $3, $4)",
    )
    .bind(attempt)
    .bind(Json(end))
    .bind(attempts_max)
    .bind(budgets.as_list())
    .fetch_one(db)
    .await
}

fn seconds<S: Serializer>(duration: &Duration, into: S) -> Result<S::Ok, S::Error> {
    into.serialize_f64(duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_is_written_as_the_function_reads_it() {
        let mut end = AttemptEnd {
            state: EndState::Failed,
            class: ErrorClass::RateLimited,
            message: "m".to_owned(),
            billed: false,
            next: NextStep::Retry { delay: Duration::from_millis(200), exclude: true },
            effect: KeyEffect::Cool(Duration::from_secs(7)),
        };
        assert_eq!(
            serde_json::to_value(&end).unwrap(),
            json!({"state": "failed", "class": "rate_limited", "message": "m", "billed": false,
                "action": "retry", "delay_seconds": 0.2, "exclude": true,
                "effect": "cool", "cool_seconds": 7.0})
        );

        let code = TaskErrorCode::ContentBlocked;
        end.next = NextStep::Fail { code, message: "n".to_owned() };
        end.effect = KeyEffect::None;
        assert_eq!(
            serde_json::to_value(&end).unwrap(),
            json!({"state": "failed", "class": "rate_limited", "message": "m", "billed": false,
                "action": "fail", "error_code": "content_blocked", "error_message": "n",
                "effect": "none"})
        );
    }
}
