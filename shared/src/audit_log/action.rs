//! The words of the audit log.

use std::fmt;

use uuid::Uuid;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    UserRolesSet,
    UserSuspended,
    UserReactivated,
    CreditsAdded,
    GrantRevoked,
    ResourceActivated,
    ResourceDisabled,
    ProviderPolicySet,
    ModelCreated,
    ModelChanged,
    ModelDeleted,
    SettlementRetried,
}

impl Action {
    /// `area.verb`, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserRolesSet => "user.roles_set",
            Self::UserSuspended => "user.suspended",
            Self::UserReactivated => "user.reactivated",
            Self::CreditsAdded => "credits.added",
            Self::GrantRevoked => "grant.revoked",
            Self::ResourceActivated => "resource.activated",
            Self::ResourceDisabled => "resource.disabled",
            Self::ProviderPolicySet => "provider.policy_set",
            Self::ModelCreated => "model.created",
            Self::ModelChanged => "model.changed",
            Self::ModelDeleted => "model.deleted",
            Self::SettlementRetried => "settlement.retried",
        }
    }
}

/// To what it was done; shown as `kind:id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    User(Uuid),
    Grant(Uuid),
    Resource(Uuid),
    Task(Uuid),
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
