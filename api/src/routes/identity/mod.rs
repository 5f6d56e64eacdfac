//! `/api/auth`, and users as admins see them.

mod admin;
mod cookie;
mod devices;
mod own_password;
mod profile;
mod security;
mod sessions;
mod strikes;
mod totp;
mod totp_reset;
mod user_sessions;
mod views;

pub use admin::AdminUsers;
pub use devices::Devices;
pub use profile::Profile;
pub use sessions::Sessions;
pub use strikes::AdminStrikes;
pub use totp::SecondFactor;
pub use totp_reset::AdminTotp;
pub use user_sessions::AdminSessions;
pub use views::{SessionView, UserView};

/// Every operation of the domain.
pub type Routes =
    (Sessions, Devices, Profile, SecondFactor, AdminUsers, AdminStrikes, AdminTotp, AdminSessions);

/// One instance of each.
pub const fn all() -> Routes {
    (Sessions, Devices, Profile, SecondFactor, AdminUsers, AdminStrikes, AdminTotp, AdminSessions)
}
