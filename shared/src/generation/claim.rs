//! Claims due tasks: lock them, place them (pure), start attempts where the keys still have capacity.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
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
    pub lane: i32,
    pub excluded: Vec<Uuid>,
    /// Taken before its turn for a free own key, and for nothing else.
    pub own_turn: bool,
    /// Attempts so far on unproven keys of others.
    pub attempts_unproven: i16,
    /// Attempts so far that may have been billed.
    pub attempts_unknown: i16,
    /// How many keys' moderation refused it.
    pub verdicts: i16,
    /// On whose behalf the user asked, as a digest.
    pub end_user: Option<Vec<u8>>,
}

/// What is free for the tasks of a lane, as far as a worker knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Calls that keys of the market can take now.
    pub calls: u32,
    /// Calls that the owner's own keys can take now.
    pub own_calls: u32,
    /// What the cheapest key of the market costs that is free; `None`: none is.
    pub cost_free: Option<Credits>,
    /// What the cheapest key of the market costs that serves, busy or not; `None`: none does.
    pub cost_serving: Option<Credits>,
    /// Whose virtual time orders the lane. `None`: own keys only.
    pub key_group: Option<i16>,
    /// Calls of the owner's own keys that were taken before their turn and still run: others come first.
    pub own_running: u32,
}

impl Serialize for Room {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { calls, own_calls, cost_free, cost_serving, key_group, own_running } = self;
        (calls, own_calls, cost_free, cost_serving, key_group, own_running).serialize(to)
    }
}

/// What a claim may look at.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// The most tasks to lock.
    pub limit: i32,
    /// The most of them that may be taken before their turn for own keys while others wait.
    pub own_limit: i32,
    /// By lane. Lanes that are not in it are passed over.
    pub rooms: &'a BTreeMap<i32, Room>,
    /// Tasks to pass over.
    pub skip: &'a [Uuid],
    /// Tasks not to take for own keys.
    pub own_skip: &'a [Uuid],
    /// Only lanes of the market after this one: 0 for all.
    pub market_from: i32,
    /// Only lanes of owners after this one: [`i32::MIN`] for all.
    pub owner_from: i32,
    /// By key group, the lowest start in the lanes of all owners, from the last looks at them; `None`: not known yet.
    pub lowest: Option<&'a BTreeMap<i16, f64>>,
}

/// Where a claim found tasks waiting.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct LookedAt {
    pub lanes: Vec<i32>,
    /// There are more lanes of the market after this one.
    pub market_to: Option<i32>,
    /// There are more lanes of owners after this one.
    pub owner_to: Option<i32>,
    /// By key group, the lowest start in those lanes of owners.
    pub lowest: BTreeMap<i16, f64>,
}

/// Locks due tasks, the fairest first.
pub async fn lock_due(
    conn: &mut PgConnection,
    look: &Look<'_>,
) -> sqlx::Result<(Vec<DueTask>, LookedAt)> {
    let rows = sqlx::query(
        "SELECT id, user_id, requested_model, prompt, negative_prompt, aspect_ratio, seed, output_format, style_preset,
                route, credits_held, lane, excluded, attempts_unproven, attempts_unknown, verdicts,
                end_user, own_turn, looked_at
           FROM generation.lock_due($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(look.limit)
    .bind(look.own_limit)
    .bind(Json(look.rooms))
    .bind(look.skip)
    .bind(look.market_from)
    .bind(look.owner_from)
    .bind(look.lowest.map(Json))
    .bind(look.own_skip)
    .fetch_all(conn)
    .await?;
    let mut due = Vec::with_capacity(rows.len());
    let mut looked_at = LookedAt::default();
    for row in &rows {
        match row.try_get::<Option<Json<LookedAt>>, _>("looked_at")? {
            Some(Json(it)) => looked_at = it,
            None => due.push(DueTask::from_row(row)?),
        }
    }
    Ok((due, looked_at))
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
    /// No key is used whose price is above so many times its provider's reference price.
    pub price_max_factor: Decimal,
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
        "SELECT attempt_id, task_id, resource_id, no, cost
           FROM generation.start_attempts($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(boot)
    .bind(interval(rules.lease))
    .bind(Json(wanted))
    .bind(interval(rules.call_max))
    .bind(interval(rules.keep_max))
    .bind(rules.own_fee)
    .bind(rules.commission_rate)
    .bind(rules.price_max_factor)
    .bind(rules.strikes_max)
    .fetch_all(conn)
    .await?)
}
