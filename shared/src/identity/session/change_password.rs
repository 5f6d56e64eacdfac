//! A new password, and the end of every other session.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::identity::{IdentityError, user};

/// Writes the new hash and ends every session but `session_id`, whose tokens stay good. The current
/// password has been checked before ([`super::check_credentials`]).
pub async fn change_password(
    conn: &mut PgConnection,
    user_id: Uuid,
    session_id: Uuid,
    password_hash: &str,
) -> Result<(), IdentityError> {
    user::store::lock(conn, user_id).await?.ok_or(IdentityError::UserNotFound)?;
    user::store::update_password(conn, user_id, password_hash).await?;
    Ok(store::end_other_sessions(conn, user_id, session_id).await?)
}
