//! Sessions: one sign-in and the rotating refresh tokens that descend from it.

mod change_password;
mod check_credentials;
mod device;
mod list;
mod logout;
mod open;
mod refresh;
mod refresh_token;
mod store;

/// A client unused for this long signs in again; `identity.add_token` says the same.
pub const REFRESH_TOKEN_LIFETIME: std::time::Duration = std::time::Duration::from_hours(24 * 30);

pub use change_password::change_password;
pub use check_credentials::{Verified, check_credentials};
pub use device::Device;
pub use list::{LivingSession, list_sessions};
pub use logout::{Ended, end_session, logout, logout_everywhere};
pub use open::{OpenedSession, open};
pub use refresh::{Refreshed, refresh};
pub use refresh_token::RefreshToken;
#[cfg(test)]
pub(crate) use store::EndReason;
