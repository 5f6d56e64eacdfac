//! The one read behind the statement.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::transaction_type::describe;
use super::{Transaction, TransactionFilter, TransactionPosition, TransactionType};
use crate::ledger::Credits;
use crate::ledger::journal::EntryKind;

/// Entries from here on wait for the sweep; their instants are not in the order of the journal.
const OVERDUE_LINE: i64 = 1 << 62;

/// An entry gets its place a moment after the clock was read, so neighbours may stand in another order than
/// their instants; never by as much as this.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// An entry as the wallet sees it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    line: i64,
    reference: Uuid,
    kind: EntryKind,
    seq: i32,
    debit: i64,
    created_at: DateTime<Utc>,
    amount: Credits,
    balance_after: Credits,
    task_id: Option<Uuid>,
    model: Option<String>,
    grant_ids: Vec<Uuid>,
    /// The filter lets it through.
    pub(super) shown: bool,
    /// Others may follow it; none does otherwise.
    pub(super) ends_chunk: bool,
}

impl Row {
    pub(super) fn position(&self) -> TransactionPosition {
        TransactionPosition::below(self.line, self.balance_after, self.amount)
    }

    /// Whether every entry after this one is older than `from`.
    pub(super) fn is_before(&self, from: Option<DateTime<Utc>>) -> bool {
        self.line < OVERDUE_LINE && from.is_some_and(|from| self.created_at + SLACK < from)
    }

    pub(super) fn into_transaction(self) -> Transaction {
        let task = self.task_id.is_some();
        Transaction {
            line: self.line,
            // The journal's own key: known before the entry is written.
            id: format!("{}.{}.{}", self.reference, self.kind.as_str(), self.seq),
            kind: TransactionType::of(self.kind, self.debit),
            amount: self.amount,
            balance_after: self.balance_after,
            description: describe(self.kind, self.debit, task, self.model.as_deref()),
            task_id: self.task_id,
            grant_ids: self.grant_ids,
            created_at: self.created_at,
        }
    }
}

/// Reads the next `chunk` entries; answers at most `rows_max` of those that are shown, and the last one.
pub(super) async fn list(
    conn: &mut PgConnection,
    account: i64,
    filter: TransactionFilter,
    before: Option<TransactionPosition>,
    rows_max: i64,
    chunk: i64,
) -> sqlx::Result<Vec<Row>> {
    let sources = filter.kind.map(TransactionType::sources);
    sqlx::query_as(include_str!("list.sql"))
        .bind(account)
        .bind(before.map_or(i64::MAX, |it| it.line))
        .bind(before.map(|it| it.total))
        .bind(sources.as_ref().map(|it| it.0.as_slice()))
        .bind(sources.as_ref().map(|it| it.1.as_slice()))
        .bind(filter.from)
        .bind(filter.to)
        .bind(rows_max)
        .bind(chunk)
        .fetch_all(conn)
        .await
}
