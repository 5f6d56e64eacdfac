//! The calls made with a hosted key: what its owner may know of them. No prompt, no image, no consumer.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::generation::tasks::{AttemptState, ErrorClass};
use crate::ledger::Credits;

/// A call with a hosted key.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HostedAttempt {
    /// The call carried it as `X-Request-Id`.
    pub id: Uuid,
    pub model: String,
    pub state: AttemptState,
    /// Why it brought no image.
    pub error_class: Option<ErrorClass>,
    /// Units that the provider counts for it.
    pub units: Decimal,
    /// What the key cost when it was claimed.
    pub price_per_unit: Credits,
    /// It was for a task of the owner.
    pub own: bool,
    /// The provider billed it although nothing could be delivered.
    pub billed: bool,
    /// Net credits, refunds taken off.
    pub earned: Credits,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptPosition {
    started_at: DateTime<Utc>,
    id: Uuid,
}

impl HostedAttempt {
    /// Where a page that ends with this call ends.
    pub const fn position(&self) -> AttemptPosition {
        AttemptPosition { started_at: self.started_at, id: self.id }
    }
}

/// At most `rows_max` calls that were made with a key while `owner_id` hosted it, newest first.
pub async fn list_attempts(
    conn: &mut PgConnection,
    resource_id: Uuid,
    owner_id: Uuid,
    before: Option<AttemptPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<HostedAttempt>> {
    sqlx::query_as(
        "WITH page AS MATERIALIZED (
              SELECT * FROM generation.attempt a
               WHERE a.resource_id = $1 AND a.owner_id = $2
                 AND ($3::timestamptz IS NULL OR (a.started_at <= $3 AND (a.started_at, a.id) < ($3, $4)))
               ORDER BY a.started_at DESC, a.id DESC LIMIT $5)
         SELECT p.id, p.model, p.state, p.error_class, p.units, p.price_per_unit, p.own, p.billed, p.started_at,
                p.ended_at,
                coalesce((SELECT sum(j.dir * j.net) FROM ledger.journal j
                           WHERE j.ref = p.task_id AND j.attempt = p.id AND j.credit = p.owner_account), 0) AS earned
           FROM page p ORDER BY p.started_at DESC, p.id DESC",
    )
    .bind(resource_id)
    .bind(owner_id)
    .bind(before.map(|it| it.started_at))
    .bind(before.map(|it| it.id))
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
