//! Running the exchange: health, statistics, and the audit log, into which every change by an admin is
//! written in its own transaction.

mod audit_log;
mod change;
mod health;
mod lookup;
mod pulse;
mod settings;
mod statistics;
mod statistics_view;

pub use audit_log::AdminAuditLog;
pub use change::{Change, Reason, ReasonOnly};
pub use health::HealthRoutes;
pub use lookup::AdminLookup;
pub use pulse::AdminPulse;
pub use settings::AdminSettings;
pub use statistics::AdminStatistics;

/// Every operation of the domain.
pub type Routes =
    (AdminStatistics, AdminPulse, AdminAuditLog, AdminLookup, AdminSettings, HealthRoutes);

/// One instance of each.
pub const fn all() -> Routes {
    (AdminStatistics, AdminPulse, AdminAuditLog, AdminLookup, AdminSettings, HealthRoutes)
}
