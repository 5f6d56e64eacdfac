//! Users: who they are, which roles they have, and the verbs that change them.

mod admins;
mod email;
mod list;
mod profile;
mod register;
mod roles;
pub mod store;
mod suspend;
mod words;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::ledger::Credits;

pub use admins::{NewAdmin, create_admin};
pub use email::{Email, InvalidEmail};
pub use list::{UserFilter, UserPosition, list_users};
pub use profile::{ProfileChange, change_profile};
pub use register::{NewUser, register};
pub use roles::set_roles;
pub use suspend::{cancel_slipped_in, reactivate, suspend};
pub use words::{Locale, Role, UserStatus};

/// An account of a person. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    /// UUIDv7: ascending in time of registration.
    pub id: Uuid,
    /// Lowercased.
    pub email: String,
    /// What others see; free text.
    pub display_name: String,
    /// Always contains [`Role::Consumer`]; no duplicates.
    pub roles: Vec<Role>,
    /// Whether they may act.
    pub status: UserStatus,
    /// Why an admin last changed the status.
    pub status_reason: Option<String>,
    /// The language they are written to in.
    pub locale: Locale,
    /// Below so many available credits they want to be told.
    pub credits_low_at: Option<Credits>,
    /// Their wallet's account in the ledger.
    pub wallet: i64,
    /// Access tokens issued under a lower version are refused.
    pub token_version: i32,
    /// When they registered.
    pub created_at: DateTime<Utc>,
}
