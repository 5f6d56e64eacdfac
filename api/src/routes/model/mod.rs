//! Models: as consumers pick them, and as admins offer them.

mod admin;
mod admin_input;
mod admin_view;
mod list;

pub use admin::AdminModels;
pub use list::ModelList;

/// Every operation of the domain.
pub type Routes = (ModelList, AdminModels);

/// One of each.
pub const fn all() -> Routes {
    (ModelList, AdminModels)
}
