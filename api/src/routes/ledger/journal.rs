//! The journal of the whole exchange, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::ledger::journal::{self, AccountKind, Entry, EntryFilter, EntryKind, EntryPosition};
use uuid::Uuid;

use crate::{
    auth::Admin,
    extract::{Amount, Between, Id, Parameters, Word},
    problem::{Fail, Problem},
    response::{CsvFile, Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The journal.
pub struct AdminTransactions;

view! {
    /// A journal entry, shown as a movement of credits from one account to another.
    pub struct MovementView as "Movement" from entry: Entry {
        /// Unique id of the entry; a later entry has a higher one.
        id: String = entry.line.to_string(),
        /// What kind of entry it is.
        kind: Word<EntryKind>,
        /// The id of the task, the grant or the service's hold that the entry belongs to.
        reference: Id,
        /// The attempt that was paid; absent if none was.
        attempt_id: Option<Id>,
        /// The account the credits left.
        from: AccountView = Side(entry.from_account, entry.from_kind, entry.from_user),
        /// The account the credits went to.
        to: AccountView = Side(entry.to_account, entry.to_kind, entry.to_user),
        /// Credits that left or reached the consumer's account: `net` and `fee` together.
        gross: Amount,
        /// Credits that left or reached the other account.
        net: Amount,
        /// Credits that the platform kept.
        fee: Amount,
        /// How much of `gross` were credits bought with money.
        paid: Amount,
        /// When the entry was written.
        created_at: Timestamp,
    }
}

/// One side of a movement: account, kind of account, user.
struct Side(i64, AccountKind, Option<Uuid>);

view! {
    /// One of the two accounts of a journal entry.
    struct AccountView as "LedgerAccount" from side: Side {
        /// Unique id of the account.
        id: String = side.0.to_string(),
        /// One of `wallet`, `owner`, `service`, `platform`, `breakage` and `issuance`.
        kind: String = side.1.to_string(),
        /// The user whose account it is; absent if it belongs to no user.
        user_id: Option<Id> = side.2,
    }
}

/// Which journal entries to list.
#[derive(Debug, Clone, Copy, Object, Deserialize)]
struct MovementQuery {
    /// Only entries with the wallet or the owner account of this user on one side.
    user_id: Option<Id>,
    /// Only entries of this kind.
    kind: Option<Word<EntryKind>>,
    /// Only entries that belong to this task, grant or hold.
    reference: Option<Id>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminTransactions {
    /// List all journal entries, newest first.
    #[oai(path = "/transactions", method = "get", operation_id = "admin_list_transactions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<MovementQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<MovementView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), filter(query, between)?, paging).await?))
    }

    /// Get the list of all journal entries as CSV, newest first.
    #[oai(path = "/transactions.csv", method = "get", operation_id = "admin_download_transactions")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<MovementQuery>,
        Parameters(between): Parameters<Between>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("transactions", app, filter(query, between)?, list_page).await?)
    }
}

fn filter(query: MovementQuery, between: Between) -> Result<EntryFilter, Problem> {
    let (from, to) = between.bounds()?;
    Ok(EntryFilter {
        user_id: query.user_id.map(|it| it.0),
        kind: query.kind.map(Word::value),
        reference: query.reference.map(|it| it.0),
        from,
        to,
    })
}

async fn list_page(
    app: App,
    filter: EntryFilter,
    paging: Paging,
) -> Result<Page<MovementView>, Problem> {
    let before: Option<EntryPosition> = paging.position()?;
    let mut conn = app.admin_db.acquire().await?;
    let entries = journal::list_entries(&mut conn, filter, before, paging.rows()).await?;
    Ok(Page::of(entries, &paging, Entry::position))
}
