//! The secret a client keeps to get new access tokens.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::identity::IdentityError;

/// What every refresh token begins with, so that one found in a log or a repository is recognised.
const PREFIX: &str = "afr_";

/// 32 random bytes. Only their digest is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// A fresh one from the operating system's generator.
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// Reads what a client sends; [`IdentityError::InvalidToken`] for anything that is not one.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(IdentityError::InvalidToken)?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(encoded)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(IdentityError::InvalidToken)?;
        Ok(Self(bytes))
    }

    /// What the client is given, once.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What is stored. The token is random in full, so a plain digest cannot be searched backwards.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_out_reads_back() {
        let token = RefreshToken::generate();

        assert_eq!(RefreshToken::parse(&token.expose()).unwrap(), token);
    }

    #[test]
    fn anything_else_is_an_invalid_token() {
        for text in ["", "afr_", "afr_AAAA", "xyz", &"A".repeat(43), "afr_ä"] {
            assert!(
                matches!(RefreshToken::parse(text), Err(IdentityError::InvalidToken)),
                "{text}"
            );
        }
    }

    #[test]
    fn debugging_shows_no_secret() {
        assert_eq!(format!("{:?}", RefreshToken::generate()), "RefreshToken(…)");
    }
}
