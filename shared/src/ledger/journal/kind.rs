//! The kinds of entries and of accounts. Between which accounts an entry of each kind runs is said in
//! `ledger.entry_rule` (`migrations/0003_ledger.sql`).

crate::vocabulary! {
    /// What one entry of the journal records.
    pub enum EntryKind as "JournalKind" {
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
        /// The platform paid an owner for an image that could not be settled.
        Parked = "parked",
        /// Earnings moved into their owner's wallet.
        Transfer = "transfer",
    }
}

crate::vocabulary! {
    /// Whose credits an account counts.
    pub enum AccountKind {
        /// A consumer's.
        Wallet = "wallet",
        /// What the keys of an owner earned.
        Owner = "owner",
        /// What a service earned.
        Service = "service",
        /// The platform's own.
        Platform = "platform",
        /// Credits that expired.
        Breakage = "breakage",
        /// Credits issued from one source.
        Issuance = "issuance",
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
