//! What a user's hosted keys earned. Exact at any instant: the rolled-up balance of his owner account plus
//! the journal rows above the watermark.
//!
//! A row is `pending` until the dispute window has passed, then `payable`. A refund takes back from the
//! earnings it concerns; one that comes after the window makes `payable` smaller, below zero if need be.

mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Credits;

/// An owner's earnings; `pending + payable` is his balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Earnings {
    /// Still inside the dispute window.
    pub pending: Credits,
    /// Free to be moved into the wallet.
    pub payable: Credits,
    /// Moved into the wallet so far.
    pub transferred: Credits,
}

/// What has become of one earning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EarningState {
    /// Inside the dispute window.
    Pending,
    /// The window has passed.
    Payable,
    /// Set aside while a dispute looks into it. Nothing does so yet.
    Frozen,
    /// Refunded in full: the amounts say what it was.
    ClawedBack,
}

/// One image somebody paid for. After a partial refund the amounts are what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Earning {
    /// Its place in the journal.
    pub line: i64,
    pub task_id: Uuid,
    pub resource_id: Uuid,
    /// What was charged, or what the platform paid.
    pub gross: Credits,
    /// The platform's part: gross − net.
    pub commission: Credits,
    /// The owner's part.
    pub net: Credits,
    /// A fraction: 0.1 is ten per cent.
    pub commission_rate: Decimal,
    pub state: EarningState,
    /// When the dispute window ends.
    pub payable_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarningPosition {
    line: i64,
}

impl Earning {
    /// Where a page that ends with this earning ends.
    pub const fn position(&self) -> EarningPosition {
        EarningPosition { line: self.line }
    }
}

/// The dispute window as it stands at one instant: what was earned after `since` is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeWindow {
    since: DateTime<Utc>,
    length: Duration,
}

impl DisputeWindow {
    /// Ends now, by the database's clock.
    pub async fn of(conn: &mut PgConnection, length: Duration) -> sqlx::Result<Self> {
        // A value in its own statement, so that the planner sees how few rows lie after it.
        Ok(Self { since: store::instant_before_now(conn, length).await?, length })
    }
}

/// Everything `user_id` earned so far; zeros if he hosts nothing.
pub async fn read_earnings(
    conn: &mut PgConnection,
    user_id: Uuid,
    window: DisputeWindow,
) -> sqlx::Result<Earnings> {
    store::read(conn, user_id, window).await
}

/// At most `rows_max` earnings older than `before`, newest first. Own tasks on own keys earn nothing and
/// are not among them.
pub async fn list_earnings(
    conn: &mut PgConnection,
    user_id: Uuid,
    window: DisputeWindow,
    before: Option<EarningPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Earning>> {
    store::list(conn, user_id, window, before, rows_max).await
}
