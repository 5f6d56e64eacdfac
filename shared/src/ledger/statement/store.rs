//! The one read behind the statement.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::describe::describe;
use super::{JournalKind, Line, LineFilter, LineKind, LinePosition};
use crate::ledger::Credits;

/// A journal row as the wallet sees it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    line: i64,
    reference: Uuid,
    kind: JournalKind,
    seq: i32,
    debit: i64,
    created_at: DateTime<Utc>,
    amount: Credits,
    balance_after: Credits,
    task_id: Option<Uuid>,
    model: Option<String>,
    grant_ids: Vec<Uuid>,
}

impl Row {
    pub(super) fn into_line(self) -> Line {
        let task = self.task_id.is_some();
        Line {
            line: self.line,
            // The journal's own key: known before the row is written.
            id: format!("{}.{}.{}", self.reference, self.kind.as_str(), self.seq),
            kind: LineKind::of(self.kind, self.debit),
            amount: self.amount,
            balance_after: self.balance_after,
            description: describe(self.kind, self.debit, task, self.model.as_deref()),
            task_id: self.task_id,
            grant_ids: self.grant_ids,
            created_at: self.created_at,
        }
    }
}

pub(super) async fn list(
    conn: &mut PgConnection,
    account: i64,
    filter: LineFilter,
    before: Option<LinePosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Row>> {
    let sources = filter.kind.map(LineKind::sources);
    // Unfiltered, no side can give more than the page; filtered, every line counts in the totals.
    let rows_per_side = (filter == LineFilter::default()).then_some(rows_max);
    sqlx::query_as(include_str!("list.sql"))
        .bind(account)
        .bind(before.map_or(i64::MAX, |it| it.line))
        .bind(before.map(|it| it.total))
        .bind(sources.as_ref().map(|it| it.0.as_slice()))
        .bind(sources.as_ref().map(|it| it.1.as_slice()))
        .bind(filter.from)
        .bind(filter.to)
        .bind(rows_max)
        .bind(rows_per_side)
        .fetch_all(conn)
        .await
}
