//! The list of operations, domain by domain.

pub mod generation;
pub mod identity;
pub mod ledger;
pub mod model;
pub mod operations;
pub mod provider;
pub mod resource;
pub mod wallet;

use poem_openapi::Tags;

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

/// Every operation, by domain.
pub type Routes = (
    identity::Routes,
    wallet::Routes,
    resource::Routes,
    generation::Routes,
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
        model::all(),
        provider::all(),
        ledger::all(),
        operations::all(),
    )
}
