//! The first admin, made by the operator's command line.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Email, Locale, NewUser, Role, User, register, store};
use crate::identity::{IdentityError, totp};

/// What `ctl` gives.
#[derive(Debug)]
pub struct NewAdmin {
    /// Unique among users.
    pub email: Email,
    /// PHC string; replaces a known user's.
    pub password_hash: String,
    /// Free text; a known user keeps theirs.
    pub display_name: String,
}

/// Makes an admin. Anybody may have registered the address first: a known user is only made one if the operator says
/// that they are meant (`promote`), and then gets this password, which ends every session and access token of theirs.
/// Otherwise [`IdentityError::EmailTaken`].
pub async fn create_admin(
    conn: &mut PgConnection,
    new: NewAdmin,
    promote: bool,
) -> Result<User, IdentityError> {
    let known = store::find_by_email(conn, &new.email).await?;
    let id = match known {
        Some(_) if !promote => return Err(IdentityError::EmailTaken),
        Some(known) => {
            store::set_password(conn, known.id, &new.password_hash).await?;
            if !known.roles.contains(&Role::Admin) {
                forget_totp(conn, known.id).await?;
            }
            known.id
        }
        None => {
            let new = NewUser {
                email: new.email,
                password_hash: new.password_hash,
                display_name: new.display_name,
                locale: Locale::English,
            };
            register::insert(conn, &new).await?.id
        }
    };
    store::add_role(conn, id, Role::Admin).await?;
    store::find(conn, id).await?.ok_or(IdentityError::UserNotFound)
}

async fn forget_totp(conn: &mut PgConnection, user_id: Uuid) -> Result<(), IdentityError> {
    match totp::reset(conn, user_id).await {
        Err(IdentityError::TotpNotEnrolled) => Ok(()),
        reset => reset,
    }
}
