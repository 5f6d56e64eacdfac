//! All operations, by domain.

pub mod events;
pub mod generation;
pub mod identity;
pub mod ledger;
pub mod market;
pub mod model;
pub mod operations;
pub mod provider;
pub mod resource;
pub mod wallet;

use poem_openapi::Tags;

/// The groups of operations in the document.
#[derive(Tags)]
pub enum Tag {
    /// Register, sign in, and manage your profile.
    Identity,
    /// Your credits and earnings.
    Wallet,
    /// Host your provider keys.
    Resources,
    /// Make images.
    Generation,
    /// Follow what happens as it happens, with server-sent events.
    Events,
    /// The credits of all users, for admins.
    Credits,
    /// Everything else that admins see and change.
    Admin,
    /// Check whether the server works.
    Operations,
}

/// Every operation, by domain.
pub type Routes = (
    identity::Routes,
    wallet::Routes,
    resource::Routes,
    generation::Routes,
    events::Routes,
    market::Routes,
    model::Routes,
    provider::Routes,
    ledger::Routes,
    operations::Routes,
);

/// One instance of each.
pub fn all() -> Routes {
    (
        identity::all(),
        wallet::all(),
        resource::all(),
        generation::all(),
        events::all(),
        market::all(),
        model::all(),
        provider::all(),
        ledger::all(),
        operations::all(),
    )
}
