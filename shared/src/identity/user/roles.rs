//! Who has which role.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Role, User, store};
use crate::identity::IdentityError;

/// Replaces a user's roles, as an admin. `consumer` always stays. Takes effect within seconds for
/// tokens already out.
///
/// [`IdentityError::OwnAccess`] if `actor_id` would take `admin` from himself.
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

/// What connecting the first resource does. Idempotent; tokens already out stay good.
pub async fn add_resource_provider(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<(), IdentityError> {
    Ok(store::add_role(conn, user_id, Role::ResourceProvider).await?)
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
