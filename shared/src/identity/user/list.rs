//! Users as an admin looks through them.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Role, User, UserStatus, store};
use crate::identity::IdentityError;

/// Which users; everything given must hold.
#[derive(Debug, Default, Clone)]
pub struct UserFilter {
    /// What the e-mail begins with, lowercased.
    pub email_prefix: Option<String>,
    /// In this status.
    pub status: Option<UserStatus>,
    /// Having this role.
    pub role: Option<Role>,
}

/// Where a page ended: the id of its last user.
pub type UserPosition = Uuid;

/// At most `rows_max` users older than `before`, newest first.
pub async fn list_users(
    conn: &mut PgConnection,
    filter: &UserFilter,
    before: Option<UserPosition>,
    rows_max: i64,
) -> Result<Vec<User>, IdentityError> {
    Ok(store::list(conn, filter, before, rows_max).await?)
}
