//! The first admin, made by the operator's command line.

use sqlx::PgConnection;

use super::{Email, Locale, NewUser, Role, User, register, store};
use crate::identity::IdentityError;

/// What `ctl` gives.
#[derive(Debug)]
pub struct NewAdmin {
    /// Unique among users; a known user is promoted instead.
    pub email: Email,
    /// PHC string; replaces a known user's.
    pub password_hash: String,
    /// Free text; a known user keeps theirs.
    pub display_name: String,
}

/// Makes an admin, or makes a known user one and sets their password. Safe to repeat.
pub async fn create_admin(conn: &mut PgConnection, new: NewAdmin) -> Result<User, IdentityError> {
    let known = store::find_credentials(conn, &new.email).await?;
    let Some(known) = known else {
        let new = NewUser {
            email: new.email,
            password_hash: new.password_hash,
            display_name: new.display_name,
            locale: Locale::English,
        };
        return register::insert(conn, &new, &[Role::Consumer, Role::Admin]).await;
    };
    store::update_password(conn, known.user.id, &new.password_hash).await?;
    store::add_role(conn, known.user.id, Role::Admin).await?;
    store::find(conn, known.user.id).await?.ok_or(IdentityError::UserNotFound)
}
