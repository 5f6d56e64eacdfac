//! What can go wrong with users, sign-ins and tokens.

use std::time::Duration;

use super::password::PasswordRefused;
use crate::pool::vault::VaultError;

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
    /// The password was right, and a code is asked for.
    #[error("a code of the second factor is needed")]
    TotpRequired,
    /// The code is wrong, too old, or was used before.
    #[error("the code is wrong or was used")]
    TotpInvalid,
    /// There is a second factor already.
    #[error("a second factor is enrolled already")]
    TotpEnrolled,
    /// There is no second factor.
    #[error("no second factor is enrolled")]
    TotpNotEnrolled,
    /// The secret of a second factor does not open: its master key is not loaded, or it was changed.
    #[error("the secret of a second factor does not open")]
    Vault(#[from] VaultError),
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
