//! Why a transaction moved what it moved.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use shared::ledger::statement::explain::{
    self, Charge, Explained, GrantPart, Price, SkipReason, Skipped,
};
use shared::ledger::wallet::GrantSource;

use super::TransactionView;
use crate::{
    auth::Caller,
    extract::{Amount, Id, Word},
    problem::{Fail, Problem},
    response::{FromDomain, Reply, view},
    routes::Tag,
    state::App,
};

/// One of the caller's transactions.
pub struct WalletTransaction;

view! {
    /// A transaction, and how it came about.
    struct ExplanationView as "TransactionExplanation" from it: Explained {
        /// The transaction that is explained.
        transaction: TransactionView,
        /// How the charge was counted; absent unless the transaction is the charge of a task, or a refund of one.
        price: Option<ChargePriceView> = it.charge.as_ref().and_then(|it| it.price.clone()),
        /// Who got the credits, or gave them back; absent unless the transaction is a charge or a refund.
        split: Option<SplitView> = it.charge.clone(),
        /// Credits that were set aside before the charge; absent unless the transaction is a charge or a refund.
        held: Option<Amount> = it.charge.as_ref().map(|it| it.held),
        /// Credits of `held` that were not charged, and came back; absent unless the transaction is a charge or a refund.
        returned: Option<Amount> = it.charge.as_ref().map(|it| it.returned),
        /// The parts of grants that the transaction used, made or ended. Together they are what moved; empty where that
        /// is not recorded: credits that came back from a hold after their grant had ended.
        grants: Vec<GrantPartView>,
        /// How many other resources were passed over when the resource was chosen, by reason.
        skipped: Vec<SkippedView> = it.charge.map(|it| it.skipped).unwrap_or_default(),
    }
}

view! {
    /// How a charge was counted.
    struct ChargePriceView as "ChargePrice" from price: Price {
        /// Credits for one unit of the provider; absent if the resource was your own, which costs a fee.
        per_unit: Option<Amount>,
        /// Units that the provider counts for the image.
        units: Amount,
        /// Credits that the image cost: `per_unit` times `units`, rounded to six places, or the fee.
        cost: Amount,
    }
}

view! {
    /// Who got the credits of a charge. Both parts are below zero in a refund: they gave so much back.
    struct SplitView as "ChargeSplit" from it: Charge {
        /// Credits of the owner of the resource, or of the service that charged you.
        owner: Amount = it.to_owner,
        /// Credits of the platform, its commission or fee.
        platform: Amount = it.to_platform,
    }
}

view! {
    /// A part of a grant.
    struct GrantPartView as "GrantPart" from part: GrantPart {
        /// The id of the grant.
        id: Id,
        /// Where the credits of the grant came from.
        source: Word<GrantSource>,
        /// How many credits of the grant moved.
        amount: Amount,
    }
}

view! {
    /// Resources that were passed over for one reason.
    struct SkippedView as "SkippedResources" from it: Skipped {
        /// Why they were passed over.
        reason: Word<SkipReason>,
        /// How many resources they were.
        count: u64,
    }
}

#[OpenApi(prefix_path = "/api/wallet", tag = "Tag::Wallet")]
impl WalletTransaction {
    /// Get a transaction and how it came about.
    ///
    /// All parts are exact to six places: `held` is `cost` and `returned`, `amount` is the two parts of `split` with the
    /// other sign, and the parts of `grants` add up to `amount`.
    #[oai(path = "/transactions/:id", method = "get", operation_id = "explain_transaction")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the transaction.
        id: Path<String>,
    ) -> Result<Reply<ExplanationView>, Fail> {
        let found = explain::explain(&app.db, caller.wallet, &id).await?;
        let explained = found.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(&ExplanationView::from_domain(explained)))
    }
}
