//! Providers: whose tasks their keys may serve.

mod admin;

pub use admin::AdminPolicies;

/// Every operation of the domain.
pub type Routes = AdminPolicies;

/// One instance of each.
pub const fn all() -> Routes {
    AdminPolicies
}
