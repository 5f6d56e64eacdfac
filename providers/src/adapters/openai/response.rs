//! Reads an answer to a call for an image.

use std::borrow::Cow;

use reqwest::{Response, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;

use super::{OpenAi, dialect::DIALECT};
use crate::{CallError, Image, OutputFormat};

impl OpenAi {
    /// The image in `response`, verified; anything else is an error.
    pub(super) async fn image_in(
        &self,
        response: Response,
        format: OutputFormat,
        key: &SecretString,
    ) -> Result<Image, CallError> {
        if response.status() != StatusCode::OK {
            return Err(DIALECT.error_in(response, key).await);
        }
        self.http.read_base64_image(response, format, base64_in).await
    }
}

/// The first image of `{"data":[{"b64_json":"…"}]}`; there are no others, as none were ordered.
fn base64_in(body: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        data: Vec<Item<'a>>,
    }
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        b64_json: Cow<'a, str>,
    }
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    body.data.into_iter().next().map(|it| it.b64_json)
}
