//! Claims due tasks: lock them, place them (pure), start attempts where the keys still have capacity.

use std::time::Duration;

use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ImageSpec, Route};
use crate::db::interval;
use crate::ledger::Credits;
use crate::pool::rank::Reason;

/// A waiting task, locked for the claiming transaction.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueTask {
    pub id: Uuid,
    pub user_id: Uuid,
    #[sqlx(flatten)]
    pub spec: ImageSpec,
    pub route: Route,
    pub credits_held: Credits,
    pub lane: String,
    pub excluded: Vec<Uuid>,
    /// On whose behalf the user asked, as a digest.
    pub end_user: Option<Vec<u8>>,
}

/// How many tasks a lane that is nearly full can still take.
#[derive(Clone, Debug)]
pub struct LaneCap {
    pub lane: String,
    pub cap: i32,
}

/// Locks up to `limit` due tasks, fairest first, passing over `skip` and the lanes' caps.
pub async fn lock_due(
    conn: &mut PgConnection,
    limit: i32,
    caps: &[LaneCap],
    skip: &[Uuid],
) -> sqlx::Result<Vec<DueTask>> {
    let (lanes, caps): (Vec<_>, Vec<_>) = caps.iter().map(|it| (it.lane.clone(), it.cap)).unzip();
    sqlx::query_as(
        "SELECT id, user_id, requested_model, prompt, negative_prompt, aspect_ratio, seed, output_format, style_preset,
                route, credits_held, lane, excluded, end_user
           FROM generation.lock_due($1, $2, $3, $4)",
    )
    .bind(limit)
    .bind(lanes)
    .bind(caps)
    .bind(skip)
    .fetch_all(conn)
    .await
}

/// A task with the key that should serve it.
#[derive(Clone, Debug, Serialize)]
pub struct WantedAttempt {
    pub ord: usize,
    pub attempt: Uuid,
    pub task: Uuid,
    pub resource: Uuid,
    pub model: String,
    pub choice: Reason,
}

/// What a worker writes on every attempt it starts.
#[derive(Clone, Debug)]
pub struct AttemptRules {
    /// A worker that is silent for this long is dead.
    pub lease: Duration,
    /// The longest a call may take.
    pub call_max: Duration,
    /// The longest keeping the image may take after it.
    pub keep_max: Duration,
    /// What a task costs that runs on its user's own key.
    pub own_fee: Credits,
    /// The platform's share of what a consumer pays, 0..1.
    pub commission_rate: Decimal,
    /// Moderated prompts a day that end a consumer's work.
    pub strikes_max: i32,
}

/// An attempt that may be called now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StartedAttempt {
    pub attempt_id: Uuid,
    pub task_id: Uuid,
    pub resource_id: Uuid,
    pub no: i16,
    pub cost: Credits,
}

#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// This boot was declared dead; register a new one before claiming again.
    #[error("this worker's boot is no longer alive")]
    BootDead,
    #[error(transparent)]
    Store(sqlx::Error),
}

impl From<sqlx::Error> for ClaimError {
    fn from(error: sqlx::Error) -> Self {
        let dead = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == "AE001");
        if dead { Self::BootDead } else { Self::Store(error) }
    }
}

/// Starts what fits of `wanted`, in that order, for tasks the caller has locked.
pub async fn start_attempts(
    conn: &mut PgConnection,
    boot: Uuid,
    rules: &AttemptRules,
    wanted: &[WantedAttempt],
) -> Result<Vec<StartedAttempt>, ClaimError> {
    Ok(sqlx::query_as(
        "SELECT attempt_id, task_id, resource_id, no, cost FROM generation.start_attempts($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(boot)
    .bind(interval(rules.lease))
    .bind(sqlx::types::Json(wanted))
    .bind(interval(rules.call_max))
    .bind(interval(rules.keep_max))
    .bind(rules.own_fee)
    .bind(rules.commission_rate)
    .bind(rules.strikes_max)
    .fetch_all(conn)
    .await?)
}
