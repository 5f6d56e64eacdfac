//! What a hosted key was like over the last month.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::db::interval;

/// How long it is known what a key was like: the month that is shown, and some days.
const KEPT: Duration = Duration::from_hours(35 * 24);

crate::vocabulary! {
    /// What a hosted key was like: its health while it was active, else why it was not.
    pub enum Condition as "ResourceCondition" {
        /// It could be called up to its limits.
        Ok = "ok",
        /// It was not called for a while.
        Cooling = "cooling",
        /// It served one task at a time until an image was delivered.
        Probing = "probing",
        /// It had no units left at the provider.
        Exhausted = "exhausted",
        /// Its owner paused it, or it was ending its last calls.
        Paused = "paused",
        /// An admin disabled it.
        Disabled = "disabled",
        /// The provider did not accept the key, or it could not be opened.
        Error = "error",
    }
}

/// How long a key was like that.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Spell {
    line: i64,
    part: i32,
    pub condition: Condition,
    /// A class of errors, or a sentence.
    pub reason: Option<String>,
    pub since: DateTime<Utc>,
    /// `None`: it still is.
    pub until: Option<DateTime<Utc>>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpellPosition {
    line: i64,
    part: i32,
}

impl Spell {
    /// Where a page that ends with this spell ends.
    pub const fn position(&self) -> SpellPosition {
        SpellPosition { line: self.line, part: self.part }
    }
}

/// At most `rows_max` spells of a key since `owner_id` connected it, newest first; with `after`, only those that lasted
/// beyond it.
pub async fn list_conditions(
    conn: &mut PgConnection,
    resource_id: Uuid,
    owner_id: Uuid,
    after: Option<DateTime<Utc>>,
    before: Option<SpellPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Spell>> {
    sqlx::query_as(include_str!("conditions.sql"))
        .bind(resource_id)
        .bind(owner_id)
        .bind(after)
        .bind(before.map(|it| it.line))
        .bind(before.map(|it| it.part))
        .bind(rows_max)
        .fetch_all(conn)
        .await
}

/// Deletes up to `limit` rows that are too old to be shown; answers how many.
pub async fn forget_conditions(db: &PgPool, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT pool.forget_conditions($1, $2)")
        .bind(interval(KEPT))
        .bind(limit)
        .fetch_one(db)
        .await
}
