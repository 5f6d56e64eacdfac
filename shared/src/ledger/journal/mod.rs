//! Every money event of the exchange, as an admin looks through them.

mod store;
mod window;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::{Credits, statement::JournalKind, statistics};

/// One row of the journal, told as a movement.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Movement {
    /// Its place in the journal.
    pub line: i64,
    pub kind: JournalKind,
    /// What it is about: a hold (its task), or a grant.
    pub reference: Uuid,
    pub attempt_id: Option<Uuid>,
    pub from_account: i64,
    /// `wallet`, `owner`, `service`, `platform`, `breakage` or `issuance`.
    pub from_kind: String,
    pub from_user: Option<Uuid>,
    pub to_account: i64,
    pub to_kind: String,
    pub to_user: Option<Uuid>,
    /// What the consumer's side moved: net + fee.
    pub gross: Credits,
    /// What the other side moved.
    pub net: Credits,
    /// The platform's part.
    pub fee: Credits,
    /// How much of `gross` were credits somebody paid for.
    pub paid: Credits,
    pub created_at: DateTime<Utc>,
}

/// Which rows; everything given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct MovementFilter {
    /// His wallet or his owner account is on one side.
    pub user_id: Option<Uuid>,
    pub kind: Option<JournalKind>,
    /// The task or grant it is about.
    pub reference: Option<Uuid>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementPosition {
    line: i64,
    created_at: DateTime<Utc>,
}

impl Movement {
    /// Where a page that ends with this row ends.
    pub const fn position(&self) -> MovementPosition {
        MovementPosition { line: self.line, created_at: self.created_at }
    }
}

/// At most `rows_max` rows older than `before`, newest first.
pub async fn list_movements(
    conn: &mut PgConnection,
    filter: MovementFilter,
    before: Option<MovementPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Movement>> {
    let below = before.map(|it| it.line);
    if let Some(user) = filter.user_id {
        let accounts = store::list_accounts(conn, user).await?;
        return store::list(conn, Some(&accounts), filter, below, rows_max).await;
    }
    if filter.reference.is_some() {
        return store::list(conn, None, filter, below, rows_max).await;
    }
    let newest = match (before, filter.to) {
        (Some(before), _) => before.created_at,
        (None, Some(to)) => to,
        (None, None) => statistics::now(conn).await?,
    };
    for since in window::guesses(newest, filter.from) {
        let guess = MovementFilter { from: Some(since), ..filter };
        let rows = store::list(conn, None, guess, below, rows_max).await?;
        if window::is_whole(&rows, since, rows_max) {
            return Ok(rows);
        }
    }
    store::list(conn, None, filter, below, rows_max).await
}
