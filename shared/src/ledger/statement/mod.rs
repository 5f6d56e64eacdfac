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

impl LinePosition {
    fn below(line: i64, balance_after: Credits, amount: Credits) -> Self {
        Self { line, total: Credits::from(balance_after.decimal() - amount.decimal()) }
    }
}

impl Line {
    /// Where a page that ends with this line ends.
    pub fn position(&self) -> LinePosition {
        LinePosition::below(self.line, self.balance_after, self.amount)
    }
}

/// Lines looked at in one statement: few at first, since most filters let most lines through; more each
/// time, since one that does not may have to go through a long history.
const CHUNK_MIN: i64 = 500;
const CHUNK_MAX: i64 = 50_000;
const CHUNK_GROWTH: i64 = 4;

/// At most `rows_max` lines of a wallet's account older than `before`, newest first.
pub async fn list_lines(
    conn: &mut PgConnection,
    account: i64,
    filter: LineFilter,
    before: Option<LinePosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    let mut position = before;
    let mut chunk = if filter == LineFilter::default() { rows_max } else { CHUNK_MIN };
    loop {
        let missing = rows_max - i64::try_from(lines.len()).unwrap_or(rows_max);
        let rows = store::list(conn, account, filter, position, missing, chunk).await?;
        let end = rows.last().filter(|it| it.ends_chunk && !it.is_before(filter.from));
        let end = end.map(store::Row::position);
        lines.extend(rows.into_iter().filter(|it| it.shown).map(store::Row::into_line));
        let complete = i64::try_from(lines.len()).is_ok_and(|len| len >= rows_max);
        if complete || end.is_none() {
            return Ok(lines);
        }
        position = end;
        chunk = (chunk * CHUNK_GROWTH).min(CHUNK_MAX);
    }
}
