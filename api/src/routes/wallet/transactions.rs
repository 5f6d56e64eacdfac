//! The history of a wallet.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::ledger::statement::{
    self, Transaction, TransactionFilter, TransactionPosition, TransactionType,
};
use sqlx::PgConnection;

use crate::{
    auth::Caller,
    extract::{Amount, Between, Id, Parameters, Word},
    problem::{Fail, Problem},
    response::{Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The caller's transactions.
pub struct WalletTransactions;

view! {
    /// A change of a wallet's total.
    pub struct TransactionView as "Transaction" from transaction: Transaction {
        /// Unique id of the transaction.
        id: String,
        /// What kind of transaction it is.
        r#type: Word<TransactionType> = transaction.kind,
        /// Credits moved; negative if they left the wallet.
        amount: Amount,
        /// The wallet's total right after this transaction. Without filters, it is that of the next older
        /// transaction plus `amount`.
        balance_after: Amount,
        /// What happened, in a short text for people.
        description: String,
        /// The task it belongs to; absent if it belongs to none.
        related_task_id: Option<Id> = transaction.task_id,
        /// The grants it created, used or ended; absent if there is none.
        grant_ids: Option<Vec<Id>> = (!transaction.grant_ids.is_empty()).then_some(transaction.grant_ids),
        /// When the transaction happened.
        created_at: Timestamp,
    }
}

/// Which transactions to list.
#[derive(Debug, Object, Deserialize)]
pub(super) struct TransactionQuery {
    /// Only transactions of this kind.
    r#type: Option<Word<TransactionType>>,
}

impl TransactionQuery {
    /// The filter for a part of the list.
    pub fn within(self, between: Between) -> Result<TransactionFilter, Problem> {
        let (from, to) = between.bounds()?;
        Ok(TransactionFilter { kind: self.r#type.map(Word::value), from, to })
    }
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletTransactions {
    /// List your transactions, newest first.
    #[oai(path = "/transactions", method = "get", operation_id = "list_transactions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(query): Parameters<TransactionQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<TransactionView>>, Fail> {
        let filter = query.within(between)?;
        let mut conn = app.db.acquire().await?;
        let page = transactions_page(&mut conn, caller.wallet, filter, &paging).await?;
        Ok(Reply::new(&page))
    }
}

/// One page of a wallet's transactions.
pub(super) async fn transactions_page(
    conn: &mut PgConnection,
    account: i64,
    filter: TransactionFilter,
    paging: &Paging,
) -> Result<Page<TransactionView>, Problem> {
    let before: Option<TransactionPosition> = paging.position()?;
    let transactions =
        statement::list_transactions(conn, account, filter, before, paging.rows()).await?;
    Ok(Page::of(transactions, paging, Transaction::position))
}
