//! What can be spent, and what it is made of.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use shared::ledger::wallet::GrantSource;
use shared::ledger::wallet::{self, Balance, Expiring, Grant};
use uuid::uuid;

use crate::{
    auth::Caller,
    extract::{Amount, Id},
    problem::Fail,
    response::{Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// The own balance.
pub struct WalletBalance;

/// What a wallet holds.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Balance", example)]
pub struct BalanceView {
    /// What can be spent now. Credits that have expired are no part of it, swept or not.
    pub available: Amount,
    /// Set aside for tasks that are not final.
    pub held: Amount,
    /// `available + held`: the `balance_after` of the newest transaction.
    pub total: Amount,
    /// What lapses if it is not spent, soonest first.
    pub expiring: Vec<ExpiringView>,
    /// Grants with something left, in the order they are spent.
    pub grants: Vec<GrantView>,
}

/// Credits that lapse together.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ExpiringCredits")]
pub struct ExpiringView {
    /// How much.
    pub amount: Amount,
    /// When.
    pub expires_at: Timestamp,
}

/// One batch of credits.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Grant", example, skip_serializing_if_is_none)]
pub struct GrantView {
    /// Opaque.
    pub id: Id,
    /// Where it came from.
    pub source: Word<GrantSource>,
    /// What the source calls it: an order, a task, a code.
    pub source_id: Option<String>,
    /// What it began with.
    pub amount: Amount,
    /// What is neither spent, held, expired nor revoked.
    pub remaining: Amount,
    /// Lower is spent first; equals by expiry.
    pub priority: i16,
    /// Absent: never.
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Timestamp,
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletBalance {
    /// The own balance.
    #[oai(path = "/balance", method = "get", operation_id = "wallet_balance")]
    async fn balance(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
    ) -> Result<Reply<BalanceView>, Fail> {
        let balance = wallet::read_balance(&mut *app.db.acquire().await?, caller.wallet).await?;
        Ok(Reply::new(&balance.into()))
    }
}

impl From<Balance> for BalanceView {
    fn from(balance: Balance) -> Self {
        Self {
            available: balance.available.into(),
            held: balance.held.into(),
            total: balance.total().into(),
            expiring: balance.expiring().into_iter().map(Into::into).collect(),
            grants: balance.grants.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Expiring> for ExpiringView {
    fn from(expiring: Expiring) -> Self {
        Self { amount: expiring.amount.into(), expires_at: expiring.expires_at.into() }
    }
}

impl From<Grant> for GrantView {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.id.into(),
            source: grant.source.into(),
            source_id: grant.source_id,
            amount: grant.amount.into(),
            remaining: grant.remaining.into(),
            priority: grant.priority,
            expires_at: grant.expires_at.map(Into::into),
            created_at: grant.created_at.into(),
        }
    }
}

impl Example for GrantView {
    fn example() -> Self {
        Self {
            id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e")),
            source: Word(GrantSource::Promotion),
            source_id: Some("spring".to_owned()),
            amount: Amount(100.into()),
            remaining: Amount(71.into()),
            priority: 0,
            expires_at: Some(example_instant(90)),
            created_at: example_instant(0),
        }
    }
}

impl Example for BalanceView {
    fn example() -> Self {
        let grant = GrantView::example();
        Self {
            available: grant.remaining,
            held: Amount(5.into()),
            total: Amount(76.into()),
            expiring: vec![ExpiringView {
                amount: grant.remaining,
                expires_at: example_instant(90),
            }],
            grants: vec![grant],
        }
    }
}

/// So many days after the day the examples play.
pub(crate) fn example_instant(days: u64) -> Timestamp {
    Timestamp(chrono::DateTime::UNIX_EPOCH + chrono::Days::new(20_779 + days))
}
