//! Models: as consumers choose them, and as admins manage them.

mod admin;
mod admin_input;
mod admin_view;
mod list;
mod words;

pub use admin::AdminModels;
pub use list::ModelList;

/// Every operation of the domain.
pub type Routes = (ModelList, AdminModels);

/// One instance of each.
pub const fn all() -> Routes {
    (ModelList, AdminModels)
}
