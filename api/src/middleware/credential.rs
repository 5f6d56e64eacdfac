//! Whose request it is: verified once by the middleware, read by the extractors.

use std::sync::Arc;

use poem::{Request, http::header};
use shared::identity::{
    IdentityError,
    access::{AccessFeed, AccessTokens, Principal},
};

/// The result, carried by the request.
#[derive(Debug, Clone)]
pub enum Credential {
    /// No token was sent.
    None,
    /// The token is valid.
    Good(Arc<Principal>),
    /// The token is forged, expired or revoked.
    Invalid,
    /// The token is valid, but its user is suspended.
    Suspended,
}

impl Credential {
    /// Verifies `Authorization: Bearer`, from memory alone.
    pub(super) fn of(request: &Request, tokens: &AccessTokens, feed: &AccessFeed) -> Self {
        let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Self::None };
        let Some(token) = value.to_str().ok().and_then(bearer) else { return Self::None };
        match tokens.verify(token).and_then(|claims| feed.judge(claims)) {
            Ok(principal) => Self::Good(Arc::new(principal)),
            Err(IdentityError::Suspended) => Self::Suspended,
            Err(_) => Self::Invalid,
        }
    }

    /// The caller, if their token is valid.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Good(principal) => Some(principal),
            Self::None | Self::Invalid | Self::Suspended => None,
        }
    }
}

/// The token of a `Bearer` value; the scheme's name is case-insensitive (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_a_credential() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer"), None);
    }
}
