//! The closed vocabularies of wallets on the wire.

use poem_openapi::Enum;
use serde::Deserialize;
use shared::ledger::{
    earnings::EarningState, statement::LineKind, statistics::Period, wallet::GrantSource,
};

use crate::routes::mirrored;

mirrored! {
    /// Where a grant came from.
    GrantSourceName of GrantSource {
        /// Bought with money.
        Purchase = "purchase",
        /// A period of a subscription.
        Subscription = "subscription",
        /// Added by an admin.
        Admin = "admin",
        /// A promotion or a redeemed code.
        Promotion = "promotion",
        /// Given back after a charge.
        Refund = "refund",
        /// The welcome of a new user.
        SignUp = "sign_up",
        /// Moved over from earnings.
        Earnings = "earnings",
    }
}

mirrored! {
    /// What a transaction is.
    TransactionType of LineKind {
        /// Credits bought.
        Recharge = "recharge",
        /// Credits of a subscription period.
        Subscription = "subscription",
        /// Credits added by an operator.
        Grant = "grant",
        /// Promotional and welcome credits.
        Promotion = "promotion",
        /// Part of a charge given back.
        Refund = "refund",
        /// A charge.
        Consume = "consume",
        /// Credits that expired.
        Expire = "expire",
        /// Credits taken back by an operator.
        Revoke = "revoke",
        /// Earnings moved into the wallet.
        Earnings = "earnings",
        /// A correction.
        Adjustment = "adjustment",
    }
}

mirrored! {
    /// What has become of an earning.
    EarningStateName of EarningState {
        /// Inside the dispute window.
        Pending = "pending",
        /// Free to be moved into the wallet.
        Payable = "payable",
        /// Set aside while something is looked into.
        Frozen = "frozen",
        /// Refunded in full.
        ClawedBack = "clawed_back",
    }
}

mirrored! {
    /// How a span of time is cut, at UTC boundaries.
    PeriodName of Period {
        /// By day.
        Day = "day",
        /// By month.
        Month = "month",
    }
}
