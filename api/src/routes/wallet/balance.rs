//! What can be spent, and what it is made of.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::ledger::wallet::{self, Balance, Expiring, Grant, GrantSource};

use crate::{
    auth::Caller,
    extract::{Amount, Id, Word},
    problem::Fail,
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The caller's balance.
pub struct WalletBalance;

view! {
    /// What a wallet holds.
    pub struct BalanceView as "Balance" from balance: Balance {
        /// Credits that can be spent now. Expired credits are never part of it.
        available: Amount,
        /// Credits set aside for tasks that have not ended.
        held: Amount,
        /// `available` and `held` together: the `balance_after` of the newest transaction.
        total: Amount = balance.total(),
        /// Credits that expire unless they are spent, soonest first.
        expiring: Vec<ExpiringView> = balance.expiring(),
        /// Grants that have credits left, in the order in which they are spent.
        grants: Vec<GrantView>,
    }
}

view! {
    /// Credits that expire at the same time.
    pub struct ExpiringView as "ExpiringCredits" from expiring: Expiring {
        /// How many credits expire.
        amount: Amount,
        /// When the credits expire.
        expires_at: Timestamp,
    }
}

view! {
    /// Credits that came into the wallet together.
    pub struct GrantView as "Grant" from grant: Grant {
        /// Unique id of the grant.
        id: Id,
        /// Where the credits came from.
        source: Word<GrantSource>,
        /// What the source calls it, such as an order or a promotion code; absent if it has no name.
        source_id: Option<String>,
        /// The credits it began with.
        amount: Amount,
        /// The credits left: not spent, held, expired or revoked.
        remaining: Amount,
        /// Grants with a lower number are spent first; among equals, the one that expires first.
        priority: i16,
        /// When the remaining credits expire; absent if they never do.
        expires_at: Option<Timestamp>,
        /// When the credits were granted.
        created_at: Timestamp,
    }
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletBalance {
    /// Get your balance.
    #[oai(path = "/balance", method = "get", operation_id = "get_balance")]
    async fn balance(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
    ) -> Result<Reply<BalanceView>, Fail> {
        let balance = wallet::read_balance(&mut *app.db.acquire().await?, caller.wallet).await?;
        Ok(Reply::of(balance))
    }
}
