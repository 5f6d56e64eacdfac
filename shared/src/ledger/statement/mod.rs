//! A wallet's history: one transaction per entry of the journal, newest first, with the total right after it.
//!
//! Clients may check: unfiltered, `balance_after[i] = balance_after[i+1] + amount[i]`, and the newest total
//! equals the balance's. Credits that expired but were not swept yet have left the balance (nobody can spend
//! them) though no entry says so; the statement shows the entries that the sweep is going to write, with the
//! very ids it will give them, so both sides agree at any instant.

pub mod explain;
mod store;
mod transaction_type;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub use transaction_type::TransactionType;

use super::Credits;

/// One entry of the journal, as the wallet sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its place in the journal; transactions that wait for the sweep stand above all others.
    pub line: i64,
    /// The same before and after the sweep.
    pub id: String,
    pub kind: TransactionType,
    /// Negative where credits left the wallet.
    pub amount: Credits,
    /// Available and held together, right after it.
    pub balance_after: Credits,
    /// For a person, in English.
    pub description: String,
    /// The task it concerns, if any.
    pub task_id: Option<Uuid>,
    /// The grants it made, used or ended; empty where the journal does not say.
    pub grant_ids: Vec<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// Which transactions; everything given must hold. Totals count all of them, shown or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    pub kind: Option<TransactionType>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Where a page ended. Carries the total before its last transaction, so that the next page need not add up
/// everything newer again, and totals agree across pages whatever was written in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionPosition {
    line: i64,
    total: Credits,
}

impl TransactionPosition {
    fn below(line: i64, balance_after: Credits, amount: Credits) -> Self {
        Self { line, total: Credits::from(balance_after.decimal() - amount.decimal()) }
    }
}

impl Transaction {
    /// Where a page that ends with this transaction ends.
    pub fn position(&self) -> TransactionPosition {
        TransactionPosition::below(self.line, self.balance_after, self.amount)
    }
}

/// Entries read by one statement: few at first, since most filters let most of them through; more each
/// time, since a filter that does not may have to go through a long history.
const CHUNK_MIN: i64 = 500;
const CHUNK_MAX: i64 = 50_000;
const CHUNK_GROWTH: i64 = 4;

/// At most `rows_max` transactions of a wallet's account older than `before`, newest first.
pub async fn list_transactions(
    conn: &mut PgConnection,
    account: i64,
    filter: TransactionFilter,
    before: Option<TransactionPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Transaction>> {
    let mut shown: Vec<Transaction> = Vec::new();
    let mut position = before;
    let mut chunk = if filter == TransactionFilter::default() { rows_max } else { CHUNK_MIN };
    loop {
        let missing = rows_max - i64::try_from(shown.len()).unwrap_or(rows_max);
        let rows = store::list(conn, account, filter, position, missing, chunk).await?;
        let end = rows.last().filter(|it| it.ends_chunk && !it.is_before(filter.from));
        let end = end.map(store::Row::position);
        shown.extend(rows.into_iter().filter(|it| it.shown).map(store::Row::into_transaction));
        let complete = i64::try_from(shown.len()).is_ok_and(|len| len >= rows_max);
        if complete || end.is_none() {
            return Ok(shown);
        }
        position = end;
        chunk = (chunk * CHUNK_GROWTH).min(CHUNK_MAX);
    }
}
