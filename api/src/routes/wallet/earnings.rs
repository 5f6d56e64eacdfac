//! What the own hosted keys earned.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use rust_decimal::Decimal;
use shared::ledger::earnings::EarningState;
use shared::ledger::earnings::{self, Earning, EarningPosition, Earnings};
use uuid::uuid;

use super::balance::example_instant;
use crate::{
    auth::Caller,
    extract::{Amount, Id},
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// The own earnings.
pub struct WalletEarnings;

/// What was earned so far.
#[derive(Debug, Object)]
#[oai(rename = "Earnings", example)]
struct EarningsView {
    /// Inside the dispute window.
    pending: Amount,
    /// Free to be moved into the wallet; below zero where refunds took back more than is left.
    payable: Amount,
    /// Set aside while something is looked into.
    frozen: Amount,
    /// Moved into the wallet so far.
    transferred: Amount,
    /// One per image, newest first.
    lines: Page<EarningView>,
}

/// One image somebody paid for. After a partial refund the amounts are what is left of it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Earning", example)]
struct EarningView {
    /// The task the image was made for.
    task_id: Id,
    /// The key it was made with.
    resource_id: Id,
    /// What was charged.
    gross: Amount,
    /// The platform's part.
    commission: Amount,
    /// The owner's part: `gross - commission`.
    net: Amount,
    /// A fraction: `"0.1"` is ten per cent.
    commission_rate: Amount,
    /// What has become of it.
    state: Word<EarningState>,
    /// When the dispute window ends.
    payable_at: Timestamp,
    /// When it was earned.
    created_at: Timestamp,
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletEarnings {
    /// What the own hosted keys earned.
    #[oai(path = "/earnings", method = "get", operation_id = "wallet_earnings")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<EarningsView>, Fail> {
        let before: Option<EarningPosition> = Cursor::position(cursor.0)?;
        let window = app.config.dispute_window;
        let page = earnings::read_earnings(&app.db, caller.user_id, window, before, limit.0.rows())
            .await?;
        let lines = Page::of(page.lines, limit.0, Earning::position, Into::into);
        Ok(Reply::new(&EarningsView::of(page.sums, lines)))
    }
}

impl EarningsView {
    fn of(sums: Earnings, lines: Page<EarningView>) -> Self {
        Self {
            pending: sums.pending.into(),
            payable: sums.payable.into(),
            // Nothing sets earnings aside yet; the field is promised so that clients are ready.
            frozen: Amount(Decimal::ZERO),
            transferred: sums.transferred.into(),
            lines,
        }
    }
}

impl From<Earning> for EarningView {
    fn from(earning: Earning) -> Self {
        Self {
            task_id: earning.task_id.into(),
            resource_id: earning.resource_id.into(),
            gross: earning.gross.into(),
            commission: earning.commission.into(),
            net: earning.net.into(),
            commission_rate: earning.commission_rate.into(),
            state: earning.state.into(),
            payable_at: earning.payable_at.into(),
            created_at: earning.created_at.into(),
        }
    }
}

impl Example for EarningView {
    fn example() -> Self {
        Self {
            task_id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3f")),
            resource_id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d40")),
            gross: Amount(Decimal::new(45, 1)),
            commission: Amount(Decimal::new(45, 2)),
            net: Amount(Decimal::new(405, 2)),
            commission_rate: Amount(Decimal::new(1, 1)),
            state: Word(EarningState::Pending),
            payable_at: example_instant(7),
            created_at: example_instant(0),
        }
    }
}

impl Example for EarningsView {
    fn example() -> Self {
        let line = EarningView::example();
        Self {
            pending: line.net,
            payable: Amount(Decimal::new(144, 1)),
            frozen: Amount(Decimal::ZERO),
            transferred: Amount(Decimal::from(20)),
            lines: Page::whole(vec![line]),
        }
    }
}
