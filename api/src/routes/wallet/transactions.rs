//! The history of a wallet.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use shared::ledger::statement::TransactionType;
use shared::ledger::statement::{self, Transaction, TransactionFilter, TransactionPosition};
use sqlx::PgConnection;
use uuid::uuid;

use super::{Between, balance::example_instant};
use crate::{
    auth::Caller,
    extract::{Amount, Id},
    problem::{Fail, Problem},
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// The own transactions.
pub struct WalletTransactions;

/// One event of a wallet.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Transaction", example, skip_serializing_if_is_none)]
pub struct TransactionView {
    /// Opaque.
    pub id: String,
    /// What happened.
    pub r#type: Word<TransactionType>,
    /// Negative where credits left the wallet.
    pub amount: Amount,
    /// The total right after this transaction. Unfiltered, it is the next older one's plus `amount`.
    pub balance_after: Amount,
    /// For people.
    pub description: String,
    /// The task it concerns.
    pub related_task_id: Option<Id>,
    /// The grants it made, used or ended.
    pub grant_ids: Option<Vec<Id>>,
    /// When.
    pub created_at: Timestamp,
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletTransactions {
    /// The own transactions, newest first.
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    #[oai(path = "/transactions", method = "get", operation_id = "wallet_transactions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// Only these.
        #[oai(name = "type")]
        kind: Query<Option<Word<TransactionType>>>,
        /// At or after.
        from: Query<Option<Timestamp>>,
        /// Before.
        to: Query<Option<Timestamp>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<TransactionView>>, Fail> {
        let Between { from, to } = Between::new(from.0, to.0)?;
        let filter = TransactionFilter { kind: kind.0.map(Word::value), from, to };
        let mut conn = app.db.acquire().await?;
        let page = transactions_page(&mut conn, caller.wallet, filter, limit.0, cursor.0).await?;
        Ok(Reply::new(&page))
    }
}

/// One page of a wallet's transactions.
pub async fn transactions_page(
    conn: &mut PgConnection,
    account: i64,
    filter: TransactionFilter,
    limit: Limit,
    cursor: Option<Cursor>,
) -> Result<Page<TransactionView>, Problem> {
    let before: Option<TransactionPosition> = Cursor::position(cursor)?;
    let lines = statement::list_transactions(conn, account, filter, before, limit.rows()).await?;
    Ok(Page::of(lines, limit, Transaction::position, Into::into))
}

impl From<Transaction> for TransactionView {
    fn from(line: Transaction) -> Self {
        let grants: Vec<Id> = line.grant_ids.into_iter().map(Into::into).collect();
        Self {
            id: line.id,
            r#type: line.kind.into(),
            amount: line.amount.into(),
            balance_after: line.balance_after.into(),
            description: line.description,
            related_task_id: line.task_id.map(Into::into),
            grant_ids: (!grants.is_empty()).then_some(grants),
            created_at: line.created_at.into(),
        }
    }
}

impl Example for TransactionView {
    fn example() -> Self {
        let task = uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3f");
        Self {
            id: format!("{task}.settle.0"),
            r#type: Word(TransactionType::Consume),
            amount: Amount(rust_decimal::Decimal::new(-45, 1)),
            balance_after: Amount(rust_decimal::Decimal::new(955, 1)),
            description: "Image made with stability/core".to_owned(),
            related_task_id: Some(Id(task)),
            grant_ids: Some(vec![Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"))]),
            created_at: example_instant(0),
        }
    }
}
