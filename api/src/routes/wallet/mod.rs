//! `/api/wallet`: the own credits; `/api/credits`: everyone's, for admins.

mod balance;
mod earnings;
mod grants;
mod of_user;
mod span;
mod statistics;
mod transactions;

pub(crate) use balance::example_instant;
pub use balance::{BalanceView, GrantView, WalletBalance};
pub use earnings::WalletEarnings;
pub use grants::CreditGrants;
pub use of_user::CreditsOfUser;
pub use span::{Between, resolve_span};
pub use statistics::WalletStatistics;
pub use transactions::{TransactionView, WalletTransactions, transactions_page};

/// Every operation of the group.
pub type Routes = (
    WalletBalance,
    WalletTransactions,
    WalletStatistics,
    WalletEarnings,
    CreditsOfUser,
    CreditGrants,
);

/// One of each.
pub const fn all() -> Routes {
    (
        WalletBalance,
        WalletTransactions,
        WalletStatistics,
        WalletEarnings,
        CreditsOfUser,
        CreditGrants,
    )
}
