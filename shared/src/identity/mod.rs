//! Who may do what: users with their roles, sign-ins (with a second factor, for who has one) that live as sessions of
//! rotating refresh tokens, and short-lived access tokens every process can judge without a query.

pub mod access;
pub mod error;
pub mod password;
pub mod pseudonym;
pub mod session;
pub mod throttle;
pub mod totp;
pub mod user;

pub use error::IdentityError;
