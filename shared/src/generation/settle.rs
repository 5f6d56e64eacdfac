//! Settles delivered images: the consumer pays, the owner earns, the platform takes its commission,
//! in one transaction per batch.

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::CompensationBudgets;
use crate::images::KeptImage;

/// An image that is kept in the object store and waits to be paid for. What it costs, and who is paid, is part
/// of the attempt.
#[derive(Clone, Debug, Serialize)]
pub struct KeptDelivery {
    pub attempt: Uuid,
    #[serde(flatten)]
    pub image: KeptImage,
}

crate::vocabulary! {
    /// What settling an image came to.
    pub enum SettleOutcome {
        /// This image won: the task is completed.
        Settled = "settled",
        /// The hold had been closed before: the platform compensates the owner.
        Surplus = "surplus",
        /// Its worker settled it before, and the answer was lost.
        Repeated = "repeated",
        /// This attempt had been settled or ended before.
        Already = "already",
        /// There is no such attempt.
        Gone = "gone",
    }
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Settlement {
    #[sqlx(rename = "attempt_id")]
    pub attempt: Uuid,
    /// The task, where there is one.
    #[sqlx(rename = "task_id")]
    pub task: Option<Uuid>,
    pub outcome: SettleOutcome,
}

/// Settles a batch of distinct attempts in one transaction: all of them, or an error and none.
pub async fn settle_batch(
    db: &PgPool,
    items: &[KeptDelivery],
    budgets: &CompensationBudgets,
) -> sqlx::Result<Vec<Settlement>> {
    sqlx::query_as("SELECT attempt_id, task_id, outcome FROM generation.settle_batch($1, $2)")
        .bind(sqlx::types::Json(items))
        .bind(budgets.as_list())
        .fetch_all(db)
        .await
}

/// Parks a settlement that fails every time: its image is kept, the task is never bought again, and an admin
/// has to look at it. `false`: nothing left to park.
pub async fn park(db: &PgPool, attempt: Uuid, error: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.park_settlement($1, $2)")
        .bind(attempt)
        .bind(error)
        .fetch_one(db)
        .await
}
