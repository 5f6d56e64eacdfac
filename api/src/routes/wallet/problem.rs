//! What the errors of wallets look like from outside.

use shared::ledger::wallet::WalletError;

use crate::problem::{Code, Problem};

impl From<WalletError> for Problem {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::WalletNotFound | WalletError::GrantNotFound => Self::not_found(),
            WalletError::GrantRevoked => {
                Self::new(Code::CreditsGrantRevoked, "nothing of this grant is left to take back")
            }
            WalletError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
