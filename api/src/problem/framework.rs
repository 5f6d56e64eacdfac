//! The framework's own errors, and panics, as problems.

use std::any::Any;

use poem::{
    Error, IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ParsePathError, SizedLimitError},
    http::StatusCode,
};
use poem_openapi::error::{
    AuthorizationError, ContentTypeError, ParseParamError, ParsePathError as ParseApiPathError,
};

use super::{Code, FieldError, FieldFault, INTERNAL, Problem};

/// A response made by a handler is passed on; everything else is translated.
pub fn as_problem(error: Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    translate(&error).into_response()
}

/// The response after a panic; the panic hook has logged where it happened.
pub fn as_problem_after_panic(_payload: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(Code::Internal, INTERNAL).into_response()
}

fn translate(error: &Error) -> Problem {
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        return Problem::invalid(vec![parameter_fault(error.name, &error.reason)]);
    }
    // Ids are opaque: a text that is no id is the id of nothing.
    if error.is::<ParseApiPathError>()
        || error.is::<ParsePathError>()
        || error.is::<NotFoundError>()
    {
        return Problem::not_found();
    }
    if error.is::<AuthorizationError>() {
        return Problem::new(
            Code::AuthRequired,
            "send the header `Authorization: Bearer <access token>`",
        );
    }
    if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        return Problem::new(Code::RequestUnsupportedMediaType, error.to_string());
    }
    if error.is::<MethodNotAllowedError>() {
        return Problem::new(Code::RequestMethodNotAllowed, "this path does not have this method");
    }
    if error.is::<SizedLimitError>() {
        return Problem::new(Code::RequestTooLarge, "a body may have at most 512 KiB");
    }
    by_status(error)
}

/// All other errors. The detail of a client's fault is sent, that of a server's fault only logged.
fn by_status(error: &Error) -> Problem {
    match error.status() {
        StatusCode::UNAUTHORIZED => Problem::new(Code::AuthRequired, error.to_string()),
        StatusCode::FORBIDDEN => Problem::forbidden(error.to_string()),
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(Code::RequestMethodNotAllowed, error.to_string())
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::RequestTooLarge, error.to_string()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(Code::RequestUnsupportedMediaType, error.to_string())
        }
        StatusCode::TOO_MANY_REQUESTS => Problem::new(Code::RateLimited, error.to_string()),
        StatusCode::SERVICE_UNAVAILABLE => Problem::new(Code::Unavailable, error.to_string()),
        status if status.is_client_error() => Problem::new(Code::RequestInvalid, error.to_string()),
        _ => {
            tracing::error!(%error, "the framework failed");
            Problem::new(Code::Internal, INTERNAL)
        }
    }
}

/// What is wrong with a parameter, without the Rust types that poem-openapi mentions.
fn parameter_fault(name: &str, reason: &str) -> FieldError {
    if reason.ends_with("expects an input value.") {
        return FieldError::new(name, FieldFault::Missing, "is required");
    }
    let own = match reason.split_once("\": ") {
        Some((prefix, rest)) if prefix.starts_with("failed to parse \"") => rest,
        _ => reason,
    };
    let detail = own.split_once(" (occurred while parsing").map_or(own, |(it, _)| it);
    FieldError::new(name, FieldFault::Invalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framework_errors_have_codes_too() {
        let content_type = ContentTypeError::NotSupported { content_type: "text/plain".to_owned() };
        for (error, code) in [
            (Error::from(NotFoundError), Code::NotFound),
            (Error::from(MethodNotAllowedError), Code::RequestMethodNotAllowed),
            (Error::from(AuthorizationError), Code::AuthRequired),
            (Error::from(content_type), Code::RequestUnsupportedMediaType),
            (Error::from(SizedLimitError::PayloadTooLarge), Code::RequestTooLarge),
            (Error::from_status(StatusCode::IM_A_TEAPOT), Code::RequestInvalid),
            (Error::from_status(StatusCode::BAD_GATEWAY), Code::Internal),
        ] {
            assert_eq!(translate(&error).code(), code);
        }
    }

    #[test]
    fn the_reason_of_a_parameter_does_not_mention_rust_types() {
        let reported = |reason: &str| {
            let fault = parameter_fault("size", reason);
            (fault.code.value(), fault.detail)
        };
        let invalid = |detail: &str| (FieldFault::Invalid, detail.to_owned());

        assert_eq!(reported("failed to parse \"integer_uint8\": too big"), invalid("too big"));
        assert_eq!(reported("too big"), invalid("too big"));
        assert_eq!(
            reported("too big (occurred while parsing \"optional_Size\")"),
            invalid("too big")
        );
        let missing = "Type \"text_1_500\" expects an input value.";
        assert_eq!(reported(missing), (FieldFault::Missing, "is required".to_owned()));
    }
}
