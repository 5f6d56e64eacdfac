//! Who has which role.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Role, User, store};
use crate::identity::IdentityError;

/// Replaces a user's roles, as an admin. `consumer` always stays. Takes effect within seconds for
/// tokens already out.
///
/// [`IdentityError::OwnAccess`] if `actor_id` would take `admin` from themselves.
pub async fn set_roles(
    conn: &mut PgConnection,
    actor_id: Uuid,
    user_id: Uuid,
    roles: &[Role],
) -> Result<User, IdentityError> {
    if actor_id == user_id && !roles.contains(&Role::Admin) {
        return Err(IdentityError::OwnAccess);
    }
    store::update_roles(conn, user_id, &with_consumer(roles))
        .await?
        .ok_or(IdentityError::UserNotFound)
}

fn with_consumer(roles: &[Role]) -> Vec<Role> {
    let mut all = roles.to_vec();
    all.push(Role::Consumer);
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_stays_a_consumer_and_no_role_is_held_twice() {
        assert_eq!(with_consumer(&[]), [Role::Consumer]);
        assert_eq!(
            with_consumer(&[Role::Admin, Role::Consumer, Role::Admin]),
            [Role::Consumer, Role::Admin]
        );
    }
}
