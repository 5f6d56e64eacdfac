//! `GET /api/generate/task/{id}/image`: with an access token, or through the signed link of the task.

use std::ops::Range;

use bytes::Bytes;
use poem::{
    Body, IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
    web::Data,
};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    registry::{
        MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
    },
    types::Type,
};
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, TaskImage},
    images::ImageFormat,
};
use uuid::Uuid;

use super::{
    range::{Wanted, wanted as asked},
    wanted_image::{WantedImage, etag},
};
use crate::{
    auth::OptionalCaller,
    extract::{Id, Parameters},
    problem::{Code, Fail, Problem},
    routes::Tag,
    state::App,
};

/// How long a browser may show an image again without asking, where an access token opened it: somebody else may sign
/// in there. Asking again costs little, as the image has an `ETag`.
const KEEP_SECONDS: u64 = 60;

/// Images.
pub struct Images;

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Images {
    /// Get the image of a task, as it was made or in another size or format.
    ///
    /// It takes an access token of the task's consumer, or the `token` of the task's `image_url`. With `w` or `format`
    /// it is a rendition: made when it is first asked for, and kept as long as the image. It has the proportions of the
    /// image, and is never larger. One `Range` of bytes is served.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter or a header of the request")]
    #[oai(path = "/task/:id/image", method = "get", operation_id = "download_image")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: OptionalCaller,
        /// The id of the task.
        id: Path<Id>,
        /// The token of the task's `image_url`; with it, no access token is needed.
        token: Query<Option<String>>,
        Parameters(wanted): Parameters<WantedImage>,
        /// The `ETag` of the image you already have.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
        /// The bytes you want, such as `bytes=0-1023`; several ranges are answered with the whole file.
        #[oai(name = "Range")]
        range: Header<Option<String>>,
        /// The `ETag` of the file you have parts of: if it is another one, the whole file comes.
        #[oai(name = "If-Range")]
        if_range: Header<Option<String>>,
    ) -> Result<ImageAnswer, Fail<401, 416, 422>> {
        let Path(Id(id)) = id;
        let now = unix_seconds();
        let (owner, keep_seconds) = if let Some(token) = &token.0 {
            (None, verify(app, id, token, now)? - now)
        } else {
            let caller = caller.0?.ok_or_else(|| {
                Problem::new(
                    Code::AuthRequired,
                    "send an access token, or use the image_url of the task",
                )
            })?;
            (Some(caller.user_id), KEEP_SECONDS)
        };
        let image = find(app, id, owner).await?;
        let rendition = wanted.rendition_of(&image);
        let head = Head { etag: etag(&image, rendition), keep_seconds };
        if if_none_match.0.is_some_and(|it| names(&it, &head.etag)) {
            return Ok(ImageAnswer::not_modified(&head));
        }
        let images = app.generation.images()?;
        let made = if let Some(rendition) = rendition {
            let file = app.generation.renditions.get(images, id, &image, rendition).await?;
            Some((rendition, file))
        } else {
            None
        };
        let length =
            made.as_ref().map_or(image.bytes.cast_unsigned(), |(_, file)| file.len() as u64);
        let part = match asked(range.0.as_deref(), if_range.0.as_deref(), &head.etag, length) {
            Wanted::Nothing => return Err(Problem::range_not_satisfiable(length).into()),
            Wanted::Whole => None,
            Wanted::Part(bytes) => Some(bytes),
        };
        let bytes = part.clone().unwrap_or(0..length);
        let (format, body) = if let Some((rendition, file)) = made {
            (rendition.format().image_format(), part_of(&file, &bytes))
        } else {
            let body = images.read_range(id, image.attempt, length, bytes).await;
            (image.format, Body::from_bytes_stream(body.map_err(Problem::from)?))
        };
        let disposition = if wanted.download.is_some() { "attachment" } else { "inline" };
        let disposition = format!("{disposition}; filename=\"{id}.{}\"", format.extension());
        let answer = ImageAnswer::image(&head, format, &disposition, length, body);
        Ok(match part {
            None => answer,
            Some(bytes) => answer.part(&bytes, length),
        })
    }
}

/// These bytes of a file that is held in memory.
fn part_of(file: &Bytes, bytes: &Range<u64>) -> Body {
    let offset = |it: u64| usize::try_from(it).unwrap_or(file.len()).min(file.len());
    Body::from(file.slice(offset(bytes.start)..offset(bytes.end)))
}

fn verify(app: &App, id: Uuid, token: &str, now: u64) -> Result<u64, Problem> {
    app.generation.links.verify(id, token, now).map_err(|error| {
        Problem::new(
            Code::AuthInvalidToken,
            format!("{error}; read the task again for a new image_url"),
        )
    })
}

/// The image that is still there; 404 with the reason otherwise.
async fn find(app: &App, id: Uuid, owner: Option<Uuid>) -> Result<TaskImage, Problem> {
    let mut conn = app.db.acquire().await?;
    let task = match owner {
        Some(owner) => tasks::find(&mut conn, id, owner).await?,
        None => tasks::find_any(&mut conn, id).await?,
    };
    let task = task.ok_or_else(Problem::not_found)?;
    match task.image {
        Some(image) if !image.deleted => Ok(image),
        Some(_) => Err(without_image("the image was deleted after the time that images are kept")),
        None if task.status.is_final() => {
            Err(without_image(&format!("the task is {}: it has no image", task.status.as_str())))
        }
        None => Err(without_image(&format!(
            "the image is not ready: the task is {}; wait for it with GET /api/generate/task/{id}?wait=60",
            task.status.as_str()
        ))),
    }
}

fn without_image(why: &str) -> Problem {
    Problem::new(Code::NotFound, why)
}

/// Whether an `If-None-Match` lists the tag, by weak comparison (RFC 9110 §13.1.2).
fn names(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag)
}

/// The headers of both responses.
struct Head {
    etag: String,
    keep_seconds: u64,
}

/// An image, or the news that the client has it already.
pub(super) struct ImageAnswer(Response);

impl ImageAnswer {
    fn image(head: &Head, format: ImageFormat, disposition: &str, length: u64, body: Body) -> Self {
        let mut response =
            Response::builder().status(StatusCode::OK).content_type(format.media_type()).body(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        insert(&mut response, header::CONTENT_DISPOSITION, disposition);
        Self(with(head, response))
    }

    /// Only these bytes of the file are in the body.
    fn part(mut self, bytes: &Range<u64>, length: u64) -> Self {
        self.0.set_status(StatusCode::PARTIAL_CONTENT);
        let value = format!("bytes {}-{}/{length}", bytes.start, bytes.end - 1);
        insert(&mut self.0, header::CONTENT_RANGE, &value);
        let count = HeaderValue::from(bytes.end - bytes.start);
        self.0.headers_mut().insert(header::CONTENT_LENGTH, count);
        self
    }

    fn not_modified(head: &Head) -> Self {
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
    use shared::images::ImageStoreError;

    use super::*;

    #[test]
    fn a_tag_is_recognised_in_a_list_weak_or_strong() {
        for list in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", " \"a\" "] {
            assert!(names(list, "\"a\""), "{list}");
        }
        for list in ["\"b\"", "a", ""] {
            assert!(!names(list, "\"a\""), "{list}");
        }
    }

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

    #[test]
    fn a_store_that_is_away_is_not_an_image_that_is_gone() {
        let limit = std::time::Duration::from_secs(1);
        let operation = shared::images::Operation::Read;
        for (error, code) in [
            (ImageStoreError::Missing, "not_found"),
            (ImageStoreError::Damaged { reason: "cut" }, "internal"),
            (ImageStoreError::TimedOut { operation, limit }, "unavailable"),
        ] {
            assert_eq!(Problem::from(error).code().as_str(), code);
        }
    }
}
