//! Every error code, its status, its title and its meaning. They are public API: `docs/errors.md` lists
//! them, and a test compares the list with this file.

use poem::http::StatusCode;

/// Declares [`Code`]: a vocabulary whose words also have a status and a title.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        shared::vocabulary! {
            /// Why a request failed, as `area.reason`. The code decides the status.
            pub enum Code as "ProblemCode" { $($(#[doc = $meaning])+ $variant = $code),+ }
        }

        impl Code {
            /// The HTTP status of the code.
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
    /// The request needs an access token, and has none.
    AuthRequired = "auth.required", UNAUTHORIZED, "Sign in first";
    /// The access or refresh token is forged, expired or revoked. Sign in again.
    AuthInvalidToken = "auth.invalid_token", UNAUTHORIZED, "The token is not valid";
    /// No user has this e-mail address and password.
    AuthInvalidCredentials = "auth.invalid_credentials", UNAUTHORIZED, "E-mail or password is wrong";
    /// The password was right, and the user has a second factor. Send `code` too.
    AuthTotpRequired = "auth.totp_required", UNAUTHORIZED, "A code is needed";
    /// The code is wrong or too old, or it was used before. Send the next one, or a recovery code.
    AuthTotpInvalid = "auth.totp_invalid", UNAUTHORIZED, "The code is not valid";
    /// There is a second factor already. Remove it before you enrol another.
    AuthTotpEnrolled = "auth.totp_enrolled", CONFLICT, "A second factor is enrolled already";
    /// There is no second factor, or none that waits to be confirmed.
    AuthTotpNotEnrolled = "auth.totp_not_enrolled", CONFLICT, "No second factor is enrolled";
    /// Admins of this exchange sign in with a second factor. Enrol one, or sign in with it.
    AuthTotpEnrolmentRequired = "auth.totp_enrolment_required", FORBIDDEN, "Admins need a second factor";
    /// Another user has this e-mail address.
    AuthEmailTaken = "auth.email_taken", CONFLICT, "The e-mail is taken";
    /// An admin suspended the user.
    AuthSuspended = "auth.suspended", FORBIDDEN, "The user is suspended";
    /// The request cannot be understood, or a field or parameter is not valid; `errors` names it.
    RequestInvalid = "request.invalid", BAD_REQUEST, "The request is not valid";
    /// The body is larger than 512 KiB.
    RequestTooLarge = "request.too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body did not arrive within 30 seconds. The connection is closed; send the request again.
    RequestTimeout = "request.timeout", REQUEST_TIMEOUT, "The body did not arrive in time";
    /// The head of the request is larger than 64 KiB, or has more than 100 headers.
    RequestHeadTooLarge = "request.head_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The head of the request is too large";
    /// The path exists, but not with this method; `Allow` lists its methods.
    RequestMethodNotAllowed = "request.method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed";
    /// The body has the wrong media type. Send `application/json`.
    RequestUnsupportedMediaType = "request.unsupported_media_type", UNSUPPORTED_MEDIA_TYPE,
        "The media type is not supported";
    /// The `Range` begins behind the end of the file; `Content-Range` says how long it is.
    RequestRangeNotSatisfiable = "request.range_not_satisfiable", RANGE_NOT_SATISFIABLE,
        "The file is shorter than that";
    /// What the path names does not exist, or you have no access to it.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// You are signed in, but may not do this.
    Forbidden = "forbidden", FORBIDDEN, "Not allowed";
    /// There were too many requests, sign-ins or registrations. Wait as long as `Retry-After` says.
    RateLimited = "rate.limited", TOO_MANY_REQUESTS, "Too many requests";
    /// The wallet has fewer credits than are needed.
    CreditsInsufficient = "credits.insufficient", PAYMENT_REQUIRED, "Not enough credits";
    /// The `Idempotency-Key` was used before, with another body. Use a new one.
    IdempotencyKeyReused = "idempotency.key_reused", CONFLICT, "The Idempotency-Key was used for something else";
    /// The provider key is already connected, by you or by another user.
    ResourceKeyInUse = "resource.key_in_use", CONFLICT, "The key is hosted already";
    /// An admin disabled this key, whoever connects it. `detail` says why; only an admin can lift it.
    ResourceSanctioned = "resource.sanctioned", CONFLICT, "An admin disabled this key";
    /// The provider does not accept the key.
    ResourceKeyRejected = "resource.key_rejected", UNPROCESSABLE_ENTITY, "The provider rejects the key";
    /// The provider could not be asked about the key. Nothing was stored; try again.
    ResourceProviderUnreachable = "resource.provider_unreachable", SERVICE_UNAVAILABLE,
        "The provider cannot be reached";
    /// The price is above the highest that is allowed for the provider; `errors` names it.
    ResourcePriceTooHigh = "resource.price_too_high", UNPROCESSABLE_ENTITY, "The price is too high";
    /// With this limit the resource could not make one image of any model; `errors` names the least that would do.
    ResourceServesNothing = "resource.serves_nothing", UNPROCESSABLE_ENTITY, "The limit is too low";
    /// Calls with the resource are under way. It starts no new ones; try again when they have ended.
    ResourceInUse = "resource.in_use", CONFLICT, "The resource is in use";
    /// There is no active resource that can make this image.
    GenerationNoResource = "generation.no_resource", SERVICE_UNAVAILABLE, "No resource serves this request";
    /// `route` is `own`, and no active resource of yours can make this image. Connect one, or choose another route.
    GenerationNoOwnResource = "generation.no_own_resource", UNPROCESSABLE_ENTITY,
        "None of your resources serves this request";
    /// There are resources that can make this image, but the policy of their provider forbids it.
    GenerationPolicyRefused = "generation.policy_refused", FORBIDDEN, "A provider's policy forbids this";
    /// `max_credits` is lower than the price of the cheapest resource.
    GenerationPriceCeilingTooLow = "generation.price_ceiling_too_low", UNPROCESSABLE_ENTITY,
        "The price ceiling is too low";
    /// The chosen model cannot do what is asked. Choose another model, or `auto`.
    GenerationModelCannot = "generation.model_cannot", UNPROCESSABLE_ENTITY, "The model cannot do this";
    /// Too many of your tasks are waiting. Submit again when some of them have ended.
    GenerationQueueFull = "generation.queue_full", TOO_MANY_REQUESTS, "Too many tasks wait";
    /// Moderation refused too many of your prompts today. Try again tomorrow.
    GenerationContentStrikes = "generation.content_strikes", FORBIDDEN, "Too many refused prompts today";
    /// The task has already ended, so it cannot be canceled.
    GenerationAlreadyFinal = "generation.already_final", CONFLICT, "The task has ended";
    /// The image cannot be made in another size or format. Get it as it is, without `w` and `format`.
    GenerationNoRendition = "generation.no_rendition", UNPROCESSABLE_ENTITY,
        "The image is there in one size and format only";
    /// You have as many presets as a user may have. Delete or change one of them.
    GenerationTooManyPresets = "generation.too_many_presets", CONFLICT, "Too many presets";
    /// The grant has already been revoked.
    CreditsGrantRevoked = "credits.grant_revoked", CONFLICT, "The grant is revoked already";
    /// The settlement of the task is not parked, so there is nothing to repeat.
    JobNotParked = "job.not_parked", CONFLICT, "The job is not parked";
    /// There is already a model with this id.
    ModelExists = "model.exists", CONFLICT, "The model exists";
    /// Admins cannot take away their own access; another admin must do it.
    UserOwnAccess = "user.own_access", CONFLICT, "Admins cannot take away their own access";
    /// Something the server depends on does not answer, or the server is at its limit. Try again.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available right now";
    /// The server failed. Report the `request_id`; it finds the cause in the server's logs.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, env, fs, path::Path};

    use shared::vocabulary::Vocabulary;

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
    fn the_table_in_the_documentation_lists_every_code_with_status_and_meaning() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
        let page = fs::read_to_string(&path).unwrap();
        let heading = "| code | status | meaning |\n| --- | --- | --- |\n";
        let (before, table) = page.split_once(heading).expect("the page has the table");
        let row = |it: &Code| format!("| `{it}` | {} | {} |\n", it.status().as_u16(), it.meaning());
        let rows = Code::ALL.iter().map(row).collect::<Vec<_>>().concat();
        if env::var_os("UPDATE_OPENAPI").is_some() {
            fs::write(&path, format!("{before}{heading}{rows}")).unwrap();
            return;
        }

        assert_eq!(
            table, rows,
            "run UPDATE_OPENAPI=1 cargo test -p api to write docs/errors.md anew"
        );
    }
}
