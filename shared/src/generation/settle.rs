//! Settles delivered images: the consumer pays, the owner earns, the platform takes its commission,
//! in one transaction per batch.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::unexpected;
use crate::images::KeptImage;

/// An image that is kept in the object store and waits for its credits to move. What it costs, and who
/// is paid, stands on the attempt.
#[derive(Clone, Debug, Serialize)]
pub struct KeptDelivery {
    pub attempt: Uuid,
    #[serde(flatten)]
    pub image: KeptImage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// This image won: the task is completed.
    Settled,
    /// The hold was closed before: the platform paid the owner.
    Surplus,
    /// This attempt was settled or ended before.
    Already,
    /// No such attempt.
    Gone,
}

#[derive(Clone, Debug)]
pub struct Settlement {
    pub attempt: Uuid,
    /// The task, where there is one.
    pub task: Option<Uuid>,
    pub outcome: SettleOutcome,
}

/// Settles a batch of distinct attempts in one transaction: all of them, or an error and none.
pub async fn settle_batch(db: &PgPool, items: &[KeptDelivery]) -> sqlx::Result<Vec<Settlement>> {
    let rows: Vec<(Uuid, Option<Uuid>, String)> =
        sqlx::query_as("SELECT attempt_id, task_id, outcome FROM generation.settle_batch($1)")
            .bind(sqlx::types::Json(items))
            .fetch_all(db)
            .await?;
    rows.into_iter()
        .map(|(attempt, task, outcome)| {
            let outcome = match outcome.as_str() {
                "settled" => SettleOutcome::Settled,
                "surplus" => SettleOutcome::Surplus,
                "already" => SettleOutcome::Already,
                "gone" => SettleOutcome::Gone,
                other => return Err(unexpected("settle_batch", other)),
            };
            Ok(Settlement { attempt, task, outcome })
        })
        .collect()
}

/// Parks a settlement that fails alone: its image is kept, the task is never bought again, and an admin
/// is alarmed. `false`: nothing left to park.
pub async fn park(db: &PgPool, attempt: Uuid, error: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.park_settlement($1, $2)")
        .bind(attempt)
        .bind(error)
        .fetch_one(db)
        .await
}
