//! `/api/auth`.

mod profile;
mod sessions;
mod views;

pub use profile::Profile;
pub use sessions::Sessions;
pub(crate) use views::mirrored;
pub use views::{LocaleName, RoleName, SessionView, UserStatusName, UserView};
