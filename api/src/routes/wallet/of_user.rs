//! What a user sees of his wallet, for an admin.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use shared::ledger::statement::TransactionType;
use shared::ledger::{statement::TransactionFilter, wallet};

use crate::{
    auth::Admin,
    extract::Id,
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::{
        Tag,
        wallet::{BalanceView, Between, TransactionView, transactions_page},
    },
    state::App,
};

/// A user's wallet.
pub struct CreditsOfUser;

#[OpenApi(prefix_path = "/api/credits", tag = "Tag::Credits")]
impl CreditsOfUser {
    /// A user's balance.
    #[oai(path = "/balance/:user_id", method = "get", operation_id = "credits_balance_of_user")]
    async fn balance(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        user_id: Path<Id>,
    ) -> Result<Reply<BalanceView>, Fail> {
        let mut conn = app.db.acquire().await?;
        let account = wallet::find_account(&mut conn, user_id.0.0).await?;
        let balance = wallet::read_balance(&mut conn, account).await?;
        Ok(Reply::new(&balance.into()))
    }

    /// A user's transactions, newest first.
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    #[oai(
        path = "/transactions/:user_id",
        method = "get",
        operation_id = "credits_transactions_of_user"
    )]
    async fn transactions(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        user_id: Path<Id>,
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
        let account = wallet::find_account(&mut conn, user_id.0.0).await?;
        let page = transactions_page(&mut conn, account, filter, limit.0, cursor.0).await?;
        Ok(Reply::new(&page))
    }
}
