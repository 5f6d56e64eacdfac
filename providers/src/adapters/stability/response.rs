//! Reads an answer to a generate call.

use reqwest::{Response, StatusCode};
use secrecy::SecretString;

use super::{Stability, classify::classify, refusal::Refusal};
use crate::{Billed, CallError, ErrorClass, Image, OutputFormat, http::is_framed, image_file};

impl Stability {
    /// The image in `response`, verified; anything else is an error.
    pub(super) async fn image_of(
        &self,
        response: Response,
        format: OutputFormat,
        key: &SecretString,
    ) -> Result<Image, CallError> {
        if response.status() != StatusCode::OK {
            return Err(classify(&Refusal::read(response).await, key));
        }
        check_finish_reason(&response)?;
        let seed = header(&response, "seed").and_then(|it| it.parse().ok());
        let framed = is_framed(&response);

        // From here on the provider has made, and billed, something: what cannot be delivered of it
        // is unknown and not a failure of the provider that could be had for free.
        let bytes = self
            .http
            .read_image(response)
            .await
            .map_err(|_| CallError::unknown("the image did not arrive whole"))?;
        let (width, height) = image_file::measured(&bytes, format)
            .filter(|_| framed || image_file::ends_properly(&bytes, format))
            .ok_or_else(|| CallError::unknown("the provider sent something else than the image"))?;

        Ok(Image { bytes, content_type: format.content_type(), width, height, seed })
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
