//! What users may change about themselves.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Locale, User, store};
use crate::identity::IdentityError;

/// `None` leaves the field as it is.
#[derive(Debug, Default)]
pub struct ProfileChange {
    /// Free text.
    pub display_name: Option<String>,
    /// The language they are written to in.
    pub locale: Option<Locale>,
}

/// Applies the change and answers the user as they are now.
pub async fn change_profile(
    conn: &mut PgConnection,
    user_id: Uuid,
    change: &ProfileChange,
) -> Result<User, IdentityError> {
    store::update_profile(conn, user_id, change.display_name.as_deref(), change.locale)
        .await?
        .ok_or(IdentityError::UserNotFound)
}
