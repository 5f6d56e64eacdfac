//! The closed lists of words in tasks and attempts.

use poem_openapi::{Enum, registry::MetaSchema};
use shared::generation::tasks::TaskStatus;

use crate::extract::string_input;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "TaskStatus", rename_all = "snake_case")]
pub enum TaskStatusName {
    /// Waits for a resource.
    Pending,
    /// An attempt runs.
    Processing,
    /// The image is there and charged.
    Completed,
    /// Nothing could be delivered; nothing was charged.
    Failed,
    /// Taken back; nothing was charged.
    Canceled,
    /// Charged, and given back.
    Refunded,
}

impl From<TaskStatus> for TaskStatusName {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending => Self::Pending,
            TaskStatus::Processing => Self::Processing,
            TaskStatus::Completed => Self::Completed,
            TaskStatus::Failed => Self::Failed,
            TaskStatus::Canceled => Self::Canceled,
            TaskStatus::Refunded => Self::Refunded,
        }
    }
}

impl From<TaskStatusName> for TaskStatus {
    fn from(status: TaskStatusName) -> Self {
        match status {
            TaskStatusName::Pending => Self::Pending,
            TaskStatusName::Processing => Self::Processing,
            TaskStatusName::Completed => Self::Completed,
            TaskStatusName::Failed => Self::Failed,
            TaskStatusName::Canceled => Self::Canceled,
            TaskStatusName::Refunded => Self::Refunded,
        }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:literal),+ $(,)? }) => {
        $(#[$doc])*
        ///
        /// A word as the database's constraint spells it: one that a newer schema added passes through.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub String);

        impl $name {
            const WORDS: &[&str] = &[$($word),+];

            fn parse(text: &str) -> Result<Self, &'static str> {
                Self::WORDS.contains(&text).then(|| Self(text.to_owned())).ok_or("is not such a word")
            }
        }

        string_input!($name, $name::parse, |it| it.0.clone(), MetaSchema {
            enum_items: $name::WORDS.iter().map(|it| (*it).into()).collect(),
            ..MetaSchema::new("string")
        });
    };
}

words! {
    /// How an attempt ended, or that it has not.
    AttemptState { "calling", "delivered", "refused", "failed", "unknown", "surplus" }
}

words! {
    /// Why an attempt brought no image.
    ErrorClassName {
        "key_invalid", "key_no_credit", "key_forbidden", "rate_limited", "content_blocked",
        "user_error", "model_gone", "provider_transient", "unknown", "not_sent", "timeout",
        "crashed",
    }
}

words! {
    /// Why a task failed.
    TaskErrorCode {
        "content_blocked", "invalid_request", "deadline_exceeded", "providers_failed",
    }
}
