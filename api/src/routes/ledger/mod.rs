//! The ledger as a whole, for admins: its journal and its audit.

mod audit;
mod journal;
mod last_audit;

pub use audit::AdminAudit;
pub use journal::{AdminTransactions, MovementView};

/// Every operation of the domain.
pub type Routes = (AdminTransactions, AdminAudit);

/// One instance of each.
pub const fn all() -> Routes {
    (AdminTransactions, AdminAudit)
}
