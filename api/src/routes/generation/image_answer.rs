//! The answer that is an image: a file, a part of it, or the news that the client has it already.

use std::ops::Range;

use poem::{
    Body, IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{
        MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
    },
    types::Type,
};
use shared::images::ImageFormat;

/// The headers of both responses.
pub(super) struct Head {
    pub etag: String,
    pub keep_seconds: u64,
}

/// An image, or the news that the client has it already.
pub(super) struct ImageAnswer(Response);

impl ImageAnswer {
    pub fn image(
        head: &Head,
        format: ImageFormat,
        disposition: &str,
        length: u64,
        body: Body,
    ) -> Self {
        let mut response =
            Response::builder().status(StatusCode::OK).content_type(format.media_type()).body(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        insert(&mut response, header::CONTENT_DISPOSITION, disposition);
        Self(with(head, response))
    }

    /// Only these bytes of the file are in the body.
    pub fn part(mut self, bytes: &Range<u64>, length: u64) -> Self {
        self.0.set_status(StatusCode::PARTIAL_CONTENT);
        let value = format!("bytes {}-{}/{length}", bytes.start, bytes.end - 1);
        insert(&mut self.0, header::CONTENT_RANGE, &value);
        let count = HeaderValue::from(bytes.end - bytes.start);
        self.0.headers_mut().insert(header::CONTENT_LENGTH, count);
        self
    }

    pub fn not_modified(head: &Head) -> Self {
        Self(with(head, StatusCode::NOT_MODIFIED.into_response()))
    }
}

fn with(head: &Head, mut response: Response) -> Response {
    insert(&mut response, header::ETAG, &head.etag);
    insert(
        &mut response,
        header::CACHE_CONTROL,
        &format!("private, max-age={}", head.keep_seconds),
    );
    insert(&mut response, header::VARY, "Authorization");
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    // Pages of other origins may show it: that is what links are for.
    let policy = header::HeaderName::from_static("cross-origin-resource-policy");
    insert(&mut response, policy, "cross-origin");
    response
}

/// Every value is made of ids, digits and fixed words.
fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("the value is visible ASCII");
    response.headers_mut().insert(name, value);
}

impl IntoResponse for ImageAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for ImageAnswer {
    fn meta() -> MetaResponses {
        let content = || {
            let formats = ImageFormat::ALL.iter();
            formats
                .map(|it| MetaMediaType { content_type: it.media_type(), schema: file() })
                .collect()
        };
        let headers = || {
            vec![
                header_of("ETag", "The tag of the file, for `If-None-Match`"),
                header_of("Cache-Control", "How long a browser may keep the file"),
                header_of("Accept-Ranges", "That a `Range` of `bytes` is served"),
            ]
        };
        let bytes = header_of("Content-Range", "Which bytes of how many these are");
        MetaResponses {
            responses: vec![
                MetaResponse {
                    description: "The file of the image",
                    status: Some(200),
                    status_range: None,
                    content: content(),
                    headers: headers(),
                },
                MetaResponse {
                    description: "The part of the file that `Range` asked for",
                    status: Some(206),
                    status_range: None,
                    content: content(),
                    headers: headers().into_iter().chain([bytes]).collect(),
                },
                MetaResponse {
                    description: "The client already has the file",
                    status: Some(304),
                    status_range: None,
                    content: vec![],
                    headers: headers(),
                },
            ],
        }
    }

    fn register(_registry: &mut Registry) {}
}

fn file() -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")))
}

fn header_of(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_image_says_what_it_is_and_how_long_it_keeps() {
        let head = Head { etag: "\"ab\"".to_owned(), keep_seconds: 3_600 };
        let disposition = "inline; filename=\"x.png\"";
        let body = Body::from_bytes("abc".into());
        let answer = ImageAnswer::image(&head, ImageFormat::Png, disposition, 3, body);

        let response = answer.into_response();

        assert_eq!(response.content_type(), Some("image/png"));
        let headers = response.headers();
        assert_eq!(headers[header::CACHE_CONTROL], "private, max-age=3600");
        assert_eq!(headers[header::VARY], "Authorization");
        assert_eq!(headers[header::ACCEPT_RANGES], "bytes");
        assert_eq!(headers[header::ETAG], "\"ab\"");
        assert_eq!(headers[header::CONTENT_LENGTH], "3");
        assert_eq!(headers[header::CONTENT_DISPOSITION], "inline; filename=\"x.png\"");
    }

    #[test]
    fn a_part_says_which_bytes_it_is() {
        let head = Head { etag: "\"ab\"".to_owned(), keep_seconds: 60 };
        let body = Body::from_bytes("abc".into());
        let answer =
            ImageAnswer::image(&head, ImageFormat::Png, "x.png", 10, body).part(&(2..5), 10);

        let response = answer.into_response();

        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(response.headers()[header::CONTENT_RANGE], "bytes 2-4/10");
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "3");
    }
}
