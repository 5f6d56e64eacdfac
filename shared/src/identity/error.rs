//! What can go wrong with users, sign-ins and tokens.

use std::time::Duration;

use super::password::PasswordRefused;

/// A variant exists because some caller acts differently on it.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Another user has this e-mail.
    #[error("the e-mail is taken")]
    EmailTaken,
    /// Unknown e-mail or wrong password; which of the two is nobody's business.
    #[error("e-mail or password is wrong")]
    InvalidCredentials,
    /// A password somebody chose is none.
    #[error("the password {0}")]
    PasswordRefused(#[from] PasswordRefused),
    /// A token that is forged, expired, revoked or unknown.
    #[error("the token is not valid")]
    InvalidToken,
    /// The user is suspended by an admin.
    #[error("the user is suspended")]
    Suspended,
    /// Too many failed sign-ins, or registrations, in the window.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long until the window ends.
        retry_after: Duration,
    },
    /// More passwords wait to be hashed than this process will queue.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// No such session of theirs that still lives.
    #[error("no such session")]
    SessionNotFound,
    /// No such user.
    #[error("no such user")]
    UserNotFound,
    /// Admins may not suspend themselves nor take the role from themselves: after the last one nobody could give it
    /// back.
    #[error("admins cannot take away their own access")]
    OwnAccess,
    /// The library refused to hash: a fault of ours, never of the input.
    #[error("the password could not be hashed")]
    Hash,
    /// PostgreSQL failed.
    #[error("the identity store failed")]
    Store(#[from] sqlx::Error),
}
