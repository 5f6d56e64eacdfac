//! What a user sees of their wallet, for admins.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use shared::ledger::wallet;

use super::{
    BalanceView, TransactionView,
    transactions::{TransactionQuery, transactions_page},
};
use crate::{
    auth::Admin,
    extract::{Between, Id, Parameters},
    problem::Fail,
    response::{Page, Paging, Reply},
    routes::Tag,
    state::App,
};

/// The wallets of users.
pub struct CreditsOfUser;

#[OpenApi(prefix_path = "/api/credits", tag = "Tag::Credits")]
impl CreditsOfUser {
    /// Get the balance of a user.
    #[oai(path = "/balance/:user_id", method = "get", operation_id = "admin_get_balance")]
    async fn balance(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The id of the user.
        user_id: Path<Id>,
    ) -> Result<Reply<BalanceView>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        let account = wallet::find_account(&mut conn, user_id.0.0).await?;
        Ok(Reply::of(wallet::read_balance(&mut conn, account).await?))
    }

    /// List the transactions of a user, newest first.
    #[oai(
        path = "/transactions/:user_id",
        method = "get",
        operation_id = "admin_list_user_transactions"
    )]
    async fn transactions(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The id of the user.
        user_id: Path<Id>,
        Parameters(query): Parameters<TransactionQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<TransactionView>>, Fail> {
        let filter = query.within(between)?;
        let mut conn = app.admin_db.acquire().await?;
        let account = wallet::find_account(&mut conn, user_id.0.0).await?;
        let page = transactions_page(&mut conn, account, filter, &paging).await?;
        Ok(Reply::new(&page))
    }
}
