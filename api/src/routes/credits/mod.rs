//! `/api/credits`: everyone's credits, for admins.

mod grants;
mod of_user;

pub use grants::CreditGrants;
pub use of_user::CreditsOfUser;

/// Every operation of the group.
pub type Routes = (CreditsOfUser, CreditGrants);

/// One of each.
pub const fn all() -> Routes {
    (CreditsOfUser, CreditGrants)
}
