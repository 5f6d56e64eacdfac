//! What a user's hosted keys earned. Exact at any instant: the rolled-up balance of their owner account plus
//! the entries above the watermark.
//!
//! An earning is `pending` until the dispute window has passed, then `payable`. A refund takes back from the
//! earnings it concerns; one that comes after the window makes `payable` smaller, below zero if need be.

pub mod statistics;
mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::Credits;

/// An owner's earnings; `pending + payable + frozen` is their balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Earnings {
    /// Still inside the dispute window.
    pub pending: Credits,
    /// Free to be moved into the wallet.
    pub payable: Credits,
    /// What would be pending, while its owner is suspended or may not host keys: it stays aside until they
    /// are reinstated.
    #[sqlx(default)]
    pub frozen: Credits,
    /// Moved into the wallet so far.
    pub transferred: Credits,
    /// What the platform owed for output that nobody was charged for and did not pay, before commission.
    pub unpaid: Credits,
}

crate::vocabulary! {
    /// What has become of one earning.
    pub enum EarningState {
        /// The dispute window is still open.
        Pending = "pending",
        /// The dispute window has passed: it can be moved into the wallet.
        Payable = "payable",
        /// It is set aside while a dispute is open, or while its owner is suspended or may not host keys.
        Frozen = "frozen",
        /// The charge was refunded in full; the amounts say what it was.
        ClawedBack = "clawed_back",
    }
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

/// Sums and lines of one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarningsPage {
    pub sums: Earnings,
    /// Newest first. Own tasks on own keys earn nothing and are not among them.
    pub lines: Vec<Earning>,
}

/// What `user_id` earned so far, and at most `rows_max` earnings older than `before`. Zeros and nothing if
/// they host no key. An earning is pending for `dispute_window`.
pub async fn read_earnings(
    db: &PgPool,
    user_id: Uuid,
    dispute_window: Duration,
    before: Option<EarningPosition>,
    rows_max: i64,
) -> sqlx::Result<EarningsPage> {
    // One snapshot: a roll-up between two statements would count its entries twice. Not one statement: the
    // planner must see where the tail and the window begin to know how short they are.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let Some(owner) = store::find_owner(&mut tx, user_id, dispute_window).await? else {
        return Ok(EarningsPage::default());
    };
    let mut sums = store::sum(&mut tx, owner).await?;
    if owner.is_barred() {
        sums.frozen = std::mem::take(&mut sums.pending);
    }
    let lines = store::list(&mut tx, owner, dispute_window, before, rows_max).await?;
    tx.commit().await?;
    Ok(EarningsPage { sums, lines })
}
