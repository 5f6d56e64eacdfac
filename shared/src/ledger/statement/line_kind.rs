//! What a journal row means to the owner of the wallet.

/// What happened, as the journal spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum JournalKind {
    /// A grant was issued.
    Issue,
    /// A hold was charged.
    Settle,
    /// Part of a charge was given back.
    Refund,
    /// What was left of a grant expired.
    Expire,
    /// Credits came back from a hold after their grant had expired.
    ExpireReturned,
    /// What was left of a grant was taken back.
    Revoke,
    /// Credits came back from a hold after their grant had been taken back.
    RevokeReturned,
    /// The platform paid an owner for an image nobody is charged for.
    Surplus,
    /// The platform paid an owner for output the provider billed and withheld.
    Compensate,
    /// Earnings moved into the owner's wallet.
    Transfer,
}

impl JournalKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Issue,
        Self::Settle,
        Self::Refund,
        Self::Expire,
        Self::ExpireReturned,
        Self::Revoke,
        Self::RevokeReturned,
        Self::Surplus,
        Self::Compensate,
        Self::Transfer,
    ];

    /// The word in `ledger.journal.kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Settle => "settle",
            Self::Refund => "refund",
            Self::Expire => "expire",
            Self::ExpireReturned => "expire_returned",
            Self::Revoke => "revoke",
            Self::RevokeReturned => "revoke_returned",
            Self::Surplus => "surplus",
            Self::Compensate => "compensate",
            Self::Transfer => "transfer",
        }
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

/// The kinds of line a statement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Recharge,
    Subscription,
    Grant,
    Promotion,
    Refund,
    Consume,
    Expire,
    Revoke,
    Earnings,
    Adjustment,
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
            .into_iter()
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
