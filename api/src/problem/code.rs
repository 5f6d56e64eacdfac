//! Every error code, its status and its title: public API, listed in `docs/errors.md`.

use poem::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// Why a request was not served. The code decides the status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// All of them, in the order of `docs/errors.md`.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// `area.reason`, as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status it goes with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// A few words, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// No credentials.
    AuthRequired = "auth.required", UNAUTHORIZED, "Sign in first";
    /// The access or refresh token is forged, expired or revoked.
    AuthInvalidToken = "auth.invalid_token", UNAUTHORIZED, "The token is not valid";
    /// Unknown e-mail or wrong password.
    AuthInvalidCredentials = "auth.invalid_credentials", UNAUTHORIZED, "E-mail or password is wrong";
    /// Another user has this e-mail.
    AuthEmailTaken = "auth.email_taken", CONFLICT, "The e-mail is taken";
    /// The user is suspended.
    AuthSuspended = "auth.suspended", FORBIDDEN, "The user is suspended";
    /// The request cannot be understood, or a field is out of its schema.
    RequestInvalid = "request.invalid", BAD_REQUEST, "The request is not valid";
    /// The body is over 64 KiB.
    RequestTooLarge = "request.too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The path exists, but not with this method.
    RequestMethodNotAllowed = "request.method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed";
    /// The body is not of the media type the operation takes.
    RequestUnsupportedMediaType = "request.unsupported_media_type", UNSUPPORTED_MEDIA_TYPE,
        "The media type is not supported";
    /// Not there, or not yours.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// Signed in, but not allowed.
    Forbidden = "forbidden", FORBIDDEN, "Not allowed";
    /// Too many requests, sign-ins or registrations.
    RateLimited = "rate.limited", TOO_MANY_REQUESTS, "Too many requests";
    /// The wallet has fewer credits than this takes.
    CreditsInsufficient = "credits.insufficient", PAYMENT_REQUIRED, "Not enough credits";
    /// The key was used before, with another body.
    IdempotencyKeyReused = "idempotency.key_reused", CONFLICT, "The Idempotency-Key was used for something else";
    /// The provider's key is hosted already.
    ResourceKeyInUse = "resource.key_in_use", CONFLICT, "The key is hosted already";
    /// The provider does not accept the key.
    ResourceKeyRejected = "resource.key_rejected", UNPROCESSABLE_ENTITY, "The provider rejects the key";
    /// The provider could not be asked.
    ResourceProviderUnreachable = "resource.provider_unreachable", SERVICE_UNAVAILABLE,
        "The provider cannot be reached";
    /// Calls with this resource are out; it drains.
    ResourceInUse = "resource.in_use", CONFLICT, "The resource is in use";
    /// No resource serves the request at all.
    GenerationNoResource = "generation.no_resource", SERVICE_UNAVAILABLE, "No resource serves this request";
    /// Only a provider's policy stands in the way.
    GenerationPolicyRefused = "generation.policy_refused", FORBIDDEN, "A provider's policy forbids this";
    /// `max_credits` is below the cheapest.
    GenerationPriceCeilingTooLow = "generation.price_ceiling_too_low", UNPROCESSABLE_ENTITY,
        "The price ceiling is too low";
    /// Beyond the chosen model's limits.
    GenerationModelCannot = "generation.model_cannot", UNPROCESSABLE_ENTITY, "The model cannot do this";
    /// Too many tasks of this user wait.
    GenerationQueueFull = "generation.queue_full", TOO_MANY_REQUESTS, "Too many tasks wait";
    /// Too many moderated prompts today.
    GenerationContentStrikes = "generation.content_strikes", FORBIDDEN, "Too many refused prompts today";
    /// The task ended before.
    GenerationAlreadyFinal = "generation.already_final", CONFLICT, "The task has ended";
    /// The grant was taken back before.
    CreditsGrantRevoked = "credits.grant_revoked", CONFLICT, "The grant is revoked already";
    /// The task's settlement is not parked.
    JobNotParked = "job.not_parked", CONFLICT, "The job is not parked";
    /// There is a model of this id.
    ModelExists = "model.exists", CONFLICT, "The model exists";
    /// An admin may not take away his own access.
    UserOwnAccess = "user.own_access", CONFLICT, "An admin cannot take away his own access";
    /// A dependency is away or the process is at its limit; worth another try.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available right now";
    /// A fault of ours. The request id finds it in the logs.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_of_the_form_area_reason() {
        let codes: HashSet<_> = Code::ALL.iter().map(|it| it.as_str()).collect();

        assert_eq!(codes.len(), Code::ALL.len());
        for code in codes {
            let fits = code.bytes().all(|it| it.is_ascii_lowercase() || b"._".contains(&it));
            assert!(fits, "{code}");
        }
    }

    #[test]
    fn every_code_is_listed_with_its_status_in_the_documentation() {
        let listed = include_str!("../../../docs/errors.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.as_str(), code.status().as_u16());
            assert!(listed.contains(&row), "docs/errors.md lacks {row}");
        }
        let rows = listed.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, Code::ALL.len(), "docs/errors.md lists codes that do not exist");
    }
}
