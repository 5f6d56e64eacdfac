//! `POST /api/generate/text-to-image`.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::clock::unix_seconds;

use super::{task_view::TaskView, text_to_image::TextToImage};
use crate::{
    auth::Caller, extract::Body, idempotency::Idempotency, problem::Fail, response::Reply,
    routes::Tag, services::submit, state::App,
};

/// Submitting tasks.
pub struct TaskSubmission;

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl TaskSubmission {
    /// Submit a task: an image to make.
    ///
    /// Credits are set aside at once. They are charged when the image is there: what the chosen resource
    /// costs, never more than was set aside. If all resources are busy, the task waits for one until its
    /// deadline.
    #[oai(path = "/text-to-image", method = "post", operation_id = "submit_image")]
    async fn submit(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] idempotency: Idempotency,
        body: Body<TextToImage>,
    ) -> Result<Reply<TaskView, 202>, Fail<402, 409, 422>> {
        let order = body.value.into_order()?;
        let submitted = submit::submit(app, &caller, order, &idempotency).await?;
        let location = format!("/api/generate/task/{}", submitted.task.id);
        let view = TaskView::of(submitted.task, &app.generation.links, unix_seconds());
        let reply = Reply::new(&view).location(location);
        Ok(if submitted.replayed { reply.replayed() } else { reply })
    }
}
