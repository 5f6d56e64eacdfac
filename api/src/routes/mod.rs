//! The list of operations, group by group.

pub mod admin;
pub mod auth;
pub mod credits;
pub mod generate;
pub mod health;
pub mod resource;
pub mod wallet;

use poem_openapi::Tags;

pub(crate) use auth::mirrored;

/// The groups of the document.
#[derive(Tags)]
pub enum Tag {
    /// Registering, signing in, the own profile.
    Identity,
    /// The own credits and earnings.
    Wallet,
    /// Hosting keys.
    Resources,
    /// Making images.
    Generation,
    /// Everyone's credits, for admins.
    Credits,
    /// What admins look at and set.
    Admin,
    /// Whether this process works.
    Operations,
}

type Identity = (auth::Sessions, auth::Profile);

/// Every group of operations.
pub type Routes = (
    Identity,
    wallet::Routes,
    resource::Routes,
    generate::Routes,
    credits::Routes,
    admin::Routes,
    health::HealthRoutes,
);

/// One of each.
pub fn all() -> Routes {
    (
        (auth::Sessions, auth::Profile),
        wallet::all(),
        resource::all(),
        generate::all(),
        credits::all(),
        admin::all(),
        health::HealthRoutes,
    )
}
