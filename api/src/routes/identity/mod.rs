//! `/api/auth`, and users as admins see them.

mod admin;
mod profile;
mod sessions;
mod views;

pub use admin::AdminUsers;
pub use profile::Profile;
pub use sessions::Sessions;
pub(crate) use views::mirrored;
pub use views::{LocaleName, RoleName, SessionView, UserStatusName, UserView};

/// Every operation of the domain.
pub type Routes = (Sessions, Profile, AdminUsers);

/// One of each.
pub const fn all() -> Routes {
    (Sessions, Profile, AdminUsers)
}
