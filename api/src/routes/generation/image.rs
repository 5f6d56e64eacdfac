//! `GET /api/generate/task/{id}/image`: with an access token, or through the signed link of the task.

use poem::{Body, web::Data};
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
};
use shared::{clock::unix_seconds, generation::tasks};
use uuid::Uuid;

use super::{
    image_answer::{Head, ImageAnswer},
    range::{Wanted, wanted as asked},
    wanted_image::{WantedImage, etag},
};
use crate::{
    auth::OptionalCaller,
    extract::{Id, Parameters},
    problem::{Code, Fail, Problem},
    routes::Tag,
    services::Original,
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
        let original = find(app, id, owner).await?;
        let image = original.image.clone();
        let rendition = wanted.rendition_of(&image);
        let head = Head { etag: etag(&image, rendition), keep_seconds };
        if if_none_match.0.is_some_and(|it| names(&it, &head.etag)) {
            return Ok(ImageAnswer::not_modified(&head));
        }
        let images = app.generation.images()?;
        let part = |length: u64| match asked(
            range.0.as_deref(),
            if_range.0.as_deref(),
            &head.etag,
            length,
        ) {
            Wanted::Nothing => Err(Problem::range_not_satisfiable(length)),
            Wanted::Whole => Ok(None),
            Wanted::Part(bytes) => Ok(Some(bytes)),
        };
        let (format, length, part, body) = if let Some(rendition) = rendition {
            let file = app.generation.renditions.get(images, original, rendition).await?;
            let length = file.length();
            let part = part(length)?;
            let body = file.read(part.clone().unwrap_or(0..length)).await;
            let body = Body::from_bytes_stream(body.map_err(Problem::from)?);
            (rendition.format().image_format(), length, part, body)
        } else {
            let length = image.bytes.cast_unsigned();
            let part = part(length)?;
            let bytes = part.clone().unwrap_or(0..length);
            let body = images.read_range(id, image.attempt, length, bytes).await;
            (image.format, length, part, Body::from_bytes_stream(body.map_err(Problem::from)?))
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

fn verify(app: &App, id: Uuid, token: &str, now: u64) -> Result<u64, Problem> {
    app.generation.links.verify(id, token, now).map_err(|error| {
        Problem::new(
            Code::AuthInvalidToken,
            format!("{error}; read the task again for a new image_url"),
        )
    })
}

/// The image that is still there; 404 with the reason otherwise.
async fn find(app: &App, id: Uuid, owner: Option<Uuid>) -> Result<Original, Problem> {
    let mut conn = app.db.acquire().await?;
    let task = match owner {
        Some(owner) => tasks::find(&mut conn, id, owner).await?,
        None => tasks::find_any(&mut conn, id).await?,
    };
    let task = task.ok_or_else(Problem::not_found)?;
    match task.image {
        Some(image) if !image.deleted => Ok(Original { consumer: task.user_id, task: id, image }),
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
