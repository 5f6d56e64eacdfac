//! `/api/wallet`: the caller's credits; `/api/credits`: the credits of all users, for admins.

mod balance;
mod earnings;
mod grants;
mod of_user;
mod statistics;
mod transactions;

pub use balance::{BalanceView, GrantView, WalletBalance};
pub use earnings::WalletEarnings;
pub use grants::CreditGrants;
pub use of_user::CreditsOfUser;
pub use statistics::WalletStatistics;
pub use transactions::{TransactionView, WalletTransactions};

/// Every operation of the group.
pub type Routes = (
    WalletBalance,
    WalletTransactions,
    WalletStatistics,
    WalletEarnings,
    CreditsOfUser,
    CreditGrants,
);

/// One instance of each.
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
