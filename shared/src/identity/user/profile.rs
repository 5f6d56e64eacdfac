//! What users may change about themselves.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Locale, User, store};
use crate::identity::IdentityError;
use crate::ledger::Credits;

/// `None` leaves the field as it is.
#[derive(Debug, Default)]
pub struct ProfileChange {
    /// Free text.
    pub display_name: Option<String>,
    /// The language they are written to in.
    pub locale: Option<Locale>,
    /// Below so many available credits they want to be told; zero: never.
    pub credits_low_at: Option<Credits>,
}

/// Applies the change and answers the user as they are now.
pub async fn change_profile(
    conn: &mut PgConnection,
    user_id: Uuid,
    change: &ProfileChange,
) -> Result<User, IdentityError> {
    store::update_profile(conn, user_id, change).await?.ok_or(IdentityError::UserNotFound)
}
