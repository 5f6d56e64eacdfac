//! `/api/auth`, and users as admins see them.

mod admin;
mod profile;
mod sessions;
mod strikes;
mod views;

pub use admin::AdminUsers;
pub use profile::Profile;
pub use sessions::Sessions;
pub use strikes::AdminStrikes;
pub use views::{SessionView, UserView};

/// Every operation of the domain.
pub type Routes = (Sessions, Profile, AdminUsers, AdminStrikes);

/// One instance of each.
pub const fn all() -> Routes {
    (Sessions, Profile, AdminUsers, AdminStrikes)
}
