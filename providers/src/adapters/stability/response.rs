//! Reads an answer to a generate call.

use reqwest::{Response, StatusCode};
use secrecy::SecretString;

use super::{Stability, dialect::DIALECT, seed};
use crate::{Billed, CallError, ErrorClass, Image, ImageRequest};

impl Stability {
    /// The image in `response`, verified; anything else is an error.
    pub(super) async fn image_in(
        &self,
        response: Response,
        request: &ImageRequest,
        key: &SecretString,
    ) -> Result<Image, CallError> {
        if response.status() != StatusCode::OK {
            return Err(DIALECT.error_in(response, key).await);
        }
        check_finish_reason(&response)?;
        let seed = header(&response, "seed").and_then(|it| it.parse().ok());
        let seed = seed.map(|it| seed::made_with(request.seed, it));
        let image = self.http.read_image(response, request.output_format).await?;
        Ok(Image { seed, ..image })
    }
}

/// A filtered image is a successful generation by Stability's words, only blurred: it must not be
/// delivered. They charge "per successful result", so it is taken as billed (not confirmed with a
/// live key). The header may be missing where something in between drops it: the image then speaks
/// for itself.
fn check_finish_reason(response: &Response) -> Result<(), CallError> {
    match header(response, "finish-reason") {
        None | Some("SUCCESS") => Ok(()),
        Some("CONTENT_FILTERED") => Err(CallError::new(
            ErrorClass::ContentBlocked,
            Billed::Yes,
            "the provider's content moderation filtered the image",
        )),
        Some(_) => {
            Err(CallError::unknown("the provider finished for a reason it does not document"))
        }
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|it| it.to_str().ok())
}
