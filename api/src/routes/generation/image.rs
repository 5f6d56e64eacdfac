//! `GET /api/generate/task/{id}/image`: with an access token, or through the signed link of the task.

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

use super::wanted_image::{WantedImage, etag};
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
    /// image, and is never larger.
    #[oai(path = "/task/:id/image", method = "get", operation_id = "generate_image")]
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
    ) -> Result<ImageAnswer, Fail<401, 422>> {
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
        let (format, length, body) = if let Some(rendition) = rendition {
            let file = app.generation.renditions.get(images, id, &image, rendition).await?;
            let length = file.len() as u64;
            (rendition.format().image_format(), length, Body::from(file))
        } else {
            let length = u64::try_from(image.bytes).unwrap_or_default();
            let body = images.read(id, image.attempt, length).await.map_err(Problem::from)?;
            (image.format, length, Body::from_bytes_stream(body))
        };
        let disposition = if wanted.download.is_some() { "attachment" } else { "inline" };
        let disposition = format!("{disposition}; filename=\"{id}.{}\"", format.extension());
        Ok(ImageAnswer::image(&head, format, &disposition, length, body))
    }
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
    insert(&mut response, header::ACCEPT_RANGES, "none");
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
        let content = ImageFormat::ALL
            .iter()
            .map(|it| MetaMediaType { content_type: it.media_type(), schema: file() })
            .collect();
        let headers = || {
            vec![
                header_of("ETag", "The tag of the file, for `If-None-Match`"),
                header_of("Cache-Control", "How long a browser may keep the file"),
            ]
        };
        MetaResponses {
            responses: vec![
                MetaResponse {
                    description: "The file of the image",
                    status: Some(200),
                    status_range: None,
                    content,
                    headers: headers(),
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
        assert_eq!(headers[header::ACCEPT_RANGES], "none");
        assert_eq!(headers[header::ETAG], "\"ab\"");
        assert_eq!(headers[header::CONTENT_LENGTH], "3");
        assert_eq!(headers[header::CONTENT_DISPOSITION], "inline; filename=\"x.png\"");
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
