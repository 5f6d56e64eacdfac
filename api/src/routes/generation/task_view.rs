//! A task as its consumer sees it: never a resource, never an owner.

use crate::extract::Word;
use chrono::{DateTime, Utc};
use poem_openapi::{Object, types::Example};
use shared::generation::tasks::AttemptState;
use shared::generation::tasks::ErrorClass;
use shared::generation::tasks::TaskErrorCode;
use shared::generation::tasks::TaskStatus;
use shared::{
    generation::{
        ImageSpec,
        submit::Accepted,
        tasks::{Attempt, Task, TaskError, TaskImage},
    },
    images::ImageFormat,
};

use super::text_to_image::ImageOrder;
use crate::{
    extract::{Amount, Id},
    response::Timestamp,
    services::ImageLinks,
};

/// One image to make, and what was done for it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Task", example, skip_serializing_if_is_none)]
pub struct TaskView {
    /// Opaque.
    pub id: Id,
    /// Where it stands.
    pub status: Word<TaskStatus>,
    /// A model's id, or `auto`.
    pub requested_model: String,
    /// The model that made the image.
    pub model: Option<String>,
    /// What the image shows.
    pub prompt: String,
    /// The rest of the request.
    pub params: TaskParams,
    /// The most it may cost; set aside until it ends.
    pub credits_held: Amount,
    /// What was charged.
    pub credits_cost: Option<Amount>,
    /// Opens the image without a sign-in, for an `<img>`; absent when retention has deleted it.
    pub image_url: Option<String>,
    /// When `image_url` stops working. Read the task again for a new one.
    pub image_expires_at: Option<Timestamp>,
    /// What is known of the image.
    pub image: Option<ImageView>,
    /// Why it failed.
    pub error: Option<TaskErrorView>,
    /// Every call made for it, in order.
    pub attempts: Vec<AttemptView>,
    /// No attempt starts after it.
    pub deadline: Timestamp,
    /// `true`: nothing new starts; an image that still arrives completes it.
    pub cancel_requested: Option<bool>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// What was asked for besides the prompt and the model.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TaskParams {
    /// What the image must not show.
    pub negative_prompt: Option<String>,
    /// Width to height.
    pub aspect_ratio: String,
    /// For a repeatable image.
    pub seed: Option<i64>,
    /// The file's format.
    pub output_format: String,
    /// The model's style.
    pub style_preset: Option<String>,
}

/// What is known of an image.
#[derive(Debug, Clone, Object)]
#[oai(rename = "TaskImage", skip_serializing_if_is_none)]
pub struct ImageView {
    /// The file's media type.
    pub content_type: String,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    /// The file's length.
    pub bytes: i64,
    /// The seed it was made with, where the provider tells.
    pub seed: Option<i64>,
}

/// Why a task failed.
#[derive(Debug, Clone, Object)]
#[oai(rename = "TaskError")]
pub struct TaskErrorView {
    /// For programs.
    pub code: Word<TaskErrorCode>,
    /// For people.
    pub message: String,
}

/// One call for a task.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Attempt", skip_serializing_if_is_none)]
pub struct AttemptView {
    /// 1, 2, ...
    pub no: i16,
    /// The image service.
    pub provider: String,
    /// The model's id.
    pub model: String,
    /// How it ended, or that it has not.
    pub state: Word<AttemptState>,
    /// Why it brought no image.
    pub error_class: Option<Word<ErrorClass>>,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl TaskView {
    /// As of `now` (Unix seconds), which the link to the image is good from.
    pub fn of(task: &Task, links: &ImageLinks, now: u64) -> Self {
        let link = task.image.as_ref().filter(|it| !it.deleted).map(|_| links.link(task.id, now));
        let expires_at = link
            .as_ref()
            .and_then(|it| DateTime::<Utc>::from_timestamp(i64::try_from(it.expires_at).ok()?, 0));
        Self {
            id: task.id.into(),
            status: task.status.into(),
            requested_model: task.spec.model.clone(),
            model: task.model.clone(),
            prompt: task.spec.prompt.clone(),
            params: task.spec.clone().into(),
            credits_held: task.credits_held.into(),
            credits_cost: task.credits_cost.map(Into::into),
            image_url: link.map(|it| it.url),
            image_expires_at: expires_at.map(Into::into),
            image: task.image.as_ref().map(Into::into),
            error: task.error.as_ref().map(Into::into),
            attempts: task.attempts.iter().map(Into::into).collect(),
            deadline: task.deadline.into(),
            cancel_requested: task.cancel_requested.then_some(true),
            created_at: task.created_at.into(),
            started_at: task.started_at.map(Into::into),
            completed_at: task.completed_at.map(Into::into),
        }
    }

    /// A task that was just taken: what it is follows from the order.
    pub(super) fn accepted(order: ImageOrder, accepted: &Accepted) -> Self {
        Self {
            id: accepted.id.into(),
            status: Word(TaskStatus::Pending),
            requested_model: order.spec.model.clone(),
            model: None,
            prompt: order.spec.prompt.clone(),
            params: order.spec.into(),
            credits_held: accepted.credits_held.into(),
            credits_cost: None,
            image_url: None,
            image_expires_at: None,
            image: None,
            error: None,
            attempts: Vec::new(),
            deadline: accepted.deadline.into(),
            cancel_requested: None,
            created_at: accepted.created_at.into(),
            started_at: None,
            completed_at: None,
        }
    }
}

impl From<ImageSpec> for TaskParams {
    fn from(spec: ImageSpec) -> Self {
        Self {
            negative_prompt: spec.negative_prompt,
            aspect_ratio: spec.aspect_ratio,
            seed: spec.seed.map(|it| it.0.into()),
            output_format: spec.output_format.to_string(),
            style_preset: spec.style_preset,
        }
    }
}

impl From<&TaskImage> for ImageView {
    fn from(image: &TaskImage) -> Self {
        Self {
            content_type: image.format.media_type().to_owned(),
            width: image.width,
            height: image.height,
            bytes: image.bytes,
            seed: image.seed.map(|it| it.0.into()),
        }
    }
}

impl From<&TaskError> for TaskErrorView {
    fn from(error: &TaskError) -> Self {
        Self { code: error.code.into(), message: error.message.clone() }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            no: attempt.no,
            provider: attempt.provider.clone(),
            model: attempt.model.clone(),
            state: attempt.state.into(),
            error_class: attempt.error_class.map(Into::into),
            started_at: attempt.started_at.into(),
            ended_at: attempt.ended_at.map(Into::into),
        }
    }
}

impl Example for TaskView {
    fn example() -> Self {
        let second = |n: i64| {
            Timestamp(DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1_795_342_800 + n))
        };
        let id = uuid::uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e");
        Self {
            id: Id(id),
            status: Word(TaskStatus::Completed),
            requested_model: "auto".to_owned(),
            model: Some("stability/core".to_owned()),
            prompt: "a red fox in the snow, golden hour".to_owned(),
            params: TaskParams {
                negative_prompt: None,
                aspect_ratio: "16:9".to_owned(),
                seed: Some(42),
                output_format: "png".to_owned(),
                style_preset: None,
            },
            credits_held: Amount(rust_decimal::Decimal::new(33, 1)),
            credits_cost: Some(Amount(rust_decimal::Decimal::new(3, 0))),
            image_url: Some(format!(
                "https://api.example.com/api/generate/task/{id}/image?token=AAAAAGkhl1A..."
            )),
            image_expires_at: Some(second(3_900)),
            image: Some(ImageView {
                content_type: ImageFormat::Png.media_type().to_owned(),
                width: 1344,
                height: 768,
                bytes: 1_482_133,
                seed: Some(42),
            }),
            error: None,
            attempts: vec![AttemptView {
                no: 1,
                provider: "stability".to_owned(),
                model: "stability/core".to_owned(),
                state: Word(AttemptState::Delivered),
                error_class: None,
                started_at: second(1),
                ended_at: Some(second(5)),
            }],
            deadline: second(300),
            cancel_requested: None,
            created_at: second(0),
            started_at: Some(second(1)),
            completed_at: Some(second(5)),
        }
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::ToJSON;
    use shared::{
        generation::tasks::TaskStatus,
        images::{LinkSecret, Seed},
    };
    use url::Url;
    use uuid::Uuid;

    use super::*;

    const NOW: u64 = 1_763_800_000;

    fn links() -> ImageLinks {
        let secret = LinkSecret::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
        ImageLinks::new(secret, &Url::parse("https://api.example.com").unwrap())
    }

    fn task(status: TaskStatus) -> Task {
        Task {
            id: Uuid::now_v7(),
            user_id: Uuid::now_v7(),
            status,
            spec: ImageSpec::of_prompt("a fox"),
            model: None,
            credits_held: "3.3".parse().unwrap(),
            credits_cost: None,
            image: None,
            error: None,
            attempts: vec![],
            deadline: DateTime::UNIX_EPOCH,
            cancel_requested: false,
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
        TaskView::of(task, &links(), NOW).to_json().unwrap()
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
                "prompt",
                "params",
                "credits_held",
                "attempts",
                "deadline",
                "created_at"
            ]
        );
        assert_eq!(view["credits_held"], "3.3");
    }

    #[test]
    fn a_completed_task_links_to_its_image_for_an_hour() {
        let mut task = task(TaskStatus::Completed);
        task.image = Some(image(false));
        let view = json(&task);

        assert!(view["image_url"].as_str().unwrap().starts_with("https://api.example.com/"));
        let expires: DateTime<Utc> = view["image_expires_at"].as_str().unwrap().parse().unwrap();
        let seconds = u64::try_from(expires.timestamp()).unwrap() - NOW;
        assert!((3_600..3_900).contains(&seconds));
        assert_eq!(view["image"]["bytes"], 1_000);
        assert!(view["image"].get("attempt").is_none());
    }

    #[test]
    fn an_image_that_retention_deleted_has_no_link_but_is_still_described() {
        let mut task = task(TaskStatus::Completed);
        task.image = Some(image(true));
        let view = json(&task);

        assert!(view.get("image_url").is_none() && view.get("image_expires_at").is_none());
        assert_eq!(view["image"]["content_type"], "image/png");
    }

    #[test]
    fn a_wish_to_cancel_is_said_only_where_there_is_one() {
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
            max_credits: None,
            deadline_seconds: None,
        };
        let accepted = Accepted {
            id: stored.id,
            credits_held: stored.credits_held,
            created_at: stored.created_at,
            deadline: stored.deadline,
        };

        assert_eq!(TaskView::accepted(order, &accepted).to_json().unwrap(), json(&stored));
    }
}
