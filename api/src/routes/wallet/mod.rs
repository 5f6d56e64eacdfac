//! `/api/wallet`: the caller's credits; `/api/credits`: the credits of all users, for admins.

mod balance;
mod earnings;
mod earnings_statistics;
mod explanation;
mod grants;
mod of_user;
mod statistics;
mod transactions;

pub use balance::{BalanceView, GrantView, WalletBalance};
pub use earnings::WalletEarnings;
pub use earnings_statistics::EarningsStatistics;
pub use explanation::WalletTransaction;
pub use grants::CreditGrants;
pub use of_user::CreditsOfUser;
pub use statistics::WalletStatistics;
pub use transactions::{TransactionView, WalletTransactions};

/// Every operation of the group.
pub type Routes = (
    WalletBalance,
    WalletTransactions,
    WalletTransaction,
    WalletStatistics,
    WalletEarnings,
    EarningsStatistics,
    CreditsOfUser,
    CreditGrants,
);

/// One instance of each.
pub const fn all() -> Routes {
    (
        WalletBalance,
        WalletTransactions,
        WalletTransaction,
        WalletStatistics,
        WalletEarnings,
        EarningsStatistics,
        CreditsOfUser,
        CreditGrants,
    )
}
