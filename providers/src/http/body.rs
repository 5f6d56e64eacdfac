//! Reads bodies without trusting their length.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use reqwest::{
    Response,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

use super::HttpClient;
use crate::{CallError, Image, OutputFormat, image_file};

/// The largest answer read that carries no image: providers' errors and balances take some hundred
/// bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A body that did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The connection ended or spoke nonsense before the end of the body, or its text is none.
    Cut,
    /// It is longer than allowed; the rest was not read.
    TooLong,
}

impl HttpClient {
    /// The image that is a body, verified. The provider has made, and billed, something: what
    /// cannot be delivered of it is unknown, and not a failure that costs nothing.
    pub(crate) async fn read_image(
        &self,
        response: Response,
        format: OutputFormat,
    ) -> Result<Image, CallError> {
        let framed = is_framed(&response);
        let bytes = self.read_file(response).await.map_err(|_| not_whole())?;
        let image = Image::measured(bytes, format).ok_or_else(not_the_image)?;
        if framed || image_file::ends_properly(&image.bytes, format) {
            Ok(image)
        } else {
            Err(not_the_image())
        }
    }

    /// The image that a body holds in base64, where `find` says, verified.
    pub(crate) async fn read_base64_image(
        &self,
        response: Response,
        format: OutputFormat,
        find: fn(&[u8]) -> Option<Cow<'_, str>>,
    ) -> Result<Image, CallError> {
        let bytes = self.read_base64(response, find).await.map_err(|_| not_whole())?;
        Image::measured(bytes, format).ok_or_else(not_the_image)
    }

    /// Takes room for the text and for what comes out of it, as both are there for a moment.
    async fn read_base64(
        &self,
        mut response: Response,
        find: fn(&[u8]) -> Option<Cow<'_, str>>,
    ) -> Result<Bytes, BodyError> {
        let text_max = self.body_bytes_max / 3 * 4 + TEXT_BYTES_MAX;
        let max = text_max.min((self.body_budget.bytes() / 7 * 4).saturating_sub(4));
        let announced = announced_length(&response, max)?;
        let wanted = announced.unwrap_or(max) / 4 * 7 + 7;
        let wanted = u32::try_from(wanted).map_err(|_| BodyError::TooLong)?;

        let room = self.body_budget.take(wanted).await;
        let body = read(&mut response, announced, max).await?;
        let image = find(&body).and_then(|it| BASE64.decode(it.as_bytes()).ok());
        match image {
            Some(image) if image.len() > self.body_bytes_max => Err(BodyError::TooLong),
            Some(image) => Ok(room.filled(image)),
            None => Err(BodyError::Cut),
        }
    }

    /// A body as soon as the budget has room for it.
    ///
    /// A length that is announced is taken from the budget, one that is not counts as the largest
    /// until the end is known.
    async fn read_file(&self, mut response: Response) -> Result<Bytes, BodyError> {
        let max = self.body_bytes_max;
        let announced = announced_length(&response, max)?;
        let wanted = u32::try_from(announced.unwrap_or(max)).map_err(|_| BodyError::TooLong)?;

        let room = self.body_budget.take(wanted).await;
        let body = read(&mut response, announced, max).await?;
        Ok(room.filled(body))
    }
}

/// A body that carries words.
pub(crate) async fn read_text(mut response: Response) -> Result<Vec<u8>, BodyError> {
    let announced = announced_length(&response, TEXT_BYTES_MAX)?;
    read(&mut response, announced, TEXT_BYTES_MAX).await
}

fn not_whole() -> CallError {
    CallError::unknown("the image did not arrive whole")
}

fn not_the_image() -> CallError {
    CallError::unknown("the provider sent something else than the image")
}

/// Whether the answer says where its body ends. One that ends with its connection (HTTP/1.0) looks
/// the same whole and cut.
fn is_framed(response: &Response) -> bool {
    let headers = response.headers();
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

fn announced_length(response: &Response, bytes_max: usize) -> Result<Option<usize>, BodyError> {
    match response.content_length().map(usize::try_from) {
        None => Ok(None),
        Some(Ok(length)) if length <= bytes_max => Ok(Some(length)),
        Some(_) => Err(BodyError::TooLong),
    }
}

async fn read(
    response: &mut Response,
    announced: Option<usize>,
    bytes_max: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|_| BodyError::Cut)? {
        if chunk.len() > bytes_max - body.len() {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
