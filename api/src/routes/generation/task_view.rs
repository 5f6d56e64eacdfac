//! A task as its consumer sees it: never a resource, never an owner.

use chrono::{DateTime, Utc};
use shared::{
    generation::{
        ImageSpec, Route,
        tasks::{
            Attempt, AttemptState, ErrorClass, Task, TaskError, TaskErrorCode, TaskImage,
            TaskStatus,
        },
    },
    images::ImageFormat,
};

use super::{
    price_view::{Charge, PriceView, charge},
    waiting_view::WaitingView,
};
use crate::{
    extract::{Amount, Id, Word},
    response::{FromDomain, Timestamp, view},
    services::{ImageLinks, Waiting},
};

view! {
    /// An image to make, and what was done to make it.
    pub struct TaskView as "Task" from task: Task {
        /// Unique id of the task.
        id: Id,
        /// How far the task has come.
        status: Word<TaskStatus>,
        /// The id of the model that was requested, or `auto`.
        requested_model: String = task.spec.model.clone(),
        /// The model that made the image; absent until there is one.
        model: Option<String>,
        /// Whose keys may make the image.
        route: Word<Route>,
        /// What the image should show.
        prompt: String = task.spec.prompt.clone(),
        /// The other parameters of the request.
        params: TaskParams = task.spec.clone(),
        /// The most the task may cost, in credits. They are set aside until the task ends.
        credits_held: Amount,
        /// What the task cost, in credits; absent until it is completed.
        credits_cost: Option<Amount>,
        /// How the cost came about; absent unless the task is completed.
        price: Option<PriceView> = None::<Charge>,
        /// The address of the image, for an `<img>` element: it needs no access token. Absent until there
        /// is an image, and again when the image has been deleted.
        image_url: Option<String> = None::<String>,
        /// The address of a small JPEG of the image, at most 384 pixels wide, for an `<img>` element. With another
        /// `w` it leads to another width: 64, 128, 256, 384, 512, 768 or 1024. There and absent as `image_url` is.
        thumbnail_url: Option<String> = None::<String>,
        /// When `image_url` and `thumbnail_url` stop working. Read the task again to get new ones.
        image_expires_at: Option<Timestamp> = None::<DateTime<Utc>>,
        /// Facts about the image; absent until there is one.
        image: Option<ImageView>,
        /// Why the task failed; absent unless it did.
        error: Option<TaskErrorView>,
        /// Why the task waits; absent unless it is pending. Only the answer to a request for this one task has it.
        waiting: Option<WaitingView> = None::<Waiting>,
        /// The calls made to providers for the task, in order.
        attempts: Vec<AttemptView>,
        /// No attempt starts after this time.
        deadline: Timestamp,
        /// `true` if you asked to cancel the task; otherwise absent. No new attempt starts, but an image
        /// that still arrives completes the task.
        cancel_requested: Option<bool> = task.cancel_requested.then_some(true),
        /// Whether you marked the task as a favorite.
        favorite: bool,
        /// Whether you hid the task: then the history lists it only with `hidden=true`.
        hidden: bool,
        /// When the task was submitted.
        created_at: Timestamp,
        /// When the first attempt started; absent before that.
        started_at: Option<Timestamp>,
        /// When the task ended; absent before that.
        completed_at: Option<Timestamp>,
    }
}

view! {
    /// The parameters of a request for an image, besides prompt and model.
    pub struct TaskParams as "TaskParams" from spec: ImageSpec {
        /// What the image should not show; absent if nothing was named.
        negative_prompt: Option<String>,
        /// The ratio of width to height, such as `16:9`.
        aspect_ratio: String,
        /// The number that makes the image repeatable; absent if none was chosen.
        seed: Option<i64> = spec.seed.map(|it| i64::from(it.0)),
        /// The format of the file.
        output_format: Word<ImageFormat>,
        /// The name of a style of the model; absent if none was chosen.
        style_preset: Option<String>,
    }
}

view! {
    /// Facts about an image.
    pub struct ImageView as "TaskImage" from image: TaskImage {
        /// The media type of the file, such as `image/png`.
        content_type: String = image.format.media_type().to_owned(),
        /// The width in pixels.
        width: i32,
        /// The height in pixels.
        height: i32,
        /// The size of the file in bytes.
        bytes: i64,
        /// The number that makes the image repeatable; absent if the provider does not say.
        seed: Option<i64> = image.seed.map(|it| i64::from(it.0)),
        /// Until when the file is kept, at least; absent when it has been deleted.
        kept_until: Option<Timestamp> = None::<DateTime<Utc>>,
    }
}

view! {
    /// Why a task failed.
    pub struct TaskErrorView as "TaskError" from error: TaskError {
        /// The reason, for programs.
        code: Word<TaskErrorCode>,
        /// The reason, in a sentence for people.
        message: String,
    }
}

view! {
    /// A call to a provider, made for a task.
    pub struct AttemptView as "Attempt" from attempt: Attempt {
        /// The number of the attempt: 1, 2 and so on.
        no: i16,
        /// The image service that was called.
        provider: String,
        /// The id of the model that was used.
        model: String,
        /// How the attempt ended, or that it is under way.
        state: Word<AttemptState>,
        /// Why the attempt delivered no image; absent if it did, or while it is under way.
        error_class: Option<Word<ErrorClass>>,
        /// When the attempt started.
        started_at: Timestamp,
        /// When the attempt ended; absent before that.
        ended_at: Option<Timestamp>,
    }
}

impl TaskView {
    /// The task with a link to its image, if there is one; the link is made at `now` (Unix seconds).
    pub fn of(task: Task, links: &ImageLinks, now: u64) -> Self {
        let link = task.image.as_ref().filter(|it| !it.deleted).map(|_| links.link(task.id, now));
        let expires_at = link
            .as_ref()
            .and_then(|it| DateTime::<Utc>::from_timestamp(i64::try_from(it.expires_at).ok()?, 0));
        let kept_until =
            link.as_ref().and(task.completed_at).and_then(|ended| links.kept_until(ended));
        let price = charge(&task).map(FromDomain::from_domain);
        let mut view = Self::from_domain(task);
        if let Some(image) = &mut view.image {
            image.kept_until = kept_until.map(Into::into);
        }
        let (image_url, thumbnail_url) = link.map(|it| (it.url, it.thumbnail_url)).unzip();
        Self {
            price,
            image_url,
            thumbnail_url,
            image_expires_at: expires_at.map(Into::into),
            ..view
        }
    }

    /// The same task with why it waits.
    #[must_use]
    pub fn waiting_for(self, waiting: Option<Waiting>) -> Self {
        Self { waiting: waiting.map(FromDomain::from_domain), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem_openapi::types::ToJSON;
    use shared::{
        generation::{submit::Accepted, tasks::TaskStatus},
        images::{LinkSecret, Seed},
    };
    use url::Url;
    use uuid::Uuid;

    use shared::generation::tasks::TaskPrice;

    use super::*;
    use crate::services::submit::ImageOrder;

    const NOW: u64 = 1_763_800_000;

    fn links() -> ImageLinks {
        let secret = LinkSecret::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
        let base = Url::parse("https://api.example.com").unwrap();
        ImageLinks::new(secret, &base, Duration::from_hours(24))
    }

    fn task(status: TaskStatus) -> Task {
        Task {
            id: Uuid::now_v7(),
            user_id: Uuid::now_v7(),
            status,
            spec: ImageSpec::of_prompt("a fox"),
            route: Route::Any,
            model: None,
            credits_held: "3.3".parse().unwrap(),
            credits_cost: None,
            price: None,
            image: None,
            error: None,
            attempts: vec![],
            deadline: DateTime::UNIX_EPOCH,
            cancel_requested: false,
            favorite: false,
            hidden: false,
            created_at: DateTime::UNIX_EPOCH,
            started_at: None,
            completed_at: None,
        }
    }

    fn image(deleted: bool) -> TaskImage {
        TaskImage {
            attempt: Uuid::now_v7(),
            format: ImageFormat::Png,
            width: 64,
            height: 64,
            bytes: 1_000,
            seed: Some(Seed(7)),
            sha256: vec![1; 32],
            deleted,
        }
    }

    fn json(task: &Task) -> serde_json::Value {
        TaskView::of(task.clone(), &links(), NOW).to_json().unwrap()
    }

    #[test]
    fn a_pending_task_has_nothing_it_has_not_got_yet() {
        let view = json(&task(TaskStatus::Pending));

        let fields: Vec<_> = view.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            [
                "id",
                "status",
                "requested_model",
                "route",
                "prompt",
                "params",
                "credits_held",
                "attempts",
                "deadline",
                "favorite",
                "hidden",
                "created_at"
            ]
        );
        assert_eq!(view["credits_held"], "3.3");
    }

    #[test]
    fn a_completed_task_links_to_its_image_for_an_hour() {
        let mut task = task(TaskStatus::Completed);
        task.image = Some(image(false));
        task.completed_at = Some(DateTime::UNIX_EPOCH);
        let view = json(&task);

        assert_eq!(view["image"]["kept_until"], "1970-01-02T00:00:00.000000Z");
        let thumbnail = view["thumbnail_url"].as_str().unwrap();
        assert!(thumbnail.starts_with(view["image_url"].as_str().unwrap()), "the same token");
        assert!(thumbnail.ends_with("&w=384&format=jpeg"));
        assert!(view["image_url"].as_str().unwrap().starts_with("https://api.example.com/"));
        let expires: DateTime<Utc> = view["image_expires_at"].as_str().unwrap().parse().unwrap();
        let seconds = u64::try_from(expires.timestamp()).unwrap() - NOW;
        assert!((3_600..3_900).contains(&seconds));
        assert_eq!(view["image"]["bytes"], 1_000);
        assert!(view["image"].get("attempt").is_none());
    }

    #[test]
    fn only_a_completed_task_says_how_its_cost_came_about() {
        let mut task = task(TaskStatus::Completed);
        task.credits_cost = Some("1.2".parse().unwrap());
        let price_per_unit = Some("0.4".parse().unwrap());
        task.price = Some(TaskPrice { units: 3.into(), price_per_unit });

        assert_eq!(
            json(&task)["price"],
            serde_json::json!({"units": "3", "price_per_unit": "0.4", "held": "3.3",
                "charged": "1.2", "returned": "2.1"})
        );
        task.price = Some(TaskPrice { units: 3.into(), price_per_unit: None });
        assert!(json(&task)["price"].get("price_per_unit").is_none(), "on an own key");
        task.status = TaskStatus::Refunded;
        assert!(json(&task).get("price").is_none());
    }

    #[test]
    fn an_image_that_retention_deleted_has_no_link_but_is_still_described() {
        let mut task = task(TaskStatus::Completed);
        task.image = Some(image(true));
        task.completed_at = Some(DateTime::UNIX_EPOCH);
        let view = json(&task);

        assert!(view.get("thumbnail_url").is_none() && view["image"].get("kept_until").is_none());

        assert!(view.get("image_url").is_none() && view.get("image_expires_at").is_none());
        assert_eq!(view["image"]["content_type"], "image/png");
    }

    #[test]
    fn a_request_to_cancel_is_shown_only_where_there_is_one() {
        let mut task = task(TaskStatus::Processing);
        assert!(json(&task).get("cancel_requested").is_none());
        task.cancel_requested = true;
        assert_eq!(json(&task)["cancel_requested"], true);
    }

    #[test]
    fn an_accepted_task_looks_as_it_will_when_it_is_read() {
        let stored = task(TaskStatus::Pending);
        let order = ImageOrder {
            spec: ImageSpec::of_prompt("a fox"),
            route: Route::Any,
            end_user: None,
            max_credits: None,
            deadline_seconds: None,
        };
        let accepted = Accepted {
            id: stored.id,
            credits_held: stored.credits_held,
            created_at: stored.created_at,
            deadline: stored.deadline,
        };

        assert_eq!(json(&order.into_pending(stored.user_id, &accepted)), json(&stored));
    }
}
