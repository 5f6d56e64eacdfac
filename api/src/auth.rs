//! Who may call an operation: `caller: Caller` for anyone signed in, `admin: Admin` for admins, and `caller: SignedIn`
//! also for an admin who has yet to enrol a second factor, where the exchange requires one.
//!
//! The middleware has already verified the token ([`crate::middleware::credential`]); here only the result
//! is read.

use std::{ops::Deref, sync::Arc};

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};
use shared::identity::{access::Principal, user::Role};

use crate::{
    middleware::credential::Credential,
    problem::{Code, Problem},
};

const SCHEME: &str = "bearer";

/// A user who is signed in.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Principal>);

/// A user who is signed in, or an admin who must first enrol a second factor: for what takes them there.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Arc<Principal>);

/// An admin who is signed in.
#[derive(Debug, Clone)]
pub struct Admin(pub Arc<Principal>);

/// A user who is signed in, or nobody: for what can also be opened by a signed link. A bad token matters only where
/// there is no link, so it is refused by whoever asks for the caller.
#[derive(Debug)]
pub struct OptionalCaller(pub Result<Option<Arc<Principal>>, Problem>);

impl Deref for Caller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl Deref for SignedIn {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl Deref for Admin {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

fn principal(request: &Request) -> Result<Option<Arc<Principal>>, Problem> {
    match request.data::<Credential>() {
        Some(Credential::Good(principal)) => Ok(Some(Arc::clone(principal))),
        Some(Credential::Unenrolled(_)) => Err(Problem::new(
            Code::AuthTotpEnrolmentRequired,
            "admins sign in with a second factor here: enrol one with POST /api/auth/totp",
        )),
        Some(Credential::Invalid) => Err(Problem::new(
            Code::AuthInvalidToken,
            "the token is expired, revoked or forged; sign in again",
        )),
        Some(Credential::Suspended) => {
            Err(Problem::new(Code::AuthSuspended, "an admin suspended this user"))
        }
        Some(Credential::None) | None => Ok(None),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the extractors' signature")]
fn optional(request: &Request) -> Result<Result<Option<Arc<Principal>>, Problem>, Problem> {
    Ok(principal(request))
}

fn signed_in(request: &Request) -> Result<Arc<Principal>, Problem> {
    principal(request)?.ok_or_else(|| {
        Problem::new(Code::AuthRequired, "send the header `Authorization: Bearer <access token>`")
    })
}

fn enrolling(request: &Request) -> Result<Arc<Principal>, Problem> {
    match request.data::<Credential>() {
        Some(Credential::Unenrolled(principal)) => Ok(Arc::clone(principal)),
        _ => signed_in(request),
    }
}

fn admin(request: &Request) -> Result<Arc<Principal>, Problem> {
    let principal = signed_in(request)?;
    if principal.has(Role::Admin) {
        return Ok(principal);
    }
    Err(Problem::forbidden("requires the admin role"))
}

macro_rules! extractor {
    ($name:ident, $read:expr, optional: $optional:literal) => {
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_scheme(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![SCHEME]
            }

            fn has_security_fallback() -> bool {
                $optional
            }

            async fn from_request(
                request: &'a Request,
                _body: &mut RequestBody,
                _options: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok(Self($read(request)?))
            }
        }
    };
}

extractor!(Caller, signed_in, optional: false);
extractor!(SignedIn, enrolling, optional: false);
extractor!(Admin, admin, optional: false);
extractor!(OptionalCaller, optional, optional: true);

fn register_scheme(registry: &mut Registry) {
    registry.create_security_scheme(
        SCHEME,
        MetaSecurityScheme {
            ty: "http",
            description: Some("An access token from POST /api/auth/login, valid for 15 minutes"),
            name: None,
            key_in: None,
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            flows: None,
            openid_connect_url: None,
        },
    );
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn request(credential: Credential) -> Request {
        let mut request = Request::default();
        request.set_data(credential);
        request
    }

    fn principal_with(roles: &[Role]) -> Arc<Principal> {
        Arc::new(Principal {
            user_id: Uuid::now_v7(),
            wallet: 1001,
            roles: roles.to_vec(),
            session_id: Uuid::now_v7(),
            version: 0,
            two_factor: false,
        })
    }

    fn good(roles: &[Role]) -> Credential {
        Credential::Good(principal_with(roles))
    }

    fn code<T>(refused: Result<T, Problem>) -> &'static str {
        refused.err().map_or("served", |problem| problem.code().as_str())
    }

    #[test]
    fn every_kind_of_credential_has_its_answer() {
        for (credential, caller, as_admin) in [
            (Credential::None, "auth.required", "auth.required"),
            (Credential::Invalid, "auth.invalid_token", "auth.invalid_token"),
            (Credential::Suspended, "auth.suspended", "auth.suspended"),
            (
                Credential::Unenrolled(principal_with(&[Role::Consumer, Role::Admin])),
                "auth.totp_enrolment_required",
                "auth.totp_enrolment_required",
            ),
            (good(&[Role::Consumer]), "served", "forbidden"),
            (good(&[Role::Consumer, Role::Admin]), "served", "served"),
        ] {
            assert_eq!(code(signed_in(&request(credential.clone()))), caller);
            assert_eq!(code(admin(&request(credential))), as_admin);
        }
    }

    #[test]
    fn an_admin_without_a_second_factor_gets_to_where_it_is_enrolled() {
        let unenrolled = Credential::Unenrolled(principal_with(&[Role::Consumer, Role::Admin]));

        assert_eq!(code(enrolling(&request(unenrolled))), "served");
        assert_eq!(code(enrolling(&request(good(&[Role::Consumer])))), "served");
        assert_eq!(code(enrolling(&request(Credential::None))), "auth.required");
        assert_eq!(code(enrolling(&request(Credential::Suspended))), "auth.suspended");
    }

    #[test]
    fn a_bad_token_is_not_the_same_as_none() {
        assert_eq!(code(principal(&request(Credential::Invalid))), "auth.invalid_token");
        assert!(principal(&request(Credential::None)).unwrap().is_none());
    }
}
