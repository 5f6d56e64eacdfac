//! What an entry of the journal means to the owner of the wallet, for programs and for people.

use crate::ledger::journal::{EntryKind, Issuance};

crate::vocabulary! {
    /// What a transaction did to the wallet.
    pub enum TransactionType as "TransactionType" {
        /// Credits were bought.
        Recharge = "recharge",
        /// A subscription period brought credits.
        Subscription = "subscription",
        /// An admin added credits.
        Grant = "grant",
        /// A promotion or the welcome of a new user brought credits.
        Promotion = "promotion",
        /// A charge was given back, in whole or in part.
        Refund = "refund",
        /// A task was charged.
        Consume = "consume",
        /// Credits expired.
        Expire = "expire",
        /// An admin took credits back.
        Revoke = "revoke",
        /// Earnings were moved into the wallet.
        Earnings = "earnings",
        /// A correction.
        Adjustment = "adjustment",
    }
}

impl TransactionType {
    /// What an entry is to the wallet; `debit` tells which account an issue came from.
    pub fn of(kind: EntryKind, debit: i64) -> Self {
        match kind {
            EntryKind::Issue => match Issuance::of_account(debit) {
                Some(Issuance::Purchase) => Self::Recharge,
                Some(Issuance::Subscription) => Self::Subscription,
                Some(Issuance::Admin) => Self::Grant,
                Some(Issuance::Promotion | Issuance::SignUp) => Self::Promotion,
                None => Self::Adjustment,
            },
            EntryKind::Settle => Self::Consume,
            EntryKind::Refund => Self::Refund,
            EntryKind::Expire | EntryKind::ExpireReturned => Self::Expire,
            EntryKind::Revoke | EntryKind::RevokeReturned => Self::Revoke,
            EntryKind::Transfer => Self::Earnings,
            // Between the platform and an owner; a wallet has no part in them.
            EntryKind::Surplus | EntryKind::Compensate | EntryKind::Parked => Self::Adjustment,
        }
    }

    /// The entries that are of this type: their kinds, and the accounts that an issue may come from.
    pub(super) fn sources(self) -> (Vec<EntryKind>, Vec<i64>) {
        let issuers: Vec<i64> = Issuance::ALL
            .into_iter()
            .map(Issuance::account)
            .filter(|&account| Self::of(EntryKind::Issue, account) == self)
            .collect();
        let kinds = EntryKind::ALL
            .iter()
            .copied()
            .filter(|&kind| match kind {
                EntryKind::Issue => !issuers.is_empty(),
                other => Self::of(other, 0) == self,
            })
            .collect();
        (kinds, issuers)
    }
}

/// What happened. `model`: of the task's image, where there is one; `task`: the entry concerns a task.
pub(super) fn describe(kind: EntryKind, debit: i64, task: bool, model: Option<&str>) -> String {
    let sentence = match kind {
        EntryKind::Issue => match Issuance::of_account(debit) {
            Some(Issuance::Purchase) => "Credits bought",
            Some(Issuance::Subscription) => "Credits of a subscription period",
            Some(Issuance::Admin) => "Credits added by an operator",
            Some(Issuance::Promotion) => "Promotional credits",
            Some(Issuance::SignUp) => "Welcome credits",
            None => "Adjustment",
        },
        EntryKind::Settle | EntryKind::Refund => return describe_charge(kind, task, model),
        EntryKind::Expire => "Credits expired unused",
        EntryKind::ExpireReturned => "Credits came back from a hold after they had expired",
        EntryKind::Revoke => "Credits taken back by an operator",
        EntryKind::RevokeReturned => {
            "Credits came back from a hold after their grant had been taken back"
        }
        EntryKind::Transfer => "Earnings moved into the wallet",
        EntryKind::Surplus | EntryKind::Compensate | EntryKind::Parked => "Adjustment",
    };
    sentence.to_owned()
}

fn describe_charge(kind: EntryKind, task: bool, model: Option<&str>) -> String {
    let refund = kind == EntryKind::Refund;
    match (model, task) {
        (Some(model), _) if refund => format!("Refund for an image made with {model}"),
        (Some(model), _) => format!("Image made with {model}"),
        (None, true) if refund => "Refund for an image".to_owned(),
        (None, true) => "Image".to_owned(),
        (None, false) if refund => "Refund for a service".to_owned(),
        (None, false) => "Service".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_named_after_the_account_it_came_from() {
        let kinds = Issuance::ALL.map(|it| TransactionType::of(EntryKind::Issue, it.account()));

        assert_eq!(
            kinds,
            [
                TransactionType::Recharge,
                TransactionType::Subscription,
                TransactionType::Grant,
                TransactionType::Promotion,
                TransactionType::Promotion
            ]
        );
    }

    #[test]
    fn a_filter_selects_exactly_the_entries_that_are_shown_as_its_type() {
        assert_eq!(TransactionType::Promotion.sources(), (vec![EntryKind::Issue], vec![13, 14]));
        assert_eq!(TransactionType::Recharge.sources(), (vec![EntryKind::Issue], vec![10]));
        assert_eq!(TransactionType::Consume.sources(), (vec![EntryKind::Settle], vec![]));
        assert_eq!(
            TransactionType::Expire.sources(),
            (vec![EntryKind::Expire, EntryKind::ExpireReturned], vec![])
        );
        assert_eq!(
            TransactionType::Revoke.sources(),
            (vec![EntryKind::Revoke, EntryKind::RevokeReturned], vec![])
        );
        assert_eq!(TransactionType::Earnings.sources(), (vec![EntryKind::Transfer], vec![]));
    }

    #[test]
    fn a_charge_and_its_refund_name_the_model() {
        let model = Some("stability/core");

        assert_eq!(
            describe(EntryKind::Settle, 1000, true, model),
            "Image made with stability/core"
        );
        assert_eq!(
            describe(EntryKind::Refund, 1000, true, model),
            "Refund for an image made with stability/core"
        );
        assert_eq!(describe(EntryKind::Refund, 1000, false, None), "Refund for a service");
        assert_eq!(describe(EntryKind::Settle, 1000, false, None), "Service");
    }
}
