//! Every money event of the exchange: the entries of the journal, as an admin looks through them.

mod kind;
mod store;
mod window;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::{Credits, statistics};

pub use kind::{AccountKind, EntryKind, Issuance};

/// One entry of the journal, from the account that gave to the account that took.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Its place in the journal.
    pub line: i64,
    pub kind: EntryKind,
    /// What it is about: a hold (its task), or a grant.
    pub reference: Uuid,
    pub attempt_id: Option<Uuid>,
    pub from_account: i64,
    pub from_kind: AccountKind,
    pub from_user: Option<Uuid>,
    pub to_account: i64,
    pub to_kind: AccountKind,
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

/// Which entries; everything given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryFilter {
    /// An account of this user is on one side.
    pub user_id: Option<Uuid>,
    pub kind: Option<EntryKind>,
    /// The task or grant it is about.
    pub reference: Option<Uuid>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPosition {
    line: i64,
    created_at: DateTime<Utc>,
}

impl Entry {
    /// Where a page that ends with this entry ends.
    pub const fn position(&self) -> EntryPosition {
        EntryPosition { line: self.line, created_at: self.created_at }
    }
}

/// At most `rows_max` entries older than `before`, newest first.
pub async fn list_entries(
    conn: &mut PgConnection,
    filter: EntryFilter,
    before: Option<EntryPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Entry>> {
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
        let guess = EntryFilter { from: Some(since), ..filter };
        let rows = store::list(conn, None, guess, below, rows_max).await?;
        if window::is_whole(&rows, since, rows_max) {
            return Ok(rows);
        }
    }
    store::list(conn, None, filter, below, rows_max).await
}
