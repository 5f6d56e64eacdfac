//! `/api/admin`: what admins look at and set. Every change takes a reason and is written into the audit
//! log in its own transaction, as the role that may.

mod audit;
mod audit_log;
mod change;
mod job_view;
mod jobs;
mod model_input;
mod model_view;
mod models;
mod policies;
mod problem;
mod resources;
mod statistics;
mod statistics_view;
mod transactions;
mod users;
mod words;
mod workers;

pub use audit::AdminAudit;
pub use audit_log::AdminAuditLog;
pub use change::{Change, Reason, ReasonOnly};
pub use jobs::AdminJobs;
pub use models::AdminModels;
pub use policies::AdminPolicies;
pub use resources::AdminResources;
pub use statistics::AdminStatistics;
pub use transactions::AdminTransactions;
pub use users::AdminUsers;
pub use workers::AdminWorkers;

/// Every operation of the group.
pub type Routes = (
    AdminUsers,
    AdminTransactions,
    AdminStatistics,
    AdminPolicies,
    AdminResources,
    AdminModels,
    AdminAudit,
    AdminAuditLog,
    AdminJobs,
    AdminWorkers,
);

/// One of each.
pub const fn all() -> Routes {
    (
        AdminUsers,
        AdminTransactions,
        AdminStatistics,
        AdminPolicies,
        AdminResources,
        AdminModels,
        AdminAudit,
        AdminAuditLog,
        AdminJobs,
        AdminWorkers,
    )
}
