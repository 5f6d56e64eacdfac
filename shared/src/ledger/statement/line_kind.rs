//! What a journal row means to the owner of the wallet.

crate::vocabulary! {
    /// What one entry of the journal records.
    pub enum JournalKind {
        /// A grant was issued.
        Issue = "issue",
        /// A hold was charged.
        Settle = "settle",
        /// A charge was given back, in whole or in part.
        Refund = "refund",
        /// What was left of a grant expired.
        Expire = "expire",
        /// Credits came back from a hold after their grant had expired.
        ExpireReturned = "expire_returned",
        /// What was left of a grant was taken back.
        Revoke = "revoke",
        /// Credits came back from a hold after their grant had been taken back.
        RevokeReturned = "revoke_returned",
        /// The platform paid an owner for an image that nobody is charged for.
        Surplus = "surplus",
        /// The platform paid an owner for output that the provider billed and withheld.
        Compensate = "compensate",
        /// Earnings moved into their owner's wallet.
        Transfer = "transfer",
    }
}

/// The platform's accounts that issue credits; their numbers are fixed (`migrations/0003_ledger.sql`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuance {
    Purchase,
    Subscription,
    Admin,
    Promotion,
    SignUp,
}

impl Issuance {
    /// Every one of them.
    pub const ALL: [Self; 5] =
        [Self::Purchase, Self::Subscription, Self::Admin, Self::Promotion, Self::SignUp];

    /// Its account's number.
    pub const fn account(self) -> i64 {
        match self {
            Self::Purchase => 10,
            Self::Subscription => 11,
            Self::Admin => 12,
            Self::Promotion => 13,
            Self::SignUp => 14,
        }
    }

    /// The issuance of an account; `None` for any other account.
    pub fn of_account(account: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.account() == account)
    }
}

crate::vocabulary! {
    /// What a transaction did to the wallet.
    pub enum LineKind as "TransactionType" {
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

impl LineKind {
    /// What a row is to the wallet; `debit` tells which account an issue came from.
    pub fn of(kind: JournalKind, debit: i64) -> Self {
        match kind {
            JournalKind::Issue => match Issuance::of_account(debit) {
                Some(Issuance::Purchase) => Self::Recharge,
                Some(Issuance::Subscription) => Self::Subscription,
                Some(Issuance::Admin) => Self::Grant,
                Some(Issuance::Promotion | Issuance::SignUp) => Self::Promotion,
                None => Self::Adjustment,
            },
            JournalKind::Settle => Self::Consume,
            JournalKind::Refund => Self::Refund,
            JournalKind::Expire | JournalKind::ExpireReturned => Self::Expire,
            JournalKind::Revoke | JournalKind::RevokeReturned => Self::Revoke,
            JournalKind::Transfer => Self::Earnings,
            // Rows between the platform and an owner; a wallet has no part in them.
            JournalKind::Surplus | JournalKind::Compensate => Self::Adjustment,
        }
    }

    /// The rows that are of this kind: journal words, and the accounts an issue may come from.
    pub(super) fn sources(self) -> (Vec<&'static str>, Vec<i64>) {
        let issuers: Vec<i64> = Issuance::ALL
            .into_iter()
            .map(Issuance::account)
            .filter(|&account| Self::of(JournalKind::Issue, account) == self)
            .collect();
        let kinds = JournalKind::ALL
            .iter()
            .copied()
            .filter(|&kind| match kind {
                JournalKind::Issue => !issuers.is_empty(),
                other => Self::of(other, 0) == self,
            })
            .map(JournalKind::as_str)
            .collect();
        (kinds, issuers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_named_after_the_account_it_came_from() {
        let kinds = Issuance::ALL.map(|it| LineKind::of(JournalKind::Issue, it.account()));

        assert_eq!(
            kinds,
            [
                LineKind::Recharge,
                LineKind::Subscription,
                LineKind::Grant,
                LineKind::Promotion,
                LineKind::Promotion
            ]
        );
    }

    #[test]
    fn a_filter_selects_exactly_the_rows_that_are_shown_as_its_kind() {
        assert_eq!(LineKind::Promotion.sources(), (vec!["issue"], vec![13, 14]));
        assert_eq!(LineKind::Recharge.sources(), (vec!["issue"], vec![10]));
        assert_eq!(LineKind::Consume.sources(), (vec!["settle"], vec![]));
        assert_eq!(LineKind::Expire.sources(), (vec!["expire", "expire_returned"], vec![]));
        assert_eq!(LineKind::Revoke.sources(), (vec!["revoke", "revoke_returned"], vec![]));
        assert_eq!(LineKind::Earnings.sources(), (vec!["transfer"], vec![]));
    }
}
