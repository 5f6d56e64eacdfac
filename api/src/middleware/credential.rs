//! Whose request it is: verified once by the middleware, read by the extractors.

use std::sync::Arc;

use poem::{Request, http::header};
use shared::identity::{
    IdentityError,
    access::{AccessFeed, AccessTokens, Principal},
    user::Role,
};

/// The result, carried by the request.
#[derive(Debug, Clone)]
pub enum Credential {
    /// No token was sent.
    None,
    /// The token is valid.
    Good(Arc<Principal>),
    /// The token is valid, of an admin who has yet to sign in with a second factor.
    Unenrolled(Arc<Principal>),
    /// The token is forged, expired or revoked.
    Invalid,
    /// The token is valid, but its user is suspended.
    Suspended,
}

impl Credential {
    /// Verifies `Authorization: Bearer`, from memory alone.
    pub(super) fn of(
        request: &Request,
        tokens: &AccessTokens,
        feed: &AccessFeed,
        admin_totp_required: bool,
    ) -> Self {
        let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Self::None };
        let Some(token) = value.to_str().ok().and_then(bearer) else { return Self::None };
        match tokens.verify(token).and_then(|claims| feed.judge(claims)) {
            Ok(principal) => Self::good(Arc::new(principal), admin_totp_required),
            Err(IdentityError::Suspended) => Self::Suspended,
            Err(_) => Self::Invalid,
        }
    }

    fn good(principal: Arc<Principal>, admin_totp_required: bool) -> Self {
        if admin_totp_required && principal.has(Role::Admin) && !principal.two_factor {
            return Self::Unenrolled(principal);
        }
        Self::Good(principal)
    }

    /// The caller, if their token is valid.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Good(principal) | Self::Unenrolled(principal) => Some(principal),
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
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_admin_without_a_second_factor_is_good_only_where_none_is_required() {
        let credential = |roles: &[Role], two_factor: bool, required: bool| {
            let (user_id, session_id) = (Uuid::now_v7(), Uuid::now_v7());
            let roles = roles.to_vec();
            let (wallet, version) = (1001, 0);
            let principal = Principal { user_id, wallet, roles, session_id, version, two_factor };
            Credential::good(Arc::new(principal), required)
        };
        let admin = [Role::Consumer, Role::Admin];

        assert!(matches!(credential(&admin, false, true), Credential::Unenrolled(_)));
        assert!(matches!(credential(&admin, true, true), Credential::Good(_)));
        assert!(matches!(credential(&admin, false, false), Credential::Good(_)));
        assert!(matches!(credential(&[Role::Consumer], false, true), Credential::Good(_)));
    }

    #[test]
    fn only_a_bearer_token_is_a_credential() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer"), None);
    }
}
