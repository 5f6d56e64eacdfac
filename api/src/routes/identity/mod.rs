//! `/api/auth`, and users as admins see them.

mod admin;
mod profile;
mod sessions;
mod views;

pub use admin::AdminUsers;
pub use profile::Profile;
pub use sessions::Sessions;
pub use views::{SessionView, UserView};

/// Every operation of the domain.
pub type Routes = (Sessions, Profile, AdminUsers);

/// One instance of each.
pub const fn all() -> Routes {
    (Sessions, Profile, AdminUsers)
}
