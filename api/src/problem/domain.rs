//! The problems that errors of the domain become. Exhaustive: a new variant does not compile until it has
//! a code.

use shared::{
    db::is_passing, identity::IdentityError, ledger::wallet::WalletError, pool::PoolError,
};

use super::{Code, Problem};
use crate::streams::TooManyStreams;

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        use IdentityError as E;
        match error {
            E::EmailTaken => Self::new(
                Code::AuthEmailTaken,
                "there is already a user with this e-mail address; sign in instead",
            ),
            E::InvalidCredentials => Self::new(
                Code::AuthInvalidCredentials,
                "no user has this e-mail address and password",
            ),
            E::TotpRequired => Self::new(
                Code::AuthTotpRequired,
                "send the same again with `code`: six digits from your authenticator app, or a recovery code",
            ),
            E::TotpInvalid => Self::new(
                Code::AuthTotpInvalid,
                "the code is wrong, too old or used; wait for the next one, or use a recovery code",
            ),
            E::TotpEnrolled => Self::new(
                Code::AuthTotpEnrolled,
                "you have a second factor already; remove it before you enrol another",
            ),
            E::TotpNotEnrolled => Self::new(
                Code::AuthTotpNotEnrolled,
                "there is no second factor; begin with POST /api/auth/totp",
            ),
            E::Vault(error) => Self::internal(&error),
            E::PasswordRefused(why) => Self::invalid_field("password", why.to_string()),
            E::InvalidToken => Self::new(
                Code::AuthInvalidToken,
                "the token is expired, revoked or forged; sign in again",
            ),
            E::Suspended => Self::new(Code::AuthSuspended, "an admin suspended this user"),
            E::TooManyAttempts { retry_after } => {
                Self::new(Code::RateLimited, "too many attempts; wait before you try again")
                    .retry_after(retry_after)
            }
            E::Busy => {
                Self::new(Code::Unavailable, "too many sign-ins at the same time; try again")
            }
            E::UserNotFound | E::SessionNotFound => Self::not_found(),
            E::OwnAccess => Self::new(
                Code::UserOwnAccess,
                "another admin must do this, so that there is always one left",
            ),
            E::Hash => Self::internal(&error),
            E::Store(error) => error.into(),
        }
    }
}

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::WalletNotFound | WalletError::GrantNotFound => Self::not_found(),
            WalletError::GrantRevoked => {
                Self::new(Code::CreditsGrantRevoked, "this grant has already been revoked")
            }
            WalletError::Store(error) => error.into(),
        }
    }
}

impl From<TooManyStreams> for Problem {
    fn from(error: TooManyStreams) -> Self {
        let code = match error {
            TooManyStreams::OfUser => Code::RateLimited,
            TooManyStreams::OfProcess | TooManyStreams::Stopping => Code::Unavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<PoolError> for Problem {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::ProviderNotFound | PoolError::ModelNotFound => Self::not_found(),
            PoolError::ModelExists => Self::new(
                Code::ModelExists,
                "there is already a model with this id; change it, or delete it first",
            ),
            PoolError::Store(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    /// A database that does not answer is worth another try; anything else is a fault of the server.
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) {
            tracing::warn!(%error, "the database did not answer");
            return Self::new(Code::Unavailable, "the database does not answer; try again");
        }
        Self::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::identity::password::PasswordRefused;

    use super::*;

    #[test]
    fn identity_errors_have_the_codes_of_the_contract() {
        for (error, code) in [
            (IdentityError::EmailTaken, "auth.email_taken"),
            (IdentityError::InvalidCredentials, "auth.invalid_credentials"),
            (IdentityError::InvalidToken, "auth.invalid_token"),
            (IdentityError::Suspended, "auth.suspended"),
            (IdentityError::TooManyAttempts { retry_after: Duration::ZERO }, "rate.limited"),
            (PasswordRefused::Common.into(), "request.invalid"),
            (IdentityError::SessionNotFound, "not_found"),
            (IdentityError::UserNotFound, "not_found"),
            (IdentityError::Store(sqlx::Error::RowNotFound), "internal"),
        ] {
            assert_eq!(Problem::from(error).code().as_str(), code);
        }
    }

    #[test]
    fn wallet_errors_have_their_codes() {
        for (error, code) in [
            (WalletError::WalletNotFound, "not_found"),
            (WalletError::GrantNotFound, "not_found"),
            (WalletError::GrantRevoked, "credits.grant_revoked"),
            (WalletError::Store(sqlx::Error::PoolTimedOut), "unavailable"),
        ] {
            assert_eq!(Problem::from(error).code().as_str(), code);
        }
    }

    #[test]
    fn pool_errors_have_their_codes() {
        for (error, code) in [
            (PoolError::ProviderNotFound, "not_found"),
            (PoolError::ModelNotFound, "not_found"),
            (PoolError::ModelExists, "model.exists"),
            (PoolError::Store(sqlx::Error::PoolTimedOut), "unavailable"),
        ] {
            assert_eq!(Problem::from(error).code().as_str(), code);
        }
    }

    #[test]
    fn a_database_that_does_not_answer_is_unavailable_not_internal() {
        assert_eq!(Problem::from(sqlx::Error::PoolTimedOut).code(), Code::Unavailable);
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(Problem::from(sqlx::Error::Io(refused)).code(), Code::Unavailable);
    }
}
