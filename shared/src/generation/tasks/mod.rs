//! Tasks as their consumers see them, without resources and owners: no read here selects them.

mod cancel;
pub mod changes;
mod history;
mod mark;
mod status;
mod store;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::{ImageSpec, Route};
use crate::images::{ImageFormat, Seed};
use crate::ledger::Credits;

pub use cancel::{CancelOutcome, cancel, cancel_any};
pub use history::{LOOKED_MAX, TaskFilter, TasksFound, WORD_CHARS_MAX, WORDS_MAX, list};
pub use mark::{MarkChange, mark};
pub use status::{AttemptState, ErrorClass, TaskErrorCode, TaskStatus};
pub use store::{
    count_waiting, find, find_any, find_place, find_submitted, list_any, list_ended, list_ended_of,
};

/// One image to make, with everything that was done for it.
#[derive(Clone, Debug)]
pub struct Task {
    /// UUIDv7, made by the process that took the request.
    pub id: Uuid,
    /// The consumer.
    pub user_id: Uuid,
    /// Where it stands.
    pub status: TaskStatus,
    /// What its consumer asked for.
    pub spec: ImageSpec,
    /// Whose keys may serve it.
    pub route: Route,
    /// The model that made the image.
    pub model: Option<String>,
    /// The consumer's ceiling.
    pub credits_held: Credits,
    /// What was charged.
    pub credits_cost: Option<Credits>,
    /// How the charge came about, once there is one.
    pub price: Option<TaskPrice>,
    /// The image, once there is one.
    pub image: Option<TaskImage>,
    /// Why it failed.
    pub error: Option<TaskError>,
    /// Every call made for it, in order.
    pub attempts: Vec<Attempt>,
    /// No attempt starts after it.
    pub deadline: DateTime<Utc>,
    /// Its consumer asked to cancel it while it was processing.
    pub cancel_requested: bool,
    /// Its consumer likes it.
    pub favorite: bool,
    /// Its consumer does not want it in lists.
    pub hidden: bool,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When its first attempt started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it reached a final status.
    pub completed_at: Option<DateTime<Utc>>,
}

/// How a task's charge came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPrice {
    /// Units that the provider counts for the image.
    pub units: Decimal,
    /// What the resource asked for one; `None` on an own key, where the charge is a fee.
    pub price_per_unit: Option<Credits>,
}

/// What is known of a task's image. The file is in the object store, under task and attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskImage {
    /// The attempt that made it.
    pub attempt: Uuid,
    /// Of the file.
    pub format: ImageFormat,
    /// Pixels.
    pub width: i32,
    /// Pixels.
    pub height: i32,
    /// Length of the file.
    pub bytes: i64,
    /// The seed it was made with, where the provider reports it.
    pub seed: Option<Seed>,
    /// Of the file.
    pub sha256: Vec<u8>,
    /// Retention deleted the file; what is known of it stays.
    pub deleted: bool,
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    pub code: TaskErrorCode,
    /// For people.
    pub message: String,
}

/// One call for a task, without the resource that made it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attempt {
    /// 1, 2, ...
    pub no: i16,
    /// The image service.
    pub provider: String,
    /// The model's id.
    pub model: String,
    pub state: AttemptState,
    /// Why it brought no image.
    pub error_class: Option<ErrorClass>,
    /// When it was claimed.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a pending task stands in the queue.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct QueuePlace {
    /// Waiting tasks that come before it in its lane; at most [`POSITION_MAX`] are counted.
    pub position: i64,
    /// Resources that it must not be given again. Not for consumers.
    pub excluded: Vec<Uuid>,
    /// When this was read.
    pub now: DateTime<Utc>,
}

/// No more tasks than this are counted before a waiting one.
pub const POSITION_MAX: i64 = 10_000;
