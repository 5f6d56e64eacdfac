//! What changed about users and sessions within the life of a token. A token alone is as old as its
//! issue; with this it is as old as the last look.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{ACCESS_TOKEN_LIFETIME, AccessClaims};
use crate::identity::{
    IdentityError,
    user::{Role, UserStatus},
};

/// How long a change is remembered: every token older than it has expired by then, with a margin for
/// clocks that differ.
pub(super) const REMEMBERED: Duration =
    Duration::from_secs(ACCESS_TOKEN_LIFETIME.as_secs() + 5 * 60);

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user_id: Uuid,
    /// Their wallet's account in the ledger.
    pub wallet: i64,
    /// The roles they have now.
    pub roles: Vec<Role>,
    /// The session the token belongs to.
    pub session_id: Uuid,
    /// The token version it was issued under.
    pub version: i32,
    /// Whether that session was opened with a second factor.
    pub two_factor: bool,
}

impl Principal {
    /// Whether they have the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// What stays of a credential while something it opened is open: enough to see that it was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The user.
    pub user_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// The token version.
    pub version: i32,
}

impl From<&Principal> for Reader {
    fn from(it: &Principal) -> Self {
        Self { user_id: it.user_id, session_id: it.session_id, version: it.version }
    }
}

/// A user's access as it is now.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct UserAccess {
    pub status: UserStatus,
    pub roles: Vec<Role>,
    pub token_version: i32,
}

/// Users and sessions that changed lately; about everyone else the token is right.
#[derive(Debug, Default)]
pub struct RecentChanges {
    users: HashMap<Uuid, (Instant, UserAccess)>,
    ended_sessions: HashMap<Uuid, Instant>,
}

impl RecentChanges {
    /// Whether a verified token is still good, and as whom it speaks.
    pub fn judge(&self, claims: AccessClaims) -> Result<Principal, IdentityError> {
        let (user_id, session_id, version) = (claims.sub, claims.sid, claims.version);
        let known = self.judge_reader(&Reader { user_id, session_id, version })?;
        let roles = known.map_or(claims.roles, |it| it.roles.clone());
        let (wallet, two_factor) = (claims.wallet, claims.two_factor);
        Ok(Principal { user_id, wallet, roles, session_id, version, two_factor })
    }

    /// Whether a credential that was good is still good, and what changed about its user since.
    pub(super) fn judge_reader(
        &self,
        reader: &Reader,
    ) -> Result<Option<&UserAccess>, IdentityError> {
        // A token of a higher version was issued after what is known here: the next look will say what it says.
        let known = self.users.get(&reader.user_id).map(|(_, access)| access);
        let known = known.filter(|it| reader.version <= it.token_version);
        if let Some(access) = known {
            if access.status == UserStatus::Suspended {
                return Err(IdentityError::Suspended);
            }
            if reader.version < access.token_version {
                return Err(IdentityError::InvalidToken);
            }
        }
        if self.ended_sessions.contains_key(&reader.session_id) {
            return Err(IdentityError::InvalidToken);
        }
        Ok(known)
    }

    pub(super) fn user_changed(&mut self, at: Instant, user_id: Uuid, access: UserAccess) {
        self.users.insert(user_id, (at, access));
    }

    pub(super) fn session_ended(&mut self, at: Instant, session_id: Uuid) {
        self.ended_sessions.entry(session_id).or_insert(at);
    }

    pub(super) fn forget_old(&mut self, now: Instant) {
        let recent = |at: &Instant| now.saturating_duration_since(*at) < REMEMBERED;
        self.users.retain(|_, (at, _)| recent(at));
        self.ended_sessions.retain(|_, at| recent(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> AccessClaims {
        AccessClaims {
            sub: Uuid::now_v7(),
            wallet: 1001,
            roles: vec![Role::Consumer],
            version: 3,
            sid: Uuid::now_v7(),
            two_factor: false,
            iat: 0,
            exp: u64::MAX,
            jti: Uuid::now_v7(),
        }
    }

    fn access(status: UserStatus, token_version: i32) -> UserAccess {
        UserAccess { status, roles: vec![Role::Consumer, Role::Admin], token_version }
    }

    #[test]
    fn a_user_nothing_changed_about_is_as_the_token_says() {
        let principal = RecentChanges::default().judge(claims()).unwrap();

        assert_eq!(principal.roles, [Role::Consumer]);
    }

    #[test]
    fn new_roles_reach_a_token_already_out() {
        let (mut changes, claims) = (RecentChanges::default(), claims());
        changes.user_changed(Instant::now(), claims.sub, access(UserStatus::Active, 3));

        assert!(changes.judge(claims).unwrap().has(Role::Admin));
    }

    #[test]
    fn a_suspended_user_is_told_so_and_an_older_version_is_no_token() {
        let (mut changes, claims) = (RecentChanges::default(), claims());

        changes.user_changed(Instant::now(), claims.sub, access(UserStatus::Suspended, 4));
        assert!(matches!(changes.judge(claims.clone()), Err(IdentityError::Suspended)));

        changes.user_changed(Instant::now(), claims.sub, access(UserStatus::Active, 4));
        assert!(matches!(changes.judge(claims), Err(IdentityError::InvalidToken)));
    }

    #[test]
    fn a_reinstated_user_who_signs_in_again_is_not_refused_for_what_was_known_before() {
        let (mut changes, claims) = (RecentChanges::default(), claims());
        changes.user_changed(Instant::now(), claims.sub, access(UserStatus::Suspended, 2));

        assert_eq!(changes.judge(claims).unwrap().roles, [Role::Consumer]);
    }

    #[test]
    fn tokens_of_an_ended_session_end_with_it() {
        let (mut changes, claims) = (RecentChanges::default(), claims());
        changes.session_ended(Instant::now(), claims.sid);

        assert!(matches!(changes.judge(claims), Err(IdentityError::InvalidToken)));
    }

    #[test]
    fn a_change_is_forgotten_once_no_token_can_be_older() {
        let (mut changes, claims) = (RecentChanges::default(), claims());
        let then = Instant::now();
        changes.user_changed(then, claims.sub, access(UserStatus::Active, 4));
        changes.session_ended(then, claims.sid);

        changes.forget_old(then + REMEMBERED.saturating_sub(Duration::from_secs(1)));
        assert!(changes.judge(claims.clone()).is_err());

        changes.forget_old(then + REMEMBERED);
        assert!(changes.judge(claims).is_ok());
    }
}
