//! A wallet's history: one line per money event, newest first, with the total right after it.
//!
//! The law clients may check: unfiltered, `balance_after[i] = balance_after[i+1] + amount[i]`, and the
//! newest line's total equals the balance's. Credits that expired but were not swept yet have left the
//! balance (nobody can spend them) though no journal row says so; the statement shows the rows the sweep
//! is going to write, with the very ids it will give them, so both sides of the law agree at any instant.

mod describe;
mod line_kind;
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub use line_kind::{Issuance, JournalKind, LineKind};

use super::Credits;

/// One line of a wallet's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place in the journal; lines that wait for the sweep stand above all others.
    pub line: i64,
    /// The event's key, the same before and after the sweep.
    pub id: String,
    pub kind: LineKind,
    /// Negative where credits left the wallet.
    pub amount: Credits,
    /// Available and held together, right after this line.
    pub balance_after: Credits,
    /// For a person, in English.
    pub description: String,
    /// The task it concerns, if any.
    pub task_id: Option<Uuid>,
    /// The grants it made, used or ended; empty where the journal does not say.
    pub grant_ids: Vec<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// Which lines; everything given must hold. Totals count every line, shown or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFilter {
    pub kind: Option<LineKind>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Where a page ended. Carries the total before its last line, so that the next page need not add up
/// everything newer again, and the law holds across pages whatever was written in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePosition {
    line: i64,
    total: Credits,
}

impl Line {
    /// Where a page that ends with this line ends.
    pub fn position(&self) -> LinePosition {
        let total = Credits::from(self.balance_after.decimal() - self.amount.decimal());
        LinePosition { line: self.line, total }
    }
}

/// At most `rows_max` lines of a wallet's account older than `before`, newest first.
pub async fn list_lines(
    conn: &mut PgConnection,
    account: i64,
    filter: LineFilter,
    before: Option<LinePosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Line>> {
    let rows = store::list(conn, account, filter, before, rows_max).await?;
    Ok(rows.into_iter().map(store::Row::into_line).collect())
}
