//! JSON Web Tokens, HS256, good for fifteen minutes.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    clock::unix_seconds,
    identity::{
        IdentityError,
        user::{Role, User},
    },
};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_mins(15);

/// What a token says. Everything a submit needs: no query for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The user.
    pub sub: Uuid,
    /// Their wallet's account.
    pub wallet: i64,
    /// Their roles when it was issued.
    pub roles: Vec<Role>,
    /// Their token version when it was issued.
    pub version: i32,
    /// The session it belongs to.
    pub sid: Uuid,
    /// Whether that session was opened with a second factor.
    #[serde(default, rename = "2fa")]
    pub two_factor: bool,
    /// Issued at, seconds since the epoch.
    pub iat: u64,
    /// Expires at, seconds since the epoch.
    pub exp: u64,
    /// Unique to this token.
    pub jti: Uuid,
}

/// Issues and verifies. Cheap to clone is not needed: one lives in the process.
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl AccessTokens {
    /// `secret` signs and verifies; everyone who has it can be anyone.
    pub fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        // Pinned: what a token says about its own algorithm is only compared, never believed.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for a session of this user.
    pub fn issue(&self, user: &User, session_id: Uuid, two_factor: bool) -> String {
        let issued_at = unix_seconds();
        self.sign(&AccessClaims {
            sub: user.id,
            wallet: user.wallet,
            roles: user.roles.clone(),
            version: user.token_version,
            sid: session_id,
            two_factor,
            iat: issued_at,
            exp: issued_at + ACCESS_TOKEN_LIFETIME.as_secs(),
            jti: Uuid::now_v7(),
        })
    }

    /// What the token says, if it is ours and has not expired.
    pub fn verify(&self, token: &str) -> Result<AccessClaims, IdentityError> {
        decode(token, &self.decoding, &self.validation)
            .map(|it| it.claims)
            .map_err(|_not_said_why| IdentityError::InvalidToken)
    }

    fn sign(&self, claims: &AccessClaims) -> String {
        encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
            .expect("claims of plain values serialise and HMAC takes any key")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn tokens(secret: &str) -> AccessTokens {
        AccessTokens::new(&SecretString::from(secret))
    }

    fn claims(exp: u64) -> AccessClaims {
        AccessClaims {
            sub: Uuid::now_v7(),
            wallet: 1001,
            roles: vec![Role::Consumer],
            version: 0,
            sid: Uuid::now_v7(),
            two_factor: false,
            iat: 0,
            exp,
            jti: Uuid::now_v7(),
        }
    }

    fn forge(header: &str, claims: &AccessClaims) -> String {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(header), part(&serde_json::to_string(claims).unwrap()))
    }

    #[test]
    fn a_token_says_what_it_was_issued_for() {
        let tokens = tokens("a secret of thirty-two characters");
        let claims = claims(unix_seconds() + 60);

        assert_eq!(tokens.verify(&tokens.sign(&claims)).unwrap(), claims);
    }

    #[test]
    fn an_expired_token_is_refused_to_the_second() {
        let tokens = tokens("a secret of thirty-two characters");

        assert!(tokens.verify(&tokens.sign(&claims(unix_seconds() - 1))).is_err());
    }

    #[test]
    fn a_token_signed_with_another_secret_is_refused() {
        let forged = tokens("another secret").sign(&claims(unix_seconds() + 60));

        assert!(tokens("a secret of thirty-two characters").verify(&forged).is_err());
    }

    #[test]
    fn a_token_that_names_no_or_another_algorithm_is_refused() {
        let tokens = tokens("a secret of thirty-two characters");
        let claims = claims(unix_seconds() + 60);
        for algorithm in ["none", "None", "HS512", "RS256"] {
            let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
            assert!(tokens.verify(&forge(&header, &claims)).is_err(), "{algorithm}");
        }
        let secret = EncodingKey::from_secret(b"a secret of thirty-two characters");
        let hs512 = encode(&Header::new(Algorithm::HS512), &claims, &secret).unwrap();
        assert!(tokens.verify(&hs512).is_err());
    }

    #[test]
    fn a_token_with_changed_claims_is_refused() {
        let tokens = tokens("a secret of thirty-two characters");
        let good = tokens.sign(&claims(unix_seconds() + 60));
        let other = tokens.sign(&claims(unix_seconds() + 60));
        let signature = good.rsplit('.').next().unwrap();
        let body = other.rsplit_once('.').unwrap().0;

        assert!(tokens.verify(&format!("{body}.{signature}")).is_err());
    }

    #[test]
    fn junk_is_refused() {
        let tokens = tokens("a secret of thirty-two characters");
        for junk in ["", ".", "..", "a.b.c", "ä"] {
            assert!(tokens.verify(junk).is_err(), "{junk}");
        }
    }
}
