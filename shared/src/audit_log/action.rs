//! The words of the audit log.

use std::fmt;

use uuid::Uuid;

crate::vocabulary! {
    /// What an admin did.
    pub enum Action as "AuditAction" {
        /// A user's roles were replaced.
        UserRolesSet = "user.roles_set",
        /// A user was suspended.
        UserSuspended = "user.suspended",
        /// A suspended user was reinstated.
        UserReactivated = "user.reactivated",
        /// A user's second factor was ended, for who lost it.
        TotpReset = "user.totp_reset",
        /// A user was signed out everywhere.
        UserSignedOut = "user.signed_out",
        /// Credits were added to a wallet.
        CreditsAdded = "credits.added",
        /// What was left of a grant was taken back.
        GrantRevoked = "grant.revoked",
        /// A hosted key was put back into service.
        ResourceActivated = "resource.activated",
        /// A hosted key was taken out of service.
        ResourceDisabled = "resource.disabled",
        /// The sanction of a key was lifted.
        SanctionLifted = "sanction.lifted",
        /// A provider's policy was set.
        ProviderPolicySet = "provider.policy_set",
        /// A model was added.
        ModelCreated = "model.created",
        /// A model was changed.
        ModelChanged = "model.changed",
        /// A model was deleted.
        ModelDeleted = "model.deleted",
        /// A task was canceled.
        TaskCanceled = "task.canceled",
        /// A worker was told to start no new calls.
        WorkerDrained = "worker.drained",
        /// A worker may start calls again.
        WorkerResumed = "worker.resumed",
        /// A parked settlement was retried.
        SettlementRetried = "settlement.retried",
        /// A parked settlement was ended: the platform paid the owner.
        SettlementPaid = "settlement.paid",
        /// A parked settlement was ended: the owner went unpaid.
        SettlementReleased = "settlement.released",
        /// A user's strikes of the day were forgiven.
        StrikesLifted = "user.strikes_lifted",
        /// A user's limit of strikes was set.
        StrikeLimitSet = "user.strike_limit_set",
    }
}

/// To what it was done; shown as `kind:id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    User(Uuid),
    Grant(Uuid),
    Resource(Uuid),
    Task(Uuid),
    Worker(Uuid),
    Provider(&'a str),
    Model(&'a str),
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Grant(id) => write!(f, "grant:{id}"),
            Self::Resource(id) => write!(f, "resource:{id}"),
            Self::Task(id) => write!(f, "task:{id}"),
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::Provider(name) => write!(f, "provider:{name}"),
            Self::Model(id) => write!(f, "model:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_its_kind_and_its_id() {
        assert_eq!(Subject::Model("stability/core").to_string(), "model:stability/core");
        assert_eq!(
            Subject::User(Uuid::nil()).to_string(),
            "user:00000000-0000-0000-0000-000000000000"
        );
    }
}
