//! The list of operations, group by group.

pub mod auth;
pub mod health;

use poem_openapi::Tags;

/// The groups of the document.
#[derive(Tags)]
pub enum Tag {
    /// Registering, signing in, the own profile.
    Identity,
    /// Whether this process works.
    Operations,
}

/// Every group of operations.
pub type Routes = (auth::Sessions, auth::Profile, health::HealthRoutes);

/// One of each.
pub fn all() -> Routes {
    (auth::Sessions, auth::Profile, health::HealthRoutes)
}
