//! What the caller's hosted keys earned.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::ledger::earnings::{self, Earning, EarningPosition, EarningState};

use crate::{
    auth::Caller,
    extract::{Amount, Id, Parameters, Word},
    problem::Fail,
    response::{Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The caller's earnings.
pub struct WalletEarnings;

view! {
    /// What an owner has earned so far.
    struct EarningsView as "Earnings" {
        /// Credits that can still be disputed.
        pending: Amount,
        /// Credits that can be moved into the wallet. Below zero if refunds took back more than was left.
        payable: Amount,
        /// Credits set aside while a dispute is looked into, or while you may not host keys.
        frozen: Amount,
        /// Credits moved into the wallet so far.
        transferred: Amount,
        /// Credits, before commission, that were due for output nobody was charged for (late, or billed and filtered) and
        /// went unpaid, because the budget of that day was used up or an admin decided so.
        unpaid: Amount,
        /// One entry for each image that was paid for, newest first.
        lines: Page<EarningView>,
    }
}

view! {
    /// What one image earned. After a partial refund the amounts are what is left of it.
    struct EarningView as "Earning" from earning: Earning {
        /// The task the image was made for.
        task_id: Id,
        /// The resource the image was made with.
        resource_id: Id,
        /// Credits the consumer was charged.
        gross: Amount,
        /// Credits the platform keeps.
        commission: Amount,
        /// Credits the owner gets: `gross` less `commission`.
        net: Amount,
        /// The commission as a fraction of `gross`: `"0.1"` is ten per cent.
        commission_rate: Amount,
        /// What has become of the earning.
        state: Word<EarningState>,
        /// When the time to dispute it ends.
        payable_at: Timestamp,
        /// When it was earned.
        created_at: Timestamp,
    }
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletEarnings {
    /// Get what your hosted keys earned.
    #[oai(path = "/earnings", method = "get", operation_id = "get_earnings")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<EarningsView>, Fail> {
        let before: Option<EarningPosition> = paging.position()?;
        let window = app.config.dispute_window;
        let earnings::EarningsPage { sums, lines } =
            earnings::read_earnings(&app.db, caller.user_id, window, before, paging.rows()).await?;
        Ok(Reply::new(&EarningsView {
            pending: sums.pending.into(),
            payable: sums.payable.into(),
            frozen: sums.frozen.into(),
            transferred: sums.transferred.into(),
            unpaid: sums.unpaid.into(),
            lines: Page::of(lines, &paging, Earning::position),
        }))
    }
}
